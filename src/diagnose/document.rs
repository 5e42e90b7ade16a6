//! The diagnosis as data: the JSON contract `galera-rca/diagnosis/1`. Fields are only ever added.

use schemars::JsonSchema;
use serde::Serialize;

use super::incident::Incident;
use super::story::Story;
use crate::rules::schema::{Place, Risk, Severity};

/// The name of this contract, the first field of every document.
pub const SCHEMA: &str = "galera-rca/diagnosis/1";

/// What one run of the tool says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    pub schema: &'static str,
    pub tool: Tool,
    pub inputs: Vec<Input>,
    pub cluster: Cluster,
    pub verdict: Verdict,
    /// Worst and most certain first.
    pub diagnoses: Vec<Diagnosis>,
    /// Messages at ERROR or Warning that no rule explains, grouped by shape.
    pub unexplained: Vec<Unexplained>,
    /// What was not given but would decide.
    pub missing_evidence: Vec<MissingEvidence>,
    /// Harmless lines that were recognised, with their counts.
    pub benign: Vec<BenignCount>,
    /// The diagnoses of warning and above, divided by time: one root each.
    pub incidents: Vec<Incident>,
    /// Lifetimes, views, transfers and votes, joined from all logs.
    pub story: Story,
}

/// The tool that made the document.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    /// Number of rules in force.
    pub rules: usize,
}

/// The whole in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Database logs were read, and nothing stands against the cluster.
    Healthy,
    Warning,
    Failure,
    /// No database log could be read, or none has a line in the time asked for.
    Unknown,
}

/// One input file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Input {
    /// As given.
    pub name: String,
    pub node: String,
    /// The transport that was stripped.
    pub format: String,
    pub lines: u64,
    /// Uncompressed bytes.
    pub bytes: u64,
    pub first_time: Option<String>,
    pub last_time: Option<String>,
    pub problems: Vec<String>,
}

/// What the logs say of the cluster as a whole.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Cluster {
    pub name: Option<String>,
    pub nodes: Vec<Node>,
}

/// One node, as its log tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Node {
    pub name: String,
    pub server_version: Option<String>,
    pub provider_version: Option<String>,
    pub address: Option<String>,
    /// Server processes seen in the log.
    pub starts: usize,
    /// How the last process ended: `running`, `shutdown`, `abort`, `crash`, `killed`, `silent` (the log ends while peers go on) or `recovery`.
    pub last_ending: String,
    pub host: Option<String>,
}

/// One root cause, with everything that follows from it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// 1 is the worst and most certain.
    pub rank: usize,
    pub rule: String,
    pub title: String,
    pub category: String,
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f64,
    /// The node at fault; the observer where the logs don't tell.
    pub node: String,
    /// False where `node` is only the node that noticed the fault of a peer the logs don't name.
    pub node_known: bool,
    pub observed_by: Vec<String>,
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    pub count: u64,
    pub cause: String,
    pub why: String,
    pub impact: String,
    pub evidence: Vec<Evidence>,
    pub explains: Vec<Explained>,
    pub alternatives: Vec<Alternative>,
    pub verify: Vec<Verify>,
    pub remedy: Vec<Remedy>,
    pub references: Vec<String>,
}

/// One line that proves, supports or contradicts a diagnosis.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    pub input: String,
    pub line: u64,
    pub node: String,
    pub time: Option<String>,
    /// Control characters are written as escapes.
    pub text: String,
    pub role: EvidenceRole,
}

/// What a line says to the diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceRole {
    Decisive,
    Supports,
    Contradicts,
}

/// Symptoms that are folded under a diagnosis.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explained {
    pub rule: String,
    pub title: String,
    pub node: String,
    pub count: u64,
}

/// Another cause that is still possible.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Alternative {
    pub cause: String,
    /// The one command that tells it apart; may be empty.
    pub check: String,
    pub on: String,
}

/// A read-only command that confirms or refutes the diagnosis.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verify {
    pub run: String,
    /// Node name, or `peer`, `donor`, `joiner`, `every`, `client`.
    pub on: String,
    /// `shell` or `sql`.
    pub kind: &'static str,
    /// It only reads.
    pub safe: bool,
    pub confirms: String,
    pub refutes: String,
    /// Arguments that the logs could not fill; they stand in `run` as `'<name>'`.
    pub missing: Vec<String>,
}

/// One step of the way out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Remedy {
    pub step: String,
    pub risk: Risk,
}

/// A kind of message that nothing explains.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Unexplained {
    pub level: &'static str,
    pub template: String,
    pub count: u64,
    pub node: String,
    pub input: String,
    /// Of the first one.
    pub line: u64,
    pub time: Option<String>,
    pub text: String,
}

/// Something to ask for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MissingEvidence {
    pub what: String,
    pub why: String,
}

/// A harmless kind of line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BenignCount {
    pub rule: String,
    pub title: String,
    pub count: u64,
}

impl Document {
    /// The worst severity among the diagnoses.
    pub fn worst(&self) -> Option<Severity> {
        self.diagnoses.iter().map(|diagnosis| diagnosis.severity).max()
    }

    /// False when an input, or a part of one, could not be read.
    pub fn all_read(&self) -> bool {
        self.inputs.iter().all(|input| input.problems.is_empty())
    }
}

/// How a place reads in a report when no node name is known.
pub fn place_name(place: Place) -> &'static str {
    match place {
        Place::This => "this node",
        Place::Peer => "peer",
        Place::Donor => "donor",
        Place::Joiner => "joiner",
        Place::Every => "every node",
        Place::Client => "any client",
    }
}
