//! Diagnoses over time: each is opened once, updated when it changes, and resolved once.
//!
//! Pure: documents, states and a time go in, transitions come out. A symptom whose cause is found later is revised:
//! the alert keeps its number and gets the cause.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::state::NodeState;
use crate::diagnose::assemble::moment_of;
use crate::diagnose::document::{Diagnosis, Document};
use crate::diagnose::story::Story;
use crate::rules::schema::Severity;

/// How patient to be.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A node must be synced for so long, with no new sign, before its alert is resolved.
    pub settled: TimeDelta,
    /// Without a sign for so long an alert about a node that works is resolved.
    pub quiet: TimeDelta,
    /// Alerts below this severity are not made.
    pub least: Severity,
}

/// Confidence must move by so much to be told.
const NOTABLE: f64 = 0.05;

/// Diagnoses of one area that began so close together are of one trouble.
const NEAR: TimeDelta = TimeDelta::seconds(120);

/// An open diagnosis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    /// Counts from 1 and is never used again.
    pub number: u64,
    pub rule: String,
    pub node: String,
    pub title: String,
    pub category: String,
    pub cause: String,
    pub severity: Severity,
    pub confidence: f64,
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    pub count: u64,
}

/// What happened to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Opened,
    Updated,
    Resolved,
}

/// One step in the life of an alert.
#[derive(Clone, Debug)]
pub struct Transition {
    pub change: Change,
    pub alert: Alert,
    /// What is new, or how it ended; empty for one that was just opened.
    pub why: String,
    /// The diagnosis as it stands; none when the logs no longer support it.
    pub diagnosis: Option<Box<Diagnosis>>,
}

/// All alerts of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Alerts {
    open: Vec<Alert>,
    /// Numbers given so far.
    given: u64,
    /// Diagnoses that were resolved or over when they were first seen, with the signs they had then.
    over: BTreeMap<String, u64>,
}

/// What is known at a moment.
pub struct Moment<'a> {
    pub document: &'a Document,
    pub states: &'a BTreeMap<String, NodeState>,
    /// In the time of the cluster.
    pub now: NaiveDateTime,
    /// Seconds for which the absence that a rule asks for must have lasted before its diagnosis is believed.
    pub hold: &'a dyn Fn(&str) -> i64,
}

impl Alerts {
    /// The open ones, in order of their numbers.
    pub fn open(&self) -> &[Alert] {
        &self.open
    }

    /// Takes in what is known now, and tells what has changed.
    pub fn update(&mut self, moment: &Moment<'_>, patience: Patience) -> Vec<Transition> {
        let mut told = Vec::new();
        let wanted = |one: &&Diagnosis| one.severity >= patience.least;
        for diagnosis in moment.document.diagnoses.iter().filter(wanted) {
            told.extend(self.take(diagnosis, moment, patience));
        }
        let unsupported: Vec<usize> =
            (0..self.open.len()).rev().filter(|&at| !self.open[at].stands_in(moment.document)).collect();
        for at in unsupported {
            let alert = self.open.remove(at);
            let why = self.vanished(&alert, moment.document);
            told.push(Transition { change: Change::Resolved, alert, why, diagnosis: None });
        }
        self.open.sort_by_key(|alert| alert.number);
        told
    }

    fn take(&mut self, diagnosis: &Diagnosis, moment: &Moment<'_>, patience: Patience) -> Option<Transition> {
        let key = key(&diagnosis.rule, &diagnosis.node);
        let end = ended(diagnosis, moment, patience);
        if let Some(at) = self.open.iter().position(|alert| alert.is_of(diagnosis)) {
            if let Some(why) = end {
                let alert = Alert { number: self.open.remove(at).number, ..Alert::of(diagnosis) };
                self.over.insert(key, diagnosis.count);
                return Some(transition(Change::Resolved, alert, why, diagnosis));
            }
            let why = self.open[at].news(diagnosis)?;
            return Some(self.revise(at, diagnosis, why));
        }
        if self.over.get(&key) == Some(&diagnosis.count) {
            return None;
        }
        if end.is_some() {
            self.over.insert(key, diagnosis.count);
            return None;
        }
        if is_too_early(diagnosis, moment) {
            return None;
        }
        if let Some(at) = self.open.iter().position(|alert| alert.is_revised_by(diagnosis, moment.document)) {
            let why = format!("more is known than '{}'", self.open[at].title);
            return Some(self.revise(at, diagnosis, why));
        }
        self.given += 1;
        let alert = Alert { number: self.given, ..Alert::of(diagnosis) };
        self.open.push(alert.clone());
        Some(transition(Change::Opened, alert, String::new(), diagnosis))
    }

    fn revise(&mut self, at: usize, diagnosis: &Diagnosis, why: String) -> Transition {
        let alert = Alert { number: self.open[at].number, ..Alert::of(diagnosis) };
        self.open[at] = alert.clone();
        transition(Change::Updated, alert, why, diagnosis)
    }

    /// Why an alert is no diagnosis of its own any more.
    fn vanished(&self, alert: &Alert, document: &Document) -> String {
        let cause = document.diagnoses.iter().find(|one| explains(one, alert));
        let number = cause.and_then(|cause| self.open.iter().find(|open| open.is_of(cause))).map(|open| open.number);
        match (cause, number) {
            (_, Some(number)) => format!("a consequence of #{number}"),
            (Some(cause), None) => format!("a consequence of '{}'", cause.title),
            (None, None) => "the logs no longer support it".to_owned(),
        }
    }
}

