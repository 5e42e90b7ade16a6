//! The server process: start, ready, shutdown, crash.
//!
//! These lines come from the server itself, so they exist with and without replication; none of them carries the
//! mark of wsrep.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_until};
use nom::character::complete::{space1, u32 as number32, u64 as number64};
use nom::combinator::{map, opt, verify};
use nom::sequence::{delimited, preceded, terminated};

use super::event::Event;
use super::fields::{Parsed, after, line, quoted, read, split_first, split_last, text, word};

/// Reads `Starting MariaDB 10.11.19-MariaDB source revision … as process 377` and
/// `/usr/sbin/mysqld (mysqld 8.0.32-24.2) starting as process 1` (`sql/mysqld.cc`).
///
/// systemd announces `Starting MariaDB 10.6.12 database server...` too; that one has no process.
pub fn start(message: &[u8]) -> Option<Event> {
    read(alt((start_named, start_program)), message)
}

fn start_named(input: &[u8]) -> Parsed<'_, Event> {
    let (input, version) = preceded(tag("Starting MariaDB "), word).parse(input)?;
    let (input, pid) = preceded(after(" as process "), number64).parse(input)?;
    Ok((input, Event::ServerStart { version: text(version), pid: Some(pid) }))
}

fn start_program(input: &[u8]) -> Parsed<'_, Event> {
    let (input, _) = take_until(" (").parse(input)?;
    let opening = (tag(" ("), is_not(" )"), space1);
    let (input, version) = delimited(opening, is_not(")"), tag(") starting as process")).parse(input)?;
    let (input, pid) = opt(preceded(space1, number64)).parse(input)?;
    Ok((input, Event::ServerStart { version: text(version), pid }))
}

/// Reads `…: ready for connections.` with `Version: '…'  socket: '…'  port: 3306` behind it, on the next line
/// (MariaDB, MySQL 5.7) or on the same one (MySQL 8) (`sql/mysqld.cc`).
pub fn ready(message: &[u8]) -> Option<Event> {
    let (_, rest) = split_first(message, b": ready for connections.")?;
    let version = read(preceded(after("Version: "), quoted), rest).map(text);
    let port = read(preceded(after("port: "), number32), rest);
    Some(Event::ServerReady { version, port })
}

/// Reads `… (initiated by: root[root] @ localhost []): Normal shutdown`, the older `…: Normal shutdown`
/// (`sql/mysqld.cc`) and `Received SHUTDOWN from user …. Shutting down mysqld (Version: …).` (MySQL 8).
pub fn shutdown_start(message: &[u8]) -> Option<Event> {
    let by = match split_last(message, b": Normal shutdown") {
        Some((before, after)) if after.trim_ascii().is_empty() => {
            split_first(before, b"(initiated by: ").map(|(_, who)| text(who.strip_suffix(b")").unwrap_or(who)))
        }
        _ => Some(read(shutdown_by_user, message)?),
    };
    Some(Event::ShutdownStart { by })
}

fn shutdown_by_user(input: &[u8]) -> Parsed<'_, String> {
    map(preceded(tag("Received SHUTDOWN from user "), take_until(". Shutting down")), text).parse(input)
}

/// Reads `/usr/sbin/mariadbd: Shutdown complete` (`sql/mysqld.cc`); MySQL 8 adds its version.
///
/// InnoDB says `InnoDB: Shutdown completed; log sequence number …` on the way.
pub fn shutdown_complete(message: &[u8]) -> Option<Event> {
    let (_, rest) = split_first(message, b": Shutdown complete")?;
    (!rest.starts_with(b"d")).then_some(Event::ShutdownComplete)
}

/// Reads `/usr/sbin/mariadbd got signal 6 ;` (`sql/signal_handler.cc`) and `10:07:43 UTC - mysqld got signal 11 ;`.
pub fn crash(message: &[u8]) -> Option<Event> {
    let (before, after) = split_first(message, b" got signal ")?;
    let signal = read(terminated(number32, tag(" ;")), after)?;
    let path = before.rsplit(u8::is_ascii_whitespace).next()?;
    let program = text(path.rsplit(|&byte| byte == b'/').next()?);
    (!program.is_empty()).then_some(Event::Crash { signal, program })
}

