//! Paths to files that exist, each once, with a look at the first 64 KiB of each.
//!
//! The look tells when a log begins and, for files with unknown names in a folder, whether it is
//! a log at all. Pipes and standard input are not touched: what is read from them is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use super::folder;
use super::likeness::Likeness;
use super::open::{STDIN, open, read_up_to};
use super::problem::InputProblem;
use super::sibling::LogFile;

/// Plain bytes in which the first time stamp is looked for.
const FIRST_BYTES: usize = 64 * 1024;

/// What makes two paths the same file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Stdin,
    #[cfg(unix)]
    Inode(u64, u64),
    #[cfg(not(unix))]
    Path(PathBuf),
}

impl Identity {
    #[cfg(unix)]
    fn of(_: &Path, metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self::Inode(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(path: &Path, _: &Metadata) -> Self {
        Self::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
    }
}

/// A file to look at.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    /// The names given to its node; more than one is a mistake.
    nodes: BTreeSet<String>,
    /// The folder it was found in; `None` if the user named the file itself.
    folder: Option<PathBuf>,
    likeness: Likeness,
    regular: bool,
}

/// Counts for one folder argument.
#[derive(Debug, Default)]
struct Tally {
    candidates: u64,
    skipped: u64,
    folders: u64,
}

/// The files behind the arguments, each once, and what was wrong on the way.
#[derive(Default)]
pub(super) struct Search {
    found: BTreeMap<Identity, Found>,
    folders: BTreeMap<PathBuf, Tally>,
    problems: Vec<InputProblem>,
}

impl Search {
    /// Takes in one argument; `node` is the name given to it.
    pub(super) fn gather(&mut self, path: &Path, node: Option<&String>) {
        let found = |path: &Path, regular| Found {
            path: path.to_path_buf(),
            nodes: node.cloned().into_iter().collect(),
            folder: None,
            likeness: Likeness::Log,
            regular,
        };
        if path == Path::new(STDIN) {
            return self.add(Identity::Stdin, found(path, false));
        }
        match fs::metadata(path) {
            Err(error) => self.problems.push(InputProblem::from_io(path, &error)),
            Ok(metadata) if metadata.is_dir() => self.gather_folder(path, node),
            Ok(metadata) => {
                self.add(Identity::of(path, &metadata), found(path, metadata.is_file()));
            }
        }
    }

    fn gather_folder(&mut self, folder: &Path, node: Option<&String>) {
        let listing = match folder::list(folder) {
            Ok(listing) => listing,
            Err(error) => return self.problems.push(InputProblem::from_io(folder, &error)),
        };
        self.problems.extend(listing.problems);
        let mut tally = Tally { candidates: 0, skipped: listing.skipped_files, folders: listing.skipped_folders };
        for (path, likeness) in listing.files {
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            let identity = Identity::of(&path, &metadata);
            tally.candidates += 1;
            let nodes = node.cloned().into_iter().collect();
            let folder = Some(folder.to_path_buf());
            self.add(identity, Found { path, nodes, folder, likeness, regular: true });
        }
        self.folders.insert(folder.to_path_buf(), tally);
    }

    /// Keeps one of two paths to a file: the one that is no link, then the shorter one.
    fn add(&mut self, identity: Identity, mut new: Found) {
        if let Some(mut old) = self.found.remove(&identity) {
            if preference(&old.path) < preference(&new.path) {
                std::mem::swap(&mut new, &mut old);
            }
            new.folder = new.folder.zip(old.folder).map(|(one, other)| one.min(other));
            new.likeness = new.likeness.min(old.likeness);
            new.nodes.append(&mut old.nodes);
        }
        self.found.insert(identity, new);
    }

    /// Opens every file to see whether it is a log and when it begins.
    pub(super) fn look(mut self, first_stamp: &dyn Fn(&[u8]) -> Option<i64>) -> (Vec<LogFile>, Vec<InputProblem>) {
        let mut files = Vec::new();
        for mut found in std::mem::take(&mut self.found).into_values() {
            let node = self.one_name(&mut found);
            let seen = if found.regular { self.first_bytes(&found, first_stamp) } else { Some(FirstBytes::default()) };
            if let Some(FirstBytes { stamp, print }) = seen {
                let Found { path, regular, .. } = found;
                files.push(LogFile { path, node, stamp, print, rotates: regular });
            }
        }
        self.note_folders();
        (files, self.problems)
    }

    fn one_name(&mut self, found: &mut Found) -> Option<String> {
        let used = found.nodes.pop_first()?;
        for ignored in std::mem::take(&mut found.nodes) {
            let (path, used) = (found.path.clone(), used.clone());
            self.problems.push(InputProblem::NamedTwice { path, used, ignored });
        }
        Some(used)
    }

    /// `None` if this is no log to read; the reason is noted then.
    fn first_bytes(&mut self, found: &Found, first_stamp: &dyn Fn(&[u8]) -> Option<i64>) -> Option<FirstBytes> {
        // A file with an unknown name that the user did not name has to prove that it is a log.
        let doubtful = found.likeness != Likeness::Log;
        match open(&found.path) {
            Ok(mut opened) => {
                let (bytes, _) = read_up_to(opened.reader.as_mut(), FIRST_BYTES);
                let stamp = first_stamp(&bytes);
                match &found.folder {
                    Some(folder) if doubtful && stamp.is_none() => self.skip(folder),
                    _ => {
                        return Some(FirstBytes { stamp, print: Some(fingerprint(&bytes)) });
                    }
                }
            }
            Err(problem) => {
                let silent = doubtful || matches!(problem, InputProblem::Binary { .. });
                match &found.folder {
                    Some(folder) if silent => self.skip(folder),
                    _ => self.problems.push(problem),
                }
            }
        }
        None
    }

    fn skip(&mut self, folder: &Path) {
        let tally = self.folders.entry(folder.to_path_buf()).or_default();
        tally.skipped += 1;
        tally.candidates = tally.candidates.saturating_sub(1);
    }

    fn note_folders(&mut self) {
        for (path, tally) in std::mem::take(&mut self.folders) {
            let Tally { candidates, skipped, folders } = tally;
            if candidates == 0 {
                self.problems.push(InputProblem::NoLogInFolder { path, skipped });
            } else if skipped > 0 || folders > 0 {
                self.problems.push(InputProblem::Skipped { path, files: skipped, folders });
            }
        }
    }
}

/// What the start of a file told.
#[derive(Default)]
struct FirstBytes {
    stamp: Option<i64>,
    print: Option<u64>,
}

fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn preference(path: &Path) -> (bool, usize, &Path) {
    (path.is_symlink(), path.as_os_str().len(), path)
}
