//! Who is meant: from a name, an id or an address to nodes with their ids and logs.

use std::collections::BTreeSet;

use crate::cluster::identity::id::{host_of, is_telling, same_id};
use crate::cluster::log::Log;

/// What was asked, in the forms that it may have.
pub struct Asked<'a> {
    text: &'a str,
    host: &'a str,
    /// In small letters, as the provider prints it.
    id: Option<String>,
}

impl<'a> Asked<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.trim();
        let first = text.split('-').next().unwrap_or(text);
        let is_id = first.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        Self { text, host: host_of(text), id: is_id.then(|| text.to_ascii_lowercase()) }
    }

    fn is_id(&self, id: &str) -> bool {
        self.id.as_deref().is_some_and(|asked| same_id(id, asked))
    }

    fn is_host(&self, host: &str) -> bool {
        is_telling(self.host) && host.eq_ignore_ascii_case(self.host)
    }
}

/// A node: its name, its ids, its own logs.
pub struct Found<'a> {
    pub cluster: usize,
    pub name: Option<String>,
    pub ids: BTreeSet<&'a str>,
    pub logs: Vec<usize>,
}

impl Found<'_> {
    pub fn has_id(&self, id: &str) -> bool {
        self.ids.iter().any(|known| same_id(known, id))
    }
}

/// All nodes that the asked one may be.
pub fn found<'a>(logs: &'a [Log], asked: &Asked<'_>) -> Vec<Found<'a>> {
    let clusters: BTreeSet<usize> = logs.iter().map(|log| log.cluster).collect();
    clusters.into_iter().flat_map(|cluster| found_in(logs, cluster, asked)).collect()
}

fn found_in<'a>(logs: &'a [Log], cluster: usize, asked: &Asked<'_>) -> Vec<Found<'a>> {
    let own: Vec<usize> = (0..logs.len()).filter(|&log| logs[log].cluster == cluster).collect();
    let ids = seeds(logs, &own, asked);
    let mut nodes: Vec<Found<'a>> = Vec::new();
    for &log in own.iter().filter(|&&log| is_node(&logs[log], asked, &ids)) {
        let name = logs[log].name();
        let at = nodes.iter().position(|node| node.name.as_deref() == Some(name));
        let at = at.unwrap_or_else(|| {
            nodes.push(Found { cluster, name: Some(name.to_owned()), ids: BTreeSet::new(), logs: Vec::new() });
            nodes.len() - 1
        });
        nodes[at].logs.push(log);
        nodes[at].ids.extend(logs[log].identity.own_ids().map(|fact| fact.value.as_str()));
    }
    for id in ids {
        if nodes.iter().any(|node| node.has_id(id)) {
            continue;
        }
        let name = name_of(logs, &own, id);
        match nodes.iter_mut().find(|node| name.is_some() && node.name.as_deref() == name) {
            Some(node) => _ = node.ids.insert(id),
            None => nodes.push(Found {
                cluster,
                name: name.map(str::to_owned),
                ids: BTreeSet::from([id]),
                logs: Vec::new(),
            }),
        }
    }
    for node in &mut nodes {
        let name = node.name.clone();
        for &log in &own {
            let named = logs[log].identity.names.iter().filter(|(_, fact)| Some(&fact.value) == name.as_ref());
            node.ids.extend(named.map(|(uuid, _)| uuid));
        }
    }
    nodes
}

/// The ids that are asked for, have the name, or were seen at the address.
fn seeds<'a>(logs: &'a [Log], own: &[usize], asked: &Asked<'_>) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::new();
    for &log in own {
        let identity = &logs[log].identity;
        let named = identity.names.iter().filter(|(uuid, fact)| asked.is_id(uuid) || fact.value == asked.text);
        ids.extend(named.map(|(uuid, _)| uuid));
        let peers = identity.peers.iter().filter(|(host, fact)| asked.is_host(host) || asked.is_id(&fact.value));
        ids.extend(peers.map(|(_, fact)| fact.value.as_str()));
        ids.extend(identity.own_ids().map(|fact| fact.value.as_str()).filter(|id| asked.is_id(id)));
    }
    ids
}

fn is_node(log: &Log, asked: &Asked<'_>, ids: &BTreeSet<&str>) -> bool {
    let own_address = || log.identity.addresses.iter().any(|(_, fact)| asked.is_host(&fact.value));
    let own_host = || log.files.iter().any(|file| file.host.as_deref() == Some(asked.text));
    let own_id = || ids.iter().any(|id| log.identity.is_own(id));
    log.is_of(asked.text) || log.stem == asked.text || own_id() || own_address() || own_host()
}

fn name_of<'a>(logs: &'a [Log], own: &[usize], id: &str) -> Option<&'a str> {
    own.iter().find_map(|&log| logs[log].identity.named(id).map(|(_, fact)| fact.value.as_str()).last())
}
