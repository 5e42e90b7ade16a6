//! Judging logs while they are written: pieces of lines in, transitions of alerts out.
//!
//! Pure: no IO, no clock. What a run over all lines read so far would say is what is said here, since it is the same
//! pipeline; only when it is told is decided here.

pub mod alerts;
pub mod event;
pub mod intake;
pub mod judge;
pub mod state;
