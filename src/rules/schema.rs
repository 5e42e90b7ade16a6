//! The shape of a rule file: serde types for `rules/<area>/<id>.toml`, nothing else.
//!
//! The same types are read by `build.rs` (embedded rules), by the loader (user rules) and by `rules schema`
//! (published JSON Schema), so that the three can't disagree.
//! `docs/rules.md` explains each key by example.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One rule: what a log line means, what follows from it, how to check it and what to do.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The file's stem, unique over all rules and never reused.
    pub id: String,
    /// One line for the head of a diagnosis.
    pub title: String,
    /// The folder of the file; becomes `category` in the JSON document.
    pub area: String,
    pub severity: Severity,
    #[serde(default)]
    pub maturity: Maturity,
    pub role: Role,
    #[serde(default)]
    pub blame: Blame,
    /// Confidence before evidence, 0 to 1.
    #[serde(default = "default_confidence")]
    pub confidence: f64,
    /// Groups that `explains` and conditions can name as `"@tag"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Symptoms that fold under this rule's findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explains: Vec<Explains>,
    /// Lines or events of which any one is a hit.
    #[serde(rename = "match")]
    pub matches: Vec<Match>,
    /// The type of each capture that is not plain text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, CaptureType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// Conditions that must all hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require: Vec<Condition>,
    /// Conditions that move the confidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Condition>,
    #[serde(default)]
    pub diagnosis: Texts,
    #[serde(default, rename = "alternative", skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<Verify>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedy: Vec<Remedy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies: Option<Applies>,
    #[serde(default, rename = "source", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    #[serde(default, rename = "example", skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    #[serde(default, rename = "counter_example", skip_serializing_if = "Vec::is_empty")]
    pub counter_examples: Vec<CounterExample>,
}

fn default_confidence() -> f64 {
    0.8
}

/// How bad a finding is; ordered, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Info,
    /// Degraded or risky, but working.
    Warning,
    /// Something failed and needs action.
    Error,
    /// A node can't start or has left, the cluster has no primary component, or data is at risk.
    Critical,
}

/// How far a rule can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Maturity {
    Experimental,
    #[default]
    Stable,
    Deprecated,
}

/// What a hit of the rule is in the chain of cause and effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The mechanism that broke.
    Cause,
    /// A consequence with several possible causes.
    Symptom,
    /// A fact that helps to judge.
    Context,
    /// A harmless line that frightens people.
    Benign,
}

/// Whose fault the line tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The node that printed it.
    #[default]
    #[serde(rename = "self")]
    Own,
    /// Another node than the one that printed it.
    Peer,
}

/// One way to recognise a hit: exactly one of `text`, `texts`, `regex` and `event`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// A literal anywhere in the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Literals, any one of them anywhere in the line: messages that mean the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// A regular expression found anywhere in the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// The kind of a typed event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Conditions on the event's fields: `value`, `a|b`, `!value`, `*` (present), `>=5`, `<5`.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Levels that the line may have; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub level: Vec<String>,
}

impl Match {
    /// The literals of a match by `text` or `texts`.
    pub fn literals(&self) -> impl Iterator<Item = &String> {
        self.text.iter().chain(&self.texts)
    }
}

/// What a captured value is; decides how it may be put into a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureType {
    #[default]
    Text,
    Word,
    Number,
    Seqno,
    Path,
    Host,
    Address,
    Port,
    Uuid,
    Node,
    Identifier,
}

/// At least `count` hits within `within`, or there is no finding.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    pub count: u32,
    /// A duration such as `60s`, `5m`, `1h`.
    pub within: String,
}

/// Something that must (or must not) be in the logs near a finding.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A rule id, or `"@tag"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The kind of a typed event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    #[serde(default)]
    pub node: Relation,
    #[serde(default)]
    pub when: When,
    /// Absent: the same server process (same node) or 120 s (other nodes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    #[serde(default = "one")]
    pub count: u32,
    #[serde(default = "one")]
    pub nodes: u32,
    #[serde(default)]
    pub absent: bool,
    /// The node on which it was seen is the node at fault.
    #[serde(default)]
    pub names: bool,
    /// For evidence only: how far it moves the confidence, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

fn one() -> u32 {
    1
}

/// On which node, seen from the node of the finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    #[default]
    Same,
    Peer,
    Any,
}

/// On which side in time, seen from the finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    Before,
    After,
    #[default]
    Around,
}

/// A rule (or `"@tag"`) whose findings are consequences of this one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Explains {
    /// Same node, same server process.
    Plain(String),
    Reaching(ExplainsReaching),
}

/// The long form of `explains`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainsReaching {
    pub rule: String,
    #[serde(default)]
    pub node: Relation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// The sentences of a diagnosis; `{name}` and `{name|words}` are filled from captures and facts.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    #[serde(default)]
    pub cause: String,
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub impact: String,
}

/// Another cause of the same lines, and the check that tells them apart.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub cause: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    #[serde(default)]
    pub on: Place,
}

/// A read-only command, and what its answer says.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    pub run: String,
    #[serde(default)]
    pub on: Place,
    #[serde(default)]
    pub class: CommandClass,
    pub confirms: String,
    #[serde(default)]
    pub refutes: String,
}

/// Where a command is to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The node at fault.
    #[default]
    This,
    /// The node on the other side of the connection.
    Peer,
    Donor,
    Joiner,
    Every,
    Client,
}

/// What a command may do to the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CommandClass {
    #[default]
    ReadOnly,
    /// Changes something; printed, never run by the tool.
    Changing,
}

/// One step of the way out.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    pub step: String,
    pub risk: Risk,
}

/// What a remedy step can cost; ordered, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Only looks.
    None,
    /// Reversible, no outage.
    Low,
    /// A server restarts or leaves the cluster for a while.
    Restart,
    /// Can lose data.
    DataLoss,
}

/// The versions that a rule holds for, as free text (`"26.4.4 and later"`).
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// Where the server prints the line (`repo`, `path`, `text`), or the manual page (`page`).
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A log excerpt that must match, with the captures it must give.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub log: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
}

/// A log excerpt that must not match.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterExample {
    pub log: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}
