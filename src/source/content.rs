//! What the first bytes of an input say about it.
//!
//! Pure: bytes in, verdict out. It does not know file names and does not tell a database log from
//! other text.

/// How the bytes of an input are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// As they are.
    Plain,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
    /// xz, one or more streams.
    Xz,
}

impl Content {
    /// The storage told by the magic bytes at the start of `head`.
    #[must_use]
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // The second kind is a skippable frame; parallel compressors begin with one.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::Plain,
        }
    }
}

/// Content that cannot be read as the text of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// `what` with its article, and what the user can do.
    Binary { what: &'static str, advice: &'static str },
    /// The name of the encoding, as iconv knows it.
    WideText { encoding: &'static str },
}

const ERROR_LOG: &str = "give the error log (SHOW VARIABLES LIKE 'log_error')";
const UNPACK: &str = "unpack it first";
const ZEROS: &str = "give an undamaged copy, or cut the zero bytes: tr -d '\\000' < FILE > node.log";

/// Place, bytes, name and advice for what is found beside logs or mistaken for one.
const MAGIC: &[(usize, &[u8], &str, &str)] = &[
    (0, b"\x1f\x8b", "gzip data inside compressed data", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "zstd data inside compressed data", UNPACK),
    (0, b"\xfd7zXZ\0", "xz data inside compressed data", UNPACK),
    (4, b"1AY&SY", "bzip2 data, which is not supported", "unpack it first: bunzip2 -k FILE"),
    (0, b"PK\x03\x04", "a zip archive", "unpack it first: unzip FILE"),
    (257, b"ustar", "a tar archive", "unpack it first: tar -xf FILE"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (0, b"\x04\x22\x4d\x18", "lz4 data, which is not supported", "unpack it first: lz4 -d FILE"),
    (0, b"LZIP\x01", "lzip data, which is not supported", "unpack it first: lzip -dk FILE"),
    (0, b"\x1f\x9d", "compress (.Z) data, which is not supported", "unpack it first: uncompress FILE"),
    (0, b"LPKSHHRH", "a binary journal", "export it first: journalctl --file FILE -o short-iso-precise > node.log"),
    (0, b"\xfebin", "a binary log of the server", ERROR_LOG),
    (0, b"\xfdbin", "an encrypted binary log of the server", ERROR_LOG),
    (0, b"\xfe\xfe", "a MyISAM or Aria file", ERROR_LOG),
    (0, b"\xfe\x01", "a table definition (.frm)", ERROR_LOG),
    (0, b"XBSTCK01", "a backup stream (xbstream, mbstream)", ERROR_LOG),
    (0, b"\x7fELF", "a program, library or core dump (ELF)", ERROR_LOG),
    (0, b"ElfFile\0", "a Windows event log", "export it as text first"),
    (0, b"SQLite format 3\0", "an SQLite database", ERROR_LOG),
    (0, b"%PDF-", "a PDF document", "give the log as text"),
    (0, b"\x89PNG", "a picture", "give the log as text"),
    (0, b"\xff\xd8\xff", "a picture", "give the log as text"),
    (0, b"\xd4\xc3\xb2\xa1", "a network capture", ERROR_LOG),
];

/// What makes `head`, the first bytes of the plain stream, unreadable as a log; `None` if nothing.
///
/// A few zero bytes among text are no reason: a crash of the host leaves such holes in good logs.
pub(super) fn oddity(head: &[u8]) -> Option<Oddity> {
    if let Some(encoding) = byte_order_mark(head) {
        return Some(Oddity::WideText { encoding });
    }
    let found =
        MAGIC.iter().find(|(at, magic, ..)| head.get(*at..).is_some_and(|from_there| from_there.starts_with(magic)));
    if let Some((_, _, what, advice)) = found {
        return Some(Oddity::Binary { what, advice });
    }
    memchr::memchr(0, head)?;
    if let Some(encoding) = wide_pattern(head) {
        return Some(Oddity::WideText { encoding });
    }
    if text_with_holes(head) { None } else { Some(zero_bytes(head)) }
}

fn byte_order_mark(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => Some("UTF-32LE"),
        [0xff, 0xfe, ..] => Some("UTF-16LE"),
        // A MyISAM index begins with FE FE, so both bytes count.
        [0xfe, 0xff, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

/// Latin text without a mark shows as a zero in nearly every second byte, always on one side.
fn wide_pattern(head: &[u8]) -> Option<&'static str> {
    let pairs = head.len() / 2;
    let zeros = |side: usize| head.as_chunks::<2>().0.iter().filter(|pair| pair[side] == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    if pairs < 4 {
        None
    } else if low_first * 10 >= pairs * 8 && high_first * 50 <= pairs {
        Some("UTF-16LE")
    } else if high_first * 10 >= pairs * 8 && low_first * 50 <= pairs {
        Some("UTF-16BE")
    } else {
        None
    }
}

/// Whether the bytes between the zeros read like lines of text.
fn text_with_holes(head: &[u8]) -> bool {
    let (mut printable, mut other, mut newlines) = (0_usize, 0_usize, 0_usize);
    for byte in head {
        match byte {
            0 => {}
            b'\n' => newlines += 1,
            b'\t' | b'\r' | 0x1b | b' '..=b'~' => printable += 1,
            _ => other += 1,
        }
    }
    let cache = head.starts_with(b"Version: ") && memchr::memmem::find(head, b"\nGID: ").is_some();
    // Non-ASCII letters count as other, so a log in a foreign language still passes.
    newlines > 0 && printable >= 20 && other * 10 <= printable && !cache
}

fn zero_bytes(head: &[u8]) -> Oddity {
    if head.iter().all(|byte| *byte == 0) {
        return Oddity::Binary { what: "a run of zero bytes", advice: ZEROS };
    }
    // An InnoDB page has its number at byte 4 and its type at byte 24; 8 is a space header.
    let innodb = head.get(4..8) == Some(&[0; 4]) && head.get(24..26) == Some(&[0, 8]);
    let what = if innodb {
        "an InnoDB data file"
    } else if head.starts_with(b"Version: ") {
        "a Galera write-set cache (galera.cache)"
    } else {
        "binary data"
    };
    Oddity::Binary { what, advice: ERROR_LOG }
}

#[cfg(test)]
mod tests;
