//! What a listener is told: the contract `galera-rca/follow/1`, one JSON object per event.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Serialize;

use super::alerts::{Alert, Change, Transition};
use super::state::NodeState;
use crate::diagnose::document::{Evidence, Remedy, Verify};
use crate::rules::schema::Severity;

/// The name of this contract.
pub const SCHEMA: &str = "galera-rca/follow/1";

/// Lines of proof that are told along.
const PROOF: usize = 6;

/// One thing that happened. Fields are only ever added.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A diagnosis stands that did not stand before.
    Opened(Box<Told>),
    /// More is known of an open one: its cause, severity or confidence.
    Updated(Box<Told>),
    /// It is over, or was no diagnosis of its own.
    Resolved(Box<Told>),
    /// Lines may be missing: they could not be read, or were written when nobody read.
    Gap(Notice),
    /// Something about a log that loses no line: rotated, truncated, vanished, appeared.
    Note(Notice),
    /// The node's state has changed.
    State(NodeChange),
    /// Where everything stands when the run ends.
    Summary(Summary),
}

/// A diagnosis in an event.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Told {
    pub schema: &'static str,
    /// In the time of the cluster.
    pub at: String,
    /// The alert's number: the same from opened to resolved.
    pub number: u64,
    pub rule: String,
    pub node: String,
    pub title: String,
    pub category: String,
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f64,
    pub cause: String,
    /// What is new, or how it ended; empty for one that was just opened.
    pub news: String,
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    pub count: u64,
    pub evidence: Vec<Evidence>,
    pub verify: Vec<Verify>,
    pub remedy: Vec<Remedy>,
}

/// A word about a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Notice {
    pub schema: &'static str,
    pub at: String,
    pub input: String,
    pub text: String,
}

/// A node that went from one state to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeChange {
    pub schema: &'static str,
    pub at: String,
    pub node: String,
    pub from: String,
    pub to: String,
    pub seqno: Option<i64>,
    /// Members of its latest view.
    pub members: usize,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Summary {
    pub schema: &'static str,
    pub at: String,
    pub nodes: BTreeMap<String, NodeState>,
    pub open: Vec<Alert>,
    /// Lines read.
    pub lines: u64,
    pub gaps: u64,
}

/// A time as all events write it.
pub fn time(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

impl Event {
    /// The event of a transition.
    pub fn of(transition: &Transition, at: NaiveDateTime) -> Self {
        let alert = &transition.alert;
        let diagnosis = transition.diagnosis.as_deref();
        let told = Box::new(Told {
            schema: SCHEMA,
            at: time(at),
            number: alert.number,
            rule: alert.rule.clone(),
            node: alert.node.clone(),
            title: alert.title.clone(),
            category: alert.category.clone(),
            severity: alert.severity,
            confidence: alert.confidence,
            cause: alert.cause.clone(),
            news: transition.why.clone(),
            first_seen: alert.first_seen.clone(),
            last_seen: alert.last_seen.clone(),
            count: alert.count,
            evidence: diagnosis.map(|one| one.evidence.iter().take(PROOF).cloned().collect()).unwrap_or_default(),
            verify: diagnosis.map(|one| one.verify.clone()).unwrap_or_default(),
            remedy: diagnosis.map(|one| one.remedy.clone()).unwrap_or_default(),
        });
        match transition.change {
            Change::Opened => Self::Opened(told),
            Change::Updated => Self::Updated(told),
            Change::Resolved => Self::Resolved(told),
        }
    }

    /// The diagnosis in it, if it is about one.
    pub fn told(&self) -> Option<&Told> {
        match self {
            Self::Opened(told) | Self::Updated(told) | Self::Resolved(told) => Some(told),
            Self::Gap(_) | Self::Note(_) | Self::State(_) | Self::Summary(_) => None,
        }
    }
}
