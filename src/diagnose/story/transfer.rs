//! State transfers: both sides of an SST or IST as one object.
//!
//! All members print who asks whom (`gcs/src/gcs_group.cpp`); the joiner prints why it needs state and what it got, the
//! donor what it sent, and the scripts of both what went wrong.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::Confirmation;
use super::{Place, Said, clean, in_order, moment_text, node_name, place, said, spot_of};
use crate::cluster::log::Log;
use crate::cluster::track::Tracked;
use crate::parse::event::{Event, Gtid};

/// Transfers told: the latest ones.
const MOST_TRANSFERS: usize = 300;

/// Steps told per transfer.
const MOST_STEPS: usize = 40;

/// Members print the same request within so many seconds.
const TOGETHER: i64 = 10;

/// So many seconds before a request the joiner may say why it asks.
const BEFORE: i64 = 120;

/// One transfer of state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Transfer {
    pub joiner: String,
    /// Missing where no donor could be chosen.
    pub donor: Option<String>,
    /// `SST`, `IST`, or `unknown` where neither side's log tells.
    pub kind: &'static str,
    /// `rsync`, `mariabackup`, `xtrabackup-v2`…
    pub method: Option<String>,
    /// Why the joiner needs it.
    pub why: Option<String>,
    /// Write-sets of an incremental part.
    pub first_seqno: Option<i64>,
    pub last_seqno: Option<i64>,
    pub requested: Option<String>,
    pub ended: Option<String>,
    /// From the request to the last word about it.
    pub seconds: Option<i64>,
    /// `complete`, `failed`, `no donor`, or `unknown` where the logs tell no end.
    pub outcome: &'static str,
    /// The first side that failed, and what it said first.
    pub first_failure: Option<Failure>,
    /// What the exit code of a script means: the servers print it as an errno, which it is not.
    pub exit_code: Option<String>,
    /// Logs that hold the details and are not part of the error log.
    pub ask_for: Vec<String>,
    pub steps: Vec<Step>,
    pub confirmed_by: Vec<Confirmation>,
}

/// Who failed first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// `donor` or `joiner`.
    pub side: &'static str,
    #[serde(flatten)]
    pub said: Said,
}

/// One step on the way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    pub node: String,
    pub what: String,
    #[serde(flatten)]
    pub place: Place,
}

/// A transfer while its parts are collected.
struct Draft<'a> {
    joiner: &'a str,
    donor: Option<&'a str>,
    at: Option<NaiveDateTime>,
    /// When the joiner or this donor has the next one: what comes then is not of this one.
    until: Option<NaiveDateTime>,
    events: Vec<(usize, &'a Tracked)>,
    confirmed_by: Vec<(usize, &'a Tracked)>,
    no_donor: Option<&'a str>,
}

/// All transfers, in order of their requests.
pub fn transfers(logs: &[Log]) -> Vec<Transfer> {
    let events = in_order(logs);
    let mut drafts = requests(&events);
    bound(&mut drafts);
    for &(log, one) in &events {
        let index = drafts.iter().position(|draft| announces(logs, draft, log, one));
        let index = index.or_else(|| drafts.iter().rposition(|draft| follows(logs, draft, log, one)));
        if let Some(index) = index {
            drafts[index].events.push((log, one));
        }
    }
    let first = drafts.len().saturating_sub(MOST_TRANSFERS);
    let mut all: Vec<Transfer> = drafts[first..].iter().map(|draft| transfer(logs, draft)).collect();
    hand_reasons_on(&mut all);
    all
}

/// A joiner that found no donor asks again, and says only once why it needs state.
fn hand_reasons_on(all: &mut [Transfer]) {
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for one in all {
        if one.why.is_none() {
            one.why = open.get(&one.joiner).cloned();
        }
        match &one.why {
            Some(why) if one.outcome == "no donor" => open.insert(one.joiner.clone(), why.clone()),
            _ => open.remove(&one.joiner),
        };
    }
}

fn requests<'a>(events: &[(usize, &'a Tracked)]) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    for &(log, one) in events {
        let (joiner, donor, no_donor) = match &one.event {
            Event::TransferRequested { joiner, donor, .. } => (joiner.as_str(), Some(donor.as_str()), None),
            Event::NoDonor { joiner, reason, .. } => (joiner.as_str(), None, Some(reason.as_str())),
            _ => continue,
        };
        let same = drafts.iter_mut().rev().find(|draft| {
            draft.joiner == joiner && draft.donor == donor && near(draft.at, one.at) && {
                // A joiner that finds no donor asks again each second: one story, not fifty.
                donor.is_none() || draft.confirmed_by.iter().all(|(known, _)| *known != log)
            }
        });
        match same {
            Some(draft) => draft.confirmed_by.push((log, one)),
            None => drafts.push(Draft {
                joiner,
                donor,
                at: one.at,
                until: None,
                events: Vec::new(),
                confirmed_by: vec![(log, one)],
                no_donor,
            }),
        }
    }
    drafts
}

