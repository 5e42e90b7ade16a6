//! Where rules come from: the embedded table, a user's folders, and a user's overrides of built-in rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::frequency::Frequencies;
use super::read::{Examples, LoadedRule, RuleError, excerpt, put_prose, read, rule_files};
use super::schema::Severity;
use super::table::{Subject, Table};

/// The rule files of `rules/`, checked and packed by `build.rs`, without their prose and examples.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.json.zst"));

/// The prose of the embedded rules in the same order, a line of JSON each.
static PROSE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/prose.json"));

/// The examples of the embedded rules, in the same order.
static EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.json"));

/// A user's changes of built-in rules: the file `overrides.toml` in a rules folder.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overrides {
    #[serde(default)]
    rule: BTreeMap<String, Override>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    enabled: Option<bool>,
    severity: Option<Severity>,
}

/// The embedded rules, then the user's folders in order: a rule with a known id replaces it,
/// `overrides.toml` disables rules or changes their severity.
///
/// # Errors
/// A folder or file that can't be read, a rule file that is wrong, or two files of one folder with the same id.
pub fn load(folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
    extend(embedded()?, folders)
}

/// As [`load`], but the embedded rules come without examples and prose: what a search needs, read in a third of the
/// time. [`add_prose`] brings the prose of those that are reported.
///
/// # Errors
/// As [`load`].
pub fn load_for_search(folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
    let mut rules: Vec<LoadedRule> = unpack(&unzipped(EMBEDDED)?)?;
    for (number, rule) in rules.iter_mut().enumerate() {
        rule.prose_left = Some(number);
    }
    extend(rules, folders)
}

/// Reads the prose of these rules, where it was left out.
///
/// # Errors
/// The build was damaged.
pub fn add_prose(table: &mut Table, subjects: &BTreeSet<Subject>) -> Result<(), RuleError> {
    let lines: Vec<&[u8]> = PROSE.split(|byte| *byte == b'\n').collect();
    for subject in subjects {
        let Some(compiled) = table.rules.get_mut(*subject) else { continue };
        if let Some(line) = compiled.prose_left.take().and_then(|number| lines.get(number)) {
            put_prose(&mut compiled.rule, unpack(line)?);
        }
    }
    Ok(())
}

/// The embedded rules come in order of their ids.
fn extend(embedded: Vec<LoadedRule>, folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
    if folders.is_empty() {
        return Ok(embedded);
    }
    let mut rules: BTreeMap<String, LoadedRule> =
        embedded.into_iter().map(|rule| (rule.rule.id.clone(), rule)).collect();
    for folder in folders {
        let mut overrides = Vec::new();
        let mut own: BTreeMap<String, PathBuf> = BTreeMap::new();
        for path in rule_files(folder)? {
            if path.file_name().is_some_and(|name| name == "overrides.toml") {
                overrides.push(path);
            } else {
                let rule = read(&path, &Frequencies::default())?;
                if let Some(other) = own.insert(rule.rule.id.clone(), path.clone()) {
                    let problem = format!("the id '{}' is that of {}, too", rule.rule.id, other.display());
                    return Err(RuleError::Wrong { path, problem });
                }
                rules.insert(rule.rule.id.clone(), rule);
            }
        }
        for path in overrides {
            apply_overrides(&mut rules, &path)?;
        }
    }
    Ok(rules.into_values().collect())
}

/// The rules that are built in.
///
/// # Errors
/// The build was damaged.
pub fn embedded() -> Result<Vec<LoadedRule>, RuleError> {
    let mut rules: Vec<LoadedRule> = unpack(&unzipped(EMBEDDED)?)?;
    let examples: Vec<Examples> = unpack(EXAMPLES)?;
    let prose = PROSE.split(|byte| *byte == b'\n');
    for ((rule, (examples, counter_examples)), prose) in rules.iter_mut().zip(examples).zip(prose) {
        put_prose(&mut rule.rule, unpack(prose)?);
        rule.rule.examples = examples;
        rule.rule.counter_examples = counter_examples;
    }
    Ok(rules)
}

/// More than the rules ever take; memory that is not written to costs nothing.
const MOST_UNZIPPED: usize = 64 << 20;

fn unzipped(packed: &[u8]) -> Result<Vec<u8>, RuleError> {
    zstd::bulk::decompress(packed, MOST_UNZIPPED).map_err(|error| RuleError::Embedded(error.to_string()))
}

fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T, RuleError> {
    serde_json::from_slice(packed).map_err(|error| RuleError::Embedded(error.to_string()))
}

fn apply_overrides(rules: &mut BTreeMap<String, LoadedRule>, path: &Path) -> Result<(), RuleError> {
    let text = fs::read_to_string(path).map_err(|source| RuleError::Unreadable { path: path.to_path_buf(), source })?;
    let wrong = |problem| RuleError::Wrong { path: path.to_path_buf(), problem };
    let overrides: Overrides = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    for (id, change) in overrides.rule {
        let Some(found) = rules.get_mut(&id) else {
            return Err(wrong(format!("there is no rule '{id}'{}", excerpt(&text, &id))));
        };
        if let Some(severity) = change.severity {
            found.rule.severity = severity;
        }
        if change.enabled == Some(false) {
            rules.remove(&id);
        }
    }
    Ok(())
}
