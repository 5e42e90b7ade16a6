//! What container engines and their command-line tools put before a line.

use super::envelope::{Envelope, Stream};
use crate::parse::head::parse_head;
use crate::parse::stamp::{self, Parsed, Stamp};
use memchr::memchr;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::space0;
use nom::sequence::{delimited, separated_pair, terminated};
use std::borrow::Cow;

/// `2023-05-01T09:12:13.1Z stderr F text` (Kubernetes, `kuberuntime` log format); `P` marks a part whose rest follows.
pub(super) fn cri(line: &[u8]) -> Option<Envelope<'_>> {
    let (rest, outer) = terminated(stamp::iso, tag(&b" "[..])).parse(line).ok()?;
    let (rest, stream) =
        terminated(alt((tag(&b"stdout"[..]), tag(&b"stderr"[..]))), tag::<_, _, ()>(&b" "[..])).parse(rest).ok()?;
    // Tags are separated by colons; only the first one is defined.
    let (text, tags) = take_while1::<_, _, ()>(|byte: u8| byte.is_ascii_alphanumeric() || byte == b':')(rest).ok()?;
    let unfinished = match tags.first()? {
        b'F' => false,
        b'P' => true,
        _ => return None,
    };
    let text = match text {
        [] => text,
        [b' ', text @ ..] => text,
        _ => return None,
    };
    Some(Envelope { outer: Some(outer), unfinished, stream: Stream::named(stream), ..Envelope::of(text) })
}

/// `[pod/db-0/pxc] text`, `db-1  | text`, `2023-05-01T09:12:13.123456789Z text`, and the first two before the third.
pub(super) fn prefixed(line: &[u8]) -> Option<Envelope<'_>> {
    let named = kubectl(line).or_else(|_| compose(line)).map(|(_, envelope)| envelope).ok();
    let text = named.as_ref().map_or(line, |envelope| match &envelope.text {
        Cow::Borrowed(text) => text,
        Cow::Owned(_) => line,
    });
    match engine_time(text) {
        Some((text, outer)) => {
            Some(Envelope { outer: Some(outer), text: Cow::Borrowed(text), ..named.unwrap_or_default() })
        }
        None => named,
    }
}

/// `[pod/cluster1-pxc-0/pxc] text` (`kubectl logs --prefix`).
fn kubectl(line: &[u8]) -> Parsed<'_, Envelope<'_>> {
    let names = separated_pair(name, tag(&b"/"[..]), name);
    let (text, (pod, container)) = delimited(tag(&b"[pod/"[..]), names, tag(&b"] "[..])).parse(line)?;
    let envelope =
        Envelope { pod: Some(Cow::Borrowed(pod)), container: Some(Cow::Borrowed(container)), ..Envelope::of(text) };
    Ok((b"", envelope))
}

/// `db-1  | text`; swarm adds the machine: `bridge_pxc3.0.ere449z487mv@default    | text`.
fn compose(line: &[u8]) -> Parsed<'_, Envelope<'_>> {
    let (rest, container) = name(line)?;
    let (text, _) = (space0, tag(&b"|"[..])).parse(rest)?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let host = memchr(b'@', container).and_then(|at| container.get(at + 1..));
    let envelope =
        Envelope { container: Some(Cow::Borrowed(container)), host: host.map(Cow::Borrowed), ..Envelope::of(text) };
    Ok((b"", envelope))
}

fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@'))(input)
}

/// The engine's own time before the line (`docker logs -t`, `kubectl logs --timestamps`).
///
/// MySQL 5.7 begins its lines in the same notation, but with six digits, where the engine prints nine;
/// with fewer digits the prefix is certain only when the rest begins a record and the whole does not.
fn engine_time(line: &[u8]) -> Option<(&[u8], Stamp)> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let (rest, outer) = stamp::iso(line).ok()?;
    let printed = line.get(19..line.len() - rest.len())?;
    let fraction = printed.strip_prefix(b".").unwrap_or_default();
    let nanoseconds = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count() == 9;
    let text = match rest {
        [b' ', text @ ..] => text,
        [] => rest,
        _ => return None,
    };
    let certain = nanoseconds || (parse_head(text).is_some() && parse_head(line).is_none());
    (outer.offset.is_some() && certain).then_some((text, outer))
}
