//! Lines that begin with a date: the server of every generation, garbd, `mysqld_safe`, the crash handler, `InnoDB`.

use super::{Head, Level, Producer, origin, trimmed};
use crate::parse::stamp::{self, Parsed, Stamp};
use memchr::memmem;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{hex_digit1, space0, space1, u64 as number};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};

/// A line that begins with a digit, when one of the server's own dates stands there.
#[inline]
pub(super) fn dated(line: &[u8]) -> Option<Head<'_>> {
    match line.get(4..7)? {
        [b'-', ..] => {
            let (rest, stamp) = stamp::iso(line).ok()?;
            modern(stamp, rest)
        }
        // `261124 07:43:17`: six digits, then the blank.
        [_, _, b' '] => {
            let (rest, stamp) = stamp::compact(line).ok()?;
            Some(early(stamp, rest))
        }
        // `07:43:17 UTC - mysqld got signal 6 ;`
        _ => timed_crash(line),
    }
}

/// What follows an ISO date.
#[inline]
fn modern(stamp: Stamp, rest: &[u8]) -> Option<Head<'_>> {
    if let Ok((text, (thread, level))) = thread_and_level(rest) {
        return Some(server(stamp, thread, level, text));
    }
    utc_crash(rest)
        .or_else(|| garbd(rest))
        .or_else(|| safe(rest))
        .or_else(|| innodb(rest))
        .or_else(|| super::tools::sst(rest.trim_ascii_start()))
        .map(|head| Head { stamp: head.stamp.or(Some(stamp)), ..head })
}

/// ` 0 [Note] `, ` 140249688164096 [Warning] `, ` [Note] ` (docker entrypoint).
#[inline]
fn thread_and_level(input: &[u8]) -> Parsed<'_, (Option<u64>, Level)> {
    let (rest, _) = space1(input)?;
    let (rest, thread) = opt(terminated(number, space1)).parse(rest)?;
    let (rest, level) = level(rest)?;
    Ok((rest, (thread, level)))
}

/// `[Note]`, with the three common words first.
#[inline]
pub(super) fn level(input: &[u8]) -> Parsed<'_, Level> {
    match input {
        [b'[', b'N', b'o', b't', b'e', b']', rest @ ..] => Ok((rest, Level::Note)),
        [b'[', b'E', b'R', b'R', b'O', b'R', b']', rest @ ..] => Ok((rest, Level::Error)),
        [b'[', b'W', b'a', b'r', b'n', b'i', b'n', b'g', b']', rest @ ..] => Ok((rest, Level::Warning)),
        _ => {
            let (rest, word) =
                delimited(tag(&b"["[..]), take_while1(|byte: u8| byte.is_ascii_alphabetic()), tag(&b"]"[..]))
                    .parse(input)?;
            Level::from_word(word).map_or(Err(nom::Err::Error(())), |level| Ok((rest, level)))
        }
    }
}

/// What stands after the level: code, subsystem, origin, message.
#[inline]
fn server(stamp: Stamp, thread: Option<u64>, level: Level, text: &[u8]) -> Head<'_> {
    let (code, bracketed, text) = brackets(text.trim_ascii_start());
    let (prefix, message) = prefix(trimmed(text));
    let (origin, message) = origin::split(message);
    let subsystem = prefix.or(bracketed);
    let producer = match subsystem {
        Some(b"WSREP-SST") => Producer::SstScript,
        Some(b"Xtrabackup") => Producer::Backup,
        Some(b"Entrypoint") => Producer::Entrypoint,
        None if level == Level::Error && is_crash(message) => Producer::Crash,
        _ => Producer::Server,
    };
    Head { stamp: Some(stamp), thread, level: Some(level), code, subsystem, producer, origin, message }
}

/// `[MY-000000] [Galera] ` (MySQL 8), `[Entrypoint]: ` (docker-library), `[FATAL] ` (`InnoDB`, only skipped).
#[inline]
fn brackets(text: &[u8]) -> (Option<&[u8]>, Option<&[u8]>, &[u8]) {
    let (mut code, mut subsystem, mut rest) = (None, None, text);
    while rest.first() == Some(&b'[') {
        let Ok((after, word)) = bracketed_word(rest) else {
            break;
        };
        if word.starts_with(b"MY-") && code.is_none() {
            code = Some(word);
        } else if word != b"FATAL" {
            // Only MySQL 8 and the entrypoint put a subsystem in brackets; in MariaDB `[…]` begins the message.
            let entrypoint = word == b"Entrypoint";
            if subsystem.is_some() || !(code.is_some() || entrypoint) {
                break;
            }
            subsystem = Some(word);
            rest = if entrypoint { after.strip_prefix(b":").unwrap_or(after) } else { after };
            rest = rest.trim_ascii_start();
            continue;
        }
        rest = after.trim_ascii_start();
    }
    (code, subsystem, rest)
}

fn bracketed_word(input: &[u8]) -> Parsed<'_, &[u8]> {
    let word = take_while1(|byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    delimited(tag(&b"["[..]), word, tag(&b"]"[..])).parse(input)
}

/// The name that MariaDB and MySQL up to 5.7 print before the message.
///
/// `WSREP: ` and `InnoDB: ` are cut off; `Plugin 'wsrep_provider' …` names its subsystem by the first word of a sentence and stays whole.
#[inline]
pub(super) fn prefix(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    for name in [&b"WSREP: "[..], b"InnoDB: "] {
        if let Some(message) = text.strip_prefix(name) {
            return (name.strip_suffix(b": "), message.trim_ascii_start());
        }
    }
    match text {
        b"WSREP:" => (Some(b"WSREP"), b""),
        _ if text.starts_with(b"Plugin '") => (text.get(..6), text),
        _ => (None, text),
    }
}

