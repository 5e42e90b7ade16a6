//! Whether an expression matches a line, in little memory.
//!
//! A log that has seen much makes hundreds of expressions run. With the general engine each of them holds some 100 KiB
//! per thread: automata for both directions, tables for captures. Here only "does it match" is asked. Most expressions
//! see a few lines only; these are run step by step, with room that all share. One that sees more gets an automaton,
//! built as far as lines need it, with one bounded cache for all threads.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use memchr::memmem::Finder;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Hir, HirKind, Literal};

use crate::rules::literal;

/// Lines that are looked at before an automaton is worth its memory.
const FIRST_LINES: u32 = 64;

/// Expressions that get an automaton: the first to see that many lines. Others are seldom asked.
const MOST_AUTOMATA: usize = 64;

/// Memory for the built part of an automaton; it starts anew when that is full.
const CACHE_BYTES: usize = 48 << 10;

/// The same limit as for the expression that takes captures.
const NFA_BYTES: usize = 1 << 20;

/// An expression, compiled when the first line comes that may match it.
#[derive(Debug)]
pub struct Expression {
    source: String,
    /// The scanner found one of these in each line that it asks about.
    found: Vec<String>,
    needs: OnceLock<Needs>,
    compiled: OnceLock<Option<Box<Compiled>>>,
}

/// Room for expressions that are run step by step, used by all of them.
#[derive(Debug, Default)]
pub struct SharedRoom {
    stepwise: Mutex<Option<backtrack::Cache>>,
    automata: AtomicUsize,
}

