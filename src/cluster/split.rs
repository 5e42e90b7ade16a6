//! Primary components of one cluster that ran at the same time and knew nothing of each other.
//!
//! No line says this while it lasts: each side is content with itself. Only when the two meet, one aborts
//! (`gcomm/src/pc_proto.cpp`, "conflicting prims").

use chrono::{NaiveDateTime, TimeDelta};

use super::identity::history::Fact;
use super::identity::id::same_id;
use super::log::Log;
use super::process::Quote;
use crate::parse::event::{Event, ViewMember};

/// Shorter overlaps are what clocks that were never compared may differ by.
const LEAST: TimeDelta = TimeDelta::seconds(10);

/// A node in a primary component without the other node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Index of the log whose component is the younger one.
    pub log: usize,
    /// The node in the other component.
    pub peer: String,
    /// For how long both are known to have been primary.
    pub seconds: i64,
    /// Where the younger component's node names the cluster.
    pub proof: Quote,
}

/// A time in which a node was in one primary component.
struct Span<'a> {
    log: usize,
    from: NaiveDateTime,
    to: NaiveDateTime,
    members: &'a [ViewMember],
}

/// The longest overlap of each pair of nodes.
pub fn splits(logs: &[&Log]) -> Vec<Split> {
    let spans: Vec<Vec<Span<'_>>> = logs.iter().enumerate().map(|(index, log)| spans(index, log)).collect();
    let mut found = Vec::new();
    for one in 0..logs.len() {
        for other in one + 1..logs.len() {
            if logs[one].cluster == logs[other].cluster && logs[one].name() != logs[other].name() {
                found.extend(split(logs, &spans[one], &spans[other]));
            }
        }
    }
    found
}

fn split(logs: &[&Log], ones: &[Span<'_>], others: &[Span<'_>]) -> Option<Split> {
    let pairs = ones.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
    let apart = pairs.filter(|(one, other)| overlap(one, other) >= LEAST && are_strangers(one, other));
    let (one, other) = apart.max_by_key(|(one, other)| overlap(one, other))?;
    let (older, younger) = if one.from <= other.from { (one, other) } else { (other, one) };
    let log = logs[younger.log];
    let named = log.identity.groups().filter(|fact| began(log, fact).is_some_and(|from| from <= younger.from)).last();
    Some(Split {
        log: younger.log,
        peer: logs[older.log].name().to_owned(),
        seconds: overlap(one, other).num_seconds(),
        proof: named.or_else(|| log.identity.groups().next())?.first.clone(),
    })
}

fn began(log: &Log, fact: &Fact) -> Option<NaiveDateTime> {
    fact.from(&log.clock)
}

fn overlap(one: &Span<'_>, other: &Span<'_>) -> TimeDelta {
    one.to.min(other.to) - one.from.max(other.from)
}

/// Has no node of one component a place in the other?
fn are_strangers(one: &Span<'_>, other: &Span<'_>) -> bool {
    !one.members.iter().any(|own| other.members.iter().any(|peer| same_id(&own.uuid, &peer.uuid)))
}

/// Each primary view until the next view, or as long as its process is known to have lived.
fn spans(index: usize, log: &Log) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut open: Option<(usize, Span<'_>)> = None;
    for tracked in &log.track.events {
        let Some(at) = log.moment(tracked.time) else { continue };
        match &mut open {
            Some((process, span)) if *process == tracked.process => span.to = at,
            _ => spans.extend(open.take().map(|(_, span)| span)),
        }
        if let Event::GcommView { status, members, .. } = &tracked.event {
            spans.extend(open.take().map(|(_, span)| span));
            open = (status == "PRIM").then(|| (tracked.process, Span { log: index, from: at, to: at, members }));
        }
    }
    if let Some((process, mut span)) = open {
        if process + 1 == log.forgotten_processes + log.processes.len() {
            span.to = log.ends().unwrap_or(span.to).max(span.to);
        }
        spans.push(span);
    }
    spans
}
