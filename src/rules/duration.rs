//! Durations as people write them: `90s`, `5m`, `3h`, `2d`.

/// Seconds of a duration such as `90s`, `5m`, `3h` or `2d`; a bare number is seconds.
///
/// # Errors
/// The text is none of these; the message says what is accepted.
pub fn seconds(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" | "sec" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(format!("'{text}' is not a duration; write for example 90s, 5m, 3h or 2d")),
    };
    digits
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|seconds| *seconds >= 0)
        .ok_or_else(|| format!("'{text}' is not a duration; write for example 90s, 5m, 3h or 2d"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn units_are_seconds_minutes_hours_days() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("3h"), Ok(10_800));
        assert_eq!(seconds("2d"), Ok(172_800));
        assert_eq!(seconds("7"), Ok(7));
    }

    #[test]
    fn other_words_are_errors() {
        assert!(seconds("soon").is_err());
        assert!(seconds("-3h").is_err());
        assert!(seconds("9999999999999999d").is_err());
    }
}
