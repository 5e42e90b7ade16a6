//! The known word that a misspelled one is nearest to.

/// The known word that takes the fewest letters to get to; the first of several.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|one| distance(word, one))
}

/// The nearest of the known words, nearest first; of equally near ones the first by letter.
pub fn nearest_few<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = known.into_iter().map(|one| (distance(one, word), one)).collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, one)| one).collect()
}

/// The end of a remark on an unknown word: the nearest known one, if there is any.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |one| format!("; the nearest is '{one}'"))
}

/// The number of letters to change, add or drop to get from one word to the other.
fn distance(left: &str, right: &str) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("path", "path"), 0);
        assert_eq!(distance("pth", "path"), 1);
        assert_eq!(distance("", "path"), 4);
        assert_eq!(distance("peer", "per"), 1);
    }

    #[test]
    fn the_nearest_word_is_named() {
        assert_eq!(nearest("pth", ["port", "path", "peer"]), Some("path"));
        assert_eq!(nearest("pth", []), None);
    }
}
