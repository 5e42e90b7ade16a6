//! A few words for each event, and the state that a node is in after it.

use super::Names;
use crate::parse::event::{Event, ViewMember};

/// Kind and words of a row; `None` for events that the story does not tell.
pub fn label(event: &Event, names: &Names) -> Option<(&'static str, String)> {
    process(event)
        .or_else(|| state(event))
        .or_else(|| view(event, names))
        .or_else(|| transfer(event))
        .or_else(|| other(event, names))
}

/// The state of the node after the event, as the log writes it.
pub fn state_after(event: &Event) -> Option<String> {
    match event {
        Event::Shift { to, .. } | Event::Restored { to, .. } => Some(to.clone()),
        Event::ServerStart { .. } => Some("STARTING".to_owned()),
        Event::ShutdownComplete | Event::Aborting | Event::Crash { .. } | Event::ProcessEnded { .. } => {
            Some("DOWN".to_owned())
        }
        _ => None,
    }
}

fn process(event: &Event) -> Option<(&'static str, String)> {
    let text = match event {
        Event::ServerStart { version, .. } => format!("start {}", version.split('-').next().unwrap_or(version)),
        Event::ServerReady { .. } => "ready for connections".to_owned(),
        Event::ShutdownStart { by: Some(by) } if by != "unknown" => format!("shutdown by {by}"),
        Event::ShutdownStart { .. } => "shutdown".to_owned(),
        Event::ShutdownComplete => "stopped".to_owned(),
        Event::Crash { signal, .. } => format!("CRASH, signal {signal}"),
        Event::Aborting => "ABORTS".to_owned(),
        Event::Assertion { file, line } => format!("assertion {file}:{line}"),
        Event::ProcessEnded { how } => format!("DIED ({how})"),
        Event::ProviderLoaded { version } => format!("provider {version}"),
        Event::Bootstrapping { group } => format!("BOOTSTRAPS {group}"),
        Event::SavedState { seqno, safe, .. } => {
            format!("saved seqno {seqno}{}", if *safe == Some(1) { ", safe to bootstrap" } else { "" })
        }
        Event::RecoveredPosition { seqno, .. } => format!("recovered seqno {seqno}"),
        Event::ClockStep { seconds } => format!("clock back by {seconds} s"),
        _ => return None,
    };
    Some(("process", text))
}

fn state(event: &Event) -> Option<(&'static str, String)> {
    let text = match event {
        Event::Shift { from, to, seqno } => format!("{from} -> {to} ({seqno})"),
        Event::Restored { from, to, seqno } => format!("{from} -> {to} again ({seqno})"),
        Event::NonPrimary => "NON-PRIMARY".to_owned(),
        _ => return None,
    };
    Some(("state", text))
}

fn view(event: &Event, names: &Names) -> Option<(&'static str, String)> {
    let list =
        |members: &[ViewMember]| members.iter().map(|member| names.of(&member.uuid)).collect::<Vec<_>>().join(" ");
    let text = match event {
        Event::GcommView { status, members, joined, left, partitioned, seq, .. }
            if status == "PRIM" || status == "NON_PRIM" =>
        {
            let number = seq.map_or_else(String::new, |seq| format!(" {seq}"));
            let mut text = format!("view{number} {status}: {}", list(members));
            for (sign, group) in [(" +", joined), (" -", left), (" lost ", partitioned)] {
                if !group.is_empty() {
                    text.push_str(sign);
                    text.push_str(&list(group));
                }
            }
            text
        }
        Event::ClusterView { status, members, number, .. } => format!("view {number} {status}: {members} nodes"),
        Event::Suspect { peer } => format!("suspects {}", names.of(peer)),
        Event::Inactive { peer } => format!("gives up {}", names.of(peer)),
        Event::Evicted { peer, .. } => format!("EVICTS {}", names.of(peer)),
        _ => return None,
    };
    Some(("view", text))
}

fn transfer(event: &Event) -> Option<(&'static str, String)> {
    let text = match event {
        Event::TransferRequired { group, local } => format!("needs state: {} -> {}", local.seqno, group.seqno),
        Event::TransferRequested { joiner, donor, .. } => format!("{joiner} <= {donor} asked"),
        Event::NoDonor { joiner, reason, .. } => format!("{joiner}: no donor, {reason}"),
        Event::TransferResult { donor, joiner, outcome, error, .. } => {
            let error = error.as_deref().map_or_else(String::new, |error| format!(": {error}"));
            format!("{joiner} <= {donor} {outcome}{error}")
        }
        Event::SstRun { role, method, .. } => format!("SST {method} as {role}"),
        Event::SstScriptFailed { method, role, code, .. } => {
            format!("SST {method} as {role} FAILED{}", code.map_or_else(String::new, |code| format!(", exit {code}")))
        }
        Event::SstReceived { position } => format!("SST received {}", position.seqno),
        Event::SstSent { outcome, .. } => format!("SST sent: {outcome}"),
        Event::IstReceiving { count, first, last } => format!("IST of {count} write-sets {first}-{last}"),
        Event::IstFailed { error } => format!("IST FAILED: {error}"),
        Event::IstFirstMissing { seqno } => format!("IST impossible: {seqno} not in gcache"),
        _ => return None,
    };
    Some(("transfer", text))
}

fn other(event: &Event, names: &Names) -> Option<(&'static str, String)> {
    let (kind, text) = match event {
        Event::Vote { name, error, step, .. } => {
            ("vote", format!("{name} {step} vote: {}", error.as_deref().unwrap_or_default().trim()))
        }
        Event::VoteResult { winner, .. } => ("vote", format!("vote won by {winner}")),
        Event::Inconsistent { gtid } => (
            "vote",
            gtid.as_ref().map_or_else(|| "INCONSISTENT".to_owned(), |gtid| format!("INCONSISTENT at {}", gtid.seqno)),
        ),
        Event::ApplierError { error, .. } => ("vote", format!("applier: {}", error.as_deref().unwrap_or("failed"))),
        Event::Desync { name, .. } => ("flow", format!("{name} desyncs")),
        Event::Resync { name, .. } => ("flow", format!("{name} resyncs")),
        Event::ProviderPaused { .. } => ("flow", "provider paused".to_owned()),
        Event::ProviderResumed => ("flow", "provider resumed".to_owned()),
        Event::GroupMismatch { peer_group, .. } => ("link", format!("refuses group {peer_group}")),
        Event::DuplicateName { name } => ("view", format!("two members named {}", names.of(name))),
        _ => return None,
    };
    Some((kind, text))
}
