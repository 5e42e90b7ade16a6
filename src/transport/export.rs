//! The pieces of `journalctl -o export`: text fields, binary fields and the empty line after each entry.
//! Source: "Journal Export Formats" of systemd.

use super::envelope::Envelope;
use super::journald::Entry;
use super::ledger::Ledger;
use memchr::{memchr, memchr_iter};

/// The longest binary field that is believed; a longer one is more likely damage than a log line.
const LONGEST: u64 = 1 << 20;

/// What came out of the stream, with the number of its first raw line.
pub(super) enum Outcome<'a> {
    /// An entry with a message.
    Entry(u64, Envelope<'static>),
    /// A line that is no part of the format.
    Foreign(u64, &'a [u8]),
}

/// Reads the stream. It does not go by lines: a field can reach over the end of a chunk, and then it waits here.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    waiting: Vec<u8>,
    entry: Option<(u64, Entry)>,
}

impl Reader {
    /// Whether nothing of the stream is open.
    pub(super) const fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.entry.is_none()
    }

    /// The input to read: what waited, and the new bytes. The ledger keeps its line number where bytes waited.
    pub(super) fn begin(&mut self, raw: &[u8], first_line: u64, ledger: &mut Ledger) -> Vec<u8> {
        let mut input = std::mem::take(&mut self.waiting);
        if input.is_empty() {
            ledger.line = first_line;
        }
        input.extend_from_slice(raw);
        input
    }

    /// The next outcome, taken from the front of `rest`; `last` completes what is open as far as possible.
    pub(super) fn next<'a>(&mut self, rest: &mut &'a [u8], last: bool, ledger: &mut Ledger) -> Option<Outcome<'a>> {
        while let Some((piece, length)) = piece(rest, last) {
            // Pasted entries sometimes lack the empty line between them, and each begins with its cursor.
            if matches!(piece, Piece::Field(b"__CURSOR", _) | Piece::Foreign(_))
                && let Some(outcome) = self.finish_entry()
            {
                return Some(outcome);
            }
            let (done, more) = rest.split_at_checked(length).unwrap_or((rest, b""));
            let line = ledger.line;
            ledger.read(done.len() as u64);
            ledger.line += memchr_iter(b'\n', done).count() as u64;
            *rest = more;
            let outcome = match piece {
                Piece::Field(name, value) => {
                    self.entry.get_or_insert_with(|| (line, Entry::default())).1.take(name, value);
                    None
                }
                Piece::End => self.finish_entry(),
                Piece::Foreign(text) => Some(Outcome::Foreign(line, text)),
            };
            if outcome.is_some() {
                return outcome;
            }
        }
        if last { self.finish_entry() } else { None }
    }

    /// Keeps what was not read for the next chunk.
    pub(super) fn keep(&mut self, rest: &[u8]) {
        self.waiting = rest.to_vec();
    }

    fn finish_entry<'a>(&mut self) -> Option<Outcome<'a>> {
        let (line, entry) = self.entry.take()?;
        entry.finish().map(|envelope| Outcome::Entry(line, envelope))
    }
}

/// One piece of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// `MESSAGE=text`, or `MESSAGE`, a length of eight bytes, and the bytes.
    Field(&'a [u8], &'a [u8]),
    /// The empty line after an entry.
    End,
    /// A line that is no part of the format.
    Foreign(&'a [u8]),
}

/// The first piece of the input and its length with all line ends. `None` asks for more input, never when `last`.
fn piece(input: &[u8], last: bool) -> Option<(Piece<'_>, usize)> {
    let end = memchr(b'\n', input);
    if end.is_none() && !last || input.is_empty() {
        return None;
    }
    let line = input.get(..end.unwrap_or(input.len()))?;
    let length = (line.len() + 1).min(input.len());
    let equals = memchr(b'=', line).unwrap_or(line.len());
    let (name, value) = line.split_at_checked(equals)?;
    if line.is_empty() {
        return Some((Piece::End, length));
    }
    if !is_name(name) {
        return Some((Piece::Foreign(line), length));
    }
    if let Some(value) = value.strip_prefix(b"=") {
        return Some((Piece::Field(name, value), length));
    }
    match binary(input.get(length..)?) {
        Binary::Whole(value) => Some((Piece::Field(name, value), length + 8 + value.len() + 1)),
        Binary::Short if !last => None,
        Binary::Short | Binary::Wrong => Some((Piece::Foreign(line), length)),
    }
}

enum Binary<'a> {
    Whole(&'a [u8]),
    Short,
    Wrong,
}

/// Eight bytes of length in little endian, the bytes, and a line feed.
fn binary(input: &[u8]) -> Binary<'_> {
    let Some((length, rest)) = input.split_first_chunk::<8>() else {
        return Binary::Short;
    };
    let length = u64::from_le_bytes(*length);
    let Some(length) = usize::try_from(length).ok().filter(|_| length <= LONGEST) else {
        return Binary::Wrong;
    };
    match rest.split_at_checked(length) {
        Some((value, [b'\n', ..])) => Binary::Whole(value),
        Some((_, [])) | None => Binary::Short,
        Some(_) => Binary::Wrong,
    }
}

/// Journal field names hold capitals, digits and underscores only.
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}
