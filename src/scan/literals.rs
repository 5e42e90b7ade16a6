//! Finds all literals of the table in a block of text.
//!
//! An automaton over all literals reads every byte, and waits for its table at each. But a literal of eleven bytes or
//! more has, wherever it stands, eight bytes in a row that begin at a multiple of four. So the search looks at every
//! fourth place only, and asks filters whether any literal has the bytes there (four of a short literal): a
//! multiplication and a bit each, with nothing to wait for. At the few places that pass, the literals with those bytes
//! are compared as a whole, so a hit is a proof.

use crate::rules::frequency::{SLOTS, STEP, WIDTHS, commonness, slot};

/// Places looked at before those that passed are compared.
const TILE: usize = 4 << 10;

/// Bytes that long, short and tiny literals are filtered by.
const LONG: usize = WIDTHS[0];
const SHORT: usize = WIDTHS[1];
const TINY: usize = WIDTHS[2];

/// Shorter literals can't be looked for.
pub const SHORTEST: usize = TINY + STEP - 1;

/// All literals, ready to be looked for; they are known by their index.
#[derive(Debug)]
pub struct Literals {
    texts: Vec<Box<[u8]>>,
    /// The first four bytes of all grams.
    first_filter: Filter,
    long_filter: Filter,
    short_filter: Filter,
    /// Long, short and tiny literals by the bytes that stand at a place.
    grams: [Grams; 3],
}

/// A place where a literal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiteralHit {
    at: u32,
    literal: u32,
}

impl LiteralHit {
    /// Offset of one of the literal's bytes; hits come in the order of this.
    pub fn at(self) -> usize {
        self.at as usize
    }

    /// Index of the literal.
    pub fn literal(self) -> usize {
        self.literal as usize
    }
}

/// A literal that can't be looked for.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' can't be looked for: a literal has at least {SHORTEST} bytes")]
pub struct LiteralError(String);

impl Literals {
    /// Prepares the search.
    ///
    /// # Errors
    /// A literal shorter than [`SHORTEST`].
    pub fn new(literals: &[&str]) -> Result<Self, LiteralError> {
        if let Some(wrong) = literals.iter().find(|literal| literal.len() < SHORTEST) {
            return Err(LiteralError((*wrong).to_owned()));
        }
        let texts: Vec<Box<[u8]>> = literals.iter().map(|literal| literal.as_bytes().into()).collect();
        let entries = entries(&texts);
        let (mut first, mut long, mut short) = (Filter::new(), Filter::new(), Filter::new());
        for entry in &entries[0] {
            first.add(entry.gram & mask(SHORT));
            long.add(entry.gram);
        }
        let tiny = entries[2].iter().flat_map(|entry| completed(entry, &texts));
        for gram in entries[1].iter().map(|entry| entry.gram).chain(tiny) {
            first.add(gram);
            short.add(gram);
        }
        let grams = entries.map(|entries| Grams::new(&entries));
        Ok(Self { texts, first_filter: first, long_filter: long, short_filter: short, grams })
    }

    /// All places of `text` where literals stand, in order.
    pub fn hits(&self, text: &[u8], out: &mut Vec<LiteralHit>) {
        out.clear();
        let mut places = [0; TILE];
        let (words, _) = text.as_chunks::<STEP>();
        // The last word lacks the four bytes after it, and what follows it is no whole word.
        let whole = words.len().saturating_sub(1);
        for from in (0..whole).step_by(TILE) {
            let tile = &words[from..whole.min(from + TILE) + 1];
            let count = self.pass(&tile[..tile.len() - 1], &mut places);
            let left = self.pass_again(tile, &mut places, count);
            for &place in places.iter().take(left) {
                self.compare(text, (from + place as usize) * STEP, out);
            }
        }
        for at in (whole * STEP..text.len()).step_by(STEP) {
            self.compare(text, at, out);
        }
    }

