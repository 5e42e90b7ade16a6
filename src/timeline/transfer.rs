//! Who gives state to whom, in the names of the columns.

use std::collections::BTreeMap;

use crate::cluster::log::Log;
use crate::diagnose::printable::printable;
use crate::parse::event::Event;

/// The two ends of a transfer, as far as the event tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The donor.
    pub from: Option<String>,
    /// The joiner.
    pub to: Option<String>,
}

impl Ends {
    /// Nothing in one contradicts the other.
    pub fn agree(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        same(&self.from, &other.from) && same(&self.to, &other.to)
    }

    /// Takes over what the other knows more.
    pub fn learn(&mut self, other: &Self) {
        self.from = self.from.take().or_else(|| other.from.clone());
        self.to = self.to.take().or_else(|| other.to.clone());
    }

    /// How many of the two are known.
    pub fn known(&self) -> usize {
        usize::from(self.from.is_some()) + usize::from(self.to.is_some())
    }
}

/// The column of each member: the user may have given the node another name than its own.
pub struct Columns<'a> {
    by_member: BTreeMap<&'a str, &'a str>,
}

impl<'a> Columns<'a> {
    pub fn new(logs: &[&'a Log]) -> Self {
        let mut by_member: BTreeMap<&str, &str> = BTreeMap::new();
        for log in logs {
            let Some(own) = log.identity.own_name() else { continue };
            // Two logs of the same name: the choice must not depend on the order of the arguments.
            by_member.entry(own).and_modify(|name| *name = (*name).min(log.name())).or_insert(log.name());
        }
        Self { by_member }
    }

    fn of(&self, log: &Log, member: &str) -> String {
        let own = log.identity.own_name() == Some(member);
        let name = if own { log.name() } else { self.by_member.get(member).copied().unwrap_or(member) };
        printable(name.as_bytes())
    }
}

/// The transfers of one log, event by event.
pub struct Transfers<'a> {
    log: &'a Log,
    columns: &'a Columns<'a>,
    /// The joiner that this node was last chosen to serve. A donor serves one joiner at a time.
    served: Option<String>,
}

impl<'a> Transfers<'a> {
    pub fn new(log: &'a Log, columns: &'a Columns<'a>) -> Self {
        Self { log, columns, served: None }
    }

    /// The ends that the event is about; none for an event that is no transfer.
    pub fn ends(&mut self, event: &Event) -> Ends {
        let own = || Some(printable(self.log.name().as_bytes()));
        let column = |member: &str| Some(self.columns.of(self.log, member));
        // A member that has left the group has no index, and no name any more.
        let present = |index: i32, member: &str| if index < 0 { None } else { column(member) };
        match event {
            Event::TransferRequested { joiner, donor, .. } => {
                let ends = Ends { from: column(donor), to: column(joiner) };
                if ends.from == own() {
                    self.served.clone_from(&ends.to);
                }
                ends
            }
            Event::NoDonor { joiner, .. } => Ends { from: None, to: column(joiner) },
            Event::TransferResult { donor_index, donor, joiner_index, joiner, .. } => {
                Ends { from: present(*donor_index, donor), to: present(*joiner_index, joiner) }
            }
            Event::SstRun { role, .. } if role == "donor" => Ends { from: own(), to: self.served.clone() },
            Event::IstSending { .. } => Ends { from: own(), to: self.served.clone() },
            Event::SstRun { role, .. } if role == "joiner" => Ends { from: None, to: own() },
            _ => Ends::default(),
        }
    }
}

/// What every member of the group prints of the same moment, without names; `None` for what only one node prints.
pub fn said_by_all(event: &Event) -> Option<String> {
    match event {
        Event::TransferRequested { .. } => Some("asked".to_owned()),
        Event::NoDonor { reason, .. } => Some(format!("no donor, {reason}")),
        Event::TransferResult { outcome, error, .. } => {
            Some(format!("{outcome}{}", error.as_deref().map_or_else(String::new, |error| format!(": {error}"))))
        }
        _ => None,
    }
}
