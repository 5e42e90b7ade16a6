//! The events of one log that make its story: states, views, transfers, votes, starts and ends.
//!
//! Gossip is left out: it is counted as bursts, and a story needs only what came of it. Links between nodes come and
//! go by the thousand when a network is bad, so they are kept apart, folded, and can't displace the story.

use std::collections::{HashSet, VecDeque};

use chrono::NaiveDateTime;

use super::clock::Anchor;
use super::process::Spot;
use crate::parse::event::Event;
use crate::parse::stamp::Stamp;

/// What is kept of a log's story: the latest events. Each takes some 400 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    pub events: usize,
    /// Events of links between two nodes.
    pub links: usize,
}

/// For the story that a diagnosis tells along: less than a megabyte per log.
pub const FOR_DIAGNOSIS: Room = Room { events: 1_500, links: 0 };

/// For a timeline, which is all story.
pub const FOR_TIMELINE: Room = Room { events: 20_000, links: 5_000 };

/// A link event that an equal one precedes among so many is counted with that one.
const LINKS_BACK: usize = 32;

/// Seconds of silence after which an equal link event begins anew.
const LINK_SILENCE: i64 = 60;

/// Anchors kept per log: the latest ones.
const MOST_ANCHORS: usize = 2_000;

/// Kinds that are not part of the story.
const LEFT_OUT: &[&str] = &[
    "relay-on",
    "relay-off",
    "node-state",
    "flow-interval",
    "provider-options",
    "state-exchange",
    "status-change",
    "own-uuid",
];

/// Kinds that are told of links between two nodes.
const LINKS: &[&str] = &[
    "connect-failed",
    "connection-established",
    "reconnecting",
    "forgetting",
    "peer-timeout",
    "group-mismatch",
    "identity-changed",
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
    /// How often it was seen, 1 but for links.
    pub count: u64,
    /// When it was last seen.
    pub last: Option<Stamp>,
}

/// The story of one log.
#[derive(Clone, Debug, Default)]
pub struct Track {
    pub events: VecDeque<Tracked>,
    /// What became of links to other nodes; `at` is not corrected here.
    links: VecDeque<Tracked>,
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

    /// Takes in an event, in order; where there is no room, the oldest are forgotten.
    pub fn note(&mut self, event: Event, process: usize, spot: Spot, room: Room) {
        let link = LINKS.contains(&event.kind());
        let most = if link { room.links } else { room.events };
        if most == 0 || LEFT_OUT.contains(&event.kind()) || (link && self.repeats(&event, spot.time)) {
            return;
        }
        let events = if link { &mut self.links } else { &mut self.events };
        if events.len() >= most {
            events.pop_front();
            self.forgotten += 1;
        }
        let Spot { file, line, time } = spot;
        let at = time.map(|time| time.instant());
        events.push_back(Tracked { file, line, process, time, at, event, count: 1, last: time });
    }

    /// Counts a link event with an equal one of late, if there is one.
    fn repeats(&mut self, event: &Event, time: Option<Stamp>) -> bool {
        let equal = |known: &Tracked| {
            let silence = known.last.zip(time).map(|(last, now)| (now.instant() - last.instant()).num_seconds().abs());
            known.event.kind() == event.kind()
                && ["peer", "reason", "peer_group"].iter().all(|name| known.event.field(name) == event.field(name))
                && silence.is_none_or(|seconds| seconds <= LINK_SILENCE)
        };
        let Some(known) = self.links.iter_mut().rev().take(LINKS_BACK).find(|known| equal(known)) else { return false };
        known.count += 1;
        known.last = time;
        true
    }

    /// The story with its links, in the order of the log.
    pub fn in_order(&self) -> Vec<&Tracked> {
        let mut all: Vec<&Tracked> = self.events.iter().chain(&self.links).collect();
        all.sort_by_key(|tracked| (tracked.file, tracked.line));
        all
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(second: i64) -> Option<Stamp> {
        let time = NaiveDateTime::default() + chrono::TimeDelta::seconds(second);
        Some(Stamp { time, offset: None })
    }

    fn timeout(peer: usize) -> Event {
        Event::PeerTimeout { peer: format!("peer{peer}"), address: String::new(), period: "PT3S".into() }
    }

    fn note(track: &mut Track, event: Event, line: u64, second: i64) {
        track.note(event, 0, Spot { file: 0, line, time: stamp(second) }, FOR_TIMELINE);
    }

    #[test]
    fn links_are_folded_and_do_not_displace_the_story() {
        let mut track = Track::default();
        note(&mut track, Event::Connected, 1, 0);
        for second in 0..50 {
            note(&mut track, timeout(1), 2 + 2 * second as u64, second);
            note(&mut track, timeout(2), 3 + 2 * second as u64, second);
        }
        note(&mut track, timeout(1), 200, 500);
        let counts: Vec<u64> = track.in_order().iter().map(|tracked| tracked.count).collect();
        assert_eq!(counts, [1, 50, 50, 1]);

        for peer in 0..3 * FOR_TIMELINE.links {
            note(&mut track, timeout(peer), 300 + peer as u64, 600);
        }
        assert_eq!(track.links.len(), FOR_TIMELINE.links);
        assert_eq!(track.in_order().first().map(|tracked| tracked.event.kind()), Some("connected"));
    }
}
