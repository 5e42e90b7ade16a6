//! What a line must have for an expression to match it, as plain texts.
//!
//! The automaton looks for a short part of one required literal. Before an expression is compiled and run, all its
//! required literals are looked for as a whole: this spares most candidates the expression, and most expressions
//! their compilation.

use memchr::memmem::Finder;
use regex_syntax::hir::{Hir, HirKind, Literal};

use crate::rules::literal;

/// Shorter texts stand in too many lines.
const SHORTEST: usize = 4;

/// Most texts of which one is needed.
const MOST_TEXTS: usize = 8;

/// Most needs that are checked, the longest texts first.
const MOST_NEEDS: usize = 3;

/// The needs of one expression: of each group of texts one must be there.
#[derive(Debug)]
pub struct Needs(Vec<Vec<Finder<'static>>>);

impl Needs {
    /// The needs of an expression; none for one that can't be read, which matches nothing anyway.
    pub fn new(regex: &str) -> Self {
        let mut groups = literal::parse(regex).map(|hir| groups(&hir)).unwrap_or_default();
        groups.sort_by_key(|group| std::cmp::Reverse(shortest(group)));
        groups.truncate(MOST_NEEDS);
        Self(groups.iter().map(|group| group.iter().map(|text| Finder::new(text).into_owned()).collect()).collect())
    }

    /// Could the expression match this line?
    pub fn are_met(&self, line: &[u8]) -> bool {
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
        Needs::new(regex).are_met(line.as_bytes())
    }

    #[test]
    fn all_parts_of_a_concatenation_are_needed() {
        let regex = r"(?:innobackupex|xtrabackup).{0,9}Access denied for '(?<user>\w+)' at (?<time>noon|night)";
        assert!(met(regex, "xtrabackup: Access denied for 'sst' at night"));
        assert!(!met(regex, "mysqld: Access denied for 'sst' at night"));
        assert!(!met(regex, "xtrabackup: Access denied for 'sst' at dawn"));
    }

    #[test]
    fn optional_and_short_parts_are_not_needed() {
        assert!(met(r"(?:optional )?(?:a|bc) \d+", "nothing of it"));
        assert!(met(r"(?:long enough|\d+) x", "5 x"));
        assert!(!met(r"(?:must be){2}", "must"));
    }

    #[test]
    fn expressions_that_cannot_be_read_need_nothing() {
        assert!(met("(", "any"));
    }
}
