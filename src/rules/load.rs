//! Where rules come from: the embedded table, a user's folders, and a user's overrides of built-in rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::frequency::Frequencies;
use super::read::{LoadedRule, RuleError, excerpt, read, rule_files};
use super::schema::Severity;

/// The rule files of `rules/`, checked and packed by `build.rs`.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.json"));

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
/// A folder or file that can't be read, or a rule file that is wrong.
pub fn load(folders: &[PathBuf]) -> Result<Vec<LoadedRule>, RuleError> {
    let mut rules: BTreeMap<String, LoadedRule> =
        embedded()?.into_iter().map(|rule| (rule.rule.id.clone(), rule)).collect();
    for folder in folders {
        let mut overrides = Vec::new();
        for path in rule_files(folder)? {
            if path.file_name().is_some_and(|name| name == "overrides.toml") {
                overrides.push(path);
            } else {
                let rule = read(&path, &Frequencies::default())?;
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
    serde_json::from_slice(EMBEDDED).map_err(|error| RuleError::Embedded(error.to_string()))
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