fn near(one: Option<NaiveDateTime>, other: Option<NaiveDateTime>) -> bool {
    one.zip(other).is_none_or(|(one, other)| (one - other).abs() <= TimeDelta::seconds(TOGETHER))
}

/// A transfer lasts at most until its joiner asks again.
fn bound(drafts: &mut [Draft<'_>]) {
    let mut next: BTreeMap<&str, Option<NaiveDateTime>> = BTreeMap::new();
    for draft in drafts.iter_mut().rev() {
        draft.until = next.get(draft.joiner).copied().flatten();
        next.insert(draft.joiner, draft.at);
    }
}

/// Is this what the joiner says just before it asks?
fn announces(logs: &[Log], draft: &Draft<'_>, log: usize, one: &Tracked) -> bool {
    let said_before = match &one.event {
        Event::TransferRequired { .. } | Event::IstReceiver { .. } => true,
        Event::SstRun { role, .. } => role == "joiner",
        Event::SstStage { role, step, .. } => role == "joiner" && step == "started",
        _ => false,
    };
    let just_before =
        one.at.zip(draft.at).is_some_and(|(at, asked)| at <= asked && asked - at <= TimeDelta::seconds(BEFORE));
    said_before && just_before && logs[log].is_of(draft.joiner)
}

/// Is this what either side says of it once it was asked for?
fn follows(logs: &[Log], draft: &Draft<'_>, log: usize, one: &Tracked) -> bool {
    let (Some(at), Some(asked)) = (one.at, draft.at) else { return false };
    if at < asked || draft.until.is_some_and(|until| at >= until) {
        return false;
    }
    let own = &logs[log];
    let is_joiner = own.is_of(draft.joiner);
    let is_donor = draft.donor.is_some_and(|donor| own.is_of(donor));
    match &one.event {
        Event::SstRun { role, .. } => role == "donor" && is_donor,
        Event::SstStage { role, step, .. } if role == "joiner" => is_joiner && step == "completed",
        Event::SstStage { .. } | Event::SstSent { .. } | Event::IstSending { .. } => is_donor,
        Event::SstScriptFailed { role, .. } => {
            if role == "donor" {
                is_donor
            } else {
                is_joiner
            }
        }
        Event::SstReceived { .. }
        | Event::SstStep { .. }
        | Event::IstReceiving { .. }
        | Event::IstReceived { .. }
        | Event::NeverReceives => is_joiner,
        Event::IstFailed { .. } | Event::IstFirstMissing { .. } => is_joiner || is_donor,
        Event::TransferResult { donor, joiner, .. } => {
            joins(joiner, draft.joiner) && draft.donor.is_some_and(|chosen| joins(donor, chosen))
        }
        _ => false,
    }
}

/// A member that has left is printed without its name.
fn joins(printed: &str, name: &str) -> bool {
    printed == name || printed == "left the group"
}

fn transfer(logs: &[Log], draft: &Draft<'_>) -> Transfer {
    let facts = Facts::new(draft);
    let failure = first_failure(logs, draft, &facts);
    // A joiner without any state is ready for write-sets from the first one on.
    let range = facts.range.filter(|(first, _)| *first > 0);
    let method = facts.method.map(clean);
    let outcome = facts.outcome(draft);
    let ended = facts.ended.filter(|_| outcome != "unknown");
    Transfer {
        joiner: clean(draft.joiner),
        donor: draft.donor.map(clean),
        kind: facts.kind(),
        ask_for: ask_for(draft, outcome, method.as_deref()),
        method,
        why: why(&facts),
        first_seqno: range.map(|(first, _)| first),
        last_seqno: range.map(|(_, last)| last),
        requested: draft.at.map(moment_text),
        ended: ended.map(moment_text),
        seconds: draft.at.zip(ended).map(|(from, to)| (to - from).num_seconds()),
        outcome,
        first_failure: failure,
        exit_code: facts.exit_code(),
        steps: steps(logs, draft),
        confirmed_by: confirmations(logs, draft),
    }
}

/// What the events of a transfer say.
#[derive(Default)]
struct Facts<'a> {
    method: Option<&'a str>,
    /// The donor's script or the joiner's last stage named it.
    transfer: Option<&'a str>,
    bypass: Option<bool>,
    group: Option<&'a Gtid>,
    local: Option<&'a Gtid>,
    range: Option<(i64, i64)>,
    not_in_gcache: Option<i64>,
    sst_received: bool,
    ist_received: bool,
    joiner_complete: bool,
    failed: bool,
    code: Option<(i32, &'a str)>,
    error: Option<&'a str>,
    ended: Option<NaiveDateTime>,
}

impl<'a> Facts<'a> {
    fn new(draft: &Draft<'a>) -> Self {
        let mut facts = Self::default();
        for (_, one) in &draft.events {
            facts.add(&one.event);
            facts.ended = facts.ended.max(one.at);
        }
        facts
    }

    fn add(&mut self, event: &'a Event) {
        match event {
            Event::TransferRequired { group, local } => (self.group, self.local) = (Some(group), Some(local)),
            Event::SstRun { role, method, command, .. } => {
                self.method = Some(method);
                if role == "donor" {
                    self.bypass = Some(command.contains("--bypass"));
                }
            }
            Event::SstStage { method, transfer, step, role } => {
                self.method = Some(method);
                // The joiner's script starts before anyone knows what it will get.
                if role == "donor" || step == "completed" {
                    self.transfer = Some(transfer);
                }
            }
            Event::SstScriptFailed { method, role, code, .. } => {
                self.method = Some(method);
                self.failed = true;
                self.code = self.code.or(code.map(|code| (code, role.as_str())));
            }
            Event::SstReceived { .. } => self.sst_received = true,
            Event::SstSent { outcome, .. } => self.failed |= outcome == "failed",
            Event::IstReceiver { first: Some(first), last: Some(last), .. } => {
                self.range = self.range.or(Some((*first, *last)));
            }
            Event::IstReceiving { first, last, .. } => {
                self.ist_received = true;
                self.range = Some((*first, *last));
            }
            Event::IstFirstMissing { seqno } => self.not_in_gcache = Some(*seqno),
            Event::IstFailed { .. } | Event::NeverReceives => self.failed = true,
            Event::TransferResult { outcome, error, by, .. } => {
                self.failed |= outcome == "failed";
                self.joiner_complete |= outcome == "complete" && by == "joiner";
                self.error = self.error.or(error.as_deref());
            }
            _ => {}
        }
    }

    fn kind(&self) -> &'static str {
        match (self.transfer, self.bypass) {
            (Some("IST"), _) | (None, Some(true)) => "IST",
            (Some(_), _) | (None, Some(false)) => "SST",
            (None, None) if self.ist_received && !self.sst_received => "IST",
            (None, None) if self.method.is_some() && self.sst_received => "SST",
            (None, None) => "unknown",
        }
    }

    fn outcome(&self, draft: &Draft<'_>) -> &'static str {
        if draft.no_donor.is_some() {
            "no donor"
        } else if self.joiner_complete {
            "complete"
        } else if self.failed {
            "failed"
        } else {
            "unknown"
        }
    }

    fn exit_code(&self) -> Option<String> {
        let named = || self.error.and_then(code_of).map(|code| (code, "donor"));
        let (code, role) = self.code.or_else(named)?;
        Some(format!("{code} of the {role}'s script: {}", meaning(code)))
    }
}

/// The exit code behind the words that the servers print for it.
fn code_of(error: &str) -> Option<i32> {
    const WORDS: &[(&str, i32)] = &[
        ("Operation not permitted", 1),
        ("No such file or directory", 2),
        ("No such process", 3),
        ("Interrupted system call", 4),
        ("Permission denied", 13),
        ("Device or resource busy", 16),
        ("Invalid argument", 22),
        ("Broken pipe", 32),
        ("No message of desired type", 42),
        ("Operation already in progress", 114),
        ("Unknown error 255", 255),
    ];
    WORDS.iter().find(|(words, _)| error.contains(words)).map(|&(_, code)| code)
}

/// What the scripts of MariaDB mean by their exit codes (`scripts/wsrep_sst_*.sh`), and what the server makes of the
/// codes of the shell (`sql/wsrep_utils.cc`).
fn meaning(code: i32) -> &'static str {
    match code {
        1 => "it failed, and did not say how",
        2 => "a program or file that it needs is missing",
        3 => "it was interrupted, or its server ended",
        4 => "it was killed",
        13 => "a program that it needs may not be run",
        16 => "the port or lock that it needs is in use",
        22 => "an option, its settings or its certificates are wrong",
        32 => "sending or receiving the data broke off; this is not an error of a pipe",
        42 => "the received data could not be used, or the port is in use",
        93 => "the encryption that it was told to use is not supported",
        114 => "another transfer already runs on that node",
        255 => "the program that moves the data failed",
        _ => "see the lines of WSREP_SST before it",
    }
}

