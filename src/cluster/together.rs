//! Which logs are of one cluster, and which of one node: names and addresses alone do not tell.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};

use super::clock::{Anchor, groups};
use super::identity::id::{first_group, is_telling, same_id};
use super::log::Log;

/// Two server processes that live at the same time for longer than this many seconds are no restart.
const SLACK: i64 = 10;

/// Gives each log the number of its cluster, and nodes that have the same name names that tell them apart.
pub fn put_together(logs: &mut [&mut Log]) {
    let clusters = clusters(logs);
    for (log, cluster) in logs.iter_mut().zip(clusters) {
        log.cluster = cluster;
    }
    let labels = labels(logs);
    for (log, label) in logs.iter_mut().zip(labels) {
        log.label = label;
    }
}

/// Sets of logs that grow together.
struct Sets(Vec<usize>);

impl Sets {
    fn join(&mut self, one: usize, other: usize) {
        let (keep, drop) = (self.0[one].min(self.0[other]), self.0[one].max(self.0[other]));
        self.0.iter_mut().filter(|set| **set == drop).for_each(|set| *set = keep);
    }

    fn are_joined(&self, one: usize, other: usize) -> bool {
        self.0[one] == self.0[other]
    }

    fn join_all(&mut self, members: &[usize]) {
        for pair in members.windows(2) {
            self.join(pair[0], pair[1]);
        }
    }

    /// The members of each set.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (log, set) in self.0.iter().enumerate() {
            sets.entry(*set).or_default().push(log);
        }
        sets.into_values().collect()
    }
}

/// The number of the cluster of each log; most logs are of number 0.
fn clusters(logs: &[&mut Log]) -> Vec<usize> {
    let mut sets = Sets((0..logs.len()).collect());
    join_side_logs(logs, &mut sets);
    join_by_moments(logs, &mut sets);
    join_by_ids(logs, &mut sets);
    join_by_addresses(logs, &mut sets);
    numbers(&join_by_groups(logs, sets.members()), logs)
}

/// Backup logs are given the stem of their node's log as name, and the user may give one name to several logs.
fn join_side_logs(logs: &[&mut Log], sets: &mut Sets) {
    for (log, entry) in logs.iter().enumerate() {
        let Some(given) = entry.given.as_deref() else { continue };
        for (other, entry) in logs.iter().enumerate() {
            if entry.stem == given || entry.given.as_deref() == Some(given) {
                sets.join(log, other);
            }
        }
    }
}

/// A state exchange and a view have a name that no other cluster has.
fn join_by_moments(logs: &[&mut Log], sets: &mut Sets) {
    let anchors: Vec<Vec<Anchor>> = logs.iter().map(|log| log.track.anchors()).collect();
    for group in groups(&anchors) {
        sets.join_all(&group);
    }
}

/// An id that a log knows.
struct KnownId<'a> {
    id: &'a str,
    log: usize,
    /// Its own, or that of a peer it had a link to. Members may also be those of views long ago: an incremental
    /// transfer replays them, and clusters that were cloned from one have them in common.
    met: bool,
}

/// Logs that know of one UUID, at least one of them as its own or as a peer's.
fn join_by_ids(logs: &[&mut Log], sets: &mut Sets) {
    let mut known: BTreeMap<&str, Vec<KnownId<'_>>> = BTreeMap::new();
    for (log, entry) in logs.iter().enumerate() {
        for (id, met) in known_ids(entry) {
            known.entry(first_group(id)).or_default().push(KnownId { id, log, met });
        }
    }
    for ids in known.into_values() {
        for (index, one) in ids.iter().enumerate() {
            for other in ids[index + 1..].iter().filter(|other| one.met || other.met) {
                if !sets.are_joined(one.log, other.log) && same_id(one.id, other.id) {
                    sets.join(one.log, other.log);
                }
            }
        }
    }
}

fn known_ids(log: &Log) -> impl Iterator<Item = (&str, bool)> {
    let identity = &log.identity;
    let peers = identity.peers.iter().map(|(_, fact)| fact);
    let met = identity.own_ids().chain(peers).map(|fact| (fact.value.as_str(), true));
    met.chain(identity.names.iter().map(|(uuid, _)| (uuid, false)))
}

