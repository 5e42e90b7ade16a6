//! The document as JSON (one object) and NDJSON (one object a line, each with its `type`).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use crate::diagnose::document::Document;

/// Writes one indented JSON object.
///
/// # Errors
/// Writing fails.
pub fn write(out: &mut impl Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}

/// Writes each thing as one line of JSON.
///
/// # Errors
/// Writing fails.
pub fn write_each<T: Serialize>(out: &mut impl Write, all: &[T]) -> io::Result<()> {
    all.iter().try_for_each(|one| {
        serde_json::to_writer(&mut *out, one)?;
        out.write_all(b"\n")
    })
}

/// Writes one object a line: `summary`, then `input`, `diagnosis`, `unexplained`, `missing_evidence`.
///
/// # Errors
/// Writing fails.
pub fn write_lines(out: &mut impl Write, document: &Document) -> io::Result<()> {
    let summary = json!({
        "schema": document.schema,
        "tool": document.tool,
        "cluster": document.cluster,
        "verdict": document.verdict,
    });
    line(out, "summary", &summary)?;
    for input in &document.inputs {
        line(out, "input", input)?;
    }
    for diagnosis in &document.diagnoses {
        line(out, "diagnosis", diagnosis)?;
    }
    for one in &document.unexplained {
        line(out, "unexplained", one)?;
    }
    for one in &document.missing_evidence {
        line(out, "missing_evidence", one)?;
    }
    for one in &document.benign {
        line(out, "benign", one)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Line<'a, T> {
    r#type: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

fn line<T: Serialize>(out: &mut impl Write, r#type: &'static str, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { r#type, value })?;
    out.write_all(b"\n")
}
