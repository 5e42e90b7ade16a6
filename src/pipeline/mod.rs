//! Runs the stages over all inputs: reads blocks in order, scans them on several threads, collects in order.
//!
//! The result doesn't depend on the number of threads: blocks are numbered, and collected by number.

mod feed;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::cluster::collect::{Collector, Window};
use crate::cluster::compare::compare;
use crate::cluster::log::Log;
use crate::scan::block::{Block, Scanned, Scratch};
use crate::scan::scanner::Scanner;
use crate::source::{InputProblem, LogSource};
use feed::{Feed, FileEnd, Step};

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Scanning threads; 1 does everything on the calling thread.
    pub threads: usize,
    /// The year of time stamps that carry none.
    pub year: i32,
    pub window: Window,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Run {
    pub logs: Vec<Log>,
    pub problems: Vec<InputProblem>,
}

/// Reads and scans all sources; `progress` is told the bytes read so far.
pub fn run(scanner: &Scanner, sources: &[LogSource], settings: Settings, progress: &(dyn Fn(u64) + Sync)) -> Run {
    let mut gather = Gather::new(scanner, sources, settings);
    let feed = Feed::new(sources, settings.year, progress);
    if settings.threads <= 1 {
        let mut scratch = Scratch::default();
        for step in feed {
            gather.take(scan(scanner, step, &mut scratch));
        }
    } else {
        in_parallel(scanner, feed, settings.threads, &mut gather);
    }
    gather.finish()
}

/// A step after scanning.
enum Done {
    Scanned { log: usize, file: usize, scanned: Box<Scanned> },
    End { log: usize, file: usize, end: FileEnd },
}

fn scan(scanner: &Scanner, step: Step, scratch: &mut Scratch) -> Done {
    match step {
        Step::Block { log, file, block } => {
            Done::Scanned { log, file, scanned: Box::new(scanner.scan(block, scratch)) }
        }
        Step::End { log, file, end } => Done::End { log, file, end },
    }
}

fn in_parallel(scanner: &Scanner, feed: Feed<'_>, threads: usize, gather: &mut Gather<'_>) {
    let (send_step, steps) = sync_channel::<(u64, Step)>(threads);
    let (send_done, done) = sync_channel::<(u64, Done)>(threads);
    let steps = Mutex::new(steps);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for step in (0..).zip(feed) {
                if send_step.send(step).is_err() {
                    break;
                }
            }
        });
        for _ in 0..threads {
            let send_done = send_done.clone();
            let steps = &steps;
            scope.spawn(move || work(scanner, steps, &send_done));
        }
        drop(send_done);
        in_order(&done, |step| gather.take(step));
    });
}

fn work(scanner: &Scanner, steps: &Mutex<Receiver<(u64, Step)>>, done: &SyncSender<(u64, Done)>) {
    let mut scratch = Scratch::default();
    loop {
        let next = steps.lock().ok().and_then(|steps| steps.recv().ok());
        let Some((number, step)) = next else { return };
        if done.send((number, scan(scanner, step, &mut scratch))).is_err() {
            return;
        }
    }
}

fn in_order(done: &Receiver<(u64, Done)>, mut take: impl FnMut(Done)) {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (number, step) in done {
        waiting.insert(number, step);
        while let Some(step) = waiting.remove(&next) {
            take(step);
            next += 1;
        }
    }
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
            .map(|source| Collector::new(&scanner.table, settings.window, feed::empty_log(source)))
            .collect();
        Self { collectors, problems: Vec::new() }
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Scanned { log, file, scanned } => self.collectors[log].take(file, &scanned),
            Done::End { log, file, end } => self.end_of_file(log, file, end),
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
        let mut logs: Vec<Log> = self.collectors.into_iter().map(|collector| collector.log).collect();
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

/// For tests and benchmarks: one text, scanned as one block.
pub fn scan_text(scanner: &Scanner, text: &[u8]) -> Scanned {
    let block = Block { text: text.to_vec(), first_line: 1, inner: Vec::new() };
    scanner.scan(block, &mut Scratch::default())
}