const NO_HISTORY: &str = "00000000-0000-0000-0000-000000000000";

fn why(facts: &Facts<'_>) -> Option<String> {
    if let Some(seqno) = facts.not_in_gcache {
        return Some(format!("the donor's gcache no longer has write-set {seqno}"));
    }
    let (group, local) = facts.group.zip(facts.local)?;
    let text = if local.uuid == NO_HISTORY {
        "the joiner has no state, or one that can't be trusted".to_owned()
    } else if local.uuid != group.uuid {
        format!("the joiner has another history: {} instead of {}", local.uuid, group.uuid)
    } else if facts.kind() == "SST" {
        let (local, group) = (local.seqno, group.seqno);
        format!("the joiner is at {local}, the group at {group}, and the donor gave all data instead of the write-sets")
    } else {
        format!("the joiner is at {}, the group at {}", local.seqno, group.seqno)
    };
    Some(clean(&text))
}

/// The earliest failing word of either side.
fn first_failure(logs: &[Log], draft: &Draft<'_>, facts: &Facts<'_>) -> Option<Failure> {
    if !facts.failed {
        return None;
    }
    let ended = facts.ended;
    let mut failures: Vec<(NaiveDateTime, Failure)> = Vec::new();
    for log in logs {
        let is_donor = draft.donor.is_some_and(|donor| log.is_of(donor));
        let side = match (log.is_of(draft.joiner), is_donor) {
            (true, _) => "joiner",
            (_, true) => "donor",
            _ => continue,
        };
        for quote in &log.errors {
            let Some(at) = log.moment(quote.spot.time) else { continue };
            let during = draft.at.is_none_or(|asked| at >= asked)
                && ended.is_none_or(|ended| at < ended + TimeDelta::seconds(1));
            if during {
                failures.push((at, Failure { side, said: said(log, quote) }));
            }
        }
    }
    failures.sort_by(|(left_at, left), (right_at, right)| {
        // Servers stamp whole seconds, scripts do not; in the same second a script's word comes before its server's.
        let key = |at: &NaiveDateTime, failure: &Failure| {
            let of_server = !failure.said.text.starts_with("WSREP_SST");
            (at.and_utc().timestamp(), of_server, *at, failure.side, failure.said.place.line)
        };
        key(left_at, left).cmp(&key(right_at, right))
    });
    failures.into_iter().next().map(|(_, failure)| failure)
}

