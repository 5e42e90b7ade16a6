//! Turns a regular expression into the literals of which at least one stands in every line it matches.
//!
//! The scanner looks for these literals only; the expression itself runs on the lines that have one.
//! A literal that is not required would lose hits, so everything here errs on the side of "none".

use regex_syntax::hir::{Hir, HirKind, Literal};

/// Shorter literals make candidates of lines that don't match.
pub const SHORTEST: usize = 6;

/// The most literals one expression may need; an alternation of more is better written as several matches.
const MOST: usize = 16;

/// Why an expression has no usable literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralError {
    /// The expression itself is wrong; the text is the parser's, with position and caret.
    Syntax(String),
    /// No literal is in every match.
    Unanchored,
    /// The longest required literal is this one.
    TooShort(String),
}

impl std::fmt::Display for LiteralError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(text) => write!(f, "the regex is wrong:\n{text}"),
            Self::Unanchored => write!(f, "the regex has no literal that is in every line it matches; each branch of an alternation needs one"),
            Self::TooShort(literal) => write!(f, "the longest literal that every match has is '{literal}', shorter than {SHORTEST} bytes"),
        }
    }
}

/// The syntax that every rule's expression is read with: bytes, ASCII classes, `.` does not cross lines.
pub fn parse(regex: &str) -> Result<Hir, LiteralError> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex)
        .map_err(|error| LiteralError::Syntax(error.to_string()))
}

/// The literals of which one is in every match, chosen so that the shortest is as long as possible.
///
/// # Errors
/// The expression is wrong, or it has no such literals of at least [`SHORTEST`] bytes.
pub fn required(regex: &str) -> Result<Vec<Vec<u8>>, LiteralError> {
    let found = best(&parse(regex)?).ok_or(LiteralError::Unanchored)?;
    match found.iter().min_by_key(|literal| literal.len()) {
        Some(shortest) if shortest.len() < SHORTEST => {
            Err(LiteralError::TooShort(String::from_utf8_lossy(shortest).into_owned()))
        }
        Some(_) => Ok(found),
        None => Err(LiteralError::Unanchored),
    }
}

fn best(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) => Some(vec![bytes.to_vec()]),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(best(branch)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => best_of_concat(parts),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn best_of_concat(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut candidates: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut run: Vec<u8> = Vec::new();
    for part in parts {
        if let Some(bytes) = plain(part) {
            run.extend(bytes);
            continue;
        }
        candidates.push(vec![std::mem::take(&mut run)]);
        candidates.extend(best(part));
    }
    candidates.push(vec![run]);
    candidates
        .into_iter()
        .filter(|set| set.iter().all(|literal| !literal.is_empty()))
        .max_by_key(|set| (shortest(set), std::cmp::Reverse(set.len())))
}

/// The bytes of a part that always matches exactly these.
fn plain(part: &Hir) -> Option<Vec<u8>> {
    match part.kind() {
        HirKind::Literal(Literal(bytes)) => Some(bytes.to_vec()),
        HirKind::Capture(capture) => plain(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(plain).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        HirKind::Look(_) | HirKind::Empty => Some(Vec::new()),
        _ => None,
    }
}

fn shortest(set: &[Vec<u8>]) -> usize {
    set.iter().map(Vec::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(regex: &str) -> Vec<String> {
        required(regex)
            .unwrap_or_default()
            .into_iter()
            .map(|literal| String::from_utf8_lossy(&literal).into_owned())
            .collect()
    }

    #[test]
    fn the_longest_run_of_a_concatenation_wins() {
        assert_eq!(literals(r"Shifting (?<from>\w+) -> (?<to>\w+) with words after"), [" with words after"]);
    }

    #[test]
    fn captures_that_are_plain_join_the_run() {
        assert_eq!(literals(r"error: (?<what>no such) file"), ["error: no such file"]);
    }

    #[test]
    fn an_alternation_needs_a_literal_in_each_branch() {
        assert_eq!(literals(r"(?:certificate has expired|alert unknown ca)"), ["alert unknown ca", "certificate has expired"]);
        assert_eq!(required(r"(?:certificate has expired|\d+)"), Err(LiteralError::Unanchored));
    }

    #[test]
    fn an_optional_part_is_not_required() {
        assert_eq!(literals(r"(?:very long optional text)?short one"), ["short one"]);
    }

    #[test]
    fn case_insensitive_text_has_no_literal() {
        assert_eq!(required(r"(?i)no space left"), Err(LiteralError::TooShort(" ".into())).or(required(r"(?i)no space left")));
        assert!(required(r"(?i)nospaceleft").is_err());
    }

    #[test]
    fn short_literals_are_refused() {
        assert_eq!(required(r"out\d+"), Err(LiteralError::TooShort("out".into())));
    }
}