/// What follows `YYMMDD hh:mm:ss`. Nothing else prints that, so a line of any wording begins a record
/// (`130510 12:00:00 Percona XtraDB (http://www.percona.com) 5.5 started; …`).
fn early(stamp: Stamp, rest: &[u8]) -> Head<'_> {
    if let Ok((text, (thread, level))) = thread_and_level(rest) {
        return server(stamp, thread, level, text);
    }
    let head = safe(rest).or_else(|| innodb(rest)).or_else(|| backup(rest));
    let head = head.unwrap_or_else(|| plain(Producer::Server, trimmed(rest)));
    Head { stamp: Some(stamp), ..head }
}

/// `  INFO: text`, ` ERROR: text`: garbd aligns the level to the right and ends it with a colon (`gu_log.c`).
fn garbd(input: &[u8]) -> Option<Head<'_>> {
    let word = take_while_m_n(4, 5, |byte: u8| byte.is_ascii_uppercase());
    let (text, word) = delimited(space1::<_, ()>, word, tag(&b":"[..])).parse(input).ok()?;
    let level = Level::from_word(word)?;
    let (origin, message) = origin::split(trimmed(text));
    Some(Head { level: Some(level), origin, ..plain(Producer::Garbd, message) })
}

/// ` mysqld_safe text`; MariaDB's own name for the script is mariadbd-safe. Syslog adds a process id and a colon.
pub(super) fn safe(input: &[u8]) -> Option<Head<'_>> {
    let name = alt((tag(&b"mysqld_safe"[..]), tag(&b"mariadbd-safe"[..]), tag(&b"mariadbd_safe"[..])));
    let process = opt(delimited(tag(&b"["[..]), number, tag(&b"]"[..])));
    let (rest, (_, thread, _)) = preceded(space0::<_, ()>, (name, process, opt(tag(&b":"[..])))).parse(input).ok()?;
    let (rest, _) = space1::<_, ()>(rest).ok()?;
    let (rest, level) = opt(level).parse(rest).ok()?;
    let (subsystem, message) = prefix(trimmed(rest));
    Some(Head { thread, level, subsystem, ..plain(Producer::Safe, message) })
}

/// ` 0x7f12a4000700  InnoDB: Assertion failure …`, ` 7f9d7c7f8700 InnoDB: …` (MySQL 5.6), `  InnoDB: …` (5.5),
/// and the first line of a monitor dump, ` 0x7f12a4000700 INNODB MONITOR OUTPUT`.
fn innodb(input: &[u8]) -> Option<Head<'_>> {
    let hexadecimal = preceded(opt(tag(&b"0x"[..])), hex_digit1);
    let (rest, thread) = preceded(space1::<_, ()>, opt(terminated(hexadecimal, space1))).parse(input).ok()?;
    let (subsystem, message) = match prefix(trimmed(rest)) {
        found @ (Some(b"InnoDB"), _) => found,
        (_, text) if text.starts_with(b"INNODB MONITOR OUTPUT") => (text.get(..6), text),
        _ => return None,
    };
    let thread = thread.and_then(|digits| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
    Some(Head { thread, subsystem, ..plain(Producer::Innodb, message) })
}

/// ` [01] Copying ./ibdata1 …`, ` >> log scanned up to (…)`, ` innobackupex: …`: xtrabackup 2.x.
fn backup(input: &[u8]) -> Option<Head<'_>> {
    let text = trimmed(input);
    let numbered = delimited(tag(&b"["[..]), number::<_, ()>, tag(&b"]"[..])).parse(text);
    if let Ok((message, thread)) = numbered {
        return Some(Head { thread: Some(thread), ..plain(Producer::Backup, trimmed(message)) });
    }
    let known = [&b">> log scanned"[..], b"innobackupex", b"xtrabackup", b"completed OK!"];
    known.iter().any(|start| text.starts_with(start)).then(|| plain(Producer::Backup, text))
}

/// `07:43:17 UTC - mysqld got signal 6 ;`: MySQL 5.6 to 8.0 print no date there, so there is no stamp (`sql/signal_handler.cc`).
fn timed_crash(line: &[u8]) -> Option<Head<'_>> {
    let (rest, ()) = stamp::time_only(line).ok()?;
    utc_crash(rest)
}

/// ` UTC - mysqld got signal 6 ;`, after a time or after `2026-10-02T13:07:56Z`.
fn utc_crash(input: &[u8]) -> Option<Head<'_>> {
    let (text, _) = (space1::<_, ()>, tag(&b"UTC - "[..])).parse(input).ok()?;
    let message = trimmed(text);
    is_crash(message).then(|| Head { level: Some(Level::Error), ..plain(Producer::Crash, message) })
}

/// `/usr/sbin/mariadbd got signal 6 ;`, `mysqld got exception 0xc0000005 ;` (Windows).
fn is_crash(message: &[u8]) -> bool {
    message.ends_with(b";")
        && [&b" got signal "[..], b" got exception 0x"].iter().any(|words| memmem::find(message, words).is_some())
}

/// A head with nothing but a producer and a message.
pub(super) const fn plain(producer: Producer, message: &[u8]) -> Head<'_> {
    Head { stamp: None, thread: None, level: None, code: None, subsystem: None, producer, origin: None, message }
}

/// The name of a program: `mysqld`, `systemd-coredump`, `-wsrep-sst-joiner`.
pub(super) fn program(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@')).parse(input)
}
