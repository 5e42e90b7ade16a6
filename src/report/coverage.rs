//! How much of a message catalogue is known: a table of counts, then what is not known.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};

use crate::catalogue::{Count, Coverage, Judged};
use crate::diagnose::printable::printable;

/// Writes the table and the unknown messages, or all of them where `all` asks for it.
///
/// # Errors
/// Writing fails.
pub fn text(out: &mut impl Write, coverage: &Coverage, all: bool) -> io::Result<()> {
    writeln!(out, "{}", table(&coverage.counts))?;
    for one in &coverage.too_wide {
        let (rule, component) = (printable(one.rule.as_bytes()), printable(one.component.as_bytes()));
        writeln!(out, "not counted: a match of {rule} takes {} messages of {component}", one.messages)?;
    }
    let listed = coverage.messages.iter().filter(|one| all || one.how.is_none());
    let mut place = ("", "");
    for one in listed {
        let here = (one.component.as_str(), one.severity.as_str());
        if here != place {
            place = here;
            writeln!(out, "\n{} {}", printable(here.0.as_bytes()), printable(here.1.as_bytes()))?;
        }
        message(out, one)?;
    }
    Ok(())
}

fn message(out: &mut impl Write, one: &Judged) -> io::Result<()> {
    let by = if one.by.is_empty() { String::new() } else { format!("  <= {}", one.by.join(", ")) };
    let source = if one.source.is_empty() { String::new() } else { format!("  ({})", one.source) };
    let line = format!("{}{source}{by}", one.template);
    writeln!(out, "  {}: {}", one.line, printable(line.as_bytes()))
}

fn table(counts: &[Count]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["component", "severity", "messages", "known", "", "by rule", "benign", "by event"]);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for one in counts {
        table.add_row([
            printable(one.component.as_bytes()),
            printable(one.severity.as_bytes()),
            one.total.to_string(),
            one.known().to_string(),
            format!("{} %", 100 * one.known() / one.total.max(1)),
            one.by_rule.to_string(),
            one.by_benign.to_string(),
            one.by_event.to_string(),
        ]);
    }
    table
}
