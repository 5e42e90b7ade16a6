//! Findings: bursts that fulfil their rule's threshold and conditions, with a confidence from the evidence.

use chrono::TimeDelta;

use crate::cluster::burst::Burst;
use crate::cluster::log::Log;
use crate::rules::schema::{Relation, Role, When};
use crate::rules::table::{CompiledCondition, Subject, Table};

/// How far conditions on other nodes reach, in seconds, when a rule doesn't say.
pub const DEFAULT_REACH: i64 = 120;

/// No claim is ever certain: the machine itself was not asked.
const MOST_CERTAIN: f64 = 0.99;

/// A rule that fired, on one log, in one server process.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: Subject,
    /// Index of the log that printed it.
    pub log: usize,
    /// Index among the rule's bursts in that log.
    pub burst: usize,
    pub confidence: f64,
    /// Bursts that support it: log, subject, burst.
    pub supports: Vec<(usize, Subject, usize)>,
    pub contradicts: Vec<(usize, Subject, usize)>,
    /// Logs of the nodes that evidence names as the ones at fault.
    pub named: Vec<usize>,
}

impl Finding {
    pub fn burst<'a>(&self, logs: &'a [Log]) -> Option<&'a Burst> {
        logs.get(self.log)?.bursts_of(self.rule).get(self.burst)
    }
}

/// All findings of causes and symptoms, in order of rule, log and burst.
pub fn findings(table: &Table, logs: &[Log]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (rule, compiled) in table.rules.iter().enumerate() {
        if !matches!(compiled.rule.role, Role::Cause | Role::Symptom) {
            continue;
        }
        for (log, entry) in logs.iter().enumerate() {
            for burst in 0..entry.bursts_of(rule).len() {
                found.extend(judge(table, logs, rule, log, burst));
            }
        }
    }
    found
}

fn judge(table: &Table, logs: &[Log], rule: Subject, log: usize, burst: usize) -> Option<Finding> {
    let compiled = table.rule(rule)?;
    let subject = logs.get(log)?.bursts_of(rule).get(burst)?;
    if compiled.threshold.is_some() && !subject.dense {
        return None;
    }
    let mut finding = Finding {
        rule,
        log,
        burst,
        confidence: compiled.rule.confidence,
        supports: Vec::new(),
        contradicts: Vec::new(),
        named: Vec::new(),
    };
    for condition in &compiled.require {
        let met = meet(logs, log, subject, condition);
        if met.holds == condition.absent {
            return None;
        }
        finding.note(condition, &met, true);
    }
    for condition in &compiled.evidence {
        let met = meet(logs, log, subject, condition);
        if met.holds != condition.absent {
            finding.confidence = moved(finding.confidence, condition.weight);
            finding.note(condition, &met, condition.weight >= 0.0);
        }
    }
    Some(finding)
}

impl Finding {
    fn note(&mut self, condition: &CompiledCondition, met: &Met, supports: bool) {
        if condition.absent {
            return;
        }
        let list = if supports { &mut self.supports } else { &mut self.contradicts };
        list.extend(&met.bursts);
        if condition.names {
            for (log, _, _) in &met.bursts {
                if !self.named.contains(log) {
                    self.named.push(*log);
                }
            }
            self.named.sort_unstable();
        }
    }
}

/// Support moves the confidence towards 1, contradiction towards 0.
fn moved(confidence: f64, weight: f64) -> f64 {
    let moved = if weight >= 0.0 { confidence + (1.0 - confidence) * weight } else { confidence * (1.0 + weight) };
    moved.clamp(0.0, MOST_CERTAIN)
}

/// What was found for a condition.
struct Met {
    holds: bool,
    bursts: Vec<(usize, Subject, usize)>,
}

fn meet(logs: &[Log], own: usize, finding: &Burst, condition: &CompiledCondition) -> Met {
    let mut bursts = Vec::new();
    let mut count = 0;
    let mut nodes = Vec::new();
    for (log, entry) in logs.iter().enumerate().filter(|(log, _)| related(logs, own, *log, condition.node)) {
        for &subject in condition.subjects.iter() {
            for (index, other) in entry.bursts_of(subject).iter().enumerate() {
                if near(finding, other, own == log, condition.when, condition.within) {
                    count += other.count;
                    bursts.push((log, subject, index));
                    if !nodes.contains(&entry.name()) {
                        nodes.push(entry.name());
                    }
                }
            }
        }
    }
    Met {
        holds: count >= u64::from(condition.count) && nodes.len() >= condition.nodes as usize && !bursts.is_empty(),
        bursts,
    }
}

/// Is the other log on the wanted side? Backup logs of the same node are no peers.
pub fn related(logs: &[Log], own: usize, other: usize, relation: Relation) -> bool {
    if logs[own].cluster != logs[other].cluster {
        return false;
    }
    let same = own == other || logs[own].name() == logs[other].name();
    match relation {
        Relation::Same => same,
        Relation::Peer => !same,
        Relation::Any => true,
    }
}

/// Are two bursts on the right sides of each other in time?
pub fn near(finding: &Burst, other: &Burst, same_log: bool, when: When, within: Option<i64>) -> bool {
    if same_log && within.is_none() {
        let after = other.last().place() >= finding.first.place();
        let before = other.first.place() <= finding.last().place();
        return finding.process == other.process && side(when, before, after);
    }
    let reach = TimeDelta::seconds(within.unwrap_or(DEFAULT_REACH));
    let times = (finding.first.instant(), finding.last().instant(), other.first.instant(), other.last().instant());
    let (Some(from), Some(to), Some(other_from), Some(other_to)) = times else {
        return same_log && finding.process == other.process;
    };
    match when {
        When::After => other_to >= from && other_from <= to + reach,
        When::Before => other_from <= to && other_to >= from - reach,
        When::Around => other_to >= from - reach && other_from <= to + reach,
    }
}

fn side(when: When, before: bool, after: bool) -> bool {
    match when {
        When::Before => before,
        When::After => after,
        When::Around => true,
    }
}
