//! What no log says alone: conclusions from holding the logs of several nodes against each other.

use chrono::TimeDelta;

use super::clock::align;
use super::collect::Collector;
use super::log::Log;
use super::process::{Ending, Quote, Spot};
use super::split::{Split, splits};
use super::together::put_together;
use crate::parse::event::Event;
use crate::parse::head::{Level, parse_head};

/// A log that ends this many seconds before its peers' logs has fallen silent.
const SILENCE: i64 = 10;

/// Adds the conclusions to the logs that they are about, and brings all times into the time of the cluster.
pub fn compare(collectors: &mut [Collector<'_>]) {
    for collector in &mut *collectors {
        let last = collector.log.last_time;
        collector.log.identity.close(last);
    }
    set_clocks(collectors);
    put_together(&mut collectors.iter_mut().map(|collector| &mut collector.log).collect::<Vec<_>>());
    conclude(collectors);
    for collector in collectors {
        collector.log.correct_times();
    }
}

/// Differences below this many seconds are within what one-second stamps and slow threads make.
const CLOCK_DIFFERENCE: f64 = 2.0;

/// Anchors that a clock difference must rest on.
const FEWEST_ANCHORS: usize = 2;

fn set_clocks(collectors: &mut [Collector<'_>]) {
    let anchors: Vec<_> = collectors.iter().map(|collector| collector.log.track.anchors()).collect();
    for (collector, clock) in collectors.iter_mut().zip(align(&anchors)) {
        let worst = clock.segments.iter().filter(|segment| segment.anchors >= FEWEST_ANCHORS);
        let worst = worst.max_by(|left, right| left.add.abs().total_cmp(&right.add.abs())).copied();
        collector.log.clock = clock;
        if let Some(segment) = worst.filter(|segment| segment.add.abs() - segment.spread > CLOCK_DIFFERENCE) {
            let direction = if segment.add < 0.0 { "ahead of" } else { "behind" };
            let event = Event::ClockOffset {
                seconds: segment.add.abs().round() as i64,
                direction: direction.to_owned(),
                spread: segment.spread.ceil() as i64,
            };
            if let Some((file, line, text)) = collector.log.last_line.clone() {
                let time = collector.log.last_time;
                collector.conclude(&event, (file, line), time, &text);
            }
        }
    }
}

fn conclude(collectors: &mut [Collector<'_>]) {
    let silent = fallen_silent(collectors);
    for index in silent {
        let log = &collectors[index].log;
        if let Some((file, line, text)) = log.last_line.clone() {
            let event = Event::ProcessEnded { how: "silent".to_owned() };
            let time = log.last_time;
            if let Some(process) = collectors[index].log.processes.last_mut() {
                (process.ending, process.ended) = (Ending::Silent, Some(Spot { file, line, time }));
            }
            collectors[index].conclude(&event, (file, line), time, &text);
        }
    }
    for (index, peer, address, Quote { spot, text }) in shared_addresses(collectors) {
        let event = Event::DuplicateAddress { address, peer };
        collectors[index].conclude(&event, (spot.file, spot.line), spot.time, &text);
    }
    let logs: Vec<&Log> = collectors.iter().map(|collector| &collector.log).collect();
    for Split { log, peer, seconds, proof: Quote { spot, text } } in splits(&logs) {
        let event = Event::TwoPrimaries { peer, seconds };
        collectors[log].conclude(&event, (spot.file, spot.line), spot.time, &text);
    }
}

/// Logs whose last process has no end, while the logs of other nodes go on.
///
/// A log whose last word is an error did not fall silent: the server gave up, whatever it left unsaid.
fn fallen_silent(collectors: &[Collector<'_>]) -> Vec<usize> {
    let ends = |index: usize| collectors[index].log.ends();
    let last_word =
        |index: usize| collectors[index].log.last_line.as_ref().and_then(|(_, _, text)| parse_head(text)?.level);
    let runs = |index: usize| {
        let last = collectors[index].log.processes.last();
        last.is_some_and(|process| {
            process.ending == Ending::Running && !process.stopping && (process.start_seen || process.synced)
        })
    };
    let goes_on = |index: usize, other: usize| {
        let (own, peer) = (&collectors[index].log, &collectors[other].log);
        let other_node = own.cluster == peer.cluster && own.name() != peer.name();
        let later = ends(index).zip(ends(other)).is_some_and(|(own, other)| other - own >= TimeDelta::seconds(SILENCE));
        other_node && later
    };
    (0..collectors.len())
        .filter(|&index| {
            runs(index)
                && last_word(index) != Some(Level::Error)
                && (0..collectors.len()).any(|other| goes_on(index, other))
        })
        .collect()
}

/// Addresses that two nodes advertise, with the log of the later one, which is taken to be the copy, and the node that
/// had it before.
fn shared_addresses(collectors: &[Collector<'_>]) -> Vec<(usize, String, String, Quote)> {
    let mut found = Vec::new();
    for (index, collector) in collectors.iter().enumerate() {
        for (address, seen) in &collector.log.advertised {
            let earlier = collectors
                .iter()
                .filter(|other| other.log.cluster == collector.log.cluster && other.log.name() != collector.log.name());
            let owner = earlier
                .filter_map(|other| Some((other.log.advertised.get(address)?, other.log.name())))
                .filter(|(own, name)| {
                    (own.spot.time.map(|time| time.instant()), *name)
                        < (seen.spot.time.map(|time| time.instant()), collector.log.name())
                })
                .map(|(_, name)| name.to_owned())
                .next();
            found.extend(owner.map(|peer| (index, peer, address.clone(), seen.clone())));
        }
    }
    found
}
