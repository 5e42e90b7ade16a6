//! How much of a catalogue of message templates the rules and the typed events know.
//!
//! A catalogue is a table of tab-separated columns with a header: `component`, `severity` and `template` are needed,
//! `source` is shown where it is there.

pub mod recognise;
mod template;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::parse::head::Level;
use crate::rules::schema::Role;
use crate::rules::table::{Matcher, Signal, Table};
use crate::scan::scanner::Scanner;
use recognise::Known;

/// One message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Line of the catalogue.
    pub line: usize,
    pub component: String,
    /// As the source calls it: `fatal`, `error`, `warn`, `info`.
    pub severity: String,
    pub template: String,
    /// File and line that print it.
    pub source: String,
}

/// Why a catalogue can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the first line names no column '{0}'; a catalogue has tab-separated columns component, severity and template")]
pub struct CatalogueError(&'static str);

/// A catalogue, and what of it could not be read.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub messages: Vec<Message>,
    /// Lines with a column missing.
    pub broken: Vec<usize>,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// The header lacks a column.
    pub fn read(text: &str) -> Result<Self, CatalogueError> {
        let mut lines = text.lines().zip(1..);
        let header: Vec<&str> = lines.next().map(|(line, _)| line.split('\t').collect()).unwrap_or_default();
        let column = |name| header.iter().position(|column| *column == name);
        let needed = |name| column(name).ok_or(CatalogueError(name));
        let (component, severity, template) = (needed("component")?, needed("severity")?, needed("template")?);
        let source = column("source");
        let mut catalogue = Self::default();
        for (text, line) in lines.filter(|(text, _)| !text.trim().is_empty()) {
            let cells: Vec<&str> = text.split('\t').collect();
            let cell = |index: usize| cells.get(index).map(|cell| (*cell).to_owned()).filter(|cell| !cell.is_empty());
            match (cell(component), cell(severity), cell(template)) {
                (Some(component), Some(severity), Some(template)) => {
                    let source = source.and_then(cell).unwrap_or_default();
                    catalogue.messages.push(Message { line, component, severity, template, source });
                }
                _ => catalogue.broken.push(line),
            }
        }
        Ok(catalogue)
    }
}

/// How a message is known: the first of these that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    Rule,
    Benign,
    Event,
}

/// What became of one message.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub line: usize,
    pub component: String,
    pub severity: String,
    pub template: String,
    pub source: String,
    /// None: nothing knows it.
    pub how: Option<How>,
    /// Rule ids, then kinds of events.
    pub by: Vec<String>,
}

/// Known messages of one component and severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub component: String,
    pub severity: String,
    pub total: usize,
    pub by_rule: usize,
    pub by_benign: usize,
    pub by_event: usize,
}

impl Count {
    pub fn known(&self) -> usize {
        self.by_rule + self.by_benign + self.by_event
    }
}

/// A text or expression that was not counted, since it takes too many messages of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TooWide {
    pub component: String,
    pub rule: String,
    pub messages: usize,
}

/// How much of a catalogue is known.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    pub counts: Vec<Count>,
    pub too_wide: Vec<TooWide>,
    pub messages: Vec<Judged>,
}

/// A signal that takes more of a component's messages than this share, and more than [`FEW`], is no knowledge of them.
const SHARE: usize = 10;
const FEW: usize = 12;

/// Asks the rules about each message.
pub fn coverage(scanner: &Scanner, messages: &[Message]) -> Coverage {
    let mut known: Vec<Known> = messages
        .iter()
        .map(|one| recognise::of_template(scanner, &one.component, level(&one.severity), &one.template))
        .collect();
    let too_wide = forget_too_wide(&scanner.table, messages, &mut known);
    let messages: Vec<Judged> = messages.iter().zip(&known).map(|(one, known)| judged(scanner, one, known)).collect();
    Coverage { counts: counts(&messages), too_wide, messages }
}

/// The level at which the server prints a message of this severity.
fn level(severity: &str) -> Option<Level> {
    match severity {
        "fatal" | "error" => Some(Level::Error),
        "warn" | "warning" => Some(Level::Warning),
        _ => Some(Level::Note),
    }
}

