//! A stream of plain bytes to chunks of whole lines, in bounded memory.
//!
//! It knows newlines, and that most log records begin with a digit (of their time stamp); it does
//! not know records, formats or encodings, and passes on every byte as it is.

use std::io::{self, Read};

use memchr::{memchr_iter, memrchr, memrchr_iter};

/// Sizes in bytes; [`Limits::default`] is what the program uses, tests use small ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Aim for the size of a chunk.
    pub block: usize,
    /// How far before the end of a block the start of a record is looked for.
    pub search: usize,
    /// Longest line that is kept whole, without its newline. At least 1.
    pub line: usize,
    /// Most bytes asked from the reader at once.
    pub read: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 512 * 1024, search: 64 * 1024, line: 1024 * 1024, read: 128 * 1024 }
    }
}

/// Whole lines of a stream. Only the last line of the last chunk may lack its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The lines, never empty; give the buffer back with [`ChunkReader::recycle`].
    pub bytes: Vec<u8>,
    /// Number of the first line.
    pub first_line: u64,
    /// Place of the first byte in the plain stream, in bytes from its start. Dropped bytes count.
    pub offset: u64,
    /// Lines of this chunk that were too long, in order.
    pub cut_lines: Vec<CutLine>,
    /// No other chunk follows; an error still may.
    pub last: bool,
}

/// A line of which only the first [`Limits::line`] bytes were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutLine {
    /// Its number.
    pub line: u64,
    /// Bytes left out between the kept part and the newline.
    pub dropped: u64,
}

/// Cuts a reader into [`Chunk`]s.
///
/// Peak memory is one block, one line of the longest kept length and one read, whatever the
/// length of the lines in the stream.
#[derive(Debug)]
pub struct ChunkReader<R> {
    reader: R,
    limits: Limits,
    buffer: Vec<u8>,
    /// Where the unfinished last line of the buffer begins.
    line_start: usize,
    /// Bytes of that line left out so far.
    dropping: u64,
    /// Starts of finished cut lines in the buffer, and how much each lost.
    cuts: Vec<(usize, u64)>,
    next_line: u64,
    offset: u64,
    ended: bool,
    failure: Option<io::Error>,
    spare: Vec<Vec<u8>>,
}

impl<R: Read> ChunkReader<R> {
    /// A reader whose first line has the number `first_line`, 1 for a whole file.
    pub fn new(reader: R, first_line: u64) -> Self {
        Self::with_limits(reader, first_line, Limits::default())
    }

    /// The same with own sizes; zeros are taken as 1.
    pub fn with_limits(reader: R, first_line: u64, limits: Limits) -> Self {
        let line = limits.line.max(1);
        // No line within one read can be too long then: only the unfinished one can.
        let read = limits.read.clamp(1, line);
        let limits = Limits { block: limits.block.max(1), line, read, ..limits };
        Self {
            reader,
            limits,
            buffer: Vec::new(),
            line_start: 0,
            dropping: 0,
            cuts: Vec::new(),
            next_line: first_line,
            offset: 0,
            ended: false,
            failure: None,
            spare: Vec::new(),
        }
    }