/// A node that fails to join knows at least where it wants to connect to. Clusters may use the same addresses, as
/// private networks do: then a node's own cluster explains what it looks for, or its having been in another primary
/// component under another cluster name.
fn join_by_addresses(logs: &[&mut Log], sets: &mut Sets) {
    let mut ties = Vec::new();
    for (log, entry) in logs.iter().enumerate() {
        for host in sought(entry) {
            let owners: Vec<usize> = (0..logs.len()).filter(|&other| owns(logs[other], host)).collect();
            let one_set = owners.windows(2).all(|pair| sets.are_joined(pair[0], pair[1]));
            let Some(&owner) = owners.first().filter(|_| one_set) else { continue };
            let strangers = apart(entry, logs[owner]) && !same_group(entry, logs[owner]);
            if !sets.are_joined(log, owner) && !strangers && !saw_another(entry, host) {
                ties.push((log, owner));
            }
        }
    }
    for (log, owner) in ties {
        sets.join(log, owner);
    }
}

fn sought(log: &Log) -> impl Iterator<Item = &str> {
    let peers = log.identity.peers.iter().chain(log.identity.sought.iter());
    peers.map(|(host, _)| host).filter(|host| is_telling(host))
}

fn owns(log: &Log, host: &str) -> bool {
    log.identity.addresses.iter().any(|(_, fact)| fact.value == host)
}

/// The log knows who is at this host; that it is none of the owner's processes was found out before.
fn saw_another(log: &Log, host: &str) -> bool {
    log.identity.peers.of(host).next().is_some()
}

/// Sets of one cluster name are one cluster, unless views tell them apart. What has no name goes with most logs.
fn join_by_groups(logs: &[&mut Log], mut sets: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    let is_named = |set: &Vec<usize>| set.iter().any(|&log| logs[log].identity.groups().next().is_some());
    sets.sort_by_key(|set| (!is_named(set), std::cmp::Reverse(weight(logs, set))));
    for set in sets {
        let named = is_named(&set);
        let fits = |cluster: &&mut Vec<usize>| {
            (!named || cluster.iter().any(|&one| set.iter().any(|&other| same_group(logs[one], logs[other]))))
                && !cluster.iter().any(|&one| set.iter().any(|&other| apart(logs[one], logs[other])))
        };
        match clusters.iter_mut().find(fits) {
            Some(cluster) => cluster.extend(set),
            None => clusters.push(set),
        }
    }
    clusters
}

fn same_group(one: &Log, other: &Log) -> bool {
    one.identity.groups().any(|group| other.identity.groups().any(|other| other.value == group.value))
}

/// Both were in a primary component at the same time, and no UUID ties them.
fn apart(one: &Log, other: &Log) -> bool {
    one.identity.primary && other.identity.primary && overlap(span(one), span(other))
}

fn span(log: &Log) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let first = log.files.iter().find_map(|file| file.first_time)?;
    Some((log.clock.correct(first.instant()), log.ends()?))
}

fn overlap(one: Option<(NaiveDateTime, NaiveDateTime)>, other: Option<(NaiveDateTime, NaiveDateTime)>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.1.min(other.1) - one.0.max(other.0) > TimeDelta::seconds(SLACK))
}

fn numbers(clusters: &[Vec<usize>], logs: &[&mut Log]) -> Vec<usize> {
    let mut heaviest_first: Vec<&Vec<usize>> = clusters.iter().collect();
    heaviest_first.sort_by_key(|cluster| (std::cmp::Reverse(weight(logs, cluster)), cluster.iter().min().copied()));
    let mut numbers = vec![0; logs.len()];
    for (number, cluster) in heaviest_first.into_iter().enumerate() {
        for &log in cluster {
            numbers[log] = number;
        }
    }
    numbers
}

