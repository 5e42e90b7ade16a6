//! All that is kept of one node's log after it was read.

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDateTime;

use super::burst::{Burst, Bursts};
use super::clock::Clock;
use super::facts::Facts;
use super::identity::Identity;
use super::process::{Process, Quote};
use super::track::Track;
use crate::parse::stamp::Stamp;
use crate::rules::table::Subject;

/// One file of a log, for the `inputs` of the report.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// As given by the user.
    pub path: String,
    pub format: &'static str,
    /// Its rotation number; 0 for none.
    pub rotation: u32,
    pub lines: u64,
    pub bytes: u64,
    pub first_time: Option<Stamp>,
    pub last_time: Option<Stamp>,
    /// Lines with a server's head, in the first block; none means that it is no database log.
    pub heads: u64,
    pub hits: u64,
    /// What was wrong with it; the rest was analysed.
    pub problems: Vec<String>,
    /// Host, pod or container as the transport names it.
    pub host: Option<String>,
}

/// Messages of one shape at ERROR or Warning that nothing explains.
#[derive(Clone, Debug)]
pub struct Unexplained {
    pub level: &'static str,
    pub count: u64,
    pub file: usize,
    pub line: u64,
    pub time: Option<Stamp>,
    pub text: Vec<u8>,
}

/// One node's log, joined from its files.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The file stem.
    pub stem: String,
    /// The name given by `--node`.
    pub given: Option<String>,
    /// A name that tells its node from another one of the same name.
    pub label: Option<String>,
    /// Number of its cluster: 0 for that of most logs.
    pub cluster: usize,
    pub files: Vec<File>,
    pub bursts: BTreeMap<Subject, Bursts>,
    pub processes: Vec<Process>,
    /// Older processes that are no longer kept.
    pub forgotten_processes: usize,
    /// Those of them whose start was seen.
    pub earlier_starts: usize,
    pub facts: Facts,
    /// What it knows of its own node and of others, over time.
    pub identity: Identity,
    /// Hosts that the node told the others to send state transfers to, and the line that says so.
    pub advertised: BTreeMap<String, Quote>,
    pub unexplained: BTreeMap<String, Unexplained>,
    /// Harmless lines, counted only.
    pub quiet: BTreeMap<Subject, u64>,
    /// The events that make its story.
    pub track: Track,
    /// What its time stamps lack to the clock of most nodes.
    pub clock: Clock,
    pub last_time: Option<Stamp>,
    /// The latest lines at ERROR.
    pub errors: VecDeque<Quote>,
    /// The last line that meant something.
    pub last_line: Option<(usize, u64, Vec<u8>)>,
}

impl Log {
    /// The name of the node: that which tells it apart, else given, else its own, else the file stem.
    pub fn name(&self) -> &str {
        let own = || self.given.as_deref().or(self.identity.own_name()).unwrap_or(&self.stem);
        self.label.as_deref().unwrap_or_else(own)
    }

    /// Is this the log of the member that other lines call by this name? The user may have named it otherwise.
    pub fn is_of(&self, member: &str) -> bool {
        self.identity.own_name() == Some(member) || self.name() == member
    }

    /// The bursts of a subject.
    pub fn bursts_of(&self, subject: Subject) -> &[Burst] {
        self.bursts.get(&subject).map_or(&[], |bursts| bursts.list.as_slice())
    }

    /// When the log ends, in the time of the cluster.
    pub fn ends(&self) -> Option<NaiveDateTime> {
        self.moment(self.last_time)
    }

    /// The moment of a printed time, in the time of the cluster.
    pub fn moment(&self, time: Option<Stamp>) -> Option<NaiveDateTime> {
        time.map(|time| self.clock.correct(time.instant()))
    }

    /// Brings the times of all that is kept into the time of the cluster.
    pub fn correct_times(&mut self) {
        let clock = &self.clock;
        let correct = |at: &mut Option<NaiveDateTime>| *at = at.map(|at| clock.correct(at));
        for burst in self.bursts.values_mut().flat_map(|bursts| &mut bursts.list) {
            burst.times_mut().for_each(correct);
        }
        self.track.events.iter_mut().map(|tracked| &mut tracked.at).for_each(correct);
    }
}
