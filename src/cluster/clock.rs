//! Clock alignment: what must be added to each log's time stamps so that all logs tell the time of one clock.
//!
//! Nodes print local time, in different zones and with wrong clocks, but some things happen on all nodes at once and
//! carry the same name everywhere: a state exchange (its UUID), a view (its id), a position of the history in a view.
//! Their moments differ by milliseconds, so a difference of their stamps is a difference of clocks.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};

/// A moment that other logs have too, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub name: String,
    pub time: NaiveDateTime,
}

/// From a moment of its own stamps on, a log's clock is wrong by this much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub from: NaiveDateTime,
    /// Seconds to add to the log's stamps.
    pub add: f64,
    /// How far the anchors of the segment disagree, in seconds.
    pub spread: f64,
    /// How many anchors it rests on.
    pub anchors: usize,
}

/// The correction of one log, in order of its own time; empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clock {
    pub segments: Vec<Segment>,
}

/// Stamps have whole seconds, and a node may print late: a smaller change is no step of the clock.
const STEP: f64 = 4.0;

impl Clock {
    /// Seconds to add at this moment of the log's own stamps.
    pub fn add_at(&self, time: NaiveDateTime) -> f64 {
        let before = self.segments.iter().rev().find(|segment| segment.from <= time);
        before.or(self.segments.first()).map_or(0.0, |segment| segment.add)
    }

    /// The corrected moment.
    pub fn correct(&self, time: NaiveDateTime) -> NaiveDateTime {
        let milliseconds = (self.add_at(time) * 1000.0).round() as i64;
        time.checked_add_signed(TimeDelta::milliseconds(milliseconds)).unwrap_or(time)
    }
}

/// Solves the clocks of all logs from their anchors. The clock that most logs agree with stays as it is.
pub fn align(logs: &[Vec<Anchor>]) -> Vec<Clock> {
    let mut clocks = vec![Clock::default(); logs.len()];
    for group in groups(logs) {
        let Some(&reference) =
            group.iter().max_by_key(|&&log| (shared_with(logs, log, &group), std::cmp::Reverse(log)))
        else {
            continue;
        };
        solve(logs, reference, &group, &mut clocks);
        settle(&group, &mut clocks);
    }
    clocks
}

/// Logs that share anchors, directly or through others: one group per cluster.
pub fn groups(logs: &[Vec<Anchor>]) -> Vec<Vec<usize>> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (log, anchors) in logs.iter().enumerate() {
        for anchor in anchors {
            by_name.entry(&anchor.name).or_default().push(log);
        }
    }
    let mut group: Vec<usize> = (0..logs.len()).collect();
    for members in by_name.values() {
        let least = members.iter().map(|&log| group[log]).min().unwrap_or(0);
        let old: Vec<usize> = members.iter().map(|&log| group[log]).collect();
        for entry in group.iter_mut().filter(|entry| old.contains(entry)) {
            *entry = least;
        }
    }
    let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (log, group) in group.into_iter().enumerate() {
        all.entry(group).or_default().push(log);
    }
    all.into_values().filter(|members| members.len() > 1).collect()
}

fn shared_with(logs: &[Vec<Anchor>], log: usize, group: &[usize]) -> usize {
    group.iter().filter(|&&other| other != log).map(|&other| differences(&logs[log], &logs[other]).len()).sum()
}

/// Own time and (other - own) seconds for each shared anchor, in order of own time.
fn differences(own: &[Anchor], other: &[Anchor]) -> Vec<(NaiveDateTime, f64)> {
    let times: BTreeMap<&str, NaiveDateTime> =
        other.iter().rev().map(|anchor| (anchor.name.as_str(), anchor.time)).collect();
    let mut found: Vec<(NaiveDateTime, f64)> = own
        .iter()
        .filter_map(|anchor| Some((anchor.time, (*times.get(anchor.name.as_str())? - anchor.time).as_seconds_f64())))
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
    found
}

/// Walks from the reference to all logs of its group, each time to the one with the most shared anchors.
fn solve(logs: &[Vec<Anchor>], reference: usize, group: &[usize], clocks: &mut [Clock]) {
    let mut solved = vec![reference];
    let anchors = shared_with(logs, reference, group);
    clocks[reference] = Clock { segments: vec![Segment { from: NaiveDateTime::MIN, add: 0.0, spread: 0.0, anchors }] };
    while let Some((next, from)) = nearest(logs, group, &solved) {
        let corrected: Vec<Anchor> = logs[from]
            .iter()
            .map(|anchor| Anchor { name: anchor.name.clone(), time: clocks[from].correct(anchor.time) })
            .collect();
        clocks[next] = Clock { segments: segments(&differences(&logs[next], &corrected)) };
        solved.push(next);
    }
}

