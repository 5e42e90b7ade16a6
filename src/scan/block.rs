//! One block of decoded text to its hit lines: the part of the engine that runs in parallel.
//!
//! Pure: it sees one block, keeps nothing between blocks, and finds the same whatever the block sizes are,
//! as long as a block ends where a record ends.

use std::ops::Range;

use smallvec::SmallVec;

use super::automaton::LiteralHit;
use super::scanner::{Scanner, Target};
use crate::parse::event::Event;
use crate::parse::head::{Head, Level, Producer, parse_head};
use crate::parse::stamp::Stamp;
use crate::parse::trigger::TRIGGERS;
use crate::rules::table::{Matcher, Signal};
use crate::transport::InnerLine;

/// Expressions see at most this much of a line; a match further right is not found, which the input's notes say.
pub const MATCHED_BYTES: usize = 64 << 10;

/// How far back or forward a record's other lines are looked for.
const RECORD_LINES: usize = 400;
const RECORD_BYTES: usize = 64 << 10;

/// Decoded text of one input, in whole lines.
#[derive(Debug, Default)]
pub struct Block {
    pub text: Vec<u8>,
    /// Where the text stands in its input; chooses the automaton.
    pub offset: u64,
    /// 1-based number of the first line.
    pub first_line: u64,
    /// For each line what its transport said; empty for plain text.
    pub inner: Vec<InnerLine>,
}

/// A line that matched something, or that must be explained.
#[derive(Clone, Debug, PartialEq)]
pub struct HitLine {
    pub number: u64,
    /// Where the line stands in the block's text, without its newline.
    pub range: Range<usize>,
    /// Its own time, else its transport's, else that of the record it belongs to.
    pub stamp: Option<Stamp>,
    /// The line's own level; continuation lines have none.
    pub level: Option<Level>,
    /// Indexes into the table's signals.
    pub signals: SmallVec<[u32; 4]>,
    pub events: SmallVec<[Box<Event>; 1]>,
}

/// What a block held.
#[derive(Debug, Default)]
pub struct Scanned {
    pub block: Block,
    pub hits: Vec<HitLine>,
    /// Signals that are only counted, with their counts.
    pub quiet: Vec<(u32, u64)>,
    pub lines: u64,
    /// Lines with a head among the first of the block; none at all means "not a database log".
    pub heads: u64,
    pub first_stamp: Option<Stamp>,
    pub last_stamp: Option<Stamp>,
}

/// Room that a worker uses again for each block.
#[derive(Debug, Default)]
pub struct Scratch {
    literals: Vec<LiteralHit>,
    quiet: Vec<u64>,
}

impl Scanner {
    /// Finds the hit lines of a block.
    pub fn scan(&self, block: Block, scratch: &mut Scratch) -> Scanned {
        self.automaton.hits(&block.text, block.offset, &mut scratch.literals);
        scratch.quiet.clear();
        scratch.quiet.resize(self.table.signals.len(), 0);
        let mut lines = Lines::new(&block);
        let mut hits = Vec::new();
        let mut candidates = Candidates::default();
        let mut current = 0..0;
        for &literal in &scratch.literals {
            if literal.at() >= current.end {
                self.finish_line(&mut lines, &current, &mut candidates, &mut scratch.quiet, &mut hits);
                current = line_around(&block.text, literal.at());
            }
            self.automaton.patterns(literal, block.offset, |pattern| candidates.add(self.targets(pattern)));
        }
        self.finish_line(&mut lines, &current, &mut candidates, &mut scratch.quiet, &mut hits);
        let quiet = counted(&scratch.quiet);
        let (heads, first_stamp, last_stamp) = lines.edges();
        let count = lines.count();
        Scanned { hits, quiet, lines: count, heads, first_stamp, last_stamp, block }
    }

