//! The head of a log line: who printed it, when, at which level, and where the message starts.
//!
//! A line without a head continues the record before it (view members, the quorum block, a stack trace).
//! This module looks at one line only; joining lines to records, and what a message means, is decided elsewhere.
//! `server` reads what the server itself prints, `tools` the programs around it, `origin` Galera's source position.

mod origin;
mod server;
mod tools;

#[cfg(test)]
mod tests;

use super::stamp::Stamp;
use std::fmt;

/// How serious the producer calls the line. Ordered from the most serious on.
///
/// MariaDB knows `ERROR`, `Warning` and `Note` only: Galera's fatal and error both arrive as `[ERROR]` (`wsrep_provider_v26.cpp`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// `[ERROR]`, garbd `ERROR:` and `FATAL:`, socat `E` and `F`, stunnel `LOG0` to `LOG3`.
    Error,
    /// `[Warning]`, garbd ` WARN:`, socat `W`, stunnel `LOG4`.
    Warning,
    /// `[Note]`, garbd ` INFO:`, `WSREP_SST: [INFO]`, socat `N` and `I`, stunnel `LOG5` and `LOG6`.
    Note,
    /// `[System]`, MySQL 8 only: start and stop of the server.
    System,
    /// `[Debug]` with `wsrep_debug`, garbd `DEBUG:`, socat `D`, stunnel `LOG7`.
    Debug,
}

impl Level {
    /// The level as the server prints it between brackets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "Warning",
            Self::Note => "Note",
            Self::System => "System",
            Self::Debug => "Debug",
        }
    }

    /// The level that a word of any producer means: `Note`, `INFO`, `warn`, `FATAL`.
    fn from_word(word: &[u8]) -> Option<Self> {
        const WORDS: [(&str, Level); 12] = [
            ("note", Level::Note),
            ("warning", Level::Warning),
            ("error", Level::Error),
            ("system", Level::System),
            ("debug", Level::Debug),
            ("info", Level::Note),
            ("warn", Level::Warning),
            ("fatal", Level::Error),
            ("information", Level::Note),
            ("err", Level::Error),
            ("critical", Level::Error),
            ("notice", Level::Note),
        ];
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes())).map(|(_, level)| *level)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The program, or the part of the server, whose words the line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Producer {
    /// mariadbd or mysqld: `2026-11-24  7:43:17 0 [Note] WSREP: …` (`sql/log.cc`).
    Server,
    /// The arbitrator: `2026-11-24 07:43:33.097  INFO: …` (`galerautils/src/gu_log.c`).
    Garbd,
    /// The start script: `261124 07:43:17 mysqld_safe …` (`scripts/mysqld_safe.sh`).
    Safe,
    /// A state transfer script: `WSREP_SST: [INFO] … (20261124 07:41:08.123)` (`scripts/wsrep_sst_common.sh`),
    /// also when PXC 8 relays it as `[WSREP-SST]`.
    SstScript,
    /// The signal handler: `261124  7:43:17 [ERROR] /usr/sbin/mariadbd got signal 6 ;` (`sql/signal_handler.cc`).
    Crash,
    /// `InnoDB` printing by itself, without the server's level: `2026-11-24 07:43:17 0x7f12 InnoDB: Assertion failure …` (`ut0dbg.cc`).
    Innodb,
    /// `2023/04/16 13:39:37 socat[1749839] E …`, the pipe of a mariabackup or xtrabackup transfer.
    Socat,
    /// mariadb-backup or xtrabackup: `[00] 2026-11-24 08:10:56 …`, `… [MY-011825] [Xtrabackup] …`.
    Backup,
    /// `2026.11.24 08:13:06 LOG4[0]: …`, the TLS wrapper of an rsync transfer.
    Stunnel,
    /// `rsync error: error in socket IO (code 10) at clientserver.c(127) [sender=3.2.7]`.
    Rsync,
    /// The start script of a container image: `2023-05-01 09:12:13+00:00 [Note] [Entrypoint]: …`, Bitnami's `mariadb 06:15:22.73 INFO  ==> …`.
    Entrypoint,
    /// Another program of the machine, as syslog and the journal bring it: `kernel: Out of memory: Killed process 812 (mariadbd)`.
    Host,
}

/// What [`parse_head`] found. All slices point into the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head<'a> {
    /// When; `None` where the line prints no date (`07:43:17 UTC - mysqld got signal 6 ;`, a bare `mysqld_safe` line).
    pub stamp: Option<Stamp>,
    /// Connection id (MariaDB 10.3 on, MySQL 5.7 on), thread id (MariaDB 10.1 and 10.2), or process id (MySQL 5.6, socat).
    pub thread: Option<u64>,
    /// The printed level; `None` where the form has none.
    pub level: Option<Level>,
    /// `MY-000000` of MySQL 8, without brackets.
    pub code: Option<&'a [u8]>,
    /// `WSREP`, `InnoDB`, `Galera`, `WSREP-SST`, `Server`, `Plugin`, `Entrypoint` and so on, without brackets or colon.
    pub subsystem: Option<&'a [u8]>,
    /// Who speaks.
    pub producer: Producer,
    /// Source position that Galera's C logger puts before an error.
    pub origin: Option<Origin<'a>>,
    /// The text after all of the above, without blanks at either end.
    pub message: &'a [u8],
}

/// Where in Galera's sources an error was printed: `./gcs/src/gcs_group.cpp:group_post_state_exchange():453: ` (`galerautils/src/gu_log.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin<'a> {
    /// `./gcs/src/gcs.cpp`, `/home/buildbot/buildbot/build/gcs/src/gcs.cpp`, `gcs/src/gcs.cpp`: it depends on the build.
    pub file: &'a [u8],
    /// `gcs_open`, in Galera 3 built as C++ also `long int gcs_open(gcs_conn_t*, const char*, const char*, bool)`.
    pub function: &'a [u8],
    /// Line number in that file.
    pub line: u32,
}

/// Reads the head of one line (without its line feed), or says that the line begins no record.
///
/// ```text
/// 2026-11-24  7:43:17 0 [ERROR] WSREP: ./gcs/src/gcs.cpp:gcs_open():1701: Failed to open channel …
/// ```
/// gives stamp, thread 0, level Error, subsystem `WSREP`, the origin, and the message from `Failed` on.
/// A tab, a brace, `view(…` members and every other unmarked line give `None`.
#[must_use]
#[inline]
pub fn parse_head(line: &[u8]) -> Option<Head<'_>> {
    // The first byte decides most lines: a continuation line must cost next to nothing.
    match line.first()? {
        b'0'..=b'9' => server::dated(line).or_else(|| tools::dated(line)),
        b'\t' | b'}' | b'{' | b'=' => None,
        b' ' => tools::indented_sst(line),
        _ => tools::named(line),
    }
}

/// The line without blanks and line ends at both ends.
#[inline]
fn trimmed(text: &[u8]) -> &[u8] {
    match text {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t' | b'\r' | b'\n'] => text.trim_ascii(),
        _ => text,
    }
}
