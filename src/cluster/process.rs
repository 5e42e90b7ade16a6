//! Server processes of one log: where each started, how far it came, how it ended.

use crate::parse::event::Event;

/// How a server process ended, as far as its own log tells.
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
    /// The process only printed its recovered position (`--wsrep-recover`).
    Recovery,
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
}

impl Process {
    /// The process that runs when a log begins.
    pub fn before_log() -> Self {
        Self { start_seen: false, synced: false, ending: Ending::Running, stopping: false }
    }

    /// The process that a start line begins.
    pub fn starting() -> Self {
        Self { start_seen: true, ..Self::before_log() }
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
    pub fn observe(&mut self, event: &Event) {
        match event.kind() {
            "synchronized" | "server-ready" => self.synced = true,
            "shift" if event.field("to").is_some_and(|to| to == "SYNCED") => self.synced = true,
            "shutdown-start" => self.stopping = true,
            "shutdown-complete" if self.ending == Ending::Running => self.ending = Ending::Shutdown,
            "aborting" if self.ending == Ending::Running => self.ending = Ending::Abort,
            "crash" => self.ending = Ending::Crash,
            "recovered-position" if !self.synced && self.ending == Ending::Running => self.ending = Ending::Recovery,
            _ => {}
        }
    }
}
