//! Raw lines of one file to blocks of the server's own lines: tells the transport, takes it off, keeps records whole.
//!
//! Pure, and fed by pieces, so that a file that grows is read as one that is complete.

use super::block::Block;
use crate::transport::{Decoded, Decoder, Transport, detect, needs_decoding};

/// Bytes looked at to tell the transport of a file's first block, and whether a later one changes it.
const FIRST_SAMPLE: usize = 8 << 10;
const SAMPLE: usize = 2 << 10;

/// A record that is held back for its next lines may be this long.
const HELD: usize = 64 << 10;

/// What was read of one file.
#[derive(Clone, Debug)]
pub struct Unwrap {
    decoder: Decoder,
    transport: Transport,
    format: &'static str,
    /// Decoded lines of a record that may go on.
    held: Decoded,
}

impl Unwrap {
    /// `year` is that of the first line, for time stamps that carry none.
    pub fn new(year: i32) -> Self {
        Self {
            decoder: Decoder::new(year),
            transport: Transport::Plain,
            format: Transport::Plain.name(),
            held: Decoded::default(),
        }
    }

    /// Takes whole raw lines that end where a record ends, and gives out what can be judged.
    pub fn push(&mut self, bytes: Vec<u8>, first_line: u64) -> Option<Block> {
        let sample = if first_line == 1 { FIRST_SAMPLE } else { SAMPLE };
        let found = detect(&bytes[..bytes.len().min(sample)]);
        // Only the first lines of a journal tell it from syslog.
        let journal = self.transport == Transport::JournaldShort && found == Transport::Syslog;
        if (found != Transport::Plain && !journal) || first_line == 1 {
            self.transport = found;
        }
        if self.transport != Transport::Plain {
            self.format = self.transport.name();
        }
        if self.held.text.is_empty() && !needs_decoding(&bytes, self.transport) {
            return Some(Block { text: bytes, first_line, inner: Vec::new() });
        }
        self.decoder.decode(&bytes, first_line, self.transport, &mut self.held);
        self.block(false)
    }

    /// Gives out what was held back.
    pub fn finish(&mut self) -> Option<Block> {
        self.decoder.finish(&mut self.held);
        self.block(true)
    }

    /// The name of the transport.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Pod, host or container by the transport.
    pub fn host(&self) -> Option<String> {
        let facts = self.decoder.facts();
        let seen = facts.pod.as_ref().or(facts.host.as_ref()).or(facts.container.as_ref());
        seen.map(|seen| seen.last.clone())
    }

    /// The decoded lines so far, without the record that the next lines may go on with.
    fn block(&mut self, last: bool) -> Option<Block> {
        let cut = if last { self.held.text.len() } else { last_record(&self.held.text, HELD) };
        if cut == 0 {
            return None;
        }
        let lines = memchr::memchr_iter(b'\n', &self.held.text[..cut]).count();
        let rest = Decoded {
            text: self.held.text.split_off(cut),
            lines: self.held.lines.split_off(lines.min(self.held.lines.len())),
        };
        let whole = std::mem::replace(&mut self.held, rest);
        let first_line = whole.lines.first().map_or(1, |line| line.raw_line);
        Some(Block { text: whole.text, first_line, inner: whole.lines })
    }
}

/// Where the last record of whole lines begins, if it is no longer than `most` bytes; else their end.
pub fn last_record(text: &[u8], most: usize) -> usize {
    let from = text.len().saturating_sub(most);
    let mut end = text.len();
    while let Some(newline) = text[from..end.saturating_sub(1)].iter().rposition(|byte| *byte == b'\n') {
        let start = from + newline + 1;
        if text.get(start).is_some_and(u8::is_ascii_digit) {
            return start;
        }
        end = start;
    }
    if from == 0 { 0 } else { text.len() }
}

#[cfg(test)]
mod tests {
    use super::{HELD, last_record};

    #[test]
    fn the_last_record_is_held_back() {
        assert_eq!(last_record(b"1 a\n\tb\n2 c\n\td\n", HELD), 7);
        assert_eq!(last_record(b"1 a\n\tb\n", HELD), 0);
        assert_eq!(last_record(b"1 a\n2 b\n", HELD), 4);
        assert_eq!(last_record(b"", HELD), 0);
    }

    #[test]
    fn a_record_without_end_is_judged_in_parts() {
        let text = "\tmore\n".repeat(HELD / 3);
        assert_eq!(last_record(text.as_bytes(), HELD), text.len());
    }
}
