//! Everything about a rule that a person would forget, as checks.

use std::path::Path;

use super::read::{LoadedRule, RuleError};

/// One thing that is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    pub file: String,
    pub text: String,
}

/// stub
pub fn lint(_rules: Vec<LoadedRule>, _healthy: Option<&Path>) -> Result<Vec<Remark>, RuleError> {
    Ok(Vec::new())
}

/// stub
pub fn examples(_rules: Vec<LoadedRule>) -> Result<Vec<Remark>, RuleError> {
    Ok(Vec::new())
}

/// The number of letters to change, add or drop to get from one word to the other.
pub fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut corner = row[0];
        row[0] = index + 1;
        for (column, b) in right.iter().enumerate() {
            let next = if a == *b { corner } else { 1 + corner.min(row[column]).min(row[column + 1]) };
            corner = std::mem::replace(&mut row[column + 1], next);
        }
    }
    row.last().copied().unwrap_or(0)
}
