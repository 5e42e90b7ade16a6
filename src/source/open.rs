//! One path to one stream of plain bytes, or the reason why there is none.
//!
//! The kind of content is told by the first bytes, never by the name: rotated logs lose and gain
//! endings. It does not know lines and it does not look beyond the first 8 KiB.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::content::{self, Content, Oddity};
use super::decoder;
use super::problem::{InputProblem, SourceError};

/// The argument that means standard input.
pub const STDIN: &str = "-";

/// Bytes looked at to tell text from everything else.
const HEAD: usize = 8 * 1024;

/// An input ready to be read.
pub struct Opened {
    /// Plain bytes from the very first on. A compressed stream that is cut or damaged gives its
    /// good part and then one error, for [`InputProblem::from_io`].
    pub reader: Box<dyn Read + Send>,
    /// How the bytes were stored.
    pub content: Content,
    /// Size in bytes as stored, for progress; `None` for pipes and standard input.
    pub bytes_on_disk: Option<u64>,
}

/// Opens a file, a named pipe or, for `-`, standard input, compressed or not.
///
/// # Errors
/// One [`InputProblem`] with `path` in it: not found, permission denied, a special file, empty,
/// binary, UTF-16, unreadable, or compressed data without one good byte.
pub fn open(path: &Path) -> Result<Opened, SourceError> {
    if path == Path::new(STDIN) {
        return open_stream(Box::new(io::stdin()), path, None);
    }
    let read_error = |error: io::Error| InputProblem::from_io(path, &error);
    let file = File::open(path).map_err(read_error)?;
    let metadata = file.metadata().map_err(read_error)?;
    if let Some(kind) = refused_kind(&metadata) {
        return Err(InputProblem::SpecialFile { path: path.to_path_buf(), kind });
    }
    let size = metadata.is_file().then_some(metadata.len());
    open_stream(Box::new(file), path, size)
}

/// The same for a stream that is open already; `path` is only for the messages.
fn open_stream(mut raw: Box<dyn Read + Send>, path: &Path, bytes_on_disk: Option<u64>) -> Result<Opened, SourceError> {
    let head = Head::read(&mut raw);
    let content = Content::of(&head.bytes);
    let (head, rest) = if content == Content::Plain {
        (head, raw)
    } else {
        let joined = Box::new(Joined { head, at: 0, rest: raw });
        let mut plain = decoder::decode(content, joined).map_err(|error| InputProblem::from_io(path, &error))?;
        (Head::read(&mut plain), plain)
    };
    if head.bytes.is_empty() {
        return Err(match &head.failure {
            Some(error) => InputProblem::from_io(path, error),
            None => InputProblem::Empty { path: path.to_path_buf() },
        });
    }
    if let Some(oddity) = content::oddity(&head.bytes) {
        return Err(refused(path.to_path_buf(), oddity));
    }
    Ok(Opened { reader: Box::new(Joined { head, at: 0, rest }), content, bytes_on_disk })
}

fn refused(path: PathBuf, oddity: Oddity) -> InputProblem {
    match oddity {
        Oddity::Binary { what, advice } => InputProblem::Binary { path, what, advice },
        Oddity::WideText { encoding } => InputProblem::Utf16 { path, encoding },
    }
}

/// What can never be read as a log, even if the user names it. Pipes and terminals can.
fn refused_kind(metadata: &Metadata) -> Option<&'static str> {
    if metadata.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if metadata.file_type().is_block_device() {
            return Some("a block device");
        }
        if metadata.file_type().is_socket() {
            return Some("a socket");
        }
    }
    None
}

/// The first bytes of a stream, and the error that came while reading them.
struct Head {
    bytes: Vec<u8>,
    failure: Option<io::Error>,
}

impl Head {
    fn read(from: &mut dyn Read) -> Self {
        let (bytes, failure) = read_up_to(from, HEAD);
        Self { bytes, failure }
    }
}

/// Reads until `limit` bytes, the end or an error, and keeps the bytes in each case.
pub(super) fn read_up_to(from: &mut dyn Read, limit: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::with_capacity(limit);
    let failure = from.take(limit as u64).read_to_end(&mut bytes).err();
    (bytes, failure)
}

/// A head that was looked at and the rest of its stream, in one piece again.
struct Joined {
    head: Head,
    at: usize,
    rest: Box<dyn Read + Send>,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = &self.head.bytes[self.at..];
        if !left.is_empty() {
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
            self.at += count;
            return Ok(count);
        }
        match self.head.failure.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests;
