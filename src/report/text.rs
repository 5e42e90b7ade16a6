//! The document for a terminal: what happened, where, the proof and the next command on the first screen.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};

use crate::cluster::template::template;
use crate::diagnose::document::{Diagnosis, Document, Evidence, EvidenceRole, Explained, Verdict, Verify};
use crate::rules::schema::{Risk, Severity};

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    pub color: bool,
}

/// The label column.
const LABEL: usize = 8;

/// Proof lines of the first diagnosis, and unexplained messages that are shown.
const PROOF_LINES: usize = 4;
const SHOWN_UNEXPLAINED: usize = 8;

/// Incidents and lines of the story that are shown: the latest ones.
const SHOWN_INCIDENTS: usize = 8;
const SHOWN_HIGHLIGHTS: usize = 12;

/// All that was found is milder than what the user wants to see.
const HIDDEN: &str = "what was found is below --min-severity, so it is not shown";

/// Writes the report.
///
/// # Errors
/// Writing fails.
pub fn write(out: &mut impl Write, document: &Document, options: Options) -> io::Result<()> {
    let mut page = Page { out, options };
    match document.diagnoses.split_first() {
        None => page.nothing_found(document)?,
        Some((first, others)) => {
            page.first(document, first)?;
            page.others(others)?;
        }
    }
    page.incidents(document)?;
    page.story(document)?;
    page.unexplained(document)?;
    page.missing(document)?;
    page.inputs(document)
}

/// Labelled, wrapped lines on a terminal.
pub(super) struct Page<'a, W: Write> {
    pub(super) out: &'a mut W,
    pub(super) options: Options,
}

