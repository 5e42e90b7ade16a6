//! `galera-rca analyze`: logs in, diagnosis out.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{Datelike, Local};
use clap::CommandFactory;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{Analyze, Cli, Format};
use super::{EXIT_FOUND, EXIT_QUIET, EXIT_TROUBLE, moment, rules, terminal};
use crate::cluster::collect::Window;
use crate::cluster::log::Log;
use crate::cluster::track;
use crate::diagnose::diagnose;
use crate::diagnose::document::{Document, Input, Tool, Verdict};
use crate::diagnose::printable::printable;
use crate::parse::head::parse_head;
use crate::pipeline::{self, Run, Settings};
use crate::report::{json, markdown, text};
use crate::rules::load;
use crate::rules::schema::Severity;
use crate::rules::table::Subject;
use crate::scan::scanner::Scanner;
use crate::source::{InputProblem, LogSource, discover};

/// More threads than this wait for the reader.
const MOST_THREADS: usize = 4;

/// A progress bar is shown only for work that takes longer.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// Logs that were read, and what they say.
pub struct Analysis {
    pub document: Document,
    pub logs: Vec<Log>,
    pub status: u8,
}

/// Runs the analysis and gives the exit status.
pub fn run(options: &Analyze) -> Result<u8> {
    let Some(analysis) = analysis(options, track::FOR_DIAGNOSIS)? else { return usage() };
    print(options, &analysis.document)?;
    Ok(analysis.status)
}

/// Shows how to call the tool, when it is given nothing to read.
pub fn usage() -> Result<u8> {
    Cli::command().print_long_help().context("cannot write the help")?;
    Ok(EXIT_TROUBLE)
}

/// Reads and judges the inputs; `None` when there are none. Problems with inputs are told on standard error.
pub fn analysis(options: &Analyze, room: track::Room) -> Result<Option<Analysis>> {
    let Some(inputs) = inputs(options) else { return Ok(None) };
    let window = window(options).map_err(anyhow::Error::msg)?;
    let scanner = Scanner::new(rules::table(&options.rules)?)?;
    let (sources, mut problems) = discover(&inputs, &options.nodes, first_time);
    let year = options.year.unwrap_or_else(|| Local::now().year());
    let settings = Settings { threads: threads(options), year, window, room };
    let mut run = with_progress(&scanner, &sources, settings);
    // What was compiled for the search takes as much memory as the diagnosis is about to.
    let mut table = scanner.into_table();
    load::add_prose(&mut table, &reported(&run.logs))?;
    let missed = window_missed(window, &mut run.logs);
    let found_early = problems.len();
    problems.extend(run.problems.iter().cloned());
    let tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rules: table.rules.len() };
    let mut document = diagnose(&table, &run.logs, tool);
    if missed && document.diagnoses.is_empty() {
        terminal::complain("no line of these logs lies in the time asked for with --since and --until");
        document.verdict = Verdict::Unknown;
    }
    for problem in problems[..found_early].iter().filter(|problem| !problem.is_note()) {
        add_problem(&mut document.inputs, problem);
    }
    let worst = document.worst();
    document.diagnoses.retain(|diagnosis| diagnosis.severity >= Severity::from(options.min_severity));
    for problem in problems.iter().filter(|problem| !problem.is_note()) {
        terminal::complain(&problem.to_string());
    }
    // The process ends soon; giving back thousands of small texts takes longer than a small log.
    std::mem::forget(table);
    let unknown = document.verdict == Verdict::Unknown;
    let status = if unknown { EXIT_TROUBLE } else { exit_status(options, worst, &problems, &run) };
    Ok(Some(Analysis { document, logs: run.logs, status }))
}

/// What to read: the arguments, or standard input when it is a pipe; `None` when there is nothing.
fn inputs(options: &Analyze) -> Option<Vec<PathBuf>> {
    if !options.inputs.is_empty() || !options.nodes.is_empty() {
        return Some(options.inputs.clone());
    }
    (!io::stdin().is_terminal()).then(|| vec![PathBuf::from("-")])
}

