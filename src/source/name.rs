//! What the name of a log says: which rotation, which node, which backup log.
//!
//! Pure: names in, facts out. It never looks at a file, and its facts are only used where the
//! content says nothing.

use std::cmp::Reverse;

/// Endings that compression adds, also of formats that cannot be read (they get a clear message).
const COMPRESSED: &[&str] = &[".gz", ".zst", ".zstd", ".xz", ".bz2", ".lz4"];

/// Endings of text logs.
const LOG_ENDINGS: &[&str] = &[".log", ".err", ".txt", ".out", ".json"];

/// Names that say what a log is but not whose.
const GENERIC: &[&str] = &["error", "mysqld", "mariadbd", "mariadb", "mysql", "syslog", "messages", "err", "galera"];

/// Folder names that say as little.
const GENERIC_FOLDERS: &[&str] = &["log", "logs", "var", "lib", "tmp", "data", "datadir", "opt", "srv", "home", "root"];

/// Tools and phases of the physical backups whose logs the state transfer scripts keep.
const BACKUP_TOOLS: &[&str] = &["mariabackup", "innobackup", "xtrabackup"];
const BACKUP_PHASES: &[&str] = &["backup", "prepare", "move", "decompress"];

/// Whether a word names no node: as file name (`error`) or as folder (`mysql`, `log`).
pub(super) fn is_generic(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    GENERIC.contains(&word.as_str())
}

/// The same for a folder.
pub(super) fn is_generic_folder(word: &str) -> bool {
    is_generic(word) || GENERIC_FOLDERS.contains(&word.to_ascii_lowercase().as_str())
}

/// A file name taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogName {
    /// Without rotation and compression, equal for all siblings: `error.log`.
    pub(super) base: String,
    /// Rotation number, 0 for none; higher is older.
    pub(super) number: u32,
    /// Digits of a date suffix; smaller is older.
    pub(super) date: Option<String>,
}

impl LogName {
    /// `error.log-20241124.gz` to `error.log` and `20241124`.
    ///
    /// A number counts only behind the name of a log: `192.168.1.11` is no rotation.
    pub(super) fn parse(file_name: &str) -> Self {
        let mut base = without_compression(file_name);
        let (mut number, mut date) = (0, None);
        loop {
            if let Some((rest, digits)) = split_date(base).filter(|_| date.is_none()) {
                (base, date) = (rest, Some(digits));
            } else if let Some((rest, found)) = split_number(base).filter(|_| number == 0) {
                (base, number) = (rest, found);
            } else {
                break;
            }
        }
        let base = match split_inner_date(base).filter(|_| date.is_none()) {
            Some((rest, digits)) => {
                date = Some(digits);
                rest
            }
            None => base.to_owned(),
        };
        Self { base, number, date }
    }

    /// `error.1.log` read as rotation 1 of `error.log`. Only right if there is an `error.log`:
    /// `node.1.log` and `node.2.log` alone are two nodes.
    pub(super) fn inner_number(&self) -> Option<Self> {
        let (stem, ending) = split_log_ending(&self.base)?;
        let (rest, digits) = stem.rsplit_once('.')?;
        let number = short_number(digits).filter(|number| *number > 0)?;
        let base = format!("{rest}{ending}");
        (self.number == 0 && !rest.is_empty()).then(|| Self { base, number, date: self.date.clone() })
    }

    /// Sorts oldest first: by number, then date, then no rotation at all.
    pub(super) fn age(&self) -> (Reverse<u32>, bool, Option<&str>) {
        (Reverse(self.number), self.date.is_none(), self.date.as_deref())
    }

    /// The base without the ending of a log: `node1` of `node1.log`.
    pub(super) fn stem(&self) -> &str {
        split_log_ending(&self.base).map_or(&self.base, |(stem, _)| stem)
    }

    /// For the log of a physical backup, the part before the tool (`node3`, maybe empty) and the
    /// part from the tool on (`mariabackup.backup`).
    pub(super) fn backup(&self) -> Option<(&str, &str)> {
        let stem = self.stem();
        let (rest, phase) = stem.rsplit_once('.')?;
        let (node, tool) = rest.rsplit_once('.').unwrap_or(("", rest));
        let known = BACKUP_TOOLS.contains(&tool) && BACKUP_PHASES.contains(&phase);
        known.then(|| (node, &stem[stem.len() - tool.len() - 1 - phase.len()..]))
    }
}

/// The name before compression: `error.log.1` of `error.log.1.gz`.
pub(super) fn without_compression(name: &str) -> &str {
    without_ending(name, COMPRESSED)
}

fn without_ending<'a>(name: &'a str, endings: &[&str]) -> &'a str {
    endings.iter().find_map(|ending| strip_ending(name, ending)).unwrap_or(name)
}

/// The non-empty part before `ending`, whatever the case of its letters.
pub(super) fn strip_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let (rest, tail) = name.split_at_checked(name.len().checked_sub(ending.len())?)?;
    (!rest.is_empty() && tail.eq_ignore_ascii_case(ending)).then_some(rest)
}

fn split_log_ending(name: &str) -> Option<(&str, &str)> {
    let stem = LOG_ENDINGS.iter().find_map(|ending| strip_ending(name, ending))?;
    Some((stem, &name[stem.len()..]))
}

fn is_log_name(name: &str) -> bool {
    is_generic(name) || split_log_ending(name).is_some()
}

fn short_number(digits: &str) -> Option<u32> {
    let short = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if short { digits.parse().ok() } else { None }
}

/// `error.log.2` to `error.log` and 2; `error.log.old` and `error.log-old` are number 1.
fn split_number(name: &str) -> Option<(&str, u32)> {
    let old = strip_ending(name, ".old").or_else(|| strip_ending(name, "-old"));
    let found = if let Some(rest) = old {
        (rest, 1)
    } else {
        let (rest, digits) = name.rsplit_once('.')?;
        (rest, short_number(digits)?)
    };
    // A date may stand between: error.log-20241124.1
    let log = is_log_name(found.0) || split_date(found.0).is_some_and(|(rest, _)| is_log_name(rest));
    log.then_some(found)
}

/// `error.log-20241124` to `error.log` and its digits; the longest date at the end counts.
fn split_date(name: &str) -> Option<(&str, String)> {
    let tail_length = name.bytes().rev().take_while(|byte| byte.is_ascii_digit() || b"-_.:T".contains(byte)).count();
    let tail_start = name.len() - tail_length;
    name.char_indices()
        .filter(|(at, character)| *at >= tail_start.max(1) && "-_.".contains(*character))
        .find_map(|(at, _)| Some((&name[..at], date_digits(&name[at + 1..])?)))
}

/// `error-20241124.log` to `error.log` and its digits.
fn split_inner_date(name: &str) -> Option<(String, String)> {
    let (stem, ending) = split_log_ending(name)?;
    let (rest, digits) = split_date(stem)?;
    Some((format!("{rest}{ending}"), digits))
}

/// The digits of a calendar date with or without time, or of seconds since 1970.
fn date_digits(text: &str) -> Option<String> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u32>().ok();
    let day = number(0..4).is_some_and(|year| (1990..2100).contains(&year))
        && number(4..6).is_some_and(|month| (1..=12).contains(&month))
        && number(6..8).is_some_and(|day| (1..=31).contains(&day));
    let calendar = day && matches!(digits.len(), 8 | 10 | 12 | 14 | 17 | 18 | 20 | 23);
    let seconds = digits.len() == 10 && digits.starts_with('1') && digits.len() == text.len();
    (calendar || seconds).then_some(digits)
}

#[cfg(test)]
mod tests;
