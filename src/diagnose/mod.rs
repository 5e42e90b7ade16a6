//! From collected logs to ranked diagnoses. Pure: no IO, no clock.
//!
//! A burst that fulfils its rule's conditions is a [`finding`]; findings that are consequences of others are folded
//! under them ([`folding`]); what stands alone becomes a diagnosis with its texts filled in ([`assemble`]).

pub mod assemble;
pub mod blame;
pub mod coverage;
pub mod document;
pub mod fill;
pub mod finding;
pub mod folding;
pub mod incident;
pub mod missing;
pub mod printable;
pub mod quote;
pub mod story;

use crate::cluster::log::Log;
use crate::rules::table::Table;
use document::Document;

/// Judges the logs and gives the whole document.
pub fn diagnose(table: &Table, logs: &[Log], tool: document::Tool) -> Document {
    let findings = finding::findings(table, logs);
    let parents = folding::fold(table, logs, &findings);
    assemble::document(table, logs, &findings, &parents, tool)
}
