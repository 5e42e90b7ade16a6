//! What a follower hands out: pieces of whole lines, and notes about what happened to the file.

use std::fs::Metadata;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::source::problem::shown;

/// A file as the file system knows it, whatever its name is now.
///
/// The inode of a deleted file is given to the next new file, so this alone proves nothing about
/// content; it is always checked together with a fingerprint. Streams have zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// Number of the device.
    pub device: u64,
    /// Number of the file on its device.
    pub inode: u64,
}

impl FileId {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Where files have no numbers, the time of creation has to do.
    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        let created = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self { device: 0, inode: created.map_or(0, |age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX)) }
    }
}

/// Whole lines that stand one after the other in one file.
///
/// The bytes end with a newline, except those of a line that was cut: by a truncation, at the end
/// of a rotated file, or by `finish`. At most about 1 MiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The lines, never empty, with their newlines.
    pub bytes: Vec<u8>,
    /// The file they were read from.
    pub file: FileId,
    /// Place of the first byte in the file, in bytes; in the plain text of a compressed one.
    pub offset: u64,
    /// Number of the first line, from 1 at the start of the file.
    pub first_line: u64,
}

/// One thing handed out, in order.
#[derive(Debug)]
pub enum Delivery {
    /// Lines.
    Piece(Piece),
    /// Something that happened between the lines before and the lines after it.
    Note(Note),
}

/// Takes what is handed out; it is called in order, in the caller's own thread.
pub type Sink<'a> = dyn FnMut(Delivery) + 'a;

/// What happened to the followed file. Each is told once, when it is noticed.
#[derive(Debug, Error)]
pub enum Note {
    /// There is no file yet.
    #[error("no such file yet; it is read as soon as it is there")]
    Missing,

    /// A file came to the path where none was.
    #[error("the file is there")]
    Appeared {
        /// The file.
        file: FileId,
    },

    /// The path leads nowhere any more. The file is still read as long as it is open.
    #[error("the file is gone from its path; what is still written to it is read")]
    Vanished {
        /// The file that was there.
        file: FileId,
    },

    /// The path or the file cannot be read now; it is tried again at each look.
    #[error("cannot be read: {error}; it is tried again")]
    Unreadable {
        /// The operating system's reason.
        error: io::Error,
    },

    /// Another file is at the path: the log was rotated.
    #[error(
        "the file was replaced by a new one{}",
        moved_to.as_ref().map_or(String::new(), |path| format!("; the old one is now {}", shown(path)))
    )]
    Replaced {
        /// The file that was there before.
        from: FileId,
        /// The file that is there now.
        to: FileId,
        /// Where the old one is now, if it is among the rotated files.
        moved_to: Option<PathBuf>,
    },

    /// The file was emptied in place (`copytruncate`, `>`), and is read from its start again.
    #[error(
        "the file was truncated after {read} read bytes; {}",
        copy.as_ref().map_or(
            "lines written just before that may be lost".to_owned(),
            |path| format!("read on in its copy {}, lines between copy and truncation are lost", shown(path))
        )
    )]
    Truncated {
        /// The file.
        file: FileId,
        /// Bytes of it read until then, without those of the copy.
        read: u64,
        /// The copy in which the rest was found.
        copy: Option<PathBuf>,
    },

    /// Lines are missing here.
    #[error(
        "a gap: {} lost, {reason}",
        bytes.map_or("an unknown amount".to_owned(), |bytes| format!("{bytes} bytes"))
    )]
    Gap {
        /// How much is missing, in bytes; `None` if that cannot be known.
        bytes: Option<u64>,
        /// Why.
        reason: GapReason,
    },

    /// A line over 1 MiB, of which the head was kept. Told right after its piece.
    #[error("line {line} is too long: {kept} bytes kept, {dropped} left out")]
    LongLine {
        /// The file.
        file: FileId,
        /// Number of the line.
        line: u64,
        /// Bytes kept, without the newline.
        kept: u64,
        /// Bytes left out between them and the newline.
        dropped: u64,
    },

    /// A stream came to its end. Files have no such end.
    #[error("the input ended")]
    Ended,
}

/// Why lines are missing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GapReason {
    /// The file of the checkpoint is neither at the path nor among its rotated files.
    #[error("the file read last time was not found any more")]
    CheckpointLost,
    /// The rotated file of this number is not there.
    #[error("rotated file number {number} is missing")]
    RotationMissing {
        /// As in `error.log.2`.
        number: u32,
    },
    /// The log was rotated more than once, and the file read so far is not among the rotated ones,
    /// so it cannot be known whether the oldest new one follows it.
    #[error("the file read so far was not found among the rotated files")]
    PredecessorLost,
    /// A rotated file cannot be read, or not to its end.
    #[error("{}: {cause}", shown(path))]
    RotatedUnreadable {
        /// The rotated file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// More rotated files than are looked at.
    #[error("there are too many rotated files")]
    TooManyRotated,
}

/// The beginning of a line whose end has not been written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting<'a> {
    /// What is there of it, at most 1 MiB.
    pub bytes: &'a [u8],
    /// When its first byte was seen.
    pub since: std::time::Instant,
    /// The file.
    pub file: FileId,
    /// Place of its first byte.
    pub offset: u64,
    /// Its number.
    pub line: u64,
}
