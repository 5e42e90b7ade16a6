//! Points in time as people write them after `--since` and `--until`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::rules::duration;

/// Reads `2026-11-24T07:48:40`, `2026-11-24 07:48`, `2026-11-24`, `07:48`, `-3h`, `now`, `today` or `yesterday`.
///
/// # Errors
/// The text is none of these.
pub fn parse(text: &str, now: NaiveDateTime) -> Result<NaiveDateTime, String> {
    let text = text.trim();
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
    match text {
        "now" => return Ok(now),
        "today" => return Ok(midnight(now.date())),
        "yesterday" => return Ok(midnight(now.date() - TimeDelta::days(1))),
        _ => {}
    }
    if let Some(back) = text.strip_prefix('-') {
        let back = TimeDelta::try_seconds(duration::seconds(back)?);
        return back.and_then(|back| now.checked_sub_signed(back)).ok_or_else(|| explain(text));
    }
    let plain = text.trim_end_matches('Z').replace('T', " ");
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(&plain, form) {
            return Ok(time);
        }
    }
    if let Ok(date) = NaiveDate::parse_from_str(&plain, "%Y-%m-%d") {
        return Ok(midnight(date));
    }
    for form in ["%H:%M:%S", "%H:%M"] {
        if let Ok(time) = NaiveTime::parse_from_str(&plain, form) {
            return Ok(now.date().and_time(time));
        }
    }
    Err(explain(text))
}

fn explain(text: &str) -> String {
    format!(
        "'{text}' is not a time; write for example 2026-11-24T07:48, 07:48, -3h, today or yesterday (in the log's own time)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 24).and_then(|date| date.and_hms_opt(10, 30, 0)).expect("a real time")
    }

    fn text(of: &str) -> String {
        parse(of, now()).map_or_else(|error| error, |time| time.to_string())
    }

    #[test]
    fn absolute_times() {
        assert_eq!(text("2026-11-24T07:48:40"), "2026-11-24 07:48:40");
        assert_eq!(text("2026-11-24 07:48"), "2026-11-24 07:48:00");
        assert_eq!(text("2026-11-23"), "2026-11-23 00:00:00");
        assert_eq!(text("07:48"), "2026-11-24 07:48:00");
    }

    #[test]
    fn relative_times() {
        assert_eq!(text("-3h"), "2026-11-24 07:30:00");
        assert_eq!(text("yesterday"), "2026-11-23 00:00:00");
        assert_eq!(text("today"), "2026-11-24 00:00:00");
    }

    #[test]
    fn nonsense_is_explained() {
        assert!(parse("soonish", now()).is_err_and(|error| error.contains("-3h")));
        assert!(parse("-99999999999999h", now()).is_err());
    }
}
