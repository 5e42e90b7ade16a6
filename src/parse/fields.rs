//! The small parts that many messages share: identities, positions, addresses, names.
//!
//! All of them read bytes and never look at the message around them.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{char, i32 as signed, i64 as seqno_digits};
use nom::combinator::{map, map_opt, opt, recognize, verify};
use nom::sequence::{delimited, preceded, separated_pair, terminated};
use nom::{IResult, Parser};

use crate::parse::event::Gtid;

/// What a parser of one message returns inside.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T>;

/// Text at this edge is lossy: names and paths may hold any bytes.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// The error type of all parsers here; what failed is of no interest, only that it did.
pub(super) type Failed<'a> = nom::error::Error<&'a [u8]>;

/// What a parser finds at the start of the text, or `None` when the text is not its message.
pub(super) fn read<'a, P: Parser<&'a [u8], Error = Failed<'a>>>(mut parser: P, message: &'a [u8]) -> Option<P::Output> {
    parser.parse(message).ok().map(|(_, value)| value)
}

/// Skips to the first place of a literal and past it.
pub(super) fn after<'a>(literal: &'static str) -> impl Parser<&'a [u8], Output = (), Error = Failed<'a>> {
    map((take_until(literal), tag(literal)), |_| ())
}

/// A run without blanks.
pub(super) fn word(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| !byte.is_ascii_whitespace()).parse(input)
}

/// What is left of the line.
pub(super) fn line(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_till(|byte| byte == b'\n').parse(input)
}

/// Blanks, tabs and line ends.
pub(super) fn blank(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|byte: u8| byte.is_ascii_whitespace()).parse(input)
}

/// `ce7b9535-e7da-11f1-a359-aace47ddf325`.
pub(super) fn uuid(input: &[u8]) -> Parsed<'_, String> {
    map(verify(hex_and_dashes, |id: &[u8]| id.len() == 36), text).parse(input)
}

/// `b63c1f5a-9f1a` (26.4), `b63c1f5a` (25.3) or a whole UUID (25.2).
pub(super) fn short_id(input: &[u8]) -> Parsed<'_, String> {
    map(verify(hex_and_dashes, |id: &[u8]| matches!(id.len(), 8 | 13 | 36)), text).parse(input)
}

fn hex_and_dashes(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| byte.is_ascii_hexdigit() || byte == b'-').parse(input)
}

/// A seqno; -1 where there is none.
pub(super) fn seqno(input: &[u8]) -> Parsed<'_, i64> {
    seqno_digits.parse(input)
}

/// `<uuid>:<seqno>`.
pub(super) fn gtid(input: &[u8]) -> Parsed<'_, Gtid> {
    map(separated_pair(uuid, char(':'), seqno), |(uuid, seqno)| Gtid { uuid, seqno }).parse(input)
}

/// `14-16`.
pub(super) fn seqno_range(input: &[u8]) -> Parsed<'_, (i64, i64)> {
    separated_pair(seqno, char('-'), seqno).parse(input)
}

/// `'…'`, without nesting.
pub(super) fn quoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(char('\''), take_until("'"), char('\'')).parse(input)
}

/// `tcp://10.0.0.2:4567`, `ssl://[fd00::2]:4567`, `10.0.0.2`.
pub(super) fn address(input: &[u8]) -> Parsed<'_, String> {
    map(take_while1(|byte: u8| !byte.is_ascii_whitespace() && !b"'\",;()".contains(&byte)), text).parse(input)
}

/// `(b63c1f5a-9f1a, 'tcp://0.0.0.0:4567') `, which opens each line about a link; gives the own id.
pub(super) fn link(input: &[u8]) -> Parsed<'_, String> {
    delimited(char('('), short_id, (tag(", "), quoted, tag(") "))).parse(input)
}

/// `0.0` (index and segment) or `0` (before segments existed); gives the index, -1 for a member that has left.
pub(super) fn member_index(input: &[u8]) -> Parsed<'_, i32> {
    terminated(signed, opt((char('.'), signed))).parse(input)
}

