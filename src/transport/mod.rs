//! Takes the transport off: what syslog, the journal, containers and operators put around each line of the server.
//!
//! Bytes in, bytes out. [`detect()`] names the transport of a sample, a [`Decoder`] turns raw lines to inner lines and
//! remembers where each came from. Nothing here knows levels or messages, opens a file, or fails: a line that does not
//! fit the transport passes through unchanged, since real files mix them.
//!
//! One promise holds for any bytes: the raw ranges of all inner lines, in order, are the input without gap or overlap.

mod calendar;
mod colour;
mod container;
mod decoder;
mod detect;
mod envelope;
mod export;
mod facts;
mod journald;
mod json;
mod ledger;
mod operator;
mod syslog;

#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use detect::detect;
pub use facts::{Facts, Seen};

use crate::parse::stamp::Stamp;
use std::fmt;
use std::ops::Range;

/// What surrounds each line of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// The error log itself.
    Plain,
    /// `Nov 24 07:43:17 db1 mariadbd[812]: …`, `<30>1 2026-11-24T07:43:17Z db1 mariadbd 812 - - …` (RFC 3164, RFC 5424, rsyslog).
    Syslog,
    /// `Nov 24 07:43:17 db1 mariadbd[812]: …` as `journalctl` prints it (`-o short`, `-o short-precise`, `-o short-unix`).
    JournaldShort,
    /// `2026-11-24T07:43:17+0000 db1 mariadbd[812]: …` (`journalctl -o short-iso`, `-o short-full`).
    JournaldIso,
    /// `{"__REALTIME_TIMESTAMP":"1790000000000000","MESSAGE":"…","_HOSTNAME":"db1"}` (`journalctl -o json`).
    JournaldJson,
    /// `__CURSOR=…`, `MESSAGE=…` and an empty line after each entry (`journalctl -o export`).
    JournaldExport,
    /// `{"log":"…\n","stream":"stderr","time":"2023-05-01T09:12:13.1Z"}` (Docker's json-file driver).
    DockerJson,
    /// `2023-05-01T09:12:13.1Z stderr F …` (containerd and CRI-O on Kubernetes nodes).
    Cri,
    /// `db-1  | …` (compose), `svc.1.x0@host    | …` (swarm), `2023-05-01T09:12:13.123456789Z …` (`docker logs -t`), `[pod/db-0/pxc] …` (`kubectl logs --prefix`).
    ContainerPrefix,
    /// `{"log":"…\n","file":"/var/lib/mysql/mysqld-error.log"}` (the log container of the PXC operator).
    OperatorJson,
    /// `[1] db-0.mysqld-error.log: [1610702394.259356066, {"log"=>"…"}]` (fluent-bit's stdout output).
    FluentBit,
}

impl Transport {
    /// The name for reports: `journald json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Syslog => "syslog",
            Self::JournaldShort => "journald short",
            Self::JournaldIso => "journald iso",
            Self::JournaldJson => "journald json",
            Self::JournaldExport => "journald export",
            Self::DockerJson => "docker json",
            Self::Cri => "kubernetes cri",
            Self::ContainerPrefix => "container prefix",
            Self::OperatorJson => "operator json",
            Self::FluentBit => "fluent-bit",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Says whether the bytes have to go through a [`Decoder`] at all.
///
/// A plain log without colour codes, carriage returns, a byte order mark or the zero bytes that a truncated file
/// begins with is already what a decoder would give.
#[must_use]
pub fn needs_decoding(chunk: &[u8], transport: Transport) -> bool {
    // One search for the first bytes of all that would have to go spares plain logs three.
    let suspicious = || memchr::memchr3(b'\r', colour::ESCAPE, colour::ARROW[0], chunk).is_some();
    transport != Transport::Plain
        || chunk.starts_with(decoder::BYTE_ORDER_MARK)
        || chunk.first() == Some(&0)
        || (suspicious() && (memchr::memchr(b'\r', chunk).is_some() || colour::is_coloured(chunk)))
}

/// Inner lines with their text. Reused from chunk to chunk; [`Decoder::decode`] appends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The inner lines, each ended by `\n`, without `\r` and colour codes.
    pub text: Vec<u8>,
    /// One entry for each line of `text`, in order.
    pub lines: Vec<InnerLine>,
}

impl Decoded {
    /// Empties both lists and keeps their memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.lines.clear();
    }
}

/// Where an inner line came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerLine {
    /// Number of the raw line in which it begins, counted as the caller counts.
    pub raw_line: u64,
    /// Raw bytes, counted from the first byte the decoder was given.
    ///
    /// Raw bytes that print nothing by themselves (a field of a journal entry, the first half of a split line) belong to
    /// the next inner line. Where one raw line holds several inner lines, the first has the range and the others are empty.
    pub raw: Range<u64>,
    /// The transport's own time. The time inside the line is the server's and wins where both exist.
    pub outer: Option<Stamp>,
}