    /// The hot loop: which words may begin a gram? Puts their places at the front, and gives their number.
    fn pass(&self, words: &[[u8; STEP]], places: &mut [u32; TILE]) -> usize {
        let filter = &*self.first_filter.bits;
        let mut count = 0;
        for (place, word) in (0..).zip(words) {
            // Written in any case and counted only if it passes: no branch can be foretold wrong.
            places[count % TILE] = place;
            count += usize::from(test(filter, u64::from(u32::from_le_bytes(*word))));
        }
        count
    }

    /// Looks closer at the places that passed: whole grams. Gives the number of those left.
    fn pass_again(&self, words: &[[u8; STEP]], places: &mut [u32; TILE], count: usize) -> usize {
        let (long, short) = (&*self.long_filter.bits, &*self.short_filter.bits);
        let mut left = 0;
        for at in 0..count.min(TILE) {
            let place = places[at];
            let Some([low, high]) = words.get(place as usize..).and_then(<[_]>::first_chunk) else { continue };
            let (low, high) = (u64::from(u32::from_le_bytes(*low)), u64::from(u32::from_le_bytes(*high)));
            places[left % TILE] = place;
            left += usize::from(test(long, low | high << 32) | test(short, low));
        }
        left
    }

    fn compare(&self, text: &[u8], at: usize, out: &mut Vec<LiteralHit>) {
        let here = gram(&text[at..]);
        if test(&self.long_filter.bits, here) {
            self.compare_all(&self.grams[0], here, text, at, out);
        }
        if test(&self.short_filter.bits, here & mask(SHORT)) {
            self.compare_all(&self.grams[1], here & mask(SHORT), text, at, out);
            self.compare_all(&self.grams[2], here & mask(TINY), text, at, out);
        }
    }

    fn compare_all(&self, grams: &Grams, gram: u64, text: &[u8], at: usize, out: &mut Vec<LiteralHit>) {
        for entry in grams.of(gram) {
            let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
            if entry.gram == gram && begins_with(&text[start..], &self.texts[entry.literal as usize]) {
                out.push(LiteralHit { at: number(at), literal: entry.literal });
            }
        }
    }
}

/// As `starts_with`, without the call that short texts don't pay for.
fn begins_with(text: &[u8], literal: &[u8]) -> bool {
    let Some(text) = text.get(..literal.len()) else { return false };
    let (words, rest) = text.as_chunks::<LONG>();
    let (wanted_words, wanted_rest) = literal.as_chunks::<LONG>();
    let same = |(word, wanted): (&[u8; LONG], &[u8; LONG])| u64::from_le_bytes(*word) == u64::from_le_bytes(*wanted);
    words.iter().zip(wanted_words).all(same) && rest.iter().zip(wanted_rest).all(|(byte, wanted)| byte == wanted)
}

/// A gram of a literal: bytes that stand at a multiple of [`STEP`] for one of the places where the literal may stand.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    gram: u64,
    literal: u32,
    /// Where in the literal it stands.
    offset: u32,
}

/// The grams of all literals: long, short, tiny.
fn entries(literals: &[Box<[u8]>]) -> [Vec<Entry>; 3] {
    let windows = Windows::new(literals);
    let mut entries: [Vec<Entry>; 3] = Default::default();
    for (literal, index) in literals.iter().zip(0..) {
        let kind = WIDTHS.iter().position(|width| literal.len() >= width + STEP - 1).unwrap_or(WIDTHS.len() - 1);
        let start = windows.rarest(literal, WIDTHS[kind]);
        let grams = (start..start + STEP).map(|offset| Entry {
            gram: gram(&literal[offset..]) & mask(WIDTHS[kind]),
            literal: index,
            offset: number(offset),
        });
        entries[kind].extend(grams);
    }
    entries
}

