//! How often a literal stands in ordinary logs: chooses among the literals that a regex requires.
//!
//! Counted at build time over `samples/`; a user's rules, read at run time, fall back on a rough scale of bytes.

use std::collections::HashMap;

/// Bytes that the search filters long, short and tiny literals by (`scan::literals`).
pub const WIDTHS: [usize; 3] = [8, 4, 3];

/// The search looks at the places that are multiples of this, so a part may stand at any of so many places of the
/// window that is looked for.
pub const STEP: usize = 4;

/// Counts of all parts of these widths in some texts.
#[derive(Debug, Default)]
pub struct Frequencies {
    counts: HashMap<Vec<u8>, u32>,
}

impl Frequencies {
    /// Counts the parts of a text.
    pub fn add(&mut self, text: &[u8]) {
        for part in WIDTHS.iter().flat_map(|width| text.windows(*width)) {
            match self.counts.get_mut(part) {
                Some(count) => *count += 1,
                None => {
                    self.counts.insert(part.to_vec(), 1);
                }
            }
        }
    }

    /// What it costs to look for a literal: first how often the search would stop for it, then how common its bytes
    /// are. Both for its best window.
    pub fn cost(&self, literal: &str) -> u64 {
        let width = WIDTHS.into_iter().find(|width| literal.len() >= width + STEP - 1).unwrap_or(1);
        let windows = literal.as_bytes().windows((width + STEP - 1).min(literal.len().max(1)));
        windows.map(|window| self.cost_of(window, width)).min().unwrap_or(0)
    }

    fn cost_of(&self, window: &[u8], width: usize) -> u64 {
        let seen: u32 = window.windows(width).filter_map(|part| self.counts.get(part)).sum();
        let common: u32 = window.iter().copied().map(commonness).sum();
        // A short window has few bytes, but that makes it no rarer.
        let missing = u32::try_from(WIDTHS[0] + STEP - 1 - window.len()).unwrap_or(0) * 12;
        (u64::from(seen) << 16) + u64::from(common + missing)
    }
}

/// Slots of the counts of four bytes.
pub const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 16;

/// The slot in which up to four bytes are counted; other bytes may share it.
pub fn slot(part: &[u8]) -> usize {
    let number = part.iter().rev().fold(0u32, |number, &byte| number << 8 | u32::from(byte));
    (number.wrapping_mul(0x9e37_79b1) >> (32 - SLOT_BITS)) as usize
}

/// Counts of all four bytes in some texts, by slot; half of each count, at most 255.
pub fn slot_counts(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut counts = vec![0u32; SLOTS];
    for part in texts.iter().flat_map(|text| text.windows(4)) {
        counts[slot(part)] += 1;
    }
    counts.into_iter().map(|count| u8::try_from(count / 2).unwrap_or(u8::MAX)).collect()
}

/// How common a byte is in server logs, on a rough logarithmic scale.
pub fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' | b'o' | b'n' | b'i' => 12,
        b'a' | b'r' | b's' | b'd' | b'c' | b'l' => 10,
        b'0'..=b'9' | b':' | b'W' | b'S' | b'R' | b'E' | b'P' | b'N' | b'[' | b']' => 10,
        b'u' | b'p' | b'm' | b'f' | b'h' | b'g' | b'.' | b'-' => 8,
        b'b' | b'y' | b'v' | b'w' | b'k' | b'/' | b'\'' | b'_' | b',' | b'(' | b')' => 6,
        b'A'..=b'Z' | b'=' => 5,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_literal_that_ordinary_logs_lack_is_the_cheapest() {
        let mut known = Frequencies::default();
        known.add(b"[Note] WSREP: Failed to establish connection: Operation aborted.");
        assert!(known.cost("establish connection: wrong version") < known.cost("establish connection"));
        assert!(known.cost("wrong ve") < known.cost("lish con"));
        assert!(known.cost("wrong version") < known.cost("wrong v"));
    }

    #[test]
    fn a_short_literal_is_as_common_as_its_parts() {
        let mut known = Frequencies::default();
        known.add("a table, the cable, and some ".repeat(99).as_bytes());
        assert!(known.cost("Table '") > known.cost("Can't find record"));
    }

    #[test]
    fn any_literal_has_a_cost() {
        for literal in ["", "a", "ab", "abcde", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"] {
            assert!(Frequencies::default().cost(literal) < 1 << 16, "{literal}");
        }
    }
}
