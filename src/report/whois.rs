//! What is known of an identity as text.

use std::io::{self, Write};

use anstyle::Style;

use super::text::Options;
use crate::whois::{Answer, Card, Row};

/// Width of the column that says what a fact is.
const WHAT: usize = 9;

/// Writes a card per node for a terminal.
///
/// # Errors
/// Writing fails.
pub fn write_text(out: &mut impl Write, answer: &Answer, options: Options) -> io::Result<()> {
    for (index, card) in answer.nodes.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write_card(out, card, options)?;
    }
    Ok(())
}

fn write_card(out: &mut impl Write, card: &Card, options: Options) -> io::Result<()> {
    let name = card.name.as_deref().unwrap_or("a node that no log names");
    let name = if options.color { paint(Style::new().bold(), name) } else { name.to_owned() };
    writeln!(out, "{name}")?;
    for log in &card.logs {
        field(out, "log", log, options)?;
    }
    if let Some(host) = &card.host {
        field(out, "host", host, options)?;
    }
    let mut before = "";
    for row in &card.facts {
        let what = if row.what == before { "" } else { row.what };
        before = row.what;
        write_row(out, what, row, options)?;
    }
    Ok(())
}

fn write_row(out: &mut impl Write, what: &str, row: &Row, options: Options) -> io::Result<()> {
    field(out, what, &row.value, options)?;
    let place = format!("{}{}:{}", span(row), row.input, row.line);
    // The line number stands at its end, so it is never cut.
    textwrap::wrap(&place, room(options)).iter().try_for_each(|line| faint(out, line, options))?;
    if row.text.is_empty() { Ok(()) } else { faint(out, &row.text, options) }
}

fn field(out: &mut impl Write, what: &str, value: &str, options: Options) -> io::Result<()> {
    let lines = textwrap::wrap(value, options.width.saturating_sub(WHAT).max(20));
    for (index, line) in lines.iter().enumerate() {
        writeln!(out, "{:WHAT$}{line}", if index == 0 { what } else { "" })?;
    }
    Ok(())
}

/// Columns below a fact.
fn room(options: Options) -> usize {
    options.width.saturating_sub(WHAT + 2).max(20)
}

/// One line below its fact, cut at the width.
fn faint(out: &mut impl Write, text: &str, options: Options) -> io::Result<()> {
    let room = room(options);
    let mut line: String = text.chars().take(room).collect();
    if text.chars().count() > room {
        line.pop();
        line.push('…');
    }
    let line = if options.color { paint(Style::new().dimmed(), &line) } else { line };
    writeln!(out, "{:width$}{line}", "", width = WHAT + 2)
}

fn span(row: &Row) -> String {
    let short = |time: &str| time.get(..19).unwrap_or(time).replace('T', " ");
    match (&row.from, &row.to) {
        (Some(from), Some(to)) if from.get(..19) != to.get(..19) => {
            let to = if from.get(..10) == to.get(..10) { to.get(11..19).unwrap_or(to).to_owned() } else { short(to) };
            format!("{} to {to}, ", short(from))
        }
        (Some(from), _) => format!("{}, ", short(from)),
        _ => String::new(),
    }
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
