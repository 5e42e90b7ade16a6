//! Incidents: a long log divided by time, one root cause each, with all that came with it.

use chrono::{NaiveDateTime, TimeDelta};
use schemars::JsonSchema;
use serde::Serialize;

use super::finding::Finding;
use crate::cluster::log::Log;
use crate::rules::schema::{Role, Severity};
use crate::rules::table::Subject;

/// So much quiet, in seconds, parts two incidents.
const QUIET: i64 = 600;

/// The same thing on several nodes within so many seconds is one incident.
const AT_ONCE: i64 = 30;

/// Incidents told: the latest ones.
const MOST_INCIDENTS: usize = 200;

/// One incident: a root cause and what came with it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Incident {
    /// 1 is the first one in time.
    pub number: usize,
    /// In the time of the cluster; missing where the lines carry no time.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Rank of the diagnosis that is its root.
    pub root: usize,
    pub title: String,
    /// Ranks of all diagnoses in it, the root first.
    pub diagnoses: Vec<usize>,
    /// Nodes that printed any of it.
    pub nodes: Vec<String>,
    /// Symptoms that are folded under its causes.
    pub symptoms: u64,
}

/// A root finding of a diagnosis, with what the division needs to know of it.
pub struct Occurrence {
    /// Index of its diagnosis, in order of rank.
    pub diagnosis: usize,
    pub rule: Subject,
    pub role: Role,
    pub severity: Severity,
    pub from: Option<NaiveDateTime>,
    pub to: Option<NaiveDateTime>,
    /// Logs that print it or what is folded under it, and that of the node at fault.
    pub logs: Vec<usize>,
    pub symptoms: u64,
}

impl Occurrence {
    /// What one finding brings, with the findings that are folded under it.
    pub fn new(
        logs: &[Log],
        findings: &[Finding],
        folded: &[usize],
        finding: &Finding,
        blamed: Option<usize>,
        diagnosis: (usize, Role, Severity),
    ) -> Self {
        let (diagnosis, role, severity) = diagnosis;
        let below = || folded.iter().map(|&index| &findings[index]);
        let all = || std::iter::once(finding).chain(below()).filter_map(|one| one.burst(logs));
        let mut printed: Vec<usize> = below().map(|one| one.log).chain(blamed).chain([finding.log]).collect();
        printed.sort_unstable();
        printed.dedup();
        Self {
            diagnosis,
            rule: finding.rule,
            role,
            severity,
            from: all().filter_map(|burst| burst.first.instant()).min(),
            to: all().filter_map(|burst| burst.last().instant()).max(),
            logs: printed,
            symptoms: below().filter_map(|one| one.burst(logs)).map(|burst| burst.count).sum(),
        }
    }
}

/// Divides occurrences into incidents; `titles` are those of the diagnoses.
pub fn incidents(logs: &[Log], mut all: Vec<Occurrence>, titles: &[String]) -> Vec<Incident> {
    all.retain(|one| one.severity >= Severity::Warning);
    all.sort_by_key(|one| (one.from, one.to, one.diagnosis));
    let mut groups: Vec<Group> = Vec::new();
    let (causes, symptoms): (Vec<Occurrence>, Vec<Occurrence>) =
        all.into_iter().partition(|one| one.role == Role::Cause);
    for cause in causes {
        match groups.iter_mut().rev().find(|group| group.is_near(&cause) && group.is_kin(&cause)) {
            Some(group) => group.add(cause),
            None => groups.push(Group::new(cause)),
        }
    }
    // A symptom without a known cause belongs to what happens at the same time, on its node rather than elsewhere.
    for symptom in symptoms {
        let at = groups
            .iter()
            .rposition(|group| group.is_near(&symptom) && group.is_kin(&symptom))
            .or_else(|| groups.iter().rposition(|group| group.is_near(&symptom)));
        match at {
            Some(at) => groups[at].add(symptom),
            None => groups.push(Group::new(symptom)),
        }
    }
    groups.sort_by_key(|group| (group.from, group.to, group.members.iter().map(|one| one.diagnosis).min()));
    groups.drain(..groups.len().saturating_sub(MOST_INCIDENTS));
    (1..).zip(&groups).map(|(number, group)| group.incident(number, logs, titles)).collect()
}

struct Group {
    from: Option<NaiveDateTime>,
    to: Option<NaiveDateTime>,
    logs: Vec<usize>,
    members: Vec<Occurrence>,
}

impl Group {
    fn new(first: Occurrence) -> Self {
        Self { from: first.from, to: first.to, logs: first.logs.clone(), members: vec![first] }
    }

    fn is_near(&self, one: &Occurrence) -> bool {
        let quiet = TimeDelta::seconds(QUIET);
        match (self.from, self.to, one.from, one.to) {
            (Some(from), Some(to), Some(one_from), Some(one_to)) => one_from <= to + quiet && one_to >= from - quiet,
            (None, ..) | (_, _, None, _) => self.from.is_none() && one.from.is_none(),
            _ => false,
        }
    }

    /// On a common node, or the same thing on several nodes at once, such as a network that parts them all.
    fn is_kin(&self, one: &Occurrence) -> bool {
        let at_once = |other: &Occurrence| {
            let apart = other.from.zip(one.from).map(|(left, right)| (left - right).abs());
            other.rule == one.rule && apart.is_none_or(|apart| apart <= TimeDelta::seconds(AT_ONCE))
        };
        self.logs.iter().any(|log| one.logs.contains(log)) || self.members.iter().any(at_once)
    }

    fn add(&mut self, one: Occurrence) {
        self.from = self.from.into_iter().chain(one.from).min();
        self.to = self.to.into_iter().chain(one.to).max();
        self.logs.extend(&one.logs);
        self.logs.sort_unstable();
        self.logs.dedup();
        self.members.push(one);
    }

    fn incident(&self, number: usize, logs: &[Log], titles: &[String]) -> Incident {
        let mut diagnoses: Vec<usize> = self.members.iter().map(|one| one.diagnosis).collect();
        diagnoses.sort_unstable();
        diagnoses.dedup();
        let root = diagnoses.first().copied().unwrap_or(0);
        let mut nodes: Vec<String> = self.logs.iter().map(|&log| super::story::node_name(&logs[log])).collect();
        nodes.sort();
        nodes.dedup();
        Incident {
            number,
            from: self.from.map(super::story::moment_text),
            to: self.to.map(super::story::moment_text),
            root: root + 1,
            title: titles.get(root).cloned().unwrap_or_default(),
            diagnoses: diagnoses.iter().map(|index| index + 1).collect(),
            nodes,
            symptoms: self.members.iter().map(|one| one.symptoms).sum(),
        }
    }
}
