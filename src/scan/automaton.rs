//! Finds all literals of the table in a block of text, with several walks over the block at once.
//!
//! One walk of a deterministic automaton is a chain of dependent loads, about 2 ns per byte whatever the library.
//! Walking eight parts of the block in turn hides that latency on one core. What counts besides is that the states
//! which a log visits stay in the processor's cache: an entry of a table has two bytes, the common bytes of logs share
//! one cache line of a state's row, and rows are no power of two apart, or all of them would compete for a few places.

use std::ops::Range;

/// Parts of a block that are walked in turn.
const WALKS: usize = 8;

/// Steps after which the hits of all walks are set apart.
const TILE: usize = 2 << 10;

/// Places of a row: one for each byte of the literals, and one for all others. Enough for all printable characters.
const CLASSES: usize = 96;

/// Set in the number of a state where literals end; these states have numbers of their own.
const ENDS: u16 = 1 << 15;

/// A place for each entry that any state number and any byte of `classes` point to, so that no index needs a check.
/// Only the pages of existing states ever take up memory.
const ENTRIES: usize = (u16::MAX as usize) * CLASSES + 256;

/// Longer literals are refused: their bytes may not fit the classes of one table.
pub const LONGEST: usize = CLASSES - 1;

/// An automaton over the literals of the table: one table, or several where the literals are too many for one.
#[derive(Debug, Default)]
pub struct Automaton {
    tables: Vec<Table>,
    /// Where in `numbers` the literals stand that end in a state, for all such states of all tables.
    ending: Vec<Range<u32>>,
    numbers: Vec<u32>,
}

/// A place where at least one literal ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteralHit {
    at: u32,
    state: u32,
}

impl LiteralHit {
    /// Offset of the literal's last byte.
    pub fn at(self) -> usize {
        self.at as usize
    }

    /// Number of the state, below [`Automaton::states`].
    pub fn state(self) -> usize {
        self.state as usize
    }
}

/// A step in which any of the walks found something: its number in the tile, and the states of all walks.
type Place = (u16, [u16; WALKS]);

/// Room for the hits of a block, used again for each block.
#[derive(Debug)]
pub struct Room {
    places: Vec<Place>,
    by_walk: [Vec<LiteralHit>; WALKS],
}

impl Default for Room {
    fn default() -> Self {
        Self { places: vec![(0, [0; WALKS]); TILE], by_walk: Default::default() }
    }
}

/// A literal that no automaton can be made of.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' can't be looked for: a literal has 1 to {LONGEST} bytes")]
pub struct AutomatonError(String);

impl Automaton {
    /// Builds the automaton; literals are known by their index afterwards.
    ///
    /// # Errors
    /// An empty literal, or one longer than [`LONGEST`].
    pub fn new(literals: &[String]) -> Result<Self, AutomatonError> {
        if let Some(wrong) = literals.iter().find(|literal| literal.is_empty() || literal.len() > LONGEST) {
            return Err(AutomatonError(wrong.clone()));
        }
        let mut automaton = Self::default();
        let mut from = 0;
        while from < literals.len() {
            let to = from + fitting(&literals[from..]);
            automaton.add_table(&literals[from..to], from);
            from = to;
        }
        Ok(automaton)
    }

    fn add_table(&mut self, literals: &[String], first: usize) {
        let (table, ending) = Table::new(literals, number(self.ending.len()));
        self.tables.push(table);
        for state in ending.into_iter().filter(|state| !state.is_empty()) {
            let start = number(self.numbers.len());
            self.numbers.extend(state.into_iter().map(|literal| number(first + literal)));
            self.ending.push(start..number(self.numbers.len()));
        }
    }

    /// All places of `text` where literals end, in order.
    pub fn hits(&self, text: &[u8], room: &mut Room, out: &mut Vec<LiteralHit>) {
        out.clear();
        for table in &self.tables {
            table.walk_in_turn(text, room, out);
        }
        if self.tables.len() > 1 {
            out.sort_by_key(|hit| hit.at);
        }
    }

    /// Number of states in which literals end.
    pub fn states(&self) -> usize {
        self.ending.len()
    }

    /// Indexes of the literals that end in a state.
    pub fn ending(&self, state: usize) -> impl Iterator<Item = usize> {
        let range = self.ending.get(state).map_or(0..0, |range| range.start as usize..range.end as usize);
        self.numbers[range].iter().map(|&literal| literal as usize)
    }

