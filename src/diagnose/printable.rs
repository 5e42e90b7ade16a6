//! Log text made safe to show: nothing in it can move a cursor, set a title or turn the reading direction.

use std::fmt::Write as _;

/// Writes control characters (C0, DEL, C1) and direction marks as escapes, broken UTF-8 as `\xNN`.
///
/// ```
/// use galera_rca::diagnose::printable::printable;
/// assert_eq!(printable(b"a\x1b[2Jb\tc\xff"), r"a\x1b[2Jb c\xff");
/// ```
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => out.push(' '),
                c if c.is_control() => escape(&mut out, c),
                c if turns_direction(c) => escape(&mut out, c),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

fn escape(out: &mut String, c: char) {
    let _ = match u32::from(c) {
        code @ 0..=0xff => write!(out, "\\x{code:02x}"),
        code => write!(out, "\\u{{{code:04x}}}"),
    };
}

/// Bidirectional controls, line and paragraph separators, and invisible marks.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn terminal_sequences_are_shown_not_sent() {
        assert_eq!(printable(b"\x1b]52;c;aGk=\x07"), r"\x1b]52;c;aGk=\x07");
        assert_eq!(printable("\u{9b}2J".as_bytes()), r"\x9b2J");
        assert_eq!(printable("\u{202e}txt".as_bytes()), r"\u{202e}txt");
        assert_eq!(printable(b"\x7f\x00"), r"\x7f\x00");
    }

    #[test]
    fn words_in_any_script_stay() {
        assert_eq!(printable("Größe 大".as_bytes()), "Größe 大");
    }
}
