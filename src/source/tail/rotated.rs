//! The rotated files of one log: which there are, in which order they were written, and which of
//! them hold something that was not read yet.
//!
//! Names say what belongs to the log. What a file is, its inode and its content say: rotation
//! renames files while they are looked at, and compression gives them new inodes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::delivery::{FileId, Sink};
use super::lines::BLOCK;
use super::place::{HEAD, PRINT, Place, Position, hash, keep_last};
use super::reader::{open_regular, read_full};
use crate::source::content::Content;
use crate::source::decoder;
use crate::source::name::{LogName, without_compression};

/// Most rotated files looked at, the newest ones.
const MOST: usize = 1000;

/// How often the folder is read again when files are renamed meanwhile.
const TRIES: usize = 4;

/// Fewer bytes are too few to know a grown file by its inode and start.
const TELLING: usize = 32;

/// Words that are put behind the name of a log when it is moved away.
const WORDS: &[&str] = &["old", "bak", "prev", "save", "orig"];

/// One file beside the followed one.
#[derive(Debug)]
pub(super) struct Rotated {
    pub(super) path: PathBuf,
    pub(super) file: FileId,
    /// Bytes as stored when it was listed.
    pub(super) length: u64,
    /// Rotation number, 0 for none.
    pub(super) number: u32,
    /// Its name is that of a rotated file, in contrast to any that begins like the log's.
    pub(super) by_name: bool,
    pub(super) content: Content,
    /// The first [`HEAD`] plain bytes, or why there are none.
    pub(super) head: Result<Vec<u8>, String>,
    modified: Option<Duration>,
}

/// What was known of a file when the rotated files were last looked at.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) file: FileId,
    /// `None` if it could not be read.
    pub(super) head: Option<Vec<u8>>,
}

impl Record {
    pub(super) fn of(rotated: &Rotated) -> Self {
        Self { file: rotated.file, head: rotated.head.clone().ok() }
    }

    /// Whether that file is still this one, maybe renamed, compressed or copied.
    pub(super) fn is(&self, other: &Rotated) -> bool {
        let same_file = self.file == other.file;
        match (&self.head, &other.head) {
            (None, _) => same_file,
            (Some(known), Ok(head)) => {
                let grown = same_file && known.len() >= TELLING && head.starts_with(known);
                !known.is_empty() && (known == head || grown)
            }
            (Some(_), Err(_)) => false,
        }
    }
}

/// All files beside the followed one that belong to it, oldest first.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) files: Vec<Rotated>,
    /// There were more than are looked at.
    pub(super) too_many: bool,
}

impl Listing {
    /// Looks beside `path`, and beside the file it leads to if it is a symbolic link.
    /// A folder that cannot be listed has no files.
    pub(super) fn of(path: &Path) -> Self {
        let mut tries = 1;
        loop {
            let (listing, stable) = Self::once(path);
            if stable || tries == TRIES {
                return listing;
            }
            tries += 1;
        }
    }

    /// Not stable if any name or file changed meanwhile: then some file may have been missed.
    fn once(path: &Path) -> (Self, bool) {
        let before = candidates(path);
        let mut newest: Vec<&Candidate> = before.iter().collect();
        newest.sort_by_key(|candidate| Reverse(candidate.modified));
        newest.truncate(MOST);
        let mut files = BTreeMap::new();
        for rotated in newest.into_iter().filter_map(Rotated::look_at) {
            files.entry(rotated.file).or_insert(rotated);
        }
        let mut files: Vec<Rotated> = files.into_values().collect();
        files.sort_by(|a, b| a.age().cmp(&b.age()));
        let names = |all: &[Candidate]| all.iter().map(|it| (it.path.clone(), it.file)).collect::<Vec<_>>();
        let stable = names(&before) == names(&candidates(path));
        (Self { files, too_many: before.len() > MOST }, stable)
    }

    /// Leaves out what is newer than a file: it came while the folder was looked through.
    pub(super) fn upto(mut self, file: FileId) -> Self {
        if let Some(index) = self.files.iter().position(|rotated| rotated.file == file) {
            self.files.truncate(index);
        }
        self
    }

    /// What is there now, to know later what is new, and before it what was there earlier: a file
    /// that is missing now may have been missed while it was renamed.
    pub(super) fn records(&self, earlier: &[Record]) -> Vec<Record> {
        let is_gone = |record: &&Record| self.files.iter().all(|rotated| rotated.file != record.file);
        let gone: Vec<&Record> = earlier.iter().filter(is_gone).collect();
        let kept = gone[gone.len().saturating_sub(MOST)..].iter().copied().cloned();
        kept.chain(self.files.iter().map(Record::of)).collect()
    }

