//! The lives of the servers: start, how far each came, how it ended, the states it was in, restart loops.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Place, Said, clean, node_name, place, said, spot_of};
use crate::cluster::log::Log;
use crate::cluster::process::{Ending, Process};
use crate::parse::event::Event;

/// Processes told per node: the latest ones.
const MOST_LIVES: usize = 50;

/// States told per process: the latest ones.
const MOST_STATES: usize = 50;

/// One node with the lives of its server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NodeLife {
    pub node: String,
    /// The latest server processes, oldest first.
    pub lifetimes: Vec<Lifetime>,
    /// Processes before these.
    pub earlier: usize,
    /// So many processes at the end of the log, one after the other, never became synced: 2 and more are a loop.
    pub failed_starts: usize,
}

/// One server process.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Lifetime {
    pub version: Option<String>,
    pub provider: Option<String>,
    pub process_id: Option<u64>,
    /// Missing when the log begins later.
    pub started: Option<Place>,
    pub provider_loaded: Option<Place>,
    pub connected: Option<Place>,
    pub synced: Option<Place>,
    /// `running`, `shutdown`, `abort`, `crash`, `killed`, `silent` or `recovery`.
    pub ending: &'static str,
    /// The line that tells the end; for `silent` the last line of the log.
    pub ended: Option<Place>,
    /// Who asked for the shutdown; the signal, assertion and statement of a crash.
    pub detail: Option<String>,
    pub first_error: Option<Said>,
    pub last_error: Option<Said>,
    pub states: Vec<StateSpan>,
}

/// A state and when it began; it lasts until the next one, or the end of the process.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StateSpan {
    /// As the log writes it: `SYNCED`, `DONOR/DESYNCED`, `JOINER`…
    pub state: String,
    /// Position in the history; -1 where the node has none.
    pub seqno: i64,
    pub from: Place,
}

/// The lives on all nodes.
pub fn nodes(logs: &[Log]) -> Vec<NodeLife> {
    let mut nodes: Vec<NodeLife> = logs.iter().filter(|log| is_server(log)).map(node).collect();
    nodes.sort_by_cached_key(|one| {
        let first = one.lifetimes.first().and_then(|life| life.started.clone());
        (one.node.clone(), first.map(|place| (place.at, place.input, place.line)))
    });
    nodes
}

/// Backup and transfer logs tell of no server.
fn is_server(log: &Log) -> bool {
    log.processes.iter().any(|process| process.start_seen || process.synced || process.ending != Ending::Running)
        || !log.track.events.is_empty()
}

fn node(log: &Log) -> NodeLife {
    let lived: Vec<(usize, &Process)> = log.processes.iter().enumerate().filter(|(_, one)| has_lived(one)).collect();
    let told = &lived[lived.len().saturating_sub(MOST_LIVES)..];
    let serious = lived.iter().rev().filter(|(_, process)| process.ending != Ending::Recovery);
    NodeLife {
        node: node_name(log),
        lifetimes: told.iter().map(|&(index, process)| lifetime(log, index, process)).collect(),
        earlier: log.forgotten_processes + lived.len() - told.len(),
        failed_starts: serious.take_while(|(_, process)| has_failed(process)).count(),
    }
}

/// The process before a log's first start line is often nothing but a few lines of a script.
fn has_lived(process: &Process) -> bool {
    process.start_seen || process.synced || process.connected.is_some() || process.ending != Ending::Running
}

fn has_failed(process: &Process) -> bool {
    process.start_seen && !process.synced && !matches!(process.ending, Ending::Running | Ending::Shutdown)
}

fn lifetime(log: &Log, index: usize, process: &Process) -> Lifetime {
    let at = |spot| place(log, spot);
    Lifetime {
        version: process.version.as_deref().map(clean),
        provider: process.provider.as_deref().map(clean),
        process_id: process.pid,
        started: process.started.map(at),
        provider_loaded: process.provider_loaded.map(at),
        connected: process.connected.map(at),
        synced: process.synced_at.map(at),
        ending: process.ending.name(),
        ended: process.ended.map(at),
        detail: detail(process),
        first_error: process.first_error.as_ref().map(|quote| said(log, quote)),
        last_error: process.last_error.as_ref().map(|quote| said(log, quote)),
        states: states(log, log.forgotten_processes + index),
    }
}

fn detail(process: &Process) -> Option<String> {
    match process.ending {
        Ending::Crash => {
            let signal = process.signal.map(|signal| format!("signal {signal}"));
            let assertion = process.assertion.as_ref().map(|place| format!("assertion {place}"));
            let query = process.query.as_ref().map(|query| format!("while it ran: {query}"));
            let parts: Vec<String> = [signal, assertion, query].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| clean(&parts.join(", ")))
        }
        Ending::Shutdown => process.stopped_by.as_ref().map(|by| format!("asked for by {}", clean(by))),
        _ => None,
    }
}

fn states(log: &Log, process: usize) -> Vec<StateSpan> {
    let own = log.track.events.iter().filter(|one| one.process == process);
    let mut states: Vec<StateSpan> = own
        .filter_map(|one| match &one.event {
            Event::Shift { to, seqno, .. } | Event::Restored { to, seqno, .. } => {
                Some(StateSpan { state: clean(to), seqno: *seqno, from: place(log, spot_of(one)) })
            }
            _ => None,
        })
        .collect();
    states.drain(..states.len().saturating_sub(MOST_STATES));
    states
}
