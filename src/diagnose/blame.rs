//! Who is at fault: the node that printed the line, or the peer that evidence and addresses name.

use super::finding::Finding;
use crate::cluster::identity::id::host_of;
use crate::cluster::log::Log;
use crate::cluster::whose::{NamesById, name_of_host};
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
pub fn blamed(names: &NamesById, table: &Table, logs: &[Log], finding: &Finding) -> Blamed {
    let own = Blamed { name: Some(logs[finding.log].name().to_owned()), log: Some(finding.log) };
    match table.rule(finding.rule) {
        Some(rule) if rule.rule.blame == Blame::Peer => peer(names, table, logs, finding),
        _ => own,
    }
}

fn peer(ids: &NamesById, table: &Table, logs: &[Log], finding: &Finding) -> Blamed {
    let mut names: Vec<&str> = finding.named.iter().map(|&log| logs[log].name()).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        let log = if finding.named.len() == 1 { finding.named.first().copied() } else { None };
        return Blamed { name: Some(names.join(", ")), log };
    }
    let name = captured_peer(ids, table, logs, finding);
    let log = name.as_deref().and_then(|name| logs.iter().position(|log| log.name() == name));
    Blamed { name, log }
}

/// The peer that the line itself names: by node name, UUID or address.
fn captured_peer(names: &NamesById, table: &Table, logs: &[Log], finding: &Finding) -> Option<String> {
    let types = &table.rule(finding.rule)?.rule.captures;
    let burst = finding.burst(logs)?;
    let moment = burst.first.instant();
    let captures = burst.hits().flat_map(|hit| &hit.captures);
    captures
        .filter_map(|(name, value)| match (types.get(name), name.as_str()) {
            (Some(CaptureType::Node), _) => Some(value.clone()),
            (Some(CaptureType::Uuid), _) | (None, "peer") => names.of(&logs[finding.log], value).map(str::to_owned),
            (Some(CaptureType::Address | CaptureType::Host), _) | (None, "address") => {
                name_of_host(names, logs, finding.log, host_of(value), moment)
            }
            _ => None,
        })
        .find(|name| name != logs[finding.log].name())
}
