//! `galera-rca follow`: judges logs while they are written.

mod checkpoint;
mod hook;
mod inputs;
mod listener;
mod metrics;
mod session;
mod until;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::arguments::Follow;
use super::{EXIT_FOUND, EXIT_QUIET, analyze, rules, terminal};
use crate::follow::alerts::Patience;
use crate::rules::lint::nearest_few;
use crate::rules::schema::Severity;
use crate::scan::scanner::Scanner;
use crate::source::STDIN;
use crate::source::tail::Wake;
use checkpoint::State;
use hook::Hook;
use listener::Listener;
use metrics::Metrics;
use session::Session;
use until::Until;

/// `--timeout` passed, and what was waited for did not happen.
const EXIT_TIMEOUT: u8 = 3;

/// The state is written at least so often.
const SAVE: Duration = Duration::from_secs(30);

/// Runs until a signal, the end of all streams, `--exit-on` or `--timeout`.
pub fn run(options: &Follow) -> Result<u8> {
    let mut options = options.clone();
    if options.inputs.is_empty() && options.nodes.is_empty() {
        if io::stdin().is_terminal() {
            return analyze::usage();
        }
        options.inputs.push(PathBuf::from("-"));
    }
    let scanner = Scanner::new(rules::whole_table(&options.rules)?)?;
    let until = until(&options, &scanner)?;
    let state = options.state.as_deref().map(State::load).transpose()?.unwrap_or_default();
    let listener = Listener::new(
        options.format,
        terminal::options(&options.terminal),
        options.on_diagnosis.clone().map(Hook::new),
        Metrics::new(options.metrics.clone(), options.metrics_listen)?,
    );
    let patience = Patience {
        settled: TimeDelta::seconds(options.settled.into()),
        quiet: TimeDelta::seconds(options.quiet.into()),
        least: Severity::from(options.min_severity),
    };
    let files = options.inputs.iter().chain(options.nodes.iter().map(|(_, path)| path));
    let wake = Wake::new(files.filter(|path| *path != Path::new(STDIN)).cloned().collect());
    let logs = inputs::followed(&scanner, &options, &state.logs, &wake.poke())?;
    let mut session = Session::new(&scanner, logs, state.alerts, patience, listener);
    session.until = until;
    watch(&mut session, &options, &wake)
}

fn watch(session: &mut Session<'_>, options: &Follow, wake: &Wake) -> Result<u8> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot wait for signals")?;
    }
    let deadline = options.timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut saved = Instant::now();
    let code = loop {
        session.step()?;
        if let Some(problem) = wake.problem() {
            terminal::complain(&problem.to_string());
        }
        if session.is_met() {
            break if session.until == Some(Until::Synced) { EXIT_QUIET } else { EXIT_FOUND };
        }
        if stop.load(Ordering::Relaxed) || session.has_ended() {
            break ended(session);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break if session.until.is_some() { EXIT_TIMEOUT } else { ended(session) };
        }
        if saved.elapsed() >= SAVE {
            save(session, options)?;
            saved = Instant::now();
        }
        wake.wait(session.rest());
    };
    session.finish()?;
    save(session, options)?;
    for problem in session.listener.finish() {
        terminal::complain(&problem);
    }
    Ok(code)
}

/// Something bad is still open, or nothing.
fn ended(session: &Session<'_>) -> u8 {
    let bad = session.alerts.open().iter().any(|alert| alert.severity >= Severity::Error);
    if bad { EXIT_FOUND } else { EXIT_QUIET }
}

fn save(session: &Session<'_>, options: &Follow) -> Result<()> {
    let Some(path) = &options.state else { return Ok(()) };
    State::save(path, session.logs.iter().filter_map(|log| log.begin.clone()).collect(), &session.alerts)
}

fn until(options: &Follow, scanner: &Scanner) -> Result<Option<Until>> {
    let Some(text) = &options.exit_on else { return Ok(None) };
    let ids = || scanner.table.rules.iter().map(|one| one.rule.id.as_str());
    match Until::parse(text, |id| ids().any(|known| known == id)) {
        Some(until) => Ok(Some(until)),
        None => bail!(
            "--exit-on takes synced, info, warning, error, critical or the id of a rule; the nearest to '{text}' are {}",
            nearest_few(text, ids(), 3).join(", ")
        ),
    }
}
