//! Lines of the programs around the server: SST scripts, socat, rsync, stunnel, backup tools, container scripts,
//! and other programs of the machine that a syslog file brings along.

use super::server::{level, plain, program, safe};
use super::{Head, Level, Producer, trimmed};
use crate::parse::stamp::{self, Parsed, Stamp};
use memchr::memrchr;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while_m_n};
use nom::character::complete::{space0, space1, u64 as number};
use nom::combinator::{opt, value};
use nom::sequence::{delimited, preceded};

/// `2023/04/16 13:39:37 socat[1749839] E …`, `2026.11.24 08:13:06 LOG4[0]: …`, `2026/11/24 07:43:17 [812] rsync error: …`.
pub(super) fn dated(line: &[u8]) -> Option<Head<'_>> {
    let separator = *line.get(4)?;
    if !matches!(separator, b'/' | b'.') {
        return None;
    }
    let (rest, stamp) = stamp::separated(line, separator).ok()?;
    let head = if separator == b'.' { stunnel(rest).ok()?.1 } else { socat(rest).or_else(|_| rsyncd(rest)).ok()?.1 };
    Some(Head { stamp: Some(stamp), ..head })
}

/// A line that begins with a name or a bracket.
pub(super) fn named(line: &[u8]) -> Option<Head<'_>> {
    match line.first()? {
        b'[' => backup(line),
        b'W' => sst(line),
        b'r' if line.starts_with(b"rsync: ")
            || line.starts_with(b"rsync error: ")
            || line.starts_with(b"rsync warning: ") =>
        {
            Some(rsync(line))
        }
        b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'/' | b'_' => safe(line).or_else(|| tagged(line)).or_else(|| bitnami(line)),
        _ => None,
    }
}

/// `        2019-08-25T03:53:37.590506Z WSREP_SST: [ERROR] …`: PXC 5.7 indents what it relays from the script.
pub(super) fn indented_sst(line: &[u8]) -> Option<Head<'_>> {
    let (rest, stamp) = stamp::iso(line.trim_ascii_start()).ok()?;
    let head = sst(rest.trim_ascii_start())?;
    Some(Head { stamp: head.stamp.or(Some(stamp)), ..head })
}

/// `WSREP_SST: [INFO] text (20261124 07:41:08.123)`; the script puts its time at the end.
pub(super) fn sst(line: &[u8]) -> Option<Head<'_>> {
    let text = trimmed(line.strip_prefix(b"WSREP_SST:")?);
    let (text, level) = opt(level).parse(text).ok()?;
    let (message, stamp) = closing_stamp(text);
    Some(Head { stamp, level, subsystem: line.get(..9), ..plain(Producer::SstScript, trimmed(message)) })
}

/// Splits ` (20261124 07:41:08.123)` off the end. A message of several lines carries it on its last line only.
fn closing_stamp(text: &[u8]) -> (&[u8], Option<Stamp>) {
    let found = text.strip_suffix(b")").and_then(|inner| {
        let (before, stamp) = inner.split_at_checked(memrchr(b'(', inner)?)?;
        let (rest, stamp) = stamp::joined(stamp.get(1..)?).ok()?;
        rest.is_empty().then_some((before, stamp))
    });
    found.map_or((text, None), |(before, stamp)| (before, Some(stamp)))
}

/// ` socat[1749839] E SSL_write(): Connection reset by peer`.
fn socat(input: &[u8]) -> Parsed<'_, Head<'_>> {
    let (rest, _) = (space1, tag(&b"socat["[..])).parse(input)?;
    let (rest, (thread, _)) = (number, tag(&b"]"[..])).parse(rest)?;
    let (rest, letter) = delimited(space1, take(1usize), space1).parse(rest)?;
    let level = match letter {
        b"F" | b"E" => Some(Level::Error),
        b"W" => Some(Level::Warning),
        b"N" | b"I" => Some(Level::Note),
        b"D" => Some(Level::Debug),
        _ => None,
    };
    Ok((b"", Head { thread: Some(thread), level, ..plain(Producer::Socat, trimmed(rest)) }))
}

/// ` [812] rsync error: timeout in data send/receive (code 30) at io.c(204) [sender=3.1.3]`, from the rsync daemon's own log.
fn rsyncd(input: &[u8]) -> Parsed<'_, Head<'_>> {
    let (rest, thread) = delimited((space1, tag(&b"["[..])), number, tag(&b"]"[..])).parse(input)?;
    Ok((b"", Head { thread: Some(thread), ..rsync(trimmed(rest)) }))
}

