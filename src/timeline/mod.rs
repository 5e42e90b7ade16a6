//! The story of the cluster as rows: what happened when, on which node, in the time of the cluster.
//!
//! Pure: collected logs and the document in, rows out. How they are drawn is the business of `report::timeline`.

mod label;
mod shared;
mod transfer;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::log::Log;
use crate::cluster::track::Tracked;
use crate::cluster::whose::NamesById;
use crate::diagnose::assemble::{moment_of, time_text};
use crate::diagnose::document::Document;
use crate::diagnose::printable::printable;
use crate::diagnose::story::moment_text;
use crate::parse::event::{Event, ViewMember};
use label::Telling;
use shared::{Entry, merged};
use transfer::{Columns, Ends, Transfers, said_by_all};

/// The name of this contract.
pub const SCHEMA: &str = "galera-rca/timeline/1";

/// The kinds of rows.
pub const KINDS: &[&str] = &["process", "state", "view", "transfer", "vote", "link", "flow", "diagnosis"];

/// All rows, in order of corrected time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Timeline {
    pub schema: &'static str,
    /// Columns, in the order of their first row.
    pub nodes: Vec<Column>,
    pub rows: Vec<Row>,
    /// Older events that were not kept, over all logs.
    pub forgotten: u64,
}

impl Timeline {
    /// Keeps the rows that fulfil a condition, and the columns that have any.
    pub fn keep(&mut self, wanted: impl Fn(&Row) -> bool) {
        self.rows.retain(wanted);
        let named = |row: &Row, name: &str| {
            row.node == name || row.from.as_deref() == Some(name) || row.to.as_deref() == Some(name)
        };
        self.nodes.retain(|node| self.rows.iter().any(|row| named(row, &node.name)));
    }
}

/// One node.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Column {
    pub name: String,
    /// Seconds added to the node's stamps at the end of its log, to fit the clock of most nodes.
    pub clock_correction: f64,
}

/// One thing that happened on one node.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// Corrected time, without zone; never earlier than that of the row before.
    pub at: Option<String>,
    /// The time as the log prints it.
    pub printed: Option<String>,
    pub node: String,
    /// `process`, `state`, `view`, `transfer`, `vote`, `link`, `flow` or `diagnosis`.
    pub kind: &'static str,
    pub text: String,
    /// The donor of a transfer, where the log names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The joiner of a transfer, where the log names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The other nodes whose logs have this moment too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub confirmed_by: Vec<String>,
    /// The node's state after this row, as the log writes it: `SYNCED`, `DONOR/DESYNCED`, `DOWN`…
    pub state: Option<String>,
    /// How often it happened in a row.
    pub count: u64,
    /// Corrected time of the last of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    pub input: String,
    pub line: u64,
    #[serde(skip)]
    moment: Option<NaiveDateTime>,
}

impl Row {
    fn says_the_same(&self, other: &Self) -> bool {
        (self.kind, &self.text, &self.from, &self.to) == (other.kind, &other.text, &other.from, &other.to)
    }

    fn repeat(&mut self, again: Self) {
        self.count += again.count;
        self.last = again.last.or(again.at).or(self.last.take());
        for name in again.confirmed_by {
            if let Err(place) = self.confirmed_by.binary_search(&name) {
                self.confirmed_by.insert(place, name);
            }
        }
    }
}

/// Builds the timeline of the nodes named, of all when none is; diagnoses are marked at the moment they were first
/// seen.
pub fn timeline(logs: &[Log], document: &Document, only: &[String]) -> Timeline {
    let all = NamesById::new(logs);
    let wanted = |log: &Log| only.is_empty() || only.iter().any(|name| name == log.name());
    let mut chosen: Vec<&Log> = logs.iter().filter(|log| wanted(log)).collect();
    chosen.sort_by(|left, right| (left.name(), &left.stem).cmp(&(right.name(), &right.stem)));
    let columns = Columns::new(&logs.iter().collect::<Vec<_>>());
    let mut entries: Vec<Vec<Entry>> =
        chosen.iter().map(|log| entries_of(log, &Names { all: &all, log }, &columns)).collect();
    mark_diagnoses(&chosen, document, &mut entries);
    let mut nodes: Vec<Column> = chosen.iter().map(|log| column(log)).collect();
    nodes.dedup_by(|left, right| left.name == right.name);
    let forgotten = chosen.iter().map(|log| log.track.forgotten).sum();
    Timeline { schema: SCHEMA, nodes, rows: merged(entries), forgotten }
}

