//! Following logs: what is said while they grow is what a run over the same bytes says.

mod support;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{NaiveDateTime, TimeDelta};
use galera_rca::cluster::log::Log;
use galera_rca::diagnose::diagnose;
use galera_rca::diagnose::document::{Document, Tool};
use galera_rca::follow::alerts::{Alerts, Change, Moment, Patience, Transition};
use galera_rca::follow::intake::Intake;
use galera_rca::follow::judge::judge;
use galera_rca::follow::state::{NodeState, states};
use galera_rca::pipeline::{self, Settings};
use galera_rca::rules::load;
use galera_rca::rules::schema::Severity;
use galera_rca::rules::table::Table;
use galera_rca::scan::scanner::Scanner;
use galera_rca::source::discover;
use proptest::prelude::*;
use support::{root, sample};

const TOOL: Tool = Tool { name: "galera-rca", version: "test", rules: 0 };

fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(|| {
        Scanner::new(Table::new(load::embedded().expect("built in")).expect("they compile")).expect("they fit")
    })
}

fn intake(stem: &str) -> Intake<'static> {
    let mut intake = Intake::new(scanner(), Log { stem: stem.to_owned(), ..Log::default() }, 2026);
    intake.begin_file(scanner(), format!("{stem}.log"));
    intake
}

/// A document without what tells how the logs were read.
fn told(mut document: Document) -> String {
    document.inputs.clear();
    serde_json::to_string_pretty(&document).expect("JSON")
}

fn batch(folder: &str) -> Document {
    let (sources, problems) = discover(&[root().join("samples").join(folder)], &[], |_| None);
    assert!(problems.iter().all(galera_rca::source::InputProblem::is_note), "{problems:?}");
    let settings =
        Settings { threads: 1, year: 2026, room: galera_rca::cluster::track::FOR_DIAGNOSIS, ..Settings::default() };
    let mut run = pipeline::run(scanner(), &sources, settings, &|_| {});
    for log in &mut run.logs {
        for file in &mut log.files {
            file.path = format!("{}.log", log.stem);
        }
    }
    diagnose(&scanner().table, &run.logs, TOOL)
}

/// The whole lines of a text, cut into pieces of about this many lines.
fn pieces(text: &[u8], lines: usize) -> Vec<(u64, Vec<u8>)> {
    let all: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let numbered = all.chunks(lines.max(1)).enumerate();
    numbered.map(|(index, part)| ((index * lines.max(1)) as u64 + 1, part.concat())).collect()
}

const FOLDERS: [&str; 4] = ["tls-untrusted-ca", "incons-two-node", "sst-user-missing", "second-cluster-bootstrapped"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_follow_says_is_what_a_whole_run_says(folder in 0..FOLDERS.len(), lines in 1usize..40, looks in 1usize..30) {
        let folder = FOLDERS[folder];
        let names = ["node1", "node2", "node3"];
        let texts: Vec<_> = names.iter().map(|name| root().join("samples").join(folder).join(format!("{name}.log")))
            .filter(|path| path.exists()).map(|path| std::fs::read(path).expect("a log")).collect();
        let mut intakes: Vec<Intake<'_>> = names.iter().take(texts.len()).map(|name| intake(name)).collect();
        let parts: Vec<_> = texts.iter().map(|text| pieces(text, lines)).collect();
        for step in 0..parts.iter().map(Vec::len).max().unwrap_or(0) {
            for (intake, parts) in intakes.iter_mut().zip(&parts) {
                if let Some((number, bytes)) = parts.get(step) {
                    intake.push(scanner(), bytes, *number);
                }
            }
            if step % looks == 0 {
                // A look must not change what is known.
                let _ = judge(scanner(), &intakes, TOOL);
            }
        }
        prop_assert_eq!(told(judge(scanner(), &intakes, TOOL).document), told(batch(folder)));
    }
}

