//! Following a log through everything that rotation does: no line lost, torn or doubled.
//!
//! The looks are taken by hand between the operations on the files, so nothing here depends on
//! speed. Only the soak runs threads.

#[path = "tail/bench.rs"]
mod bench;
#[path = "tail/checkpoints.rs"]
mod checkpoints;
#[path = "tail/random.rs"]
mod random;
#[path = "tail/rotations.rs"]
mod rotations;
#[path = "tail/soak.rs"]
mod soak;
#[path = "tail/streams.rs"]
mod streams;
#[path = "tail/text.rs"]
mod text;
