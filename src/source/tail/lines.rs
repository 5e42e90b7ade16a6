//! Blocks of bytes to pieces of whole lines.
//!
//! It knows newlines and nothing else: no files, no encodings.

use std::time::Instant;

use memchr::{memchr, memchr_iter, memrchr};

use super::delivery::{Delivery, FileId, Note, Piece, Sink, Waiting};

/// Longest line kept whole, in bytes without its newline.
pub(super) const LINE: usize = 1024 * 1024;

/// Most bytes read at once.
pub(super) const BLOCK: usize = 64 * 1024;

/// The unfinished line of one file, and the count of the finished ones.
#[derive(Debug)]
pub(super) struct Lines {
    file: FileId,
    /// The kept head of the unfinished line.
    carry: Vec<u8>,
    /// Bytes of it left out.
    dropped: u64,
    /// Place of its first byte.
    start: u64,
    /// Its number.
    number: u64,
    since: Option<Instant>,
}

impl Lines {
    /// Lines from byte `start` on, where line `number` begins.
    pub(super) fn new(file: FileId, start: u64, number: u64) -> Self {
        Self { file, carry: Vec::new(), dropped: 0, start, number, since: None }
    }

    /// Takes a block of at most [`BLOCK`] bytes and hands out the lines that end in it.
    pub(super) fn take(&mut self, block: &[u8], now: Instant, sink: &mut Sink) {
        let Some(last) = memrchr(b'\n', block) else {
            self.keep(block, now);
            return;
        };
        let (mut whole, rest) = block.split_at(last + 1);
        if let Some(end) = memchr(b'\n', whole)
            && (self.dropped > 0 || self.carry.len() + end > LINE)
        {
            self.keep(&whole[..end], now);
            self.end_long_line(true, sink);
            whole = &whole[end + 1..];
        }
        if !whole.is_empty() {
            self.carry.extend_from_slice(whole);
            self.hand_out(sink);
        }
        self.keep(rest, now);
    }

    /// Hands out the unfinished line as it is.
    pub(super) fn cut(&mut self, sink: &mut Sink) {
        if self.dropped > 0 {
            self.end_long_line(false, sink);
        } else if !self.carry.is_empty() {
            self.hand_out(sink);
        }
    }

    /// The unfinished line, if there is one.
    pub(super) fn waiting(&self) -> Option<Waiting<'_>> {
        let since = self.since?;
        Some(Waiting { bytes: &self.carry, since, file: self.file, offset: self.start, line: self.number })
    }

    /// Place and number of the unfinished line, or of the one to come.
    pub(super) fn place(&self) -> (u64, u64) {
        (self.start, self.number)
    }

    /// Goes on with a copy of the file.
    pub(super) fn go_on_in(&mut self, file: FileId) {
        self.file = file;
    }

    fn keep(&mut self, bytes: &[u8], now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.since.get_or_insert(now);
        let kept = bytes.len().min(LINE.saturating_sub(self.carry.len()));
        self.carry.extend_from_slice(&bytes[..kept]);
        self.dropped += (bytes.len() - kept) as u64;
    }

    /// A line that lost bytes stands alone in its piece, so that offsets within a piece are right.
    fn end_long_line(&mut self, whole: bool, sink: &mut Sink) {
        let (line, kept, dropped) = (self.number, self.carry.len() as u64, self.dropped);
        if whole {
            self.carry.push(b'\n');
        }
        self.hand_out(sink);
        sink(Delivery::Note(Note::LongLine { file: self.file, line, kept, dropped }));
    }

    fn hand_out(&mut self, sink: &mut Sink) {
        let bytes = std::mem::take(&mut self.carry);
        let (offset, first_line) = (self.start, self.number);
        self.start += bytes.len() as u64 + std::mem::take(&mut self.dropped);
        self.number += memchr_iter(b'\n', &bytes).count() as u64;
        self.since = None;
        sink(Delivery::Piece(Piece { bytes, file: self.file, offset, first_line }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(blocks: &[&[u8]]) -> (Lines, Vec<Piece>, Vec<Note>) {
        let now = Instant::now();
        let (mut pieces, mut notes) = (Vec::new(), Vec::new());
        let mut lines = Lines::new(FileId::default(), 0, 1);
        for block in blocks {
            lines.take(block, now, &mut |delivery| match delivery {
                Delivery::Piece(piece) => pieces.push(piece),
                Delivery::Note(note) => notes.push(note),
            });
        }
        (lines, pieces, notes)
    }

    #[test]
    fn lines_are_whole_whatever_the_blocks() {
        let (lines, pieces, _) = taken(&[b"a", b"b\nc\n", b"", b"d", b"\n", b"e"]);
        let texts: Vec<_> =
            pieces.iter().map(|piece| (piece.bytes.as_slice(), piece.offset, piece.first_line)).collect();
        assert_eq!(texts, [(&b"ab\nc\n"[..], 0, 1), (&b"d\n"[..], 5, 3)]);
        let waiting = lines.waiting().map(|waiting| (waiting.bytes, waiting.offset, waiting.line));
        assert_eq!(waiting, Some((&b"e"[..], 7, 4)));
    }

    #[test]
    fn a_long_line_keeps_its_head_and_stands_alone() {
        let block = vec![b'x'; BLOCK];
        let mut blocks: Vec<&[u8]> = vec![b"a\n"];
        blocks.extend(std::iter::repeat_n(block.as_slice(), 20));
        blocks.push(b"yy");
        blocks.push(b"\nb\nc");
        let (_, pieces, notes) = taken(&blocks);
        let total = 20 * BLOCK as u64 + 2;
        assert_eq!(pieces.iter().map(|piece| piece.bytes.len()).collect::<Vec<_>>(), [2, LINE + 1, 2]);
        assert_eq!((pieces[2].offset, pieces[2].first_line), (2 + total + 1, 3));
        let [Note::LongLine { line: 2, kept, dropped, .. }] = notes[..] else { panic!("{notes:?}") };
        assert_eq!((kept, kept + dropped), (LINE as u64, total));
    }

    #[test]
    fn a_line_of_just_the_limit_is_whole() {
        let block = vec![b'x'; BLOCK];
        let mut blocks = vec![block.as_slice(); LINE / BLOCK];
        blocks.push(b"\n");
        let (_, pieces, notes) = taken(&blocks);
        assert_eq!((pieces.len(), pieces[0].bytes.len(), notes.len()), (1, LINE + 1, 0));
    }

    #[test]
    fn a_cut_long_line_is_counted() {
        let block = vec![b'x'; BLOCK];
        let (mut lines, ..) = taken(&vec![block.as_slice(); LINE / BLOCK + 1]);
        let mut given = Vec::new();
        lines.cut(&mut |delivery| given.push(delivery));
        let [Delivery::Piece(piece), Delivery::Note(Note::LongLine { dropped, .. })] = &given[..] else {
            panic!("{given:?}")
        };
        assert_eq!((piece.bytes.len(), *dropped), (LINE, BLOCK as u64));
        assert_eq!(lines.place(), ((LINE + BLOCK) as u64, 1));
    }
}