impl SharedRoom {
    /// Is there room for one more automaton?
    fn admits(&self) -> bool {
        let more = |count| (count < MOST_AUTOMATA).then_some(count + 1);
        self.automata.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

impl Expression {
    pub fn new(source: &str, found: &[String]) -> Self {
        Self { source: source.to_owned(), found: found.to_vec(), needs: OnceLock::new(), compiled: OnceLock::new() }
    }

    /// Does it match the line? One that can't be compiled matches nothing; `rules lint` reports it.
    pub fn matches(&self, line: &[u8], room: &SharedRoom) -> bool {
        let compile = || Compiled::new(&self.source).map(Box::new);
        let matches = |compiled: &Compiled| compiled.matches(&self.source, line, room);
        self.needs.get_or_init(|| Needs::new(&self.source, &self.found)).are_met(line)
            && self.compiled.get_or_init(compile).as_deref().is_some_and(matches)
    }
}

#[derive(Debug)]
struct Compiled {
    stepwise: BoundedBacktracker,
    lines: AtomicU32,
    automaton: OnceLock<Option<Automaton>>,
}

impl Compiled {
    fn new(source: &str) -> Option<Self> {
        let hir = literal::parse(source).ok()?;
        let captures = WhichCaptures::None;
        let config = thompson::Config::new().utf8(false).which_captures(captures).nfa_size_limit(Some(NFA_BYTES));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(&hir).ok()?;
        let stepwise = BoundedBacktracker::builder().build_from_nfa(nfa).ok()?;
        Some(Self { stepwise, lines: AtomicU32::new(0), automaton: OnceLock::new() })
    }

    fn matches(&self, source: &str, line: &[u8], room: &SharedRoom) -> bool {
        let short = line.len() <= self.stepwise.max_haystack_len();
        if short && self.lines.load(Ordering::Relaxed) < FIRST_LINES {
            self.lines.fetch_add(1, Ordering::Relaxed);
            return self.step_through(line, room);
        }
        // A line too long to be stepped through needs the automaton in any case.
        let admitted = || (room.admits() || !short).then(|| Automaton::new(source, self.stepwise.get_nfa().clone()));
        match self.automaton.get_or_init(|| admitted().flatten()) {
            Some(automaton) => automaton.matches(line),
            None if short => self.step_through(line, room),
            None => Automaton::new(source, self.stepwise.get_nfa().clone()).is_some_and(|once| once.matches(line)),
        }
    }

    fn step_through(&self, line: &[u8], room: &SharedRoom) -> bool {
        let mut room = room.stepwise.lock().unwrap_or_else(PoisonError::into_inner);
        let room = room.get_or_insert_with(|| self.stepwise.create_cache());
        self.stepwise.try_is_match(room, line).unwrap_or(false)
    }
}

#[derive(Debug)]
struct Automaton {
    dfa: DFA,
    cache: Mutex<Cache>,
}

impl Automaton {
    fn new(source: &str, nfa: thompson::NFA) -> Option<Self> {
        let hir = literal::parse(source).ok()?;
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, &hir).filter(Prefilter::is_fast);
        let config = DFA::config().prefilter(prefilter).cache_capacity(CACHE_BYTES).skip_cache_capacity_check(true);
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let cache = Mutex::new(dfa.create_cache());
        Some(Self { dfa, cache })
    }

    fn matches(&self, line: &[u8]) -> bool {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        // A search can't fail: nothing makes it give up, and no byte makes it quit.
        matches!(self.dfa.try_search_fwd(&mut cache, &Input::new(line).earliest(true)), Ok(Some(_)))
    }
}

/// Shorter texts stand in too many lines.
const SHORTEST: usize = 4;

/// Most texts of which one is needed.
const MOST_TEXTS: usize = 8;

/// Most needs that are checked, the longest texts first.
const MOST_NEEDS: usize = 3;

/// Plain texts that a line must have: of each group one.
///
/// The scanner looks for one required literal. Before an expression is compiled and run, its other required literals
/// are looked for, too: this spares most candidates the expression, and most expressions their compilation.
#[derive(Debug)]
struct Needs(Vec<Vec<Finder<'static>>>);

impl Needs {
    /// The needs of an expression; none for one that can't be read, which matches nothing anyway.
    fn new(regex: &str, found: &[String]) -> Self {
        let mut groups = literal::parse(regex).map(|hir| groups(&hir)).unwrap_or_default();
        let has = |literal: &String, text: &Vec<u8>| memchr::memmem::find(literal.as_bytes(), text).is_some();
        let is_met = |group: &[Vec<u8>]| found.iter().all(|literal| group.iter().any(|text| has(literal, text)));
        groups.retain(|group| found.is_empty() || !is_met(group));
        groups.sort_by_key(|group| std::cmp::Reverse(shortest(group)));
        groups.truncate(MOST_NEEDS);
        Self(groups.iter().map(|group| group.iter().map(|text| Finder::new(text).into_owned()).collect()).collect())
    }

    /// Could the expression match this line?
    fn are_met(&self, line: &[u8]) -> bool {
        self.0.iter().all(|group| group.iter().any(|text| text.find(line).is_some()))
    }
}

/// Groups of texts of which one each stands in every text that the expression matches.
fn groups(hir: &Hir) -> Vec<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) if bytes.len() >= SHORTEST => vec![vec![bytes.to_vec()]],
        HirKind::Capture(capture) => groups(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => groups(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(groups).collect(),
        HirKind::Alternation(branches) => {
            let each = branches.iter().map(|branch| groups(branch).into_iter().max_by_key(|group| shortest(group)));
            let joined: Option<Vec<_>> = each.collect();
            joined.map(|groups| groups.concat()).filter(|texts| texts.len() <= MOST_TEXTS).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn shortest(group: &[Vec<u8>]) -> usize {
    group.iter().map(Vec::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(regex: &str, line: &str) -> bool {
        Needs::new(regex, &[]).are_met(line.as_bytes())
    }

    #[test]
    fn both_ways_agree_with_the_general_engine() {
        let lines = ["", "a", "error 12: disk", "error : disk", "x error 7: disk full", "\u{e9}rror 7: disk", "disk"];
        let regexes =
            [r"error \d+: disk$", r"^error", r"(?<what>error|warning) \d*", r"\berror\b", r"a{0}", r"error.{0,90}full"];
        for regex in regexes {
            let whole = crate::rules::table::compile(regex).expect("the expressions are right");
            let (expression, room) = (Expression::new(regex, &[]), SharedRoom::default());
            for line in lines.iter().cycle().take(lines.len() * FIRST_LINES as usize * 2) {
                assert_eq!(
                    expression.matches(line.as_bytes(), &room),
                    whole.is_match(line.as_bytes()),
                    "{regex} {line}"
                );
            }
        }
    }

    #[test]
    fn a_cache_that_overflows_changes_nothing() {
        let (expression, room) = (Expression::new(r"from .{0,900}to [a-f0-9]{30,60};", &[]), SharedRoom::default());
        for length in 0..900 {
            let line = |tail: &str| format!("from {}to {}{tail}", "x".repeat(length), "ab0".repeat(11));
            assert!(expression.matches(line(";").as_bytes(), &room));
            assert!(!expression.matches(line(",").as_bytes(), &room));
        }
    }

    #[test]
    fn all_parts_of_a_concatenation_are_needed() {
        let regex = r"(?:innobackupex|xtrabackup).{0,9}Access denied for '(?<user>\w+)' at (?<time>midday|midnight)";
        assert!(met(regex, "xtrabackup: Access denied for 'sst' at midnight"));
        assert!(!met(regex, "mysqld: Access denied for 'sst' at midnight"));
        assert!(!met(regex, "xtrabackup: Access denied for 'sst' at dawn"));
    }

    #[test]
    fn optional_and_short_parts_are_not_needed() {
        assert!(met(r"(?:optional )?(?:a|bc) \d+", "nothing of it"));
        assert!(met(r"(?:long enough|\d+) x", "5 x"));
        assert!(!met(r"(?:must be){2}", "must"));
    }

    #[test]
    fn what_the_scanner_found_is_not_looked_for_again() {
        let needs = |found: &[&str]| {
            let found: Vec<String> = found.iter().map(|&literal| literal.to_owned()).collect();
            Needs::new(r"(?:Created|Deleted) page \S+ of size", &found).0.len()
        };
        assert_eq!(needs(&[]), 3);
        assert_eq!(needs(&[" of size"]), 2);
        assert_eq!(needs(&["Created page ", "Deleted page "]), 1);
        assert_eq!(needs(&["Created page ", "page "]), 3);
    }

    #[test]
    fn expressions_that_cannot_be_read_need_nothing() {
        assert!(met("(", "any"));
    }
}
