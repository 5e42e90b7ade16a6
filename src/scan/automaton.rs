//! Finds all literals of the table in a block of text, with several walks over the block at once.
//!
//! One walk of a deterministic automaton is a chain of dependent loads, about 2 ns per byte whatever the library.
//! Walking eight parts of the block in turn hides that latency on one core.
//! For large inputs the library's automaton is unrolled into a table of small states, so that it stays in the
//! processor's cache; building the table takes some milliseconds, so short logs go without.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::{Builder, NFA};
use aho_corasick::{Anchored, MatchKind};

/// Parts of a block that are walked in turn.
const WALKS: usize = 8;

/// Blocks from this offset of an input on use the table.
const LARGE_INPUT: u64 = 4 << 20;

/// An automaton over the literals of the table.
#[derive(Debug)]
pub struct Automaton {
    sparse: NFA,
    dense: OnceLock<Option<Dense>>,
    literals: Vec<String>,
    /// Bytes of the longest literal.
    longest: usize,
}

/// A place where at least one literal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiteralHit {
    at: u32,
    state: u32,
}

impl LiteralHit {
    /// Offset of the literal's last byte.
    pub fn at(self) -> usize {
        self.at as usize
    }

    /// Blocks are far smaller than 4 GiB.
    fn new(at: usize, state: u32) -> Self {
        Self { at: u32::try_from(at).unwrap_or(u32::MAX), state }
    }
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
        let sparse = Builder::new().match_kind(MatchKind::Standard).build(&literals)?;
        let longest = literals.iter().map(String::len).max().unwrap_or(0);
        Ok(Self { sparse, dense: OnceLock::new(), literals, longest })
    }

    /// All places of `text` where literals end, in order; `offset` is where the text stands in its input.
    pub fn hits(&self, text: &[u8], offset: u64, out: &mut Vec<LiteralHit>) {
        out.clear();
        match self.table(offset) {
            Some(dense) => dense.walk_in_turn(text, self.longest, out),
            None => self.walk_sparse(text, out),
        }
    }

    /// Calls `each` with the pattern numbers that end at a hit of a block at this offset.
    pub fn patterns(&self, hit: LiteralHit, offset: u64, mut each: impl FnMut(usize)) {
        if let Some(dense) = self.table(offset) {
            let state = (hit.state & !ENDS) >> SHIFT;
            for &pattern in dense.patterns.get(state as usize).map_or(&[][..], |found| found) {
                each(usize::from(pattern));
            }
        } else if let Ok(state) = StateID::new(hit.state as usize) {
            for index in 0..self.sparse.match_len(state) {
                each(self.sparse.match_pattern(state, index).as_usize());
            }
        }
    }

    fn table(&self, offset: u64) -> Option<&Dense> {
        if offset < LARGE_INPUT {
            None
        } else {
            self.dense.get_or_init(|| Dense::new(&self.sparse, &self.literals)).as_ref()
        }
    }

    /// Heap bytes of the automaton as built so far.
    pub fn memory(&self) -> usize {
        let dense = self.dense.get().and_then(Option::as_ref).map_or(0, |dense| dense.table.len() * size_of::<u32>());
        self.sparse.memory_usage() + dense
    }

    fn walk_sparse(&self, text: &[u8], out: &mut Vec<LiteralHit>) {
        let Ok(mut state) = self.sparse.start_state(Anchored::No) else { return };
        for (at, &byte) in text.iter().enumerate() {
            state = self.sparse.next_state(Anchored::No, state, byte);
            if self.sparse.is_special(state) && self.sparse.is_match(state) {
                out.push(LiteralHit::new(at, state.as_u32()));
            }
        }
    }
}

/// A row of the table has a place for each byte of the literals, and one for all others.
const SHIFT: u32 = 7;

/// Set in the entry of a state where literals end; the walk's mask drops it again.
const ENDS: u32 = 1 << 31;

/// Bytes that one walk of a group covers. A constant, so that one register points into all parts of a group.
const PART: usize = 2 << 10;

/// The automaton as a table: `table[row | class of the byte]` is the next state's row, with a mark where literals end.
#[derive(Debug)]
struct Dense {
    classes: [u8; 256],
    table: Vec<u32>,
    /// The pattern numbers that end in each state.
    patterns: Vec<Box<[u16]>>,
}

impl Dense {
    /// Unrolls the automaton; `None` when its literals have too many different bytes, or it would grow over 64 MiB.
    fn new(sparse: &NFA, literals: &[String]) -> Option<Self> {
        let (classes, bytes) = classes(literals)?;
        let start = sparse.start_state(Anchored::No).ok()?;
        let mut order = vec![start];
        let mut known: HashMap<StateID, u32> = HashMap::from([(start, 0)]);
        let mut table: Vec<u32> = Vec::new();
        while let Some(&state) = order.get(table.len() >> SHIFT) {
            let row = table.len();
            table.resize(row + (1 << SHIFT), 0);
            for (class, &byte) in bytes.iter().enumerate() {
                let target = sparse.next_state(Anchored::No, state, byte);
                let next = u32::try_from(order.len()).ok()? << SHIFT;
                table[row + class] = *known.entry(target).or_insert_with(|| {
                    order.push(target);
                    if sparse.is_match(target) { next | ENDS } else { next }
                });
            }
            if table.len() > 16 << 20 {
                return None;
            }
        }
        table.resize(table.len().next_power_of_two(), 0);
        let patterns = order.iter().map(|&state| end_patterns(sparse, state)).collect();
        Some(Self { classes, table, patterns })
    }