/// A tiny gram with the byte behind it: that of the literal, else any.
fn completed(entry: &Entry, literals: &[Box<[u8]>]) -> impl Iterator<Item = u64> {
    let next = literals[entry.literal as usize].get(entry.offset as usize + TINY);
    let nexts = next.map_or(0..=u8::MAX, |&next| next..=next);
    let gram = entry.gram;
    nexts.map(move |next| gram | u64::from(next) << (8 * TINY))
}

/// The first bytes of a text as a number; zeros where it ends.
fn gram(text: &[u8]) -> u64 {
    match text.first_chunk::<LONG>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().rev().fold(0, |gram, &byte| gram << 8 | u64::from(byte)),
    }
}

fn mask(width: usize) -> u64 {
    u64::MAX >> (64 - 8 * width)
}

/// Offsets and counts are far below 4 G.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Enough that of other texts at most one in thirty passes at 1000 rules.
const FILTER_BITS: u32 = 18;
const FILTER_WORDS: usize = 1 << (FILTER_BITS - 6);

/// A set of grams, which may seem to have a few more than were added.
#[derive(Debug)]
struct Filter {
    bits: Box<[u64; FILTER_WORDS]>,
}

impl Filter {
    fn new() -> Self {
        Self { bits: Box::new([0; FILTER_WORDS]) }
    }

    fn add(&mut self, gram: u64) {
        let hash = hash(gram, FILTER_BITS);
        self.bits[hash >> 6] |= 1 << (hash & 63);
    }
}

fn test(bits: &[u64; FILTER_WORDS], gram: u64) -> bool {
    let hash = hash(gram, FILTER_BITS);
    bits[hash >> 6] >> (hash & 63) & 1 != 0
}

