//! One block of decoded text to its hit lines: the part of the engine that runs in parallel.
//!
//! Pure: it sees one block, keeps nothing between blocks, and finds the same whatever the block sizes are,
//! as long as a block ends where a record ends.

use std::ops::Range;

use smallvec::SmallVec;

use super::literals::LiteralHit;
use super::scanner::{Scanner, Target};
use crate::parse::event::Event;
use crate::parse::head::{Head, Level, Producer, parse_head};
use crate::parse::stamp::Stamp;
use crate::parse::trigger::TRIGGERS;
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
    /// Its events among those of the block.
    pub events: Range<usize>,
}

/// What a block held.
#[derive(Debug, Default)]
pub struct Scanned {
    pub block: Block,
    pub hits: Vec<HitLine>,
    /// The events of all hit lines.
    pub events: Vec<Event>,
    /// Signals that are only counted, with their counts.
    pub quiet: Vec<(u32, u64)>,
    pub lines: u64,
    /// Lines with a head among the first of the block; none at all means "not a database log".
    pub heads: u64,
    pub first_stamp: Option<Stamp>,
    pub last_stamp: Option<Stamp>,
}

impl Scanned {
    /// All signals that matched, also those that are only counted; a signal for each of its lines that is kept.
    pub fn signals(&self) -> impl Iterator<Item = u32> {
        let kept = self.hits.iter().flat_map(|hit| hit.signals.iter().copied());
        kept.chain(self.quiet.iter().map(|(signal, _)| *signal))
    }
}

/// Room that a worker uses again for each block.
#[derive(Debug, Default)]
pub struct Scratch {
    literals: Vec<LiteralHit>,
    quiet: Vec<Quiet>,
}

/// A line, and its head once it was asked for.
#[derive(Debug)]
pub struct Line<'a> {
    pub text: &'a [u8],
    head: Option<Option<Head<'a>>>,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, head: None }
    }

    /// The part that expressions see.
    pub fn matched(&self) -> &'a [u8] {
        &self.text[..self.text.len().min(MATCHED_BYTES)]
    }

    /// The line's head, if it begins a record.
    pub fn head(&mut self) -> Option<&Head<'a>> {
        self.head.get_or_insert_with(|| parse_head(self.text)).as_ref()
    }

    /// The level of that head.
    pub fn level(&mut self) -> Option<Level> {
        self.head().and_then(|head| head.level)
    }
}

impl Scanner {
    /// Scans one text as one block, with room of its own: for single looks, not for whole logs.
    pub fn scan_text(&self, text: Vec<u8>) -> Scanned {
        self.scan(Block { text, first_line: 1, inner: Vec::new() }, &mut Scratch::default())
    }

    /// Finds the hit lines of a block.
    pub fn scan(&self, block: Block, scratch: &mut Scratch) -> Scanned {
        self.scan_into(block, scratch, Scanned::default())
    }

    /// As [`Scanner::scan`], with the room of an older result.
    pub fn scan_into(&self, block: Block, scratch: &mut Scratch, room: Scanned) -> Scanned {
        let Scratch { literals, quiet } = scratch;
        self.literals.hits(&block.text, literals);
        quiet.clear();
        quiet.resize(self.table.signals.len(), Quiet::default());
        let mut found = Found::new(self, &block, quiet, room.hits, room.events);
        let mut candidates = Candidates::default();
        let mut end = 0;
        for &literal in literals.iter() {
            if literal.at() >= end {
                found.finish_line(&mut candidates, end);
                end = line_end(&block.text, literal.at());
            }
            for &target in self.targets(literal) {
                match target {
                    Target::Counted(index) => {
                        found.quiet[index as usize].count(end);
                        candidates.explained = true;
                    }
                    Target::Signal(index) => add(&mut candidates.signals, index),
                    Target::Trigger(index) => add(&mut candidates.triggers, index),
                    Target::Level => candidates.level = true,
                }
            }
        }
        found.finish_line(&mut candidates, end);
        let Found { mut lines, hits, events, .. } = found;
        let (heads, first_stamp, last_stamp) = lines.edges();
        let count = lines.count();
        Scanned { hits, events, quiet: counted(quiet), lines: count, heads, first_stamp, last_stamp, block }
    }
}

/// What was found in a block so far.
struct Found<'a> {
    scanner: &'a Scanner,
    lines: Lines<'a>,
    quiet: &'a mut [Quiet],
    hits: Vec<HitLine>,
    events: Vec<Event>,
}

impl<'a> Found<'a> {
    fn new(
        scanner: &'a Scanner,
        block: &'a Block,
        quiet: &'a mut [Quiet],
        mut hits: Vec<HitLine>,
        mut events: Vec<Event>,
    ) -> Self {
        hits.clear();
        events.clear();
        Self { scanner, lines: Lines::new(block), quiet, hits, events }
    }

    /// Decides about the line that ends at `end`. Most lines with literals are only to be counted.
    fn finish_line(&mut self, candidates: &mut Candidates, end: usize) {
        if candidates.are_worth_a_look() {
            self.look_at(candidates, end);
        }
        candidates.clear();
    }