    /// Bytes of the automaton that are in use.
    pub fn memory(&self) -> usize {
        let tables: usize = self.tables.iter().map(|table| table.states * CLASSES * size_of::<u16>()).sum();
        tables + size_of_val(self.ending.as_slice()) + size_of_val(self.numbers.as_slice())
    }
}

/// Counts of states and literals, and offsets in a block, are far below 4 G.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// How many of the literals, from the first on, fit one table.
fn fitting(literals: &[String]) -> usize {
    let mut used = [false; 256];
    let (mut states, mut bytes) = (1, 0);
    let fits = |literal: &&String| {
        states += literal.len();
        for byte in literal.bytes() {
            bytes += usize::from(!std::mem::replace(&mut used[usize::from(byte)], true));
        }
        states <= usize::from(ENDS) && bytes < CLASSES
    };
    literals.iter().take_while(fits).count().max(1)
}

/// `entries[state * CLASSES + class of the byte]` is the number of the next state; the start is 0.
#[derive(Debug)]
struct Table {
    classes: [u8; 256],
    entries: Vec<u16>,
    /// Bytes of the longest literal.
    longest: usize,
    states: usize,
    /// Number of the first state with endings, among those of all tables.
    first: u32,
}

impl Table {
    /// The table of some literals, and for each state the indexes of the literals that end there.
    fn new(literals: &[String], first: u32) -> (Self, Vec<Vec<usize>>) {
        let classes = classes(literals);
        let (mut rows, mut ending) = trie(literals, &classes);
        close(&mut rows, &mut ending);
        let numbers = numbered(&ending);
        let mut entries = vec![0; ENTRIES];
        for (row, &state) in rows.iter().zip(&numbers) {
            let start = usize::from(state) * CLASSES;
            for (entry, &next) in entries[start..].iter_mut().zip(row) {
                *entry = numbers[usize::from(next)];
            }
        }
        let longest = literals.iter().map(String::len).max().unwrap_or(0);
        (Self { classes, entries, longest, states: rows.len(), first }, ending)
    }

    fn hit(&self, at: usize, state: u16) -> LiteralHit {
        LiteralHit { at: number(at), state: self.first + u32::from(state & !ENDS) }
    }

    /// Walks all of `text` on from a state. Gives the last state.
    fn walk(&self, text: &[u8], mut state: u16, mut found: impl FnMut(usize, u16)) -> u16 {
        for (at, &byte) in text.iter().enumerate() {
            state = self.entries[usize::from(state) * CLASSES + usize::from(self.classes[usize::from(byte)])];
            if state & ENDS != 0 {
                found(at, state);
            }
        }
        state
    }

    /// Walks equal parts of the text in turn. Each walk starts as many bytes before its part as the longest literal
    /// has, so that a literal across the border is found, by the second walk.
    fn walk_in_turn(&self, text: &[u8], room: &mut Room, out: &mut Vec<LiteralHit>) {
        let length = text.len() / WALKS;
        let parts: [&[u8]; WALKS] = std::array::from_fn(|walk| &text[walk * length..(walk + 1) * length]);
        let mut states = std::array::from_fn(|walk| {
            let begin = walk * length;
            self.walk(&text[begin.saturating_sub(self.longest)..begin], 0, |_, _| ())
        });
        for from in (0..length).step_by(TILE) {
            let tile = parts.map(|part| &part[from..length.min(from + TILE)]);
            let count = self.walk_tile(tile, &mut states, &mut room.places);
            for &(at, states) in &room.places[..count] {
                for walk in ended(states) {
                    let at = walk * length + from + usize::from(at);
                    room.by_walk[walk].push(self.hit(at, states[walk]));
                }
            }
        }
        for found in &mut room.by_walk {
            out.append(found);
        }
        let rest = WALKS * length;
        self.walk(&text[rest..], states[WALKS - 1], |at, state| out.push(self.hit(rest + at, state)));
    }

