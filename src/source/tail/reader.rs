//! One open file that grows.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

use memchr::{memchr_iter, memrchr};

use super::delivery::{FileId, Sink};
use super::lines::BLOCK;
use super::place::{HEAD, PRINT, Place, Position, hash, keep_last};

/// What came of reading on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// So many new bytes, maybe none.
    Read(u64),
    /// The bytes before the place are no longer those that were read: the file was truncated.
    Cut,
}

/// An open file and how far it has been read.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    pub(super) place: Place,
    /// The last read failed, which was told.
    pub(super) failed: bool,
}

/// Opens a regular file; others would block or have no end.
///
/// # Errors
/// Those of the operating system, and one for what is no regular file.
pub(super) fn open_regular(path: &Path) -> io::Result<(File, fs::Metadata)> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    // Opening a named pipe waits for its writer, so the kind is asked for before.
    if !fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(refused()) }
}

impl Reader {
    /// Opens a file to be read from its start.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (file, metadata) = open_regular(path)?;
        Ok(Self { file, place: Place::start(FileId::of(&metadata)), failed: false })
    }

    /// Bytes in the file now.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Goes to a position if the bytes before it are those that were there; else it stays.
    pub(super) fn resume(&mut self, position: &Position) -> io::Result<bool> {
        let print = self.print_before(position.offset)?;
        let whole = print.len() as u64 == position.offset.min(PRINT as u64);
        if !whole || hash(&print) != position.fingerprint {
            return Ok(false);
        }
        let head = self.head(position.offset)?;
        self.place = Place::at(self.place.file, position.offset, position.first_line, print, head);
        Ok(true)
    }

    /// Goes to the end of the last whole line. The lines before it are counted, which reads the
    /// whole file, in bounded memory.
    pub(super) fn skip_lines(&mut self) -> io::Result<()> {
        let end = self.length()?;
        let mut rest = self.from(0)?.take(end);
        let (mut offset, mut newlines, mut line_end) = (0, 0, 0);
        let (mut print, mut line_print) = (Vec::new(), Vec::new());
        let mut buffer = vec![0; BLOCK];
        loop {
            let count = read_full(&mut rest, &mut buffer)?;
            if count == 0 {
                break;
            }
            let block = &buffer[..count];
            newlines += memchr_iter(b'\n', block).count() as u64;
            if let Some(last) = memrchr(b'\n', block) {
                line_end = offset + last as u64 + 1;
                line_print.clone_from(&print);
                keep_last(&mut line_print, &block[..=last]);
            }
            keep_last(&mut print, block);
            offset += count as u64;
        }
        let head = self.head(line_end)?;
        self.place = Place::at(self.place.file, line_end, newlines + 1, line_print, head);
        Ok(())
    }

    /// Reads on up to byte `bound` and hands out the lines that are whole.
    ///
    /// Each read takes the bytes before the place along, so that a truncation is noticed even if
    /// the file has grown past the place again.
    pub(super) fn read(&mut self, bound: u64, now: Instant, sink: &mut Sink) -> io::Result<Progress> {
        let mut buffer = Vec::new();
        let mut total = 0;
        loop {
            let known = self.place.print.len();
            let Some(missing) = bound.checked_sub(self.place.offset) else {
                return Ok(Progress::Cut);
            };
            let want = usize::try_from(missing).unwrap_or(BLOCK).min(BLOCK);
            buffer.resize(known + want, 0);
            let mut from = self.from(self.place.offset - known as u64)?;
            let count = read_full(&mut from, &mut buffer)?;
            if count < known || buffer[..known] != self.place.print {
                return Ok(Progress::Cut);
            }
            if count == known {
                return Ok(Progress::Read(total));
            }
            self.place.take(&buffer[known..count], now, sink);
            total += (count - known) as u64;
        }
    }

    /// Goes back to the start of the file.
    pub(super) fn restart(&mut self) {
        self.place = Place::start(self.place.file);
    }

    fn from(&self, offset: u64) -> io::Result<&File> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }

    fn head(&self, offset: u64) -> io::Result<Vec<u8>> {
        let size = usize::try_from(offset).unwrap_or(HEAD).min(HEAD);
        let mut head = vec![0; size];
        let count = read_full(&mut self.from(0)?, &mut head)?;
        head.truncate(count);
        Ok(head)
    }

    fn print_before(&self, offset: u64) -> io::Result<Vec<u8>> {
        let start = offset.saturating_sub(PRINT as u64);
        let mut print = vec![0; usize::try_from(offset - start).unwrap_or(PRINT)];
        let count = read_full(&mut self.from(start)?, &mut print)?;
        print.truncate(count);
        Ok(print)
    }
}

/// Reads until the buffer is full or the input ends.
pub(super) fn read_full(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