impl<W: Write> Page<'_, W> {
    fn nothing_found(&mut self, document: &Document) -> io::Result<()> {
        match document.verdict {
            Verdict::Unknown => self.headline(
                Style::new().bold(),
                "UNKNOWN",
                "no line of a database log could be judged, so nothing can be said",
            ),
            Verdict::Healthy => {
                let lines: u64 = document.inputs.iter().map(|input| input.lines).sum();
                let unread = if document.all_read() { "" } else { "; the notes below say what was not read" };
                let text = format!("nothing in these logs stands against the cluster ({lines} lines read{unread})");
                self.headline(AnsiColor::Green.on_default().bold(), "HEALTHY", &text)
            }
            Verdict::Warning if document.unexplained.iter().any(|one| one.level == "ERROR") => {
                let text = "no rule knows the errors below, so no cause can be named";
                self.headline(AnsiColor::Yellow.on_default().bold(), "WARNING", text)
            }
            Verdict::Warning => self.headline(AnsiColor::Yellow.on_default().bold(), "WARNING", HIDDEN),
            Verdict::Failure => self.headline(AnsiColor::Red.on_default().bold(), "FAILURE", HIDDEN),
        }
    }

    fn first(&mut self, document: &Document, diagnosis: &Diagnosis) -> io::Result<()> {
        let word = match document.verdict {
            Verdict::Failure => "FAILURE",
            Verdict::Warning => "WARNING",
            Verdict::Healthy => "HEALTHY",
            Verdict::Unknown => "UNKNOWN",
        };
        self.headline(severity_style(diagnosis.severity), word, &diagnosis.title)?;
        self.field("", &facts_line(diagnosis))?;
        self.blank()?;
        self.field("CAUSE", &diagnosis.cause)?;
        self.field("NODE", &node_line(diagnosis))?;
        self.proof(diagnosis, PROOF_LINES)?;
        let (next, later) = diagnosis.verify.split_at(diagnosis.verify.len().min(1));
        for verify in next {
            self.verify("NEXT", verify)?;
        }
        self.field("WHY", &diagnosis.why)?;
        self.field("IMPACT", &diagnosis.impact)?;
        for (index, verify) in later.iter().enumerate() {
            self.verify(if index == 0 { "THEN" } else { "" }, verify)?;
        }
        self.explained(diagnosis)?;
        self.alternatives(diagnosis)?;
        for (index, remedy) in diagnosis.remedy.iter().enumerate() {
            let text = format!("{}. {}{}", index + 1, remedy.step, risk_mark(remedy.risk));
            self.field(if index == 0 { "FIX" } else { "" }, &text)?;
        }
        self.labelled("RULE", &diagnosis.rule)?;
        let show = self.paint(AnsiColor::Cyan.on_default(), &format!("galera-rca rules show {}", diagnosis.rule));
        self.labelled("", &format!("  {show}"))
    }

    fn others(&mut self, others: &[Diagnosis]) -> io::Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.section("Also found")?;
        for diagnosis in others {
            let title = format!("{}. {}", diagnosis.rank, diagnosis.title);
            let style = severity_style(diagnosis.severity);
            let mark = severity_word(diagnosis.severity);
            self.headline(style, mark, &title)?;
            self.field("", &facts_line(diagnosis))?;
            self.field("", &diagnosis.cause)?;
            self.proof(diagnosis, 1)?;
            if let Some(verify) = diagnosis.verify.first() {
                self.verify("NEXT", verify)?;
            }
        }
        Ok(())
    }

    fn proof(&mut self, diagnosis: &Diagnosis, most: usize) -> io::Result<()> {
        for (index, line) in different_lines(diagnosis).into_iter().take(most).enumerate() {
            let place = format!("{}:{}", line.input, line.line);
            self.labelled(if index == 0 { "PROOF" } else { "" }, &self.dim(&place))?;
            let room = self.options.width.saturating_sub(LABEL + 2).max(20) * 2;
            self.field("", &format!("  {}", shortened(&line.text, room)))?;
        }
        Ok(())
    }

    fn verify(&mut self, label: &str, verify: &Verify) -> io::Result<()> {
        let command = self.paint(AnsiColor::Cyan.on_default(), &verify.run);
        self.labelled(label, &format!("on {}:", verify.on))?;
        self.labelled("", &format!("  {command}"))?;
        self.field("", &format!("  yes, if: {}", verify.confirms))?;
        if !verify.refutes.is_empty() {
            self.field("", &format!("  no, if: {}", verify.refutes))?;
        }
        if !verify.missing.is_empty() {
            self.field("", &format!("  not in the logs, put it in by hand: {}", verify.missing.join(", ")))?;
        }
        Ok(())
    }

    fn explained(&mut self, diagnosis: &Diagnosis) -> io::Result<()> {
        let mut rules: Vec<&str> = diagnosis.explains.iter().map(|one| one.rule.as_str()).collect();
        rules.dedup();
        for (index, rule) in rules.into_iter().enumerate() {
            let all: Vec<&Explained> = diagnosis.explains.iter().filter(|one| one.rule == rule).collect();
            let count: u64 = all.iter().map(|one| one.count).sum();
            let nodes: Vec<&str> = all.iter().map(|one| one.node.as_str()).collect();
            let title = all.first().map_or("", |one| one.title.as_str());
            let text = format!("{count} x {title} ({})", nodes.join(", "));
            self.field(if index == 0 { "FOLLOWS" } else { "" }, &text)?;
        }
        Ok(())
    }

    fn alternatives(&mut self, diagnosis: &Diagnosis) -> io::Result<()> {
        for (index, one) in diagnosis.alternatives.iter().enumerate() {
            self.field(if index == 0 { "OR" } else { "" }, &one.cause)?;
            if !one.check.is_empty() {
                let check = self.paint(AnsiColor::Cyan.on_default(), &one.check);
                self.labelled("", &format!("  {check}  (on {})", one.on))?;
            }
        }
        Ok(())
    }

    fn incidents(&mut self, document: &Document) -> io::Result<()> {
        if document.incidents.len() < 2 {
            return Ok(());
        }
        self.blank()?;
        self.section(&format!("{} incidents", document.incidents.len()))?;
        let earlier = document.incidents.len().saturating_sub(SHOWN_INCIDENTS);
        if earlier > 0 {
            writeln!(self.out, "{earlier} earlier ones: --format json has them all")?;
        }
        for one in &document.incidents[earlier..] {
            let from = one.from.as_deref().map_or_else(|| "time unknown".to_owned(), short_time);
            let to = one.from.as_deref().zip(one.to.as_deref()).filter(|(from, to)| from.get(..19) != to.get(..19));
            let to = to.map_or_else(String::new, |(from, to)| format!(" to {}", clock_of(from, to)));
            let more = one.diagnoses.len() - 1;
            let more = if more == 0 { String::new() } else { format!(", with {more} more") };
            self.field(&format!("{}.", one.number), &format!("{from}{to}, {}", one.nodes.join(", ")))?;
            self.field("", &format!("{} (diagnosis {}{more})", one.title, one.root))?;
        }
        Ok(())
    }

    fn story(&mut self, document: &Document) -> io::Result<()> {
        let all = document.story.highlights();
        if all.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.section("What happened")?;
        let earlier = all.len().saturating_sub(SHOWN_HIGHLIGHTS);
        if earlier > 0 {
            writeln!(self.out, "{earlier} earlier events: galera-rca timeline shows them")?;
        }
        let mut day = "";
        for one in &all[earlier..] {
            let at = one.at.as_deref();
            let today = at.and_then(|at| at.get(..10)).unwrap_or(day);
            if today != day {
                day = today;
                writeln!(self.out, "{day}")?;
            }
            self.story_line(at.and_then(|at| at.get(11..19)).unwrap_or("?"), &one.text)?;
        }
        Ok(())
    }

    fn story_line(&mut self, time: &str, text: &str) -> io::Result<()> {
        const TIME: usize = 10;
        for (index, line) in wrap(text, self.options.width.saturating_sub(TIME)).iter().enumerate() {
            writeln!(self.out, "{:TIME$}{line}", if index == 0 { time } else { "" })?;
        }
        Ok(())
    }

    fn unexplained(&mut self, document: &Document) -> io::Result<()> {
        if document.unexplained.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.section("Errors and warnings that no rule explains")?;
        let mut table = self.table(&["count", "level", "first at", "message"]);
        for one in document.unexplained.iter().take(SHOWN_UNEXPLAINED) {
            let place = format!("{}:{}", one.input, one.line);
            table.add_row([one.count.to_string(), one.level.to_owned(), place, shortened(&one.template, 160)]);
        }
        self.print(&table)?;
        let more = document.unexplained.len().saturating_sub(SHOWN_UNEXPLAINED);
        if more > 0 {
            writeln!(self.out, "{more} more kinds: --format json has them all")?;
        }
        Ok(())
    }

    fn missing(&mut self, document: &Document) -> io::Result<()> {
        if document.missing_evidence.is_empty() {
            return Ok(());
        }
        self.blank()?;
        self.section("Not given, but would help")?;
        for one in &document.missing_evidence {
            self.field("", &format!("- {}: {}", one.what, one.why))?;
        }
        Ok(())
    }

    fn inputs(&mut self, document: &Document) -> io::Result<()> {
        self.blank()?;
        let mut table = self.table(&["node", "log", "lines", "from", "to"]);
        for input in &document.inputs {
            let time = |time: &Option<String>| {
                time.as_deref().map_or("-", |time| time.get(..19).unwrap_or(time)).replace('T', " ")
            };
            let cells = [
                input.node.clone(),
                input.name.clone(),
                input.lines.to_string(),
                time(&input.first_time),
                time(&input.last_time),
            ];
            table.add_row(cells);
        }
        self.print(&table)?;
        for input in document.inputs.iter().filter(|input| !input.problems.is_empty()) {
            for problem in &input.problems {
                self.field("NOTE", problem)?;
            }
        }
        Ok(())
    }

    fn print(&mut self, table: &Table) -> io::Result<()> {
        table.to_string().lines().try_for_each(|line| writeln!(self.out, "{}", line.trim_end()))
    }

    fn table(&self, header: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(self.options.width).unwrap_or(u16::MAX));
        table.set_header(header.iter().copied());
        table
    }

    pub(super) fn headline(&mut self, style: Style, word: &str, text: &str) -> io::Result<()> {
        let indent = " ".repeat(word.len() + 2);
        let wrapped = wrap(text, self.options.width.saturating_sub(indent.len()));
        for (index, line) in wrapped.iter().enumerate() {
            let before = if index == 0 { format!("{}  ", self.paint(style, word)) } else { indent.clone() };
            writeln!(self.out, "{before}{}", self.paint(Style::new().bold(), line))?;
        }
        Ok(())
    }

    pub(super) fn section(&mut self, title: &str) -> io::Result<()> {
        let title = self.paint(Style::new().bold().underline(), title);
        writeln!(self.out, "{title}")
    }

    pub(super) fn field(&mut self, label: &str, text: &str) -> io::Result<()> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let lead = text.len() - text.trim_start_matches(' ').len();
        let lines = wrap(text.trim_start(), self.options.width.saturating_sub(LABEL + lead));
        for (index, line) in lines.iter().enumerate() {
            let line = format!("{}{line}", " ".repeat(lead));
            self.labelled(if index == 0 { label } else { "" }, &line)?;
        }
        Ok(())
    }

    pub(super) fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.paint(Style::new().bold(), &format!("{label:LABEL$}"));
        writeln!(self.out, "{label}{text}")
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.options.color && !text.trim().is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The decisive lines, then the supporting ones; of lines that only differ in numbers the first of each node.
fn different_lines(diagnosis: &Diagnosis) -> Vec<&Evidence> {
    let of_role = |role| diagnosis.evidence.iter().filter(move |line| line.role == role);
    let mut lines: Vec<&Evidence> = Vec::new();
    for line in of_role(EvidenceRole::Decisive).chain(of_role(EvidenceRole::Supports)) {
        let shape = template(line.text.as_bytes());
        if !lines.iter().any(|known| known.node == line.node && template(known.text.as_bytes()) == shape) {
            lines.push(line);
        }
    }
    lines
}

pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    // A date, an option or a file name is not parted at its hyphens.
    let options = textwrap::Options::new(width.max(20)).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn facts_line(diagnosis: &Diagnosis) -> String {
    let time = match (&diagnosis.first_seen, &diagnosis.last_seen) {
        (Some(first), Some(last)) if first != last => format!("{} to {}", short_time(first), clock_of(first, last)),
        (Some(first), _) => short_time(first),
        _ => "time unknown".to_owned(),
    };
    let times = if diagnosis.count == 1 { String::new() } else { format!(", {} times", diagnosis.count) };
    let word = severity_word(diagnosis.severity).to_lowercase();
    format!("{word}, confidence {:.0} %, {time}{times}", diagnosis.confidence * 100.0)
}

fn short_time(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('T', " ")
}

/// The end of a span: only its clock where it is the same day.
fn clock_of(first: &str, last: &str) -> String {
    let last_text = short_time(last);
    if first.get(..10) == last.get(..10) { last_text.get(11..).unwrap_or(&last_text).to_owned() } else { last_text }
}

fn node_line(diagnosis: &Diagnosis) -> String {
    let seen = diagnosis.observed_by.join(", ");
    if !diagnosis.node_known {
        format!("a peer of {seen} that these logs do not name")
    } else if seen == diagnosis.node {
        diagnosis.node.clone()
    } else {
        format!("{} (seen by {seen})", diagnosis.node)
    }
}

pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    }
}

pub(super) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Blue.on_default().bold(),
    }
}

pub(super) fn risk_mark(risk: Risk) -> &'static str {
    match risk {
        Risk::None => "",
        Risk::Low => " [low risk]",
        Risk::Restart => " [restarts a server]",
        Risk::DataLoss => " [CAN LOSE DATA]",
    }
}
