//! What a rule says, for a reader who holds one of its lines: its texts, and its neighbours in the chain of cause and
//! effect.

use std::collections::BTreeSet;

use crate::diagnose::document::place_name;
use crate::diagnose::fill;
use crate::diagnose::printable::printable;
use crate::rules::schema::{Blame, CaptureType, Role, Rule, When};
use crate::rules::table::{CompiledCondition, CompiledRule, Subject, Table};

use super::{Command, Meaning, Neighbour, Normal, Step};

/// Neighbours named at most on each side.
const MOST: usize = 6;

/// What was read out of the line.
pub type Captured = [(String, String)];

/// All that a rule says about a line with these values.
pub fn meaning(table: &Table, subject: Subject, captured: &Captured) -> Option<Meaning> {
    let compiled = table.rule(subject)?;
    let rule = &compiled.rule;
    let lookup = |name: &str| {
        let (_, value) = captured.iter().find(|(known, _)| known == name)?;
        Some((printable(value.as_bytes()), rule.captures.get(name).copied().unwrap_or(CaptureType::Text)))
    };
    let say = |text: &str| {
        fill::sentence(text, &|name| lookup(name).or_else(|| Some((words_for(name, rule.blame)?, CaptureType::Text))))
    };
    let (before, more_before) = before(table, subject, &rule.area);
    let (after, more_after) = after(table, compiled);
    Some(Meaning {
        rule: Some(rule.id.clone()),
        event: None,
        title: rule.title.clone(),
        severity: Some(rule.severity),
        normal: normal(rule),
        needs_more: !compiled.require.is_empty() || compiled.threshold.is_some(),
        printed_by: printed_by(rule),
        says: if rule.diagnosis.cause.is_empty() { format!("{}.", rule.title) } else { say(&rule.diagnosis.cause) },
        why: say(&rule.diagnosis.why),
        impact: say(&rule.diagnosis.impact),
        before,
        more_before,
        after,
        more_after,
        alternatives: rule
            .alternatives
            .iter()
            .map(|one| Command {
                text: say(&one.cause),
                run: one.check.as_deref().map(|run| fill::command(run, &lookup).text).unwrap_or_default(),
                on: place_name(one.on),
            })
            .collect(),
        verify: rule
            .verify
            .iter()
            .map(|one| Command {
                text: say(&one.confirms),
                run: fill::command(&one.run, &lookup).text,
                on: place_name(one.on),
            })
            .collect(),
        remedy: rule.remedy.iter().map(|one| Step { step: say(&one.step), risk: one.risk }).collect(),
    })
}

fn normal(rule: &Rule) -> Normal {
    match rule.role {
        Role::Benign => Normal::Yes,
        Role::Context => Normal::Depends,
        Role::Cause | Role::Symptom => Normal::No,
    }
}

fn printed_by(rule: &Rule) -> Vec<String> {
    let file = |repo: Option<&String>, path: Option<&String>| Some(format!("{} of {}", path?, repo?));
    let files: BTreeSet<String> =
        rule.sources.iter().filter_map(|source| file(source.repo.as_ref(), source.path.as_ref())).collect();
    files.into_iter().collect()
}

/// What a single line can't tell, in sentences.
fn words_for(name: &str, blame: Blame) -> Option<String> {
    let words = match name {
        "node" if blame == Blame::Peer => "the peer",
        "node" | "observer" => "this node",
        "peer" => "the peer",
        "donor" => "the donor",
        "joiner" => "the joiner",
        _ => return None,
    };
    Some(words.to_owned())
}

/// What stands before: what the rule's conditions ask for, and rules that fold this one under them, those that name it
/// alone or are of its area first.
fn before(table: &Table, subject: Subject, area: &str) -> (Vec<Neighbour>, usize) {
    let mut causes: Vec<(usize, bool, Subject)> = Vec::new();
    for (cause, one) in (0..).zip(&table.rules) {
        let groups = one.explains.iter().filter(|entry| entry.subjects.contains(&subject));
        causes.extend(groups.map(|entry| entry.subjects.len()).min().map(|size| (size, one.rule.area != area, cause)));
    }
    causes.sort_unstable();
    let asked = table.rule(subject).map(|own| asked(own, When::Before)).unwrap_or_default();
    named(table, asked.into_iter().chain(causes.into_iter().map(|(_, _, cause)| cause)))
}

/// What follows: what the rule's conditions ask for, and what it folds under it, named ones before members of a group.
fn after(table: &Table, own: &CompiledRule) -> (Vec<Neighbour>, usize) {
    let mut groups: Vec<&[Subject]> = own.explains.iter().map(|entry| &*entry.subjects).collect();
    groups.sort_by_key(|group| group.len());
    named(table, asked(own, When::After).into_iter().chain(groups.into_iter().flatten().copied()))
}

fn asked(own: &CompiledRule, when: When) -> Vec<Subject> {
    let conditions = own.require.iter().chain(&own.evidence);
    let wanted = |one: &&CompiledCondition| one.when == when && !one.absent && one.weight >= 0.0;
    conditions.filter(wanted).flat_map(|one| one.subjects.iter().copied()).collect()
}

fn named(table: &Table, subjects: impl Iterator<Item = Subject>) -> (Vec<Neighbour>, usize) {
    let mut seen = BTreeSet::new();
    let rules = subjects.filter(|subject| seen.insert(*subject)).filter_map(|subject| table.rule(subject));
    let mut all: Vec<Neighbour> =
        rules.map(|one| Neighbour { rule: one.rule.id.clone(), title: one.rule.title.clone() }).collect();
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    (all, more)
}

/// The rules whose conditions ask for one of these subjects.
pub fn users(table: &Table, subjects: &BTreeSet<Subject>) -> Vec<String> {
    let asks = |one: &&CompiledRule| {
        one.require
            .iter()
            .chain(&one.evidence)
            .flat_map(|condition| condition.subjects.iter())
            .any(|asked| subjects.contains(asked))
    };
    table.rules.iter().filter(asks).map(|one| one.rule.id.clone()).collect()
}
