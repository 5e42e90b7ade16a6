//! The time stamps that begin (or end) a log line: bytes to [`Stamp`].
//!
//! Every parser here takes the bytes at the stamp and gives the rest back, as nom parsers do.
//! Dates are built from the digits, never by a format string: a header is parsed for every line that matters.
//! This module knows nothing of levels, threads or programs; those are the business of [`super::head`].

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use nom::Err::Error;
use nom::IResult;
use nom::bytes::complete::{tag, take_while1};
use std::fmt;

/// The result of a parser of this crate: the rest and the value, or no match. The error carries nothing.
pub(crate) type Parsed<'a, O> = IResult<&'a [u8], O, ()>;

/// A point in time as one line prints it.
///
/// `2026-11-24  7:43:17` is server-local time without a zone; `2019-10-24T10:01:18.498862Z` is UTC (MySQL 5.7, `sql/log.cc`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp {
    /// Date and time exactly as printed.
    pub time: NaiveDateTime,
    /// Seconds east of UTC; `None` when the line names no zone (MariaDB, garbd, `mysqld_safe`, SST scripts).
    pub offset: Option<i32>,
}

impl Stamp {
    /// A stamp without a zone.
    #[must_use]
    pub const fn local(time: NaiveDateTime) -> Self {
        Self { time, offset: None }
    }

    /// A stamp in UTC, as containers and `log_timestamps=UTC` write it.
    #[must_use]
    pub const fn utc(time: NaiveDateTime) -> Self {
        Self { time, offset: Some(0) }
    }

    /// UTC where the zone is known, else the time as printed.
    ///
    /// `2023-03-12T21:35:05.8+02:00` gives 19:35:05.8; `2026-11-24  7:43:17` gives 07:43:17.
    #[must_use]
    pub fn instant(&self) -> NaiveDateTime {
        let shift = TimeDelta::seconds(i64::from(self.offset.unwrap_or(0)));
        self.time.checked_sub_signed(shift).unwrap_or(self.time)
    }

    /// Seconds and nanoseconds since 1970 in UTC, as journald and fluent-bit keep their time.
    #[must_use]
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        let instant = chrono::DateTime::from_timestamp(seconds, nanos)?;
        Some(Self::utc(instant.naive_utc()))
    }
}

impl fmt::Display for Stamp {
    /// `2026-11-24 07:43:17`, with the fraction and the zone when the line has them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.time)?;
        match self.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(east) => {
                let sign = if east < 0 { '-' } else { '+' };
                let minutes = east.unsigned_abs() / 60;
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// Hour, minute, second and nanosecond, not yet bound to a day.
type Clock = (u32, u32, u32, u32);

/// `2026-11-24  7:43:17`, `2019-10-24T10:01:18.498862Z`, `2023-03-12T19:35:05.838493+02:00`, `2026-11-24 07:43:33.097`.
///
/// The hour is blank-padded in MariaDB (`%2d` in `sql/log.cc`) and zero-padded elsewhere; both and a lone digit pass.
#[inline]
pub(crate) fn iso(input: &[u8]) -> Parsed<'_, Stamp> {
    let (rest, date) = dashed_date(input)?;
    let rest = match rest {
        [b'T', rest @ ..] => rest,
        [b' ', ..] => rest,
        _ => return Err(Error(())),
    };
    let (rest, time) = clock(skip_blanks(rest))?;
    let (rest, offset) = zone(rest);
    stamp(rest, date, time, offset)
}

/// `261124 07:43:17`, `140514  9:12:13`: the server up to MariaDB 10.0, `mysqld_safe` and the crash handler of every version.
pub(crate) fn compact(input: &[u8]) -> Parsed<'_, Stamp> {
    let (rest, year) = two(input)?;
    let (rest, month) = two(rest)?;
    let (rest, day) = two(rest)?;
    let (rest, _) = tag(&b" "[..])(rest)?;
    let (rest, time) = clock(skip_blanks(rest))?;
    stamp(rest, (2000 + signed(year), month, day), time, None)
}

/// `20261124 07:41:08.123`: the end of an SST script line (`wsrep_log` in `wsrep_sst_common.sh`).
pub(crate) fn joined(input: &[u8]) -> Parsed<'_, Stamp> {
    let (rest, year) = four(input)?;
    let (rest, month) = two(rest)?;
    let (rest, day) = two(rest)?;
    let (rest, _) = tag(&b" "[..])(rest)?;
    let (rest, time) = clock(skip_blanks(rest))?;
    stamp(rest, (signed(year), month, day), time, None)
}

