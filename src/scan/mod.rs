//! The matching engine: a block of decoded text to the lines that mean something.
//!
//! Literals of all rules and typed events are searched first, over the whole block ([`literals`]).
//! Only lines with a literal are looked at: their bounds, head, expressions and events ([`block`]).
//! [`naive`] does the same line by line with every expression; tests hold the two against each other.

pub mod block;
pub mod expression;
pub mod literals;
pub mod naive;
pub mod scanner;
pub mod unwrap;
