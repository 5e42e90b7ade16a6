//! The story of the cluster as objects: lifetimes of servers, views, lost quorums, transfers, votes.
//!
//! Each is joined from all logs that tell of it. Everything rests on the events that the logs keep, which are the
//! latest ones ([`crate::cluster::track`]), so memory is bounded by these.

pub mod highlight;
pub mod lifetime;
pub mod transfer;
pub mod view;
pub mod vote;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Serialize;

use super::assemble::time_text;
use super::printable::printable;
use crate::cluster::log::Log;
use crate::cluster::process::{Quote, Spot};
use crate::cluster::track::Tracked;
use crate::cluster::whose::NamesById;
use crate::parse::event::ViewMember;
use lifetime::NodeLife;
use transfer::Transfer;
use view::{QuorumLoss, View};
use vote::Vote;

/// What all logs tell together.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Story {
    /// One entry per node, in order of names.
    pub nodes: Vec<NodeLife>,
    /// The history of the cluster's views, in order.
    pub views: Vec<View>,
    pub quorum_losses: Vec<QuorumLoss>,
    pub transfers: Vec<Transfer>,
    pub votes: Vec<Vote>,
    /// Older events that the logs no longer keep: what they told is missing here.
    pub forgotten_events: u64,
}

/// A place in a log, with its time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Place {
    pub input: String,
    pub line: u64,
    /// As the log prints it.
    pub time: Option<String>,
    /// In the time of the cluster.
    pub at: Option<String>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Said {
    pub node: String,
    #[serde(flatten)]
    pub place: Place,
    pub text: String,
}

/// Tells the story of all logs.
pub fn story(logs: &[Log], names: &NamesById) -> Story {
    Story {
        nodes: lifetime::nodes(logs),
        views: view::views(logs, names),
        quorum_losses: view::quorum_losses(logs, names),
        transfers: transfer::transfers(logs),
        votes: vote::votes(logs),
        forgotten_events: logs.iter().map(|log| log.track.forgotten).sum(),
    }
}

fn clean(text: &str) -> String {
    printable(text.as_bytes())
}

/// The node's name as the documents write it.
pub fn node_name(log: &Log) -> String {
    clean(log.name())
}

/// A moment in the time of the cluster, as the documents write it.
pub fn moment_text(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// A place as the documents write it.
pub fn place(log: &Log, spot: Spot) -> Place {
    Place {
        input: log.files.get(spot.file).map_or_else(String::new, |file| clean(&file.path)),
        line: spot.line,
        time: spot.time.map(time_text),
        at: log.moment(spot.time).map(moment_text),
    }
}

fn said(log: &Log, quote: &Quote) -> Said {
    Said { node: node_name(log), place: place(log, quote.spot), text: printable(&quote.text) }
}

fn spot_of(tracked: &Tracked) -> Spot {
    Spot { file: tracked.file, line: tracked.line, time: tracked.time }
}

/// The names of a view's members, as far as any log knows them, in the view's order.
fn names(known: &NamesById, log: &Log, members: &[ViewMember]) -> Vec<String> {
    let name = |member: &ViewMember| {
        let name = known.of(log, &member.uuid).or(member.name.as_deref()).unwrap_or(&member.uuid);
        clean(name)
    };
    members.iter().map(name).collect()
}

/// All tracked events of all logs in the order of the cluster: by time, then by node and place.
fn in_order(logs: &[Log]) -> Vec<(usize, &Tracked)> {
    let mut all: Vec<(usize, &Tracked)> =
        logs.iter().enumerate().flat_map(|(log, entry)| entry.track.events.iter().map(move |one| (log, one))).collect();
    all.sort_by_key(|(log, one)| (one.at, logs[*log].name(), one.file, one.line));
    all
}