    /// Walks all of `text` from the state of `entry`; hits before `from` are left out. Gives the last entry.
    fn walk(&self, text: &[u8], base: usize, from: usize, mut entry: u32, out: &mut Vec<LiteralHit>) -> u32 {
        let mask = self.table.len() - 1;
        for (at, &byte) in text.iter().enumerate() {
            entry = self.table[(entry as usize & mask) | usize::from(self.classes[usize::from(byte)])];
            if entry & ENDS != 0 && at >= from {
                out.push(LiteralHit::new(base + at, entry));
            }
        }
        entry
    }

    /// Walks groups of equal parts, the parts of a group in turn. Each walk starts as many bytes before its part as
    /// the longest literal has, so that a literal across the border is found, by the second walk.
    fn walk_in_turn(&self, text: &[u8], longest: usize, out: &mut Vec<LiteralHit>) {
        let (parts, rest) = text.as_chunks::<PART>();
        let (groups, single) = parts.as_chunks::<WALKS>();
        let mut ends = Vec::new();
        let enter =
            |begin: usize| self.walk(&text[begin.saturating_sub(longest)..begin], 0, usize::MAX, 0, &mut Vec::new());
        for (group, number) in groups.iter().zip(0..) {
            let base = number * WALKS * PART;
            ends.clear();
            self.walk_group(group, std::array::from_fn(|walk| enter(base + walk * PART)), &mut ends);
            for walk in 0..WALKS {
                let of_walk = ends.iter().filter(|(_, entries)| entries[walk] & ENDS != 0);
                out.extend(of_walk.map(|&(at, entries)| LiteralHit::new(base + walk * PART + at, entries[walk])));
            }
        }
        let begin = text.len() - rest.len() - single.len() * PART;
        self.walk(&text[begin..], begin, 0, enter(begin), out);
    }

    /// The hot loop: its one branch asks whether a literal ends in any of the walks.
    fn walk_group(
        &self,
        parts: &[[u8; PART]; WALKS],
        mut entries: [u32; WALKS],
        ends: &mut Vec<(usize, [u32; WALKS])>,
    ) {
        let mask = self.table.len() - 1;
        let table = &self.table[..=mask];
        let classes = &self.classes;
        for at in 0..PART {
            let mut any = 0;
            for walk in 0..WALKS {
                let class = usize::from(classes[usize::from(parts[walk][at])]);
                entries[walk] = table[((entries[walk] as usize) | class) & mask];
                any |= entries[walk];
            }
            if any & ENDS != 0 {
                ends.push((at, entries));
            }
        }
    }
}

/// The commonest bytes of logs. Their classes come first, so that the places of a row that are read most share a
/// line of the processor's cache.
const COMMON: &[u8] = b" etaoinrsdlcupmgfhbwvy0123:-.[]'";

/// A class for each byte of the literals, one for all other bytes, and a byte of each class.
fn classes(literals: &[String]) -> Option<([u8; 256], Vec<u8>)> {
    let mut used = [false; 256];
    for byte in literals.iter().flat_map(|literal| literal.bytes()) {
        used[usize::from(byte)] = true;
    }
    let other = (0..=u8::MAX).find(|&byte| !used[usize::from(byte)])?;
    let common = COMMON.iter().copied().filter(|&byte| used[usize::from(byte)]);
    let rare = (0..=u8::MAX).filter(|byte| used[usize::from(*byte)] && !COMMON.contains(byte));
    let bytes: Vec<u8> = std::iter::once(other).chain(common).chain(rare).collect();
    let mut classes = [0; 256];
    for (class, &byte) in bytes.iter().enumerate().skip(1) {
        classes[usize::from(byte)] = u8::try_from(class).ok()?;
    }
    (bytes.len() <= 1 << SHIFT).then_some((classes, bytes))
}

fn end_patterns(sparse: &NFA, state: StateID) -> Box<[u16]> {
    if !sparse.is_match(state) {
        return Box::default();
    }
    let all = (0..sparse.match_len(state)).map(|index| sparse.match_pattern(state, index).as_usize());
    all.filter_map(|pattern| u16::try_from(pattern).ok()).collect()
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
            automaton.patterns(hit, offset, |pattern| all.push((hit.at(), pattern)));
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
    fn walks_in_turn_find_what_one_walk_finds() {
        for repeat in [1, 300, 301, 302, 303, 304, 305, 306, 1000] {
            let text = "a needle, and a needles in line\n".repeat(repeat);
            let literals = ["needle", "needles", "in line", "e\na n"];
            assert_eq!(found(&literals, &text, LARGE_INPUT), found(&literals, &text, 0));
        }
    }

    #[test]
    fn empty_and_tiny_texts_are_fine() {
        for offset in [0, LARGE_INPUT] {
            assert!(found(&["needle"], "", offset).is_empty());
            assert!(found(&["needle"], "\n", offset).is_empty());
            assert_eq!(found(&["needle"], "needle", offset), vec![(5, 0)]);
        }
    }
}
