//! Who is at fault: the node that printed the line, or the peer that evidence and addresses name.

use super::finding::Finding;
use crate::cluster::collect::host_of;
use crate::cluster::log::Log;
use crate::rules::schema::{Blame, CaptureType};
use crate::rules::table::Table;

/// The node at fault, as far as the logs tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blamed {
    /// Its name; several nodes are joined by commas.
    pub name: Option<String>,
    /// Its log, where it was given and is one.
    pub log: Option<usize>,
}

/// Finds the node at fault for a finding.
pub fn blamed(table: &Table, logs: &[Log], finding: &Finding) -> Blamed {
    let own = Blamed { name: Some(logs[finding.log].name().to_owned()), log: Some(finding.log) };
    match table.rule(finding.rule) {
        Some(rule) if rule.rule.blame == Blame::Peer => peer(table, logs, finding),
        _ => own,
    }
}

fn peer(table: &Table, logs: &[Log], finding: &Finding) -> Blamed {
    let mut names: Vec<&str> = finding.named.iter().map(|&log| logs[log].name()).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        let log = if finding.named.len() == 1 { finding.named.first().copied() } else { None };
        return Blamed { name: Some(names.join(", ")), log };
    }
    let name = captured_peer(table, logs, finding);
    let log = name.as_deref().and_then(|name| logs.iter().position(|log| log.name() == name));
    Blamed { name, log }
}

/// The peer that the line itself names: by node name, UUID or address.
fn captured_peer(table: &Table, logs: &[Log], finding: &Finding) -> Option<String> {
    let types = &table.rule(finding.rule)?.rule.captures;
    let burst = finding.burst(logs)?;
    let captures = burst.hits().flat_map(|hit| &hit.captures);
    captures
        .filter_map(|(name, value)| match (types.get(name), name.as_str()) {
            (Some(CaptureType::Node), _) => Some(value.clone()),
            (Some(CaptureType::Uuid), _) | (None, "peer") => name_of_uuid(logs, value),
            (Some(CaptureType::Address | CaptureType::Host), _) | (None, "address") => {
                name_of_host(logs, host_of(value))
            }
            _ => None,
        })
        .find(|name| name != logs[finding.log].name())
}

/// The name of the member with this full or short UUID.
pub fn name_of_uuid(logs: &[Log], uuid: &str) -> Option<String> {
    logs.iter().find_map(|log| log.names_by_uuid.get(uuid).cloned())
}

/// The name of the node at this host: its own log says so, or a peer's log joined address and name.
pub fn name_of_host(logs: &[Log], host: &str) -> Option<String> {
    let own = |log: &&Log| {
        let listens = log.facts.get("listen_address").map(host_of);
        [listens, log.facts.get("node_address")].contains(&Some(host)) && host != "0.0.0.0"
    };
    logs.iter()
        .find(own)
        .map(|log| log.name().to_owned())
        .or_else(|| logs.iter().find_map(|log| log.names_by_host.get(host).cloned()))
}
