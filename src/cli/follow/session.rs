//! The loop of `follow`: wait, read, judge, tell.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{Local, NaiveDateTime, TimeDelta};

use super::inputs::{Followed, Word};
use super::listener::Listener;
use super::until::Until;
use crate::diagnose::document::Tool;
use crate::follow::alerts::{Alerts, Moment, Patience};
use crate::follow::event::{Event, NodeChange, Notice, SCHEMA, Summary, time};
use crate::follow::judge::{Judged, judge};
use crate::follow::state::{NodeState, states};
use crate::rules::table::Table;
use crate::scan::scanner::Scanner;

/// Time passes for open alerts even when no line comes.
const TICK: Duration = Duration::from_secs(1);

/// A look may take this share of the time at most, so that a log full of events costs no processor.
const SHARE: u32 = 4;

/// All that is followed, and what is known of it.
pub struct Session<'a> {
    pub scanner: &'a Scanner,
    pub logs: Vec<Followed<'a>>,
    pub alerts: Alerts,
    pub patience: Patience,
    pub until: Option<Until>,
    pub listener: Listener,
    judged: Option<Judged>,
    states: BTreeMap<String, NodeState>,
    clock: LogClock,
    /// Lines came since the last judgement.
    stale: bool,
    next_look: Instant,
    /// When it was last looked for changes.
    told: Instant,
    met: bool,
    gaps: u64,
}

/// What time it is in the logs: the time of the last line, and what has passed since it was written.
#[derive(Default)]
struct LogClock {
    last: Option<(NaiveDateTime, Instant)>,
}

impl LogClock {
    fn saw(&mut self, line: NaiveDateTime, written: Instant) {
        if self.last.is_none_or(|(last, _)| line > last) {
            self.last = Some((line, written));
        }
    }

    fn now(&self) -> NaiveDateTime {
        let passed = |since: Instant| TimeDelta::from_std(since.elapsed()).unwrap_or_default();
        self.last.map_or_else(|| Local::now().naive_local(), |(last, written)| last + passed(written))
    }
}

impl<'a> Session<'a> {
    pub fn new(
        scanner: &'a Scanner,
        logs: Vec<Followed<'a>>,
        alerts: Alerts,
        patience: Patience,
        listener: Listener,
    ) -> Self {
        Self {
            scanner,
            logs,
            alerts,
            patience,
            until: None,
            listener,
            judged: None,
            states: BTreeMap::new(),
            clock: LogClock::default(),
            stale: true,
            next_look: Instant::now(),
            told: Instant::now(),
            met: false,
            gaps: 0,
        }
    }

    /// Reads what is there, judges it when it is time, and tells what has changed.
    pub fn step(&mut self) -> Result<()> {
        let now = Instant::now();
        let mut words = Vec::new();
        for log in &mut self.logs {
            self.stale |= log.read(self.scanner, now, &mut words);
        }
        self.tell_words(words)?;
        if Instant::now() < self.next_look || (!self.stale && self.told.elapsed() < TICK) {
            return Ok(());
        }
        if std::mem::take(&mut self.stale) {
            self.judge();
        }
        self.update()
    }

    fn judge(&mut self) {
        let began = Instant::now();
        let tool = Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            rules: self.scanner.table.rules.len(),
        };
        let judged = judge(self.scanner, self.logs.iter().map(|log| &log.intake), tool);
        let written = self.logs.iter().filter_map(|log| log.written).max().unwrap_or(began);
        if let Some(last) = judged.logs.iter().filter_map(crate::cluster::log::Log::ends).max() {
            self.clock.saw(last, written);
        }
        self.judged = Some(judged);
        self.next_look = Instant::now() + began.elapsed() * SHARE;
    }

    fn update(&mut self) -> Result<()> {
        self.told = Instant::now();
        let Some(judged) = &self.judged else { return Ok(()) };
        let now = self.clock.now();
        let known = states(&judged.logs);
        let table = &self.scanner.table;
        let moment = Moment { document: &judged.document, states: &known, now, hold: &|rule| hold(table, rule) };
        let mut events: Vec<Event> =
            changes(&self.states, &known).map(|change| Event::State(NodeChange { at: time(now), ..change })).collect();
        events.extend(self.alerts.update(&moment, self.patience).iter().map(|one| Event::of(one, now)));
        self.states = known;
        for event in &events {
            self.met |= self.until.as_ref().is_some_and(|until| until.is_met_by(event));
            self.tell(event)?;
        }
        self.met |= self.until.as_ref().is_some_and(|until| until.is_met_in(&self.states));
        let lines = self.logs.iter().map(|log| log.lines).sum();
        self.listener.show(&self.states, self.alerts.open(), lines, self.gaps);
        Ok(())
    }

    fn tell_words(&mut self, words: Vec<Word>) -> Result<()> {
        for (input, text, is_gap) in words {
            let notice = self.notice(input, text);
            self.gaps += u64::from(is_gap);
            self.tell(&if is_gap { Event::Gap(notice) } else { Event::Note(notice) })?;
        }
        Ok(())
    }

    fn tell(&mut self, event: &Event) -> Result<()> {
        self.listener.tell(event)?;
        for problem in self.listener.problems() {
            let notice = self.notice("galera-rca".to_owned(), problem);
            self.listener.tell(&Event::Note(notice))?;
        }
        Ok(())
    }

    fn notice(&self, input: String, text: String) -> Notice {
        Notice { schema: SCHEMA, at: time(self.clock.now()), input, text }
    }

    /// How long there is nothing to do if no line comes.
    pub fn rest(&self) -> Duration {
        let look = self.next_look.saturating_duration_since(Instant::now());
        if self.stale { look.max(Duration::from_millis(1)) } else { TICK }
    }

    /// Has what `--exit-on` waits for happened?
    pub fn is_met(&self) -> bool {
        self.met
    }

    /// All inputs are streams that have ended.
    pub fn has_ended(&self) -> bool {
        self.logs.iter().all(|log| log.ended)
    }

    /// Judges what is left and tells where everything stands.
    pub fn finish(&mut self) -> Result<()> {
        let mut words = Vec::new();
        for log in &mut self.logs {
            log.finish(self.scanner, &mut words);
        }
        self.tell_words(words)?;
        self.judge();
        self.update()?;
        let summary = Summary {
            schema: SCHEMA,
            at: time(self.clock.now()),
            nodes: self.states.clone(),
            open: self.alerts.open().to_vec(),
            lines: self.logs.iter().map(|log| log.lines).sum(),
            gaps: self.gaps,
        };
        self.listener.tell(&Event::Summary(summary))
    }
}

/// Seconds that must pass before the absence of something is believed.
fn hold(table: &Table, rule: &str) -> i64 {
    /// Longer waits help nobody.
    const MOST: i64 = 10;
    let Some(found) = table.rules.iter().find(|one| one.rule.id == rule) else { return 0 };
    let absent = found.require.iter().filter(|one| one.absent && one.when != crate::rules::schema::When::Before);
    absent.map(|one| one.within.unwrap_or(MOST).min(MOST)).max().unwrap_or(0)
}

fn changes<'a>(
    before: &'a BTreeMap<String, NodeState>,
    now: &'a BTreeMap<String, NodeState>,
) -> impl Iterator<Item = NodeChange> + 'a {
    now.iter().filter_map(|(name, state)| {
        let from = before.get(name).map_or("?", |known| known.state.as_str());
        (from != state.state).then(|| NodeChange {
            schema: SCHEMA,
            at: String::new(),
            node: name.clone(),
            from: from.to_owned(),
            to: state.state.clone(),
            seqno: state.seqno,
            members: state.members,
        })
    })
}
