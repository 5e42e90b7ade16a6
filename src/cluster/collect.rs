//! Takes in the hit lines of one log, in order, and keeps what the diagnosis needs of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use smallvec::SmallVec;

use super::burst::{Captures, Keep, Seen};
use super::identity::{self, id};
use super::log::{Log, Unexplained};
use super::process::{Ending, Process, Quote, Spot};
use super::template::template;
use super::track;
use crate::parse::event::Event;
use crate::parse::head::{Level, parse_head};
use crate::parse::stamp::Stamp;
use crate::rules::schema::Role;
use crate::rules::table::{EventSignal, Matcher, Signal, Subject, Table, compile};
use crate::scan::block::{HitLine, MATCHED_BYTES, Scanned, level_is};
use crate::transport::InnerLine;

/// Text kept of a hit line.
const KEPT_BYTES: usize = 2 << 10;

/// Different unexplained messages kept per log; more are counted together.
const MOST_TEMPLATES: usize = 300;

/// Addresses for state transfers kept per log; a cluster has a few.
const MOST_ADDRESSES: usize = 1_000;

/// Lines at ERROR kept per log: the latest ones.
const MOST_ERRORS: usize = 200;

/// Server processes kept per log: the latest ones.
const MOST_PROCESSES: usize = 200;

/// The part of time that findings are taken from; names and facts are taken from all lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub since: Option<NaiveDateTime>,
    pub until: Option<NaiveDateTime>,
}

impl Window {
    fn contains(&self, time: Option<Stamp>) -> bool {
        let Some(time) = time.map(|stamp| stamp.time) else { return true };
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }
}

/// A hit line and what follows it in its block.
#[derive(Clone, Copy, Debug)]
struct Record<'a> {
    text: &'a [u8],
    /// Length of the hit line in bytes.
    line: usize,
    /// What the transport said of these lines; empty for plain text.
    inner: &'a [InnerLine],
}

impl<'a> Record<'a> {
    fn first_line(&self) -> &'a [u8] {
        self.text.get(..self.line).unwrap_or(self.text)
    }
}

/// Threads may print a little out of order; more than this many seconds back is a step of the clock.
const SMALLEST_STEP: i64 = 10;

/// The log that is being read.
#[derive(Clone, Debug)]
pub struct Collector<'a> {
    table: &'a Table,
    window: Window,
    /// What is kept for the story.
    pub room: track::Room,
    /// The file that the last line came from.
    file: usize,
    /// The time of the last line that was taken in; a block's own last time would depend on where the block ends.
    last_hit: Option<Stamp>,
    /// The time before the line at hand.
    last_sign: Option<Stamp>,
    pub log: Log,
}

impl<'a> Collector<'a> {
    pub fn new(table: &'a Table, window: Window, log: Log) -> Self {
        let log = Log { processes: vec![Process::before_log()], ..log };
        Self { table, window, room: track::FOR_DIAGNOSIS, file: 0, last_hit: None, last_sign: None, log }
    }

    /// Takes in one block of the log's file number `file`.
    pub fn take(&mut self, file: usize, scanned: &mut Scanned) {
        if let Some(entry) = self.log.files.get_mut(file) {
            entry.lines += scanned.lines;
            entry.heads += scanned.heads;
            entry.first_time = entry.first_time.or(scanned.first_stamp);
            entry.last_time = scanned.last_stamp.or(entry.last_time);
            entry.hits += (scanned.hits.len() + scanned.quiet.len()) as u64;
        }
        for &(signal, count) in &scanned.quiet {
            let subject = self.table.signals[signal as usize].subject;
            *self.log.quiet.entry(subject).or_default() += count;
        }
        for hit in &scanned.hits {
            let from = scanned.block.inner.partition_point(|inner| inner.raw_line < hit.number);
            let record = Record {
                text: &scanned.block.text[hit.range.start..],
                line: hit.range.len(),
                inner: scanned.block.inner.get(from..).unwrap_or_default(),
            };
            self.take_line(file, hit, &mut scanned.events[hit.events.clone()], record);
        }
        if let Some(hit) = scanned.hits.last() {
            let text = &scanned.block.text[hit.range.clone()];
            self.log.last_line = Some((file, hit.number, text[..text.len().min(KEPT_BYTES)].to_vec()));
        }
        self.log.last_time = scanned.last_stamp.or(self.last_hit).or(self.log.last_time);
    }

