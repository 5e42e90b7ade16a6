//! Events to facts about identities.

use super::history::{Fact, PROOF_BYTES};
use super::id::{host_of, is_name, is_nobody, is_telling};
use super::{Identity, OWN, is_full, way};
use crate::cluster::process::{Quote, Spot};
use crate::parse::event::{Event, ViewMember};
use crate::parse::stamp::Stamp;
use crate::transport::InnerLine;

/// How far behind its first line a record's row is looked for.
const RECORD_BYTES: usize = 64 << 10;

/// The address that the node tells to others, in provider options.
const BASE_HOST: &str = "base_host";

/// Where an event stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub file: usize,
    /// 1-based line number in the file.
    pub line: u64,
    pub time: Option<Stamp>,
    /// The time of the line before.
    pub before: Option<Stamp>,
    /// The decoded text from the event's line on.
    pub text: &'a [u8],
    /// What the transport said of these lines; empty for plain text.
    pub inner: &'a [InnerLine],
}

impl Place<'_> {
    /// The same place without the text behind this part of it.
    fn up_to(&self, part: &str) -> Self {
        let end = memchr::memmem::find(self.text, part.as_bytes()).map_or(0, |at| at + part.len());
        Self { text: &self.text[..end], ..*self }
    }

    fn proof(&self) -> Quote {
        self.proof_of_line(0, self.line)
    }

    /// The row of the record that has this text, else its first line.
    fn proof_of(&self, row: &str) -> Quote {
        let record = &self.text[..self.text.len().min(RECORD_BYTES)];
        let Some(at) = memchr::memmem::find(record, row.as_bytes()) else { return self.proof() };
        let start = memchr::memrchr(b'\n', &record[..at]).map_or(0, |newline| newline + 1);
        let below = memchr::memchr_iter(b'\n', &record[..start]).count();
        let line = self.inner.get(below).map_or(self.line + below as u64, |inner| inner.raw_line);
        self.proof_of_line(start, line)
    }

    fn proof_of_line(&self, start: usize, line: u64) -> Quote {
        let text = self.text.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', text).unwrap_or(text.len()).min(PROOF_BYTES);
        Quote { spot: Spot { file: self.file, line, time: self.time }, text: text[..end].to_vec() }
    }
}

impl Identity {
    /// Takes in what an event tells of identities.
    pub fn observe(&mut self, event: &Event, place: &Place<'_>) {
        let proof = || place.proof();
        match event {
            Event::ServerConnected { name, uuid, .. } => {
                self.note_own_name(name, place, proof);
                self.note_own_id(uuid, place, proof);
                self.note_name(uuid, name, place, proof);
            }
            Event::OwnUuid { uuid } => self.note_own_id(uuid, place, proof),
            Event::ServerView { members, own_index, status, .. } => {
                self.observe_view(members, *own_index, status == "primary", place);
            }
            Event::ClusterView { status, .. } => self.primary |= status == "Primary",
            Event::Listening { uuid, address } => {
                self.note_own_id(uuid, place, proof);
                self.note_own_address(way::LISTENS, address, place);
            }
            Event::IstReceiver { address, .. } => self.note_own_address(way::IST, address, place),
            // What follows the address may hold the password of `wsrep_sst_auth`.
            Event::SstRun { role, address: Some(address), .. } if role == "joiner" => {
                self.note_own_address(way::SST, address, &place.up_to(address));
            }
            Event::ProviderOptions { options } => {
                for (_, value) in options.iter().filter(|(name, _)| name == BASE_HOST) {
                    self.note_own_address(way::BASE_HOST, value, place);
                }
            }
            Event::Connecting { group, peers } => {
                self.groups.note(OWN, group, place.time, proof);
                for peer in peers.split(',') {
                    self.note_sought(peer, place);
                }
            }
            Event::Bootstrapping { group } => self.groups.note(OWN, group, place.time, proof),
            Event::ServerStart { .. } => self.end_life(place.before),
            Event::ShutdownComplete => self.end_life(place.time),
            _ => self.observe_link(event, place),
        }
    }

