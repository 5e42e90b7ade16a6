//! A few words for each event, and the state that a node is in after it.

use super::Names;
use super::transfer::{Ends, said_by_all};
use crate::parse::event::{Event, ViewMember};

/// A member whose name is not printed any more.
const GONE: &str = "(left)";

/// What an event is told with.
pub struct Telling<'a> {
    pub names: &'a Names<'a>,
    /// The nodes that the event is about, where it is a transfer.
    pub ends: &'a Ends,
    /// The members of the view before.
    pub before: &'a [ViewMember],
}

impl Telling<'_> {
    /// Kind and words of a row; `None` for events that the story does not tell.
    pub fn label(&self, event: &Event) -> Option<(&'static str, String)> {
        process(event)
            .or_else(|| state(event))
            .or_else(|| view(event, self))
            .or_else(|| transfer(event, self.ends))
            .or_else(|| other(event))
            .or_else(|| link(event, self.names))
    }
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
        Event::SavedState { uuid, seqno, safe } => saved_state(uuid, *seqno, *safe),
        Event::RecoveredPosition { seqno, .. } => format!("recovered seqno {seqno}"),
        Event::ClockStep { seconds } => format!("clock back by {seconds} s"),
        Event::InactiveCheck { seconds } => format!("did not run for {seconds} s"),
        _ => return None,
    };
    Some(("process", text))
}

/// A node without a state file prints a state of zeros that is safe to bootstrap from, which it is only when the
/// whole cluster is new.
fn saved_state(uuid: &str, seqno: i64, safe: Option<u8>) -> String {
    let known = uuid.bytes().any(|byte| byte != b'0' && byte != b'-');
    match (known, safe) {
        (true, Some(1)) => format!("saved seqno {seqno}, safe to bootstrap"),
        (true, _) => format!("saved seqno {seqno}"),
        (false, Some(safe)) => format!("no saved state, safe_to_bootstrap: {safe}"),
        (false, None) => "no saved state".to_owned(),
    }
}

fn state(event: &Event) -> Option<(&'static str, String)> {
    let text = match event {
        Event::Shift { from, to, seqno } => format!("{from} -> {to} ({seqno})"),
        Event::Restored { from, to, seqno } => format!("{from} -> {to} again ({seqno})"),
        Event::NonPrimary => "NON-PRIMARY".to_owned(),
        Event::PrimaryNotReached => "NO PRIMARY COMPONENT reached".to_owned(),
        _ => return None,
    };
    Some(("state", text))
}

fn view(event: &Event, telling: &Telling) -> Option<(&'static str, String)> {
    let names = telling.names;
    let text = match event {
        Event::GcommView { status, .. } if status == "PRIM" || status == "NON_PRIM" => members(event, telling)?,
        Event::ClusterView { status, members, number, .. } => format!("view {number} {status}: {members} nodes"),
        Event::Component { bootstrap: true, members, .. } => format!("primary component of {members} BOOTSTRAPPED"),
        Event::NoPrimaryPeers => "no member comes from a primary component".to_owned(),
        Event::Suspect { peer } => format!("suspects {}", names.of(peer)),
        Event::Inactive { peer } => format!("gives up {}", names.of(peer)),
        Event::Evicted { peer, .. } => format!("EVICTS {}", names.of(peer)),
        Event::DuplicateName { name } => format!("two members named {}", names.of(name)),
        Event::GroupMismatch { peer_group, .. } => format!("refuses group {peer_group}"),
        _ => return None,
    };
    Some(("view", text))
}

/// Group communication often leaves its list of the new ones empty: then the view before tells who they are.
fn members(event: &Event, telling: &Telling) -> Option<String> {
    let Event::GcommView { status, members, joined, left, partitioned, seq, .. } = event else { return None };
    let list = |members: &[ViewMember]| {
        members.iter().map(|member| telling.names.of(&member.uuid)).collect::<Vec<_>>().join(" ")
    };
    let is_new = |member: &&ViewMember| !telling.before.iter().any(|known| known.uuid == member.uuid);
    let new: Vec<ViewMember> = if joined.is_empty() && !telling.before.is_empty() {
        members.iter().filter(is_new).cloned().collect()
    } else {
        joined.clone()
    };
    let number = seq.map_or_else(String::new, |seq| format!(" {seq}"));
    let mut text = format!("view{number} {status}: {}", list(members));
    for (sign, group) in [(" +", &new), (" -", left), (" lost ", partitioned)] {
        if !group.is_empty() {
            text.push_str(sign);
            text.push_str(&list(group));
        }
    }
    Some(text)
}

fn transfer(event: &Event, ends: &Ends) -> Option<(&'static str, String)> {
    let name = |end: &Option<String>| end.clone().unwrap_or_else(|| GONE.to_owned());
    let (from, to) = (name(&ends.from), name(&ends.to));
    let text = match event {
        Event::TransferRequired { group, local } => format!("needs state: {} -> {}", local.seqno, group.seqno),
        Event::TransferRequested { .. } | Event::TransferResult { .. } => {
            format!("{to} <= {from} {}", said_by_all(event)?)
        }
        Event::NoDonor { .. } => format!("{to}: {}", said_by_all(event)?),
        Event::SstRun { role, method, .. } => format!("SST {method} as {role}"),
        Event::SstScriptFailed { method, role, code, .. } => {
            format!("SST {method} as {role} FAILED{}", code.map_or_else(String::new, |code| format!(", exit {code}")))
        }
        Event::SstReceived { position } => format!("SST received {}", position.seqno),
        Event::SstSent { outcome, .. } => format!("SST sent: {outcome}"),
        Event::IstReceiving { count, first, last } => format!("IST of {count} write-sets {first}-{last}"),
        Event::IstSending { first, last, .. } => format!("{to} <= {from} IST {first}-{last}"),
        Event::IstReceived { position } => format!("IST received {}", position.seqno),
        Event::NeverReceives => "will never receive its state".to_owned(),
        Event::SstStep { step } => format!("{step} the SST"),
        Event::IstFailed { error } => format!("IST FAILED: {error}"),
        Event::IstFirstMissing { seqno } => format!("IST impossible: {seqno} not in gcache"),
        _ => return None,
    };
    Some(("transfer", text))
}

fn other(event: &Event) -> Option<(&'static str, String)> {
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
        _ => return None,
    };
    Some((kind, text))
}

/// What comes and goes between two nodes: it is much, and only what came of it makes the story.
fn link(event: &Event, names: &Names<'_>) -> Option<(&'static str, String)> {
    let text = match event {
        Event::ConnectionEstablished { peer, address } => format!("connected to {} at {address}", names.of(peer)),
        Event::ConnectFailed { reason } => format!("cannot connect: {reason}"),
        Event::PeerTimeout { peer, address, period } => {
            format!("no sign of {} at {address} for {period}", names.of(peer))
        }
        Event::Reconnecting { peer, address, .. } => format!("reconnects to {} at {address}", names.of(peer)),
        Event::IdentityChanged { peer, address, .. } => format!("{} has a new identity at {address}", names.of(peer)),
        Event::Forgetting { peer, .. } => format!("forgets {}", names.of(peer)),
        Event::IstReceiver { address, first: Some(first), last: Some(last) } => {
            format!("IST receiver for {first}-{last} at {address}")
        }
        _ => return None,
    };
    Some(("link", text))
}
