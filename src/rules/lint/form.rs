//! The shape of a rule: its name and place, its matches, its captures.

use std::path::Path;

use super::Checked;
use super::nearest::hint;
use crate::parse::event::Event;
use crate::parse::head::Level;
use crate::rules::schema::{Match, Rule};
use crate::rules::table::compile;

/// Levels that a match may ask for.
const LEVELS: [Level; 5] = [Level::Error, Level::Warning, Level::Note, Level::System, Level::Debug];

pub fn check(checked: &mut Checked<'_>) {
    identity(checked);
    let rule = checked.rule;
    if rule.matches.is_empty() {
        checked.say("id", "", "there is no [[match]], so the rule can never fire");
    }
    for (index, one) in rule.matches.iter().enumerate() {
        subject(checked, index, one);
        level(checked, index, one);
    }
    captures(checked);
}

fn identity(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    let file = checked.page.path().to_owned();
    let name = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_owned();
    let stem = name(Path::new(&file).file_stem());
    let folder = name(Path::new(&file).parent().and_then(Path::file_name));
    if stem != rule.id {
        checked.say("id", "", &format!("the id '{}' is not the file's stem '{stem}'", rule.id));
    }
    if folder != rule.area {
        checked.say("area", "", &format!("the area '{}' is not the folder '{folder}' that the file is in", rule.area));
    }
    for (place, word) in [("id", &rule.id), ("area", &rule.area)] {
        if !is_kebab(word) {
            checked.say(place, "", &format!("'{word}' is not lower-case words joined by hyphens"));
        }
    }
    for tag in rule.tags.iter().filter(|tag| !is_kebab(tag)) {
        checked.say("tags", tag, &format!("the tag '{tag}' is not lower-case words joined by hyphens"));
    }
}

fn is_kebab(word: &str) -> bool {
    word.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

/// The loader refuses a match without exactly one subject, and a regex without a required literal.
fn subject(checked: &mut Checked<'_>, index: usize, one: &Match) {
    if let Some(kind) = &one.event {
        event(checked, &format!("match.{index}"), kind, one.fields.iter());
        return;
    }
    if !one.fields.is_empty() {
        checked.say(&format!("match.{index}.where"), "", "only an event has fields to ask for with 'where'");
    }
    let Some(regex) = &one.regex else { return };
    let place = format!("match.{index}.regex");
    if let Err(error) = compile(regex) {
        checked.say(&place, "", &format!("the regex can't be compiled: {error}"));
    }
    if regex.trim_start_matches('^').starts_with(".*") {
        checked.say(&place, ".*", "a match is found anywhere in the line, so a leading .* only costs time");
    }
    let body = regex.strip_suffix('$').unwrap_or(regex);
    if body.ends_with(".*") && !body.ends_with("\\.*") {
        checked.say(&place, "", "a match may end anywhere in the line, so a trailing .* only costs time");
    }
}

/// An event of a match or a condition, with the fields it asks for.
pub fn event<'a>(
    checked: &mut Checked<'_>,
    place: &str,
    kind: &str,
    fields: impl Iterator<Item = (&'a String, &'a String)>,
) {
    let Some((_, known)) = Event::KINDS.iter().find(|(known, _)| *known == kind) else {
        let hint = hint(kind, Event::KINDS.iter().map(|(kind, _)| *kind));
        checked.say(&format!("{place}.event"), "", &format!("there is no event '{kind}'{hint}"));
        return;
    };
    for (field, wanted) in fields {
        let at = format!("{place}.where.{field}");
        if !known.contains(&field.as_str()) {
            let hint = hint(field, known.iter().copied());
            checked.say(&at, "", &format!("the event '{kind}' has no field '{field}'{hint}"));
        }
        let limit = wanted.strip_prefix(">=").or_else(|| wanted.strip_prefix('<'));
        if limit.is_some_and(|limit| limit.trim().parse::<f64>().is_err()) {
            checked.say(&at, "", &format!("'{wanted}' compares with something that is no number"));
        }
    }
}

fn level(checked: &mut Checked<'_>, index: usize, one: &Match) {
    for word in &one.level {
        if !LEVELS.iter().any(|level| level.name().eq_ignore_ascii_case(word)) {
            let hint = hint(word, LEVELS.iter().map(|level| level.name()));
            checked.say(&format!("match.{index}.level"), word, &format!("there is no level '{word}'{hint}"));
        }
    }
}

fn captures(checked: &mut Checked<'_>) {
    let known = captured(checked.rule);
    for name in checked.rule.captures.keys() {
        if !known.contains(name) {
            let hint = hint(name, known.iter().map(String::as_str));
            checked.say(&format!("captures.{name}"), "", &format!("no match captures '{name}'{hint}"));
        }
    }
}

/// The names that a rule's matches capture: named groups, and the fields of its events.
pub fn captured(rule: &Rule) -> Vec<String> {
    let mut names = Vec::new();
    for one in &rule.matches {
        let regex = one.regex.as_deref().and_then(|regex| compile(regex).ok());
        names.extend(regex.iter().flat_map(|regex| regex.capture_names().flatten()).map(str::to_owned));
        let fields = Event::KINDS.iter().find(|(kind, _)| Some(*kind) == one.event.as_deref());
        names.extend(fields.iter().flat_map(|(_, fields)| fields.iter()).map(|field| (*field).to_owned()));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::is_kebab;

    #[test]
    fn ids_are_words_with_hyphens() {
        assert!(is_kebab("port-4567-busy"));
        assert!(!is_kebab("port_busy"));
        assert!(!is_kebab("Port-busy"));
        assert!(!is_kebab("port--busy"));
        assert!(!is_kebab(""));
    }
}