/// `Member 0.0 (` or, in 2.x, `Node 0 (`.
pub(super) fn member(input: &[u8]) -> Parsed<'_, i32> {
    delimited(alt((tag("Member "), tag("Node "))), member_index, tag(" (")).parse(input)
}

/// `joined -> synced`.
pub(super) fn arrow(input: &[u8]) -> Parsed<'_, (String, String)> {
    let state = |input| map(take_while1(|byte: u8| !byte.is_ascii_whitespace()), text).parse(input);
    separated_pair(state, tag(" -> "), state).parse(input)
}

/// `yes` or `no`.
pub(super) fn yes_or_no(input: &[u8]) -> Parsed<'_, bool> {
    alt((map(tag("yes"), |_| true), map(tag("no"), |_| false))).parse(input)
}

/// The name in `(name)<literal>`: a name may hold parentheses, so the literal decides where it ends.
pub(super) fn name_before<'a>(literal: &'static str) -> impl Parser<&'a [u8], Output = String, Error = Failed<'a>> {
    map(terminated(take_until(literal), tag(literal)), text)
}

/// `PT3S`, `PT1.5S`, `PT1M2.5S`, `PT2H`, in seconds.
pub(super) fn period(input: &[u8]) -> Parsed<'_, f64> {
    let part = |unit: char, seconds: f64| {
        move |input| map(opt(terminated(decimal, char(unit))), move |count| count.unwrap_or(0.0) * seconds).parse(input)
    };
    let parts = (part('H', 3600.0), part('M', 60.0), part('S', 1.0));
    map(preceded(tag("PT"), parts), |(hours, minutes, seconds)| hours + minutes + seconds).parse(input)
}

fn decimal(input: &[u8]) -> Parsed<'_, f64> {
    let digits = take_while1(|byte: u8| byte.is_ascii_digit() || byte == b'.');
    map_opt(recognize(digits), |number: &[u8]| std::str::from_utf8(number).ok()?.parse().ok()).parse(input)
}

/// The last place of `mark`, as the parts before and after it.
pub(super) fn split_last<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::rfind(bytes, mark)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(mark.len())?..)?))
}

/// The first place of `mark`, as the parts before and after it.
pub(super) fn split_first<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(bytes, mark)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(mark.len())?..)?))
}

/// `key = value` or `key: value` rows up to the end of the text, with the comma at the end of a row taken off.
pub(super) fn row<'a>(line: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (key, value) = split_first(line, mark)?;
    let value = value.trim_ascii();
    Some((key.trim_ascii(), value.strip_suffix(b",").unwrap_or(value)))
}

/// A whole text that is one number.
pub(super) fn number<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes.trim_ascii()).ok()?.parse().ok()
}

/// What is left, as text of one line: exceptions carry `\n\t at file:func():line` behind their message.
pub(super) fn line_text(input: &[u8]) -> Parsed<'_, String> {
    map(line, text).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_each_generation() {
        assert_eq!(read(short_id, b"16f980a0,2"), Some("16f980a0".into()));
        assert_eq!(read(short_id, b"b63c1f5a-9f1a (tcp"), Some("b63c1f5a-9f1a".into()));
        assert_eq!(read(short_id, b"10 stable"), None);
        assert_eq!(read(uuid, b"b63c1f5a-9f1a"), None);
    }

    #[test]
    fn a_position_may_have_no_seqno() {
        let nothing = read(gtid, b"00000000-0000-0000-0000-000000000000:-1").map(|gtid| gtid.seqno);
        assert_eq!(nothing, Some(-1));
    }

    #[test]
    fn periods_in_seconds() {
        assert_eq!(read(period, b"PT10.1S)"), Some(10.1));
        assert_eq!(read(period, b"PT1M2S"), Some(62.0));
        assert_eq!(read(period, b"3S"), None);
    }

    #[test]
    fn addresses_of_both_families() {
        assert_eq!(read(address, b"ssl://[fd00::2]:4567)"), Some("ssl://[fd00::2]:4567".into()));
        assert_eq!(read(address, b"tcp://10.0.0.2:4567, more"), Some("tcp://10.0.0.2:4567".into()));
    }
}