    fn finish_line(
        &self,
        lines: &mut Lines<'_>,
        range: &Range<usize>,
        candidates: &mut Candidates,
        quiet: &mut [u64],
        hits: &mut Vec<HitLine>,
    ) {
        if candidates.is_empty() {
            return;
        }
        let line = &lines.block.text[range.clone()];
        let mut head = None;
        let mut signals = SmallVec::new();
        let mut explained = false;
        for &index in &candidates.signals {
            let signal = &self.table.signals[index];
            if !confirms(signal, line, &mut head) {
                continue;
            }
            explained = true;
            if signal.quiet {
                quiet[index] += 1;
            } else {
                signals.push(u32::try_from(index).unwrap_or(u32::MAX));
            }
        }
        let events = parse_events(&lines.block.text, range, &candidates.triggers, &mut head);
        let must_explain = candidates.level && !explained && events.is_empty() && is_bad(line, &mut head);
        candidates.clear();
        if signals.is_empty() && events.is_empty() && !must_explain {
            return;
        }
        let head = *head.get_or_insert_with(|| parse_head(line));
        let (number, outer) = lines.number_of(range.start);
        let stamp = head.as_ref().and_then(|head| head.stamp).or(outer).or_else(|| lines.record_stamp(range.start));
        lines.known = Some((range.start, stamp));
        let level = head.and_then(|head| head.level);
        hits.push(HitLine { number, range: range.clone(), stamp, level, signals, events });
    }
}

/// Does the signal really match this line?
pub fn confirms<'a>(signal: &Signal, line: &'a [u8], head: &mut Option<Option<Head<'a>>>) -> bool {
    let matched = match &signal.matcher {
        Matcher::Text(_, finder) => finder.as_ref().is_none_or(|finder| finder.find(line).is_some()),
        Matcher::Regex(regex) => {
            regex.get().is_some_and(|regex| regex.is_match(&line[..line.len().min(MATCHED_BYTES)]))
        }
    };
    matched
        && (signal.levels.is_empty() || level_is(&signal.levels, head.get_or_insert_with(|| parse_head(line)).as_ref()))
}

/// Is the line's level one of these words?
pub fn level_is(levels: &[String], head: Option<&Head<'_>>) -> bool {
    let Some(level) = head.and_then(|head| head.level) else { return false };
    levels.iter().any(|wanted| wanted.eq_ignore_ascii_case(&level.to_string()))
}

fn is_bad<'a>(line: &'a [u8], head: &mut Option<Option<Head<'a>>>) -> bool {
    let level = head.get_or_insert_with(|| parse_head(line)).as_ref().and_then(|head| head.level);
    matches!(level, Some(Level::Error | Level::Warning))
}

fn parse_events<'a>(
    text: &'a [u8],
    range: &Range<usize>,
    triggers: &[usize],
    head: &mut Option<Option<Head<'a>>>,
) -> SmallVec<[Box<Event>; 1]> {
    let mut events = SmallVec::new();
    let line = &text[range.clone()];
    for trigger in triggers.iter().filter_map(|&index| TRIGGERS.get(index)) {
        let start = match head.get_or_insert_with(|| parse_head(line)) {
            Some(found) if found.producer == Producer::SstScript => {
                events.extend((trigger.parse)(found.message).map(Box::new));
                continue;
            }
            Some(found) => range.start + offset_in(line, found.message),
            None if trigger.continuation => range.start,
            None => continue,
        };
        let record = &text[start..record_end(text, range.end)];
        events.extend((trigger.parse)(record).map(Box::new));
    }
    events
}

/// Where a part of a line begins in it; the end of the message is no guide, since a head may trim it.
fn offset_in(line: &[u8], part: &[u8]) -> usize {
    (part.as_ptr().addr()).saturating_sub(line.as_ptr().addr()).min(line.len())
}

/// The bounds of the line that has this byte, without its newline.
pub fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline);
    start..end
}

/// Where the record that has the line ending here ends: before the next line that begins a record.
fn record_end(text: &[u8], line_end: usize) -> usize {
    let limit = text.len().min(line_end.saturating_add(RECORD_BYTES));
    let mut end = line_end;
    for _ in 0..RECORD_LINES {
        if end + 1 >= limit || begins_record(&text[end + 1..limit]) {
            break;
        }
        end = memchr::memchr(b'\n', &text[end + 1..limit]).map_or(limit, |newline| end + 1 + newline);
    }
    end
}

