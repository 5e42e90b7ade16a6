//! Log texts through the real engine, to see which rules they hit.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::collect::{Collector, Window};
use crate::cluster::compare::compare;
use crate::cluster::log::{File, Log};
use crate::rules::read::LoadedRule;
use crate::rules::table::{Matcher, Subject, Table};
use crate::scan::scanner::Scanner;

use super::LintError;

/// The rules under check, ready to be tried on texts.
pub struct Trial {
    pub scanner: Scanner,
}

/// What a text hit.
pub struct Outcome {
    logs: Vec<Log>,
}

impl Trial {
    pub fn new(rules: Vec<LoadedRule>) -> Result<Self, LintError> {
        Ok(Self { scanner: Scanner::new(Table::new(rules)?)? })
    }

    pub fn table(&self) -> &Table {
        &self.scanner.table
    }

    /// Reads a text as one log, or as one log for each part under a line `==> name <==`, as `tail` prints it.
    pub fn run(&self, text: &str) -> Outcome {
        let mut collectors: Vec<Collector<'_>> =
            parts(text).into_iter().map(|(name, part)| self.read(name, &part)).collect();
        compare(&mut collectors);
        Outcome { logs: collectors.into_iter().map(Collector::finish).collect() }
    }

    fn read(&self, name: &str, text: &str) -> Collector<'_> {
        let log = Log { stem: name.to_owned(), files: vec![File::default()], ..Log::default() };
        let mut collector = Collector::new(self.table(), Window::default(), log);
        collector.take(0, &mut self.scanner.scan_text(text.as_bytes().to_vec()));
        collector
    }

    /// Whether a line or event of the text gives all these captures.
    pub fn captures(&self, rule: Subject, text: &str, wanted: &BTreeMap<String, String>) -> bool {
        let given = |got: &[(String, String)]| {
            wanted.iter().all(|(name, value)| got.iter().any(|(known, found)| known == name && found == value))
        };
        let outcome = self.run(text);
        let hits = outcome.logs.iter().flat_map(|log| log.bursts_of(rule)).flat_map(|burst| burst.hits());
        hits.into_iter().any(|hit| given(&hit.captures)) || self.lines(rule, text).iter().any(|got| given(got))
    }

    /// The captures of each line of a text that one of the rule's expressions matches.
    ///
    /// The collector keeps only some hits of a burst, and none of rules that are only counted.
    pub fn lines(&self, rule: Subject, text: &str) -> Vec<Vec<(String, String)>> {
        let signals = self.table().signals.iter().filter(|signal| signal.subject == rule);
        let regexes = signals.filter_map(|signal| match &signal.matcher {
            Matcher::Regex(regex) => regex.get(),
            Matcher::Text => None,
        });
        let mut all = Vec::new();
        for regex in regexes {
            for found in text.lines().filter_map(|line| regex.captures(line.as_bytes())) {
                let value = |name: &str| Some(String::from_utf8_lossy(found.name(name)?.as_bytes()).into_owned());
                let names = regex.capture_names().flatten();
                all.push(names.filter_map(|name| Some((name.to_owned(), value(name)?))).collect());
            }
        }
        all
    }
}

impl Outcome {
    /// The rules that the text hit, with the subjects of hidden conditions.
    pub fn hits(&self) -> BTreeSet<Subject> {
        self.logs.iter().flat_map(|log| log.bursts.keys().chain(log.quiet.keys())).copied().collect()
    }

    /// The first line that a rule hit, where it is kept.
    pub fn line(&self, rule: Subject) -> Option<String> {
        let burst = self.logs.iter().find_map(|log| log.bursts_of(rule).first())?;
        Some(String::from_utf8_lossy(&burst.first.text).into_owned())
    }
}

/// The logs of a text, with their names.
fn parts(text: &str) -> Vec<(&str, String)> {
    let mut parts = vec![("node", String::new())];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <==")) {
            parts.push((name, String::new()));
        } else if let Some((_, part)) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_text_is_one_log_or_several() {
        assert_eq!(parts("a\nb"), [("node", "a\nb\n".to_owned())]);
        assert_eq!(parts("\n==> n1 <==\na\n==> n2 <==\nb\n"), [("n1", "a\n".to_owned()), ("n2", "b\n".to_owned())]);
    }
}
