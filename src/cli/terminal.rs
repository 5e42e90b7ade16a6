//! Standard streams: colour, width, and messages on standard error.

use std::io::{self, IsTerminal, Write};

use super::arguments::{Color, Terminal};
use crate::diagnose::printable::printable;
use crate::report::text;

const DEFAULT_WIDTH: usize = 80;

/// Colour and width for standard output.
pub fn options(terminal: &Terminal) -> text::Options {
    let is_terminal = io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let color = match terminal.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !no_color && !dumb,
    };
    let measured = || is_terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
    let columns = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = terminal.width.map(usize::from).or_else(measured).or_else(columns).unwrap_or(DEFAULT_WIDTH);
    text::Options { width: width.clamp(20, 1000), color }
}

/// Writes a message to standard error; its text is made harmless, and a closed stream is ignored.
pub fn complain(message: &str) {
    let mut out = io::stderr().lock();
    for line in message.lines() {
        let _ = writeln!(out, "galera-rca: {}", printable(line.as_bytes()));
    }
}
