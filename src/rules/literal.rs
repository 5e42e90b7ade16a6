//! Turns a regular expression into the literals of which at least one stands in every line it matches.
//!
//! The scanner looks for these literals only; the expression itself runs on the lines that have one.
//! A literal that is not required would lose hits, so everything here errs on the side of "none".

use regex_syntax::hir::{Hir, HirKind, Literal};
use serde::{Deserialize, Serialize};

use super::frequency::Frequencies;

/// Shorter literals make candidates of lines that don't match.
pub const SHORTEST: usize = 6;

/// The most literals one expression may need; an alternation of more is better written as several matches.
const MOST: usize = 16;

/// What the scanner looks for in place of an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Sought {
    /// One of these stands in every line that the expression matches.
    pub literals: Vec<String>,
    /// And it matches every line that has one of them: nothing is left for the expression to decide.
    pub exact: bool,
}

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
            Self::Unanchored => write!(
                f,
                "the regex has no literal that is in every line it matches; each branch of an alternation needs one"
            ),
            Self::TooShort(literal) => {
                write!(f, "the longest literal that every match has is '{literal}', shorter than {SHORTEST} bytes")
            }
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

/// The literals of which one is in every match: of all such sets the one that is rarest in ordinary logs.
///
/// # Errors
/// The expression is wrong, or it has no such literals of at least [`SHORTEST`] bytes.
pub fn required(regex: &str, known: &Frequencies) -> Result<Sought, LiteralError> {
    let hir = parse(regex)?;
    let literals = best(&hir, known).ok_or(LiteralError::Unanchored)?;
    match literals.iter().min_by_key(|literal| literal.len()) {
        Some(shortest) if shortest.len() < SHORTEST => Err(LiteralError::TooShort(shortest.clone())),
        Some(_) => Ok(Sought { exact: is_exact(&hir, &literals), literals }),
        None => Err(LiteralError::Unanchored),
    }
}

/// Are the literals all that the expression says? Anchors and word borders say more.
fn is_exact(hir: &Hir, literals: &[String]) -> bool {
    let whole = hir.properties().look_set().is_empty().then(|| spellings(hir)).flatten().and_then(texts);
    whole.is_some_and(|whole| {
        literals.iter().all(|literal| whole.contains(literal)) && whole.iter().all(|text| literals.contains(text))
    })
}

fn best(hir: &Hir, known: &Frequencies) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) => Some(vec![String::from_utf8(bytes.to_vec()).ok()?]),
        HirKind::Capture(capture) => best(&capture.sub, known),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub, known),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(best(branch, known)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => best_of_concat(parts, known),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn best_of_concat(parts: &[Hir], known: &Frequencies) -> Option<Vec<String>> {
    let mut candidates: Vec<Vec<String>> = Vec::new();
    let mut run = vec![Vec::new()];
    for part in parts {
        match spellings(part) {
            Some(words) if run.len() * words.len() <= MOST => run = joined(&run, &words),
            Some(words) => {
                candidates.extend(texts(std::mem::replace(&mut run, words.clone())));
                candidates.extend(texts(words));
            }
            None => {
                candidates.extend(texts(std::mem::replace(&mut run, vec![Vec::new()])));
                candidates.extend(best(part, known));
            }
        }
    }
    candidates.extend(texts(run));
    candidates.retain(|set| shortest(set) > 0);
    candidates
        .into_iter()
        .min_by_key(|set| (shortest(set) < SHORTEST, cost(set, known), std::cmp::Reverse(shortest(set))))
}

fn joined(left: &[Vec<u8>], right: &[Vec<u8>]) -> Vec<Vec<u8>> {
    left.iter().flat_map(|before| right.iter().map(move |after| [before.as_slice(), after].concat())).collect()
}

fn texts(set: Vec<Vec<u8>>) -> Option<Vec<String>> {
    set.into_iter().map(|bytes| String::from_utf8(bytes).ok()).collect()
}

fn cost(set: &[String], known: &Frequencies) -> u64 {
    set.iter().map(|literal| known.cost(literal)).sum()
}

/// All texts that a part can match, where these are few.
fn spellings(part: &Hir) -> Option<Vec<Vec<u8>>> {
    match part.kind() {
        HirKind::Literal(Literal(bytes)) => Some(vec![bytes.to_vec()]),
        HirKind::Look(_) | HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Capture(capture) => spellings(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |run, part| {
            let words = spellings(part)?;
            (run.len() * words.len() <= MOST).then(|| joined(&run, &words))
        }),
        HirKind::Alternation(branches) => {
            let all = branches.iter().map(spellings).collect::<Option<Vec<_>>>()?.concat();
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Class(_) | HirKind::Repetition(_) => None,
    }
}

fn shortest(set: &[String]) -> usize {
    set.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(regex: &str) -> Vec<String> {
        required(regex, &Frequencies::default()).unwrap_or_default().literals
    }

    fn error(regex: &str) -> Option<LiteralError> {
        required(regex, &Frequencies::default()).err()
    }

    #[test]
    fn a_run_of_a_concatenation_is_found() {
        assert_eq!(literals(r"Shifting (?<from>\w+) -> (?<to>\w+)"), ["Shifting "]);
    }

    #[test]
    fn few_words_after_a_common_one_are_spelled_out() {
        assert_eq!(literals(r"WSREP: (?:pause|resume)$"), ["WSREP: pause", "WSREP: resume"]);
    }

    #[test]
    fn captures_that_are_plain_join_the_run() {
        assert_eq!(literals(r"error: (?<what>no such) file"), ["error: no such file"]);
    }

    #[test]
    fn an_alternation_needs_a_literal_in_each_branch() {
        assert_eq!(
            literals(r"(?:certificate has expired|alert unknown ca)"),
            ["alert unknown ca", "certificate has expired"]
        );
        assert_eq!(error(r"(?:certificate has expired|\d+)"), Some(LiteralError::Unanchored));
    }

    #[test]
    fn what_ordinary_logs_lack_is_preferred() {
        let mut known = Frequencies::default();
        known.add(b"Failed to establish connection: Operation aborted.");
        let found = required(r"Failed to establish connection: (?:no shared cipher|wrong version number)", &known);
        let literals = found.unwrap_or_default().literals;
        assert!(
            literals
                .iter()
                .all(|literal| literal.contains("no shared cipher") || literal.contains("wrong version number"))
        );
    }

    #[test]
    fn only_plain_text_is_exact() {
        let exact = |regex| required(regex, &Frequencies::default()).is_ok_and(|sought| sought.exact);
        for regex in [r"Processing event queue:\.\.\.", r"scan: (?:initial|unused) buffers", r"(?<what>no such) file"] {
            assert!(exact(regex), "{regex}");
        }
        for regex in [r"plain text$", r"\bplain text", r"plain text \d", r"plain.text here", r"(?:plain )?text here"] {
            assert!(!exact(regex), "{regex}");
        }
    }

    #[test]
    fn an_optional_part_is_not_required() {
        assert_eq!(literals(r"(?:very long optional text)?short one"), ["short one"]);
    }

    #[test]
    fn case_insensitive_text_has_no_literal() {
        assert!(error(r"(?i)nospaceleft").is_some());
    }

    #[test]
    fn short_literals_are_refused() {
        assert_eq!(error(r"out\d+"), Some(LiteralError::TooShort("out".into())));
    }
}