/// `2023/04/16 13:39:37` (socat, rsync daemon) with `separator` `/`; `2026.11.24 08:13:06` (stunnel) with `.`.
pub(crate) fn separated(input: &[u8], separator: u8) -> Parsed<'_, Stamp> {
    let (rest, year) = four(input)?;
    let (rest, month) = two(byte(rest, separator)?)?;
    let (rest, day) = two(byte(rest, separator)?)?;
    let (rest, time) = clock(skip_blanks(byte(rest, b' ')?))?;
    stamp(rest, (signed(year), month, day), time, None)
}

/// `Nov 24 07:43:17`, `Nov  4 07:43:17.123456`: classic syslog and journalctl's short form, which print no year.
pub(crate) fn yearless(input: &[u8], year: i32) -> Parsed<'_, Stamp> {
    let (rest, month) = month_name(input)?;
    let (rest, day) = one_or_two(skip_blanks(byte(rest, b' ')?))?;
    let (rest, time) = clock(skip_blanks(byte(rest, b' ')?))?;
    stamp(rest, (year, month, day), time, None)
}

/// `07:43:17` or `06:15:22.73`: a time without a day, only checked, since no [`Stamp`] can be made of it.
pub(crate) fn time_only(input: &[u8]) -> Parsed<'_, ()> {
    clock(input).map(|(rest, _)| (rest, ()))
}

#[inline]
fn stamp(rest: &[u8], (year, month, day): (i32, u32, u32), time: Clock, offset: Option<i32>) -> Parsed<'_, Stamp> {
    let (hour, minute, second, nano) = time;
    // chrono counts a leap second as second 59 with more than 10^9 nanoseconds; a log only needs the order.
    let second = if second == 60 { 59 } else { second };
    NaiveDate::from_ymd_opt(year, month, day)
        .and_then(|date| date.and_hms_nano_opt(hour, minute, second, nano))
        .map_or(Err(Error(())), |time| Ok((rest, Stamp { time, offset })))
}

#[inline]
fn dashed_date(input: &[u8]) -> Parsed<'_, (i32, u32, u32)> {
    let (rest, year) = four(input)?;
    let (rest, month) = two(byte(rest, b'-')?)?;
    let (rest, day) = two(byte(rest, b'-')?)?;
    Ok((rest, (signed(year), month, day)))
}

#[inline]
fn clock(input: &[u8]) -> Parsed<'_, Clock> {
    let (rest, hour) = one_or_two(input)?;
    let (rest, minute) = two(byte(rest, b':')?)?;
    let (rest, second) = two(byte(rest, b':')?)?;
    match rest {
        [b'.' | b',', digits @ ..] => {
            let (rest, nano) = fraction(digits)?;
            Ok((rest, (hour, minute, second, nano)))
        }
        _ => Ok((rest, (hour, minute, second, 0))),
    }
}

/// Digits after the decimal point as nanoseconds; digits past the ninth are dropped.
fn fraction(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, digits) = take_while1(|byte: u8| byte.is_ascii_digit())(input)?;
    let nano = digits.iter().map(|byte| u32::from(byte - b'0')).chain(std::iter::repeat(0)).take(9);
    Ok((rest, nano.fold(0, |sum, digit| sum * 10 + digit)))
}

/// `Z`, `+02:00`, `-0600`, `+00`; nothing when the time stands alone.
fn zone(input: &[u8]) -> (&[u8], Option<i32>) {
    let (sign, rest) = match input {
        [b'Z', rest @ ..] => return (rest, Some(0)),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return (input, None),
    };
    let Ok((rest, hours)) = two(rest) else {
        return (input, None);
    };
    let (rest, minutes) = match rest {
        [b':', more @ ..] => two(more).unwrap_or((rest, 0)),
        _ => two(rest).unwrap_or((rest, 0)),
    };
    (rest, Some(sign * (signed(hours) * 3600 + signed(minutes) * 60)))
}

fn month_name(input: &[u8]) -> Parsed<'_, u32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let Some((name, rest)) = input.split_first_chunk::<3>() else {
        return Err(Error(()));
    };
    (1..).zip(NAMES).find(|(_, known)| *known == name).map_or(Err(Error(())), |(month, _)| Ok((rest, month)))
}

#[inline]
fn skip_blanks(mut input: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = input {
        input = rest;
    }
    input
}

