//! The matching engine: a block of decoded text to the lines that mean something.
//!
//! Literals of all rules and typed events are searched first, over the whole block ([`automaton`]).
//! Only lines with a literal are looked at: their bounds, head, expressions and events ([`block`]).
//! [`naive`] does the same line by line with every expression; tests hold the two against each other.

pub mod automaton;
pub mod block;
pub mod expression;
pub mod naive;
pub mod scanner;
