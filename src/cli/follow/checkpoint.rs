//! `--state FILE`: what was told, so that a restart tells nothing twice.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::metrics::replace;
use crate::follow::alerts::Alerts;
use crate::source::tail::Checkpoint;

/// The name of the file's form.
const SCHEMA: &str = "galera-rca/follow-state/1";

/// What a later run needs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    schema: String,
    /// Where the reading of each log began: the judgement is made anew from there.
    pub logs: Vec<Checkpoint>,
    /// What was told so far.
    pub alerts: Alerts,
}

impl State {
    /// The state of an earlier run; empty when there is none.
    pub fn load(path: &Path) -> Result<Self> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let state: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no state of galera-rca follow; remove it to begin anew", path.display()))?;
        anyhow::ensure!(
            state.schema == SCHEMA,
            "{} was written by another version; remove it to begin anew",
            path.display()
        );
        Ok(state)
    }

    /// Writes it, whole or not at all.
    pub fn save(path: &Path, logs: Vec<Checkpoint>, alerts: &Alerts) -> Result<()> {
        let state = Self { schema: SCHEMA.to_owned(), logs, alerts: alerts.clone() };
        replace(path, &serde_json::to_vec_pretty(&state)?)
    }
}
