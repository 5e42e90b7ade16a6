//! Reads rule files: TOML to [`LoadedRule`], with errors that point at file, line and column.
//!
//! Shared with `build.rs`, so it knows nothing of the embedded rules.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::frequency::Frequencies;
use super::literal::{self, Sought};
use super::schema::{Alternative, CounterExample, Example, Match, Remedy, Rule, Source, Texts, Verify};

/// A rule with what the loader found out about it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LoadedRule {
    pub rule: Rule,
    /// The rule's file, for messages.
    pub file: String,
    /// For each match, what the scanner looks for; nothing for events, and texts are looked for as they are.
    pub sought: Vec<Sought>,
    /// The number of a built-in rule whose prose is not read yet.
    #[serde(skip)]
    pub prose_left: Option<usize>,
}

/// The part of a rule that only its report needs.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Prose {
    diagnosis: Texts,
    alternatives: Vec<Alternative>,
    verify: Vec<Verify>,
    remedy: Vec<Remedy>,
    sources: Vec<Source>,
}

/// Parts a rule from its prose, half of what is left without examples: most runs report a few rules only.
pub fn take_prose(rule: &mut Rule) -> Prose {
    Prose {
        diagnosis: std::mem::take(&mut rule.diagnosis),
        alternatives: std::mem::take(&mut rule.alternatives),
        verify: std::mem::take(&mut rule.verify),
        remedy: std::mem::take(&mut rule.remedy),
        sources: std::mem::take(&mut rule.sources),
    }
}

/// Gives a rule its prose back.
pub fn put_prose(rule: &mut Rule, prose: Prose) {
    let Prose { diagnosis, alternatives, verify, remedy, sources } = prose;
    (rule.diagnosis, rule.alternatives, rule.verify) = (diagnosis, alternatives, verify);
    (rule.remedy, rule.sources) = (remedy, sources);
}

/// A rule's examples and counter examples.
pub type Examples = (Vec<Example>, Vec<CounterExample>);

/// Parts a rule from its examples: half of a rule's text, which only lint, tests and people want.
pub fn take_examples(loaded: &mut LoadedRule) -> Examples {
    (std::mem::take(&mut loaded.rule.examples), std::mem::take(&mut loaded.rule.counter_examples))
}

/// What is wrong with a rule file; the text names file, line and column where it can.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("cannot read {path}: {source}\n  give a folder with rule files (*.toml) that this user may read", path = .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{file}: {problem}", file = .path.display())]
    Wrong { path: PathBuf, problem: String },
    #[error("the embedded rules can't be read: {0}; build the tool again")]
    Embedded(String),
}

/// The rule files below a folder, in order of their paths.
///
/// # Errors
/// The folder can't be read.
pub fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: folder.to_path_buf(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            found.extend(rule_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads one rule file.
///
/// # Errors
/// The file can't be read, is no TOML, has an unknown or missing key, or its regex has no required literal.
pub fn read(path: &Path, known: &Frequencies) -> Result<LoadedRule, RuleError> {
    let text = fs::read_to_string(path).map_err(|source| RuleError::Unreadable { path: path.to_path_buf(), source })?;
    from_text(&text, path, known)
}

/// As [`read`], from the file's text.
///
/// # Errors
/// As [`read`].
pub fn from_text(text: &str, path: &Path, known: &Frequencies) -> Result<LoadedRule, RuleError> {
    let wrong = |problem| RuleError::Wrong { path: path.to_path_buf(), problem };
    let rule: Rule = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mut sought = Vec::new();
    for (index, one) in rule.matches.iter().enumerate() {
        let found = match_literals(one, known).map_err(|problem| {
            let needle = one.regex.as_ref().or(one.literals().next()).map_or("[[match]]", String::as_str);
            wrong(format!("match {}: {problem}{}", index + 1, excerpt(text, needle)))
        })?;
        sought.push(found);
    }
    Ok(LoadedRule { rule, file: path.display().to_string(), sought, prose_left: None })
}

/// What the scanner looks for besides the texts: the literals of which the regex requires one.
fn match_literals(one: &Match, known: &Frequencies) -> Result<Sought, String> {
    let mut texts = one.literals().peekable();
    if !one.texts.is_empty() && one.text.is_some() {
        return Err("text and texts are one too many".to_owned());
    }
    match (texts.peek().is_none(), &one.regex, &one.event) {
        (false, None, None) => match texts.find(|text| text.len() < literal::SHORTEST) {
            Some(short) => Err(format!("the text '{short}' is shorter than {} bytes", literal::SHORTEST)),
            None => Ok(Sought { literals: Vec::new(), exact: true }),
        },
        (true, Some(regex), None) => literal::required(regex, known).map_err(|error| error.to_string()),
        (true, None, Some(_)) => Ok(Sought::default()),
        _ => Err("exactly one of text, texts, regex and event is needed".to_owned()),
    }
}

/// The line of a file that has `needle`, with line number, column and a caret; empty when it isn't there.
pub fn excerpt(text: &str, needle: &str) -> String {
    text.find(needle).map_or_else(String::new, |at| excerpt_at(text, at))
}

/// As [`excerpt`], for the byte at `at`.
pub fn excerpt_at(text: &str, at: usize) -> String {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let number = text[..at].matches('\n').count() + 1;
    let column = text[line_start..at].chars().count() + 1;
    let line = text[line_start..].lines().next().unwrap_or_default();
    format!("\n  line {number}, column {column}\n  {line}\n  {caret:>column$}", caret = "^")
}
