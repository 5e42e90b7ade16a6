//! Placeholders: each is filled by a capture or a fact, and stands where its value can.

use super::Checked;
use super::form::captured;
use super::nearest::hint;
use crate::cluster::facts;
use crate::diagnose::fill::{Piece, open_quote, pieces};
use crate::rules::schema::{CaptureType, Rule};

pub fn check(checked: &mut Checked<'_>) {
    let known = Known::new(checked.rule);
    for text in texts(checked.rule) {
        if let Some(wrong) = misspelled(text.text) {
            checked.say(&text.place, wrong, &format!("'{wrong}' is no placeholder: names are a-z, 0-9 and _"));
        }
        let mut before = String::new();
        for piece in pieces(text.text) {
            match piece {
                Piece::Text(plain) => before.push_str(plain),
                Piece::Hole { name, part, .. } => {
                    if let Some(problem) = known.problem(name, part, text.command && open_quote(&before)) {
                        checked.say(&text.place, &format!("{{{name}"), &problem);
                    }
                    before.push('x');
                }
            }
        }
    }
}

/// The names that texts of one rule may use, with their types.
struct Known {
    names: Vec<(String, CaptureType)>,
}

impl Known {
    /// A capture hides a fact of the same name.
    fn new(rule: &Rule) -> Self {
        let kind = |name: &String| rule.captures.get(name).copied().unwrap_or_default();
        let mut names: Vec<(String, CaptureType)> =
            captured(rule).into_iter().map(|name| (name.clone(), kind(&name))).collect();
        names.extend(facts::KNOWN.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
        Self { names }
    }

    fn problem(&self, name: &str, part: Option<&str>, in_quotes: bool) -> Option<String> {
        let Some((_, kind)) = self.names.iter().find(|(known, _)| known == name) else {
            let hint = hint(name, self.names.iter().map(|(known, _)| known.as_str()));
            return Some(format!("{{{name}}} is neither a capture nor a fact{hint}"));
        };
        match part {
            Some("host") if matches!(kind, CaptureType::Address | CaptureType::Host) => None,
            Some("port") if *kind == CaptureType::Address => None,
            Some(part) => Some(format!("{{{name}.{part}}} needs {name} to be an address, say so under [captures]")),
            None if in_quotes && !is_word_like(*kind) => Some(format!(
                "{{{name}}} stands in quotes, but its value may need quotes of its own; values are quoted when filled in"
            )),
            None => None,
        }
    }
}

/// Values of these types need no quotes, as a rule.
fn is_word_like(kind: CaptureType) -> bool {
    match kind {
        CaptureType::Word
        | CaptureType::Number
        | CaptureType::Seqno
        | CaptureType::Host
        | CaptureType::Port
        | CaptureType::Uuid
        | CaptureType::Node
        | CaptureType::Identifier => true,
        CaptureType::Text | CaptureType::Path | CaptureType::Address => false,
    }
}

/// What looks like a placeholder but is read as plain text.
fn misspelled(template: &str) -> Option<&str> {
    let wordy = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    template.match_indices('{').find_map(|(open, _)| {
        let (inside, _) = template[open + 1..].split_once('}')?;
        let whole = template.get(open..open + inside.len() + 2)?;
        let name = inside.split('|').next().unwrap_or(inside);
        let looks_like_one = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(wordy);
        (looks_like_one && !matches!(pieces(whole).as_slice(), [Piece::Hole { .. }])).then_some(whole)
    })
}

/// A text with placeholders.
struct Template<'a> {
    place: String,
    text: &'a str,
    command: bool,
}

fn texts(rule: &Rule) -> Vec<Template<'_>> {
    let mut all = Vec::new();
    let mut add = |place: String, text, command| all.push(Template { place, text, command });
    add("title".to_owned(), rule.title.as_str(), false);
    add("diagnosis.cause".to_owned(), &rule.diagnosis.cause, false);
    add("diagnosis.why".to_owned(), &rule.diagnosis.why, false);
    add("diagnosis.impact".to_owned(), &rule.diagnosis.impact, false);
    for (index, one) in rule.alternatives.iter().enumerate() {
        add(format!("alternative.{index}.cause"), &one.cause, false);
        add(format!("alternative.{index}.check"), one.check.as_deref().unwrap_or_default(), true);
    }
    for (index, one) in rule.verify.iter().enumerate() {
        add(format!("verify.{index}.run"), &one.run, true);
        add(format!("verify.{index}.confirms"), &one.confirms, false);
        add(format!("verify.{index}.refutes"), &one.refutes, false);
    }
    for (index, one) in rule.remedy.iter().enumerate() {
        add(format!("remedy.{index}.step"), &one.step, false);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::misspelled;

    #[test]
    fn near_misses_are_seen_and_code_is_not() {
        assert_eq!(misspelled("of {Node} here"), Some("{Node}"));
        assert_eq!(misspelled("{node} and {peer.name}"), Some("{peer.name}"));
        assert_eq!(misspelled("awk '{print $1}' {}"), None);
        assert_eq!(misspelled("an open { brace"), None);
    }
}
