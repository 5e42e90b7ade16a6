//! Records: a line with a head, and the lines without one that follow it.

use super::head::{Head, parse_head};

/// A head with its continuation lines.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The bytes of all its lines, newlines included.
    pub raw: &'a [u8],
    /// `None` for lines before the first head of a text.
    pub head: Option<Head<'a>>,
}

/// Splits a text into records; their raw bytes, concatenated, are the text.
///
/// ```
/// let text = b"2026-11-24  7:49:13 0 [ERROR] WSREP: failed: 110\n\t at ./gcomm/src/pc.cpp:connect():160\n2026-11-24  7:49:14 0 [ERROR] Aborting\n";
/// let records: Vec<_> = galera_rca::parse::record::records(text).collect();
/// assert_eq!(records.len(), 2);
/// assert_eq!(records.iter().map(|record| record.raw).collect::<Vec<_>>().concat(), text);
/// ```
pub fn records(text: &[u8]) -> Records<'_> {
    Records { rest: text }
}

/// The records of a text, in order.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut end = line_length(self.rest);
        let head = parse_head(without_newline(&self.rest[..end]));
        while end < self.rest.len() {
            let next = line_length(&self.rest[end..]);
            if parse_head(without_newline(&self.rest[end..end + next])).is_some() {
                break;
            }
            end += next;
        }
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Record { raw, head })
    }
}

fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |newline| newline + 1)
}

fn without_newline(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
