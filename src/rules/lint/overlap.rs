//! Two rules that claim the same line: the report would name two causes for one.
//!
//! It is right when one explains the other (then it folds), when one is only counted, or when one waits for
//! conditions that tell the two apart.

use super::Remark;
use super::page::Page;
use super::trial::Trial;
use crate::rules::schema::{Role, Rule};
use crate::rules::table::CompiledRule;

pub fn check(trial: &Trial) -> Vec<Remark> {
    let rules = &trial.table().rules;
    let mut remarks = Vec::new();
    for (owner, compiled) in rules.iter().enumerate().filter(|(_, compiled)| is_claim(&compiled.rule)) {
        for (index, example) in compiled.rule.examples.iter().enumerate() {
            let outcome = trial.run(&example.log);
            for other in outcome.hits().into_iter().filter(|other| *other != owner) {
                let Some(second) = rules.get(other).filter(|second| is_claim(&second.rule)) else { continue };
                if is_told_apart(compiled, owner, second, other) {
                    continue;
                }
                let line = outcome.line(other).unwrap_or_default();
                let problem = format!(
                    "'{}' matches this example, too: one has to explain the other, require what tells them apart, or be \
                     narrower\n  its line: {line}",
                    second.rule.id
                );
                remarks.push(Page::new(&compiled.file).remark(&format!("example.{index}.log"), "", &problem));
            }
        }
    }
    remarks
}

fn is_claim(rule: &Rule) -> bool {
    matches!(rule.role, Role::Cause | Role::Symptom)
}

fn is_told_apart(one: &CompiledRule, index: usize, other: &CompiledRule, other_index: usize) -> bool {
    let explains =
        |rule: &CompiledRule, subject: usize| rule.explains.iter().any(|entry| entry.subjects.contains(&subject));
    let waits = |rule: &CompiledRule| !rule.require.is_empty() || rule.threshold.is_some();
    explains(one, other_index) || explains(other, index) || waits(one) || waits(other)
}
