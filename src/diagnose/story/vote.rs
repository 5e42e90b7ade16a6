//! Votes on write-sets that failed on some nodes only: who failed, who won, and which side is likely wrong.
//!
//! A node whose applier fails starts a vote on the error (`gcs/src/gcs_group.cpp`); the larger side stays, the other
//! one leaves the group. The larger side can be the one that lost data.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::{clean, in_order, moment_text, node_name};
use crate::cluster::log::Log;
use crate::parse::event::Event;

/// Votes told: the latest ones.
const MOST_VOTES: usize = 200;

/// An applier prints its error within so many seconds of the vote.
const NEAR: i64 = 5;

/// One vote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Vote {
    /// Position of the write-set in the history.
    pub seqno: i64,
    /// UUID of the history.
    pub history: String,
    pub at: Option<String>,
    /// Table of the row event that failed, where an applier named it.
    pub table: Option<String>,
    /// The error that the nodes voted with.
    pub error: Option<String>,
    /// Nodes that could not apply the write-set.
    pub failed: Vec<String>,
    /// Nodes that applied it.
    pub succeeded: Vec<String>,
    /// `success`, `error`, or nothing where no log has the result.
    pub winner: Option<&'static str>,
    /// Nodes that are inconsistent with the group and leave it.
    pub expelled: Vec<String>,
    /// The nodes that could not apply the write-set outvoted the one that could: theirs may be the wrong data.
    pub majority_may_be_wrong: bool,
    /// Where the write-set can be looked at, on each node that failed.
    pub write_set_file: String,
}

#[derive(Default)]
struct Ballot {
    at: Option<NaiveDateTime>,
    error: Option<String>,
    table: Option<String>,
    /// Hash by voter.
    votes: BTreeMap<String, String>,
    winner: Option<String>,
    expelled: Vec<String>,
}

/// All votes, in order.
pub fn votes(logs: &[Log]) -> Vec<Vote> {
    let mut ballots: BTreeMap<(String, i64), Ballot> = BTreeMap::new();
    let mut applier_errors: Vec<(usize, NaiveDateTime, &str)> = Vec::new();
    let mut latest: BTreeMap<usize, (String, i64)> = BTreeMap::new();
    for (log, one) in in_order(logs) {
        match &one.event {
            Event::ApplierError { table, .. } => applier_errors.extend(one.at.map(|at| (log, at, table.as_str()))),
            Event::Vote { name, gtid, hash, error, .. } => {
                let key = (gtid.uuid.clone(), gtid.seqno);
                let ballot = ballots.entry(key.clone()).or_default();
                ballot.at = ballot.at.or(one.at);
                ballot.votes.entry(clean(name)).or_insert_with(|| hash.clone());
                if ballot.error.is_none() {
                    ballot.error = error.as_deref().map(|error| clean(error.trim()));
                }
                let table = table_near(&applier_errors, one.at);
                ballot.table = ballot.table.take().or(table);
                latest.insert(log, key);
            }
            Event::VoteResult { gtid, winner } => {
                let ballot = ballots.entry((gtid.uuid.clone(), gtid.seqno)).or_default();
                ballot.at = ballot.at.or(one.at);
                ballot.winner.get_or_insert_with(|| winner.clone());
            }
            Event::Inconsistent { gtid } => {
                let key = gtid.as_ref().map(|gtid| (gtid.uuid.clone(), gtid.seqno)).or(latest.get(&log).cloned());
                let Some(ballot) = key.and_then(|key| ballots.get_mut(&key)) else { continue };
                let node = node_name(&logs[log]);
                if !ballot.expelled.contains(&node) {
                    ballot.expelled.push(node);
                }
            }
            _ => {}
        }
    }
    let mut votes: Vec<_> = ballots.into_iter().map(|(key, ballot)| (ballot.at, vote(key, ballot))).collect();
    votes.sort_by(|(left_at, left), (right_at, right)| {
        (left_at, &left.history, left.seqno).cmp(&(right_at, &right.history, right.seqno))
    });
    votes.drain(..votes.len().saturating_sub(MOST_VOTES));
    votes.into_iter().map(|(_, vote)| vote).collect()
}

fn table_near(errors: &[(usize, NaiveDateTime, &str)], at: Option<NaiveDateTime>) -> Option<String> {
    let at = at?;
    let near = errors.iter().rev().find(|(_, when, _)| (at - *when).abs() <= TimeDelta::seconds(NEAR))?;
    Some(clean(near.2))
}

/// A vote of nothing but zeros means that the write-set was applied.
fn is_success(hash: &str) -> bool {
    hash.bytes().all(|digit| digit == b'0')
}

fn vote((history, seqno): (String, i64), mut ballot: Ballot) -> Vote {
    let side = |success: bool| -> Vec<String> {
        ballot.votes.iter().filter(|(_, hash)| is_success(hash) == success).map(|(name, _)| name.clone()).collect()
    };
    let (failed, succeeded) = (side(false), side(true));
    ballot.expelled.sort();
    let winner = ballot.winner.as_deref().map(|hash| if is_success(hash) { "success" } else { "error" });
    Vote {
        write_set_file: format!("GRA_*_{seqno}*.log in the data directory"),
        majority_may_be_wrong: winner == Some("error") && !ballot.expelled.is_empty(),
        seqno,
        history: clean(&history),
        at: ballot.at.map(moment_text),
        table: ballot.table,
        error: ballot.error,
        failed,
        succeeded,
        winner,
        expelled: ballot.expelled,
    }
}