#[test]
fn a_rotation_changes_no_judgement() {
    let text = sample("kill9-one-restart/node3.log");
    let whole = pieces(&text, 100_000);
    let mut one = intake("node3");
    one.push(scanner(), &whole[0].1, 1);
    let mut two = intake("node3");
    let half = text.len() / 2 + text[text.len() / 2..].iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    two.push(scanner(), &text[..half], 1);
    two.begin_file(scanner(), "node3.log".to_owned());
    two.push(scanner(), &text[half..], 1);
    let rules = |intake: Intake<'static>| {
        let document = judge(scanner(), &[intake], TOOL).document;
        document.diagnoses.into_iter().map(|one| (one.rule, one.node, one.count)).collect::<Vec<_>>()
    };
    assert_eq!(rules(one), rules(two));
}

const PATIENCE: Patience =
    Patience { settled: TimeDelta::seconds(1), quiet: TimeDelta::seconds(300), least: Severity::Warning };

fn at(second: i64) -> NaiveDateTime {
    NaiveDateTime::default() + TimeDelta::seconds(second)
}

/// The logs of a sample, fed second by second of their own time; what was told on the way.
fn live(folder: &str) -> Vec<Transition> {
    let mut lines: Vec<(NaiveDateTime, usize, Vec<u8>)> = Vec::new();
    let mut intakes = Vec::new();
    for name in ["node1", "node2", "node3"] {
        let path = root().join("samples").join(folder).join(format!("{name}.log"));
        let Ok(text) = std::fs::read(path) else { continue };
        let mut now = at(0);
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let stamp = galera_rca::parse::head::parse_head(line).and_then(|head| head.stamp);
            now = stamp.map_or(now, |stamp| stamp.time).max(now);
            lines.push((now, intakes.len(), line.to_vec()));
        }
        intakes.push(intake(name));
    }
    lines.sort_by_key(|(time, log, _)| (*time, *log));
    let mut numbers = vec![1u64; intakes.len()];
    let mut alerts = Alerts::default();
    let mut told = Vec::new();
    let mut last = lines.first().map(|(time, _, _)| *time).expect("lines");
    for (time, log, line) in lines {
        while last < time {
            told.extend(look(&mut alerts, &intakes, last));
            last = (last + TimeDelta::seconds(1)).min(time);
        }
        intakes[log].push(scanner(), &line, numbers[log]);
        numbers[log] += 1;
    }
    for second in 0..20 {
        told.extend(look(&mut alerts, &intakes, last + TimeDelta::seconds(second)));
    }
    told
}

fn look(alerts: &mut Alerts, intakes: &[Intake<'_>], now: NaiveDateTime) -> Vec<Transition> {
    let judged = judge(scanner(), intakes, TOOL);
    let states: BTreeMap<String, NodeState> = states(&judged.logs);
    alerts.update(&Moment { document: &judged.document, states: &states, now, hold: &|_| 0 }, PATIENCE)
}

fn shown(told: &[Transition]) -> Vec<String> {
    told.iter()
        .map(|one| format!("{:?} #{} {} {} {}", one.change, one.alert.number, one.alert.node, one.alert.rule, one.why))
        .collect()
}

#[test]
fn a_killed_node_is_told_once_and_resolved_when_it_is_back() {
    let told = live("kill9-one-restart");
    let shown = shown(&told);
    let of_cause: Vec<&Transition> = told.iter().filter(|one| one.alert.rule == "node-killed").collect();
    assert!(of_cause.iter().any(|one| one.change == Change::Resolved && one.why.contains("back after")), "{shown:#?}");
}

#[test]
fn alerts_open_and_resolve_in_pairs() {
    for folder in ["kill9-one-restart", "tls-untrusted-ca", "sst-user-missing", "incons-two-node"] {
        let told = live(folder);
        let mut open: BTreeMap<u64, Change> = BTreeMap::new();
        for one in &told {
            let before = open.insert(one.alert.number, one.change);
            let fits = match one.change {
                Change::Opened => before.is_none(),
                Change::Updated | Change::Resolved => matches!(before, Some(Change::Opened | Change::Updated)),
            };
            assert!(fits, "{folder}: {:#?}", shown(&told));
        }
        eprintln!("{folder}: {:#?}", shown(&told));
    }
}
