//! Everything about a rule that a person would forget, as checks.
//!
//! Checks of one rule's text ([`form`], [`roles`], [`conditions`], [`placeholders`], [`commands`]), of the rules among
//! themselves ([`references`], [`overlap`]), and of what they find: in their own examples ([`mod@examples`]) and in logs
//! in which nothing is wrong ([`healthy`]). The last three run the real pipeline, so this is the one part of `rules`
//! that knows the stages after it.

mod commands;
mod conditions;
mod examples;
mod form;
mod healthy;
mod nearest;
mod overlap;
mod page;
mod placeholders;
mod references;
mod roles;
mod trial;

use std::path::Path;

use super::read::{LoadedRule, RuleError};
use super::schema::Rule;
use crate::scan::literals::LiteralError;
pub use healthy::cases;
pub use nearest::nearest_few;
use page::Page;
use trial::Trial;

/// One thing that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The rule's file, or the folder of a healthy case.
    pub file: String,
    /// What is wrong and what to do; where the text is in the file, its line, column and a caret.
    pub text: String,
}

/// Why the checks could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("the rules can't be made into one search: {0}")]
    Search(#[from] LiteralError),
}

/// The outcome of all examples and counter examples.
#[derive(Debug, Default)]
pub struct Tested {
    /// Examples and counter examples that say the truth.
    pub passed: usize,
    /// One remark for each that does not.
    pub failed: Vec<Remark>,
}

/// Makes all checks; `healthy` is a folder with one folder of logs per case in which nothing is wrong.
///
/// # Errors
/// A rule that can't be compiled, or a folder that can't be read.
pub fn lint(rules: Vec<LoadedRule>, healthy: Option<&Path>) -> Result<Vec<Remark>, LintError> {
    let mut remarks = references::check(&rules);
    for one in &rules {
        let mut checked = Checked::new(one);
        form::check(&mut checked);
        conditions::check(&mut checked);
        roles::check(&mut checked);
        placeholders::check(&mut checked);
        commands::check(&mut checked);
        remarks.append(&mut checked.remarks);
    }
    // A rule whose durations can't be read has no place in a table, and a remark already.
    let compiles = rules.into_iter().filter(conditions::durations_are_right).collect();
    let trial = Trial::new(compiles)?;
    remarks.extend(examples::check(&trial).failed);
    remarks.extend(overlap::check(&trial));
    if let Some(folder) = healthy {
        remarks.extend(healthy::check(&trial, folder)?);
    }
    remarks.sort();
    remarks.dedup();
    Ok(remarks)
}

/// Runs the examples and counter examples of all rules.
///
/// # Errors
/// A rule that can't be compiled.
pub fn examples(rules: Vec<LoadedRule>) -> Result<Tested, LintError> {
    Ok(examples::check(&Trial::new(rules)?))
}

/// A rule under check, with the remarks on it so far.
struct Checked<'a> {
    rule: &'a Rule,
    page: Page,
    remarks: Vec<Remark>,
}

impl<'a> Checked<'a> {
    fn new(one: &'a LoadedRule) -> Self {
        Self { rule: &one.rule, page: Page::new(&one.file), remarks: Vec::new() }
    }

    /// Notes what is wrong with the value at `place`, such as `verify.2.run`; the caret stands at `needle` in it.
    fn say(&mut self, place: &str, needle: &str, problem: &str) {
        self.remarks.push(self.page.remark(place, needle, problem));
    }
}
