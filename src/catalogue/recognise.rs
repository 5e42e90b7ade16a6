//! Which rules and events know a message.

use std::collections::BTreeSet;

use crate::parse::head::Level;
use crate::rules::table::Subject;
use crate::scan::scanner::Scanner;

use super::template;

/// What knows a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Indexes into the table's signals.
    pub signals: BTreeSet<u32>,
    /// Kinds of typed events.
    pub events: BTreeSet<&'static str>,
}

/// All that knows a text, which may have several lines.
pub fn recognise(scanner: &Scanner, text: Vec<u8>) -> Known {
    let scanned = scanner.scan_text(text);
    Known { signals: scanned.signals().collect(), events: scanned.events.iter().map(|event| event.kind()).collect() }
}

impl Known {
    /// The rules among them.
    pub fn subjects(&self, scanner: &Scanner) -> BTreeSet<Subject> {
        let signals = &scanner.table.signals;
        self.signals.iter().filter_map(|&index| signals.get(index as usize)).map(|signal| signal.subject).collect()
    }
}

/// What knows a template: what knows one of its lines by its words.
///
/// Lines with the same head, values and punctuation but other words are asked about as well. What knows these knows
/// nothing of the message: it takes any line of the component.
pub fn of_template(scanner: &Scanner, component: &str, level: Option<Level>, template: &str) -> Known {
    let lines_with = |words| {
        let lines = template::lines(template, words);
        lines.iter().map(|line| headed(component, level, line)).collect::<String>()
    };
    let mut known = recognise(scanner, lines_with(str::to_owned).into_bytes());
    let anything = recognise(scanner, lines_with(rotated).into_bytes());
    known.signals.retain(|signal| !anything.signals.contains(signal));
    known.events.retain(|event| !anything.events.contains(event));
    known
}

const INNODB: &str = "InnoDB: ";

/// The words of a text, made unreadable; their lengths, and all that is no letter, stay.
fn rotated(text: &str) -> String {
    let turn = |c: char, first: u8| char::from((c as u8 - first + 13) % 26 + first);
    let letter = |c: char| match c {
        'a'..='z' => turn(c, b'a'),
        'A'..='Z' => turn(c, b'A'),
        _ => c,
    };
    // InnoDB's messages carry their head with them.
    let (head, words) = text.split_at(text.find(INNODB).map_or(0, |at| at + INNODB.len()));
    head.chars().chain(words.chars().map(letter)).collect()
}

/// The line as the component prints it.
fn headed(component: &str, level: Option<Level>, line: &str) -> String {
    let word = level.map_or("Note", Level::name);
    match component {
        "garbd" => {
            let word = match level {
                Some(Level::Error) => "ERROR",
                Some(Level::Warning) => " WARN",
                _ => " INFO",
            };
            format!("2026-11-24 07:43:33.097 {word}: {line}\n")
        }
        script if script.starts_with("sst-") => {
            let word = match level {
                Some(Level::Error) => "ERROR",
                Some(Level::Warning) => "WARNING",
                _ => "INFO",
            };
            format!("WSREP_SST: [{word}] {line} (20261124 07:41:08.123)\n")
        }
        "innodb" | "server" | "openssl" => format!("2026-11-24  7:43:17 0 [{word}] {line}\n"),
        _ => format!("2026-11-24  7:43:17 0 [{word}] WSREP: {line}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::frequency::Frequencies;
    use crate::rules::read::from_text;
    use crate::rules::table::Table;

    fn known(matches: &str, template: &str) -> usize {
        let text =
            format!("id = 'r'\ntitle = 'r'\narea = 'r'\nseverity = 'error'\nrole = 'cause'\n[[match]]\n{matches}");
        let rule = from_text(&text, "r.toml".as_ref(), &Frequencies::default()).expect("a rule");
        let scanner = Scanner::new(Table::new(vec![rule]).expect("a table")).expect("a search");
        of_template(&scanner, "gcs", Some(Level::Error), template).signals.len()
    }

    #[test]
    fn what_takes_any_line_knows_nothing() {
        assert_eq!(known("text = 'Failed to open'", "Failed to open <path>: <errno> (<errstr>)"), 1);
        assert_eq!(known("text = '[ERROR] WSREP'", "Failed to open <path>: <errno> (<errstr>)"), 0);
        assert_eq!(known("text = 'Connection refused'", "Failed to open <path>: <str>"), 0);
    }

    #[test]
    fn a_value_may_have_any_form_that_a_rule_looks_for() {
        assert_eq!(
            known(r"regex = 'peer (?<peer>[0-9a-f]{8}-[0-9a-f]{4}) is gone: \d+'", "peer <uuid> is gone: <num>"),
            1
        );
        assert_eq!(known(r"regex = 'bad option \w+\.\w+ = tcp://'", "bad option <key> = <val>"), 1);
    }

    #[test]
    fn typed_events_count() {
        let scanner = Scanner::new(Table::new(Vec::new()).expect("a table")).expect("a search");
        let known = of_template(&scanner, "gcs", None, "Shifting <state> -> <state> (TO: <seqno>)");
        assert_eq!(known.events.into_iter().collect::<Vec<_>>(), ["shift"]);
    }
}
