//! Folds findings under the findings that explain them, on the same node and across nodes.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::finding::{DEFAULT_REACH, Finding, related};
use crate::cluster::burst::Burst;
use crate::cluster::log::Log;
use crate::rules::schema::{Relation, Role};
use crate::rules::table::{CompiledExplains, Subject, Table};

/// A symptom may be stamped a little before its cause: other threads print it.
const SLACK: i64 = 10;

/// On the same node, in the same process, a cause explains what follows within this time, in seconds.
const SAME_PROCESS_REACH: i64 = 1_800;

/// For each finding the index of the finding that explains it, if any: the root, not the next one up.
pub fn fold(table: &Table, logs: &[Log], findings: &[Finding]) -> Vec<Option<usize>> {
    let mut by_place: HashMap<(Subject, usize), Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_place.entry((finding.rule, finding.log)).or_default().push(index);
    }
    let mut parents: Vec<Option<usize>> = vec![None; findings.len()];
    for (cause, finding) in findings.iter().enumerate() {
        let Some(rule) = table.rule(finding.rule) else { continue };
        for explains in &rule.explains {
            for effect in explained(logs, findings, &by_place, finding, explains) {
                if effect != cause && better(table, findings, logs, cause, parents[effect], effect) {
                    parents[effect] = Some(cause);
                }
            }
        }
    }
    (0..findings.len()).map(|index| root(&parents, index)).collect()
}

fn explained(
    logs: &[Log],
    findings: &[Finding],
    by_place: &HashMap<(Subject, usize), Vec<usize>>,
    cause: &Finding,
    explains: &CompiledExplains,
) -> Vec<usize> {
    let mut effects = Vec::new();
    let Some(cause_burst) = cause.burst(logs) else { return effects };
    for log in (0..logs.len()).filter(|log| related(logs, cause.log, *log, explains.node)) {
        for &subject in explains.subjects.iter() {
            for &effect in by_place.get(&(subject, log)).into_iter().flatten() {
                let Some(effect_burst) = findings[effect].burst(logs) else { continue };
                if reaches(cause_burst, effect_burst, cause.log == log, explains) {
                    effects.push(effect);
                }
            }
        }
    }
    effects
}

fn reaches(cause: &Burst, effect: &Burst, same_log: bool, explains: &CompiledExplains) -> bool {
    let default = if same_log { SAME_PROCESS_REACH } else { DEFAULT_REACH };
    if same_log && explains.node == Relation::Same && cause.process != effect.process {
        return false;
    }
    let reach = TimeDelta::seconds(explains.within.unwrap_or(default));
    let back = TimeDelta::seconds(if same_log { SLACK } else { reach.num_seconds() });
    let times = (cause.first.instant(), cause.last().instant(), effect.first.instant(), effect.last().instant());
    match times {
        (Some(from), Some(to), Some(effect_from), Some(effect_to)) => {
            effect_to >= from - back && effect_from <= to + reach
        }
        _ => same_log && cause.process == effect.process,
    }
}

/// Which of two explanations is better: a cause before a symptom, the same node before another, the surer, the earlier.
fn better(table: &Table, findings: &[Finding], logs: &[Log], new: usize, old: Option<usize>, effect: usize) -> bool {
    let Some(old) = old else { return true };
    let key = |index: usize| {
        let finding: &Finding = &findings[index];
        let cause = table.rule(finding.rule).is_some_and(|rule| rule.rule.role == Role::Cause);
        let same = finding.log == findings[effect].log;
        let confidence = (finding.confidence * 1000.0) as i64;
        let first = finding.burst(logs).and_then(|burst| burst.first.instant()).map(|time| -time.and_utc().timestamp());
        (cause, same, confidence, first)
    };
    key(new) > key(old)
}

fn root(parents: &[Option<usize>], index: usize) -> Option<usize> {
    let mut at = parents[index]?;
    for _ in 0..parents.len() {
        match parents[at] {
            Some(next) if next != index => at = next,
            _ => break,
        }
    }
    (at != index).then_some(at)
}