fn forget_too_wide(table: &Table, messages: &[Message], known: &mut [Known]) -> Vec<TooWide> {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for (one, known) in messages.iter().zip(known.iter()) {
        *totals.entry(&one.component).or_default() += 1;
        for &signal in &known.signals {
            *taken.entry((&one.component, signal)).or_default() += 1;
        }
    }
    let limit = |component: &str| FEW.max(totals.get(component).copied().unwrap_or(0) / SHARE);
    taken.retain(|(component, signal), count| {
        *count > limit(component)
            && table
                .signals
                .get(*signal as usize)
                .is_some_and(|signal| is_wide(signal, component, messages, limit(component)))
    });
    for (one, known) in messages.iter().zip(known) {
        known.signals.retain(|&signal| !taken.contains_key(&(one.component.as_str(), signal)));
    }
    let rule = |signal: u32| Some(table.rule(table.signals.get(signal as usize)?.subject)?.rule.id.clone());
    let wide = taken.into_iter().filter_map(|((component, signal), messages)| {
        Some(TooWide { component: component.to_owned(), rule: rule(signal)?, messages })
    });
    wide.collect()
}

/// Many texts may know many messages; one text or expression may not.
fn is_wide(signal: &Signal, component: &str, messages: &[Message], limit: usize) -> bool {
    let of_component = || messages.iter().filter(|one| one.component == component);
    let takes = |text: &String| of_component().filter(|one| one.template.contains(text.as_str())).count();
    matches!(signal.matcher, Matcher::Regex(_)) || signal.literals.iter().any(|text| takes(text) > limit)
}

fn judged(scanner: &Scanner, one: &Message, known: &Known) -> Judged {
    let rules: Vec<_> = known
        .subjects(scanner)
        .into_iter()
        .filter_map(|subject| scanner.table.rule(subject))
        .map(|found| &found.rule)
        .collect();
    let how = match rules.iter().any(|rule| rule.role != Role::Benign) {
        true => Some(How::Rule),
        false if !rules.is_empty() => Some(How::Benign),
        false => (!known.events.is_empty()).then_some(How::Event),
    };
    Judged {
        line: one.line,
        component: one.component.clone(),
        severity: one.severity.clone(),
        template: one.template.clone(),
        source: one.source.clone(),
        how,
        by: rules.iter().map(|rule| rule.id.clone()).chain(known.events.iter().map(|&kind| kind.to_owned())).collect(),
    }
}

fn counts(messages: &[Judged]) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for one in messages {
        let same = |count: &Count| count.component == one.component && count.severity == one.severity;
        let index = counts.iter().position(same).unwrap_or_else(|| {
            let (component, severity) = (one.component.clone(), one.severity.clone());
            counts.push(Count { component, severity, ..Count::default() });
            counts.len() - 1
        });
        let count = &mut counts[index];
        count.total += 1;
        match one.how {
            Some(How::Rule) => count.by_rule += 1,
            Some(How::Benign) => count.by_benign += 1,
            Some(How::Event) => count.by_event += 1,
            None => {}
        }
    }
    counts.sort_by_key(|count| (count.component.clone(), rank(&count.severity), count.severity.clone()));
    counts
}

/// Worst first.
fn rank(severity: &str) -> usize {
    ["fatal", "error", "warn", "info"].iter().position(|known| *known == severity).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_and_broken_lines_are_counted() {
        let text = "template\tseverity\tcomponent\nno such <path>\terror\tgcs\nlonely\n\nquiet\tinfo\tgcs\n";
        let catalogue = Catalogue::read(text).expect("a header");
        assert_eq!(
            catalogue.messages.iter().map(|one| one.template.as_str()).collect::<Vec<_>>(),
            ["no such <path>", "quiet"]
        );
        assert_eq!(catalogue.broken, [3]);
        assert_eq!(Catalogue::read("a\tb\n").err(), Some(CatalogueError("component")));
        assert!(Catalogue::read("").is_err());
    }
}