/// Reads `Query (0x7f2a3c010c38): UPDATE t SET a = 1` of a crash report (`sql/signal_handler.cc`); the statement may be
/// of several lines, of which the first is taken.
pub fn crash_query(message: &[u8]) -> Option<Event> {
    let (_, rest) = split_first(message, b"Query (")?;
    let (_, statement) = split_first(rest, b"): ")?;
    let query = text(read(line, statement)?.trim_ascii());
    let none = query.is_empty() || query.starts_with("is an invalid pointer") || query == "(null)";
    (!none).then_some(Event::CrashQuery { query })
}

/// Reads `Aborting`, which stands alone (`sql/mysqld.cc`; in other messages it ends a sentence), and the provider's
/// `/usr/sbin/mariadbd: Terminated.` (`galerautils/src/gu_abort.c`).
pub fn aborting(message: &[u8]) -> Option<Event> {
    let message = message.trim_ascii();
    (message == b"Aborting" || message.ends_with(b": Terminated.")).then_some(Event::Aborting)
}

/// Reads the assertions of InnoDB (`Assertion failure in file F line N`, MySQL `in thread T in file F line N`,
/// MySQL 8 `Assertion failure: F:N:…`) and of the C library (``mariadbd: F:N: …: Assertion `…' failed.``).
pub fn assertion(message: &[u8]) -> Option<Event> {
    read(alt((assertion_in_file, assertion_short, assertion_of_libc)), message)
}

fn assertion_in_file(input: &[u8]) -> Parsed<'_, Event> {
    let (input, _) = (after("Assertion failure in "), opt((tag("thread "), word, tag(" in ")))).parse(input)?;
    let (input, file) = preceded(tag("file "), take_until(" line ")).parse(input)?;
    let (input, line) = preceded(tag(" line "), number32).parse(input)?;
    Ok((input, Event::Assertion { file: text(file), line }))
}

fn assertion_short(input: &[u8]) -> Parsed<'_, Event> {
    let (input, file) = preceded(after("Assertion failure: "), is_not(": \n")).parse(input)?;
    let (input, line) = preceded(tag(":"), number32).parse(input)?;
    Ok((input, Event::Assertion { file: text(file), line }))
}

