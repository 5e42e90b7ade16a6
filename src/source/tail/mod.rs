//! Logs that are still written to: a reader that follows one path, and what wakes it.
//!
//! [`Tail`] follows a path, [`Stream`] a pipe; the caller looks whenever [`Wake`] says so. One
//! thread, no callback from elsewhere, no clock: the caller passes the time in.
//!
//! # What is promised
//!
//! - Each line that is written to the log is handed out once, whole and byte by byte as it is,
//!   in the order of writing. Only a newline ends a line; half a line waits for its other half.
//! - A rotated file is read as long as somebody may write to it: until it was silent for 60
//!   seconds while its successor was written to. The server goes on in the renamed file until it
//!   is told to flush, which may be much later. A file whose name was deleted is kept open
//!   until a new one takes its place, which keeps its disk space.
//! - The lines of an older file come before those of a newer one, as far as both are there at a
//!   look. Later lines of an older file come when they come.
//! - Several rotations between two looks lose nothing while the rotated files are there: those
//!   that were never seen at the path are found by what they hold, compressed or not.
//! - What is missing is told as [`Note::Gap`], with the amount if it can be known. Before a number
//!   among the rotated files is called missing, the folder is looked through again for 20 ms:
//!   a rotation that is under way has such holes. Nothing else makes a look wait.
//! - Memory has bounds: blocks of 64 KiB; 1 MiB of a line, the rest of it counted; 64 rotated
//!   files kept open, 64 closed ones remembered, 1,000 looked at.
//!
//! # What cannot be promised
//!
//! - `copytruncate`: lines written between the copy and the truncation are lost by its nature,
//!   logrotate's manual says so. Lines before the copy are found in it, if at least one byte of
//!   the file had been read; a file that is emptied before its first byte was read, or
//!   twice between two looks without a copy, looks as if nothing had been written.
//! - A file that is created, written and deleted between two looks is not seen at all.
//! - Files are told apart by their inodes and by their content: the 64 bytes before the place read,
//!   and the first 256 bytes. Two files that are the same in these are taken for one.
//! - Old names of the log are `error.log.1`, `error.log-20241124`, `error.1.log`,
//!   `error-20241124.log`, `error.log.old` and such, compressed or not. A file with any other name
//!   is read as long as it is open, but one that was never seen at the path is not looked for
//!   under such a name.

mod delivery;
mod follow;
mod lines;
mod place;
mod reader;
mod rotated;
mod stream;
mod wake;

pub use delivery::{Delivery, FileId, GapReason, Note, Piece, Sink, Waiting};
pub use follow::{Start, Tail};
pub use place::{Checkpoint, Position};
pub use stream::Stream;
pub use wake::{Poke, TICK, Wake, WakeProblem, Woken};