    /// The next lines, or `None` at the end of the stream.
    ///
    /// # Errors
    /// The error of the reader, once, after everything read before it was given out. Interrupted
    /// reads are repeated and are no errors.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        while !self.ended && !self.can_cut() {
            self.read_more();
        }
        if self.buffer.is_empty() {
            return self.failure.take().map_or(Ok(None), Err);
        }
        let end = if self.can_cut() { self.cut_place() } else { self.buffer.len() };
        Ok(Some(self.give_out(end)))
    }

    /// Gives a buffer back, so that the next chunk needs no new memory.
    pub fn recycle(&mut self, mut bytes: Vec<u8>) {
        /// More are only waiting for a moment that never comes.
        const SPARES: usize = 4;
        if self.spare.len() < SPARES {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    /// A full block, with a newline that is followed by something: so no chunk but the last is
    /// given out before it is known that another one follows.
    fn can_cut(&self) -> bool {
        let Some((_, before_last)) = self.buffer.split_last() else {
            return false;
        };
        self.buffer.len() >= self.limits.block
            && self.line_start > 0
            && (self.line_start < self.buffer.len() || memrchr(b'\n', before_last).is_some())
    }

    fn read_more(&mut self) {
        let old = self.buffer.len();
        let missing = self.limits.block.saturating_sub(old);
        let want = if missing == 0 { self.limits.read } else { missing.min(self.limits.read) };
        self.reserve(old + want);
        self.buffer.resize(old + want, 0);
        let got = loop {
            match self.reader.read(&mut self.buffer[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let count = *got.as_ref().unwrap_or(&0);
        self.buffer.truncate(old + count);
        self.ended = count == 0;
        self.failure = got.err();
        self.close_line(old);
        if self.ended && self.dropping > 0 {
            self.cuts.push((self.line_start, self.dropping));
        }
    }

    /// Doubling would cost twice the longest line; two sizes are enough.
    fn reserve(&mut self, needed: usize) {
        if needed > self.buffer.capacity() {
            let Limits { block, line, read, .. } = self.limits;
            let size = if needed <= block { block } else { block.max(line) + read };
            let more = size.max(needed) - self.buffer.len();
            self.buffer.reserve_exact(more);
        }
    }

    /// Takes account of the bytes from `new` on: ends the unfinished line at its newline, cuts it
    /// when it is too long, and finds the line that is unfinished now.
    fn close_line(&mut self, new: usize) {
        let end = self.buffer.len();
        let newline = memchr::memchr(b'\n', &self.buffer[new..]).map(|at| new + at);
        let keep = self.line_start + self.limits.line;
        let line_end = newline.unwrap_or(end);
        let excess = line_end.saturating_sub(keep);
        if excess > 0 {
            self.buffer.drain(keep..line_end);
            self.dropping += excess as u64;
        }
        if newline.is_none() {
            return;
        }
        if self.dropping > 0 {
            self.cuts.push((self.line_start, self.dropping));
            self.dropping = 0;
        }
        if let Some(last) = memrchr(b'\n', &self.buffer) {
            self.line_start = last + 1;
        }
    }

    /// Where the chunk ends: before the last line that looks like the start of a record, else
    /// before the last line. Only right after [`can_cut`](Self::can_cut) said so.
    fn cut_place(&self) -> usize {
        let before_last = self.buffer.len() - 1;
        let from = before_last.saturating_sub(self.limits.search);
        memrchr_iter(b'\n', &self.buffer[from..before_last])
            .map(|at| from + at + 1)
            .find(|next| self.buffer[*next].is_ascii_digit())
            .or_else(|| memrchr(b'\n', &self.buffer[..before_last]).map(|at| at + 1))
            .unwrap_or(self.buffer.len())
    }

    /// Parts the buffer at `end` into a chunk and what is carried over.
    fn give_out(&mut self, end: usize) -> Chunk {
        let mut carry = self.spare.pop().unwrap_or_default();
        carry.clear();
        if !self.ended {
            carry.reserve_exact(self.limits.block);
        }
        carry.extend_from_slice(&self.buffer[end..]);
        self.buffer.truncate(end);
        let bytes = std::mem::replace(&mut self.buffer, carry);
        let first_line = self.next_line;
        let (cut_lines, dropped) = self.take_cuts(&bytes);
        let offset = self.offset;
        self.next_line += memchr_iter(b'\n', &bytes).count() as u64;
        self.offset += bytes.len() as u64 + dropped;
        self.line_start = self.line_start.saturating_sub(end);
        let last = self.ended && self.buffer.is_empty();
        Chunk { bytes, first_line, offset, cut_lines, last }
    }

    /// The cut lines that begin in `bytes`, with their numbers, and the sum of what they lost.
    fn take_cuts(&mut self, bytes: &[u8]) -> (Vec<CutLine>, u64) {
        let here = self.cuts.partition_point(|(start, _)| *start < bytes.len());
        let (mut line, mut counted, mut sum) = (self.next_line, 0, 0);
        let mut lines = Vec::with_capacity(here);
        for (start, dropped) in self.cuts.drain(..here) {
            line += memchr_iter(b'\n', &bytes[counted..start]).count() as u64;
            counted = start;
            sum += dropped;
            lines.push(CutLine { line, dropped });
        }
        for (start, _) in &mut self.cuts {
            *start -= bytes.len();
        }
        (lines, sum)
    }
}

#[cfg(test)]
mod tests;
