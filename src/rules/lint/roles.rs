//! What a rule of each role must have, so that a person can act on it and a test can hold it.

use super::Checked;
use crate::rules::schema::{Remedy, Risk, Role, Source};

pub fn check(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    if rule.title.trim().is_empty() {
        checked.say("title", "", "the title is empty");
    }
    match rule.role {
        Role::Cause | Role::Symptom => judged(checked),
        Role::Context | Role::Benign => counted(checked),
    }
    for (index, _) in rule.sources.iter().enumerate().filter(|(_, source)| !names_a_place(source)) {
        checked.say(&format!("source.{index}"), "", "a source names a page, or a repo with a path");
    }
}

/// Rules that become diagnoses.
fn judged(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    if rule.diagnosis.cause.trim().is_empty() {
        checked.say("diagnosis", "", "the cause is empty: one sentence, which thing on which node is wrong");
    }
    if rule.role == Role::Symptom && rule.alternatives.is_empty() {
        checked.say("role", "", "a symptom has several possible causes; name them as [[alternative]]");
    }
    let has = [
        (!rule.verify.is_empty(), "[[verify]]: the command that tells whether the claim is true"),
        (!rule.remedy.is_empty(), "[[remedy]]: what to do"),
        (!rule.sources.is_empty(), "[[source]]: where the server prints the line"),
    ];
    for (_, missing) in has.iter().filter(|(there, _)| !there) {
        checked.say("id", "", &format!("there is no {missing}"));
    }
    for (index, verify) in rule.verify.iter().enumerate() {
        if verify.confirms.trim().is_empty() {
            checked.say(&format!("verify.{index}"), "", "confirms is empty: which answer proves the claim");
        }
    }
    tested(checked);
    remedy(checked, &rule.remedy);
}

/// Rules that are only counted.
fn counted(checked: &mut Checked<'_>) {
    if !checked.rule.remedy.is_empty() {
        checked.say("remedy", "", "a benign or context rule is no fault, so there is nothing to remedy");
    }
    if !checked.rule.explains.is_empty() {
        checked.say("explains", "", "a benign or context rule is no finding, so nothing can fold under it");
    }
    tested(checked);
}

/// The events of a rule are held by the parser's own tests, its texts and expressions only by its examples.
fn tested(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    if !rule.matches.is_empty() && rule.matches.iter().all(|one| one.event.is_some()) {
        let bare = rule.matches.iter().position(|one| one.fields.is_empty());
        if let Some(index) = bare.filter(|_| rule.examples.is_empty()) {
            checked.say(&format!("match.{index}"), "", "an event without 'where' needs an [[example]]");
        }
        return;
    }
    if rule.examples.is_empty() {
        checked.say("id", "", "there is no [[example]]: a log line that must match");
    }
    if rule.counter_examples.is_empty() {
        checked.say("id", "", "there is no [[counter_example]]: a similar log line that must not match");
    }
}

/// A tired engineer works from the top: what can lose data comes after everything else that repairs.
fn remedy(checked: &mut Checked<'_>, steps: &[Remedy]) {
    if steps.first().is_some_and(|step| step.risk == Risk::DataLoss) {
        checked.say("remedy.0.risk", "", "the first step may not be one that can lose data");
    }
    let last_safe = steps.iter().rposition(|step| matches!(step.risk, Risk::Low | Risk::Restart)).unwrap_or(0);
    for (index, step) in steps.iter().enumerate().take(last_safe) {
        if step.risk == Risk::DataLoss && index > 0 {
            checked.say(
                &format!("remedy.{index}.risk"),
                "",
                "a step that can lose data stands before a safer one; put it last",
            );
        }
    }
}

fn names_a_place(source: &Source) -> bool {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    given(&source.page) || given(&source.repo) && given(&source.path)
}