fn assertion_of_libc(input: &[u8]) -> Parsed<'_, Event> {
    let (rest, first) = verify(line, |line: &[u8]| split_first(line, b": Assertion `").is_some()).parse(input)?;
    let (_, file) = preceded(after(": "), is_not(": \n")).parse(first)?;
    let (_, line) = preceded((after(": "), is_not(": \n"), tag(":")), number32).parse(first)?;
    Ok((rest, Event::Assertion { file: text(file), line }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(line: &str) -> Option<(String, Option<u64>)> {
        match start(line.as_bytes())? {
            Event::ServerStart { version, pid } => Some((version, pid)),
            _ => None,
        }
    }

    #[test]
    fn starts_of_each_server() {
        let expected = |version: &str, pid| Some((version.to_owned(), Some(pid)));
        assert_eq!(
            started("Starting MariaDB 10.11.19-MariaDB-0+deb12u1 source revision 9d3c server_uid Q= as process 377"),
            expected("10.11.19-MariaDB-0+deb12u1", 377)
        );
        assert_eq!(
            started("/usr/sbin/mysqld (mysqld 8.0.32-24.2) starting as process 1 ..."),
            expected("8.0.32-24.2", 1)
        );
        assert_eq!(
            started("/usr/sbin/mysqld (mysqld 10.1.48-MariaDB-0ubuntu0.18.04.1) starting as process 51 ..."),
            expected("10.1.48-MariaDB-0ubuntu0.18.04.1", 51)
        );
        assert_eq!(
            started("mysqld (server 10.4.13-MariaDB) starting as process 1982 ..."),
            expected("10.4.13-MariaDB", 1982)
        );
        assert_eq!(started("Starting MariaDB 10.6.12 database server..."), None);
    }

    #[test]
    fn ready_takes_version_and_port_from_either_line() {
        let two = b"/usr/sbin/mariadbd: ready for connections.\n\
            Version: '10.11.19-MariaDB'  socket: '/run/mysqld/mysqld.sock'  port: 3306  Debian 12";
        let one = b"/usr/sbin/mysqld: ready for connections. Version: '8.0.31-23.2'  socket: '/s'  port: 3307  Percona";
        let expected =
            |version: &str, port| Some(Event::ServerReady { version: Some(version.into()), port: Some(port) });
        assert_eq!(ready(two), expected("10.11.19-MariaDB", 3306));
        assert_eq!(ready(one), expected("8.0.31-23.2", 3307));
        assert_eq!(ready(b"mysqld: ready for connections."), Some(Event::ServerReady { version: None, port: None }));
    }

    #[test]
    fn shutdowns_say_who_or_not() {
        let by = |who: Option<&str>| Some(Event::ShutdownStart { by: who.map(str::to_owned) });
        assert_eq!(shutdown_start(b"/usr/sbin/mariadbd (initiated by: unknown): Normal shutdown"), by(Some("unknown")));
        assert_eq!(
            shutdown_start(b"/usr/sbin/mariadbd (initiated by: root[root] @ localhost []): Normal shutdown"),
            by(Some("root[root] @ localhost []"))
        );
        assert_eq!(shutdown_start(b"/usr/sbin/mysqld: Normal shutdown\n"), by(None));
        assert_eq!(
            shutdown_start(
                b"Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: 8.0.31-23.2)."
            ),
            by(Some("<via user signal>"))
        );
        assert_eq!(shutdown_start(b"x: Normal shutdown was not possible"), None);
    }

    #[test]
    fn innodb_is_not_the_server() {
        assert_eq!(shutdown_complete(b"/usr/sbin/mariadbd: Shutdown complete"), Some(Event::ShutdownComplete));
        assert_eq!(
            shutdown_complete(
                b"/usr/sbin/mysqld: Shutdown complete (mysqld 8.0.31-23.2)  Percona XtraDB Cluster (GPL)"
            ),
            Some(Event::ShutdownComplete)
        );
        assert_eq!(shutdown_complete(b"InnoDB: Shutdown completed; log sequence number 47"), None);
    }

    #[test]
    fn crashes_with_and_without_a_path() {
        let crashed = |program: &str, signal| Some(Event::Crash { signal, program: program.into() });
        assert_eq!(crash(b"/usr/sbin/mariadbd got signal 6 ;\nSorry"), crashed("mariadbd", 6));
        assert_eq!(crash(b"10:07:43 UTC - mysqld got signal 11 ;"), crashed("mysqld", 11));
        assert_eq!(crash(b"Child process got signal from parent"), None);
    }

    #[test]
    fn the_statement_of_a_crash() {
        let ran = |query: &str| Some(Event::CrashQuery { query: query.into() });
        assert_eq!(crash_query(b"Query (0x7f2a3c010c38): UPDATE t SET a = 1\n WHERE b\n"), ran("UPDATE t SET a = 1"));
        assert_eq!(crash_query(b"Query (7f8a04000b60): is an invalid pointer"), None);
        assert_eq!(crash_query(b"Query (0x0): (null)"), None);
    }

    #[test]
    fn aborting_stands_alone() {
        assert_eq!(aborting(b"Aborting\n"), Some(Event::Aborting));
        assert_eq!(aborting(b"/usr/sbin/mariadbd: Terminated."), Some(Event::Aborting));
        assert_eq!(aborting(b"Can't continue with IST. Aborting."), None);
    }

    #[test]
    fn assertions_of_each_library() {
        let failed = |file: &str, line| Some(Event::Assertion { file: file.into(), line });
        assert_eq!(
            assertion(b"InnoDB: Assertion failure in file ./storage/innobase/trx/trx0sys.cc line 321\nInnoDB: Failing"),
            failed("./storage/innobase/trx/trx0sys.cc", 321)
        );
        assert_eq!(
            assertion(b"InnoDB: Assertion failure in thread 140210 in file buf0lru.cc line 1051"),
            failed("buf0lru.cc", 1051)
        );
        assert_eq!(
            assertion(b"Assertion failure: lock0lock.cc:2309:trx_state thread 140210"),
            failed("lock0lock.cc", 2309)
        );
        assert_eq!(
            assertion(b"mariadbd: /build/sql/wsrep_thd.cc:123: void f(THD*): Assertion `thd->wsrep_cs()' failed."),
            failed("/build/sql/wsrep_thd.cc", 123)
        );
    }
}
