//! Finds out which transport a log came by, from its first lines.

use super::syslog::Form;
use super::{Transport, colour, container, export, json, operator, syslog};
use crate::parse::head::parse_head;

/// Lines looked at; a container's start script can easily print fifty before the server speaks.
const LINES: usize = 400;

/// Names the transport that most of the sample's lines came by; [`Transport::Plain`] when none is certain.
///
/// Only lines that begin a record vote. Continuation lines and shell traces look the same under every transport,
/// so a file in which three of ten lines are `{"log":"…","file":"…"}` is still the operator's.
#[must_use]
pub fn detect(sample: &[u8]) -> Transport {
    let mut votes = [0usize; ORDER.len()];
    let mut marks = Marks::default();
    // The sample may end inside a line; its half would vote for the wrong one.
    let whole = memchr::memrchr(b'\n', sample).and_then(|end| sample.get(..end)).unwrap_or(sample);
    let lines = whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines.take(LINES) {
        let line = colour::stripped(line);
        let line = line.trim_ascii_end();
        marks.note(line);
        if let Some(vote) = vote(line).and_then(|choice| position(choice).and_then(|at| votes.get_mut(at))) {
            *vote += 1;
        }
    }
    let found = ORDER.iter().zip(votes).filter(|(_, count)| *count > 0).max_by_key(|(_, count)| *count);
    marks.settle(found.map_or(Transport::Plain, |(transport, _)| *transport))
}

/// Transports by strength: among equals the last one wins, so a wrapped line beats a bare one.
const ORDER: [Transport; 11] = [
    Transport::Plain,
    Transport::JournaldExport,
    Transport::ContainerPrefix,
    Transport::Cri,
    Transport::JournaldShort,
    Transport::JournaldIso,
    Transport::Syslog,
    Transport::FluentBit,
    Transport::OperatorJson,
    Transport::DockerJson,
    Transport::JournaldJson,
];

fn position(transport: Transport) -> Option<usize> {
    ORDER.iter().position(|known| *known == transport)
}

/// The transport one line speaks for, if any.
fn vote(line: &[u8]) -> Option<Transport> {
    if parse_head(line).is_some() {
        return Some(Transport::Plain);
    }
    if let Some((transport, _)) = json::open(line) {
        return Some(transport);
    }
    if operator::fluent_bit(line).is_some() {
        return Some(Transport::FluentBit);
    }
    if container::cri(line).is_some() {
        return Some(Transport::Cri);
    }
    // An engine's time with nine digits comes first: `…Z Version: '10.11'` would pass for a program name.
    if container::prefixed(line).is_some() {
        return Some(Transport::ContainerPrefix);
    }
    if let Some((form, _)) = syslog::open(line, 2000) {
        return Some(match form {
            Form::Yearless | Form::IsoFraction | Form::Structured => Transport::Syslog,
            Form::IsoSeconds => Transport::JournaldIso,
            Form::Unix => Transport::JournaldShort,
        });
    }
    let name = line.get(..memchr::memchr(b'=', line)?)?;
    export::is_name(name).then_some(Transport::JournaldExport)
}

/// Lines that only one transport prints.
#[derive(Default)]
struct Marks {
    /// `-- Journal begins at Mon 2026-11-23 …`, `-- Boot 9f0c… --`, of `journalctl`.
    journalctl: bool,
    /// `__CURSOR=` or `__REALTIME_TIMESTAMP=`, of the export form.
    cursor: bool,
}

impl Marks {
    fn note(&mut self, line: &[u8]) {
        const JOURNALCTL: [&[u8]; 4] = [b"-- Logs begin at", b"-- Journal begins at", b"-- Boot ", b"-- Reboot --"];
        self.journalctl |= JOURNALCTL.iter().any(|start| line.starts_with(start));
        self.cursor |= line.starts_with(b"__CURSOR=") || line.starts_with(b"__REALTIME_TIMESTAMP=");
    }

    /// The journal's short form and syslog look alike, and `NAME=value` alone is no journal.
    fn settle(&self, found: Transport) -> Transport {
        match found {
            Transport::Syslog if self.journalctl => Transport::JournaldShort,
            Transport::JournaldExport if !self.cursor => Transport::Plain,
            other => other,
        }
    }
}