    /// The newest file that holds the content read so far, by the bytes before the place, and the
    /// rest of its plain bytes. `head` is how the content begins, as far as it is known.
    ///
    /// A place at the start of a file has nothing to be known by.
    pub(super) fn continuation(&self, position: &Position, head: &[u8]) -> Option<(usize, Box<dyn Read + Send>)> {
        let begins_so = |rotated: &Rotated| rotated.head.as_ref().is_ok_and(|it| it.starts_with(head));
        let known = self.files.iter().enumerate().rev().filter(|(_, rotated)| rotated.by_name && begins_so(rotated));
        known.filter(|_| position.offset > 0).find_map(|(index, rotated)| Some((index, rotated.rest(position)?)))
    }

    /// Whether an uncompressed file has the name of `compressed` without its ending, as there is
    /// while it is being compressed.
    pub(super) fn has_original(&self, compressed: &Rotated) -> bool {
        let original = compressed.path.with_file_name(without_compression(&name_of(&compressed.path)));
        self.files.iter().any(|other| other.path == original && other.path != compressed.path)
    }
}

impl Rotated {
    /// `None` if it is not there any more or no regular file.
    fn look_at(candidate: &Candidate) -> Option<Self> {
        let (path, number, by_name) = (candidate.path.clone(), candidate.number, candidate.by_name);
        let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        let (metadata, content, head) = match open_regular(&path) {
            Ok((file, metadata)) => {
                let (content, head) = look_into(file, &path);
                (metadata, content, head)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => (metadata, Content::Plain, Err(error.to_string())),
        };
        let modified = modified(&metadata);
        let (file, length) = (FileId::of(&metadata), metadata.len());
        Some(Self { path, file, length, number, by_name, content, head, modified })
    }

    fn age(&self) -> (Option<Duration>, Reverse<u32>, &Path) {
        (self.modified, Reverse(self.number), &self.path)
    }

    /// Its plain bytes from the start.
    ///
    /// # Errors
    /// Those of the operating system, and one if another file has its name now.
    pub(super) fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        self.stream_at(&self.path)
    }

    /// The same under another name.
    pub(super) fn stream_at(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let (file, metadata) = open_regular(path)?;
        if FileId::of(&metadata) != self.file {
            return Err(io::Error::new(io::ErrorKind::NotFound, "was renamed meanwhile"));
        }
        decoder::decode(self.content, Box::new(file))
    }

    /// Its plain bytes from a position on, if the bytes before it are the same.
    fn rest(&self, position: &Position) -> Option<Box<dyn Read + Send>> {
        let mut stream = self.stream().ok()?;
        let mut print = Vec::with_capacity(2 * PRINT);
        let mut buffer = vec![0; BLOCK];
        let mut left = position.offset;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            let count = read_full(&mut stream, &mut buffer[..want]).ok()?;
            if count < want {
                return None;
            }
            keep_last(&mut print, &buffer[..count]);
            left -= count as u64;
        }
        (hash(&print) == position.fingerprint).then_some(stream)
    }
}

/// Where a file is now, for as long as nothing is renamed again.
pub(super) fn whereabouts(path: &Path, file: FileId) -> Option<PathBuf> {
    candidates(path).into_iter().find(|candidate| candidate.file == file).map(|candidate| candidate.path)
}

