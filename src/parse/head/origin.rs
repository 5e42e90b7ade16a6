//! Galera's source position before an error message: `file:function():line: `.
//!
//! Only the C logger writes it (`GU_LOG_FORMAT` in `galerautils/src/gu_log.c`), at level error and above.

use super::Origin;
use memchr::{memchr, memmem};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::u32 as number;
use nom::sequence::terminated;

/// The longest file name and function signature looked at; real ones stay under 300 bytes.
const REACH: usize = 1024;

/// Splits the position from the message after it; a message without one comes back whole.
///
/// `./gcs/src/gcs_core.cpp:gcs_core_open():256: Failed to open …` gives the origin and `Failed to open …`.
#[inline]
pub(super) fn split(message: &[u8]) -> (Option<Origin<'_>>, &[u8]) {
    find(message).map_or((None, message), |(origin, rest)| (Some(origin), rest))
}

fn find(message: &[u8]) -> Option<(Origin<'_>, &[u8])> {
    let near = message.get(..message.len().min(REACH))?;
    let (file, signature) = near.split_at_checked(memchr(b':', near)?)?;
    if !is_source_file(file) {
        return None;
    }
    let signature = signature.get(1..)?;
    // `operator()` and function pointers hold `():` too, so the line number has to follow.
    memmem::find_iter(signature, b"():").find_map(|end| {
        let function = signature.get(..end).filter(|name| !name.is_empty())?;
        let after = message.get(file.len() + 1 + end + 3..)?;
        let (rest, line) = line_number(after)?;
        Some((Origin { file, function, line }, rest.trim_ascii_start()))
    })
}

fn line_number(input: &[u8]) -> Option<(&[u8], u32)> {
    terminated(number::<_, ()>, tag(&b":"[..])).parse(input).ok()
}

fn is_source_file(file: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 5] = [b".cpp", b".c", b".hpp", b".cc", b".h"];
    ENDINGS.iter().any(|ending| file.ends_with(ending)) && !file.contains(&b' ')
}

impl<'a> Origin<'a> {
    /// The function without return type, class and parameters: `gcs_open` for every printed form.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        let end = memchr(b'(', self.function).unwrap_or(self.function.len());
        let plain = self.function.get(..end).unwrap_or_default();
        let start = plain.iter().rposition(|byte| matches!(byte, b' ' | b':' | b'*' | b'&'));
        start.and_then(|at| plain.get(at + 1..)).unwrap_or(plain)
    }
}
