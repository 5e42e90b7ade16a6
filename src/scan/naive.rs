//! The obvious engine: every line against every signal. Slow, and right by inspection.
//!
//! Tests hold the fast engine against it; nothing else uses it.

use super::block::{MATCHED_BYTES, level_is};
use crate::parse::head::parse_head;
use crate::rules::table::{Matcher, Signal, Table};

/// All pairs of line number (1-based) and signal index, in order.
pub fn matches(table: &Table, text: &[u8]) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
        for (index, signal) in table.signals.iter().enumerate() {
            if matches_line(signal, line) {
                found.push((number, index));
            }
        }
    }
    found
}

/// Does the signal match this line, by its expression alone?
pub fn matches_line(signal: &Signal, line: &[u8]) -> bool {
    let matched = match &signal.matcher {
        Matcher::Text => signal.literals.iter().any(|text| memchr::memmem::find(line, text.as_bytes()).is_some()),
        Matcher::Regex(regex) => {
            // Where plain text is the proof, no expression runs, so none is spared the rest of a long line.
            let seen = if signal.exact { line } else { &line[..line.len().min(MATCHED_BYTES)] };
            regex.get().is_some_and(|regex| regex.is_match(seen))
        }
    };
    matched && level_is(&signal.levels, parse_head(line).and_then(|head| head.level))
}
