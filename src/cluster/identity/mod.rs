//! What one log knows of identities over time: its own node's and those of others.
//!
//! Nothing about a node lasts: addresses are reused, a UUID lives as long as a server process, an index as long as a
//! view, and two nodes may have one name. So each fact has the time from which it held, and the line that says so.

pub mod history;
pub mod id;
mod observe;

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::clock::Clock;
use crate::parse::stamp::Stamp;
use history::{Fact, History};
pub use observe::Place;

/// What facts about the log's own node are kept under.
const OWN: &str = "";

/// How a log tells its own addresses.
pub mod way {
    pub const LISTENS: &str = "group communication";
    pub const BASE_HOST: &str = "node address";
    pub const IST: &str = "IST receiver";
    pub const SST: &str = "SST receiver";
}

/// The identities in one log. Each history keeps its latest 500 facts.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Member names by full UUID.
    pub names: History,
    /// Who is at a host: the id as printed, by host.
    pub peers: History,
    /// Hosts that the node wants to connect to, or where a peer never said who it is; the value is empty.
    pub sought: History,
    /// Full UUIDs of members with one name in one primary view, by each other.
    pub rivals: History,
    /// Own addresses by the [`way`] they are told.
    pub addresses: History,
    /// The node was a member of a primary component.
    pub primary: bool,
    own_names: History,
    own_ids: History,
    groups: History,
    /// The process with the latest own UUID has not ended yet.
    alive: bool,
}

/// The time in which a node had a UUID, as far as its own log tells, in the time of the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a> {
    pub uuid: &'a str,
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
}

impl Identity {
    /// The name that the server itself prints first: a node whose name is set to that of another one is still itself.
    pub fn own_name(&self) -> Option<&str> {
        self.own_names().next().map(|fact| fact.value.as_str())
    }

    /// All names of the log's own node, in order.
    pub fn own_names(&self) -> impl Iterator<Item = &Fact> {
        self.own_names.of(OWN)
    }

    /// Own full UUIDs and short ids, in order.
    pub fn own_ids(&self) -> impl Iterator<Item = &Fact> {
        self.own_ids.of(OWN)
    }

    /// Is this the id of the log's own node?
    pub fn is_own(&self, id: &str) -> bool {
        self.own_ids().any(|own| id::same_id(&own.value, id))
    }

    /// Cluster names that the node used, in order.
    pub fn groups(&self) -> impl Iterator<Item = &Fact> {
        self.groups.of(OWN)
    }

    /// Names of all members of its views.
    pub fn members(&self) -> BTreeSet<&str> {
        self.names.iter().map(|(_, fact)| fact.value.as_str()).collect()
    }

    /// The names that this log tells for a full UUID or short id, in order of UUID.
    pub fn named(&self, id: &str) -> impl Iterator<Item = (&str, &Fact)> {
        self.names.beginning(id::first_group(id)).filter(move |(uuid, _)| id::same_id(uuid, id))
    }

    /// The time since which the node has this address as its own at a moment.
    pub fn owns_since(&self, host: &str, moment: Option<NaiveDateTime>, clock: &Clock) -> Option<NaiveDateTime> {
        let ways = [way::LISTENS, way::BASE_HOST, way::IST, way::SST];
        let current = ways.iter().filter_map(|way| self.addresses.at(way, moment, clock));
        let held = current.filter(|fact| fact.value == host);
        held.map(|fact| fact.from(clock).unwrap_or(NaiveDateTime::MIN)).min()
    }

    /// From when to when the node had each of its full UUIDs.
    pub fn lives<'a>(&'a self, clock: &'a Clock) -> impl Iterator<Item = Life<'a>> {
        self.own_ids()
            .filter(|fact| is_full(&fact.value))
            .filter_map(move |fact| Some(Life { uuid: &fact.value, from: fact.from(clock)?, to: fact.to(clock)? }))
    }

    /// The log ends here.
    pub fn close(&mut self, last: Option<Stamp>) {
        self.end_life(last);
    }

    fn end_life(&mut self, last: Option<Stamp>) {
        if std::mem::take(&mut self.alive)
            && let Some(own) = self.own_ids.latest_mut(OWN)
        {
            own.last = last.max(own.last);
        }
    }
}

fn is_full(id: &str) -> bool {
    id.len() == 36
}
