//! The last line of a file that has one of some words: where a reader who wants the present state begins.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes read at once.
const BLOCK: u64 = 1 << 20;

/// The beginning of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineStart {
    /// Bytes before it.
    pub offset: u64,
    /// Its number, counted from 1.
    pub number: u64,
}

/// The last line of a plain file that has one of these words; none if no line has.
///
/// # Errors
/// The file can't be read.
pub fn last_line_with(path: &Path, words: &[&[u8]]) -> io::Result<Option<LineStart>> {
    let mut file = File::open(path)?;
    let longest = words.iter().map(|word| word.len()).max().unwrap_or(0) as u64;
    let mut end = file.metadata()?.len();
    while end > 0 {
        let from = end.saturating_sub(BLOCK);
        // A word may begin in this block and end in the next one.
        let block = read(&mut file, from, end + longest)?;
        let found = words.iter().filter_map(|word| memchr::memmem::rfind(&block, word)).max();
        if let Some(at) = found {
            return line_at(&mut file, from + at as u64).map(Some);
        }
        end = from;
    }
    Ok(None)
}

fn read(file: &mut File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.by_ref().take(to - from).read_to_end(&mut block)?;
    Ok(block)
}

/// The start of the line that has the byte at `at`.
fn line_at(file: &mut File, at: u64) -> io::Result<LineStart> {
    let (mut start, mut newlines, mut from) = (LineStart { offset: 0, number: 1 }, 0, 0);
    while from < at {
        let block = read(file, from, at.min(from + BLOCK))?;
        if block.is_empty() {
            break;
        }
        newlines += memchr::memchr_iter(b'\n', &block).count() as u64;
        if let Some(last) = memchr::memrchr(b'\n', &block) {
            start = LineStart { offset: from + last as u64 + 1, number: newlines + 1 };
        }
        from += block.len() as u64;
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &[u8]) -> Option<LineStart> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        last_line_with(file.path(), &[b"Starting MariaDB ", b") starting as process "]).expect("readable")
    }

    #[test]
    fn the_last_one_counts() {
        let text = b"1 Starting MariaDB 10\nx\n2 Starting MariaDB 11\ny\n";
        assert_eq!(found(text), Some(LineStart { offset: 24, number: 3 }));
        assert_eq!(found(b"a\nb\n"), None);
        assert_eq!(found(b""), None);
        assert_eq!(found(b"Starting MariaDB 10"), Some(LineStart { offset: 0, number: 1 }));
    }

    #[test]
    fn blocks_join_without_a_gap() {
        let line = "7 something else\n";
        for before in [0, 1, 61_680, 61_681, 61_682] {
            let text = format!("{}z Starting MariaDB 10\n{}", line.repeat(before), line.repeat(61_680));
            let expected = LineStart { offset: (line.len() * before) as u64, number: before as u64 + 1 };
            assert_eq!(found(text.as_bytes()), Some(expected));
        }
    }
}
