//! The story of the cluster as rows: what happened when, on which node, in the time of the cluster.
//!
//! Pure: collected logs and the document in, rows out. How they are drawn is the business of `report::timeline`.

mod label;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cluster::log::Log;
use crate::cluster::track::Tracked;
use crate::diagnose::assemble::{moment_of, time_text};
use crate::diagnose::document::Document;
use crate::diagnose::printable::printable;

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
        self.nodes.retain(|node| self.rows.iter().any(|row| row.node == node.name));
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
    /// Corrected time, without zone.
    pub at: Option<String>,
    /// The time as the log prints it.
    pub printed: Option<String>,
    pub node: String,
    /// `process`, `state`, `view`, `transfer`, `vote`, `link`, `flow` or `diagnosis`.
    pub kind: &'static str,
    pub text: String,
    /// The node's state after this row, as the log writes it: `SYNCED`, `DONOR/DESYNCED`, `DOWN`…
    pub state: Option<String>,
    /// How often it happened in a row.
    pub count: u64,
    pub input: String,
    pub line: u64,
    #[serde(skip)]
    moment: Option<NaiveDateTime>,
}

/// Builds the timeline; diagnoses are marked at the moment they were first seen.
pub fn timeline(logs: &[Log], document: &Document) -> Timeline {
    let names = Names::new(logs);
    let mut rows = Vec::new();
    for log in logs {
        rows.extend(rows_of(log, &names));
    }
    rows.extend(diagnosis_rows(logs, document));
    rows.sort_by(|left, right| (left.moment, &left.node).cmp(&(right.moment, &right.node)));
    let mut nodes: Vec<Column> = logs.iter().map(column).collect();
    nodes.sort_by(|left, right| left.name.cmp(&right.name));
    nodes.dedup_by(|left, right| left.name == right.name);
    Timeline { schema: SCHEMA, nodes, rows, forgotten: logs.iter().map(|log| log.track.forgotten).sum() }
}

fn column(log: &Log) -> Column {
    let add = log.clock.segments.last().map_or(0.0, |segment| segment.add);
    Column { name: printable(log.name().as_bytes()), clock_correction: add }
}

/// Member names by UUID and short id, from all logs.
pub struct Names {
    by_uuid: BTreeMap<String, String>,
}

impl Names {
    fn new(logs: &[Log]) -> Self {
        Self { by_uuid: logs.iter().flat_map(|log| log.names_by_uuid.clone()).collect() }
    }

    /// The member's name, else the id itself.
    pub fn of<'a>(&'a self, uuid: &'a str) -> &'a str {
        self.by_uuid.get(uuid).map_or(uuid, String::as_str)
    }
}

fn rows_of(log: &Log, names: &Names) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut state: Option<String> = None;
    let mut latest: Option<NaiveDateTime> = None;
    for tracked in &log.track.events {
        if let Some(next) = label::state_after(&tracked.event) {
            state = Some(next);
        }
        let Some((kind, text)) = label::label(&tracked.event, names) else { continue };
        latest = latest.max(tracked.at);
        let text = printable(text.as_bytes());
        match rows.last_mut() {
            Some(last) if last.text == text => last.count += 1,
            _ => rows.push(row(log, tracked, latest, kind, text, state.clone())),
        }
    }
    rows
}

fn row(
    log: &Log,
    tracked: &Tracked,
    moment: Option<NaiveDateTime>,
    kind: &'static str,
    text: String,
    state: Option<String>,
) -> Row {
    Row {
        at: moment.map(moment_text),
        printed: tracked.time.map(time_text),
        node: printable(log.name().as_bytes()),
        kind,
        text,
        state,
        count: 1,
        input: log.files.get(tracked.file).map_or_else(String::new, |file| printable(file.path.as_bytes())),
        line: tracked.line,
        moment,
    }
}

fn moment_text(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

fn diagnosis_rows(logs: &[Log], document: &Document) -> Vec<Row> {
    let mut rows = Vec::new();
    for diagnosis in &document.diagnoses {
        let Some(line) = diagnosis.evidence.first() else { continue };
        let Some(log) = logs.iter().find(|log| log.name() == line.node) else { continue };
        let printed = line.time.clone();
        let moment = printed.as_deref().and_then(moment_of).map(|moment| log.clock.correct(moment));
        rows.push(Row {
            at: moment.map(moment_text),
            printed,
            node: line.node.clone(),
            kind: "diagnosis",
            text: format!("#{} {}", diagnosis.rank, diagnosis.title),
            state: None,
            count: diagnosis.count,
            input: line.input.clone(),
            line: line.line,
            moment,
        });
    }
    rows
}
