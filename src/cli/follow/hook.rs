//! `--on-diagnosis`: runs a program for each event about a diagnosis.
//!
//! The program is started by itself, never through a shell: the event is JSON on its standard input, and its fields
//! are in the environment. It runs beside the reading, one at a time, and is stopped when it takes too long.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::diagnose::printable::printable;
use crate::follow::event::Event;

/// A program may run for so long.
const LIMIT: Duration = Duration::from_secs(10);

/// Events that wait for the program; more are dropped, and that is told.
const WAITING: usize = 32;

/// Starts within a minute at most.
const PER_MINUTE: usize = 30;

/// The program, in a thread of its own.
pub struct Hook {
    events: Option<SyncSender<String>>,
    failures: Receiver<String>,
    thread: Option<JoinHandle<()>>,
    started: Vec<Instant>,
}

impl Hook {
    /// Nothing is started before the first event.
    pub fn new(program: PathBuf) -> Self {
        let (events, waiting) = sync_channel::<String>(WAITING);
        let (failed, failures) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || {
            for event in waiting {
                if let Err(problem) = run(&program, &event) {
                    // Nobody listens any more when the run is over.
                    let _ = failed.try_send(format!("--on-diagnosis {}: {problem}", program.display()));
                }
            }
        });
        Self { events: Some(events), failures, thread: Some(thread), started: Vec::new() }
    }

    /// Hands an event over; gives the reason where it can't be.
    pub fn send(&mut self, event: &Event) -> Result<(), String> {
        if event.told().is_none() {
            return Ok(());
        }
        let now = Instant::now();
        self.started.retain(|at| now.duration_since(*at) < Duration::from_secs(60));
        if self.started.len() >= PER_MINUTE {
            return Err(format!(
                "--on-diagnosis: more than {PER_MINUTE} events in a minute, this one was not handed over"
            ));
        }
        let json = serde_json::to_string(event).map_err(|error| error.to_string())?;
        match self.events.as_ref().map(|events| events.try_send(json)) {
            Some(Ok(())) => {
                self.started.push(now);
                Ok(())
            }
            Some(Err(TrySendError::Full(_))) => {
                Err("--on-diagnosis: the program is too slow, an event was not handed over".to_owned())
            }
            Some(Err(TrySendError::Disconnected(_))) | None => Err("--on-diagnosis: its thread has ended".to_owned()),
        }
    }

    /// What went wrong since the last call.
    pub fn failures(&self) -> Vec<String> {
        self.failures.try_iter().collect()
    }

    /// Waits for the events that were handed over.
    pub fn finish(mut self) -> Vec<String> {
        self.events = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.failures()
    }
}

fn run(program: &PathBuf, event: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .envs(environment(event))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not want to read may end early.
        let _ = writeln!(input, "{event}");
    }
    wait(&mut child)
}

fn wait(child: &mut Child) -> Result<(), String> {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if began.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it took longer than {} s and was stopped", LIMIT.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// `GALERA_RCA_RULE` and so on: the plain fields of the event, harmless on a terminal.
fn environment(event: &str) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(event) else { return Vec::new() };
    let plain = fields.into_iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some((name, printable(text.as_bytes()))),
        serde_json::Value::Number(number) => Some((name, number.to_string())),
        _ => None,
    });
    plain.map(|(name, value)| (format!("GALERA_RCA_{}", name.to_uppercase()), value)).collect()
}
