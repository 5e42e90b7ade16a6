//! Which files are one log that was rotated, and which of them is older.
//!
//! Names decide what belongs together, content decides the order. It opens nothing: the first
//! time stamp of each file was found before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::folder::file_name;
use super::name::LogName;
use super::problem::InputProblem;

/// One file to be read.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub(super) path: PathBuf,
    /// The name the user gave to its node.
    pub(super) node: Option<String>,
    /// First time stamp in it, in the unit of the caller.
    pub(super) stamp: Option<i64>,
    /// Hash of its first plain bytes; `None` for a stream.
    pub(super) print: Option<u64>,
    /// Pipes and standard input have no siblings.
    pub(super) rotates: bool,
}

/// All files of one log.
#[derive(Debug)]
pub(super) struct Family {
    /// Oldest first, never empty.
    pub(super) files: Vec<PathBuf>,
    pub(super) node: Option<String>,
    /// The common name without rotation; a pipe has its whole name here.
    pub(super) name: LogName,
    /// Folder of the files as given; empty for the working directory.
    pub(super) folder: PathBuf,
    pub(super) rotates: bool,
}

/// Folder, base name, node and, for what has no siblings, the path.
type Key = (PathBuf, String, Option<String>, Option<PathBuf>);

/// Puts the files of one log together. The order of `files` makes no difference.
pub(super) fn families(files: Vec<LogFile>, problems: &mut Vec<InputProblem>) -> Vec<Family> {
    let mut members: Vec<Member> = files.into_iter().map(Member::new).collect();
    read_inner_numbers(&mut members);
    share_names(&mut members);
    let mut groups: BTreeMap<Key, Vec<Member>> = BTreeMap::new();
    for member in members {
        groups.entry(member.key()).or_default().push(member);
    }
    let one_log = |mut members| {
        drop_copies(&mut members, problems);
        family(members)
    };
    groups.into_values().filter_map(one_log).collect()
}

struct Member {
    file: LogFile,
    name: LogName,
    folder: PathBuf,
}

impl Member {
    fn new(file: LogFile) -> Self {
        let name = file_name(&file.path);
        let name = if file.rotates { LogName::parse(&name) } else { LogName { base: name, number: 0, date: None } };
        let given = file.path.parent().unwrap_or(Path::new(""));
        let there = if given.as_os_str().is_empty() { Path::new(".") } else { given };
        let folder = fs::canonicalize(there).unwrap_or_else(|_| given.to_path_buf());
        Self { file, name, folder }
    }

    fn log(&self) -> (PathBuf, String) {
        (self.folder.clone(), self.name.base.clone())
    }

    fn key(&self) -> Key {
        let (folder, base) = self.log();
        let alone = (!self.file.rotates).then(|| self.file.path.clone());
        (folder, base, self.file.node.clone(), alone)
    }
}

/// Takes `error.1.log` as a rotation where an `error.log` lies beside it.
fn read_inner_numbers(members: &mut [Member]) {
    let current: BTreeSet<_> = members
        .iter()
        .filter(|member| member.name.number == 0 && member.name.date.is_none())
        .map(Member::log)
        .collect();
    for member in members.iter_mut().filter(|member| member.file.rotates) {
        if let Some(inner) = member.name.inner_number()
            && current.contains(&(member.folder.clone(), inner.base.clone()))
        {
            member.name = inner;
        }
    }
}

/// A node name given for one file of a log holds for its siblings. Two names say that they are
/// no siblings at all, so nothing is shared then.
fn share_names(members: &mut [Member]) {
    let mut names: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for member in members.iter() {
        names.entry(member.log()).or_default().extend(member.file.node.clone());
    }
    for member in members.iter_mut().filter(|member| member.file.rotates) {
        if let Some(names) = names.get(&member.log())
            && names.len() == 1
        {
            member.file.node = names.first().cloned();
        }
    }
}

/// Leaves out `error.log.1.gz` beside an `error.log.1` that begins with the same bytes, as a
/// compression that keeps or has not yet removed its input leaves them: no event may count twice.
fn drop_copies(members: &mut Vec<Member>, problems: &mut Vec<InputProblem>) {
    members.sort_by(|a, b| {
        let length = |member: &Member| member.file.path.as_os_str().len();
        length(a).cmp(&length(b)).then_with(|| a.file.path.cmp(&b.file.path))
    });
    let mut kept: BTreeMap<_, PathBuf> = BTreeMap::new();
    members.retain(|Member { file, name, .. }| {
        let Some(print) = file.print else { return true };
        if let Some(of) = kept.get(&(print, name.clone())) {
            let (path, of) = (file.path.clone(), of.clone());
            problems.push(InputProblem::Copy { path, of });
            return false;
        }
        kept.insert((print, name.clone()), file.path.clone());
        true
    });
}

fn family(mut members: Vec<Member>) -> Option<Family> {
    sort_by_age(&mut members);
    let newest = members.last()?;
    Some(Family {
        node: newest.file.node.clone(),
        name: newest.name.clone(),
        folder: newest.file.path.parent().unwrap_or(Path::new("")).to_path_buf(),
        rotates: newest.file.rotates,
        files: members.into_iter().map(|member| member.file.path).collect(),
    })
}

/// Oldest first. A file without a stamp stays behind its next older sibling by name: comparing
/// some pairs by stamp and others by name would be no order.
fn sort_by_age(members: &mut [Member]) {
    members.sort_by(|a, b| a.name.age().cmp(&b.name.age()).then_with(|| a.file.path.cmp(&b.file.path)));
    let mut stamp = members.iter().find_map(|member| member.file.stamp);
    for member in members.iter_mut() {
        stamp = member.file.stamp.or(stamp);
        member.file.stamp = stamp;
    }
    members.sort_by_key(|member| member.file.stamp);
}
