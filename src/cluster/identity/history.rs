//! What is known of something over time, each time with the first line that says so.

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDateTime;

use crate::cluster::clock::Clock;
use crate::cluster::process::Quote;
use crate::parse::stamp::Stamp;

/// Facts kept per history and log: the latest ones, since a node gets a new UUID at each start.
const MOST_FACTS: usize = 500;

/// Bytes kept of a line that proves a fact.
pub const PROOF_BYTES: usize = 240;

/// A value, from the first line that told it to the last one in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub value: String,
    pub first: Quote,
    /// The time of the last line that told it.
    pub last: Option<Stamp>,
}

impl Fact {
    /// Since when it held, in the time of the cluster.
    pub fn from(&self, clock: &Clock) -> Option<NaiveDateTime> {
        self.first.spot.time.map(|time| clock.correct(time.instant()))
    }

    /// Until when it was told, in the time of the cluster.
    pub fn to(&self, clock: &Clock) -> Option<NaiveDateTime> {
        self.last.map(|time| clock.correct(time.instant()))
    }
}

/// The values that each subject had, in order.
#[derive(Clone, Debug, Default)]
pub struct History {
    facts: BTreeMap<String, VecDeque<Fact>>,
    /// The subject of each kept fact, oldest first.
    order: VecDeque<String>,
}

impl History {
    /// Takes note that the subject has a value. A value that is known already costs one look-up; `proof` is called
    /// for a new one only.
    pub fn note(&mut self, subject: &str, value: &str, time: Option<Stamp>, proof: impl FnOnce() -> Quote) {
        if let Some(last) = self.latest_mut(subject).filter(|last| last.value == value) {
            last.last = time.or(last.last);
            return;
        }
        if self.order.len() >= MOST_FACTS {
            self.forget_oldest();
        }
        let fact = Fact { value: value.to_owned(), first: proof(), last: time };
        self.facts.entry(subject.to_owned()).or_default().push_back(fact);
        self.order.push_back(subject.to_owned());
    }

    fn forget_oldest(&mut self) {
        let Some(subject) = self.order.pop_front() else { return };
        if let Some(facts) = self.facts.get_mut(&subject) {
            facts.pop_front();
            if facts.is_empty() {
                self.facts.remove(&subject);
            }
        }
    }

    /// The latest fact of a subject.
    pub fn latest_mut(&mut self, subject: &str) -> Option<&mut Fact> {
        self.facts.get_mut(subject)?.back_mut()
    }

    /// All facts of a subject, in order.
    pub fn of(&self, subject: &str) -> impl DoubleEndedIterator<Item = &Fact> {
        self.facts.get(subject).into_iter().flatten()
    }

    /// All facts with their subjects, in order of subject.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.facts.iter().flat_map(|(subject, facts)| facts.iter().map(move |fact| (subject.as_str(), fact)))
    }

    /// The facts of all subjects that begin with this text.
    pub fn beginning(&self, start: &str) -> impl Iterator<Item = (&str, &Fact)> {
        let all = self.facts.range::<str, _>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded));
        let wanted = all.take_while(move |(subject, _)| subject.starts_with(start));
        wanted.flat_map(|(subject, facts)| facts.iter().map(move |fact| (subject.as_str(), fact)))
    }

    /// What the subject was at a moment: what it became last before it, else what it became first after it.
    pub fn at(&self, subject: &str, moment: Option<NaiveDateTime>, clock: &Clock) -> Option<&Fact> {
        let before = self.of(subject).rev().find(|fact| moment.is_none() || fact.from(clock) <= moment);
        before.or_else(|| self.of(subject).next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::process::Spot;

    fn at(second: i64) -> NaiveDateTime {
        NaiveDateTime::default() + chrono::TimeDelta::seconds(second)
    }

    fn noted(facts: &[(&str, &str, i64)]) -> History {
        let mut history = History::default();
        for (line, &(subject, value, second)) in (1..).zip(facts) {
            let time = Some(Stamp::local(at(second)));
            history.note(subject, value, time, || Quote { spot: Spot { file: 0, line, time }, text: b"text".to_vec() });
        }
        history
    }

    #[test]
    fn an_address_belongs_to_whoever_had_it_last_before_the_moment_else_first_after_it() {
        let history = noted(&[("10.0.0.2", "a", 100), ("10.0.0.2", "b", 200), ("10.0.0.2", "a", 300)]);
        for (second, owner) in [(50, "a"), (100, "a"), (199, "a"), (200, "b"), (299, "b"), (300, "a"), (900, "a")] {
            let found = history.at("10.0.0.2", Some(at(second)), &Clock::default()).expect("it was noted");
            assert_eq!(found.value, owner, "second {second}");
        }
        assert_eq!(history.at("10.0.0.3", Some(at(100)), &Clock::default()), None);
    }

    #[test]
    fn a_repeated_fact_keeps_its_first_line_and_its_last_time() {
        let history = noted(&[("u", "node1", 1), ("u", "node1", 2), ("u", "node1", 9)]);
        let facts: Vec<&Fact> = history.of("u").collect();
        assert_eq!((facts.len(), facts[0].first.spot.line), (1, 1));
        assert_eq!(facts[0].to(&Clock::default()), Some(at(9)));
    }

    #[test]
    fn the_latest_facts_are_kept() {
        let ids: Vec<String> = (0..MOST_FACTS + 7).map(|number| format!("{number:08}")).collect();
        let facts: Vec<(&str, &str, i64)> = ids.iter().map(|id| (id.as_str(), "node1", 1)).collect();
        let history = noted(&facts);
        assert_eq!(history.iter().count(), MOST_FACTS);
        assert_eq!(history.of(&ids[6]).count(), 0);
        assert_eq!(history.of(&ids[7]).count(), 1);
    }

    #[test]
    fn short_ids_are_found_by_how_the_full_ones_begin() {
        let history = noted(&[("b63c1f5a-1", "node1", 1), ("b63c1f5b-1", "node2", 1), ("b63c1f5a-2", "node3", 1)]);
        let names: Vec<&str> = history.beginning("b63c1f5a").map(|(_, fact)| fact.value.as_str()).collect();
        assert_eq!(names, ["node1", "node3"]);
    }
}
