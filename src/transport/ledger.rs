//! Keeps account of raw bytes: each one is given out with exactly one inner line.

use super::{Decoded, InnerLine, colour};
use crate::parse::stamp::Stamp;
use memchr::memchr2;

/// Where the decoder stands in the raw input.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// Raw bytes that already belong to an inner line.
    given: u64,
    /// Raw bytes before the piece being read, and after it.
    before: u64,
    read: u64,
    /// Number of the raw line being read.
    pub(super) line: u64,
}

impl Ledger {
    /// Enters the next piece of raw input.
    pub(super) const fn read(&mut self, length: u64) {
        self.before = self.read;
        self.read += length;
    }

    /// Passes bytes that the caller took as they are.
    pub(super) const fn skip(&mut self, length: u64) {
        self.read += length;
        self.before = self.read;
        self.given = self.read;
    }

    /// Whether raw bytes wait for an inner line to belong to.
    pub(super) const fn owes(&self) -> bool {
        self.given < self.read
    }

    /// Gives out one text as one or more inner lines; all raw bytes read so far belong to the first of them.
    pub(super) fn give(&mut self, text: &[u8], raw_line: u64, outer: Option<Stamp>, out: &mut Decoded) {
        self.give_until(self.read, text, raw_line, outer, out);
    }

    /// As [`Self::give`], but leaves the piece being read for what comes next.
    pub(super) fn give_earlier(&mut self, text: &[u8], raw_line: u64, outer: Option<Stamp>, out: &mut Decoded) {
        self.give_until(self.before.max(self.given), text, raw_line, outer, out);
    }

    fn give_until(&mut self, end: u64, text: &[u8], raw_line: u64, outer: Option<Stamp>, out: &mut Decoded) {
        let text = colour::stripped(text);
        let mut rest = Some(trim_returns(text.strip_suffix(b"\n").unwrap_or(&text)));
        while let Some(text) = rest {
            let (line, more) = split_line(text);
            out.text.extend_from_slice(line);
            out.text.push(b'\n');
            out.lines.push(InnerLine { raw_line, raw: self.given..end, outer });
            self.given = end;
            rest = more;
        }
    }
}

/// Splits at the first line end of any kind; progress meters separate their lines by a carriage return alone.
fn split_line(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let end = memchr2(b'\n', b'\r', text);
    let Some((line, rest)) = end.and_then(|end| text.split_at_checked(end)) else {
        return (text, None);
    };
    let returns = rest.iter().take_while(|byte| **byte == b'\r').count();
    let rest = rest.get(returns..).unwrap_or_default();
    (line, Some(rest.strip_prefix(b"\n").unwrap_or(rest)))
}

/// The text without carriage returns at its end.
pub(super) fn trim_returns(mut text: &[u8]) -> &[u8] {
    while let [line @ .., b'\r'] = text {
        text = line;
    }
    text
}
