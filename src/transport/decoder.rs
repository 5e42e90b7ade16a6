//! Raw lines to inner lines, with the memory that some transports need from line to line.

use super::calendar::Calendar;
use super::envelope::{Envelope, Stream};
use super::export::{self, Outcome};
use super::facts::{self, Facts};
use super::ledger::{Ledger, trim_returns};
use super::{Decoded, Transport, colour, container, json, operator, syslog};
use crate::parse::head::parse_head;
use crate::parse::stamp::Stamp;
use std::borrow::Cow;

/// What editors on Windows put before the first line.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line that a container engine cut is joined up to this length, then taken as it is.
const LONGEST_JOINED: usize = 1 << 20;

/// Docker and containerd cut a line at 16 KiB. A shorter piece without line feed is what a dying process printed last.
const SHORTEST_CUT: usize = 16_000;

/// Names of programs that were seen to carry log lines; a machine has few.
const MOST_CARRIERS: usize = 32;

/// Takes the transport off one input, chunk after chunk.
///
/// `Nov 24 07:43:17 db1 mariadbd[812]: 2026-11-24  7:43:17 0 [Note] …` gives `2026-11-24  7:43:17 0 [Note] …`, and
/// `Nov 24 07:43:17 db1 kernel: Out of memory: …` gives `kernel: Out of memory: …`.
#[derive(Clone, Debug)]
pub struct Decoder {
    facts: Facts,
    calendar: Calendar,
    carriers: Vec<Vec<u8>>,
    ledger: Ledger,
    parts: [Option<Part>; 2],
    journal: export::Reader,
    indent: usize,
}

/// The beginning of a line that a container engine cut.
#[derive(Clone, Debug)]
struct Part {
    text: Vec<u8>,
    raw_line: u64,
    outer: Option<Stamp>,
}

impl Decoder {
    /// A decoder for one input. `year` is that of its first line, for syslog stamps such as `Nov 24 07:43:17`;
    /// the first server line with a full date corrects it.
    #[must_use]
    pub fn new(year: i32) -> Self {
        Self {
            facts: Facts::default(),
            calendar: Calendar::new(year),
            carriers: Vec::new(),
            ledger: Ledger::default(),
            parts: [None, None],
            journal: export::Reader::default(),
            indent: 0,
        }
    }

