//! The events of one log that make its story: states, views, transfers, votes, starts and ends.
//!
//! Links and gossip are left out: they are counted as bursts, and a story needs only what came of them.

use std::collections::{HashSet, VecDeque};

use chrono::NaiveDateTime;

use super::clock::Anchor;
use super::process::Spot;
use crate::parse::event::Event;
use crate::parse::stamp::Stamp;

/// Events kept per log for the story that a diagnosis tells along: the latest ones. At some 400 bytes each this bounds
/// a log's story at less than a megabyte.
pub const FOR_DIAGNOSIS: usize = 1_500;

/// The same for a timeline, which is all story.
pub const FOR_TIMELINE: usize = 20_000;

/// Anchors kept per log: the latest ones.
const MOST_ANCHORS: usize = 2_000;

/// Kinds that are not part of the story.
const LEFT_OUT: &[&str] = &[
    "connect-failed",
    "connection-established",
    "reconnecting",
    "relay-on",
    "relay-off",
    "forgetting",
    "peer-timeout",
    "node-state",
    "flow-interval",
    "provider-options",
    "state-exchange",
    "status-change",
    "inactive-check",
    "own-uuid",
];

/// An event with its place and time.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Index of the file in its log.
    pub file: usize,
    /// 1-based.
    pub line: u64,
    /// Number of the server process in its log, from the log's beginning.
    pub process: usize,
    pub time: Option<Stamp>,
    /// In the time of the cluster: UTC where the zone is known, corrected where the clock was wrong.
    pub at: Option<NaiveDateTime>,
    pub event: Event,
}

/// The story of one log.
#[derive(Clone, Debug, Default)]
pub struct Track {
    pub events: VecDeque<Tracked>,
    /// Older events that are no longer kept.
    pub forgotten: u64,
    anchors: VecDeque<Anchor>,
    names: HashSet<String>,
}

impl Track {
    /// Remembers a moment that other logs have too.
    pub fn note_anchor_of(&mut self, event: &Event, time: Option<Stamp>) {
        if let Some((name, time)) = anchor_name(event).zip(time) {
            self.note_anchor(name, time.instant());
        }
    }

    /// Takes in an event, in order; of more than `most` the oldest are forgotten.
    pub fn note(&mut self, event: Event, process: usize, spot: Spot, most: usize) {
        if LEFT_OUT.contains(&event.kind()) {
            return;
        }
        if self.events.len() >= most {
            self.events.pop_front();
            self.forgotten += 1;
        }
        let Spot { file, line, time } = spot;
        let at = time.map(|time| time.instant());
        self.events.push_back(Tracked { file, line, process, time, at, event });
    }

    /// The moments that other logs may have too, in order; each name once, at its first time.
    pub fn anchors(&self) -> Vec<Anchor> {
        self.anchors.iter().cloned().collect()
    }

    fn note_anchor(&mut self, name: String, time: NaiveDateTime) {
        if !self.names.insert(name.clone()) {
            return;
        }
        if self.anchors.len() >= MOST_ANCHORS
            && let Some(oldest) = self.anchors.pop_front()
        {
            self.names.remove(&oldest.name);
        }
        self.anchors.push_back(Anchor { name, time });
    }
}

/// The name that an event has on every node that takes part in it.
fn anchor_name(event: &Event) -> Option<String> {
    match event {
        Event::StateExchange { uuid: Some(uuid), .. } => Some(format!("exchange {uuid}")),
        Event::GcommView { status, id: Some(id), seq: Some(seq), .. } if status == "PRIM" => {
            Some(format!("view {id} {seq}"))
        }
        _ => None,
    }
}
