//! Bursts: hits of one subject that belong together, because no long silence and no restart lies between them.

use std::collections::VecDeque;

use chrono::NaiveDateTime;

use crate::parse::stamp::Stamp;

/// A silence longer than this ends a burst, in seconds.
const SILENCE: i64 = 300;

/// Bursts kept per subject and log: the latest ones, since the incident at hand is the last one.
const MOST_BURSTS: usize = 48;

/// Sample hits kept after the first one of a burst.
const SAMPLES: usize = 2;

/// One hit, with what the report may show of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    /// Index of the file in its log.
    pub file: usize,
    /// 1-based line number in the file.
    pub line: u64,
    pub time: Option<Stamp>,
    /// In UTC where the zone is known, later in the time of the cluster.
    at: Option<NaiveDateTime>,
    /// The line, shortened if long.
    pub text: Vec<u8>,
    /// Named parts of the line or fields of the event; none for the last hit of a burst.
    pub captures: Vec<(String, String)>,
}

/// Where a hit stands; its text is copied only if the hit is kept.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub file: usize,
    pub line: u64,
    pub time: Option<Stamp>,
    pub text: &'a [u8],
}

impl Seen<'_> {
    fn hit(self, captures: Vec<(String, String)>) -> Hit {
        let at = self.time.map(|stamp| stamp.instant());
        Hit { file: self.file, line: self.line, time: self.time, at, text: self.text.to_vec(), captures }
    }
}

impl Hit {
    /// The moment, comparable with that of other logs.
    pub fn instant(&self) -> Option<NaiveDateTime> {
        self.at
    }

    /// Order within one log: files are in time order.
    pub fn place(&self) -> (usize, u64) {
        (self.file, self.line)
    }

    fn move_to(&mut self, seen: Seen<'_>) {
        (self.file, self.line, self.time) = (seen.file, seen.line, seen.time);
        self.at = seen.time.map(|stamp| stamp.instant());
        self.text.clear();
        self.text.extend_from_slice(seen.text);
    }
}

/// Hits of one subject within one server process.
#[derive(Clone, Debug, Default)]
pub struct Burst {
    /// Index of the server process in its log.
    pub process: usize,
    pub count: u64,
    pub first: Hit,
    pub samples: Vec<Hit>,
    last: Hit,
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

    /// The last hit, which may be the first.
    pub fn last(&self) -> &Hit {
        if self.count > 1 { &self.last } else { &self.first }
    }

    /// The moments of all kept hits, to correct them.
    pub fn times_mut(&mut self) -> impl Iterator<Item = &mut Option<NaiveDateTime>> {
        let hits = std::iter::once(&mut self.first).chain(&mut self.samples).chain(std::iter::once(&mut self.last));
        hits.map(|hit| &mut hit.at)
    }

    fn new(process: usize, first: Hit) -> Self {
        let (samples, last, recent) = (Vec::new(), Hit::default(), VecDeque::new());
        Self { process, count: 1, first, samples, last, dense: false, recent }
    }

    fn note_time(&mut self, time: Option<NaiveDateTime>, threshold: Option<(u32, i64)>) {
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
    /// Hits of older bursts that are no longer kept.
    pub forgotten: u64,
}

/// How hits of a subject are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// So many hits within so many seconds make a burst dense.
    pub threshold: Option<(u32, i64)>,
    /// The report may show samples and the last hit, not only the first.
    pub samples: bool,
}

impl Bursts {
    /// Counts a hit; `captures` is called only if the hit is kept with them.
    pub fn add(
        &mut self,
        process: usize,
        keep: Keep,
        seen: Seen<'_>,
        captures: impl FnOnce() -> Vec<(String, String)>,
    ) {
        let time = seen.time.map(|stamp| stamp.instant());
        match self.list.last_mut() {
            Some(burst) if continues(burst, process, time) => {
                burst.count += 1;
                if keep.samples && burst.samples.len() < SAMPLES {
                    burst.samples.push(seen.hit(captures()));
                }
                burst.last.move_to(Seen { text: if keep.samples { seen.text } else { &[] }, ..seen });
                burst.note_time(time, keep.threshold);
            }
            _ => {
                let mut burst = Burst::new(process, seen.hit(captures()));
                burst.note_time(time, keep.threshold);
                if self.list.len() >= MOST_BURSTS {
                    self.forgotten += self.list.remove(0).count;
                }
                self.list.push(burst);
            }
        }
    }
}

fn continues(burst: &Burst, process: usize, time: Option<NaiveDateTime>) -> bool {
    let silence = burst.last().instant().zip(time).map_or(0, |(before, now)| (now - before).num_seconds());
    burst.process == process && silence.abs() <= SILENCE
}