    /// The hot loop: its one branch asks whether a literal ends in any of the walks. Gives the number of places.
    ///
    /// Not inlined, since it needs every register.
    #[inline(never)]
    fn walk_tile(&self, tile: [&[u8]; WALKS], states: &mut [u16; WALKS], places: &mut [Place]) -> usize {
        let Some(entries) = self.entries.first_chunk::<ENTRIES>() else { return 0 };
        let classes = &self.classes;
        let length = tile[0].len();
        let tile = tile.map(|part| &part[..length]);
        let mut current = *states;
        let mut count = 0;
        for at in 0..length {
            let mut any = 0;
            for walk in 0..WALKS {
                let class = usize::from(classes[usize::from(tile[walk][at])]);
                current[walk] = entries[usize::from(current[walk]) * CLASSES + class];
                any |= current[walk];
            }
            if any & ENDS != 0
                && let Some(place) = places.get_mut(count)
            {
                *place = (at as u16, current);
                count += 1;
            }
        }
        *states = current;
        count
    }
}

/// The walks that are in a state where literals end: without a branch for each, since none can be foretold.
fn ended(states: [u16; WALKS]) -> impl Iterator<Item = usize> {
    let mut marks = u64::from_le_bytes(states.map(|state| u8::from(state & ENDS != 0)));
    std::iter::from_fn(move || {
        let walk = marks.trailing_zeros() as usize / 8;
        marks &= marks.wrapping_sub(1);
        (walk < WALKS).then_some(walk)
    })
}

/// A state's row: the number of the next state for each class.
type Row = [u16; CLASSES];

/// Rows of the tree of all literals' beginnings, numbered by depth, so that the states visited most stand together;
/// and the literals that end in each.
fn trie(literals: &[String], classes: &[u8; 256]) -> (Vec<Row>, Vec<Vec<usize>>) {
    let longest = literals.iter().map(String::len).max().unwrap_or(0);
    let mut rows = vec![[0; CLASSES]];
    let mut ending = vec![Vec::new()];
    let mut states = vec![0usize; literals.len()];
    for depth in 0..longest {
        for (index, literal) in literals.iter().enumerate() {
            let Some(&byte) = literal.as_bytes().get(depth) else { continue };
            let entry = &mut rows[states[index]][usize::from(classes[usize::from(byte)])];
            if *entry == 0 {
                *entry = u16::try_from(ending.len()).unwrap_or(0);
                states[index] = ending.len();
                rows.push([0; CLASSES]);
                ending.push(Vec::new());
            } else {
                states[index] = usize::from(*entry);
            }
            if depth + 1 == literal.len() {
                ending[states[index]].push(index);
            }
        }
    }
    (rows, ending)
}

/// Where the tree has no branch, goes on from the longest beginning of a literal that the text read so far ends with.
///
/// That beginning is shorter and states are numbered by depth, so its row and its endings are complete when needed.
fn close(rows: &mut [Row], ending: &mut [Vec<usize>]) {
    let mut shorter = vec![0usize; rows.len()];
    for state in 0..rows.len() {
        let (done, rest) = rows.split_at_mut(state);
        let Some(row) = rest.first_mut() else { return };
        let other = done.get(shorter[state]).copied().unwrap_or([0; CLASSES]);
        for (entry, other) in row.iter_mut().zip(other) {
            if *entry == 0 {
                *entry = other;
            } else {
                shorter[usize::from(*entry)] = usize::from(other);
            }
        }
        if shorter[state] > 0 {
            let inherited = ending[shorter[state]].clone();
            ending[state].extend(inherited);
        }
    }
}

/// Numbers the states with endings and those without apart, each in their order.
fn numbered(ending: &[Vec<usize>]) -> Vec<u16> {
    let mut next = [0, ENDS];
    let number = |state: &Vec<usize>| {
        let next = &mut next[usize::from(!state.is_empty())];
        *next += 1;
        *next - 1
    };
    ending.iter().map(number).collect()
}

/// The commonest bytes of logs. Their classes come first, so that the places of a row that are read most share a
/// line of the processor's cache.
const COMMON: &[u8] = b" etonir01a2:cs3'd6u.-45m7b8gphl";

