//! Who is told: the terminal or a pipe, the program of `--on-diagnosis`, the metrics.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::arguments::FollowFormat;
use super::hook::Hook;
use super::metrics::Metrics;
use crate::follow::alerts::Alert;
use crate::follow::event::Event;
use crate::follow::state::NodeState;
use crate::report::follow;
use crate::report::text::Options;

/// All listeners.
pub struct Listener {
    pub format: FollowFormat,
    pub options: Options,
    pub hook: Option<Hook>,
    pub metrics: Metrics,
    /// Nobody reads standard output any more.
    gone: bool,
    board: Option<Board>,
    problems: Vec<String>,
}

impl Listener {
    pub fn new(format: FollowFormat, options: Options, hook: Option<Hook>, metrics: Metrics) -> Self {
        let board = (format == FollowFormat::Text && io::stdout().is_terminal()).then(Board::default);
        Self { format, options, hook, metrics, gone: false, board, problems: Vec::new() }
    }

    /// Tells an event.
    pub fn tell(&mut self, event: &Event) -> Result<()> {
        if let Some(hook) = &mut self.hook {
            self.problems.extend(hook.send(event).err());
        }
        if self.gone {
            return Ok(());
        }
        let mut text = Vec::new();
        match self.format {
            FollowFormat::Text => follow::write(&mut text, event, self.options)?,
            FollowFormat::Ndjson => {
                serde_json::to_writer(&mut text, event)?;
                text.push(b'\n');
            }
        }
        let print = || -> io::Result<()> {
            let mut out = io::stdout().lock();
            out.write_all(&text)?;
            out.flush()
        };
        match self.board.as_ref().map_or_else(print, |board| board.bars.suspend(print)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.has_others() => {
                self.gone = true;
                Ok(())
            }
            result => Ok(result?),
        }
    }

    /// Shows where the nodes stand.
    pub fn show(&mut self, states: &BTreeMap<String, NodeState>, open: &[Alert], lines: u64, gaps: u64) {
        if let Some(board) = &mut self.board {
            board.show(states, open, self.options);
        }
        if self.metrics.is_wanted() {
            let published = self.metrics.publish(follow::metrics(states, open, lines, gaps));
            self.problems.extend(published.err().map(|error| format!("{error:#}")));
        }
    }

    /// What went wrong with the listeners since the last call.
    pub fn problems(&mut self) -> Vec<String> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(self.hook.as_ref().map(Hook::failures).unwrap_or_default());
        problems
    }

    /// Clears the board and waits for what is under way.
    pub fn finish(&mut self) -> Vec<String> {
        if let Some(board) = self.board.take() {
            let _ = board.bars.clear();
        }
        self.hook.take().map(Hook::finish).unwrap_or_default()
    }

    fn has_others(&self) -> bool {
        self.hook.is_some() || self.metrics.is_wanted()
    }
}

/// A line per node at the bottom of the terminal.
struct Board {
    bars: MultiProgress,
    nodes: BTreeMap<String, ProgressBar>,
}

impl Default for Board {
    fn default() -> Self {
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stdout()), nodes: BTreeMap::new() }
    }
}

impl Board {
    fn show(&mut self, states: &BTreeMap<String, NodeState>, open: &[Alert], options: Options) {
        for (name, state) in states {
            let bar = self.nodes.entry(name.clone()).or_insert_with(|| {
                let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
                self.bars.add(ProgressBar::no_length().with_style(style))
            });
            bar.set_message(follow::status(name, state, open, options));
        }
    }
}