    /// Decodes whole raw lines and appends to `out`. `first_line` is the number of the first of them.
    ///
    /// A last line without a line feed counts as whole.
    pub fn decode(&mut self, raw: &[u8], first_line: u64, transport: Transport, out: &mut Decoded) {
        if transport == Transport::JournaldExport {
            self.export(raw, first_line, false, out);
            return;
        }
        self.finish_export(out);
        self.ledger.line = first_line;
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            self.ledger.read(line.len() as u64);
            self.line(line.strip_suffix(b"\n").unwrap_or(line), transport, out);
            self.ledger.line += 1;
        }
    }

    /// Counts bytes that the caller took as they are (see [`super::needs_decoding`]), so that later raw ranges stay right.
    pub fn skip(&mut self, bytes: u64, out: &mut Decoded) {
        self.finish(out);
        self.ledger.skip(bytes);
    }

    /// Gives out what waits for a continuation that does not come any more. To be called at the end of the input.
    pub fn finish(&mut self, out: &mut Decoded) {
        self.finish_export(out);
        for part in &mut self.parts {
            if let Some(part) = part.take() {
                self.ledger.give(&part.text, part.raw_line, part.outer, out);
            }
        }
        if self.ledger.owes() {
            let line = self.ledger.line.saturating_sub(1);
            self.ledger.give(b"", line, None, out);
        }
    }

    /// Host, pod, container and unit seen so far.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    fn line(&mut self, line: &[u8], transport: Transport, out: &mut Decoded) {
        let line = colour::stripped(trim_start(line));
        let line = trim_returns(&line);
        match self.open(line, transport) {
            Some(envelope) => self.accept(envelope, self.ledger.line, out),
            None => self.ledger.give(line, self.ledger.line, None, out),
        }
    }

    fn open<'a>(&mut self, line: &'a [u8], transport: Transport) -> Option<Envelope<'a>> {
        let envelope = match transport {
            Transport::Plain | Transport::JournaldExport => return None,
            Transport::Syslog | Transport::JournaldShort | Transport::JournaldIso => {
                return self.open_syslog(line, transport);
            }
            Transport::JournaldJson | Transport::DockerJson | Transport::OperatorJson => json::open(line)?.1,
            Transport::Cri => container::cri(line)?,
            Transport::ContainerPrefix => container::prefixed(line)?,
            Transport::FluentBit => operator::fluent_bit(line)?,
        };
        Some(open_nested(envelope))
    }

    fn open_syslog<'a>(&mut self, line: &'a [u8], transport: Transport) -> Option<Envelope<'a>> {
        let Some((_, envelope)) = syslog::open(line, self.calendar.year) else {
            // journalctl prints the further lines of one message indented by the width of its head.
            let width = Some(self.indent).filter(|width| *width > 0 && transport != Transport::Syslog)?;
            let (blanks, text) = line.split_at_checked(width)?;
            return blanks.iter().all(|byte| *byte == b' ').then(|| Envelope::of(text));
        };
        self.indent = line.len() - envelope.text.len();
        if transport == Transport::Syslog {
            return Some(Envelope { text: syslog::unescaped(envelope.text), ..envelope });
        }
        Some(envelope)
    }

    fn accept(&mut self, mut envelope: Envelope<'_>, raw_line: u64, out: &mut Decoded) {
        facts::note(&mut self.facts.host, envelope.host.as_deref());
        facts::note(&mut self.facts.pod, envelope.pod.as_deref());
        facts::note(&mut self.facts.container, envelope.container.as_deref());
        facts::note(&mut self.facts.unit, envelope.unit.as_deref());
        if envelope.yearless {
            envelope.outer = envelope.outer.map(|outer| self.calendar.dated(outer, &envelope.text));
        }
        let waiting = self.part(envelope.stream).take();
        let part = match waiting {
            Some(part) if part.text.len() < SHORTEST_CUT && parse_head(&envelope.text).is_some() => {
                self.ledger.give_earlier(&part.text, part.raw_line, part.outer, out);
                None
            }
            other => other,
        };
        let outer = envelope.outer;
        let part = match part {
            Some(mut part) => {
                part.text.extend_from_slice(&envelope.text);
                part
            }
            None if envelope.unfinished => Part { text: self.named(&envelope).into_owned(), raw_line, outer },
            None => {
                let text = self.named(&envelope);
                self.ledger.give(&text, raw_line, outer, out);
                return;
            }
        };
        if envelope.unfinished && part.text.len() < LONGEST_JOINED {
            *self.part(envelope.stream) = Some(part);
        } else {
            self.ledger.give(&part.text, part.raw_line, part.outer, out);
        }
    }

    const fn part(&mut self, stream: Stream) -> &mut Option<Part> {
        let [out, err] = &mut self.parts;
        match stream {
            Stream::Out => out,
            Stream::Err => err,
        }
    }

    /// The text with the name of its program, unless the program is the server or one that passes its lines on.
    fn named<'a>(&mut self, envelope: &'a Envelope<'_>) -> Cow<'a, [u8]> {
        let text = &envelope.text[..];
        let Some(program) = envelope.program.as_deref() else {
            return Cow::Borrowed(text);
        };
        if is_server(program) || self.carriers.iter().any(|known| known == program) {
            return Cow::Borrowed(text);
        }
        if parse_head(text).is_some() {
            // A container's name, a wrapper script: its continuation lines come under the same name.
            if self.carriers.len() < MOST_CARRIERS && !keeps_its_name(program) {
                self.carriers.push(program.to_vec());
            }
            return Cow::Borrowed(text);
        }
        Cow::Owned(match envelope.process.as_deref() {
            Some(process) if !process.is_empty() => [program, b"[", process, b"]: ", text].concat(),
            _ => [program, b": ", text].concat(),
        })
    }

    fn export(&mut self, raw: &[u8], first_line: u64, last: bool, out: &mut Decoded) {
        let input = self.journal.begin(raw, first_line, &mut self.ledger);
        let mut rest = &input[..];
        while let Some(outcome) = self.journal.next(&mut rest, last, &mut self.ledger) {
            match outcome {
                Outcome::Entry(line, envelope) => self.accept(envelope, line, out),
                Outcome::Foreign(line, text) => self.ledger.give(text, line, None, out),
            }
        }
        self.journal.keep(rest);
    }

    fn finish_export(&mut self, out: &mut Decoded) {
        if !self.journal.is_idle() {
            self.export(b"", self.ledger.line, true, out);
        }
    }
}

/// The programs whose lines are the log itself.
fn is_server(program: &[u8]) -> bool {
    const NAMES: [&[u8]; 8] =
        [b"mariadbd", b"mysqld", b"mariadb", b"mysql", b"garbd", b"mysqld-debug", b"(mariadbd)", b"(mysqld)"];
    let name = program.rsplit(|byte| *byte == b'/').next().unwrap_or(program);
    NAMES.contains(&name)
}

/// The start script and the transfer scripts: over syslog their lines have no other mark than this name.
fn keeps_its_name(program: &[u8]) -> bool {
    program.starts_with(b"mysqld_safe")
        || program.starts_with(b"mariadbd-safe")
        || memchr::memmem::find(program, b"wsrep-sst").is_some()
}

/// A pod of the operator on a Kubernetes node is wrapped twice: `… stdout F {"log":"…","file":"…"}`.
fn open_nested(outer: Envelope<'_>) -> Envelope<'_> {
    if outer.unfinished || !outer.text.starts_with(b"{\"log\":") {
        return outer;
    }
    match json::open(outer.text.trim_ascii_end()) {
        Some((_, inner)) => Envelope {
            outer: inner.outer.or(outer.outer),
            stream: outer.stream,
            host: inner.host.or(outer.host),
            pod: inner.pod.or(outer.pod),
            container: inner.container.or(outer.container),
            ..inner
        },
        None => outer,
    }
}

/// Drops a byte order mark, and the zero bytes that a log truncated under a running server begins with.
fn trim_start(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let zeros = line.iter().take_while(|byte| **byte == 0).count();
    line.get(zeros..).unwrap_or_default()
}
