//! fluent-bit's stdout output, as the log container of the PXC operator writes it.

use super::envelope::Envelope;
use crate::parse::stamp::{Parsed, Stamp};
use memchr::memmem;
use nom::Parser;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{digit1, i64 as seconds, space0};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};
use std::borrow::Cow;

/// `[1] init-db-0.mysqld-error.log: [1610702394.259356066, {"log"=>"…"}]`; version 2 writes `[[time, {}], {…}]`.
pub(super) fn fluent_bit(line: &[u8]) -> Option<Envelope<'_>> {
    let (rest, (_, _, outer)) = (number, label, time).parse(line).ok()?;
    let start = memmem::find(rest, b"\"log\"=>\"")
        .map(|at| at + 8)
        .or_else(|| memmem::find(rest, b"\"message\"=>\"").map(|at| at + 12))?;
    let value = rest.get(start..)?;
    let text = value.get(..value_end(value)).map(unescaped)?;
    Some(Envelope { text, outer: Some(outer), ..Envelope::default() })
}

/// `[1] `, the position in the chunk.
fn number(input: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(tag(&b"["[..]), digit1, tag(&b"] "[..])).parse(input)
}

/// The tag: `db-0.mysqld-error.log: `.
fn label(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, name) = take_while1(|byte: u8| byte.is_ascii_graphic() && byte != b':')(input)?;
    let (rest, _) = tag(&b": "[..])(rest)?;
    Ok((rest, name))
}

/// `[1610702394.259356066, ` or `[[1610702394.259356066, {}], `.
fn time(input: &[u8]) -> Parsed<'_, Stamp> {
    let (rest, _) = (tag(&b"["[..]), opt(tag(&b"["[..])), space0).parse(input)?;
    let (rest, whole) = seconds(rest)?;
    let (rest, nanos) = preceded(tag(&b"."[..]), digit1).parse(rest)?;
    let nanos = std::str::from_utf8(nanos).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let (rest, _) = tag(&b", "[..])(rest)?;
    Stamp::from_unix(whole, nanos).map_or(Err(nom::Err::Error(())), |stamp| Ok((rest, stamp)))
}

/// fluent-bit does not escape quotes in a value, so a quote ends it only before the next key or the end of the record.
fn value_end(value: &[u8]) -> usize {
    let mut quotes = memchr::memchr_iter(b'"', value);
    quotes.find(|at| value.get(at + 1..).is_some_and(ends_value)).unwrap_or(value.len())
}

fn ends_value(after: &[u8]) -> bool {
    let key = |input| -> Parsed<'_, ()> {
        let name = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@'));
        (tag(&b", \""[..]), name, tag(&b"\"=>"[..])).map(|_| ()).parse(input)
    };
    matches!(after.trim_ascii_end(), b"}]" | b"}" | b"") || key(after).is_ok()
}

/// `\n`, `\t`, `\"` and `\\`, where a version writes them.
fn unescaped(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match rest {
            [b'\\', b'n', after @ ..] => (b'\n', after),
            [b'\\', b'r', after @ ..] => (b'\r', after),
            [b'\\', b't', after @ ..] => (b'\t', after),
            [b'\\', quoted @ (b'"' | b'\\'), after @ ..] => (*quoted, after),
            _ => (first, after),
        };
        plain.push(byte);
        rest = after;
    }
    Cow::Owned(plain)
}