fn nearest(logs: &[Vec<Anchor>], group: &[usize], solved: &[usize]) -> Option<(usize, usize)> {
    let open = group.iter().filter(|log| !solved.contains(log));
    let pairs = open.flat_map(|&next| solved.iter().map(move |&from| (next, from)));
    pairs
        .map(|(next, from)| (differences(&logs[next], &logs[from]).len(), next, from))
        .filter(|(shared, _, _)| *shared > 0)
        .max_by_key(|&(shared, next, from)| (shared, std::cmp::Reverse(next), std::cmp::Reverse(from)))
        .map(|(_, next, from)| (next, from))
}

/// Cuts the differences where the clock stepped, and takes the median of each part.
fn segments(differences: &[(NaiveDateTime, f64)]) -> Vec<Segment> {
    let mut parts: Vec<Vec<(NaiveDateTime, f64)>> = Vec::new();
    for &difference in differences {
        match parts.last_mut() {
            Some(part) if (median(part) - difference.1).abs() <= STEP => part.push(difference),
            _ => parts.push(vec![difference]),
        }
    }
    let segment = |part: &Vec<(NaiveDateTime, f64)>| {
        let add = median(part);
        let spread = part.iter().map(|(_, seconds)| (seconds - add).abs()).fold(0.0, f64::max);
        part.first().map(|&(from, _)| Segment { from, add, spread, anchors: part.len() })
    };
    parts.iter().filter_map(segment).collect()
}

fn median(part: &[(NaiveDateTime, f64)]) -> f64 {
    let mut seconds: Vec<f64> = part.iter().map(|(_, seconds)| *seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(0.0)
}

/// Moves the group's time to that of most logs: the reference may be the one with the wrong clock. Without a majority
/// the reference stays as it is.
fn settle(group: &[usize], clocks: &mut [Clock]) {
    let last = |log: usize| clocks[log].segments.last().map(|segment| segment.add);
    let adds: Vec<f64> = group.iter().filter_map(|&log| last(log)).collect();
    let agreeing = |add: f64| adds.iter().filter(|other| (**other - add).abs() <= STEP).count();
    let best = adds.iter().copied().max_by(|left, right| {
        agreeing(*left).cmp(&agreeing(*right)).then(right.abs().total_cmp(&left.abs())).then(right.total_cmp(left))
    });
    let Some(most) = best else { return };
    for &log in group {
        for segment in &mut clocks[log].segments {
            segment.add -= most;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> NaiveDateTime {
        NaiveDateTime::default() + TimeDelta::seconds(second)
    }

    fn log(anchors: &[(&str, i64)]) -> Vec<Anchor> {
        anchors.iter().map(|&(name, second)| Anchor { name: name.to_owned(), time: at(second) }).collect()
    }

    #[test]
    fn the_log_that_differs_from_the_others_is_corrected() {
        let right = log(&[("a", 100), ("b", 200), ("c", 300)]);
        let ahead = log(&[("a", 3700), ("b", 3801), ("c", 3900)]);
        let clocks = align(&[right.clone(), ahead, right]);
        assert!(clocks[0].segments.iter().all(|segment| segment.add == 0.0));
        assert_eq!(clocks[1].correct(at(3750)), at(150));
        assert!(clocks[1].segments[0].spread <= 1.0);
    }

    #[test]
    fn a_step_of_the_clock_makes_a_new_segment() {
        let right = log(&[("a", 100), ("b", 200), ("c", 300), ("d", 400)]);
        let stepped = log(&[("a", 100), ("b", 200), ("c", 3900), ("d", 4000)]);
        let clocks = align(&[right.clone(), stepped, right]);
        assert_eq!(clocks[1].segments.len(), 2);
        assert_eq!(clocks[1].correct(at(150)), at(150));
        assert_eq!(clocks[1].correct(at(3950)), at(350));
    }

    #[test]
    fn logs_without_common_anchors_stay_as_they_are() {
        let clocks = align(&[log(&[("a", 100)]), log(&[("b", 5000)])]);
        assert!(clocks.iter().all(|clock| clock.segments.is_empty()));
    }

    #[test]
    fn a_constant_shift_is_undone_whatever_its_size() {
        let names = ["a", "b", "c", "d"];
        for shift in [-40_000_000, -7200, -3, 3, 86_400] {
            let right = log(&names.map(|name| (name, i64::from(name.as_bytes()[0]) * 60)));
            let wrong = log(&names.map(|name| (name, i64::from(name.as_bytes()[0]) * 60 + shift)));
            let clocks = align(&[right.clone(), right, wrong]);
            assert_eq!(clocks[2].correct(at(6000 + shift)), at(6000));
        }
    }
}
