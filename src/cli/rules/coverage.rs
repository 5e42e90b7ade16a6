//! `galera-rca rules coverage`: how much of a message catalogue is known.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result, bail};

use super::super::arguments::{RulesCoverage, TextOrJson};
use super::super::{EXIT_QUIET, EXIT_TROUBLE, terminal};
use crate::catalogue::{self, Catalogue, Message};
use crate::report;
use crate::scan::scanner::Scanner;

/// Reads the catalogue, judges it and prints; lines that can't be read cost the exit status, not the result.
pub fn run(out: &mut impl Write, options: &RulesCoverage) -> Result<u8> {
    let path = options.messages.display();
    let bytes = fs::read(&options.messages).with_context(|| format!("cannot read the catalogue {path}"))?;
    let catalogue = Catalogue::read(&String::from_utf8_lossy(&bytes)).with_context(|| path.to_string())?;
    let messages: Vec<Message> = catalogue.messages.into_iter().filter(|one| is_wanted(options, one)).collect();
    if messages.is_empty() {
        bail!("{path} has no message of the components and severities asked for");
    }
    let coverage = catalogue::coverage(&Scanner::new(super::table(&options.rules)?)?, &messages);
    match options.format {
        TextOrJson::Text => report::coverage::text(out, &coverage, options.all)?,
        TextOrJson::Json => report::json::write(out, &coverage)?,
    }
    let Some(first) = catalogue.broken.first() else { return Ok(EXIT_QUIET) };
    let count = catalogue.broken.len();
    terminal::complain(&format!("{path}:{first}: {count} lines lack a column and were left out, this is the first"));
    Ok(EXIT_TROUBLE)
}

fn is_wanted(options: &RulesCoverage, one: &Message) -> bool {
    let among = |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|word| word == value);
    among(&options.component, &one.component) && among(&options.severity, &one.severity)
}
