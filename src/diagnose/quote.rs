//! Makes captured text safe to stand in a command that a person will paste into a shell.
//!
//! Log text is hostile: a table, a host or a path can hold quotes, `$(…)` or newlines.

use crate::rules::schema::CaptureType;

/// The value as one shell word, or `None` when it is not what its type says.
pub fn shell_word(value: &str, kind: CaptureType) -> Option<String> {
    if value.is_empty()
        || value.chars().any(char::is_control)
        || value.len() > 4096
        || value.starts_with('-') && !is_number(value)
    {
        return None;
    }
    let plain = |extra: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c));
    let fits = match kind {
        CaptureType::Number | CaptureType::Seqno => is_number(value),
        CaptureType::Port => value.parse::<u16>().is_ok(),
        CaptureType::Uuid => plain("-"),
        CaptureType::Host => plain(".-_:[]"),
        CaptureType::Address => plain(".-_:[]/"),
        CaptureType::Word | CaptureType::Text | CaptureType::Path | CaptureType::Node | CaptureType::Identifier => true,
    };
    fits.then(|| if plain("./-_:@%+,") { value.to_owned() } else { quoted(value) })
}

/// The value in single quotes; a quote inside becomes `'\''`.
pub fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn is_number(value: &str) -> bool {
    value.parse::<i128>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_values_stay_readable() {
        assert_eq!(shell_word("/etc/mysql/ssl/key.pem", CaptureType::Path).as_deref(), Some("/etc/mysql/ssl/key.pem"));
        assert_eq!(shell_word("-1", CaptureType::Seqno).as_deref(), Some("-1"));
        assert_eq!(shell_word("tcp://10.0.0.1:4567", CaptureType::Address).as_deref(), Some("tcp://10.0.0.1:4567"));
    }

    #[test]
    fn hostile_values_are_one_word() {
        assert_eq!(shell_word("/tmp/$(reboot)", CaptureType::Path).as_deref(), Some("'/tmp/$(reboot)'"));
        assert_eq!(shell_word("a'; rm -rf /", CaptureType::Text).as_deref(), Some(r"'a'\''; rm -rf /'"));
    }

    #[test]
    fn values_that_are_not_of_their_type_are_refused() {
        assert_eq!(shell_word("4567;reboot", CaptureType::Port), None);
        assert_eq!(shell_word("10.0.0.1 -e sh", CaptureType::Host), None);
        assert_eq!(shell_word("a\nb", CaptureType::Text), None);
        assert_eq!(shell_word("--output=/etc/passwd", CaptureType::Path), None);
    }
}
