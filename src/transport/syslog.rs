//! The head that syslog daemons and `journalctl`'s short forms put before a message.

use super::envelope::Envelope;
use crate::parse::head::parse_head;
use crate::parse::stamp::{self, Parsed, Stamp};
use memchr::memchr;
use nom::Parser;
use nom::bytes::complete::{tag, take_until, take_while_m_n, take_while1};
use nom::character::complete::{digit1, i64 as seconds, space0, space1};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};
use std::borrow::Cow;

/// How the head wrote its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `Nov 24 07:43:17`: RFC 3164 and `journalctl -o short`.
    Yearless,
    /// `2026-11-24T07:43:17+0000`, without a fraction: `journalctl -o short-iso`, also `-o short-full`.
    IsoSeconds,
    /// `2026-11-24T07:43:17.123456+00:00`: rsyslog's default today.
    IsoFraction,
    /// `1790000000.123456`: `journalctl -o short-unix`.
    Unix,
    /// `<30>1 2026-11-24T07:43:17Z db1 mariadbd 812 - - `: RFC 5424.
    Structured,
}

/// Opens `Nov 24 07:43:17 db1 mariadbd[812]: text` and its relatives.
pub(super) fn open(line: &[u8], year: i32) -> Option<(Form, Envelope<'_>)> {
    let (rest, priority) = opt(priority).parse(line).ok()?;
    if priority.is_some()
        && let Ok((_, envelope)) = structured(rest)
    {
        return Some((Form::Structured, envelope));
    }
    let (rest, (form, stamp)) = time(rest, year).ok()?;
    // `2019-10-24T10:01:18.498862Z mysqld_safe WSREP: …` would read as host and program.
    if form != Form::Yearless && parse_head(line).is_some() {
        return None;
    }
    let (text, (host, program, process)) = sender(rest).ok()?;
    let envelope = Envelope {
        outer: Some(stamp),
        yearless: form == Form::Yearless,
        host: host.map(Cow::Borrowed),
        program: Some(Cow::Borrowed(program)),
        process: process.map(Cow::Borrowed),
        ..Envelope::of(text)
    };
    Some((form, envelope))
}

/// `<30>`, facility and severity in one number.
fn priority(input: &[u8]) -> Parsed<'_, &[u8]> {
    let digits = take_while_m_n(1, 3, |byte: u8| byte.is_ascii_digit());
    delimited(tag(&b"<"[..]), digits, tag(&b">"[..])).parse(input)
}

fn time(input: &[u8], year: i32) -> Parsed<'_, (Form, Stamp)> {
    match input.first() {
        Some(b'0'..=b'9') if input.get(4) == Some(&b'-') => iso_time(input),
        Some(b'0'..=b'9') => unix_time(input),
        _ => yearless_time(input, year).or_else(|_| full_time(input)),
    }
}

fn yearless_time(input: &[u8], year: i32) -> Parsed<'_, (Form, Stamp)> {
    // 29 February is no date in most years; the line must not be lost for that.
    let leap = year - year.rem_euclid(4);
    let (rest, stamp) = stamp::yearless(input, year).or_else(|_| stamp::yearless(input, leap))?;
    Ok((rest, (Form::Yearless, stamp)))
}

fn iso_time(input: &[u8]) -> Parsed<'_, (Form, Stamp)> {
    let (rest, stamp) = stamp::iso(input)?;
    let printed = input.get(..input.len() - rest.len()).unwrap_or_default();
    let form = if memchr(b'.', printed).is_some() { Form::IsoFraction } else { Form::IsoSeconds };
    Ok((rest, (form, stamp)))
}

/// `Tue 2026-11-24 07:43:17 UTC`; only UTC is an offset one can know from its name.
fn full_time(input: &[u8]) -> Parsed<'_, (Form, Stamp)> {
    let weekday = take_while_m_n(3, 3, |byte: u8| byte.is_ascii_alphabetic());
    let (rest, stamp) = preceded((weekday, space1), stamp::iso).parse(input)?;
    let zone = take_while1(|byte: u8| byte.is_ascii_uppercase());
    let (rest, zone) = preceded(space1, zone).parse(rest)?;
    let offset = stamp.offset.or((zone == b"UTC").then_some(0));
    Ok((rest, (Form::IsoSeconds, Stamp { offset, ..stamp })))
}

