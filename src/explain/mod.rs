//! What a pasted message means: who prints it, whether it is normal, what to look for around it, which rules know it.
//!
//! Pure: the table and a text in, an answer out.

mod events;
mod nearest;
mod printer;
mod rule;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cluster::collect::{captures_of, event_matches, fields};
use crate::diagnose::printable::printable;
use crate::parse::event::Event;
use crate::parse::head::{Head, parse_head};
use crate::parse::record::records;
use crate::rules::schema::{Risk, Severity};
use crate::rules::table::{Subject, Table};
use crate::scan::block::Scanned;
use crate::scan::scanner::Scanner;
use crate::scan::unwrap::Unwrap;
pub use nearest::Near;

/// The name of this contract.
pub const SCHEMA: &str = "galera-rca/explain/1";

/// Messages that one answer explains at most.
const MOST: usize = 40;

/// A message is shown up to this length.
const SHOWN: usize = 400;

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    pub schema: &'static str,
    /// In the order of the text, each kind once.
    pub messages: Vec<Message>,
    /// Further messages that were not looked at.
    pub left_out: usize,
}

/// One message.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its first line; empty for a rule or an event that was asked for by name.
    pub text: String,
    pub printed_by: String,
    pub level: Option<&'static str>,
    pub normal: Normal,
    /// What the rules and events that know it say, the gravest first.
    pub meanings: Vec<Meaning>,
    /// Rules that take it as a condition.
    pub used_by: Vec<String>,
    /// Known messages that an unknown one is like.
    pub nearest: Vec<Near>,
}

/// Is a message a sign of trouble?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normal {
    No,
    Depends,
    Yes,
    Unknown,
}

/// What one rule or event says.
#[derive(Clone, Debug, Serialize)]
pub struct Meaning {
    pub rule: Option<String>,
    pub event: Option<String>,
    pub title: String,
    pub severity: Option<Severity>,
    pub normal: Normal,
    /// Only together with other lines, which the rule asks for.
    pub needs_more: bool,
    /// Source files.
    pub printed_by: Vec<String>,
    pub says: String,
    pub why: String,
    pub impact: String,
    /// What to look for above the line, in any of the logs.
    pub before: Vec<Neighbour>,
    pub more_before: usize,
    /// What to look for below it.
    pub after: Vec<Neighbour>,
    pub more_after: usize,
    pub alternatives: Vec<Command>,
    pub verify: Vec<Command>,
    pub remedy: Vec<Step>,
}

/// Another message in the chain of cause and effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Empty where it is told in words only.
    pub rule: String,
    pub title: String,
}

/// Something to check.
#[derive(Clone, Debug, Serialize)]
pub struct Command {
    /// What it confirms.
    pub text: String,
    pub run: String,
    pub on: &'static str,
}

/// A step of the way out.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub step: String,
    pub risk: Risk,
}

/// Explains the messages of a text, as it was pasted: wrapped by a transport or not, with or without heads.
pub fn of_text(scanner: &Scanner, text: &[u8], year: i32) -> Answer {
    let text = unwrapped(text, year);
    let mut seen = BTreeSet::new();
    let all: Vec<Pasted> = records(&text).flat_map(|record| pasted(record.raw, record.head.as_ref())).collect();
    let all: Vec<Pasted> = all.into_iter().filter(|one| seen.insert(one.message.clone())).collect();
    let messages = all.iter().take(MOST).map(|one| explained(scanner, one)).collect();
    Answer { schema: SCHEMA, messages, left_out: all.len().saturating_sub(MOST) }
}

/// Explains a rule by its id, or an event by its kind.
pub fn of_name(table: &Table, name: &str) -> Option<Answer> {
    let subject = table.rules.iter().position(|one| one.rule.id == name);
    let (meaning, subjects) = match subject {
        Some(subject) => (rule::meaning(table, subject, &[])?, BTreeSet::from([subject])),
        None => (of_event(name)?, table.events.iter().filter(|one| one.kind == name).map(|one| one.subject).collect()),
    };
    let message = Message {
        text: String::new(),
        printed_by: meaning.printed_by.join("; "),
        level: None,
        normal: meaning.normal,
        used_by: users(table, &subjects, std::slice::from_ref(&meaning)),
        meanings: vec![meaning],
        nearest: Vec::new(),
    };
    Some(Answer { schema: SCHEMA, messages: vec![message], left_out: 0 })
}

/// One message of the pasted text.
struct Pasted {
    /// All its lines, with a head.
    record: Vec<u8>,
    /// The head was put there so that the message can be read as an event.
    bare: bool,
    message: String,
}

fn unwrapped(text: &[u8], year: i32) -> Vec<u8> {
    let mut unwrap = Unwrap::new(year);
    let blocks = [unwrap.push(text.to_vec(), 1), unwrap.finish()];
    blocks.into_iter().flatten().flat_map(|block| block.text).collect()
}