fn window(options: &Analyze) -> Result<Window, String> {
    let now = Local::now().naive_local();
    let read = |text: &Option<String>| text.as_deref().map(|text| moment::parse(text, now)).transpose();
    let window = Window { since: read(&options.since)?, until: read(&options.until)? };
    match (window.since, window.until) {
        (Some(since), Some(until)) if since > until => {
            Err(format!("--since ({since}) is later than --until ({until})"))
        }
        _ => Ok(window),
    }
}

/// The rules whose prose the document may show.
fn reported(logs: &[Log]) -> BTreeSet<Subject> {
    logs.iter().flat_map(|log| log.bursts.keys().copied()).collect()
}

/// Notes the files that lie outside of the time asked for; true when no other is left, so that nothing was judged.
fn window_missed(window: Window, logs: &mut [Log]) -> bool {
    let (mut inside, mut outside) = (0, 0);
    for file in logs.iter_mut().flat_map(|log| &mut log.files) {
        let early = window.since.zip(file.last_time).is_some_and(|(since, last)| last.time < since);
        let late = window.until.zip(file.first_time).is_some_and(|(until, first)| first.time > until);
        if early || late {
            outside += 1;
            file.problems.push(format!("{}: none of its lines lies in the time asked for", file.path));
        } else if file.lines > 0 {
            inside += 1;
        }
    }
    inside == 0 && outside > 0
}

/// Whoever has only the document must see which inputs are missing in it.
fn add_problem(inputs: &mut Vec<Input>, problem: &InputProblem) {
    let name = printable(problem.path().to_string_lossy().as_bytes());
    let text = printable(problem.to_string().as_bytes());
    if let Some(input) = inputs.iter_mut().find(|input| input.name == name) {
        input.problems.push(text);
        return;
    }
    let place = inputs.partition_point(|input| input.name < name);
    let (node, format) = (String::new(), String::new());
    let unread =
        Input { name, node, format, lines: 0, bytes: 0, first_time: None, last_time: None, problems: vec![text] };
    inputs.insert(place, unread);
}

fn threads(options: &Analyze) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    options.threads.map_or_else(available, usize::from)
}

/// The first time stamp of a text, for ordering rotated files.
pub fn first_time(bytes: &[u8]) -> Option<i64> {
    let stamp = bytes.split(|byte| *byte == b'\n').find_map(|line| parse_head(line)?.stamp)?;
    Some(stamp.instant().and_utc().timestamp_millis())
}

fn with_progress(scanner: &Scanner, sources: &[LogSource], settings: Settings) -> Run {
    if !io::stderr().is_terminal() {
        return pipeline::run(scanner, sources, settings, &|_| {});
    }
    let started = Instant::now();
    let total: Option<u64> = sources
        .iter()
        .flat_map(|source| &source.files)
        .map(|file| Path::new(file).metadata().ok().map(|meta| meta.len()))
        .sum();
    let bar: OnceLock<ProgressBar> = OnceLock::new();
    let progress = |read: u64| {
        if started.elapsed() > PROGRESS_AFTER {
            bar.get_or_init(|| new_bar(total)).set_position(read);
        }
    };
    let run = pipeline::run(scanner, sources, settings, &progress);
    if let Some(bar) = bar.get() {
        bar.finish_and_clear();
    }
    run
}

fn new_bar(total: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    let template = if total.is_some() { "reading {bar:30} {bytes}/{total_bytes}" } else { "reading {bytes}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

fn print(options: &Analyze, document: &Document) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match options.format {
        Format::Text => text::write(&mut out, document, terminal::options(&options.terminal))?,
        Format::Json => json::write(&mut out, document)?,
        Format::Ndjson => json::write_lines(&mut out, document)?,
        Format::Markdown => markdown::write(&mut out, document)?,
    }
    Ok(out.flush()?)
}

fn exit_status(options: &Analyze, worst: Option<Severity>, problems: &[InputProblem], run: &Run) -> u8 {
    let nothing_read = !run.logs.iter().flat_map(|log| &log.files).any(|file| file.lines > 0);
    if nothing_read || problems.iter().any(InputProblem::is_fatal) {
        EXIT_TROUBLE
    } else if worst.is_some_and(|worst| worst >= Severity::from(options.fail_on)) {
        EXIT_FOUND
    } else {
        EXIT_QUIET
    }
}
