//! The history of views: who was a member when, who left and who was lost, and where a component lost its quorum.
//!
//! A view has the same id on all its members (`gcomm/src/view.cpp`), so each is confirmed by the logs that print it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Place, in_order, moment_text, names, node_name, place, spot_of};
use crate::cluster::log::Log;
use crate::cluster::track::Tracked;
use crate::cluster::whose::NamesById;
use crate::parse::event::Event;

/// Views told: the latest ones.
const MOST_VIEWS: usize = 500;

/// Nodes that lose their quorum within so many seconds lose it together.
const TOGETHER: i64 = 15;

/// A view of the group, with all nodes that print it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct View {
    /// Representative and number, as printed: `b63c1f5a-9f1a,4`.
    pub id: String,
    pub primary: bool,
    /// Names, else short ids.
    pub members: Vec<String>,
    pub joined: Vec<String>,
    /// Left in an orderly way.
    pub left: Vec<String>,
    /// Lost.
    pub partitioned: Vec<String>,
    /// When the first node installed it, in the time of the cluster.
    pub at: Option<String>,
    /// The nodes whose logs print it, with the places.
    pub confirmed_by: Vec<Confirmation>,
}

/// A node that prints something that others print, too.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Confirmation {
    pub node: String,
    #[serde(flatten)]
    pub place: Place,
}

/// A component that is no longer primary.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct QuorumLoss {
    /// When the first of its nodes said so, in the time of the cluster.
    pub at: Option<String>,
    /// The nodes that are no longer part of a primary component, with the lines that say so.
    pub nodes: Vec<Confirmation>,
    /// Members of the last primary view, and those that stayed together.
    pub of: usize,
    pub remained: usize,
    /// Members that were lost.
    pub lost: Vec<String>,
    pub reason: String,
}

/// All views in order: by time, and at the same second by number.
pub fn views(logs: &[Log], known: &NamesById) -> Vec<View> {
    let leaving = leaving(logs);
    let mut found: BTreeMap<(bool, &str, u64), (Option<NaiveDateTime>, View)> = BTreeMap::new();
    for (log, one) in in_order(logs) {
        let Event::GcommView { status, id: Some(id), seq: Some(seq), members, joined, left, partitioned } = &one.event
        else {
            continue;
        };
        let primary = status == "PRIM";
        if !primary && (status != "NON_PRIM" || leaving.contains(&(log, one.file, one.line))) {
            continue;
        }
        let new = || View {
            id: super::clean(&format!("{id},{seq}")),
            primary,
            members: names(known, &logs[log], members),
            joined: Vec::new(),
            left: Vec::new(),
            partitioned: Vec::new(),
            at: one.at.map(moment_text),
            confirmed_by: Vec::new(),
        };
        let (_, view) = found.entry((primary, id, *seq)).or_insert_with(|| (one.at, new()));
        // A node that joins sees all members as joined; its own view of the others is not news.
        for (list, group) in [(&mut view.joined, joined), (&mut view.left, left), (&mut view.partitioned, partitioned)]
        {
            let group = names(known, &logs[log], group);
            let shorter = view.confirmed_by.is_empty() || (!group.is_empty() && group.len() < list.len());
            if shorter || list.is_empty() {
                *list = group;
            }
        }
        confirm(&mut view.confirmed_by, &logs[log], one);
    }
    let mut views: Vec<_> = found.into_iter().collect();
    views.sort_by(|(left, (left_at, _)), (right, (right_at, _))| {
        (left_at, left.2, !left.0, left.1).cmp(&(right_at, right.2, !right.0, right.1))
    });
    let mut views: Vec<View> = views.into_iter().map(|(_, (_, view))| view).collect();
    views.drain(..views.len().saturating_sub(MOST_VIEWS));
    views
}

/// Where components lost their quorum, in order.
pub fn quorum_losses(logs: &[Log], known: &NamesById) -> Vec<QuorumLoss> {
    let leaving = leaving(logs);
    let mut losses: Vec<(Option<NaiveDateTime>, Vec<String>, QuorumLoss)> = Vec::new();
    let mut primary: BTreeMap<usize, (usize, Vec<String>)> = BTreeMap::new();
    for (log, one) in in_order(logs) {
        let Event::GcommView { status, members, left, partitioned, .. } = &one.event else { continue };
        let now = names(known, &logs[log], members);
        match status.as_str() {
            "PRIM" => {
                primary.insert(log, (one.process, now));
            }
            "NON_PRIM" => {
                let Some((process, before)) = primary.remove(&log) else { continue };
                if process != one.process || members.is_empty() || leaving.contains(&(log, one.file, one.line)) {
                    continue;
                }
                let same = losses.iter_mut().rev().find(|(at, members, _)| *members == now && together(*at, one.at));
                if let Some((_, _, loss)) = same {
                    confirm(&mut loss.nodes, &logs[log], one);
                    continue;
                }
                let lost = names(known, &logs[log], partitioned);
                let mut loss = QuorumLoss {
                    at: one.at.map(moment_text),
                    nodes: Vec::new(),
                    of: before.len(),
                    remained: now.len(),
                    reason: reason(&before, &now, &lost, left.len()),
                    lost,
                };
                confirm(&mut loss.nodes, &logs[log], one);
                losses.push((one.at, now, loss));
            }
            _ => {}
        }
    }
    losses.into_iter().map(|(_, _, loss)| loss).collect()
}

/// Views that a node prints on its way out, by log, file and line: it is alone then, and no quorum was lost. The empty
/// view follows at once.
fn leaving(logs: &[Log]) -> BTreeSet<(usize, usize, u64)> {
    let mut found = BTreeSet::new();
    for (index, log) in logs.iter().enumerate() {
        let mut before: Option<&Tracked> = None;
        for one in &log.track.events {
            let Event::GcommView { status, .. } = &one.event else { continue };
            match (status.as_str(), before) {
                ("empty", Some(last)) if last.process == one.process && together(last.at, one.at) => {
                    found.insert((index, last.file, last.line));
                }
                _ => {}
            }
            before = Some(one);
        }
    }
    found
}

fn together(one: Option<NaiveDateTime>, other: Option<NaiveDateTime>) -> bool {
    one.zip(other).is_none_or(|(one, other)| (one - other).abs() <= TimeDelta::seconds(TOGETHER))
}

fn reason(before: &[String], now: &[String], lost: &[String], left: usize) -> String {
    let (of, remained) = (before.len(), now.len());
    if !lost.is_empty() {
        let half = if remained * 2 == of { ", exactly half, which is no majority" } else { "" };
        format!("{remained} of {of} members remained{half}; lost: {}", lost.join(", "))
    } else if left > 0 {
        format!("{left} members left in an orderly way, and {remained} of {of} remained")
    } else {
        format!("{remained} of {of} members remained")
    }
}

fn confirm(list: &mut Vec<Confirmation>, log: &Log, one: &Tracked) {
    let node = node_name(log);
    if !list.iter().any(|known| known.node == node) {
        list.push(Confirmation { node, place: place(log, spot_of(one)) });
        list.sort_by(|left, right| left.node.cmp(&right.node));
    }
}
