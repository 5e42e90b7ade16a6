//! Events of a followed log as text for people, and as metrics for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::text::{Options, Page, severity_style, severity_word, wrap};
use crate::follow::alerts::Alert;
use crate::follow::event::{Event, Summary, Told};
use crate::follow::state::NodeState;
use crate::rules::schema::Severity;

/// Writes one event.
///
/// # Errors
/// Writing fails.
pub fn write(out: &mut impl Write, event: &Event, options: Options) -> io::Result<()> {
    let mut page = Page { out, options };
    match event {
        Event::Opened(told) => page.opened(told),
        Event::Updated(told) => page.updated(told),
        Event::Resolved(told) => {
            let style = AnsiColor::Green.on_default().bold();
            page.headline(style, &head(&told.at, "RESOLVED", told), &format!("{}: {}", told.title, told.news))
        }
        Event::Gap(notice) => {
            let style = AnsiColor::Yellow.on_default().bold();
            page.headline(style, &format!("{}  GAP", clock(&notice.at)), &format!("{}: {}", notice.input, notice.text))
        }
        Event::Note(notice) => page.line(&notice.at, &format!("{}: {}", notice.input, notice.text)),
        Event::Summary(summary) => page.summary(summary),
        Event::State(change) => {
            let seqno = change.seqno.map_or_else(String::new, |seqno| format!(", seqno {seqno}"));
            let text = format!("{}: {} -> {}{seqno}, {} members", change.node, change.from, change.to, change.members);
            page.line(&change.at, &text)
        }
    }
}

impl<W: Write> Page<'_, W> {
    fn line(&mut self, at: &str, text: &str) -> io::Result<()> {
        const INDENT: usize = 10;
        for (index, line) in wrap(text, self.options.width.saturating_sub(INDENT)).iter().enumerate() {
            writeln!(self.out, "{:INDENT$}{line}", if index == 0 { clock(at) } else { "" })?;
        }
        Ok(())
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let gaps = if summary.gaps == 0 { "none missing".to_owned() } else { format!("{} gaps", summary.gaps) };
        let text = format!("{} lines read, {gaps}, {} diagnoses open", summary.lines, summary.open.len());
        self.headline(Style::new().bold(), &format!("{}  END", clock(&summary.at)), &text)?;
        for (name, state) in &summary.nodes {
            let line = status(name, state, &summary.open, self.options);
            writeln!(self.out, "{line}")?;
        }
        for alert in &summary.open {
            let text = format!("#{} {}: {}", alert.number, alert.node, alert.title);
            self.headline(severity_style(alert.severity), severity_word(alert.severity), &text)?;
        }
        Ok(())
    }

    fn opened(&mut self, told: &Told) -> io::Result<()> {
        self.headline(severity_style(told.severity), &head(&told.at, severity_word(told.severity), told), &told.title)?;
        self.details(told)
    }

    fn updated(&mut self, told: &Told) -> io::Result<()> {
        self.headline(severity_style(told.severity), &head(&told.at, "UPDATED", told), &told.title)?;
        self.field("NEWS", &told.news)?;
        self.details(told)
    }

    fn details(&mut self, told: &Told) -> io::Result<()> {
        self.field("CAUSE", &told.cause)?;
        self.field("NODE", &format!("{}, confidence {:.0} %", told.node, told.confidence * 100.0))?;
        if let Some(line) = told.evidence.first() {
            self.field("PROOF", &format!("{}:{}", line.input, line.line))?;
            self.field("", &format!("  {}", line.text))?;
        }
        if let Some(next) = told.verify.first() {
            self.labelled("NEXT", &format!("on {}:", next.on))?;
            let run = self.paint(AnsiColor::Cyan.on_default(), &next.run);
            self.labelled("", &format!("  {run}"))?;
        }
        Ok(())
    }
}

fn head(at: &str, word: &str, told: &Told) -> String {
    format!("{}  {word}  #{}", clock(at), told.number)
}

fn clock(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}

/// One line that says where a node stands.
pub fn status(name: &str, state: &NodeState, alerts: &[Alert], options: Options) -> String {
    let seqno = state.seqno.map_or_else(String::new, |seqno| format!("  seqno {seqno}"));
    let members = if state.own_log && state.members > 0 {
        format!("  {} members{}", state.members, if state.primary { "" } else { ", not primary" })
    } else {
        String::new()
    };
    let open: Vec<String> =
        alerts.iter().filter(|alert| alert.node == name).map(|alert| format!("#{}", alert.number)).collect();
    let open = if open.is_empty() { String::new() } else { format!("  open: {}", open.join(" ")) };
    let line: String = format!("{name}  {}{seqno}{members}{open}", state.state).chars().take(options.width).collect();
    let style = match (state.works(), open.is_empty()) {
        (true, true) => AnsiColor::Green.on_default(),
        (true, false) => AnsiColor::Yellow.on_default(),
        (false, _) => AnsiColor::Red.on_default(),
    };
    if options.color { format!("{style}{line}{:#}", Style::new()) } else { line }
}

/// The metrics in Prometheus' text format.
pub fn metrics(states: &BTreeMap<String, NodeState>, alerts: &[Alert], lines: u64, gaps: u64) -> String {
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &[(String, String)]| {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let of_nodes = |value: &dyn Fn(&NodeState) -> Option<String>| {
        let row = |(name, state): (&String, &NodeState)| Some((format!("{{node=\"{}\"}}", label(name)), value(state)?));
        states.iter().filter_map(row).collect::<Vec<_>>()
    };
    let number = |truth: bool| Some(u8::from(truth).to_string());
    family("galera_rca_node_synced", "gauge", "1 when the node is synced.", &of_nodes(&|one| number(one.works())));
    let primary = of_nodes(&|one| one.own_log.then_some(number(one.primary))?);
    family("galera_rca_node_primary", "gauge", "1 when its view is that of a primary component.", &primary);
    let members = of_nodes(&|one| one.own_log.then(|| one.members.to_string()));
    family("galera_rca_node_members", "gauge", "Members of its latest view.", &members);
    let seqno = of_nodes(&|one| one.seqno.map(|seqno| seqno.to_string()));
    family("galera_rca_node_seqno", "gauge", "Position in the history when its state last changed.", &seqno);
    let open: Vec<_> = alerts.iter().map(|alert| (labels(alert), format!("{:.2}", alert.confidence))).collect();
    family("galera_rca_diagnosis", "gauge", "Confidence of each open diagnosis.", &open);
    family("galera_rca_lines_total", "counter", "Lines read.", &[(String::new(), lines.to_string())]);
    family("galera_rca_gaps_total", "counter", "Gaps in what was read.", &[(String::new(), gaps.to_string())]);
    out
}

fn labels(alert: &Alert) -> String {
    let severity = match alert.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    };
    format!("{{node=\"{}\",rule=\"{}\",severity=\"{severity}\"}}", label(&alert.node), label(&alert.rule))
}

/// A label's value: backslash, quote and line end are escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