fn unix_time(input: &[u8]) -> Parsed<'_, (Form, Stamp)> {
    let (rest, whole) = terminated(seconds, tag(&b"."[..])).parse(input)?;
    let (rest, micros) = digit1(rest)?;
    let nanos = micros.iter().map(|byte| u32::from(byte - b'0')).chain(std::iter::repeat(0)).take(9);
    let nanos = nanos.fold(0, |sum, digit| sum * 10 + digit);
    Stamp::from_unix(whole, nanos).map_or(Err(nom::Err::Error(())), |stamp| Ok((rest, (Form::Unix, stamp))))
}

type Sender<'a> = (Option<&'a [u8]>, &'a [u8], Option<&'a [u8]>);

/// ` db1 mariadbd[812]: `; the host is missing with `journalctl --no-hostname`.
fn sender(input: &[u8]) -> Parsed<'_, Sender<'_>> {
    let (rest, _) = space1(input)?;
    if let Ok((text, (program, process))) = program(rest) {
        return Ok((text, (None, program, process)));
    }
    let (rest, host) = terminated(word, space1).parse(rest)?;
    let (text, (program, process)) = program(rest)?;
    Ok((text, (Some(host), program, process)))
}

/// `mariadbd[812]: `, `-wsrep-sst-joiner: `, `kernel: `, `(mysqld)[7]: `. The colon has to follow at once.
fn program(input: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    let in_name = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b'[' | b']' | b'"' | b'{' | b'|');
    let (rest, name) = take_while1(in_name)(input)?;
    let (rest, process) = opt(delimited(tag(&b"["[..]), digit1, tag(&b"]"[..]))).parse(rest)?;
    let (rest, _) = tag(&b":"[..])(rest)?;
    // A tab, also written as `#011`, belongs to the message: it marks a continuation line of the server.
    match rest {
        [b' ', text @ ..] => Ok((text, (name, process))),
        [] | [b'\t' | b'#', ..] => Ok((rest, (name, process))),
        _ => Err(nom::Err::Error(())),
    }
}

fn word(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| byte.is_ascii_graphic())(input)
}

/// `1 2026-11-24T07:43:17.003Z db1 mariadbd 812 - [sd@1 a="b"] text`; `-` stands for a missing field.
fn structured(input: &[u8]) -> Parsed<'_, Envelope<'_>> {
    let (rest, _) = tag(&b"1 "[..])(input)?;
    let (rest, outer) = match rest {
        [b'-', b' ', rest @ ..] => (rest, None),
        _ => terminated(stamp::iso, space1).map(Some).parse(rest)?,
    };
    let (rest, host) = terminated(word, space1).parse(rest)?;
    let (rest, program) = terminated(word, space1).parse(rest)?;
    let (rest, process) = terminated(word, space1).parse(rest)?;
    let (rest, _) = terminated(word, space1).parse(rest)?;
    let (rest, ()) = structured_data(rest)?;
    let text = rest.strip_prefix(b" ").unwrap_or(rest);
    let text = text.strip_prefix(super::decoder::BYTE_ORDER_MARK).unwrap_or(text);
    let present = |field: &'_ [u8]| field != b"-";
    let envelope = Envelope {
        outer,
        host: Some(host).filter(|field| present(field)).map(Cow::Borrowed),
        program: Some(program).filter(|field| present(field)).map(Cow::Borrowed),
        process: Some(process).filter(|field| present(field)).map(Cow::Borrowed),
        ..Envelope::of(text)
    };
    Ok((b"", envelope))
}

/// `-`, or any number of `[id name="value"]`. A bracket in a value is escaped, so the first `"]` ends an element.
fn structured_data(mut input: &[u8]) -> Parsed<'_, ()> {
    if let [b'-', rest @ ..] = input {
        return Ok((rest, ()));
    }
    let start = input;
    while let Ok((rest, _)) = element(input) {
        input = rest;
    }
    if input.len() == start.len() { Err(nom::Err::Error(())) } else { Ok((input, ())) }
}

fn element(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, _) = tag(&b"["[..])(input)?;
    let (after_id, _) = take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b']')(rest)?;
    if let Ok((after, _)) = preceded(space0::<_, ()>, tag(&b"]"[..])).parse(after_id) {
        return Ok((after, b""));
    }
    terminated(take_until(&b"\"]"[..]), tag(&b"\"]"[..])).parse(after_id)
}

/// `#011` to a tab: rsyslog and syslogd write control characters as three octal digits after `#`.
pub(super) fn unescaped(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr(b'#', &text).is_none() {
        return text;
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match rest {
            [b'#', b'0', high @ b'0'..=b'3', low @ b'0'..=b'7', after @ ..] => {
                ((high - b'0') * 8 + (low - b'0'), after)
            }
            _ => (first, after),
        };
        plain.push(byte);
        rest = after;
    }
    Cow::Owned(plain)
}