    fn observe_link(&mut self, event: &Event, place: &Place<'_>) {
        match event {
            Event::ConnectionEstablished { peer, address } => self.note_peer(peer, address, place),
            Event::PeerTimeout { peer, address, .. } if is_nobody(peer) => self.note_sought(address, place),
            Event::Forgetting { peer, address }
            | Event::Reconnecting { peer, address, .. }
            | Event::PeerTimeout { peer, address, .. }
            | Event::Evicted { peer, address: Some(address) } => self.note_lost_peer(peer, address, place),
            _ => {}
        }
    }

    fn observe_view(&mut self, members: &[ViewMember], own_index: i32, primary: bool, place: &Place<'_>) {
        self.primary |= primary && !members.is_empty();
        for member in members {
            if let Some(name) = member.name.as_deref() {
                self.note_name(&member.uuid, name, place, || place.proof_of(&member.uuid));
            }
        }
        if let Some(own) = usize::try_from(own_index).ok().and_then(|index| members.get(index)) {
            let proof = || place.proof_of(&own.uuid);
            self.note_own_id(&own.uuid, place, proof);
            self.note_own_name(own.name.as_deref().unwrap_or_default(), place, proof);
        }
        if primary {
            self.note_rivals(members, place);
        }
    }

    /// Two members of one view are two nodes, whatever their names.
    fn note_rivals(&mut self, members: &[ViewMember], place: &Place<'_>) {
        for (index, one) in members.iter().enumerate() {
            let name = one.name.as_deref().filter(|name| is_name(name));
            for other in members[index + 1..].iter().filter(|other| name.is_some() && other.name.as_deref() == name) {
                for (one, other) in [(one, other), (other, one)] {
                    self.rivals.note(&one.uuid, &other.uuid, place.time, || place.proof_of(&one.uuid));
                }
            }
        }
    }

    fn note_name(&mut self, uuid: &str, name: &str, place: &Place<'_>, proof: impl FnOnce() -> Quote) {
        if is_name(name) && !is_nobody(uuid) {
            self.names.note(uuid, name, place.time, proof);
        }
    }

    fn note_own_name(&mut self, name: &str, place: &Place<'_>, proof: impl FnOnce() -> Quote) {
        if is_name(name) {
            self.own_names.note(OWN, name, place.time, proof);
        }
    }

    fn note_own_id(&mut self, id: &str, place: &Place<'_>, proof: impl FnOnce() -> Quote) {
        if !is_nobody(id) {
            self.own_ids.note(OWN, id, place.time, proof);
            self.alive = is_full(id);
        }
    }

    fn note_own_address(&mut self, way: &str, address: &str, place: &Place<'_>) {
        let host = host_of(address.trim());
        if !host.is_empty() {
            self.addresses.note(way, host, place.time, || place.proof());
        }
    }

    fn note_sought(&mut self, address: &str, place: &Place<'_>) {
        let host = host_of(address.trim());
        if is_telling(host) {
            self.sought.note(host, "", place.time, || place.proof());
        }
    }

    fn note_peer(&mut self, peer: &str, address: &str, place: &Place<'_>) {
        if !address.is_empty() && !is_nobody(peer) {
            self.peers.note(host_of(address), peer, place.time, || place.proof());
        }
    }

    /// A line about a lost link may come when another node has got the address, so it does not give it back.
    fn note_lost_peer(&mut self, peer: &str, address: &str, place: &Place<'_>) {
        let host = host_of(address);
        let is_peer = |fact: &Fact| fact.value == peer;
        let current = self.peers.latest_mut(host).is_none_or(|fact| is_peer(fact));
        if current || !self.peers.of(host).any(is_peer) {
            self.note_peer(peer, address, place);
        }
    }
}

#[cfg(test)]
mod tests;