    fn look_at(&mut self, candidates: &Candidates, end: usize) {
        let text = &self.lines.block.text;
        let range = line_start(text, end)..end;
        let mut line = Line::new(&text[range.clone()]);
        let mut signals = SmallVec::new();
        let mut explained = candidates.explained;
        for &signal in &candidates.signals {
            let index = signal as usize;
            if !self.scanner.confirms(index, &mut line) {
                continue;
            }
            explained = true;
            if self.scanner.table.signals[index].quiet {
                self.quiet[index].count(end);
            } else {
                signals.push(signal);
            }
        }
        let first_event = self.events.len();
        self.events.extend(parse_event(text, &range, &candidates.triggers, &mut line));
        let events = first_event..self.events.len();
        let must_explain = candidates.level && !explained && events.is_empty() && is_bad(&mut line);
        if signals.is_empty() && events.is_empty() && !must_explain {
            return;
        }
        let (number, outer) = self.lines.number_of(range.start);
        let own = line.head().and_then(|head| head.stamp);
        let stamp = own.or_else(|| self.lines.borrowed_stamp(range.start, outer));
        self.lines.known = Some((range.start, stamp));
        self.hits.push(HitLine { number, range, stamp, level: line.level(), signals, events });
    }
}

/// Do both name one moment, in zones that may differ? Zones differ by whole quarters of an hour.
fn same_moment(one: Stamp, other: Stamp) -> bool {
    const QUARTER: i64 = 15 * 60;
    const SLACK: i64 = 5;
    let apart = (one.time - other.time).num_seconds().rem_euclid(QUARTER);
    apart <= SLACK || apart >= QUARTER - SLACK
}

/// Is the level one of these words? No words mean any level, and none.
pub fn level_is(levels: &[String], level: Option<Level>) -> bool {
    let is = |level: Level| levels.iter().any(|wanted| wanted.eq_ignore_ascii_case(level.name()));
    levels.is_empty() || level.is_some_and(is)
}

fn is_bad(line: &mut Line<'_>) -> bool {
    matches!(line.level(), Some(Level::Error | Level::Warning))
}

/// The event of a line: it is one message, so the first event found is the only one.
fn parse_event(text: &[u8], range: &Range<usize>, triggers: &[u32], line: &mut Line<'_>) -> Option<Event> {
    let whole = line.text;
    triggers.iter().filter_map(|&index| TRIGGERS.get(index as usize)).find_map(|trigger| {
        let start = match line.head() {
            Some(found) if found.producer == Producer::SstScript => return (trigger.parse)(found.message),
            Some(found) => range.start + offset_in(whole, found.message),
            None if trigger.continuation => range.start,
            None => return None,
        };
        (trigger.parse)(&text[start..record_end(text, range.end)])
    })
}

/// Where a part of a line begins in it; the end of the message is no guide, since a head may trim it.
fn offset_in(line: &[u8], part: &[u8]) -> usize {
    (part.as_ptr().addr()).saturating_sub(line.as_ptr().addr()).min(line.len())
}

/// The bounds of the line that has this byte, without its newline.
pub fn line_around(text: &[u8], at: usize) -> Range<usize> {
    line_start(text, at)..line_end(text, at)
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline)
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

/// How many lines of a block match a signal that is only counted.
#[derive(Clone, Copy, Debug, Default)]
struct Quiet {
    lines: u64,
    /// Where the last of them ends: a line counts once, however often it says the same.
    last: usize,
}

impl Quiet {
    fn count(&mut self, line_end: usize) {
        self.lines += u64::from(self.last != line_end);
        self.last = line_end;
    }
}

fn counted(quiet: &[Quiet]) -> Vec<(u32, u64)> {
    let pairs = (0..).zip(quiet).filter(|(_, quiet)| quiet.lines > 0);
    pairs.map(|(index, quiet)| (index, quiet.lines)).collect()
}

/// What the literals of one line stand for.
#[derive(Debug, Default)]
struct Candidates {
    signals: SmallVec<[u32; 8]>,
    triggers: SmallVec<[u32; 8]>,
    level: bool,
    /// The line was counted, so nobody needs to be told of its level.
    explained: bool,
}

impl Candidates {
    /// Most lines with literals are only to be counted.
    fn are_worth_a_look(&self) -> bool {
        !self.signals.is_empty() || !self.triggers.is_empty() || (self.level && !self.explained)
    }

    fn clear(&mut self) {
        self.signals.clear();
        self.triggers.clear();
        (self.level, self.explained) = (false, false);
    }
}

fn add(list: &mut SmallVec<[u32; 8]>, index: u32) {
    if !list.contains(&index) {
        list.push(index);
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

    /// The time of a line that has none of its own: its record's where that is the moment its transport names, else
    /// its transport's. Servers print local time, container engines UTC, and one log must not mix the two.
    fn borrowed_stamp(&self, start: usize, outer: Option<Stamp>) -> Option<Stamp> {
        match (self.record_stamp(start), outer) {
            (Some(record), Some(outer)) if !same_moment(record, outer) => Some(outer),
            (record, outer) => record.or(outer),
        }
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
