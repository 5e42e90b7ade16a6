//! The timeline as text, one column per node.

mod arrow;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::text::Options;
use crate::timeline::{Row, Timeline};
use arrow::{Grid, arrow};

/// Width of the time column, with its gap.
const TIME: usize = 9;

/// Narrower columns can't be read: then each row names its node instead.
const NARROWEST: usize = 17;

/// Writes the rows for a terminal: a column per node, or the node's name in each row when there are too many nodes.
///
/// # Errors
/// Writing fails.
pub fn write_text(out: &mut impl Write, timeline: &Timeline, options: Options) -> io::Result<()> {
    for node in timeline.nodes.iter().filter(|node| node.clock_correction.abs() >= 2.0) {
        writeln!(
            out,
            "The clock of {} differs from the others: {:+.0} s were added.",
            node.name, node.clock_correction
        )?;
    }
    if timeline.forgotten > 0 {
        writeln!(out, "{} older events are not shown; narrow the time with --since.", timeline.forgotten)?;
    }
    let width = (options.width.saturating_sub(TIME) / timeline.nodes.len().max(1)).saturating_sub(1);
    if width < NARROWEST { write_list(out, timeline, options) } else { write_columns(out, timeline, options, width) }
}

fn write_columns(out: &mut impl Write, timeline: &Timeline, options: Options, width: usize) -> io::Result<()> {
    let names: Vec<&str> = timeline.nodes.iter().map(|node| node.name.as_str()).collect();
    let head: Vec<String> = names.iter().map(|name| fitted(&shortened(name, width), width)).collect();
    writeln!(out, "{}", format!("{:TIME$}{}", "", head.join(" ")).trim_end())?;
    let mut states: Vec<char> = vec![' '; names.len()];
    let mut day = String::new();
    for row in &timeline.rows {
        write_day(out, row, &mut day)?;
        let Some(column) = names.iter().position(|name| *name == row.node) else { continue };
        if let Some(state) = &row.state {
            states[column] = band(state);
        }
        write_row(out, row, column, &Grid { names: &names, bands: &states, width }, options)?;
    }
    writeln!(out, "\n| synced  = joined  D donor or desynced  J joining  P primary but behind")?;
    writeln!(out, ": starting or not primary  . down  * in this node's log too")
}

/// A transfer between two columns as an arrow, all else as words in the node's column.
fn write_row(out: &mut impl Write, row: &Row, column: usize, grid: &Grid, options: Options) -> io::Result<()> {
    let words = words(row);
    let mut clock = clock(row);
    let rest = match arrow(row, &words, grid) {
        Some(arrow) => {
            let line = arrow.line.trim_end();
            let line = if options.color { paint(row, line) } else { line.to_owned() };
            writeln!(out, "{clock:TIME$}{line}")?;
            clock = "";
            arrow.rest
        }
        None => Some(words),
    };
    for line in rest.iter().flat_map(|text| textwrap::wrap(text, grid.width.saturating_sub(2))) {
        let cell = |at: usize| {
            let mark = if !clock.is_empty() && grid.confirms(row, at) { "*" } else { " " };
            let text = if at == column { line.as_ref() } else { "" };
            let plain = fitted(&format!("{}{mark}{text}", grid.bands[at]), grid.width);
            if at == column && options.color { paint(row, &plain) } else { plain }
        };
        let cells: Vec<String> = (0..grid.names.len()).map(cell).collect();
        writeln!(out, "{}", format!("{clock:TIME$}{}", cells.join(" ")).trim_end())?;
        clock = "";
    }
    Ok(())
}

fn write_list(out: &mut impl Write, timeline: &Timeline, options: Options) -> io::Result<()> {
    let longest = timeline.nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0).min(16);
    let mut day = String::new();
    for row in &timeline.rows {
        write_day(out, row, &mut day)?;
        let lead = format!(
            "{:TIME$}{} {} ",
            clock(row),
            fitted(&shortened(&row.node, longest), longest),
            row.state.as_deref().map_or(' ', band)
        );
        let indent = " ".repeat(lead.chars().count());
        for (index, line) in
            textwrap::wrap(&confirmed(row), options.width.saturating_sub(indent.len()).max(20)).iter().enumerate()
        {
            let text = if options.color { paint(row, line) } else { line.to_string() };
            writeln!(out, "{}{text}", if index == 0 { &lead } else { &indent })?;
        }
    }
    Ok(())
}

fn write_day(out: &mut impl Write, row: &Row, day: &mut String) -> io::Result<()> {
    let today = row.at.as_deref().and_then(|at| at.get(..10)).unwrap_or_default();
    if !today.is_empty() && today != day {
        today.clone_into(day);
        writeln!(out, "{today}")?;
    }
    Ok(())
}

fn clock(row: &Row) -> &str {
    row.at.as_deref().and_then(|at| at.get(11..19)).unwrap_or("?")
}

fn words(row: &Row) -> String {
    if row.count < 2 || row.kind == "diagnosis" {
        return row.text.clone();
    }
    match row.last.as_deref().and_then(|last| last.get(11..19)).filter(|last| *last != clock(row)) {
        Some(last) => format!("{} (x{} to {last})", row.text, row.count),
        None => format!("{} (x{})", row.text, row.count),
    }
}

/// The words, and who else tells it: a list has no columns that could show it.
fn confirmed(row: &Row) -> String {
    let words = words(row);
    if row.confirmed_by.is_empty() { words } else { format!("{words} (also {})", row.confirmed_by.join(" ")) }
}

/// One character for a state, drawn down the node's column.
fn band(state: &str) -> char {
    match state {
        "SYNCED" => '|',
        "JOINED" => '=',
        "DONOR/DESYNCED" | "DONOR" => 'D',
        "JOINER" => 'J',
        "PRIMARY" => 'P',
        "OPEN" | "STARTING" => ':',
        _ => '.',
    }
}

/// Long names differ at their end: the number of the pod, the name of the host.
fn shortened(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length + 1 - width.max(1)).collect();
    format!("~{end}")
}

fn fitted(text: &str, width: usize) -> String {
    let cut: String = text.chars().take(width).collect();
    format!("{cut:width$}")
}

fn paint(row: &Row, text: &str) -> String {
    let style = match row.kind {
        "diagnosis" => AnsiColor::Red.on_default().bold(),
        "transfer" => AnsiColor::Cyan.on_default(),
        "vote" => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    };
    format!("{style}{text}{style:#}")
}
