//! Where each node stands at a moment.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::log::Log;
use crate::cluster::process::Ending;
use crate::diagnose::story::node_name;
use crate::parse::event::Event;

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeState {
    /// As the log writes it: `SYNCED`, `DONOR/DESYNCED`, `JOINER`…; `down` when the process has ended, `?` when
    /// nothing is known.
    pub state: String,
    /// Since when, in the time of the cluster.
    #[schemars(with = "Option<String>")]
    pub since: Option<NaiveDateTime>,
    /// Position in the history, where the log tells one.
    pub seqno: Option<i64>,
    /// Members of the latest view; 0 when there is none.
    pub members: usize,
    /// The latest view is that of a primary component.
    pub primary: bool,
    /// Its own log is followed; else others tell of it.
    pub own_log: bool,
}

impl NodeState {
    /// Up to date, or, where only others tell of it, a member of the primary component.
    pub fn works(&self) -> bool {
        self.state == "SYNCED" || self.state == "member"
    }
}

/// All nodes that the logs know, by name.
pub fn states(logs: &[Log]) -> BTreeMap<String, NodeState> {
    let mut states: BTreeMap<String, NodeState> = BTreeMap::new();
    for log in logs {
        states.insert(node_name(log), own(log));
    }
    for log in logs {
        for (name, member) in of_others(log) {
            let known = states.entry(name).or_default();
            if !known.own_log && member.since > known.since {
                *known = member;
            }
        }
    }
    states
}

fn own(log: &Log) -> NodeState {
    let mut now = NodeState { state: "?".to_owned(), own_log: true, ..NodeState::default() };
    for tracked in &log.track.events {
        match &tracked.event {
            Event::ServerStart { .. } => {
                now = NodeState {
                    state: "starting".to_owned(),
                    since: tracked.at,
                    own_log: true,
                    ..NodeState::default()
                };
            }
            Event::Shift { to, seqno, .. } | Event::Restored { to, seqno, .. } => {
                (now.state, now.since, now.seqno) = (to.clone(), tracked.at, Some(*seqno));
            }
            Event::GcommView { status, members, .. } => {
                (now.members, now.primary) = (members.len(), status == "PRIM");
            }
            _ => {}
        }
    }
    if log.processes.last().is_some_and(|process| process.ending != Ending::Running) {
        (now.state, now.members, now.primary) = ("down".to_owned(), 0, false);
        now.since = log.processes.last().and_then(|process| log.moment(process.ended.and_then(|spot| spot.time)));
    }
    now
}

/// What a log tells of members whose own log is not followed.
fn of_others(log: &Log) -> BTreeMap<String, NodeState> {
    let mut members: BTreeMap<String, NodeState> = BTreeMap::new();
    let told = |state: &str, since| NodeState { state: state.to_owned(), since, ..NodeState::default() };
    for tracked in &log.track.events {
        match &tracked.event {
            Event::MemberSynced { name, .. } => {
                members.insert(name.clone(), told("SYNCED", tracked.at));
            }
            Event::ServerView { members: rows, status, .. } if status == "primary" => {
                let names: Vec<&str> = rows.iter().filter_map(|row| row.name.as_deref()).collect();
                for name in &names {
                    members.entry((*name).to_owned()).or_insert_with(|| told("member", tracked.at));
                }
                for (name, state) in &mut members {
                    if !names.contains(&name.as_str()) && state.state != "gone" {
                        *state = told("gone", tracked.at);
                    }
                }
            }
            _ => {}
        }
    }
    members
}
