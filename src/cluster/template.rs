//! The shape of a message: its words, with the parts that change from line to line masked.

/// Longer templates are cut; what follows rarely tells messages apart.
const LONGEST: usize = 240;

/// Masks numbers, ids, addresses and quoted text: `Member 1.0 (node2) left` becomes `Member # (#) left`.
pub fn template(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(&message[..message.len().min(LONGEST * 4)]);
    let mut out = String::new();
    for (index, piece) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            out.push_str("'…'");
        } else {
            mask_numbers(piece, &mut out);
        }
        if out.len() >= LONGEST {
            break;
        }
    }
    out.chars().take(LONGEST).collect()
}

fn mask_numbers(piece: &str, out: &mut String) {
    for word in piece.split_inclusive(|c: char| c.is_whitespace() || "()[]{},;=\"".contains(c)) {
        let end = word.trim_end_matches(|c: char| c.is_whitespace() || "()[]{},;=\"".contains(c)).len();
        let (core, rest) = word.split_at(end);
        if core.bytes().any(|byte| byte.is_ascii_digit()) {
            if !(out.ends_with("# ") && rest.is_empty()) {
                out.push('#');
            }
        } else {
            out.push_str(core);
        }
        out.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn changing_parts_are_masked() {
        assert_eq!(template(b"Member 1.0 (node2) left at 12:30"), "Member # (#) left at #");
        assert_eq!(template(b"Bad value '/etc/x' for 'y'"), "Bad value '…' for '…'");
    }

    #[test]
    fn same_shape_same_template() {
        assert_eq!(template(b"lock wait for trx:4711"), template(b"lock wait for trx:9"));
    }
}
