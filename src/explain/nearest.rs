//! The known messages that an unknown one is most like.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::cluster::template::template;
use crate::diagnose::printable::printable;
use crate::parse::head::parse_head;
use crate::rules::table::Table;

/// Known messages named at most.
const MOST: usize = 3;

/// Less than this share of the words in common is no likeness.
const LEAST: f64 = 0.2;

/// A known message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Near {
    pub rule: String,
    pub title: String,
    pub text: String,
}

/// The most alike first; of each rule one. A rare word in common says more than a common one.
pub fn nearest(table: &Table, message: &str) -> Vec<Near> {
    let wanted = words(message);
    let known = known(table);
    let mut spread: HashMap<&str, usize> = HashMap::new();
    for word in known.iter().flat_map(|one| &one.words) {
        *spread.entry(word).or_default() += 1;
    }
    let weight = |word: &String| {
        let count = spread.get(word.as_str()).copied().unwrap_or(0);
        (known.len() as f64 / (1 + count) as f64).ln().max(0.1)
    };
    let sum = |words: &mut dyn Iterator<Item = &String>| words.map(weight).sum::<f64>();
    let all = sum(&mut wanted.iter());
    let mut scored: Vec<(f64, &KnownMessage<'_>)> = known
        .iter()
        .map(|one| {
            let common = sum(&mut wanted.intersection(&one.words));
            (common / (all + sum(&mut one.words.iter()) - common).max(f64::EPSILON), one)
        })
        .filter(|(likeness, _)| *likeness >= LEAST)
        .collect();
    scored.sort_by(|(left, one), (right, other)| right.total_cmp(left).then_with(|| one.text.cmp(other.text)));
    let mut rules = HashSet::new();
    scored.retain(|(_, one)| rules.insert(one.rule));
    scored.truncate(MOST);
    scored.into_iter().map(|(_, one)| one.shown(table)).collect()
}

/// A message that a rule knows: a line of an example, or a text that it looks for.
struct KnownMessage<'a> {
    rule: usize,
    text: &'a str,
    words: HashSet<String>,
}

impl KnownMessage<'_> {
    fn shown(&self, table: &Table) -> Near {
        let rule = table.rule(self.rule).map(|found| &found.rule);
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        Near {
            rule: text(rule.map(|rule| &rule.id)),
            title: text(rule.map(|rule| &rule.title)),
            text: printable(message_of(self.text).as_bytes()),
        }
    }
}

fn known(table: &Table) -> Vec<KnownMessage<'_>> {
    let of_rule = table.rules.iter().enumerate().flat_map(|(rule, compiled)| {
        let examples = compiled.rule.examples.iter().flat_map(|example| example.log.lines());
        let texts = compiled.rule.matches.iter().flat_map(|one| one.literals()).map(String::as_str);
        examples.chain(texts).map(move |text| (rule, text))
    });
    of_rule.map(|(rule, text)| KnownMessage { rule, text, words: words(text) }).collect()
}

fn message_of(line: &str) -> &str {
    parse_head(line.as_bytes()).and_then(|head| std::str::from_utf8(head.message).ok()).unwrap_or(line)
}

/// The words of a message, without the values that change from line to line.
fn words(line: &str) -> HashSet<String> {
    let shape = template(message_of(line).as_bytes());
    let words = shape.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.len() > 1 && *word != "WSREP").map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::embedded;

    #[test]
    fn a_misspelled_message_is_near_to_the_right_one() {
        let table = Table::new(embedded().expect("built in")).expect("they compile");
        let near = nearest(&table, "no nodes coming from a prim vue, no prim");
        assert!(near.iter().any(|one| one.text.contains("nodes coming from prim")), "{near:?}");
        assert!(nearest(&table, "the quick brown fox jumps over lazy dogs").is_empty());
    }
}
