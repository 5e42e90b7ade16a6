//! Finds all literals of the table in a block of text, with several walks over the block at once.
//!
//! One walk of a deterministic automaton is a chain of dependent loads, about 2 ns per byte whatever the library.
//! Walking eight parts of the block in turn hides that latency on one core.
//! Literals hold no newline and parts begin at line starts, so no hit can cross a part.

use std::sync::OnceLock;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::nfa::contiguous;
use aho_corasick::{Anchored, MatchKind, dfa};
use aho_corasick::automaton::StateID;

/// Parts of a block that are walked in turn; eight measured best, twelve spill registers.
const WALKS: usize = 8;

/// Blocks from this offset of an input on use the table automaton, which takes some milliseconds to build.
const LARGE_INPUT: u64 = 4 << 20;

/// An automaton over the literals of the table.
#[derive(Debug)]
pub struct Automaton {
    literals: Vec<String>,
    small: contiguous::NFA,
    large: OnceLock<Option<dfa::DFA>>,
}

/// A place where at least one literal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiteralHit {
    /// Offset of the literal's last byte.
    pub at: usize,
    state: StateID,
}

/// The literals could not be made into an automaton; they are too many or too long.
#[derive(Debug, thiserror::Error)]
#[error("the rules' literals can't be made into one automaton: {0}")]
pub struct AutomatonError(#[from] aho_corasick::BuildError);

impl Automaton {
    /// Builds the automaton; the index of a literal is its pattern number.
    ///
    /// # Errors
    /// Too many or too long literals for the automaton's state numbers.
    pub fn new(literals: Vec<String>) -> Result<Self, AutomatonError> {
        let small = contiguous::Builder::new().match_kind(MatchKind::Standard).build(&literals)?;
        Ok(Self { literals, small, large: OnceLock::new() })
    }

    /// All places of `text` where literals end, in order; `offset` is where the text stands in its input.
    pub fn hits(&self, text: &[u8], offset: u64, out: &mut Vec<LiteralHit>) {
        out.clear();
        match self.table(offset) {
            Some(table) => walk(table, text, out),
            None => walk(&self.small, text, out),
        }
    }

    /// Calls `each` with the pattern numbers that end at a hit.
    pub fn patterns(&self, hit: LiteralHit, offset: u64, mut each: impl FnMut(usize)) {
        match self.table(offset) {
            Some(table) => report(table, hit.state, &mut each),
            None => report(&self.small, hit.state, &mut each),
        }
    }

    /// Heap bytes of the automaton as built so far.
    pub fn memory(&self) -> usize {
        let large = self.large.get().and_then(Option::as_ref).map_or(0, aho_corasick::automaton::Automaton::memory_usage);
        self.small.memory_usage() + large
    }

    fn table(&self, offset: u64) -> Option<&dfa::DFA> {
        if offset < LARGE_INPUT {
            return None;
        }
        let build = || dfa::Builder::new().match_kind(MatchKind::Standard).build(&self.literals).ok();
        self.large.get_or_init(build).as_ref()
    }
}

fn report<A: aho_corasick::automaton::Automaton>(automaton: &A, state: StateID, each: &mut impl FnMut(usize)) {
    for index in 0..automaton.match_len(state) {
        each(automaton.match_pattern(state, index).as_usize());
    }
}

/// The parts of `text`: at line starts, about equally long.
fn parts(text: &[u8]) -> [&[u8]; WALKS] {
    let mut rest = text;
    std::array::from_fn(|index| {
        let left = WALKS - index;
        let wanted = rest.len() / left;
        let cut = match memchr::memchr(b'\n', &rest[wanted..]) {
            Some(newline) if left > 1 => wanted + newline + 1,
            _ => rest.len(),
        };
        let (part, after) = rest.split_at(cut);
        rest = after;
        part
    })
}

fn walk<A: aho_corasick::automaton::Automaton>(automaton: &A, text: &[u8], out: &mut Vec<LiteralHit>) {
    let Ok(start) = automaton.start_state(Anchored::No) else { return };
    let parts = parts(text);
    let mut found: [Vec<LiteralHit>; WALKS] = Default::default();
    let mut states = [start; WALKS];
    let together = parts.iter().map(|part| part.len()).min().unwrap_or(0);
    let base = bases(&parts);
    let heads = parts.map(|part| &part[..together]);
    for at in 0..together {
        for walk in 0..WALKS {
            let state = automaton.next_state(Anchored::No, states[walk], heads[walk][at]);
            states[walk] = state;
            if automaton.is_special(state) && automaton.is_match(state) {
                found[walk].push(LiteralHit { at: base[walk] + at, state });
            }
        }
    }
    for walk in 0..WALKS {
        for at in together..parts[walk].len() {
            let state = automaton.next_state(Anchored::No, states[walk], parts[walk][at]);
            states[walk] = state;
            if automaton.is_special(state) && automaton.is_match(state) {
                found[walk].push(LiteralHit { at: base[walk] + at, state });
            }
        }
        out.append(&mut found[walk]);
    }
}

fn bases(parts: &[&[u8]; WALKS]) -> [usize; WALKS] {
    let mut next = 0;
    parts.map(|part| {
        let base = next;
        next += part.len();
        base
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(literals: &[&str], text: &str, offset: u64) -> Vec<(usize, usize)> {
        let literals: Vec<String> = literals.iter().map(|&literal| literal.to_owned()).collect();
        let automaton = Automaton::new(literals).expect("few short literals always build");
        let mut hits = Vec::new();
        automaton.hits(text.as_bytes(), offset, &mut hits);
        let mut all = Vec::new();
        for hit in hits {
            automaton.patterns(hit, offset, |pattern| all.push((hit.at, pattern)));
        }
        all
    }

    #[test]
    fn overlapping_literals_are_all_found() {
        let text = "alert unknown ca\nunknown\n";
        let want = vec![(12, 1), (15, 0), (23, 1)];
        assert_eq!(found(&["alert unknown ca", "unknown"], text, 0), want);
        assert_eq!(found(&["alert unknown ca", "unknown"], text, LARGE_INPUT), want);
    }

    #[test]
    fn hits_come_in_order_over_all_parts() {
        let text = "needle in line\n".repeat(1000);
        let hits = found(&["needle"], &text, 0);
        assert_eq!(hits.len(), 1000);
        assert!(hits.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn empty_and_tiny_texts_are_fine() {
        assert!(found(&["needle"], "", 0).is_empty());
        assert!(found(&["needle"], "\n", 0).is_empty());
        assert_eq!(found(&["needle"], "needle", 0), vec![(5, 0)]);
    }
}
