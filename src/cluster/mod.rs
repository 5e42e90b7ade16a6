//! From hit lines to what is known of each node's log: bursts of hits, server processes, names and facts.
//!
//! Incremental and pure: fed block by block in order, bounded by what is kept, not by what is read.

pub mod burst;
pub mod clock;
pub mod collect;
pub mod compare;
pub mod facts;
pub mod identity;
pub mod log;
pub mod process;
mod split;
pub mod template;
pub mod together;
pub mod track;
pub mod whose;
