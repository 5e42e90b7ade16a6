//! Journal fields to an envelope, for the json and the export form alike (`systemd.journal-fields(7)`).

use super::envelope::Envelope;
use crate::parse::stamp::Stamp;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Fields of one journal entry, as far as they matter here. Grows field by field.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    message: Option<Vec<u8>>,
    envelope: Envelope<'static>,
    command: Option<Vec<u8>>,
}

impl Entry {
    /// Takes one field: `MESSAGE`, `_HOSTNAME`, `SYSLOG_IDENTIFIER` and so on; others are not needed.
    pub(super) fn take(&mut self, name: &[u8], value: &[u8]) {
        let owned = || Some(Cow::Owned(value.to_vec()));
        match name {
            b"MESSAGE" => self.message = Some(value.to_vec()),
            b"__REALTIME_TIMESTAMP" => self.envelope.outer = microseconds(value),
            b"_HOSTNAME" => self.envelope.host = owned(),
            b"_SYSTEMD_UNIT" => self.envelope.unit = owned(),
            b"SYSLOG_IDENTIFIER" => self.envelope.program = owned(),
            b"_COMM" => self.command = Some(value.to_vec()),
            b"_PID" | b"SYSLOG_PID" => self.envelope.process = owned(),
            b"CONTAINER_NAME" => self.envelope.container = owned(),
            // Docker's journald driver cuts lines after 16 KiB and says so.
            b"CONTAINER_PARTIAL_MESSAGE" => self.envelope.unfinished = value == b"true",
            _ => {}
        }
    }

    /// The entry as an envelope, or nothing when it had no message.
    pub(super) fn finish(self) -> Option<Envelope<'static>> {
        let program = self.envelope.program.or(self.command.map(Cow::Owned));
        Some(Envelope { text: Cow::Owned(self.message?), program, ..self.envelope })
    }
}

/// One object of `journalctl -o json`. The journal writes a text that is not UTF-8 as an array of bytes,
/// and one that is too long as null.
pub(super) fn from_json(fields: &Map<String, Value>) -> Envelope<'static> {
    let mut entry = Entry { message: Some(Vec::new()), ..Entry::default() };
    for (name, value) in fields {
        if let Some(bytes) = bytes(value) {
            entry.take(name.as_bytes(), &bytes);
        }
    }
    entry.finish().unwrap_or_default()
}

fn bytes(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.as_bytes())),
        Value::Array(items) => {
            let numbers = items.iter().map(|item| u8::try_from(item.as_u64()?).ok());
            numbers.collect::<Option<Vec<u8>>>().map(Cow::Owned)
        }
        _ => None,
    }
}

/// `1790000000123456`: microseconds since 1970.
fn microseconds(value: &[u8]) -> Option<Stamp> {
    let micros: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    let nanos = u32::try_from(micros % 1_000_000).ok()? * 1000;
    Stamp::from_unix(i64::try_from(micros / 1_000_000).ok()?, nanos)
}
