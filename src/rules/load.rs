//! Where rules come from: the embedded table, a user's folders, and a user's overrides of built-in rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::frequency::Frequencies;
use super::read::{Examples, LoadedRule, RuleError, excerpt, read, rule_files};
use super::schema::Severity;

/// The rule files of `rules/`, checked and packed by `build.rs`, without their examples.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.json"));

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

/// As [`load`], but the embedded rules come without their examples: what an analysis needs, read in half the time.
///
/// # Errors
/// As [`load`].
pub fn load_without_examples(folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
    extend(unpack(EMBEDDED)?, folders)
}

fn extend(embedded: Vec<LoadedRule>, folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
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
    let mut rules: Vec<LoadedRule> = unpack(EMBEDDED)?;
    let examples: Vec<Examples> = unpack(EXAMPLES)?;
    for (rule, (examples, counter_examples)) in rules.iter_mut().zip(examples) {
        rule.rule.examples = examples;
        rule.rule.counter_examples = counter_examples;
    }
    Ok(rules)
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
