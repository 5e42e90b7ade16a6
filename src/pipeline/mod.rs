//! Runs the stages over all inputs: reads blocks in order, scans them on several threads, collects in order
//! ([`workers`]).
//!
//! The result doesn't depend on the number of threads: blocks are numbered, and collected by number.

mod feed;
mod workers;

use std::collections::BTreeMap;

use crate::cluster::collect::{Collector, Window};
use crate::cluster::compare::compare;
use crate::cluster::log::Log;
use crate::cluster::track::Room;
use crate::scan::block::Scanned;
use crate::scan::scanner::Scanner;
use crate::source::{InputProblem, LogSource};
use feed::{Feed, FileEnd};
use workers::Workers;

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Scanning threads; 1 does everything on the calling thread.
    pub threads: usize,
    /// The year of time stamps that carry none.
    pub year: i32,
    pub window: Window,
    /// What is kept of each log for its story.
    pub room: Room,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Run {
    pub logs: Vec<Log>,
    pub problems: Vec<InputProblem>,
}

/// Reads and scans all sources; `progress` is told the bytes read so far.
pub fn run(scanner: &Scanner, sources: &[LogSource], settings: Settings, progress: &(dyn Fn(u64) + Sync)) -> Run {
    let gather = Gather::new(scanner, sources, settings);
    let feed = Feed::new(sources, settings.year, progress);
    Workers::run(scanner, feed, gather, settings.threads.max(1)).map(Gather::finish).unwrap_or_default()
}

/// A step after scanning.
enum Done {
    Scanned { log: usize, file: usize, scanned: Scanned },
    End { log: usize, file: usize, end: FileEnd },
}

/// Collects all logs.
struct Gather<'a> {
    collectors: Vec<Collector<'a>>,
    problems: Vec<InputProblem>,
}

impl<'a> Gather<'a> {
    fn new(scanner: &'a Scanner, sources: &[LogSource], settings: Settings) -> Self {
        let collectors = sources
            .iter()
            .map(|source| {
                let mut collector = Collector::new(&scanner.table, settings.window, feed::empty_log(source));
                collector.room = settings.room;
                collector
            })
            .collect();
        Self { collectors, problems: Vec::new() }
    }

    /// Collects a step; gives back what can be used again.
    fn take(&mut self, done: Done) -> Option<Scanned> {
        match done {
            Done::Scanned { log, file, mut scanned } => {
                self.collectors[log].take(file, &mut scanned);
                Some(scanned)
            }
            Done::End { log, file, end } => {
                self.end_of_file(log, file, end);
                None
            }
        }
    }

    fn end_of_file(&mut self, log: usize, file: usize, end: FileEnd) {
        let Some(entry) = self.collectors[log].log.files.get_mut(file) else { return };
        entry.bytes = end.bytes;
        entry.format = end.format;
        entry.host = end.host;
        let mut problems = end.problems;
        let unreadable = problems.iter().any(InputProblem::is_fatal);
        if entry.heads == 0 && entry.hits == 0 && entry.lines > 0 && !unreadable {
            problems.push(InputProblem::NotADatabaseLog { path: end.path });
        }
        entry.problems = problems.iter().map(ToString::to_string).collect();
        self.problems.extend(problems);
    }

    fn finish(mut self) -> Run {
        compare(&mut self.collectors);
        let mut logs: Vec<Log> = self.collectors.into_iter().map(Collector::finish).collect();
        name_side_logs(&mut logs);
        Run { logs, problems: self.problems }
    }
}

/// Backup logs are given the stem of their node's log as name; they take the name that log found out.
fn name_side_logs(logs: &mut [Log]) {
    let names: BTreeMap<String, String> = logs.iter().map(|log| (log.stem.clone(), log.name().to_owned())).collect();
    for log in logs {
        if let Some(name) = log.given.as_ref().and_then(|given| names.get(given)) {
            log.given = Some(name.clone());
        }
    }
}