/// A record is one message; lines before the first head are one message each, and get a head.
fn pasted(raw: &[u8], head: Option<&Head<'_>>) -> Vec<Pasted> {
    if let Some(head) = head {
        let message = String::from_utf8_lossy(head.message).into_owned();
        return vec![Pasted { record: raw.to_vec(), bare: false, message }];
    }
    let lines = raw.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines
        .map(|line| {
            let line = line.trim_ascii();
            let level: &[u8] = if line.starts_with(b"[") { b"" } else { b"[Note] " };
            let record = [b"2000-01-01  0:00:00 0 ", level, line, b"\n"].concat();
            Pasted { record, bare: true, message: String::from_utf8_lossy(line).into_owned() }
        })
        .collect()
}

fn explained(scanner: &Scanner, pasted: &Pasted) -> Message {
    let table = &scanner.table;
    let scanned = scanner.scan_text(pasted.record.clone());
    let mut found = matched(table, &scanned);
    let mut subjects: BTreeSet<Subject> = found.iter().map(|(subject, _)| *subject).collect();
    let level = parse_head(&pasted.record).and_then(|head| head.level);
    for event in &scanned.events {
        for signal in table.events.iter().filter(|one| one.kind == event.kind() && event_matches(one, event, level)) {
            subjects.insert(signal.subject);
            found.push((signal.subject, fields(event)));
        }
    }
    let mut meanings: Vec<Meaning> = Vec::new();
    for (subject, captured) in &found {
        let known = |one: &Meaning| table.rule(*subject).is_some_and(|rule| one.rule.as_ref() == Some(&rule.rule.id));
        if !meanings.iter().any(known) {
            meanings.extend(rule::meaning(table, *subject, captured));
        }
    }
    meanings.sort_by_key(|one| (one.needs_more, one.normal, std::cmp::Reverse(one.severity), one.rule.clone()));
    let mut kinds: Vec<&str> = scanned.events.iter().map(Event::kind).collect();
    kinds.dedup();
    meanings.extend(kinds.into_iter().filter_map(of_event));
    let printed = parse_head(&pasted.record).filter(|_| !pasted.bare);
    Message {
        text: printable(&cut(if pasted.bare { pasted.message.as_bytes() } else { first_line(&pasted.record) })),
        printed_by: printed.as_ref().map_or_else(|| by_source(&meanings), printer::name),
        level: printed.and_then(|head| head.level).map(|level| level.name()),
        normal: normal(&meanings),
        used_by: users(table, &subjects, &meanings),
        nearest: if meanings.is_empty() { nearest::nearest(table, &pasted.message) } else { Vec::new() },
        meanings,
    }
}

/// What the line alone tells; rules that need more lines are asked only where no other knows it.
fn normal(meanings: &[Meaning]) -> Normal {
    let alone = meanings.iter().filter(|one| !one.needs_more && one.rule.is_some()).map(|one| one.normal).min();
    alone.or_else(|| meanings.iter().map(|one| one.normal).max()).unwrap_or(Normal::Unknown)
}

/// The rules whose texts and expressions match the message, with what they read out of it.
fn matched(table: &Table, scanned: &Scanned) -> Vec<(Subject, Vec<(String, String)>)> {
    let signals = scanned.signals().filter_map(|index| table.signals.get(index as usize));
    let lines = || scanned.block.text.split(|byte| *byte == b'\n');
    signals
        .map(|signal| {
            (signal.subject, lines().map(|line| captures_of(signal, line)).max_by_key(Vec::len).unwrap_or_default())
        })
        .collect()
}

fn of_event(kind: &str) -> Option<Meaning> {
    let text = events::text(kind)?;
    let told = |text: &str| (!text.is_empty()).then(|| Neighbour { rule: String::new(), title: text.to_owned() });
    Some(Meaning {
        rule: None,
        event: Some(kind.to_owned()),
        title: kind.to_owned(),
        severity: None,
        normal: text.normal,
        needs_more: false,
        printed_by: vec![text.by.clone()],
        says: text.says.clone(),
        why: String::new(),
        impact: String::new(),
        before: told(&text.before).into_iter().collect(),
        more_before: 0,
        after: told(&text.after).into_iter().collect(),
        more_after: 0,
        alternatives: Vec::new(),
        verify: Vec::new(),
        remedy: Vec::new(),
    })
}

/// The rules that know or ask for one of these subjects, but for those that have spoken.
fn users(table: &Table, subjects: &BTreeSet<Subject>, spoken: &[Meaning]) -> Vec<String> {
    let mut users = rule::users(table, subjects);
    users.extend(subjects.iter().filter_map(|subject| table.rule(*subject)).map(|one| one.rule.id.clone()));
    users.sort();
    users.dedup();
    users.retain(|id| !spoken.iter().any(|meaning| meaning.rule.as_ref() == Some(id)));
    users
}

fn by_source(meanings: &[Meaning]) -> String {
    let first = meanings.iter().find_map(|one| one.printed_by.first());
    first.cloned().unwrap_or_else(|| "the text does not say".to_owned())
}

fn first_line(record: &[u8]) -> &[u8] {
    record.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn cut(text: &[u8]) -> Vec<u8> {
    text[..text.len().min(SHOWN)].to_vec()
}
