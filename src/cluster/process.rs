//! Server processes of one log: where each started, how far it came, how it ended.

use crate::parse::event::Event;
use crate::parse::stamp::Stamp;

/// How a server process ended, as far as the logs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The log ends with the process alive, as far as it tells.
    Running,
    /// An orderly shutdown.
    Shutdown,
    /// The server gave up by itself.
    Abort,
    /// A signal was caught and printed.
    Crash,
    /// The next start stands in the log without any end of this process.
    Killed,
    /// The log ends in the middle of life while the logs of peers go on.
    Silent,
    /// The process only printed its recovered position (`--wsrep-recover`).
    Recovery,
}

impl Ending {
    /// The word of the documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Shutdown => "shutdown",
            Self::Abort => "abort",
            Self::Crash => "crash",
            Self::Killed => "killed",
            Self::Silent => "silent",
            Self::Recovery => "recovery",
        }
    }
}

/// Where and when something happened in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Index of the file in its log.
    pub file: usize,
    /// 1-based.
    pub line: u64,
    /// As printed.
    pub time: Option<Stamp>,
}

/// A line with its text, shortened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub spot: Spot,
    pub text: Vec<u8>,
}

impl Quote {
    pub fn new(spot: Spot, text: &[u8]) -> Self {
        Self { spot, text: text[..text.len().min(KEPT_BYTES)].to_vec() }
    }
}

/// One run of the server.
#[derive(Clone, Debug)]
pub struct Process {
    /// The log shows the start of this process, not only its later life.
    pub start_seen: bool,
    /// It became a synced member or ready for connections.
    pub synced: bool,
    pub ending: Ending,
    /// A shutdown was asked for.
    pub stopping: bool,
    /// Who asked for it, where the server says so.
    pub stopped_by: Option<String>,
    pub version: Option<String>,
    pub provider: Option<String>,
    pub pid: Option<u64>,
    pub started: Option<Spot>,
    pub provider_loaded: Option<Spot>,
    pub connected: Option<Spot>,
    pub synced_at: Option<Spot>,
    /// The line that says how it ended.
    pub ended: Option<Spot>,
    pub signal: Option<u32>,
    /// File and line of a failed assertion.
    pub assertion: Option<String>,
    /// The statement that ran when it crashed.
    pub query: Option<String>,
    /// Its first and last line at ERROR.
    pub first_error: Option<Quote>,
    pub last_error: Option<Quote>,
}

/// Text kept of an error line.
const KEPT_BYTES: usize = 300;

impl Process {
    /// The process that runs when a log begins.
    pub fn before_log() -> Self {
        Self {
            start_seen: false,
            synced: false,
            ending: Ending::Running,
            stopping: false,
            stopped_by: None,
            version: None,
            provider: None,
            pid: None,
            started: None,
            provider_loaded: None,
            connected: None,
            synced_at: None,
            ended: None,
            signal: None,
            assertion: None,
            query: None,
            first_error: None,
            last_error: None,
        }
    }

    /// The process that a start line begins.
    pub fn starting(event: &Event, spot: Spot) -> Self {
        let mut process = Self { start_seen: true, started: Some(spot), ..Self::before_log() };
        if let Event::ServerStart { version, pid } = event {
            (process.version, process.pid) = (Some(version.clone()), *pid);
        }
        process
    }

    /// How this process ended, seen from the next start line.
    pub fn ending_at_next_start(&self) -> Ending {
        match self.ending {
            Ending::Running if self.stopping => Ending::Shutdown,
            Ending::Running if self.start_seen || self.synced => Ending::Killed,
            other => other,
        }
    }

    /// Takes in what an event says of the process.
    pub fn observe(&mut self, event: &Event, spot: Spot) {
        match event {
            Event::Synchronized | Event::ServerReady { .. } => self.note_synced(spot),
            Event::Shift { to, .. } | Event::Restored { to, .. } if to == "SYNCED" => self.note_synced(spot),
            Event::ProviderLoaded { version } => {
                self.provider = Some(version.clone());
                self.provider_loaded.get_or_insert(spot);
            }
            Event::Connected | Event::ServerConnected { .. } => {
                self.connected.get_or_insert(spot);
            }
            Event::ShutdownStart { by } => {
                self.stopping = true;
                self.stopped_by = by.clone();
                self.ended = Some(spot);
            }
            Event::Assertion { file, line } => self.assertion = Some(format!("{file}:{line}")),
            Event::CrashQuery { query } => self.query = Some(query.clone()),
            Event::Crash { signal, .. } => {
                self.signal = Some(*signal);
                self.end(Ending::Crash, spot);
            }
            _ if self.ending == Ending::Running => match event {
                Event::ShutdownComplete => self.end(Ending::Shutdown, spot),
                Event::Aborting => self.end(Ending::Abort, spot),
                Event::RecoveredPosition { .. } if !self.synced => self.end(Ending::Recovery, spot),
                _ => {}
            },
            _ => {}
        }
    }

    /// Takes in a line at ERROR.
    pub fn observe_error(&mut self, quote: &Quote) {
        if self.first_error.is_none() {
            self.first_error = Some(quote.clone());
        } else {
            self.last_error = Some(quote.clone());
        }
    }

    fn note_synced(&mut self, spot: Spot) {
        self.synced = true;
        self.synced_at.get_or_insert(spot);
    }

    fn end(&mut self, ending: Ending, spot: Spot) {
        (self.ending, self.ended) = (ending, Some(spot));
    }
}