#[inline]
fn byte(input: &[u8], wanted: u8) -> Result<&[u8], nom::Err<()>> {
    match input {
        [first, rest @ ..] if *first == wanted => Ok(rest),
        _ => Err(Error(())),
    }
}

#[inline]
const fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    if value < 10 { Some(value as u32) } else { None }
}

#[inline]
fn two(input: &[u8]) -> Parsed<'_, u32> {
    let [tens, ones, rest @ ..] = input else {
        return Err(Error(()));
    };
    let (Some(tens), Some(ones)) = (digit(*tens), digit(*ones)) else {
        return Err(Error(()));
    };
    Ok((rest, tens * 10 + ones))
}

#[inline]
fn four(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, century) = two(input)?;
    let (rest, year) = two(rest)?;
    Ok((rest, century * 100 + year))
}

#[inline]
fn one_or_two(input: &[u8]) -> Parsed<'_, u32> {
    match input {
        [_, second, ..] if second.is_ascii_digit() => two(input),
        [first, rest @ ..] => digit(*first).map_or(Err(Error(())), |value| Ok((rest, value))),
        [] => Err(Error(())),
    }
}

/// Two- and four-digit numbers always fit.
#[inline]
const fn signed(value: u32) -> i32 {
    value.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(parsed: Parsed<'_, Stamp>) -> String {
        parsed.map_or_else(|_| "none".into(), |(_, stamp)| stamp.to_string())
    }

    #[test]
    fn iso_forms_of_all_servers() {
        for (line, expected) in [
            ("2026-11-24  7:43:17 0 [Note]", "2026-11-24 07:43:17"),
            ("2026-11-24 7:43:17 0 [Note]", "2026-11-24 07:43:17"),
            ("2019-10-24T10:01:18.498862Z 0", "2019-10-24 10:01:18.498862Z"),
            ("2023-03-12T19:35:05.838493+02:00 0", "2023-03-12 19:35:05.838493+02:00"),
            ("2023-05-29T07:16:33.687981-06:30 2", "2023-05-29 07:16:33.687981-06:30"),
            ("2026-11-24T07:43:17+0100 host", "2026-11-24 07:43:17+01:00"),
            ("2023-05-01 09:12:13+00:00 [Note]", "2023-05-01 09:12:13Z"),
            ("2023-05-01T09:12:13.1Z stderr", "2023-05-01 09:12:13.100Z"),
            ("2023-05-01T09:12:13.123456789123Z", "2023-05-01 09:12:13.123456789Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31 23:59:59Z"),
            ("2026-02-30 07:43:17", "none"),
            ("2026-11-24 25:43:17", "none"),
            ("2026-11-24_07:43:17", "none"),
            ("2026-11-24", "none"),
            ("", "none"),
        ] {
            assert_eq!(printed(iso(line.as_bytes())), expected, "{line}");
        }
    }

    #[test]
    fn other_forms() {
        assert_eq!(printed(compact(b"140514  9:12:13 [Note]")), "2014-05-14 09:12:13");
        assert_eq!(printed(compact(b"261124 07:43:17 mysqld_safe")), "2026-11-24 07:43:17");
        assert_eq!(printed(compact(b"261324 07:43:17 mysqld_safe")), "none");
        assert_eq!(printed(joined(b"20261124 07:41:08.123)")), "2026-11-24 07:41:08.123");
        assert_eq!(printed(separated(b"2023/04/16 13:39:37 socat", b'/')), "2023-04-16 13:39:37");
        assert_eq!(printed(separated(b"2026.11.24 08:13:06 LOG4", b'.')), "2026-11-24 08:13:06");
        assert_eq!(printed(yearless(b"Feb 29 07:43:17 host", 2024)), "2024-02-29 07:43:17");
        assert_eq!(printed(yearless(b"Sep  3 06:52:49 host", 2020)), "2020-09-03 06:52:49");
        assert_eq!(printed(yearless(b"Foo  3 06:52:49 host", 2020)), "none");
    }

    #[test]
    fn the_instant_is_utc_where_a_zone_is_printed() {
        let at = |line: &'static [u8]| iso(line).map(|(_, stamp)| stamp.instant().to_string());
        assert_eq!(at(b"2023-03-12T21:35:05+02:00").as_deref(), Ok("2023-03-12 19:35:05"));
        assert_eq!(at(b"2023-03-12 21:35:05").as_deref(), Ok("2023-03-12 21:35:05"));
    }
}
