//! The events of one log that make its story: states, views, transfers, votes, starts and ends.
//!
//! Gossip is left out: it is counted as bursts, and a story needs only what came of it. Links between nodes come and
//! go by the thousand when a network is bad, so they are kept apart, folded, and can't displace the story.

use std::collections::{HashSet, VecDeque};

use chrono::NaiveDateTime;

use super::clock::Anchor;
use crate::parse::event::Event;
use crate::parse::stamp::Stamp;

/// Events kept per log: the latest ones. At some 200 bytes each this bounds a log's story at about 4 MiB.
const MOST_EVENTS: usize = 20_000;

/// Events of links kept per log: the latest ones, about 1 MiB.
const MOST_LINKS: usize = 5_000;

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
const LINKS: &[&str] =
    &["connect-failed", "connection-established", "reconnecting", "forgetting", "peer-timeout", "group-mismatch"];

/// An event with its place and time.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Index of the file in its log.
    pub file: usize,
    /// 1-based.
    pub line: u64,
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

    /// Takes in an event, in order.
    pub fn note(&mut self, event: &Event, file: usize, line: u64, time: Option<Stamp>) {
        if LEFT_OUT.contains(&event.kind()) {
            return;
        }
        let link = LINKS.contains(&event.kind());
        if link && self.repeats(event, time) {
            return;
        }
        let (events, most) = if link { (&mut self.links, MOST_LINKS) } else { (&mut self.events, MOST_EVENTS) };
        if events.len() >= most {
            events.pop_front();
            self.forgotten += 1;
        }
        let at = time.map(|time| time.instant());
        events.push_back(Tracked { file, line, time, at, event: event.clone(), count: 1, last: time });
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

    #[test]
    fn links_are_folded_and_do_not_displace_the_story() {
        let mut track = Track::default();
        track.note(&Event::Connected, 0, 1, stamp(0));
        for second in 0..50 {
            track.note(&timeout(1), 0, 2 + 2 * second as u64, stamp(second));
            track.note(&timeout(2), 0, 3 + 2 * second as u64, stamp(second));
        }
        track.note(&timeout(1), 0, 200, stamp(500));
        let counts: Vec<u64> = track.in_order().iter().map(|tracked| tracked.count).collect();
        assert_eq!(counts, [1, 50, 50, 1]);

        for peer in 0..3 * MOST_LINKS {
            track.note(&timeout(peer), 0, 300 + peer as u64, stamp(600));
        }
        assert_eq!(track.links.len(), MOST_LINKS);
        assert_eq!(track.in_order().first().map(|tracked| tracked.event.kind()), Some("connected"));
    }
}
