//! Bursts: hits of one subject that belong together, because no long silence and no restart lies between them.

use std::collections::VecDeque;

use chrono::NaiveDateTime;

use crate::parse::stamp::Stamp;

/// A silence longer than this ends a burst, in seconds.
const SILENCE: i64 = 300;

/// Bursts kept per subject and log: the latest ones, since the incident at hand is the last one.
const MOST_BURSTS: usize = 36;

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
    /// The signal whose expression gives the captures, while they are not yet taken: most bursts of a long log are
    /// forgotten before anyone asks for them.
    pending: Option<u32>,
}

/// Where a hit's captures come from.
pub enum Captures {
    None,
    Ready(Vec<(String, String)>),
    /// From the expression of this signal, once the log was read.
    Signal(u32),
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
    fn hit(self, captures: Captures) -> Hit {
        let mut hit = Hit::default();
        hit.become_seen(self, captures);
        hit
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
        /// Memory worth keeping whatever the next text's length.
        const ROOM: usize = 256;
        (self.file, self.line, self.time) = (seen.file, seen.line, seen.time);
        self.at = seen.time.map(|stamp| stamp.instant());
        if self.text.capacity() > 2 * seen.text.len() + ROOM {
            self.text = Vec::new();
        }
        self.text.clear();
        self.text.extend_from_slice(seen.text);
    }

    fn become_seen(&mut self, seen: Seen<'_>, captures: Captures) {
        self.move_to(seen);
        (self.captures, self.pending) = match captures {
            Captures::None => (Vec::new(), None),
            Captures::Ready(captures) => (captures, None),
            Captures::Signal(signal) => (Vec::new(), Some(signal)),
        };
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

    /// Begins anew, with the memory of a burst that is forgotten.
    fn begin(&mut self, process: usize, seen: Seen<'_>, captures: Captures) {
        (self.process, self.count, self.dense) = (process, 1, false);
        self.first.become_seen(seen, captures);
        self.samples.clear();
        self.recent.clear();
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
    /// In order, once [`Bursts::finish`] was called.
    pub list: Vec<Burst>,
    /// Hits of older bursts that are no longer kept.
    pub forgotten: u64,
    /// Where in a full list the oldest burst stands.
    oldest: usize,
}

/// How hits of a subject are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// So many hits within so many seconds make a burst dense.
    pub threshold: Option<(u32, i64)>,
    /// The report may show samples and the last hit, not only the first.
    pub samples: bool,
    /// The report may name what the first hit captured.
    pub captures: bool,
}

impl Bursts {
    /// Counts a hit; `captures` is called only if the hit is kept with them.
    pub fn add(&mut self, process: usize, keep: Keep, seen: Seen<'_>, captures: impl FnOnce() -> Captures) {
        let time = seen.time.map(|stamp| stamp.instant());
        let captures = || if keep.captures { captures() } else { Captures::None };
        let burst = match self.latest() {
            Some(burst) if continues(burst, process, time) => {
                burst.count += 1;
                if keep.samples && burst.samples.len() < SAMPLES {
                    burst.samples.push(seen.hit(captures()));
                }
                burst.last.move_to(Seen { text: if keep.samples { seen.text } else { &[] }, ..seen });
                burst
            }
            _ => {
                let burst = self.next();
                burst.begin(process, seen, captures());
                burst
            }
        };
        burst.note_time(time, keep.threshold);
    }

    fn latest(&mut self) -> Option<&mut Burst> {
        let before = self.oldest.checked_sub(1).unwrap_or(self.list.len().saturating_sub(1));
        self.list.get_mut(before)
    }

    /// A place for a new burst: that of the oldest one, when there are enough.
    fn next(&mut self) -> &mut Burst {
        let at = if self.list.len() < MOST_BURSTS {
            // Doubling would end at 64 places for 36 bursts.
            if self.list.len() == MOST_BURSTS * 2 / 3 {
                self.list.reserve_exact(MOST_BURSTS - self.list.len());
            }
            self.list.push(Burst::default());
            self.list.len() - 1
        } else {
            self.forgotten += self.list[self.oldest].count;
            self.oldest = (self.oldest + 1) % MOST_BURSTS;
            self.oldest.checked_sub(1).unwrap_or(MOST_BURSTS - 1)
        };
        &mut self.list[at]
    }

    /// Puts the bursts in order, and takes the captures that are still to be taken, by signal and text.
    pub fn finish(&mut self, mut captures: impl FnMut(u32, &[u8]) -> Vec<(String, String)>) {
        self.list.rotate_left(self.oldest);
        self.oldest = 0;
        for hit in self.list.iter_mut().flat_map(|burst| std::iter::once(&mut burst.first).chain(&mut burst.samples)) {
            if let Some(signal) = hit.pending.take() {
                hit.captures = captures(signal, &hit.text);
            }
        }
    }
}

fn continues(burst: &Burst, process: usize, time: Option<NaiveDateTime>) -> bool {
    let silence = burst.last().instant().zip(time).map_or(0, |(before, now)| (now - before).num_seconds());
    burst.process == process && silence.abs() <= SILENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: u64) -> Seen<'static> {
        let time = NaiveDateTime::default() + chrono::TimeDelta::seconds(line as i64 * 1_000);
        Seen { file: 0, line, time: Some(Stamp::local(time)), text: b"text" }
    }

    fn added(hits: impl Iterator<Item = u64>, samples: bool) -> Bursts {
        let mut bursts = Bursts::default();
        for line in hits {
            bursts.add(0, Keep { threshold: None, samples, captures: samples }, seen(line), || Captures::Signal(7));
        }
        bursts.finish(|signal, text| vec![(signal.to_string(), String::from_utf8_lossy(text).into_owned())]);
        bursts
    }

    #[test]
    fn the_latest_bursts_are_kept_in_order() {
        for hits in [1, 35, 36, 37, 71, 72, 73, 150] {
            let bursts = added(1..=hits, true);
            let lines: Vec<u64> = bursts.list.iter().map(|burst| burst.first.line).collect();
            let kept = hits.min(MOST_BURSTS as u64);
            assert_eq!(lines, (hits - kept + 1..=hits).collect::<Vec<_>>());
            assert_eq!(bursts.forgotten, hits - kept);
        }
    }

    #[test]
    fn hits_without_silence_between_them_are_one_burst() {
        let bursts = added([1, 1, 1, 1, 9].into_iter(), true);
        let counts: Vec<u64> = bursts.list.iter().map(|burst| burst.count).collect();
        assert_eq!(counts, [4, 1]);
        assert_eq!(bursts.list[0].hits().count(), 4);
    }

    #[test]
    fn captures_are_taken_at_the_end_of_hits_that_are_shown() {
        let captures = |samples| {
            added([1, 1, 1, 1].into_iter(), samples).list[0].hits().map(|hit| hit.captures.len()).collect::<Vec<_>>()
        };
        assert_eq!(captures(true), [1, 1, 1, 0]);
        assert_eq!(captures(false), [0, 0]);
    }
}
