//! Arguments to logs: folders are searched, rotated siblings put together, doubles left out.
//!
//! What a time stamp looks like only the function passed in knows.

use std::path::PathBuf;

use super::problem::InputProblem;
use super::search::Search;
use super::{sibling, stem};

/// One log: a file with its rotated siblings, a pipe, or standard input (`-`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogSource {
    /// What to pass to [`open`](super::open()), oldest first, never empty.
    pub files: Vec<PathBuf>,
    /// Short name, unique among the sources of one call: `node1`, `node3.mariabackup.backup`.
    pub stem: String,
    /// The node it belongs to, when the user said so or the name of a backup log does.
    pub node: Option<String>,
}

/// Finds the logs behind the arguments: files, folders or `-`; `named` are pairs of a node name
/// and a file or folder.
///
/// `first_stamp` returns the first time stamp in the given bytes, in a unit that only needs to
/// sort. Neither the order of the arguments nor giving a file twice changes the result. Files in
/// `named` that turn out to be siblings share their name; siblings with different names are
/// taken as logs of different nodes.
///
/// Each problem is reported once: what is wrong with a file here is not met again when it is
/// opened, except in pipes, which are not touched, and behind the first 64 KiB.
pub fn discover(
    arguments: &[PathBuf],
    named: &[(String, PathBuf)],
    first_stamp: impl Fn(&[u8]) -> Option<i64>,
) -> (Vec<LogSource>, Vec<InputProblem>) {
    let mut search = Search::default();
    for path in arguments {
        search.gather(path, None);
    }
    for (node, path) in named {
        search.gather(path, Some(node));
    }
    let (files, mut problems) = search.look(&first_stamp);
    let families = sibling::families(files, &mut problems);
    problems.sort();
    problems.dedup();
    (stem::name_all(families), problems)
}

#[cfg(test)]
mod tests;
