//! Lines that are one JSON object each: Docker's json-file, the PXC operator, the journal's json form.

use super::Transport;
use super::envelope::{Envelope, Stream};
use super::journald;
use crate::parse::stamp::{self, Stamp};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Opens an object that holds a log text; any other line is no envelope.
///
/// All three transports are tried by shape, because a pod's log mixes them.
pub(super) fn open(line: &[u8]) -> Option<(Transport, Envelope<'static>)> {
    // Reading JSON costs a microsecond; a shell trace between the objects shall not.
    if !(line.starts_with(b"{") && line.trim_ascii_end().ends_with(b"}")) {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
    if fields.contains_key("__REALTIME_TIMESTAMP") || fields.contains_key("MESSAGE") {
        return Some((Transport::JournaldJson, journald::from_json(&fields)));
    }
    let text = ["log", "message", "msg"].iter().find_map(|key| fields.get(*key)?.as_str())?;
    let stream = string(&fields, "stream");
    let transport = if stream.is_some() { Transport::DockerJson } else { Transport::OperatorJson };
    let envelope = Envelope {
        // Docker cuts a line after 16 KiB; only the last part keeps its line feed. Other writers may drop it always.
        unfinished: transport == Transport::DockerJson && fields.contains_key("log") && !text.ends_with('\n'),
        text: Cow::Owned(text.as_bytes().to_vec()),
        outer: ["time", "@timestamp", "timestamp"].iter().find_map(|key| time(fields.get(*key)?.as_str()?)),
        stream: Stream::named(stream.unwrap_or_default().as_bytes()),
        ..around(&fields)
    };
    Some((transport, envelope))
}

/// What log collectors add: `"kubernetes":{"pod_name":"db-0","container_name":"pxc","host":"worker-1"}`.
fn around(fields: &Map<String, Value>) -> Envelope<'static> {
    let inner = fields.get("kubernetes").and_then(Value::as_object);
    let owned = |fields: &Map<String, Value>, key| string(fields, key).map(|text| Cow::Owned(text.as_bytes().to_vec()));
    Envelope {
        pod: inner.and_then(|inner| owned(inner, "pod_name")),
        container: inner.and_then(|inner| owned(inner, "container_name")).or_else(|| owned(fields, "container_name")),
        host: inner.and_then(|inner| owned(inner, "host")),
        ..Envelope::default()
    }
}

fn string<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key)?.as_str()
}

fn time(text: &str) -> Option<Stamp> {
    stamp::iso(text.as_bytes()).ok().map(|(_, stamp)| stamp)
}