fn column(log: &Log) -> Column {
    let add = log.clock.segments.last().map_or(0.0, |segment| segment.add);
    Column { name: printable(log.name().as_bytes()), clock_correction: add }
}

/// Member names by UUID and short id, as one log may print them.
pub struct Names<'a> {
    all: &'a NamesById,
    log: &'a Log,
}

impl Names<'_> {
    /// The member's name, else the id itself.
    pub fn of<'a>(&'a self, uuid: &'a str) -> &'a str {
        self.all.of(self.log, uuid).unwrap_or(uuid)
    }
}

fn entries_of(log: &Log, names: &Names<'_>, columns: &Columns) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut transfers = Transfers::new(log, columns);
    let mut members: Vec<ViewMember> = Vec::new();
    let mut state: Option<String> = None;
    let mut latest: Option<NaiveDateTime> = None;
    for tracked in log.track.in_order() {
        if ended_unseen(&tracked.event, state.as_deref()) {
            latest = latest.max(log.moment(tracked.time));
            let words = ("process", "DIED, no end in the log".to_owned());
            let died = row(log, tracked, latest, words, Ends::default(), Some("DOWN".to_owned()));
            entries.push(Entry::new(died, None));
        }
        if let Some(next) = label::state_after(&tracked.event) {
            state = Some(next);
        }
        let ends = transfers.ends(&tracked.event);
        let telling = Telling { names, ends: &ends, before: &members };
        let told = telling.label(&tracked.event);
        members_after(&tracked.event, &mut members);
        let Some((kind, text)) = told else { continue };
        latest = latest.max(log.moment(tracked.time));
        let text = printable(text.as_bytes());
        entries.push(Entry::new(
            row(log, tracked, latest, (kind, text), ends, state.clone()),
            said_by_all(&tracked.event),
        ));
    }
    entries
}

/// A server starts while the log still has it as a running member: it was killed, or lost its machine.
fn ended_unseen(event: &Event, state: Option<&str>) -> bool {
    matches!(event, Event::ServerStart { .. }) && !matches!(state, None | Some("DOWN" | "STARTING" | "CLOSED"))
}

/// The members of the last view, so that the next one tells who is new.
fn members_after(event: &Event, members: &mut Vec<ViewMember>) {
    match event {
        Event::ServerStart { .. } => members.clear(),
        Event::GcommView { status, members: now, .. } if status == "PRIM" || status == "NON_PRIM" => {
            members.clone_from(now);
        }
        _ => {}
    }
}

fn row(
    log: &Log,
    tracked: &Tracked,
    at: Option<NaiveDateTime>,
    (kind, text): (&'static str, String),
    ends: Ends,
    state: Option<String>,
) -> Row {
    let repeated = tracked.count > 1;
    Row {
        at: at.map(moment_text),
        printed: tracked.time.map(time_text),
        node: printable(log.name().as_bytes()),
        kind,
        text,
        from: ends.from,
        to: ends.to,
        confirmed_by: Vec::new(),
        state,
        count: tracked.count,
        last: log.moment(tracked.last).filter(|_| repeated).map(moment_text),
        input: log.files.get(tracked.file).map_or_else(String::new, |file| printable(file.path.as_bytes())),
        line: tracked.line,
        moment: at,
    }
}

/// Puts each diagnosis behind what its node had told by then.
fn mark_diagnoses(logs: &[&Log], document: &Document, entries: &mut [Vec<Entry>]) {
    for diagnosis in &document.diagnoses {
        let Some(line) = diagnosis.evidence.first() else { continue };
        let Some((log, entries)) = logs.iter().zip(&mut *entries).find(|(log, _)| log.name() == line.node) else {
            continue;
        };
        let printed = line.time.clone();
        let moment = printed.as_deref().and_then(moment_of).map(|moment| log.clock.correct(moment));
        let row = Row {
            at: moment.map(moment_text),
            printed,
            node: line.node.clone(),
            kind: "diagnosis",
            text: format!("#{} {}", diagnosis.rank, diagnosis.title),
            from: None,
            to: None,
            confirmed_by: Vec::new(),
            state: None,
            count: diagnosis.count,
            last: None,
            input: line.input.clone(),
            line: line.line,
            moment,
        };
        let place = entries.partition_point(|entry| entry.row.moment <= moment);
        entries.insert(place, Entry::new(row, None));
    }
}
