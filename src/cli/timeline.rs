//! `galera-rca timeline`: what happened when.

use std::io::{self, BufWriter, Write};

use anyhow::{Result, bail};

use super::arguments::{Format, Timeline};
use super::{EXIT_QUIET, EXIT_TROUBLE, analyze, terminal};
use crate::cluster::track;
use crate::report::{json, timeline};
use crate::timeline::{KINDS, timeline as build};

/// Runs the command and gives the exit status: 2 when an input could not be read, else 0.
pub fn run(options: &Timeline) -> Result<u8> {
    if let Some(unknown) = options.kind.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        bail!("there are no rows of kind '{unknown}'; the kinds are {}", KINDS.join(", "));
    }
    let Some(analysis) = analyze::analysis(&options.analyze, track::FOR_TIMELINE)? else { return analyze::usage() };
    let mut story = build(&analysis.logs, &analysis.document, &options.only);
    story.keep(|row| options.kind.is_empty() || options.kind.iter().any(|kind| kind == row.kind));
    let mut links = 0;
    if options.analyze.format == Format::Text && options.kind.is_empty() && !options.all {
        let all = story.rows.len();
        story.keep(|row| row.kind != "link");
        links = all - story.rows.len();
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match options.analyze.format {
        Format::Text => {
            timeline::write_text(&mut out, &story, terminal::options(&options.analyze.terminal))?;
            if links > 0 {
                writeln!(out, "Links between nodes: {links} rows are not shown; --all or --kind link shows them.")?;
            }
        }
        Format::Json => json::write(&mut out, &story)?,
        Format::Ndjson => json::write_each(&mut out, &story.rows)?,
        Format::Markdown => bail!("a timeline is written as text, json or ndjson"),
    }
    out.flush()?;
    Ok(if analysis.status == EXIT_TROUBLE { EXIT_TROUBLE } else { EXIT_QUIET })
}
