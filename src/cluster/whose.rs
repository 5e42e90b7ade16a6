//! Whose UUID or address something is, from the logs of one cluster.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::identity::id;
use super::log::Log;

/// The names of all members by all forms of their ids, for many questions.
#[derive(Debug, Default)]
pub struct NamesById {
    by_id: BTreeMap<(usize, String), String>,
}

impl NamesById {
    pub fn new(logs: &[Log]) -> Self {
        let mut names = Self::default();
        for log in logs {
            for (uuid, fact) in log.identity.names.iter() {
                names.add(log, uuid, &fact.value);
            }
        }
        for log in logs {
            for own in log.identity.own_ids() {
                names.add(log, &own.value, log.name());
            }
        }
        names
    }

    fn add(&mut self, log: &Log, id: &str, name: &str) {
        for form in [id.to_owned(), id::short(id), id::first_group(id).to_owned()] {
            self.by_id.insert((log.cluster, form), name.to_owned());
        }
    }

    /// The name of the member with this id, as a log of its cluster prints it.
    pub fn of(&self, log: &Log, id: &str) -> Option<&str> {
        self.by_id.get(&(log.cluster, id.to_owned())).map(String::as_str)
    }
}

/// The name of the node that has this host at a moment: its own log says so, else a peer's log joins address and name.
pub fn name_of_host(
    names: &NamesById,
    logs: &[Log],
    of: usize,
    host: &str,
    moment: Option<NaiveDateTime>,
) -> Option<String> {
    if matches!(host, "" | "0.0.0.0" | "::") {
        return None;
    }
    let own = peers(logs, of)
        .filter_map(|log| Some((log.identity.owns_since(host, moment, &log.clock)?, log.name().to_owned())));
    holder(own, moment).or_else(|| holder(told_names(names, logs, of, host), moment))
}

/// The named members that logs of the cluster have seen at a host, with the time since which.
fn told_names(names: &NamesById, logs: &[Log], of: usize, host: &str) -> impl Iterator<Item = (NaiveDateTime, String)> {
    let told = peers(logs, of).flat_map(move |log| log.identity.peers.of(host).map(move |fact| (log, fact)));
    told.filter_map(move |(log, fact)| {
        Some((fact.from(&log.clock).unwrap_or(NaiveDateTime::MIN), names.of(log, &fact.value)?.to_owned()))
    })
}

/// Who came last before the moment, else first after it.
fn holder(all: impl Iterator<Item = (NaiveDateTime, String)>, moment: Option<NaiveDateTime>) -> Option<String> {
    let (before, after): (Vec<_>, Vec<_>) = all.partition(|(from, _)| moment.is_none_or(|moment| *from <= moment));
    before
        .into_iter()
        .max_by(|left, right| left.0.cmp(&right.0).then(right.1.cmp(&left.1)))
        .or_else(|| after.into_iter().min())
        .map(|(_, name)| name)
}

fn peers(logs: &[Log], of: usize) -> impl Iterator<Item = &Log> {
    let cluster = logs.get(of).map(|log| log.cluster);
    logs.iter().filter(move |log| Some(log.cluster) == cluster)
}