    /// What is known of the log, now that nothing more comes.
    pub fn finish(mut self) -> Log {
        let table = self.table;
        for bursts in self.log.bursts.values_mut() {
            // An expression with captures takes much memory, so it is compiled for this and dropped again.
            let mut compiled = BTreeMap::new();
            bursts.finish(|signal, text| {
                let regex =
                    compiled.entry(signal).or_insert_with(|| match table.signals.get(signal as usize)?.matcher {
                        Matcher::Regex(ref regex) => compile(&regex.source).ok(),
                        Matcher::Text => None,
                    });
                captures(regex.as_ref(), text)
            });
        }
        self.log
    }

    fn take_line(&mut self, file: usize, line: &HitLine, events: &mut [Event], record: Record<'_>) {
        let text = record.first_line();
        let before = self.last_hit;
        self.last_sign = before;
        let time = self.time_of(line.stamp, text);
        let wanted = self.window.contains(time);
        if wanted && let Some(step) = self.clock_step(file, line, before) {
            self.match_event(file, line, &step, time, text);
        }
        if line.level == Some(Level::Error) {
            self.take_error(Spot { file, line: line.number, time }, text);
        }
        for event in events {
            self.take_event(file, line, event, time, record, wanted);
            if wanted {
                // The event is not needed in its block any more.
                let event = std::mem::replace(event, Event::NonPrimary);
                let spot = Spot { file, line: line.number, time };
                self.log.track.note(event, self.process(), spot, self.room);
            }
        }
        if !wanted {
            return;
        }
        for &index in &line.signals {
            let signal = &self.table.signals[index as usize];
            let captures = || match &signal.matcher {
                Matcher::Regex(regex) if !regex.source.contains("(?<") && !regex.source.contains("(?P<") => {
                    Captures::None
                }
                Matcher::Regex(_) if text.len() <= KEPT_BYTES => Captures::Signal(index),
                Matcher::Regex(regex) => Captures::Ready(captures(regex.get(), text)),
                Matcher::Text => Captures::None,
            };
            self.add(signal.subject, file, line.number, time, text, captures);
        }
        if line.signals.is_empty() && line.events.is_empty() {
            self.add_unexplained(file, line, time, text);
        }
    }

    fn take_error(&mut self, spot: Spot, text: &[u8]) {
        let quote = Quote::new(spot, text);
        if let Some(process) = self.log.processes.last_mut() {
            process.observe_error(&quote);
        }
        if self.log.errors.len() >= MOST_ERRORS {
            self.log.errors.pop_front();
        }
        self.log.errors.push_back(quote);
    }

    /// Stamps of the server's own lines that go back within one file: the clock was set, or summer time ended.
    fn clock_step(&mut self, file: usize, line: &HitLine, before: Option<Stamp>) -> Option<Event> {
        let (before, now) = (before?, line.stamp.filter(|_| line.level.is_some())?);
        let same_file = std::mem::replace(&mut self.file, file) == file;
        let seconds = (before.instant() - now.instant()).num_seconds();
        (same_file && before.offset == now.offset && seconds >= SMALLEST_STEP).then_some(Event::ClockStep { seconds })
    }

