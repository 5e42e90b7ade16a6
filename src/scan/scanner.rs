//! What a scanner looks for: the table's signals, the triggers of typed events, and the marks of bad levels.

use std::collections::HashMap;

use super::automaton::{Automaton, AutomatonError};
use super::block;
use crate::parse::trigger::TRIGGERS;
use crate::rules::frequency::Frequencies;
use crate::rules::table::Table;

/// Marks of lines that must be explained: the level words of server and garbd.
const LEVEL_MARKS: [&str; 6] = ["[ERROR]", "[Warning]", "[FATAL]", " WARN: ", "ERROR: ", "FATAL: "];

/// What a literal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Index into [`Table::signals`].
    Signal(usize),
    /// Index into [`TRIGGERS`].
    Trigger(usize),
    /// The line may be an error or a warning.
    Level,
}

/// The table, ready to be looked for.
#[derive(Debug)]
pub struct Scanner {
    pub table: Table,
    pub automaton: Automaton,
    /// What each literal of the automaton stands for.
    targets: Vec<Vec<Target>>,
}

impl Scanner {
    /// Collects the literals of the table, the event triggers and the level marks into one automaton.
    ///
    /// # Errors
    /// The literals can't be made into an automaton.
    pub fn new(table: Table) -> Result<Self, AutomatonError> {
        let mut literals = Literals::default();
        for (index, signal) in table.signals.iter().enumerate() {
            for literal in &signal.literals {
                literals.add(literal, Target::Signal(index));
            }
        }
        let known = Frequencies::default();
        for (index, trigger) in TRIGGERS.iter().enumerate() {
            literals.add(known.rarest(trigger.literal).0, Target::Trigger(index));
        }
        for mark in LEVEL_MARKS {
            literals.add(mark, Target::Level);
        }
        Ok(Self { automaton: Automaton::new(literals.texts)?, targets: literals.targets, table })
    }

    /// For each signal, the lines that had its literal and the lines that it matched: what checks watch.
    pub fn candidates(&self, text: &[u8]) -> Vec<(u64, u64)> {
        let mut counts = vec![(0, 0); self.table.signals.len()];
        let mut hits = Vec::new();
        self.automaton.hits(text, 0, &mut hits);
        let mut seen = std::collections::HashSet::new();
        for hit in hits {
            let range = block::line_around(text, hit.at());
            self.automaton.patterns(hit, 0, |pattern| {
                for target in self.targets(pattern) {
                    if let Target::Signal(index) = *target
                        && seen.insert((range.start, index))
                    {
                        counts[index].0 += 1;
                        let line = &text[range.clone()];
                        counts[index].1 += u64::from(block::confirms(&self.table.signals[index], line, &mut None));
                    }
                }
            });
        }
        counts
    }

    /// What the literal with this pattern number stands for.
    pub fn targets(&self, pattern: usize) -> &[Target] {
        self.targets.get(pattern).map_or(&[], Vec::as_slice)
    }
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