/// A cheap stand-in for [`parse_head`]: continuation lines begin with a tab, a blank, a brace or a word.
fn begins_record(line: &[u8]) -> bool {
    line.first().is_some_and(u8::is_ascii_digit) || line.starts_with(b"WSREP_SST: ")
}

fn counted(quiet: &[u64]) -> Vec<(u32, u64)> {
    let pairs = quiet.iter().enumerate().filter(|(_, count)| **count > 0);
    pairs.map(|(index, count)| (u32::try_from(index).unwrap_or(u32::MAX), *count)).collect()
}

/// The signals and triggers that one line may have.
#[derive(Debug, Default)]
struct Candidates {
    signals: SmallVec<[usize; 8]>,
    triggers: SmallVec<[usize; 4]>,
    level: bool,
}

impl Candidates {
    fn add(&mut self, targets: &[Target]) {
        for target in targets {
            match *target {
                Target::Signal(index) if !self.signals.contains(&index) => self.signals.push(index),
                Target::Trigger(index) if !self.triggers.contains(&index) => self.triggers.push(index),
                Target::Signal(_) | Target::Trigger(_) => {}
                Target::Level => self.level = true,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.signals.is_empty() && self.triggers.is_empty() && !self.level
    }

    fn clear(&mut self) {
        self.signals.clear();
        self.triggers.clear();
        self.level = false;
    }
}

/// Line numbers and record times of a block, asked for in ascending order.
struct Lines<'a> {
    block: &'a Block,
    counted_to: usize,
    index: usize,
    /// The last hit line's start and time.
    known: Option<(usize, Option<Stamp>)>,
}

impl<'a> Lines<'a> {
    fn new(block: &'a Block) -> Self {
        Self { block, counted_to: 0, index: 0, known: None }
    }

    fn advance(&mut self, to: usize) {
        self.index += memchr::memchr_iter(b'\n', &self.block.text[self.counted_to..to]).count();
        self.counted_to = to;
    }

    fn number_of(&mut self, start: usize) -> (u64, Option<Stamp>) {
        self.advance(start);
        match self.block.inner.get(self.index) {
            Some(inner) => (inner.raw_line, inner.outer),
            None => (self.block.first_line + self.index as u64, None),
        }
    }

    fn count(&mut self) -> u64 {
        let text = &self.block.text;
        self.advance(text.len());
        let unfinished = u64::from(text.last().is_some_and(|last| *last != b'\n'));
        self.index as u64 + unfinished
    }

    /// The time of the record that the continuation line at `start` belongs to.
    fn record_stamp(&self, start: usize) -> Option<Stamp> {
        let text = &self.block.text;
        let mut end = start.checked_sub(1)?;
        for _ in 0..RECORD_LINES {
            let line = line_around(text, end.checked_sub(1)?);
            if let Some((known, stamp)) = self.known
                && line.start <= known
            {
                return stamp;
            }
            if let Some(stamp) = parse_head(&text[line.clone()]).and_then(|head| head.stamp) {
                return Some(stamp);
            }
            if start - line.start > RECORD_BYTES {
                return None;
            }
            end = line.start.checked_sub(1)?;
        }
        None
    }

    /// Heads among the first lines of an input, and the first and last time of the block.
    fn edges(&self) -> (u64, Option<Stamp>, Option<Stamp>) {
        let text = &self.block.text;
        let outer = |inner: Option<&InnerLine>| inner.and_then(|inner| inner.outer);
        let last = text.rsplit(|byte| *byte == b'\n').take(RECORD_LINES).find_map(|line| parse_head(line)?.stamp);
        let last = last.or(outer(self.block.inner.last()));
        if self.block.first_line > 1 {
            return (0, None, last);
        }
        let heads: Vec<_> = text
            .split(|byte| *byte == b'\n')
            .take(RECORD_LINES)
            .filter_map(parse_head)
            .map(|head| head.stamp)
            .collect();
        let first = heads.iter().find_map(|stamp| *stamp).or(outer(self.block.inner.first()));
        (heads.len() as u64, first, last)
    }
}
