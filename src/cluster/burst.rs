//! Bursts: hits of one subject that belong together, because no long silence and no restart lies between them.

use std::collections::VecDeque;

use chrono::NaiveDateTime;

use crate::parse::stamp::Stamp;

/// A silence longer than this ends a burst, in seconds.
const SILENCE: i64 = 300;

/// Bursts kept per subject and log; later hits are counted in the last one.
const MOST_BURSTS: usize = 64;

/// Sample hits kept between the first and the last one of a burst.
const SAMPLES: usize = 2;

/// One hit, with what the report may show of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Index of the file in its log.
    pub file: usize,
    /// 1-based line number in the file.
    pub line: u64,
    pub time: Option<Stamp>,
    /// The line, shortened if long.
    pub text: Vec<u8>,
    /// Named parts of the line or fields of the event.
    pub captures: Vec<(String, String)>,
}

impl Hit {
    /// The time in UTC where the zone is known, else as printed.
    pub fn instant(&self) -> Option<NaiveDateTime> {
        self.time.map(|stamp| stamp.instant())
    }

    /// Order within one log: files are in time order.
    pub fn place(&self) -> (usize, u64) {
        (self.file, self.line)
    }
}

/// Hits of one subject within one server process.
#[derive(Clone, Debug)]
pub struct Burst {
    /// Index of the server process in its log.
    pub process: usize,
    pub count: u64,
    pub first: Hit,
    pub samples: Vec<Hit>,
    pub last: Hit,
    /// So many hits came within the subject's threshold.
    pub dense: bool,
    recent: VecDeque<NaiveDateTime>,
}

impl Burst {
    /// The hits that are kept: first, samples, last.
    pub fn hits(&self) -> impl Iterator<Item = &Hit> {
        let last = (self.count > 1).then_some(&self.last);
        std::iter::once(&self.first).chain(&self.samples).chain(last)
    }

    fn new(process: usize, hit: Hit) -> Self {
        Self { process, count: 0, last: hit.clone(), first: hit, samples: Vec::new(), dense: false, recent: VecDeque::new() }
    }

    fn note(&mut self, time: Option<NaiveDateTime>, threshold: Option<(u32, i64)>) {
        self.count += 1;
        let Some((count, within)) = threshold else { return };
        if self.dense {
            return;
        }
        self.recent.extend(time);
        while self.recent.len() > count as usize {
            self.recent.pop_front();
        }
        let span = self.recent.back().zip(self.recent.front()).map(|(last, first)| (*last - *first).num_seconds());
        self.dense = self.recent.len() >= count as usize && span.is_some_and(|span| span <= within);
    }
}

/// All bursts of one subject in one log.
#[derive(Clone, Debug, Default)]
pub struct Bursts {
    pub list: Vec<Burst>,
}

impl Bursts {
    /// Does the hit need its text? Only the first, the samples and the last of a burst are kept.
    pub fn add(&mut self, process: usize, threshold: Option<(u32, i64)>, hit: Hit) {
        let time = hit.instant();
        if !self.continues(process, time) {
            self.list.push(Burst::new(process, hit.clone()));
        }
        let Some(burst) = self.list.last_mut() else { return };
        burst.note(time, threshold);
        if burst.count > 1 {
            let before = std::mem::replace(&mut burst.last, hit);
            if burst.count > 2 && burst.samples.len() < SAMPLES {
                burst.samples.push(before);
            }
        }
    }

    fn continues(&self, process: usize, time: Option<NaiveDateTime>) -> bool {
        let Some(last) = self.list.last() else { return false };
        if self.list.len() >= MOST_BURSTS {
            return true;
        }
        let silence = last.last.instant().zip(time).map_or(0, |(before, now)| (now - before).num_seconds());
        last.process == process && silence.abs() <= SILENCE
    }
}
