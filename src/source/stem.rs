//! Short names for logs, unique within one run and equal whatever the order of the arguments.
//!
//! It goes by file and folder names only. That two logs may belong to one node is for the model
//! to find out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::discover::LogSource;
use super::folder::file_name;
use super::name::{is_generic, is_generic_folder};
use super::sibling::Family;

/// Names the families and sorts them by name.
pub(super) fn name_all(families: Vec<Family>) -> Vec<LogSource> {
    let mut named: Vec<Named> = families.into_iter().map(Named::new).collect();
    tell_apart(&mut named);
    let mut sources: Vec<LogSource> = named.into_iter().map(Named::into_source).collect();
    sources.sort_by(|a, b| order(a).cmp(&order(b)));
    number_equals(&mut sources);
    sources.sort_by(|a, b| order(a).cmp(&order(b)));
    sources
}

/// A family with the word for its node and, for a backup log, what follows it.
struct Named {
    family: Family,
    word: String,
    backup: Option<String>,
    /// Neither file nor folder says whose log it is.
    weak: bool,
}

impl Named {
    fn new(family: Family) -> Self {
        let name = &family.name;
        let backup = name.backup().filter(|_| family.rotates);
        let own = match backup {
            Some((node, _)) => node,
            None if family.rotates => name.stem(),
            None => stream_name(&name.base),
        };
        let says_nothing = own.is_empty() || (family.rotates && is_generic(own));
        let (word, weak) = if let Some(node) = &family.node {
            (node.clone(), false)
        } else if says_nothing {
            let folder = folder_name(&family.folder);
            if folder.is_empty() || is_generic_folder(&folder) { (own.to_owned(), true) } else { (folder, false) }
        } else {
            (own.to_owned(), false)
        };
        let backup = backup.map(|(_, rest)| rest.to_owned());
        Self { family, word, backup, weak }
    }

    fn into_source(self) -> LogSource {
        let Self { family, word, backup, weak } = self;
        let (stem, node) = match backup {
            None => (word, family.node),
            Some(rest) if word.is_empty() => (rest, None),
            Some(rest) => (format!("{word}.{rest}"), (!weak).then_some(word)),
        };
        LogSource { files: family.files, stem, node }
    }
}

/// Standard input, or a pipe of the shell such as `/dev/fd/63`.
fn stream_name(file_name: &str) -> &str {
    if file_name == super::STDIN {
        "stdin"
    } else if file_name.bytes().all(|byte| byte.is_ascii_digit()) {
        "pipe"
    } else {
        file_name
    }
}

fn folder_name(folder: &Path) -> String {
    let given = file_name(folder);
    if !given.is_empty() {
        return given;
    }
    let there = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::canonicalize(there).map(|real| file_name(&real)).unwrap_or_default()
}

/// When several logs are called `error` and lie in `a/mysql` and `b/mysql`, the folders further
/// up tell them apart.
fn tell_apart(named: &mut [Named]) {
    let mut seen = BTreeSet::new();
    let clash = named.iter().filter(|it| it.weak).any(|it| !seen.insert((it.word.clone(), it.backup.clone())));
    for it in named.iter_mut().filter(|it| clash && it.weak) {
        let Ok(folder) = fs::canonicalize(&it.family.folder) else {
            continue;
        };
        let telling = folder.ancestors().map(file_name);
        let found = telling.into_iter().find(|name| !name.is_empty() && !is_generic_folder(name));
        if let Some(name) = found {
            it.word = name;
            it.weak = false;
        }
    }
}

/// `node1`, `node1-2`, `node1-3`: the first by path keeps the plain name.
fn number_equals(sources: &mut [LogSource]) {
    let mut used: BTreeSet<String> = sources.iter().map(|source| source.stem.clone()).collect();
    let mut seen = BTreeSet::new();
    for source in sources {
        if seen.insert(source.stem.clone()) {
            continue;
        }
        let mut number = 2_u64;
        let unique = loop {
            let candidate = format!("{}-{number}", source.stem);
            if used.insert(candidate.clone()) {
                break candidate;
            }
            number += 1;
        };
        source.stem = unique;
    }
}

/// Sorts `node2` before `node10`.
fn order(source: &LogSource) -> (Vec<(String, u64)>, &LogSource) {
    let mut parts = vec![(String::new(), 0_u64)];
    let mut in_number = false;
    for character in source.stem.chars() {
        if in_number && !character.is_ascii_digit() {
            parts.push((String::new(), 0));
        }
        let digit = character.to_digit(10);
        in_number = digit.is_some();
        if let Some((text, number)) = parts.last_mut() {
            match digit {
                Some(digit) => *number = number.saturating_mul(10).saturating_add(digit.into()),
                None => text.push(character),
            }
        }
    }
    (parts, source)
}
