//! How often a literal stands in ordinary logs: chooses among the literals that a regex requires.
//!
//! Counted at build time over `samples/`; a user's rules, read at run time, fall back on a rough scale of bytes.

use std::collections::HashMap;

/// Bytes of the part of a literal that the scanner looks for; see `scan::window`.
pub const WIDTH: usize = 8;

/// Shorter parts that are counted for literals shorter than [`WIDTH`].
const SHORT: usize = 6;

/// Counts of all parts of [`WIDTH`] and [`SHORT`] bytes in some text.
#[derive(Debug, Default)]
pub struct Frequencies {
    counts: HashMap<Vec<u8>, u32>,
}

impl Frequencies {
    /// Counts the parts of a text.
    pub fn add(&mut self, text: &[u8]) {
        for width in [WIDTH, SHORT] {
            for part in text.windows(width) {
                match self.counts.get_mut(part) {
                    Some(count) => *count += 1,
                    None => {
                        self.counts.insert(part.to_vec(), 1);
                    }
                }
            }
        }
    }

    /// The rarest window of a literal, with its cost: first how often it was seen, then how common its bytes are.
    pub fn rarest<'a>(&self, literal: &'a str) -> (&'a str, u64) {
        let starts = (0..=literal.len().saturating_sub(WIDTH)).filter(|&start| literal.is_char_boundary(start));
        starts
            .filter_map(|start| literal.get(start..(start + WIDTH).min(literal.len())))
            .map(|window| (window, self.cost(window.as_bytes())))
            .min_by_key(|(_, cost)| *cost)
            .unwrap_or((literal, 0))
    }

    fn cost(&self, window: &[u8]) -> u64 {
        let seen = match self.counts.get(window) {
            Some(count) => *count,
            None if window.len() < WIDTH => {
                window.windows(SHORT).map(|part| self.counts.get(part).copied().unwrap_or(0)).min().unwrap_or(0)
            }
            None => 0,
        };
        let common: u32 = window.iter().copied().map(commonness).sum();
        let missing = u32::try_from(WIDTH.saturating_sub(window.len())).unwrap_or(0) * 12;
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
    fn the_window_that_ordinary_logs_lack_wins() {
        let mut known = Frequencies::default();
        known.add(b"[Note] WSREP: Failed to establish connection: Operation aborted.");
        let (window, _) = known.rarest("WSREP: Failed to establish connection: wrong version");
        assert!(!"[Note] WSREP: Failed to establish connection: Operation aborted.".contains(window));
    }

    #[test]
    fn short_literals_are_their_own_window() {
        assert_eq!(Frequencies::default().rarest("short").0, "short");
    }

    #[test]
    fn windows_never_split_a_character() {
        assert!("ééééééééééé".contains(Frequencies::default().rarest("ééééééééééé").0));
    }
}
