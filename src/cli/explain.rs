//! `galera-rca explain`: what a pasted line means.

use std::io::{self, BufWriter, IsTerminal, Read, Write};

use anyhow::{Context, Result, bail};
use chrono::{Datelike, Local};

use super::arguments::{Explain, TextOrJson};
use super::{EXIT_FOUND, EXIT_QUIET, rules, terminal};
use crate::explain::{self, Answer, Normal};
use crate::parse::event::Event;
use crate::report;
use crate::rules::lint;
use crate::scan::scanner::Scanner;

/// More of standard input is not read: this explains lines, `analyze` reads logs.
const MOST_BYTES: u64 = 1 << 20;

/// Runs the command and gives the exit status: 0 all is known, 1 something is not.
pub fn run(options: &Explain) -> Result<u8> {
    let scanner = Scanner::new(rules::table_with_examples(&options.rules)?)?;
    let answer = answer(&scanner, options)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match options.format {
        TextOrJson::Text => report::explain::write(&mut out, &answer, terminal::options(&options.terminal))?,
        TextOrJson::Json => report::json::write(&mut out, &answer)?,
    }
    out.flush()?;
    let unknown = answer.messages.iter().any(|message| message.normal == Normal::Unknown);
    Ok(if unknown { EXIT_FOUND } else { EXIT_QUIET })
}

fn answer(scanner: &Scanner, options: &Explain) -> Result<Answer> {
    let text = match options.what.as_slice() {
        [] => standard_input()?,
        [dash] if dash == "-" => standard_input()?,
        [word] => match explain::of_name(&scanner.table, word) {
            Some(answer) => return Ok(answer),
            None if looks_like_a_name(word) => bail!("{}", unknown_name(scanner, word)),
            None => word.clone().into_bytes(),
        },
        words => words.join(" ").into_bytes(),
    };
    if text.trim_ascii().is_empty() {
        bail!("there is no line to explain; give one in quotes, or the id of a rule");
    }
    Ok(explain::of_text(scanner, &text, Local::now().year()))
}

/// Rules and events are named by words joined by hyphens; no log line is like that.
fn looks_like_a_name(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    word.contains('-') && word.bytes().all(plain)
}

fn unknown_name(scanner: &Scanner, name: &str) -> String {
    let ids = scanner.table.rules.iter().map(|one| one.rule.id.as_str());
    let near = lint::nearest_few(name, ids.chain(Event::KINDS.iter().map(|(kind, _)| *kind)), 3);
    format!("there is no rule and no event '{name}'; the nearest are {}", near.join(", "))
}

fn standard_input() -> Result<Vec<u8>> {
    if io::stdin().is_terminal() {
        bail!("there is no line to explain; give one in quotes, or pipe it in");
    }
    let mut text = Vec::new();
    io::stdin().lock().take(MOST_BYTES).read_to_end(&mut text).context("cannot read standard input")?;
    if text.len() as u64 == MOST_BYTES {
        terminal::complain("only the first 1 MiB was read; a whole log is for galera-rca analyze");
    }
    Ok(text)
}