/// A class for each byte of the literals; 0 for all other bytes.
fn classes(literals: &[String]) -> [u8; 256] {
    let mut used = [false; 256];
    for byte in literals.iter().flat_map(|literal| literal.bytes()) {
        used[usize::from(byte)] = true;
    }
    let common = COMMON.iter().copied();
    let rare = (0..=u8::MAX).filter(|byte| !COMMON.contains(byte));
    let mut classes = [0; 256];
    for (byte, class) in common.chain(rare).filter(|&byte| used[usize::from(byte)]).zip(1..) {
        classes[usize::from(byte)] = class;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(literals: &[&str], text: &str) -> Vec<(usize, usize)> {
        let literals: Vec<String> = literals.iter().map(|&literal| literal.to_owned()).collect();
        let automaton = Automaton::new(&literals).expect("short literals always build");
        let mut hits = Vec::new();
        automaton.hits(text.as_bytes(), &mut Room::default(), &mut hits);
        hits.iter().flat_map(|hit| automaton.ending(hit.state()).map(|literal| (hit.at(), literal))).collect()
    }

    fn searched(literals: &[&str], text: &str) -> Vec<(usize, usize)> {
        let ends = |literal: &&str| -> Vec<usize> {
            let places = (0..text.len()).filter(|&start| text[start..].starts_with(*literal));
            places.map(|start| start + literal.len() - 1).collect()
        };
        let mut all: Vec<(usize, usize)> = literals
            .iter()
            .enumerate()
            .flat_map(|(index, literal)| ends(literal).into_iter().map(move |at| (at, index)))
            .collect();
        all.sort_unstable();
        all
    }

    fn sorted(mut found: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
        found.sort_unstable();
        found
    }

    #[test]
    fn overlapping_literals_are_all_found() {
        let text = "alert unknown ca\nunknown\nunkunknown, aalert unknown caa";
        for literals in [&["alert unknown ca", "unknown"][..], &["now", "know", "unknown ", "n", "nk", "alert", "wn c"]]
        {
            assert_eq!(sorted(found(literals, text)), searched(literals, text));
        }
    }

    #[test]
    fn walks_in_turn_find_what_a_search_finds() {
        for repeat in [1, 511, 512, 513, 514, 515, 600, 1200] {
            let text = "a needle, and a needles in line\n".repeat(repeat);
            let literals = ["needle", "needles", "in line", "e\na n"];
            assert_eq!(sorted(found(&literals, &text)), searched(&literals, &text));
        }
    }

    #[test]
    fn empty_and_tiny_texts_are_fine() {
        assert!(found(&["needle"], "").is_empty());
        assert!(found(&["needle"], "\n").is_empty());
        assert!(found(&[], "needle").is_empty());
        assert_eq!(found(&["needle"], "needle"), vec![(5, 0)]);
    }

    #[test]
    fn a_place_may_end_something_at_each_byte() {
        let text = "a".repeat(3 * WALKS * TILE / 2 + 5);
        assert_eq!(found(&["aaaaaa"], &text).len(), text.len() - 5);
    }

    #[test]
    fn literals_of_more_states_than_one_table_has_are_found_in_order() {
        let literals: Vec<String> = (0..2_000).map(|number| format!("{number:024}")).collect();
        let automaton = Automaton::new(&literals).expect("short literals always build");
        assert!(automaton.tables.len() > 1);
        let text = format!("{} and {}, {}", literals[1_999], literals[0], literals[1_000]);
        let mut hits = Vec::new();
        automaton.hits(text.as_bytes(), &mut Room::default(), &mut hits);
        let numbers: Vec<usize> = hits.iter().flat_map(|hit| automaton.ending(hit.state())).collect();
        assert_eq!(numbers, [1_999, 0, 1_000]);
    }

    #[test]
    fn any_bytes_of_utf8_can_be_looked_for() {
        let literals: Vec<String> =
            (0..600u32).filter_map(|code| char::from_u32(0x4e00 + code * 7)).map(|c| format!("x{c}{c}")).collect();
        let automaton = Automaton::new(&literals).expect("short literals always build");
        let mut hits = Vec::new();
        automaton.hits(literals.concat().as_bytes(), &mut Room::default(), &mut hits);
        let numbers: Vec<usize> = hits.iter().flat_map(|hit| automaton.ending(hit.state())).collect();
        assert_eq!(numbers, (0..literals.len()).collect::<Vec<_>>());
    }

    #[test]
    fn empty_and_huge_literals_are_refused() {
        assert!(Automaton::new(&[String::new()]).is_err());
        assert!(Automaton::new(&["x".repeat(LONGEST + 1)]).is_err());
    }
}
