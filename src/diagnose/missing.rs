//! What was not given and would decide: asked for by name and time.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::document::{Diagnosis, MissingEvidence};
use super::printable::printable;
use crate::cluster::log::Log;
use crate::rules::schema::Severity;

/// Time around a diagnosis that a missing log should cover, in minutes.
const AROUND: i64 = 5;

/// Members of the views whose logs were not given.
pub fn missing(logs: &[Log], diagnoses: &[Diagnosis]) -> Vec<MissingEvidence> {
    if diagnoses.iter().all(|diagnosis| diagnosis.severity < Severity::Error) {
        return Vec::new();
    }
    let own = logs.iter().filter_map(|log| log.identity.own_name());
    let given = logs.iter().map(Log::name).chain(logs.iter().map(|log| log.stem.as_str())).chain(own);
    let given: BTreeSet<&str> = given.collect();
    let members: BTreeSet<&str> = logs.iter().flat_map(|log| log.identity.members()).collect();
    let span = span(diagnoses);
    members
        .difference(&given)
        .filter(|name| **name != "garb")
        .map(|name| printable(name.as_bytes()))
        .map(|name| MissingEvidence {
            what: format!("the error log of {name}{span}"),
            why: format!("{name} was a member of the cluster, and many causes are printed on the other node only"),
        })
        .collect()
}

fn span(diagnoses: &[Diagnosis]) -> String {
    let time = |text: &Option<String>| {
        let text = text.as_deref()?.get(..19)?;
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()
    };
    let Some(first) = diagnoses.first() else { return String::new() };
    match (time(&first.first_seen), time(&first.last_seen)) {
        (Some(from), Some(to)) => {
            let around = TimeDelta::minutes(AROUND);
            format!(" from {} to {}", (from - around).format("%Y-%m-%d %H:%M"), (to + around).format("%Y-%m-%d %H:%M"))
        }
        _ => String::new(),
    }
}

/// Logs of another cluster than that of most logs: nothing in them bears on it.
pub fn strangers(logs: &[Log]) -> Vec<MissingEvidence> {
    let clean = |text: &str| printable(text.as_bytes());
    let group = |log: &Log| log.identity.groups().last().map(|fact| clean(&fact.value));
    let most = logs.iter().filter(|log| log.cluster == 0).find_map(group);
    let name =
        |group: Option<String>| group.map_or_else(|| "without a known name".to_owned(), |name| format!("'{name}'"));
    let told = |log: &Log| {
        let file = log.files.first().map_or_else(|| clean(&log.stem), |file| clean(&file.path));
        let (other, most) = (name(group(log)), name(most.clone()));
        MissingEvidence {
            what: "logs of one cluster only".to_owned(),
            why: format!(
                "{file} is of another cluster, {other}, than most of the logs, {most}; each was judged by itself"
            ),
        }
    };
    logs.iter().filter(|log| log.cluster != 0).map(told).collect()
}