fn ask_for(draft: &Draft<'_>, outcome: &str, method: Option<&str>) -> Vec<String> {
    if !matches!(outcome, "failed" | "unknown") {
        return Vec::new();
    }
    let donor = draft.donor.map_or_else(|| "the donor".to_owned(), clean);
    let joiner = clean(draft.joiner);
    match method {
        Some("mariabackup") => vec![
            format!("mariabackup.backup.log in the data directory of {donor}"),
            format!("mariabackup.prepare.log and mariabackup.move.log in the data directory of {joiner}"),
        ],
        Some(method) if method.starts_with("xtrabackup") => vec![
            format!("innobackup.backup.log in the data directory of {donor}"),
            format!("innobackup.prepare.log and innobackup.move.log in the data directory of {joiner}"),
        ],
        _ => Vec::new(),
    }
}

fn steps(logs: &[Log], draft: &Draft<'_>) -> Vec<Step> {
    let told = draft.events.iter().filter_map(|(log, one)| {
        let what = step(&one.event)?;
        Some(Step { node: node_name(&logs[*log]), what: clean(&what), place: place(&logs[*log], spot_of(one)) })
    });
    let mut steps: Vec<Step> = Vec::new();
    for step in told {
        // All members print how it ended.
        let ended = step.what.contains(", says the ");
        let known = steps.iter().any(|known| known.what == step.what && (ended || known.node == step.node));
        if !known && steps.len() < MOST_STEPS {
            steps.push(step);
        }
    }
    steps
}