/// Multiplicative hashing: the high bits of a product depend on all bits of the number.
fn hash(gram: u64, bits: u32) -> usize {
    (gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}

/// The grams of one width, by their hash.
#[derive(Debug)]
struct Grams {
    bits: u32,
    /// Where the entries of each hash begin; one more at the end.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Grams {
    fn new(entries: &[Entry]) -> Self {
        let bits = (2 * entries.len()).next_power_of_two().trailing_zeros().max(1);
        let mut starts = vec![0u32; (1 << bits) + 1];
        for entry in entries {
            starts[hash(entry.gram, bits) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut sorted = vec![Entry::default(); entries.len()];
        let mut next = starts.clone();
        for entry in entries {
            let place = &mut next[hash(entry.gram, bits)];
            sorted[*place as usize] = *entry;
            *place += 1;
        }
        Self { bits, starts, entries: sorted }
    }

    /// The entries with the gram's hash.
    fn of(&self, gram: u64) -> &[Entry] {
        let slot = hash(gram, self.bits);
        let range = self.starts.get(slot).zip(self.starts.get(slot + 1));
        range.and_then(|(&from, &to)| self.entries.get(from as usize..to as usize)).unwrap_or_default()
    }
}

/// How often each four bytes stand in ordinary logs, by their slot; counted at build time.
static COMMON: &[u8; SLOTS] = include_bytes!(concat!(env!("OUT_DIR"), "/grams.bin"));

/// Chooses the part of a literal that is looked for.
struct Windows {
    /// How many literals have the same four bytes: all of them would have to be compared.
    shared: Vec<u8>,
}

impl Windows {
    fn new(literals: &[Box<[u8]>]) -> Self {
        let mut shared = vec![0u8; SLOTS];
        for part in literals.iter().flat_map(|literal| literal.windows(SHORT)) {
            let count = &mut shared[slot(part)];
            *count = count.saturating_add(1);
        }
        Self { shared }
    }

    /// Start of the window that passes the first filter least often.
    fn rarest(&self, literal: &[u8], width: usize) -> usize {
        /// More places need not be tried.
        const TRIED: usize = 12;
        let part = SHORT.min(width);
        let costs: Vec<u32> = literal.windows(part).take(TRIED + STEP).map(|part| self.cost(part)).collect();
        let starts = 0..=(literal.len() + 1 - width - STEP).min(TRIED);
        starts.min_by_key(|&start| costs.iter().skip(start).take(STEP).sum::<u32>()).unwrap_or(0)
    }

    /// What counts most is how often the bytes stand in logs, known or guessed.
    fn cost(&self, part: &[u8]) -> u32 {
        let guessed: u32 = part.iter().map(|&byte| commonness(byte)).sum();
        64 * u32::from(COMMON[slot(part)]) + u32::from(self.shared[slot(part)]) + guessed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(literals: &[&str], text: &str) -> Vec<usize> {
        let mut hits = Vec::new();
        Literals::new(literals).expect("long enough").hits(text.as_bytes(), &mut hits);
        assert!(hits.is_sorted_by_key(|hit| hit.at()));
        let mut found: Vec<usize> = hits.iter().map(|hit| hit.literal()).collect();
        found.sort_unstable();
        found
    }

    fn searched(literals: &[&str], text: &str) -> Vec<usize> {
        let count =
            |literal: &str| (0..text.len()).filter(|&at| text.as_bytes()[at..].starts_with(literal.as_bytes())).count();
        literals.iter().enumerate().flat_map(|(index, literal)| std::iter::repeat_n(index, count(literal))).collect()
    }

    #[test]
    fn literals_of_all_lengths_are_found_at_all_places() {
        let whole = "a needle, and needles in a long line";
        let literals: Vec<&str> = (SHORTEST..=whole.len()).map(|length| &whole[..length]).collect();
        for before in 0..9 {
            for after in 0..9 {
                let text = format!("{}{whole}{}", "-".repeat(before), "+".repeat(after));
                assert_eq!(found(&literals, &text), searched(&literals, &text), "{text}");
            }
        }
    }

    #[test]
    fn overlapping_and_repeated_literals_are_all_found() {
        let literals = ["======", "========", "============", "== x ==", "unknown", "alert unknown ca", "known c"];
        for length in 0..60 {
            let text = format!("{0} x {0}alert unknown caunknown\nalert unknown c", "=".repeat(length));
            assert_eq!(found(&literals, &text), searched(&literals, &text), "{text}");
        }
    }

    #[test]
    fn tiles_join_without_a_gap() {
        let text = "in a line: needle, and the needles of pines\n".repeat(3 * TILE * STEP / 40);
        let literals = ["needle", "needles", "in a line", "the needles of pines\nin a line", "pines\ni"];
        assert_eq!(found(&literals, &text), searched(&literals, &text));
    }

    #[test]
    fn a_place_may_hold_something_at_each_word() {
        let text = "abcdefgh".repeat(TILE);
        let literals = ["abcdef", "efghab", "bcdefgha", "cdefghabcdefgh"];
        assert_eq!(found(&literals, &text), searched(&literals, &text));
    }

    #[test]
    fn empty_and_tiny_texts_are_fine() {
        for text in ["", "\n", "need", "needl", "needle", "a needle", "\u{e9}\0needle\0"] {
            assert_eq!(found(&["needle", "\0needle"], text), searched(&["needle", "\0needle"], text));
        }
        assert!(found(&[], "needle").is_empty());
    }

    #[test]
    fn many_literals_are_told_apart() {
        let literals: Vec<String> = (0..3_000).map(|number| format!("number {number:05} of many")).collect();
        let search = Literals::new(&literals.iter().map(String::as_str).collect::<Vec<_>>()).expect("long enough");
        let mut hits = Vec::new();
        search.hits(literals.join(" ").as_bytes(), &mut hits);
        assert_eq!(hits.iter().map(|hit| hit.literal()).collect::<Vec<_>>(), (0..3_000).collect::<Vec<_>>());
    }

    #[test]
    fn short_literals_are_refused() {
        assert!(Literals::new(&["12345"]).is_err());
    }
}
