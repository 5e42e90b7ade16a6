//! The rows of all logs in one order, and a moment that every member prints as one row.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{NaiveDateTime, TimeDelta};

use super::Row;
use super::transfer::Ends;
use crate::diagnose::story::moment_text;

/// Nodes print the same moment at most so many seconds apart: their clocks are aligned to about a second, and stamps
/// have whole seconds.
const APART: TimeDelta = TimeDelta::seconds(3);

/// A row of one log.
pub struct Entry {
    pub row: Row,
    /// What every member prints of this moment; `None` for what only this node knows.
    pub said: Option<String>,
    /// The moment it belongs to.
    group: Option<usize>,
}

impl Entry {
    pub fn new(row: Row, said: Option<String>) -> Self {
        Self { row, said, group: None }
    }

    fn ends(&self) -> Ends {
        Ends { from: self.row.from.clone(), to: self.row.to.clone() }
    }
}

/// One moment, in the logs that have it.
struct Group {
    first: NaiveDateTime,
    said: String,
    ends: Ends,
    /// Index of the entry by index of the log.
    places: BTreeMap<usize, usize>,
    told: bool,
}

impl Group {
    /// The row of the log that knows both ends, best the joiner's, at the earliest moment.
    fn row(&self, logs: &[Vec<Entry>]) -> Option<Row> {
        let rows = self.places.iter().filter_map(|(&log, &index)| Some(&logs.get(log)?.get(index)?.row));
        let mut names: BTreeSet<String> = rows.clone().map(|row| row.node.clone()).collect();
        let at_end = |row: &Row, end: &Option<String>| end.as_ref() == Some(&row.node);
        let mut row = rows
            .min_by_key(|row| {
                let known = Ends { from: row.from.clone(), to: row.to.clone() }.known();
                let (joiner, donor) = (at_end(row, &self.ends.to), at_end(row, &self.ends.from));
                (Reverse(known), Reverse(joiner), Reverse(donor), row.node.clone())
            })?
            .clone();
        names.remove(&row.node);
        row.confirmed_by = names.into_iter().collect();
        row.moment = Some(self.first);
        Some(row)
    }
}

/// All rows in one order: each log's own order holds, a shared moment stands before what follows it in any log, and
/// times decide the rest. Then repetitions are folded.
pub fn merged(mut logs: Vec<Vec<Entry>>) -> Vec<Row> {
    let mut groups = grouped(&mut logs);
    let mut heads = vec![0; logs.len()];
    let mut rows = Vec::new();
    let mut latest: Option<NaiveDateTime> = None;
    while let Some(log) = next(&logs, &groups, &heads) {
        let entry = &logs[log][heads[log]];
        let told = match entry.group {
            None => Some(entry.row.clone()),
            Some(group) if groups[group].told => None,
            Some(group) => {
                groups[group].told = true;
                groups[group].row(&logs)
            }
        };
        heads[log] += 1;
        let Some(mut row) = told else { continue };
        latest = latest.max(row.moment);
        row.moment = row.moment.and(latest);
        row.at = row.moment.map(moment_text);
        rows.push(row);
    }
    folded(rows)
}

/// Finds out which entries of different logs are the same moment.
fn grouped(logs: &mut [Vec<Entry>]) -> Vec<Group> {
    let mut shared: Vec<(NaiveDateTime, usize, usize)> = Vec::new();
    for (log, entries) in logs.iter().enumerate() {
        let told = entries.iter().enumerate().filter(|(_, entry)| entry.said.is_some());
        shared.extend(told.filter_map(|(index, entry)| Some((entry.row.moment?, log, index))));
    }
    shared.sort_unstable();
    let mut groups: Vec<Group> = Vec::new();
    let mut open: VecDeque<usize> = VecDeque::new();
    for (moment, log, index) in shared {
        let entry = &mut logs[log][index];
        let (ends, said) = (entry.ends(), entry.said.clone().unwrap_or_default());
        while open.front().is_some_and(|&group| moment - groups[group].first > APART) {
            open.pop_front();
        }
        let fits = |group: &Group| group.said == said && group.ends.agree(&ends) && !group.places.contains_key(&log);
        let found = open.iter().copied().find(|&group| fits(&groups[group]));
        let group = found.unwrap_or_else(|| {
            open.push_back(groups.len());
            groups.push(Group { first: moment, said, ends: ends.clone(), places: BTreeMap::new(), told: false });
            groups.len() - 1
        });
        groups[group].places.insert(log, index);
        groups[group].ends.learn(&ends);
        entry.group = Some(group);
    }
    groups
}

/// The log whose next entry comes first. An entry whose moment another log has not reached yet must wait; where all
/// wait, which happens only when a moment was taken for another, the earliest goes on.
fn next(logs: &[Vec<Entry>], groups: &[Group], heads: &[usize]) -> Option<usize> {
    let open = (0..logs.len()).filter_map(|log| Some((log, logs[log].get(heads[log])?)));
    open.min_by_key(|(log, entry)| {
        let group = entry.group.map(|group| &groups[group]).filter(|group| !group.told);
        let waits = group.is_some_and(|group| group.places.iter().any(|(&log, &index)| heads[log] < index));
        let moment = group.map_or(entry.row.moment, |group| Some(group.first));
        (waits, moment, entry.row.node.clone(), *log)
    })
    .map(|(log, _)| log)
}

/// Counts what a node repeats with nothing else in between. Links and diagnoses interrupt nothing.
fn folded(rows: Vec<Row>) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::with_capacity(rows.len());
    let mut latest: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for row in rows {
        if row.kind == "diagnosis" {
            out.push(row);
            continue;
        }
        let place = (row.node.clone(), row.kind == "link");
        match latest.get(&place).and_then(|&index| out.get_mut(index)) {
            Some(last) if last.says_the_same(&row) => last.repeat(row),
            _ => {
                latest.insert(place, out.len());
                out.push(row);
            }
        }
    }
    out
}