fn step(event: &Event) -> Option<String> {
    Some(match event {
        Event::TransferRequired { group, local } => format!("needs state: {} to {}", local.seqno, group.seqno),
        Event::SstRun { role, .. } => format!("the script of the {role} starts"),
        Event::SstStage { transfer, step, role, .. } => format!("{transfer} {step} on {role}"),
        Event::SstScriptFailed { role, code, .. } => {
            let code = code.map_or_else(String::new, |code| format!(", exit code {code}"));
            format!("the script of the {role} failed{code}")
        }
        Event::SstSent { outcome, .. } => format!("sent: {outcome}"),
        Event::SstReceived { position } => format!("state received at {}", position.seqno),
        Event::IstReceiving { count, first, last } => format!("receives {count} write-sets, {first} to {last}"),
        Event::IstSending { first, last, .. } => format!("sends write-sets {first} to {last}"),
        Event::IstReceived { position } => format!("write-sets received up to {}", position.seqno),
        Event::SstStep { step } => format!("{step} the SST"),
        Event::NeverReceives => "will never receive its state".to_owned(),
        Event::IstFailed { error } => format!("IST failed: {error}"),
        Event::IstFirstMissing { seqno } => format!("write-set {seqno} is not in the gcache"),
        Event::TransferResult { outcome, by, error, .. } => {
            let error = error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
            format!("{outcome}, says the {by}{error}")
        }
        _ => return None,
    })
}

fn confirmations(logs: &[Log], draft: &Draft<'_>) -> Vec<Confirmation> {
    let mut all: Vec<Confirmation> = Vec::new();
    for (log, one) in &draft.confirmed_by {
        let node = node_name(&logs[*log]);
        if all.iter().all(|known| known.node != node) {
            all.push(Confirmation { node, place: place(&logs[*log], spot_of(one)) });
        }
    }
    all.sort_by(|left, right| left.node.cmp(&right.node));
    all
}
