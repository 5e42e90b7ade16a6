//! What a scanner looks for: the table's signals, the triggers of typed events, and the marks of bad levels.

use std::collections::{HashMap, HashSet};

use super::block::{self, Line};
use super::expression::{Expression, SharedRoom};
use super::literals::{LiteralError, LiteralHit, Literals};
use crate::parse::trigger::{TRIGGERS, Trigger};
use crate::rules::table::{Matcher, Signal, Table};

/// Marks of lines that must be explained: the level words of server and garbd.
const LEVEL_MARKS: [&str; 6] = ["[ERROR]", "[Warning]", "[FATAL]", " WARN: ", "ERROR: ", "FATAL: "];

/// What a literal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Index into [`Table::signals`].
    Signal(u32),
    /// The same, of a signal that is only counted and needs no other proof than the literal.
    Counted(u32),
    /// Index into [`TRIGGERS`].
    Trigger(u32),
    /// The line may be an error or a warning.
    Level,
}

/// The table, ready to be looked for.
#[derive(Debug)]
pub struct Scanner {
    pub table: Table,
    pub literals: Literals,
    /// For each literal where its targets begin; one more at the end.
    starts: Vec<u32>,
    targets: Vec<Target>,
    /// For each signal its expression, unless a literal is proof enough.
    expressions: Vec<Option<Expression>>,
    room: SharedRoom,
}

impl Scanner {
    /// Collects the literals of the table, the event triggers and the level marks into one search.
    ///
    /// # Errors
    /// A literal is too short.
    pub fn new(table: Table) -> Result<Self, LiteralError> {
        let mut wanted = Wanted::default();
        for (signal, index) in table.signals.iter().zip(0..) {
            let target = if is_proven(signal) { Target::Counted(index) } else { Target::Signal(index) };
            for literal in &signal.literals {
                wanted.add(literal, target);
            }
        }
        let asked_for =
            |trigger: &Trigger| trigger.only_for_rules.is_none_or(|kind| table.events_by_kind.contains_key(kind));
        for (trigger, index) in TRIGGERS.iter().zip(0..).filter(|(trigger, _)| asked_for(trigger)) {
            wanted.add(trigger.literal, Target::Trigger(index));
        }
        for mark in LEVEL_MARKS {
            wanted.add(mark, Target::Level);
        }
        let literals = Literals::new(&wanted.texts)?;
        let (starts, targets) = flat(&wanted.targets);
        let expressions = table.signals.iter().map(expression).collect();
        Ok(Self { table, literals, starts, targets, expressions, room: SharedRoom::default() })
    }

    /// The table alone: frees all that was prepared for the search.
    pub fn into_table(self) -> Table {
        self.table
    }

    /// What the literal of a hit stands for.
    pub fn targets(&self, hit: LiteralHit) -> &[Target] {
        let range = self.starts.get(hit.literal()).zip(self.starts.get(hit.literal() + 1));
        range.and_then(|(start, end)| self.targets.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// Does the signal with this index really match the line, which has one of its literals?
    pub fn confirms(&self, index: usize, line: &mut Line<'_>) -> bool {
        let signal = &self.table.signals[index];
        let expression = self.expressions[index].as_ref();
        let matched = expression.is_none_or(|expression| expression.matches(line.matched(), &self.room));
        // Only a rule that narrows the level pays for the head.
        matched && (signal.levels.is_empty() || block::level_is(&signal.levels, line.level()))
    }

    /// For each signal, the lines that had its literal and the lines that it matched: what checks watch.
    pub fn candidates(&self, text: &[u8]) -> Vec<(u64, u64)> {
        let mut counts = vec![(0, 0); self.table.signals.len()];
        let mut hits = Vec::new();
        self.literals.hits(text, &mut hits);
        let mut seen = HashSet::new();
        for hit in hits {
            let range = block::line_around(text, hit.at());
            for target in self.targets(hit) {
                if let Target::Signal(index) | Target::Counted(index) = *target
                    && seen.insert((range.start, index))
                {
                    let index = index as usize;
                    counts[index].0 += 1;
                    counts[index].1 += u64::from(self.confirms(index, &mut Line::new(&text[range.clone()])));
                }
            }
        }
        counts
    }
}

fn expression(signal: &Signal) -> Option<Expression> {
    match &signal.matcher {
        Matcher::Regex(regex) if !signal.exact => Some(Expression::new(&regex.source, &signal.literals)),
        Matcher::Regex(_) | Matcher::Text => None,
    }
}

/// Is a line with one of the signal's literals a match, and nothing more wanted than their number?
fn is_proven(signal: &Signal) -> bool {
    signal.quiet && signal.exact && signal.levels.is_empty()
}

/// The literals to look for, each once, with what they stand for.
#[derive(Default)]
struct Wanted<'a> {
    texts: Vec<&'a str>,
    targets: Vec<Vec<Target>>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Wanted<'a> {
    fn add(&mut self, literal: &'a str, target: Target) {
        // No line has a line end; a literal that has one would be found across lines.
        if literal.contains('\n') {
            return;
        }
        let index = *self.known.entry(literal).or_insert_with(|| {
            self.texts.push(literal);
            self.targets.push(Vec::new());
            self.texts.len() - 1
        });
        if !self.targets[index].contains(&target) {
            self.targets[index].push(target);
        }
    }
}

/// The targets of all literals in one list, and where each literal's begin in it.
fn flat(of_literals: &[Vec<Target>]) -> (Vec<u32>, Vec<Target>) {
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut starts = Vec::with_capacity(of_literals.len() + 1);
    let mut targets = Vec::new();
    for of_literal in of_literals {
        starts.push(number(targets.len()));
        targets.extend_from_slice(of_literal);
    }
    starts.push(number(targets.len()));
    (starts, targets)
}
