//! Bytes from outside: which files belong to which log, how each is opened, and how its bytes are
//! cut into chunks of whole lines.
//!
//! The way through the module is [`discover()`] (arguments to [`LogSource`]s), [`open()`] (one path
//! to a plain byte stream) and [`ChunkReader`] (a byte stream to [`Chunk`]s).
//! This is the only place of the program that opens log files. Logs that are still written to are
//! followed by [`tail`].
//!
//! What it does not know: it parses no line, knows no time stamp format (the caller passes in a
//! function that finds one), reads no clock, prints nothing and, but for what is followed, holds no
//! state between calls.
//! Whether a text file is a database log at all is decided by the parser, which then uses
//! [`InputProblem::NotADatabaseLog`].
#![forbid(unsafe_code)]

mod backwards;
mod chunk;
mod content;
mod decoder;
mod discover;
mod folder;
mod likeness;
mod name;
mod open;
mod problem;
#[cfg(test)]
mod scratch;
mod search;
mod sibling;
mod stem;
pub mod tail;

pub use backwards::{LineStart, last_line_with};
pub use chunk::{Chunk, ChunkReader, CutLine, Limits};
pub use content::Content;
pub use discover::{LogSource, discover};
pub use open::{Opened, STDIN, open};
pub use problem::{InputProblem, SourceError};

/// The rotation number in a file's name: 2 for `error.log.2.gz`, 0 for none.
#[must_use]
pub fn rotation(path: &std::path::Path) -> u32 {
    path.file_name().map_or(0, |name| name::LogName::parse(&name.to_string_lossy()).number)
}
