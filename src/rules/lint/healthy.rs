//! Logs in which nothing is wrong: no rule may call them broken.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::page::Page;
use super::trial::Trial;
use super::{LintError, Remark};
use crate::cluster::collect::Window;
use crate::cluster::log::Log;
use crate::cluster::track;
use crate::diagnose::diagnose;
use crate::diagnose::document::Tool;
use crate::diagnose::finding::{Finding, findings};
use crate::parse::head::parse_head;
use crate::pipeline::{Settings, run};
use crate::rules::read::RuleError;
use crate::rules::schema::{Maturity, Role, Severity};
use crate::source::discover;

/// A leap year, so that a stamp of 29 February without a year can be read.
const ANY_YEAR: i32 = 2024;

/// Analyses each folder below `folder` as one cluster, or `folder` itself if it holds the logs.
pub fn check(trial: &Trial, folder: &Path) -> Result<Vec<Remark>, LintError> {
    let mut remarks = Vec::new();
    for case in cases(folder)? {
        remarks.extend(check_case(trial, &case));
    }
    Ok(remarks)
}

/// The folders below a folder, each the logs of one cluster; the folder itself where it has none.
///
/// # Errors
/// The folder can't be read.
pub fn cases(folder: &Path) -> Result<Vec<PathBuf>, RuleError> {
    let unreadable = |source| RuleError::Unreadable { path: folder.to_path_buf(), source };
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            cases.push(path);
        }
    }
    if cases.is_empty() {
        cases.push(folder.to_path_buf());
    }
    cases.sort();
    Ok(cases)
}

fn check_case(trial: &Trial, case: &Path) -> Vec<Remark> {
    let (sources, _) = discover(&[case.to_path_buf()], &[], first_time);
    let settings = Settings { threads: 1, year: ANY_YEAR, window: Window::default(), room: track::FOR_DIAGNOSIS };
    let logs = run(&trial.scanner, &sources, settings, &|_| {}).logs;
    let mut told = BTreeSet::new();
    let mut remarks = Vec::new();
    for finding in findings(trial.table(), &logs) {
        remarks.extend(stable_cause(trial, case, &logs, &finding, &mut told));
    }
    let tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rules: 0 };
    for diagnosis in diagnose(trial.table(), &logs, tool).diagnoses {
        if diagnosis.severity >= Severity::Error && !told.contains(&diagnosis.rule) {
            let line = diagnosis
                .evidence
                .first()
                .map_or_else(String::new, |first| format!("\n  {}:{}: {}", first.input, first.line, first.text));
            let text = format!("nothing is wrong here, yet '{}' is the diagnosis{line}", diagnosis.rule);
            remarks.push(Remark { file: case.display().to_string(), text });
        }
    }
    remarks
}

/// A stable cause may not even fire and then fold under another.
fn stable_cause(
    trial: &Trial,
    case: &Path,
    logs: &[Log],
    finding: &Finding,
    told: &mut BTreeSet<String>,
) -> Option<Remark> {
    let compiled = trial.table().rule(finding.rule)?;
    let rule = &compiled.rule;
    let grave = rule.role == Role::Cause && rule.maturity == Maturity::Stable && rule.severity >= Severity::Error;
    if !grave || !told.insert(rule.id.clone()) {
        return None;
    }
    let hit = &finding.burst(logs)?.first;
    let problem = format!(
        "fires on the healthy logs {}: {} line {}: {}",
        case.display(),
        logs.get(finding.log)?.name(),
        hit.line,
        String::from_utf8_lossy(&hit.text)
    );
    Some(Page::new(&compiled.file).remark("match", "", &problem))
}

/// The first time stamp of a text, for ordering rotated files.
fn first_time(bytes: &[u8]) -> Option<i64> {
    let stamp = bytes.split(|byte| *byte == b'\n').find_map(|line| parse_head(line)?.stamp)?;
    Some(stamp.instant().and_utc().timestamp_millis())
}