impl Alert {
    fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            number: 0,
            rule: diagnosis.rule.clone(),
            node: diagnosis.node.clone(),
            title: diagnosis.title.clone(),
            category: diagnosis.category.clone(),
            cause: diagnosis.cause.clone(),
            severity: diagnosis.severity,
            confidence: diagnosis.confidence,
            first_seen: diagnosis.first_seen.clone(),
            last_seen: diagnosis.last_seen.clone(),
            count: diagnosis.count,
        }
    }

    fn is_of(&self, diagnosis: &Diagnosis) -> bool {
        self.rule == diagnosis.rule && self.node == diagnosis.node
    }

    fn stands_in(&self, document: &Document) -> bool {
        document.diagnoses.iter().any(|one| self.is_of(one))
    }

    /// Does the diagnosis say what this one did not know yet? It explains it, or took its place.
    fn is_revised_by(&self, diagnosis: &Diagnosis, document: &Document) -> bool {
        let orphan = || !document.diagnoses.iter().any(|one| explains(one, self));
        let akin = || diagnosis.node == self.node || (diagnosis.category == self.category && self.is_near(diagnosis));
        !self.stands_in(document) && (explains(diagnosis, self) || (orphan() && akin()))
    }

    fn is_near(&self, diagnosis: &Diagnosis) -> bool {
        let moment = |time: &Option<String>| time.as_deref().and_then(moment_of);
        let apart = moment(&self.first_seen).zip(moment(&diagnosis.first_seen)).map(|(own, other)| (own - other).abs());
        apart.is_some_and(|apart| apart <= NEAR)
    }

    /// What a reader would want to be told again.
    fn news(&mut self, diagnosis: &Diagnosis) -> Option<String> {
        let moved = (self.confidence - diagnosis.confidence).abs() >= NOTABLE;
        let percent = |confidence: f64| format!("{:.0} %", confidence * 100.0);
        if self.severity != diagnosis.severity || self.cause != diagnosis.cause {
            Some("the cause is known better now".to_owned())
        } else if moved {
            Some(format!("confidence {} after {}", percent(diagnosis.confidence), percent(self.confidence)))
        } else {
            (self.count, self.last_seen) = (diagnosis.count, diagnosis.last_seen.clone());
            None
        }
    }
}

fn transition(change: Change, alert: Alert, why: String, diagnosis: &Diagnosis) -> Transition {
    Transition { change, alert, why, diagnosis: Some(Box::new(diagnosis.clone())) }
}

fn key(rule: &str, node: &str) -> String {
    format!("{rule} {node}")
}

fn explains(diagnosis: &Diagnosis, alert: &Alert) -> bool {
    diagnosis.explains.iter().any(|one| one.rule == alert.rule && one.node == alert.node)
}

/// A rule that rests on something's absence is not believed before that could have come.
fn is_too_early(diagnosis: &Diagnosis, moment: &Moment<'_>) -> bool {
    let Some(last) = diagnosis.last_seen.as_deref().and_then(moment_of) else { return false };
    moment.now - last < TimeDelta::seconds((moment.hold)(&diagnosis.rule))
}

/// How it ended, if it did: all that it struck are back, or nothing was seen of it for long.
fn ended(diagnosis: &Diagnosis, moment: &Moment<'_>, patience: Patience) -> Option<String> {
    let last = diagnosis.last_seen.as_deref().and_then(moment_of)?;
    let struck: BTreeSet<&str> = std::iter::once(diagnosis.node.as_str())
        .chain(diagnosis.explains.iter().map(|one| one.node.as_str()))
        .collect();
    let states: Vec<(&str, &NodeState)> =
        struck.into_iter().filter_map(|node| Some((node, moment.states.get(node)?))).collect();
    if states.is_empty() || !states.iter().all(|(_, state)| state.works()) {
        return None;
    }
    let (node, since) =
        states.iter().filter_map(|(node, state)| Some((*node, state.since?))).max_by_key(|(_, at)| *at)?;
    if since >= last && moment.now - since >= patience.settled {
        return Some(return_of(node, diagnosis, &moment.document.story, since));
    }
    (moment.now - last >= patience.quiet).then(|| format!("no further sign for {}", duration(moment.now - last)))
}

/// `node2 back after 14 s, IST of 12 write-sets`
fn return_of(node: &str, diagnosis: &Diagnosis, story: &Story, back: NaiveDateTime) -> String {
    let first = diagnosis.first_seen.as_deref().and_then(moment_of);
    let after = first.map_or_else(String::new, |first| format!(" after {}", duration(back - first)));
    let is_later = |at: Option<&str>| at.and_then(moment_of).zip(first).is_some_and(|(at, first)| at >= first);
    let transfers = story.transfers.iter().filter(|one| one.joiner == node && one.outcome == "complete");
    let transfer = transfers.rev().find(|one| is_later(one.requested.as_deref()));
    let by = transfer.map_or_else(String::new, |one| match (one.kind, one.first_seqno, one.last_seqno) {
        ("IST", Some(first), Some(last)) => format!(", IST of {} write-sets", (last - first + 1).max(0)),
        (kind, _, _) => format!(", {kind}"),
    });
    format!("{node} back{after}{by}")
}

fn duration(span: TimeDelta) -> String {
    match span.num_seconds() {
        seconds @ ..120 => format!("{} s", seconds.max(0)),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