    /// Script lines carry local time even where the server prints UTC: then the server's last time stands.
    /// A line of the server itself always has its own: the time before it can be that of a container engine.
    fn time_of(&mut self, own: Option<Stamp>, text: &[u8]) -> Option<Stamp> {
        let last = self.last_hit;
        let of_server = text.first().is_some_and(u8::is_ascii_digit);
        let time = match (own, last) {
            (Some(own), Some(last)) if own.offset.is_none() && last.offset.is_some() && !of_server => Some(last),
            (Some(own), _) => Some(own),
            (None, last) => last,
        };
        self.last_hit = time.or(last);
        time
    }

    fn take_event(
        &mut self,
        file: usize,
        line: &HitLine,
        event: &Event,
        time: Option<Stamp>,
        record: Record<'_>,
        wanted: bool,
    ) {
        let text = record.first_line();
        let spot = Spot { file, line: line.number, time };
        if matches!(event, Event::ServerStart { .. }) {
            self.start_process(file, line, event, time, text, wanted);
        } else if let Some(process) = self.log.processes.last_mut() {
            process.observe(event, spot);
        }
        self.log.track.note_anchor_of(event, time);
        self.log.facts.observe(event);
        let before = self.last_sign;
        let place = identity::Place { file, line: line.number, time, before, text: record.text, inner: record.inner };
        self.log.identity.observe(event, &place);
        if wanted {
            self.match_event(file, line, event, time, text);
            if let Some(conclusion) = name_given_twice(event) {
                self.match_event(file, line, &conclusion, time, text);
            }
        }
        if let Event::IstReceiver { address, .. } = event
            && self.log.advertised.len() < MOST_ADDRESSES
        {
            self.log.advertised.insert(id::host_of(address).to_owned(), Quote::new(spot, text));
        }
    }

    fn start_process(
        &mut self,
        file: usize,
        line: &HitLine,
        event: &Event,
        time: Option<Stamp>,
        text: &[u8],
        wanted: bool,
    ) {
        let ended = self.log.processes.last_mut().map(|last| {
            last.ending = last.ending_at_next_start();
            last.ending
        });
        if wanted && ended == Some(Ending::Killed) {
            let last_sign = self.last_sign.or(time);
            self.match_event(file, line, &Event::ProcessEnded { how: "killed".to_owned() }, last_sign, text);
        }
        if self.log.processes.len() >= 2 * MOST_PROCESSES {
            let old = self.log.processes.drain(..MOST_PROCESSES);
            self.log.forgotten_processes += MOST_PROCESSES;
            self.log.earlier_starts += old.filter(|process| process.start_seen).count();
        }
        self.log.processes.push(Process::starting(event, Spot { file, line: line.number, time }));
    }

    /// The number of the process at hand, from the log's beginning.
    fn process(&self) -> usize {
        self.log.forgotten_processes + self.log.processes.len() - 1
    }

    /// Counts an event that was concluded after all logs were read.
    pub fn conclude(&mut self, event: &Event, place: (usize, u64), time: Option<Stamp>, text: &[u8]) {
        let line =
            HitLine { number: place.1, range: 0..0, stamp: time, level: None, signals: SmallVec::new(), events: 0..0 };
        if self.window.contains(time) {
            self.match_event(place.0, &line, event, time, text);
        }
    }

    /// Counts an event under all subjects that ask for it.
    fn match_event(&mut self, file: usize, line: &HitLine, event: &Event, time: Option<Stamp>, text: &[u8]) {
        let table = self.table;
        let Some(indexes) = table.events_by_kind.get(event.kind()) else { return };
        for signal in indexes.iter().map(|&index| &table.events[index]) {
            if event_matches(signal, event, line.level) {
                self.add(signal.subject, file, line.number, time, text, || Captures::Ready(fields(event)));
            }
        }
    }

