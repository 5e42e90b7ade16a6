//! `galera-rca whois`: everything known of a name, a UUID or an address.

use std::io::{self, BufWriter, Write};
use std::net::Ipv6Addr;

use anyhow::{Result, bail};

use super::arguments::{Format, Whois};
use super::{EXIT_FOUND, EXIT_QUIET, EXIT_TROUBLE, analyze, terminal};
use crate::cluster::identity::id::host_of;
use crate::cluster::track;
use crate::report::{json, whois};
use crate::rules::lint;
use crate::whois::{Answer, whois as build};

/// Names offered when the asked one is unknown.
const OFFERED: usize = 5;

/// Runs the command and gives the exit status: 0 known, 1 unknown, 2 when an input could not be read.
pub fn run(options: &Whois) -> Result<u8> {
    let Some(analysis) = analyze::analysis(&options.analyze, track::FOR_DIAGNOSIS)? else { return analyze::usage() };
    let answer = build(&analysis.logs, &as_printed(&options.who));
    let mut out = BufWriter::new(io::stdout().lock());
    match options.analyze.format {
        Format::Text => whois::write_text(&mut out, &answer, terminal::options(&options.analyze.terminal))?,
        Format::Json => json::write(&mut out, &answer)?,
        Format::Ndjson => json::write_each(&mut out, &answer.nodes)?,
        Format::Markdown => bail!("an identity is written as text, json or ndjson"),
    }
    out.flush()?;
    if answer.nodes.is_empty() {
        terminal::complain(&unknown(&answer));
    }
    Ok(match (analysis.status, answer.nodes.is_empty()) {
        (EXIT_TROUBLE, _) => EXIT_TROUBLE,
        (_, true) => EXIT_FOUND,
        (_, false) => EXIT_QUIET,
    })
}

/// An address of IPv6 as the server writes it, in small letters and with its zeros left out; all else as it is.
fn as_printed(who: &str) -> String {
    let address = host_of(who.trim()).parse::<Ipv6Addr>();
    address.map_or_else(|_| who.to_owned(), |address| address.to_string())
}

fn unknown(answer: &Answer) -> String {
    let near = lint::nearest_few(&answer.asked, answer.known_names.iter().map(String::as_str), OFFERED);
    let names = if near.is_empty() { "they name no node".to_owned() } else { format!("they know {}", near.join(", ")) };
    format!("these logs do not know '{}'; {names}", answer.asked)
}
