//! `galera-rca rules`: the rule table for people who read or write rules.

mod coverage;
mod hits;

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::arguments::{Rules, RulesCommand, RulesFolders, SchemaOf};
use super::{EXIT_FOUND, EXIT_QUIET};
use crate::diagnose::document::Document;
use crate::diagnose::printable::printable;
use crate::follow;
use crate::parse::event::Event;
use crate::rules::lint;
use crate::rules::load;
use crate::rules::read::LoadedRule;
use crate::rules::schema::{Role, Rule};
use crate::rules::table::{Matcher, Signal, Table};

/// The compiled rules: built in, the user's own from the configuration folder, those of `--rules`.
pub fn table(folders: &RulesFolders) -> Result<Table> {
    Ok(Table::new(load::load_for_search(&all_folders(folders))?)?)
}

/// The same with the prose of all rules, for who judges again and again.
pub fn whole_table(folders: &RulesFolders) -> Result<Table> {
    let mut table = table(folders)?;
    let all = (0..table.rules.len()).collect();
    load::add_prose(&mut table, &all)?;
    Ok(table)
}

/// The same with the examples, which only people want.
pub fn table_with_examples(folders: &RulesFolders) -> Result<Table> {
    Ok(Table::new(loaded(folders)?)?)
}

fn loaded(folders: &RulesFolders) -> Result<Vec<LoadedRule>> {
    Ok(load::load(&all_folders(folders))?)
}

fn all_folders(folders: &RulesFolders) -> Vec<PathBuf> {
    let configured = configuration_folder().into_iter().filter(|folder| folder.is_dir());
    configured.chain(folders.folders.iter().cloned()).collect()
}

/// `$XDG_CONFIG_HOME/galera-rca/rules`, else `~/.config/galera-rca/rules`.
fn configuration_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(base.join("galera-rca").join("rules"))
}

/// Runs one of the subcommands and gives the exit status.
pub fn run(options: &Rules) -> Result<u8> {
    let mut out = BufWriter::new(io::stdout().lock());
    let status = match &options.command {
        RulesCommand::List { rules, area } => list(&mut out, &loaded(rules)?, area.as_deref())?,
        RulesCommand::Show { id, rules } => show(&mut out, &loaded(rules)?, id)?,
        RulesCommand::Lint { rules, healthy } => remarks(&mut out, &lint::lint(loaded(rules)?, healthy.as_deref())?)?,
        RulesCommand::Test { ids, rules } => test(&mut out, loaded(rules)?, ids)?,
        RulesCommand::Export { rules, without_benign } => export(&mut out, &table(rules)?, *without_benign)?,
        RulesCommand::Coverage(options) => coverage::run(&mut out, options)?,
        RulesCommand::Hits(options) => hits::run(&mut out, options)?,
        RulesCommand::Events => events(&mut out)?,
        RulesCommand::Schema { of } => schema(&mut out, *of)?,
    };
    out.flush()?;
    Ok(status)
}

fn list(out: &mut impl Write, rules: &[LoadedRule], area: Option<&str>) -> Result<u8> {
    let areas: BTreeSet<&str> = rules.iter().map(|one| one.rule.area.as_str()).collect();
    if let Some(unknown) = area.filter(|area| !areas.contains(area)) {
        let areas: Vec<&str> = areas.into_iter().collect();
        bail!("there is no area '{unknown}'; the areas are {}", areas.join(", "));
    }
    for one in rules.iter().map(|one| &one.rule).filter(|rule| area.is_none_or(|area| rule.area == area)) {
        let role = format!("{:?}", one.role).to_lowercase();
        let severity = format!("{:?}", one.severity).to_lowercase();
        writeln!(out, "{:44} {severity:8} {role:8} {}", one.id, one.title)?;
    }
    Ok(EXIT_QUIET)
}

fn show(out: &mut impl Write, rules: &[LoadedRule], id: &str) -> Result<u8> {
    let Some(found) = rules.iter().find(|one| one.rule.id == id) else {
        let near = lint::nearest_few(id, rules.iter().map(|one| one.rule.id.as_str()), 3);
        bail!("there is no rule '{id}'; the nearest are {}", near.join(", "));
    };
    writeln!(out, "# {}\n{}", found.file, toml::to_string_pretty(&found.rule)?)?;
    Ok(EXIT_QUIET)
}

fn remarks(out: &mut impl Write, remarks: &[lint::Remark]) -> Result<u8> {
    for remark in remarks {
        writeln!(out, "{}: {}", remark.file, printable_lines(&remark.text))?;
    }
    writeln!(out, "{} remarks", remarks.len())?;
    Ok(if remarks.is_empty() { EXIT_QUIET } else { EXIT_FOUND })
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| printable(line.as_bytes())).collect::<Vec<_>>().join("\n")
}

fn test(out: &mut impl Write, rules: Vec<LoadedRule>, ids: &[String]) -> Result<u8> {
    for id in ids {
        if !rules.iter().any(|one| &one.rule.id == id) {
            bail!("there is no rule '{id}'");
        }
    }
    let wanted: Vec<LoadedRule> =
        rules.into_iter().filter(|one| ids.is_empty() || ids.contains(&one.rule.id)).collect();
    let count = wanted.len();
    let lint::Tested { passed, failed } = lint::examples(wanted)?;
    for remark in &failed {
        writeln!(out, "{}: {}", remark.file, printable_lines(&remark.text))?;
    }
    writeln!(out, "{count} rules: {passed} examples passed, {} failed", failed.len())?;
    Ok(if failed.is_empty() { EXIT_QUIET } else { EXIT_FOUND })
}

fn export(out: &mut impl Write, table: &Table, without_benign: bool) -> Result<u8> {
    let benign = |signal: &Signal| table.rule(signal.subject).is_some_and(|rule| rule.rule.role == Role::Benign);
    for signal in table.signals.iter().filter(|signal| !(without_benign && benign(signal))) {
        match &signal.matcher {
            Matcher::Text => {
                for text in &signal.literals {
                    writeln!(out, "{}", portable(&regex::escape(text)))?;
                }
            }
            Matcher::Regex(regex) => writeln!(out, "{}", portable(&regex.source))?,
        }
    }
    Ok(EXIT_QUIET)
}

/// Named groups become plain ones: other tools read all expressions as one, and no name may stand twice.
/// Escapes that only newer syntax knows, such as `\"`, lose their backslash.
fn portable(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut chars = regex.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if c == '\\' {
            let needed = next.is_none_or(|next| next.is_ascii_alphanumeric() || r"\.+*?()|[]{}^$#&-~".contains(next));
            out.extend(needed.then_some('\\'));
            out.extend(chars.next());
        } else if out.ends_with("(?") && c == '<' && next.is_some_and(|next| next.is_ascii_alphabetic()) {
            out.push(':');
            chars.by_ref().find(|c| *c == '>');
        } else {
            out.push(c);
        }
    }
    out
}

fn events(out: &mut impl Write) -> Result<u8> {
    for (kind, fields) in Event::KINDS {
        writeln!(out, "{kind}: {}", fields.join(", "))?;
    }
    Ok(EXIT_QUIET)
}

fn schema(out: &mut impl Write, of: SchemaOf) -> Result<u8> {
    let schema = match of {
        SchemaOf::Rule => schemars::schema_for!(Rule),
        SchemaOf::Diagnosis => schemars::schema_for!(Document),
        SchemaOf::Event => schemars::schema_for!(follow::event::Event),
    };
    writeln!(out, "{}", serde_json::to_string_pretty(&schema)?)?;
    Ok(EXIT_QUIET)
}
