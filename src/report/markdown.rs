//! The document as Markdown for a ticket: the same order as the text report, with all evidence.

use std::io::{self, Write};

use crate::diagnose::document::{Diagnosis, Document, EvidenceRole, Verdict};
use crate::rules::schema::{Risk, Severity};

/// Writes the report.
///
/// # Errors
/// Writing fails.
pub fn write(out: &mut impl Write, document: &Document) -> io::Result<()> {
    let verdict = match document.verdict {
        Verdict::Failure => "failure",
        Verdict::Warning => "warning",
        Verdict::Healthy => "healthy",
        Verdict::Unknown => "unknown",
    };
    writeln!(out, "# Galera diagnosis: {verdict}\n")?;
    if document.diagnoses.is_empty() {
        writeln!(out, "{}\n", nothing_found(document))?;
    }
    for diagnosis in &document.diagnoses {
        write_diagnosis(out, diagnosis)?;
    }
    write_incidents(out, document)?;
    write_story(out, document)?;
    write_unexplained(out, document)?;
    write_missing(out, document)?;
    write_inputs(out, document)
}

fn write_incidents(out: &mut impl Write, document: &Document) -> io::Result<()> {
    if document.incidents.len() < 2 {
        return Ok(());
    }
    writeln!(out, "## Incidents\n\n| | from | to | nodes | root cause | diagnoses |\n|---|---|---|---|---|---|")?;
    for one in &document.incidents {
        let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "unknown".to_owned());
        let ranks: Vec<String> = one.diagnoses.iter().map(ToString::to_string).collect();
        let (nodes, title) = (escaped(&one.nodes.join(", ")), escaped(&one.title));
        let (from, to) = (time(&one.from), time(&one.to));
        writeln!(out, "| {} | {from} | {to} | {nodes} | {title} | {} |", one.number, ranks.join(", "))?;
    }
    writeln!(out)
}

fn write_story(out: &mut impl Write, document: &Document) -> io::Result<()> {
    let all = document.story.highlights();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What happened\n")?;
    for one in &all {
        writeln!(out, "- {}: {}", one.at.as_deref().unwrap_or("time unknown"), escaped(&one.text))?;
    }
    writeln!(out)
}

fn nothing_found(document: &Document) -> &'static str {
    match document.verdict {
        Verdict::Unknown => "No line of a database log could be judged, so nothing can be said.",
        Verdict::Failure | Verdict::Warning => "What was found is below --min-severity, so it is not shown.",
        Verdict::Healthy if document.all_read() => "Nothing in these logs stands against the cluster.",
        Verdict::Healthy => "Nothing in these logs stands against the cluster; the notes below say what was not read.",
    }
}

fn write_diagnosis(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    writeln!(out, "## {}. {}\n", diagnosis.rank, escaped(&diagnosis.title))?;
    writeln!(
        out,
        "| severity | confidence | node | first seen | last seen | lines | rule |\n|---|---|---|---|---|---|---|"
    )?;
    let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "unknown".to_owned());
    let node = if diagnosis.node_known {
        escaped(&diagnosis.node)
    } else {
        format!("a peer of {}", escaped(&diagnosis.observed_by.join(", ")))
    };
    writeln!(
        out,
        "| {} | {:.0} % | {node} | {} | {} | {} | `{}` |\n",
        severity(diagnosis.severity),
        diagnosis.confidence * 100.0,
        time(&diagnosis.first_seen),
        time(&diagnosis.last_seen),
        diagnosis.count,
        diagnosis.rule,
    )?;
    for (label, text) in [("Cause", &diagnosis.cause), ("Why", &diagnosis.why), ("Impact", &diagnosis.impact)] {
        if !text.is_empty() {
            writeln!(out, "**{label}.** {}\n", escaped(text))?;
        }
    }
    write_evidence(out, diagnosis)?;
    write_checks(out, diagnosis)?;
    write_remedy(out, diagnosis)?;
    for one in &diagnosis.explains {
        writeln!(
            out,
            "- follows from it on {}: {} × {} (`{}`)",
            escaped(&one.node),
            one.count,
            escaped(&one.title),
            one.rule
        )?;
    }
    if !diagnosis.explains.is_empty() {
        writeln!(out)?;
    }
    if !diagnosis.references.is_empty() {
        let all: Vec<String> = diagnosis.references.iter().map(|reference| escaped(reference)).collect();
        writeln!(out, "Sources: {}\n", all.join("; "))?;
    }
    Ok(())
}

