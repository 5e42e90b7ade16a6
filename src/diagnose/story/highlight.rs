//! The few lines of the story that a person wants to read: lost quorums, failed transfers, votes, deaths, loops.

use super::Story;
use super::lifetime::{Lifetime, NodeLife};
use super::transfer::Transfer;
use super::view::QuorumLoss;
use super::vote::Vote;

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Highlight {
    /// In the time of the cluster.
    pub at: Option<String>,
    pub text: String,
}

impl Story {
    /// What stands out, in order of time.
    pub fn highlights(&self) -> Vec<Highlight> {
        let mut all: Vec<Highlight> = self.quorum_losses.iter().map(quorum_loss).collect();
        all.extend(self.transfers.iter().filter(|one| one.outcome != "complete").map(transfer));
        all.extend(self.votes.iter().map(vote));
        for node in &self.nodes {
            all.extend(node.lifetimes.iter().filter_map(|life| death(node, life)));
            all.extend(restart_loop(node));
        }
        all.sort();
        all.dedup();
        all
    }
}

fn quorum_loss(loss: &QuorumLoss) -> Highlight {
    let nodes: Vec<&str> = loss.nodes.iter().map(|one| one.node.as_str()).collect();
    Highlight { at: loss.at.clone(), text: format!("{}: no quorum: {}", nodes.join(", "), loss.reason) }
}

fn transfer(one: &Transfer) -> Highlight {
    let method = one.method.as_deref().map_or_else(String::new, |method| format!(" by {method}"));
    let from = one.donor.as_deref().map_or_else(String::new, |donor| format!(" from {donor}"));
    let what = if one.kind == "unknown" { "state transfer" } else { one.kind };
    let mut text = format!("{}: {what}{from}{method}", one.joiner);
    text.push_str(match one.outcome {
        "failed" => " failed",
        "no donor" => ": no donor could be chosen",
        _ => ": no log tells how it ended",
    });
    if let Some(failure) = &one.first_failure {
        let said = &failure.said;
        text.push_str(&format!(", first on the {} ({}:{})", failure.side, said.place.input, said.place.line));
    }
    if let Some(code) = &one.exit_code {
        text.push_str(&format!("; exit code {code}"));
    }
    Highlight { at: one.requested.clone(), text }
}

fn vote(vote: &Vote) -> Highlight {
    let table = vote.table.as_deref().map_or_else(String::new, |table| format!(" for {table}"));
    let mut text = format!("vote on write-set {}{table}: failed on {}", vote.seqno, list(&vote.failed));
    if !vote.succeeded.is_empty() {
        text.push_str(&format!(", applied on {}", list(&vote.succeeded)));
    }
    if !vote.expelled.is_empty() {
        text.push_str(&format!("; {} left the group", list(&vote.expelled)));
    }
    if vote.majority_may_be_wrong {
        text.push_str("; the majority may be the wrong side");
    }
    Highlight { at: vote.at.clone(), text }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no node that these logs name".to_owned() } else { names.join(", ") }
}

fn death(node: &NodeLife, life: &Lifetime) -> Option<Highlight> {
    let how = match life.ending {
        "crash" => "crashed",
        "abort" => "gave up",
        "killed" => "was killed, or its machine died: it left no word",
        "silent" => "fell silent while its peers went on",
        _ => return None,
    };
    let detail = life.detail.as_deref().map_or_else(String::new, |detail| format!(" ({detail})"));
    let at = life.ended.as_ref().or(life.started.as_ref()).and_then(|place| place.at.clone());
    Some(Highlight { at, text: format!("{}: {how}{detail}", node.node) })
}

fn restart_loop(node: &NodeLife) -> Option<Highlight> {
    let last = node.lifetimes.last()?.started.as_ref().and_then(|place| place.at.clone());
    let text = format!("{}: {} starts in a row never came to be synced", node.node, node.failed_starts);
    (node.failed_starts > 1).then_some(Highlight { at: last, text })
}