/// The message keeps `rsync: ` and `rsync error: `, because the two say different things.
fn rsync(text: &[u8]) -> Head<'_> {
    let level = match text {
        _ if text.starts_with(b"rsync warning") => Some(Level::Warning),
        _ if text.starts_with(b"rsync") => Some(Level::Error),
        _ => None,
    };
    Head { level, ..plain(Producer::Rsync, trimmed(text)) }
}

/// ` LOG4[0]: …`, ` LOG5[ui]: …`; the digit is the syslog severity (stunnel manual, `debug`).
fn stunnel(input: &[u8]) -> Parsed<'_, Head<'_>> {
    let (rest, severity) =
        preceded((space1, tag(&b"LOG"[..])), take_while_m_n(1, 1, |byte: u8| byte.is_ascii_digit())).parse(input)?;
    let thread = alt((
        number.map(Some),
        value(None, tag(&b"ui"[..])),
        value(None, tag(&b"main"[..])),
        value(None, tag(&b"cron"[..])),
    ));
    let (rest, thread) = delimited(tag(&b"["[..]), thread, tag(&b"]:"[..])).parse(rest)?;
    let level = match severity {
        b"0" | b"1" | b"2" | b"3" => Level::Error,
        b"4" => Level::Warning,
        b"7" => Level::Debug,
        _ => Level::Note,
    };
    Ok((b"", Head { thread, level: Some(level), ..plain(Producer::Stunnel, trimmed(rest)) }))
}

/// `[00] 2026-11-24 08:10:56 …`, `[00] FATAL ERROR: 2026-11-24 08:12:30 …` (`extra/mariabackup/common.h`).
fn backup(line: &[u8]) -> Option<Head<'_>> {
    let (rest, thread) = delimited(tag(&b"["[..]), number::<_, ()>, tag(&b"]"[..])).parse(line).ok()?;
    let (rest, fatal) = preceded(space0::<_, ()>, opt(tag(&b"FATAL ERROR:"[..]))).parse(rest).ok()?;
    let (rest, stamp) = preceded(space0, stamp::iso).parse(rest).ok()?;
    let message = trimmed(rest);
    let failed = fatal.is_some() || message.starts_with(b"Error: ") || message.starts_with(b"mariabackup: Error");
    Some(Head {
        stamp: Some(stamp),
        thread: Some(thread),
        level: failed.then_some(Level::Error),
        ..plain(Producer::Backup, message)
    })
}

/// `kernel: Out of memory: …`, `systemd[1]: mariadb.service: …`, `-wsrep-sst-joiner: …`: lines of other programs from syslog.
///
/// Only a process id or a known name counts; `Warning: Memory not freed: 32` is no program.
fn tagged(line: &[u8]) -> Option<Head<'_>> {
    let (rest, name) = program(line).ok()?;
    let (rest, thread) = opt(delimited(tag(&b"["[..]), number::<_, ()>, tag(&b"]"[..]))).parse(rest).ok()?;
    let message = rest.strip_prefix(b": ")?;
    if name.ends_with(b"wsrep-sst-joiner") || name.ends_with(b"wsrep-sst-donor") {
        // `sst-syslog=1` sends the script's whole output to logger at one priority, so no level is known.
        return Some(sst(message).unwrap_or_else(|| Head { thread, ..plain(Producer::SstScript, trimmed(message)) }));
    }
    let known = thread.is_some()
        || matches!(name, b"kernel" | b"systemd" | b"dockerd" | b"containerd" | b"kubelet" | b"chronyd" | b"audit");
    (known && !name.is_empty()).then(|| Head { thread, ..plain(Producer::Host, trimmed(line)) })
}

/// `mariadb 06:15:22.73 INFO  ==> ** Starting MariaDB setup **`: Bitnami images print a time of day only (`liblog.sh`).
fn bitnami(line: &[u8]) -> Option<Head<'_>> {
    let (rest, _) = program(line).ok()?;
    let (rest, ()) = preceded(space1, stamp::time_only).parse(rest).ok()?;
    let word = take_while_m_n(4, 5, |byte: u8| byte.is_ascii_uppercase());
    let (rest, word) = delimited(space1::<_, ()>, word, (space1, tag(&b"==>"[..]))).parse(rest).ok()?;
    Some(Head { level: Level::from_word(word), ..plain(Producer::Entrypoint, trimmed(rest)) })
}
