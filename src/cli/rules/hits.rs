//! `galera-rca rules hits`: which rules real logs or examples with a named source have ever hit.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use chrono::{Datelike, Local};

use super::super::arguments::RulesHits;
use super::super::{EXIT_FOUND, EXIT_QUIET, EXIT_TROUBLE, analyze, terminal};
use crate::cluster::collect::Window;
use crate::cluster::track;
use crate::pipeline::{self, Settings};
use crate::rules::lint;
use crate::rules::schema::Rule;
use crate::rules::table::{Subject, Table};
use crate::scan::scanner::Scanner;
use crate::source::{InputProblem, discover};

/// Lists the rules that nothing proves; exit status 1 if there are any.
pub fn run(out: &mut impl Write, options: &RulesHits) -> Result<u8> {
    let scanner = Scanner::new(super::table_with_examples(&options.rules)?)?;
    let mut hit = BTreeSet::new();
    let mut all_read = true;
    for input in &options.inputs {
        let cases = if input.is_dir() { lint::cases(input)? } else { vec![input.clone()] };
        for case in cases {
            all_read &= collect(&scanner, case, &mut hit);
        }
    }
    let unproven = print(out, &scanner.table, &hit, options)?;
    Ok(match (all_read, unproven) {
        (false, _) => EXIT_TROUBLE,
        (true, 0) => EXIT_QUIET,
        (true, _) => EXIT_FOUND,
    })
}

/// Notes what the logs of one cluster hit; false where an input could not be read.
fn collect(scanner: &Scanner, case: PathBuf, hit: &mut BTreeSet<Subject>) -> bool {
    let (sources, mut problems) = discover(&[case], &[], analyze::first_time);
    let settings =
        Settings { threads: 1, year: Local::now().year(), window: Window::default(), room: track::FOR_DIAGNOSIS };
    let run = pipeline::run(scanner, &sources, settings, &|_| {});
    for log in &run.logs {
        hit.extend(log.bursts.keys().chain(log.quiet.keys()));
    }
    problems.extend(run.problems);
    for problem in problems.iter().filter(|problem| !problem.is_note()) {
        terminal::complain(&problem.to_string());
    }
    !problems.iter().any(InputProblem::is_fatal)
}

/// Prints the rules that are not hit, and gives the number of those that no example proves either.
fn print(out: &mut impl Write, table: &Table, hit: &BTreeSet<Subject>, options: &RulesHits) -> Result<usize> {
    let missed: Vec<&Rule> =
        table.rules.iter().enumerate().filter(|(index, _)| !hit.contains(index)).map(|(_, one)| &one.rule).collect();
    let (proven, unproven): (Vec<&Rule>, Vec<&Rule>) = missed.iter().partition(|rule| is_proven(rule));
    if options.all {
        for rule in &proven {
            let from = rule.examples.iter().find_map(|example| example.from.as_deref()).unwrap_or_default();
            writeln!(out, "{:44} by example: {from}", rule.id)?;
        }
    }
    for rule in &unproven {
        writeln!(out, "{:44} by nothing", rule.id)?;
    }
    let of_logs = table.rules.len() - missed.len();
    writeln!(
        out,
        "{} rules: {of_logs} hit by these logs, {} only by examples with a named source, {} by nothing",
        table.rules.len(),
        proven.len(),
        unproven.len()
    )?;
    Ok(unproven.len())
}

/// Has it an example that says where it comes from? `rules test` proves that examples hit their rule.
fn is_proven(rule: &Rule) -> bool {
    rule.examples.iter().any(|example| example.from.as_deref().is_some_and(|from| !from.trim().is_empty()))
}
