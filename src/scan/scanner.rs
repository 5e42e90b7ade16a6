//! What a scanner looks for: the table's signals, the triggers of typed events, and the marks of bad levels.

use std::collections::{HashMap, HashSet};

use super::automaton::{Automaton, AutomatonError, LiteralHit, Room};
use super::block::{self, Line};
use super::expression::{Expression, SharedRoom};
use crate::parse::trigger::TRIGGERS;
use crate::rules::frequency::Frequencies;
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
    pub automaton: Automaton,
    /// For each state of the automaton where its targets begin; one more at the end.
    starts: Vec<u32>,
    targets: Vec<Target>,
    /// For each signal its expression, if it has one.
    expressions: Vec<Option<Expression>>,
    room: SharedRoom,
}

impl Scanner {
    /// Collects the literals of the table, the event triggers and the level marks into one automaton.
    ///
    /// # Errors
    /// The literals can't be made into an automaton.
    pub fn new(table: Table) -> Result<Self, AutomatonError> {
        let mut literals = Literals::default();
        for (signal, index) in table.signals.iter().zip(0..) {
            let target = if is_proven(signal) { Target::Counted(index) } else { Target::Signal(index) };
            for literal in &signal.literals {
                literals.add(literal, target);
            }
        }
        let known = Frequencies::default();
        for (trigger, index) in TRIGGERS.iter().zip(0..) {
            literals.add(window(trigger.literal, &known), Target::Trigger(index));
        }
        for mark in LEVEL_MARKS {
            literals.add(mark, Target::Level);
        }
        let automaton = Automaton::new(&literals.texts)?;
        let (starts, targets) = by_state(&automaton, &literals);
        let expressions = table.signals.iter().map(expression).collect();
        Ok(Self { table, automaton, starts, targets, expressions, room: SharedRoom::default() })
    }

    /// What ends at a hit of this scanner's automaton.
    pub fn targets(&self, hit: LiteralHit) -> &[Target] {
        let range = self.starts.get(hit.state()).zip(self.starts.get(hit.state() + 1));
        range.and_then(|(start, end)| self.targets.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    /// Does the signal with this index really match the line?
    pub fn confirms(&self, index: usize, line: &mut Line<'_>) -> bool {
        let signal = &self.table.signals[index];
        let matched = match &signal.matcher {
            Matcher::Text(_, finder) => finder.as_ref().is_none_or(|finder| finder.find(line.text).is_some()),
            Matcher::Regex(_) => {
                let expression = self.expressions[index].as_ref();
                expression.is_some_and(|expression| expression.matches(line.matched(), &self.room))
            }
        };
        matched && (signal.levels.is_empty() || block::level_is(&signal.levels, line.head()))
    }

    /// For each signal, the lines that had its literal and the lines that it matched: what checks watch.
    pub fn candidates(&self, text: &[u8]) -> Vec<(u64, u64)> {
        let mut counts = vec![(0, 0); self.table.signals.len()];
        let mut hits = Vec::new();
        self.automaton.hits(text, &mut Room::default(), &mut hits);
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
        Matcher::Regex(regex) => Some(Expression::new(&regex.source)),
        Matcher::Text(..) => None,
    }
}

/// Is a line with one of the signal's literals a match, and nothing more wanted than their number?
fn is_proven(signal: &Signal) -> bool {
    signal.quiet && signal.levels.is_empty() && matches!(signal.matcher, Matcher::Text(_, None))
}

/// The part of a trigger's literal to look for. A line of equals signs would have a window of them at each place.
fn window<'a>(literal: &'a str, known: &Frequencies) -> &'a str {
    let (window, _) = known.rarest(literal);
    let mut bytes = window.bytes();
    let first = bytes.next();
    if bytes.all(|byte| Some(byte) == first) { literal } else { window }
}

#[derive(Default)]
struct Literals {
    texts: Vec<String>,
    targets: Vec<Vec<Target>>,
    known: HashMap<String, usize>,
}

impl Literals {
    fn add(&mut self, literal: &str, target: Target) {
        let index = *self.known.entry(literal.to_owned()).or_insert_with(|| {
            self.texts.push(literal.to_owned());
            self.targets.push(Vec::new());
            self.texts.len() - 1
        });
        self.targets[index].push(target);
    }
}

/// The targets of each state in one list, and where each state's begin in it.
fn by_state(automaton: &Automaton, literals: &Literals) -> (Vec<u32>, Vec<Target>) {
    let mut starts = Vec::with_capacity(automaton.states() + 1);
    let mut targets: Vec<Target> = Vec::new();
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    for state in 0..automaton.states() {
        let start = targets.len();
        starts.push(number(start));
        for &target in automaton.ending(state).flat_map(|literal| &literals.targets[literal]) {
            if !targets[start..].contains(&target) {
                targets.push(target);
            }
        }
    }
    starts.push(number(targets.len()));
    (starts, targets)
}
