//! Gaps in the logs that were given: what begins too late, what ends too early, what lies between two rotated files.
//! And what these gaps, and logs that were not given at all, take from the confidence.

use chrono::{NaiveDateTime, TimeDelta};

use super::document::{Diagnosis, MissingEvidence};
use super::incident::Incident;
use super::story::{moment_text, node_name};
use crate::cluster::log::Log;
use crate::cluster::process::Ending;
use crate::rules::schema::{Blame, Relation, Severity};
use crate::rules::table::{CompiledRule, Table};

/// A log that begins so many seconds after a fault was first seen may lack its cause.
const LATE: i64 = 5;

/// What is left of the confidence in a claim that peers' logs could have borne out or refuted, when one is missing.
const WITHOUT_A_PEER: f64 = 0.95;

/// The gaps that bear on the first diagnosis.
pub fn gaps(logs: &[Log], diagnoses: &[Diagnosis], incidents: &[Incident]) -> Vec<MissingEvidence> {
    let serious = diagnoses.first().is_some_and(|first| first.severity >= Severity::Error);
    let seen =
        incidents.iter().rfind(|one| one.diagnoses.contains(&1)).and_then(|one| one.from.as_deref()?.parse().ok());
    let mut found = Vec::new();
    for log in logs.iter().filter(|_| serious) {
        found.extend(seen.and_then(|seen| begins_late(log, seen)));
        found.extend(ends_early(log));
    }
    found.extend(logs.iter().flat_map(rotation_gaps));
    found
}

fn begins_late(log: &Log, seen: NaiveDateTime) -> Option<MissingEvidence> {
    let first = log.files.iter().find_map(|file| file.first_time)?;
    let begins = log.clock.correct(first.instant());
    let in_mid_life = log.forgotten_processes == 0
        && log.processes.first().is_some_and(|process| process.synced || process.ending != Ending::Running);
    (in_mid_life && begins > seen + TimeDelta::seconds(LATE)).then(|| MissingEvidence {
        what: format!("the log of {} before {}", node_name(log), moment_text(begins)),
        why: format!("what was given begins after the fault was first seen, at {}", moment_text(seen)),
    })
}

fn ends_early(log: &Log) -> Option<MissingEvidence> {
    let silent = log.processes.last().is_some_and(|process| process.ending == Ending::Silent);
    let ends = log.ends().filter(|_| silent)?;
    let node = node_name(log);
    Some(MissingEvidence {
        what: format!("the log of {node} after {}, and the system journal of its host from then on", moment_text(ends)),
        why: format!("it ends while the logs of its peers go on: {node} died, or the rest was not given"),
    })
}

/// Rotated files are numbered without gaps.
fn rotation_gaps(log: &Log) -> Vec<MissingEvidence> {
    let numbers: Vec<u32> = log.files.iter().map(|file| file.rotation).collect();
    let (Some(&least), Some(&most)) = (numbers.iter().min(), numbers.iter().max()) else { return Vec::new() };
    let missing = (least..most).filter(|number| !numbers.contains(number));
    let missing =
        missing.map(|number| if number == 0 { "the current one".to_owned() } else { format!("number {number}") });
    let list: Vec<String> = missing.take(8).collect();
    if list.is_empty() {
        return Vec::new();
    }
    let why = "it lies between the files that were given, so what happened in that time is not known".to_owned();
    vec![MissingEvidence { what: format!("the rotated log of {} {}", node_name(log), list.join(", ")), why }]
}

/// Lowers the confidence of claims that a missing peer's log could change. Ranks stay: all such claims lose the same.
pub fn lower_confidence(table: &Table, diagnoses: &mut [Diagnosis]) {
    for diagnosis in diagnoses {
        let rule = table.rules.iter().find(|rule| rule.rule.id == diagnosis.rule);
        if rule.is_some_and(asks_peers) {
            diagnosis.confidence = (diagnosis.confidence * WITHOUT_A_PEER * 100.0).round() / 100.0;
        }
    }
}

fn asks_peers(rule: &CompiledRule) -> bool {
    let conditions = rule.require.iter().chain(&rule.evidence);
    rule.rule.blame == Blame::Peer || conditions.into_iter().any(|one| one.node != Relation::Same)
}