/// How many logs tell that they are of this cluster; backup logs do not.
fn weight(logs: &[&mut Log], members: &[usize]) -> usize {
    let tells = |log: &Log| log.identity.own_ids().next().is_some() || log.identity.groups().next().is_some();
    members.iter().filter(|&&log| tells(&*logs[log])).count()
}

/// For each log whose node has the name of another node: a name of its own.
fn labels(logs: &[&mut Log]) -> Vec<Option<String>> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (log, entry) in logs.iter().enumerate().filter(|(_, entry)| !is_side_log(logs, entry)) {
        by_name.entry(entry.name()).or_default().push(log);
    }
    let mut labels = vec![None; logs.len()];
    for (name, mut members) in by_name.into_iter().filter(|(_, members)| members.len() > 1) {
        members.sort_by_key(|&log| logs[log].stem != name);
        for node in nodes(logs, &members).into_iter().skip(1) {
            for &log in &node {
                labels[log] = Some(format!("{name} ({})", logs[node[0]].stem));
            }
        }
    }
    labels
}

/// Side logs take the name that their node's log gets.
fn is_side_log(logs: &[&mut Log], log: &Log) -> bool {
    logs.iter().any(|other| log.given.as_deref() == Some(&other.stem) && other.stem != log.stem)
}

/// The processes of one log's own node.
struct Lives<'a> {
    log: &'a Log,
    uuids: BTreeSet<&'a str>,
    /// From when to when each lived, in order.
    spans: Vec<(NaiveDateTime, NaiveDateTime)>,
}

impl<'a> Lives<'a> {
    fn new(log: &'a Log) -> Self {
        let lives: Vec<_> = log.identity.lives(&log.clock).collect();
        let mut spans: Vec<_> = lives.iter().map(|life| (life.from, life.to)).collect();
        spans.sort_unstable();
        Self { log, uuids: lives.iter().map(|life| life.uuid).collect(), spans }
    }

    fn share_a_uuid(&self, other: &Self) -> bool {
        !self.uuids.is_disjoint(&other.uuids)
    }

    /// Was any process of the one alive at the time of one of the other?
    fn overlap(&self, other: &Self) -> bool {
        let (mut one, mut another) = (self.spans.iter().peekable(), other.spans.iter().peekable());
        while let Some((left, right)) = one.peek().copied().zip(another.peek().copied()) {
            if overlap(Some(*left), Some(*right)) {
                return true;
            }
            _ = if left.1 <= right.1 { one.next() } else { another.next() };
        }
        false
    }

    /// Neither in two clusters, nor in one view, nor alive twice at the same time. What the user names is one node.
    fn may_be_one_node(&self, other: &Self, logs: &[&mut Log]) -> bool {
        if self.log.given.is_some() && self.log.given == other.log.given {
            return true;
        }
        self.log.cluster == other.log.cluster && !self.overlap(other) && !self.were_in_one_view(other, logs)
    }

    fn were_in_one_view(&self, other: &Self, logs: &[&mut Log]) -> bool {
        let mut rivals = logs.iter().flat_map(|log| log.identity.rivals.iter());
        rivals.any(|(one, fact)| self.uuids.contains(one) && other.uuids.contains(fact.value.as_str()))
    }
}

/// Logs of one name, by node: each goes with the first ones that it can be of one node with.
fn nodes(logs: &[&mut Log], members: &[usize]) -> Vec<Vec<usize>> {
    let lives: BTreeMap<usize, Lives<'_>> = members.iter().map(|&log| (log, Lives::new(logs[log]))).collect();
    let mut nodes: Vec<Vec<usize>> = Vec::new();
    for &log in members {
        let shares = |node: &Vec<usize>| node.iter().any(|other| lives[&log].share_a_uuid(&lives[other]));
        let fits = |node: &Vec<usize>| node.iter().all(|other| lives[&log].may_be_one_node(&lives[other], logs));
        match nodes.iter().position(shares).or_else(|| nodes.iter().position(fits)) {
            Some(node) => nodes[node].push(log),
            None => nodes.push(vec![log]),
        }
    }
    nodes
}

#[cfg(test)]
mod tests;