/// Hands out what is left of a stream. The good part of a damaged one is handed out before the error.
pub(super) fn feed(stream: &mut dyn Read, place: &mut Place, now: Instant, sink: &mut Sink) -> io::Result<()> {
    let mut buffer = vec![0; BLOCK];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => place.take(&buffer[..count], now, sink),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn look_into(mut file: File, path: &Path) -> (Content, Result<Vec<u8>, String>) {
    let mut start = || -> io::Result<(Content, Vec<u8>)> {
        let mut head = vec![0; HEAD];
        let count = read_full(&mut file, &mut head)?;
        head.truncate(count);
        file.seek(SeekFrom::Start(0))?;
        Ok((Content::of(&head), head))
    };
    let (content, head) = match start() {
        Ok(start) => start,
        Err(error) => return (Content::Plain, Err(error.to_string())),
    };
    let name = name_of(path);
    if content != Content::Plain {
        let plain = decoder::decode(content, Box::new(file)).and_then(|mut stream| {
            let mut head = vec![0; HEAD];
            let count = read_full(&mut stream, &mut head)?;
            head.truncate(count);
            Ok(head)
        });
        return (content, plain.map_err(|error| error.to_string()));
    }
    if without_compression(&name) != name {
        return (content, Err("is not compressed in a way that can be read".to_owned()));
    }
    (content, Ok(head))
}

/// A file name that may belong to the log.
#[derive(Debug)]
struct Candidate {
    path: PathBuf,
    file: FileId,
    number: u32,
    by_name: bool,
    modified: Option<Duration>,
}

/// When a name in the folder of a path last changed, since 1970; `None` if there is none.
pub(super) fn folder_time(path: &Path) -> Option<Duration> {
    modified(&fs::metadata(folder_of(path)).ok()?)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn modified(metadata: &fs::Metadata) -> Option<Duration> {
    metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()
}

/// By path.
fn candidates(path: &Path) -> Vec<Candidate> {
    let mut found = BTreeMap::new();
    let mut places = vec![path.to_path_buf()];
    // A link that leads to a file of its own folder is listed once more under the file's name.
    places.extend(fs::canonicalize(path).ok().filter(|_| fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink())));
    for place in places {
        let Some(name) = place.file_name() else { continue };
        let name = name.to_string_lossy().into_owned();
        let Ok(entries) = fs::read_dir(folder_of(&place)) else { continue };
        for entry in entries.flatten() {
            let Some((number, by_name)) = belongs(&name, &entry.file_name()) else { continue };
            let Ok(metadata) = fs::metadata(entry.path()) else { continue };
            if !metadata.is_file() || entry.path() == path {
                continue;
            }
            let (file, modified) = (FileId::of(&metadata), modified(&metadata));
            let candidate = Candidate { path: entry.path(), file, number, by_name, modified };
            found.entry(entry.path()).or_insert(candidate);
        }
    }
    found.into_values().collect()
}

/// Rotation number, and whether it is surely a rotated file; `None` for a foreign name.
fn belongs(log: &str, other: &OsString) -> Option<(u32, bool)> {
    let other = other.to_string_lossy();
    if other == log {
        return None;
    }
    let (own, name) = (LogName::parse(log), LogName::parse(&other));
    if own.base == name.base {
        return Some((name.number, true));
    }
    if let Some(inner) = name.inner_number()
        && inner.base == own.base
    {
        return Some((inner.number, true));
    }
    let rest = without_compression(&other).strip_prefix(log)?;
    let suffix = rest.trim_start_matches(['.', '-', '_', '~']);
    let dated = suffix.bytes().all(|byte| byte.is_ascii_digit() || b"-_.:T".contains(&byte));
    let by_name = rest.len() > suffix.len() && dated || WORDS.contains(&suffix);
    let number = if suffix.len() <= 4 { suffix.parse().unwrap_or(0) } else { 0 };
    Some((number, by_name))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_belong() {
        let belongs = |log: &str, other: &str| belongs(log, &OsString::from(other));
        for (log, other, number) in [
            ("error.log", "error.log.1", 1),
            ("error.log", "error.log.2.gz", 2),
            ("error.log", "error.1.log", 1),
            ("error.log", "error.log-20241124", 0),
            ("error.log", "error-20241124.log", 0),
            ("error-20241123.log", "error-20241124.log", 0),
            ("error.log", "error.log.old", 1),
            ("node1", "node1.3", 3),
            ("node1", "node1.bak.xz", 0),
        ] {
            assert_eq!(belongs(log, other), Some((number, true)), "{log} {other}");
        }
        for (log, other) in [("error.log", "error.log.audit"), ("error.log", "error.log2"), ("node1", "node12")] {
            assert_eq!(belongs(log, other).map(|(_, by_name)| by_name), Some(false), "{log} {other}");
        }
        assert_eq!(belongs("error.log", "error.log"), None);
        assert_eq!(belongs("error.log", "slow.log.1"), None);
    }

    #[test]
    fn a_short_start_proves_little() {
        let rotated = |inode, head: &[u8]| Rotated {
            path: PathBuf::from("error.log.1"),
            file: FileId { device: 1, inode },
            length: 0,
            number: 1,
            by_name: true,
            content: Content::Plain,
            head: Ok(head.to_vec()),
            modified: None,
        };
        let record = |inode, head: &[u8]| Record { file: FileId { device: 1, inode }, head: Some(head.to_vec()) };
        assert!(record(1, b"2024-11-24").is(&rotated(2, b"2024-11-24")), "a copy");
        assert!(!record(1, b"2024-11-24").is(&rotated(1, b"2024-11-24 one")), "a new file with an old inode");
        assert!(!record(1, b"").is(&rotated(1, b"")), "a new file with an old inode may still get lines");
        let long = [b'x'; HEAD];
        assert!(record(1, &long[..40]).is(&rotated(1, &long)), "grown");
        assert!(!record(1, &long[..40]).is(&rotated(2, &long)));
        assert!(record(1, &long).is(&rotated(2, &long)), "renamed or compressed");
        assert!(Record { file: FileId { device: 1, inode: 1 }, head: None }.is(&rotated(1, b"now readable")));
    }
}
