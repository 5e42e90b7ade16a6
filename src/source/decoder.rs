//! Compressed bytes to plain bytes, with errors that say how far the data was good.
//!
//! It knows the three formats that log rotation produces and nothing of files or lines.

use std::fmt;
use std::io::{self, BufReader, Read};

use super::content::Content;

/// Compressed bytes read from the file at once.
const INPUT_BUFFER: usize = 128 * 1024;

/// Plain bytes asked from a decoder at once: when it meets damage it cannot say how much of the
/// caller's buffer it had filled, so this is the most that is lost before the damage.
const STEP: usize = 16 * 1024;

/// Memory an xz file may ask for; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 * 1024 * 1024;

type Stream = Box<dyn Read + Send>;

/// Why a compressed stream ended before its end mark. Travels inside an [`io::Error`].
#[derive(Debug)]
pub(super) struct BrokenStream {
    /// Good plain bytes given out before.
    pub(super) after: u64,
    /// The data just stops, in contrast to being wrong.
    pub(super) truncated: bool,
    /// The decoder's own words.
    pub(super) cause: String,
}

impl fmt::Display for BrokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.truncated { "ends early" } else { "is damaged" };
        write!(f, "compressed data {what} after {} bytes ({})", self.after, self.cause)
    }
}

impl std::error::Error for BrokenStream {}

/// Puts the decoder for `content` before `raw`.
///
/// # Errors
/// When the decoder cannot be set up (out of memory).
pub(super) fn decode(content: Content, raw: Stream) -> io::Result<Stream> {
    let input = BufReader::with_capacity(INPUT_BUFFER, raw);
    let decoder: Stream = match content {
        Content::Plain => return Ok(input.into_inner()),
        Content::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Content::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
        Content::Xz => {
            let flags = liblzma::stream::CONCATENATED;
            let format = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, flags)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(input, format))
        }
    };
    Ok(Box::new(Counted { decoder, given: 0, broken: false }))
}

/// A decoder that counts what it gave, to say so when it breaks.
struct Counted {
    decoder: Stream,
    given: u64,
    broken: bool,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.broken {
            return Ok(0);
        }
        let step = buffer.len().min(STEP);
        match self.decoder.read(&mut buffer[..step]) {
            Ok(count) => {
                self.given += count as u64;
                Ok(count)
            }
            // Those of the operating system are not the fault of the compressed data.
            Err(error) if error.kind() == io::ErrorKind::Interrupted || error.raw_os_error().is_some() => Err(error),
            Err(error) => {
                self.broken = true;
                let kind = error.kind();
                let truncated = kind == io::ErrorKind::UnexpectedEof;
                let cause = error.to_string();
                Err(io::Error::new(kind, BrokenStream { after: self.given, truncated, cause }))
            }
        }
    }
}
