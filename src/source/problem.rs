//! Everything that can be wrong with an input, told as: which one, what is wrong, what to do.
//!
//! It decides nothing about the analysis: a problem is collected and the other inputs are read.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::decoder::BrokenStream;

/// The error of [`open`](super::open()): the same texts serve as error and as collected problem.
pub type SourceError = InputProblem;

/// One input that could not be used, or not completely.
///
/// The order of the variants and paths is the order in which problems are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum InputProblem {
    /// No such file or folder, or a symbolic link that leads nowhere.
    #[error("{}: no such file or folder; check the spelling", shown(path))]
    NotFound { path: PathBuf },

    /// The operating system refuses to let this user read it.
    #[error("{}: permission denied; run as a user who may read it (root, mysql, adm) or copy it first", shown(path))]
    PermissionDenied { path: PathBuf },

    /// Something that is no file to read from; `kind` carries its article, e.g. "a socket".
    #[error("{}: is {kind}, not a log file; name the log file itself", shown(path))]
    SpecialFile { path: PathBuf, kind: &'static str },

    /// Not one byte to read. Usual right after a log rotation.
    #[error("{}: is empty; if the log was just rotated, give the older files too (e.g. error.log.1)", shown(path))]
    Empty { path: PathBuf },

    /// Not text. `what` carries its article, e.g. "a tar archive"; `advice` is what to do.
    #[error("{}: is {what}, not a text log; {advice}", shown(path))]
    Binary { path: PathBuf, what: &'static str, advice: &'static str },

    /// Text, but two or four bytes per character, as some Windows tools write it.
    #[error("{}: is {encoding} text; convert it first: iconv -f {encoding} -t UTF-8 FILE > node.log", shown(path))]
    Utf16 { path: PathBuf, encoding: &'static str },

    /// Reading failed at the start or in the middle; `cause` is the text of the operating system.
    #[error("{}: cannot be read: {cause}; what was read until then is analysed", shown(path))]
    Unreadable { path: PathBuf, cause: String },

    /// The compressed file was cut off. `after` counts good uncompressed bytes.
    #[error(
        "{}: compressed data ends early after {after} bytes; what was read is analysed, \
         copy the file again for the rest",
        shown(path)
    )]
    TruncatedCompressed { path: PathBuf, after: u64 },

    /// The compressed file is damaged. `after` counts the uncompressed bytes given out until the
    /// decoder noticed; the formats check late, so the last of them may be wrong.
    #[error(
        "{}: compressed data is damaged, noticed after {after} bytes ({cause}); what was read is \
         analysed, lines near the damage may be wrong, copy the file again",
        shown(path)
    )]
    DamagedCompressed { path: PathBuf, after: u64, cause: String },

    /// A folder without a single log; `skipped` counts the files looked at and left out.
    #[error("{}: no log file in this folder ({skipped} other files skipped); name the log file itself", shown(path))]
    NoLogInFolder { path: PathBuf, skipped: u64 },

    /// What a folder held besides logs. A note, only worth showing when asked for details.
    #[error("{}: {files} files that are no logs and {folders} folders skipped", shown(path))]
    Skipped { path: PathBuf, files: u64, folders: u64 },

    /// A compressed file that begins like its uncompressed sibling. A note.
    #[error("{}: is a copy of {}, read once", shown(path), shown(of))]
    Copy { path: PathBuf, of: PathBuf },

    /// One file was given for two nodes; it is read for `used`.
    #[error("{}: is named as node {used} and as node {ignored}, read as {used}; give each file once", shown(path))]
    NamedTwice { path: PathBuf, used: String, ignored: String },

    /// Lines over the limit, of which the head was kept. A note.
    #[error(
        "{}: {lines} lines over 1 MiB, the first is line {first}; their heads were analysed, \
         {dropped} bytes were skipped",
        shown(path)
    )]
    LongLines { path: PathBuf, lines: u64, first: u64, dropped: u64 },

    /// Text, but without one line of a known log format. Found by the parser.
    #[error("{}: no line looks like a database log; give the error log (SHOW VARIABLES LIKE 'log_error')", shown(path))]
    NotADatabaseLog { path: PathBuf },
}

impl InputProblem {
    /// Whether the program must end with exit code 2, because an input that the user counts on
    /// was not analysed, not to its end, or may have been mistaken.
    ///
    /// A caller that is left with no source at all must end with 2 even if no problem is fatal
    /// (a single empty file).
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Empty { .. } | Self::Skipped { .. } | Self::Copy { .. } | Self::LongLines { .. })
    }

    /// Whether this is only a note that nobody needs to act upon.
    #[must_use]
    pub fn is_note(&self) -> bool {
        matches!(self, Self::Skipped { .. } | Self::Copy { .. })
    }

    /// The input concerned, as the user gave it.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::NotFound { path }
            | Self::PermissionDenied { path }
            | Self::SpecialFile { path, .. }
            | Self::Empty { path }
            | Self::Binary { path, .. }
            | Self::Utf16 { path, .. }
            | Self::Unreadable { path, .. }
            | Self::TruncatedCompressed { path, .. }
            | Self::DamagedCompressed { path, .. }
            | Self::NoLogInFolder { path, .. }
            | Self::Skipped { path, .. }
            | Self::Copy { path, .. }
            | Self::NamedTwice { path, .. }
            | Self::LongLines { path, .. }
            | Self::NotADatabaseLog { path } => path,
        }
    }

    /// The problem behind an error of [`open`](super::open()) or of a reader it returned,
    /// as [`ChunkReader`](super::ChunkReader) passes it on.
    #[must_use]
    pub fn from_io(path: &Path, error: &io::Error) -> Self {
        /// "No such device or address": what Linux answers when a socket is opened as a file.
        const ENXIO: i32 = 6;
        let path = path.to_path_buf();
        if let Some(broken) = error.get_ref().and_then(|inner| inner.downcast_ref::<BrokenStream>()) {
            let after = broken.after;
            return if broken.truncated {
                Self::TruncatedCompressed { path, after }
            } else {
                Self::DamagedCompressed { path, after, cause: broken.cause.clone() }
            };
        }
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            io::ErrorKind::IsADirectory => Self::SpecialFile { path, kind: "a folder" },
            _ if cfg!(unix) && error.raw_os_error() == Some(ENXIO) => {
                Self::SpecialFile { path, kind: "a socket or a device that is not there" }
            }
            _ => Self::Unreadable { path, cause: error.to_string() },
        }
    }
}

/// A path for a message: control characters in a file name must not reach the terminal.
pub(super) fn shown(path: &Path) -> String {
    if path == Path::new(super::STDIN) {
        return "standard input".to_owned();
    }
    let mut text = String::new();
    for character in path.to_string_lossy().chars() {
        if character.is_control() {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}", character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests;