    fn add(
        &mut self,
        subject: Subject,
        file: usize,
        line: u64,
        time: Option<Stamp>,
        text: &[u8],
        captures: impl FnOnce() -> Captures,
    ) {
        let process = self.process();
        let rule = self.table.rule(subject);
        let samples = rule.is_some_and(|rule| matches!(rule.rule.role, Role::Cause | Role::Symptom));
        let keep = Keep { threshold: rule.and_then(|rule| rule.threshold), samples, captures: rule.is_some() };
        let seen = Seen { file, line, time, text: &text[..text.len().min(KEPT_BYTES)] };
        self.log.bursts.entry(subject).or_default().add(process, keep, seen, captures);
    }

    fn add_unexplained(&mut self, file: usize, line: &HitLine, time: Option<Stamp>, text: &[u8]) {
        let message = parse_head(text).map_or(text, |head| head.message);
        let mut shape = template(message);
        let full = self.log.unexplained.len() >= MOST_TEMPLATES;
        if full && !self.log.unexplained.contains_key(&shape) {
            "(other messages)".clone_into(&mut shape);
        }
        let level = if line.level == Some(Level::Error) { "ERROR" } else { "Warning" };
        let text = &text[..text.len().min(KEPT_BYTES)];
        let new = || Unexplained { level, count: 0, file, line: line.number, time, text: text.to_vec() };
        self.log.unexplained.entry(shape).or_insert_with(new).count += 1;
    }
}

/// What the signal's expression reads out of a line.
pub fn captures_of(signal: &Signal, line: &[u8]) -> Vec<(String, String)> {
    match &signal.matcher {
        Matcher::Regex(regex) => captures(regex.get(), line),
        Matcher::Text => Vec::new(),
    }
}

fn captures(regex: Option<&regex::bytes::Regex>, text: &[u8]) -> Vec<(String, String)> {
    let text = &text[..text.len().min(MATCHED_BYTES)];
    let Some((regex, found)) = regex.and_then(|regex| Some((regex, regex.captures(text)?))) else { return Vec::new() };
    let named = regex.capture_names().flatten();
    named
        .filter_map(|name| Some((name.to_owned(), String::from_utf8_lossy(found.name(name)?.as_bytes()).into_owned())))
        .collect()
}

/// The fields that the event has, with their values.
pub fn fields(event: &Event) -> Vec<(String, String)> {
    let names = Event::KINDS.iter().find(|(kind, _)| *kind == event.kind()).map_or(&[][..], |(_, names)| names);
    names.iter().filter_map(|name| Some(((*name).to_owned(), event.field(name)?.into_owned()))).collect()
}

/// Does the event fulfil the signal's conditions?
pub fn event_matches(signal: &EventSignal, event: &Event, level: Option<Level>) -> bool {
    level_is(&signal.levels, level) && signal.fields.iter().all(|(name, wanted)| value_fits(wanted, event.field(name)))
}

/// `value`, `a|b`, `!value`, `*` (present), `>=5`, `<5`.
fn value_fits(wanted: &str, value: Option<Cow<'_, str>>) -> bool {
    let Some(value) = value else { return false };
    let number = |limit: &str| Some((value.parse::<f64>().ok()?, limit.trim().parse::<f64>().ok()?));
    if wanted == "*" {
        true
    } else if let Some(limit) = wanted.strip_prefix(">=") {
        number(limit).is_some_and(|(value, limit)| value >= limit)
    } else if let Some(limit) = wanted.strip_prefix('<') {
        number(limit).is_some_and(|(value, limit)| value < limit)
    } else if let Some(other) = wanted.strip_prefix('!') {
        value != other
    } else {
        wanted.split('|').any(|one| value.eq_ignore_ascii_case(one))
    }
}

fn name_given_twice(event: &Event) -> Option<Event> {
    let Event::ServerView { members, status, .. } = event else { return None };
    let names = || members.iter().filter_map(|member| member.name.as_deref()).filter(|name| id::is_name(name));
    let twice = names().find(|name| names().filter(|other| other == name).count() > 1)?;
    (status == "primary").then(|| Event::DuplicateName { name: twice.to_owned() })
}
