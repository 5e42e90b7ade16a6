//! Everything that the logs know of an identity: a name, a UUID or an address.
//!
//! Pure: collected logs in, cards out. Names, UUIDs and addresses come and go, so each fact has its time and the line
//! that proves it; only the asked one is followed to others, and from there only along names and UUIDs, because an
//! address may have had several owners.

mod seek;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::identity::history::Fact;
use crate::cluster::log::Log;
use crate::cluster::process::Spot;
use crate::diagnose::printable::printable;
use crate::diagnose::story::{Place, moment_text, node_name, place};
use seek::{Asked, Found, found};

/// The name of this contract.
pub const SCHEMA: &str = "galera-rca/whois/1";

/// The answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Answer {
    pub schema: &'static str,
    pub asked: String,
    /// One per node, in order of names; empty when the logs do not know it.
    pub nodes: Vec<Card>,
    /// Names that the logs do know, when they do not know the asked one.
    pub known_names: Vec<String>,
}

/// One node.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Card {
    /// Missing where no log names it.
    pub name: Option<String>,
    /// The node's own log files, as given.
    pub logs: Vec<String>,
    /// Host, pod or container by the transport of its log.
    pub host: Option<String>,
    /// Names, UUIDs, addresses, cluster names and server processes, in this order and each in order of time.
    pub facts: Vec<Row>,
}

/// One fact, with the line that proves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Row {
    /// `name`, `uuid`, `address`, `cluster` or `process`.
    pub what: &'static str,
    pub value: String,
    /// In the time of the cluster: from the first line that says so to the last one.
    pub from: Option<String>,
    pub to: Option<String>,
    /// The node whose log says so.
    pub told_by: String,
    pub input: String,
    pub line: u64,
    /// The time as that log prints it.
    pub printed: Option<String>,
    pub text: String,
}

/// Looks for an identity in all logs.
pub fn whois(logs: &[Log], asked: &str) -> Answer {
    let mut nodes: Vec<Card> = found(logs, &Asked::new(asked)).iter().map(|one| card(logs, one)).collect();
    nodes.sort_by(|left, right| (&left.name, &left.facts).cmp(&(&right.name, &right.facts)));
    let mut known_names: Vec<String> = Vec::new();
    if nodes.is_empty() {
        let own = logs.iter().filter(|log| log.identity.own_name().is_some()).map(node_name);
        let members = logs.iter().flat_map(|log| log.identity.members()).map(clean);
        known_names = own.chain(members).collect();
        known_names.sort();
        known_names.dedup();
    }
    Answer { schema: SCHEMA, asked: clean(asked), nodes, known_names }
}

fn clean(text: &str) -> String {
    printable(text.as_bytes())
}

fn card(logs: &[Log], found: &Found<'_>) -> Card {
    let mut facts = Vec::new();
    for log in logs.iter().filter(|log| log.cluster == found.cluster) {
        names_and_ids(log, found, &mut facts);
        addresses(log, found, &mut facts);
    }
    for &own in &found.logs {
        own_facts(&logs[own], &mut facts);
    }
    facts.sort_by(|left, right| order(left).cmp(&order(right)));
    facts.dedup_by(|later, first| same_fact(first, later));
    facts.sort_by(|left, right| (kind(left), &left.from).cmp(&(kind(right), &right.from)));
    let mut files: Vec<String> =
        found.logs.iter().flat_map(|&log| &logs[log].files).map(|file| clean(&file.path)).collect();
    files.sort();
    let mut hosts = found.logs.iter().flat_map(|&log| &logs[log].files).filter_map(|file| file.host.as_deref());
    Card { name: found.name.as_deref().map(clean), logs: files, host: hosts.next().map(clean), facts }
}

/// The place of its kind on a card.
fn kind(row: &Row) -> Option<usize> {
    const WHAT: [&str; 5] = ["name", "uuid", "address", "cluster", "process"];
    WHAT.iter().position(|what| *what == row.what)
}

/// What is told of one thing stands together, first told first.
fn order(row: &Row) -> impl Ord + use<'_> {
    let process = (row.what == "process").then_some((&row.from, row.line));
    (kind(row), process, &row.value, &row.from, &row.input, row.line)
}

/// Several logs say the same: the first of them is proof enough, and tells for how long together.
fn same_fact(first: &mut Row, later: &Row) -> bool {
    let same = first.what == later.what && first.value == later.value && first.what != "process";
    if same {
        first.to = first.to.take().max(later.to.clone());
    }
    same
}

fn row(log: &Log, what: &'static str, value: String, fact: &Fact) -> Row {
    let Place { input, line, time, at } = place(log, fact.first.spot);
    Row {
        what,
        value,
        from: at,
        to: fact.to(&log.clock).map(moment_text),
        told_by: node_name(log),
        input,
        line,
        printed: time,
        text: printable(fact.first.text.trim_ascii()),
    }
}

fn names_and_ids(log: &Log, found: &Found<'_>, rows: &mut Vec<Row>) {
    for (uuid, fact) in log.identity.names.iter() {
        if found.has_id(uuid) {
            rows.push(row(log, "uuid", clean(uuid), fact));
            rows.push(row(log, "name", clean(&fact.value), fact));
        }
    }
}

fn addresses(log: &Log, found: &Found<'_>, rows: &mut Vec<Row>) {
    for (host, fact) in log.identity.peers.iter() {
        if found.has_id(&fact.value) {
            rows.push(row(log, "address", clean(host), fact));
            // A short id whose full form no view told is all that is known of its process.
            if !found.ids.iter().any(|id| id.len() > fact.value.len()) {
                rows.push(row(log, "uuid", clean(&fact.value), fact));
            }
        }
    }
}

/// What a node's own log says of itself.
fn own_facts(log: &Log, rows: &mut Vec<Row>) {
    let identity = &log.identity;
    rows.extend(identity.own_names().map(|fact| row(log, "name", clean(&fact.value), fact)));
    let full = identity.own_ids().filter(|fact| fact.value.len() == FULL);
    rows.extend(full.map(|fact| row(log, "uuid", clean(&fact.value), fact)));
    for (way, fact) in identity.addresses.iter() {
        rows.push(row(log, "address", clean(&format!("{} ({way})", fact.value)), fact));
    }
    rows.extend(identity.groups().map(|fact| row(log, "cluster", clean(&fact.value), fact)));
    for process in log.processes.iter().filter(|process| process.start_seen || process.synced) {
        let version = process.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
        let Some(spot) = process.started.or(process.synced_at) else { continue };
        let value = clean(&format!("server{version}, ended: {}", process.ending.name()));
        rows.push(process_row(log, value, spot, process.ended));
    }
}

/// Letters of a full UUID.
const FULL: usize = 36;

fn process_row(log: &Log, value: String, start: Spot, end: Option<Spot>) -> Row {
    let Place { input, line, time, at } = place(log, start);
    Row {
        what: "process",
        value,
        from: at,
        to: end.and_then(|end| log.moment(end.time)).map(moment_text),
        told_by: node_name(log),
        input,
        line,
        printed: time,
        text: String::new(),
    }
}
