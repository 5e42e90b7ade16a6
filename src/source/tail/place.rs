//! How far a file has been read, and how that place is recognised again.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use memchr::memrchr;
use serde::{Deserialize, Serialize};

use super::delivery::{FileId, Sink};
use super::lines::Lines;
use crate::source::LineStart;

/// Bytes before a place that are held against the file to see whether it is still the same.
pub(super) const PRINT: usize = 64;

/// First bytes of a file that tell whether another file has the same content.
pub(super) const HEAD: usize = 256;

/// A place between two lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file.
    #[serde(flatten)]
    pub file: FileId,
    /// Bytes before the place.
    pub offset: u64,
    /// Hash (FNV-1a, 64 bits) of the last 64 bytes before the place, or of all if there are fewer.
    pub fingerprint: u64,
    /// Number of the line that begins here.
    pub first_line: u64,
}

/// Where to go on after a restart. Everything before it was handed out.
///
/// It can be stored with serde, except for a path that is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The followed path.
    pub path: PathBuf,
    /// How far the newest file was read.
    #[serde(flatten)]
    pub newest: Position,
    /// The same for rotated files that the server may still write to, oldest first.
    #[serde(default)]
    pub older: Vec<Position>,
}

impl Checkpoint {
    /// A line of a plain file, as if an earlier run had read until there.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn at(path: &Path, line: LineStart) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let id = FileId::of(&file.metadata()?);
        let from = line.offset.saturating_sub(PRINT as u64);
        let mut print = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.take(line.offset - from).read_to_end(&mut print)?;
        let newest = Position { file: id, offset: line.offset, fingerprint: hash(&print), first_line: line.number };
        Ok(Self { path: path.to_path_buf(), newest, older: Vec::new() })
    }
}

/// Counts and remembers what was read of one file, while its lines are handed out.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) file: FileId,
    /// Bytes read.
    pub(super) offset: u64,
    /// The last [`PRINT`] bytes read.
    pub(super) print: Vec<u8>,
    /// The same for the end of the last whole line.
    line_print: Vec<u8>,
    /// The first [`HEAD`] bytes of the file.
    pub(super) head: Vec<u8>,
    pub(super) lines: Lines,
}

impl Place {
    /// The start of a file.
    pub(super) fn start(file: FileId) -> Self {
        let lines = Lines::new(file, 0, 1);
        Self { file, offset: 0, print: Vec::new(), line_print: Vec::new(), head: Vec::new(), lines }
    }

    /// A place between two lines; `print` and `head` as read from the file.
    pub(super) fn at(file: FileId, offset: u64, first_line: u64, print: Vec<u8>, head: Vec<u8>) -> Self {
        let lines = Lines::new(file, offset, first_line);
        Self { file, offset, line_print: print.clone(), print, head, lines }
    }

    /// Takes the next bytes of the file.
    pub(super) fn take(&mut self, block: &[u8], now: Instant, sink: &mut Sink) {
        if self.offset == self.head.len() as u64 && self.head.len() < HEAD {
            let more = block.len().min(HEAD - self.head.len());
            self.head.extend_from_slice(&block[..more]);
        }
        if let Some(last) = memrchr(b'\n', block) {
            self.line_print.clone_from(&self.print);
            keep_last(&mut self.line_print, &block[..=last]);
        }
        keep_last(&mut self.print, block);
        self.offset += block.len() as u64;
        self.lines.take(block, now, sink);
    }

    /// Hands out the unfinished line as it is.
    pub(super) fn cut(&mut self, sink: &mut Sink) {
        self.lines.cut(sink);
        self.line_print.clone_from(&self.print);
    }

    /// The end of what was read, also within a line.
    pub(super) fn read_position(&self) -> Position {
        let (_, first_line) = self.lines.place();
        Position { file: self.file, offset: self.offset, fingerprint: hash(&self.print), first_line }
    }

    /// The end of the last whole line.
    pub(super) fn position(&self) -> Position {
        let (offset, first_line) = self.lines.place();
        Position { file: self.file, offset, fingerprint: hash(&self.line_print), first_line }
    }
}

/// Appends to the last bytes, of which [`PRINT`] are kept.
pub(super) fn keep_last(last: &mut Vec<u8>, bytes: &[u8]) {
    let new = &bytes[bytes.len().saturating_sub(PRINT)..];
    last.drain(..(last.len() + new.len()).saturating_sub(PRINT));
    last.extend_from_slice(new);
}

/// FNV-1a: it must give the same in each version of the program, as it is stored.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept() {
        let mut last = Vec::new();
        let text: Vec<u8> = (0..200).collect();
        for (size, upto) in [(10, 10), (50, 60), (30, 90), (110, 200)] {
            keep_last(&mut last, &text[upto - size..upto]);
            assert_eq!(last, &text[upto.saturating_sub(PRINT)..upto]);
        }
    }

    #[test]
    fn a_position_is_the_end_of_the_last_whole_line() {
        let mut place = Place::start(FileId { device: 1, inode: 2 });
        place.take(b"one\ntwo", Instant::now(), &mut |_| ());
        let position = place.position();
        assert_eq!((position.offset, position.first_line, position.fingerprint), (4, 2, hash(b"one\n")));
        place.take(b" and more\nthree", Instant::now(), &mut |_| ());
        let position = place.position();
        assert_eq!((position.offset, position.fingerprint), (17, hash(b"one\ntwo and more\n")));
        assert_eq!(place.head, b"one\ntwo and more\nthree");
    }

    #[test]
    fn a_checkpoint_is_flat_in_json() {
        let newest = Position { file: FileId { device: 1, inode: 2 }, offset: 3, fingerprint: u64::MAX, first_line: 5 };
        let checkpoint = Checkpoint { path: "error.log".into(), newest, older: Vec::new() };
        let json = serde_json::to_string(&checkpoint).expect("JSON");
        assert_eq!(
            json,
            r#"{"path":"error.log","device":1,"inode":2,"offset":3,"fingerprint":18446744073709551615,"first_line":5,"older":[]}"#
        );
        assert_eq!(serde_json::from_str::<Checkpoint>(&json).expect("a checkpoint"), checkpoint);
    }
}
