//! Removes terminal colour codes: the real escape sequences and the form in which terminals paste them.

use memchr::{memchr, memmem};
use std::borrow::Cow;

pub(super) const ESCAPE: u8 = 0x1b;

/// `←[38;5;6m`: Windows consoles show the escape character as a left arrow, and so it lands in tickets.
pub(super) const ARROW: &[u8] = "←[".as_bytes();

/// Whether there is anything to remove.
pub(super) fn is_coloured(text: &[u8]) -> bool {
    memchr(ESCAPE, text).is_some() || memmem::find(text, ARROW).is_some()
}

/// The text without colour codes; borrowed when there were none, as in nearly every line.
///
/// `ESC[38;5;6mmariadb ESC[0m06:15:22.73` gives `mariadb 06:15:22.73`.
pub(super) fn stripped(text: &[u8]) -> Cow<'_, [u8]> {
    if !is_coloured(text) {
        return Cow::Borrowed(text);
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if first == ESCAPE {
            rest = after_escape(after);
        } else if let Some(after) = rest.strip_prefix(ARROW).and_then(after_control) {
            rest = after;
        } else {
            kept.push(first);
            rest = after;
        }
    }
    Cow::Owned(kept)
}

/// Skips what belongs to an escape character. A lone one is dropped by itself, never the text behind it.
fn after_escape(text: &[u8]) -> &[u8] {
    match text {
        [b'[', rest @ ..] => after_control(rest).unwrap_or(text),
        [b']', rest @ ..] => after_title(rest).unwrap_or(text),
        // `ESC(B` resets the character set; `tput sgr0` writes it with each reset.
        [b'(' | b')', _, rest @ ..] => rest,
        _ => text,
    }
}

/// Parameters `0` to `?`, intermediates blank to `/`, and one final byte `@` to `~` (ECMA-48, 5.4).
fn after_control(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
    let (last, rest) = text.get(end..)?.split_first()?;
    matches!(last, 0x40..=0x7e).then_some(rest)
}

/// Window titles end with a bell.
fn after_title(text: &[u8]) -> Option<&[u8]> {
    text.get(memchr(0x07, text)? + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_and_text_stays() {
        for (text, expected) in [
            ("\x1b[38;5;6mmariadb \x1b[38;5;5m06:15:22.73 \x1b[0mINFO", "mariadb 06:15:22.73 INFO"),
            ("←[38;5;6mmariadb ←[0mINFO", "mariadb INFO"),
            ("\x1b(B\x1b[mdone", "done"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b[12", "[12"),
            ("\x1b", ""),
            ("← [no code]", "← [no code]"),
            ("plain", "plain"),
        ] {
            assert_eq!(String::from_utf8_lossy(&stripped(text.as_bytes())), expected, "{text:?}");
        }
    }
}