fn write_evidence(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    writeln!(out, "**Evidence**\n")?;
    for line in &diagnosis.evidence {
        let role = match line.role {
            EvidenceRole::Decisive => "decisive",
            EvidenceRole::Supports => "supports",
            EvidenceRole::Contradicts => "contradicts",
        };
        writeln!(out, "- {role}, {}, {}:{}", escaped(&line.node), escaped(&line.input), line.line)?;
        writeln!(out, "{}", indented(&fenced(&line.text)))?;
    }
    writeln!(out)
}

fn write_checks(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    for verify in &diagnosis.verify {
        writeln!(out, "**Check** on {}:\n\n{}\n", escaped(&verify.on), fenced(&verify.run))?;
        writeln!(out, "- confirmed if {}", escaped(&verify.confirms))?;
        if !verify.refutes.is_empty() {
            writeln!(out, "- refuted if {}", escaped(&verify.refutes))?;
        }
        if !verify.missing.is_empty() {
            writeln!(out, "- not in the logs: {}", escaped(&verify.missing.join(", ")))?;
        }
        writeln!(out)?;
    }
    for one in &diagnosis.alternatives {
        writeln!(out, "**Or:** {}", escaped(&one.cause))?;
        if !one.check.is_empty() {
            writeln!(out, "\nTell it apart on {}:\n\n{}", escaped(&one.on), fenced(&one.check))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_remedy(out: &mut impl Write, diagnosis: &Diagnosis) -> io::Result<()> {
    if diagnosis.remedy.is_empty() {
        return Ok(());
    }
    writeln!(out, "**Remedy**\n")?;
    for (index, remedy) in diagnosis.remedy.iter().enumerate() {
        let risk = match remedy.risk {
            Risk::None => "",
            Risk::Low => " *(low risk)*",
            Risk::Restart => " *(restarts a server)*",
            Risk::DataLoss => " **(can lose data)**",
        };
        writeln!(out, "{}. {}{risk}", index + 1, escaped(&remedy.step))?;
    }
    writeln!(out)
}

fn write_unexplained(out: &mut impl Write, document: &Document) -> io::Result<()> {
    if document.unexplained.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "## Errors and warnings that no rule explains\n\n| count | level | first at | message |\n|---|---|---|---|"
    )?;
    for one in &document.unexplained {
        let place = format!("{}:{}", escaped(&one.input), one.line);
        writeln!(out, "| {} | {} | {place} | {} |", one.count, one.level, escaped(&one.template))?;
    }
    writeln!(out)
}

fn write_missing(out: &mut impl Write, document: &Document) -> io::Result<()> {
    if document.missing_evidence.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Not given, but would help\n")?;
    for one in &document.missing_evidence {
        writeln!(out, "- {}: {}", escaped(&one.what), escaped(&one.why))?;
    }
    writeln!(out)
}

fn write_inputs(out: &mut impl Write, document: &Document) -> io::Result<()> {
    writeln!(out, "## Inputs\n\n| node | log | format | lines | from | to | notes |\n|---|---|---|---|---|---|---|")?;
    for input in &document.inputs {
        let time = |time: &Option<String>| time.clone().unwrap_or_else(|| "-".to_owned());
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            escaped(&input.node),
            escaped(&input.name),
            input.format,
            input.lines,
            time(&input.first_time),
            time(&input.last_time),
            escaped(&input.problems.join("; ")),
        )?;
    }
    writeln!(out, "\nMade by galera-rca {} with {} rules.", document.tool.version, document.tool.rules)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// A code block whose fence is longer than any run of backticks in the text.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

fn indented(block: &str) -> String {
    block.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Log text can't open a tag, a link, a table cell or an emphasis.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '@' => out.push_str("&#64;"),
            c => out.push(c),
        }
    }
    out
}
