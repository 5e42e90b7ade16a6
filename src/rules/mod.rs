//! Rules as data: their shape, where they come from, the checks on them, and the table the scanner works with.
//!
//! Knows nothing of logs, except for [`lint`], which tries rules on them; with `source` it is the only part that opens
//! files.

pub mod duration;
pub mod frequency;
pub mod lint;
pub mod literal;
pub mod load;
pub mod read;
pub mod schema;
pub mod table;
