//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::rules::schema::Severity;

/// Reads MariaDB Galera error logs and names the root cause.
#[derive(Debug, Parser)]
#[command(name = "galera-rca", version, args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
#[command(
    after_help = "Exit status: 0 nothing at or above --fail-on, 1 something found, 2 wrong usage, an input that \
                        could not be read (the rest is still analysed), or no line that could be judged.\n\nExamples:\n  galera-rca node1.log node2.log \
                        node3.log\n  galera-rca /var/log/mysql\n  journalctl -u mariadb -o json | galera-rca\n  galera-rca \
                        rules show tls-peer-certificate-expired"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub analyze: Analyze,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Analyse logs and name the root cause (the default).
    Analyze(Analyze),
    /// Show what happened when, one column per node, in corrected time.
    Timeline(Timeline),
    /// Tell all that the logs know of a node by its name, UUID or address.
    Whois(Whois),
    /// Watch growing logs and tell the cause of a failure while it happens.
    Follow(Follow),
    /// Tell what a log line means: who prints it, whether it is normal, what to look for around it.
    Explain(Explain),
    /// List, show, check and test the rules.
    Rules(Rules),
}

/// The options of `timeline`.
#[derive(Debug, Args)]
pub struct Timeline {
    #[command(flatten)]
    pub analyze: Analyze,
    /// Show only this node (may be given several times).
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Show only rows of this kind: process, state, view, transfer, vote, link, flow, diagnosis.
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,
    /// Show all rows: text leaves out those of kind link, the comings and goings between two nodes.
    #[arg(long)]
    pub all: bool,
}

/// The options of `whois`.
#[derive(Debug, Args)]
pub struct Whois {
    /// A node name, a full or short UUID (b63c1f5a-9f1a), or an address, with or without scheme and port.
    #[arg(value_name = "NAME|UUID|ADDRESS")]
    pub who: String,
    #[command(flatten)]
    pub analyze: Analyze,
}

/// The options of `follow`.
#[derive(Clone, Debug, Args)]
pub struct Follow {
    /// Log files, one per node, also such as are not there yet, or - for standard input.
    #[arg(value_name = "FILE|-")]
    pub inputs: Vec<PathBuf>,
    /// Follow FILE as the log of node NAME.
    #[arg(long = "node", value_name = "NAME=FILE", value_parser = named_file)]
    pub nodes: Vec<(String, PathBuf)>,
    /// Where to begin: at the last server start of each log, at its start, or at its end.
    #[arg(long, value_enum, default_value_t = FollowFrom::LastStart)]
    pub from: FollowFrom,
    /// How to print: text for people, or one JSON object per event.
    #[arg(long, value_enum, default_value_t = FollowFormat::Text)]
    pub format: FollowFormat,
    /// Leave out diagnoses below this severity.
    #[arg(long, value_enum, default_value_t = Level::Warning)]
    pub min_severity: Level,
    /// A program to start for each event about a diagnosis: JSON on its standard input, fields as GALERA_RCA_*
    /// in its environment. It is started without a shell and takes no arguments.
    #[arg(long, value_name = "PROGRAM")]
    pub on_diagnosis: Option<PathBuf>,
    /// Write metrics in Prometheus' text format to this file, for node_exporter.
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Serve the same metrics at this address of the machine itself, such as 127.0.0.1:9105.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<std::net::SocketAddr>,
    /// Keep in FILE what was told, so that a restart tells nothing twice.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// End when this happens: synced (all nodes), a severity, or the id of a rule.
    #[arg(long, value_name = "RULE|SEVERITY|synced")]
    pub exit_on: Option<String>,
    /// End after so many seconds, with status 3 if --exit-on was not met.
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// A diagnosis is resolved when its nodes are synced for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub settled: u32,
    /// Of a node that works, a diagnosis is resolved when there was no sign of it for so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub quiet: u32,
    #[command(flatten)]
    pub rules: RulesFolders,
    #[command(flatten)]
    pub terminal: Terminal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FollowFrom {
    LastStart,
    Start,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FollowFormat {
    Text,
    Ndjson,
}

/// The options of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A log line (in quotes), the id of a rule or the kind of an event; - or nothing reads lines from standard input.
    #[arg(value_name = "LINE|RULE-ID|-", allow_hyphen_values = true)]
    pub what: Vec<String>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
    #[command(flatten)]
    pub rules: RulesFolders,
    #[command(flatten)]
    pub terminal: Terminal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    Text,
    Json,
}

/// The options of `analyze`.
#[derive(Debug, Args)]
pub struct Analyze {
    /// Log files (plain, gzip, zstd or xz), folders with logs, or - for standard input.
    #[arg(value_name = "FILE|DIR|-")]
    pub inputs: Vec<PathBuf>,
    /// Read FILE as the log of node NAME.
    #[arg(long = "node", value_name = "NAME=FILE", value_parser = named_file)]
    pub nodes: Vec<(String, PathBuf)>,
    /// Only look at findings from this time on: 2026-11-24T07:48, 07:48, -3h, today or yesterday.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only look at findings up to this time.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// The year of time stamps that carry none, such as syslog's (default: this year).
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub year: Option<i32>,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub rules: RulesFolders,
    /// Leave out diagnoses below this severity.
    #[arg(long, value_enum, default_value_t = Level::Info)]
    pub min_severity: Level,
    /// Exit with status 1 from this severity on.
    #[arg(long, value_enum, default_value_t = Level::Error)]
    pub fail_on: Level,
    #[command(flatten)]
    pub terminal: Terminal,
    /// Scanning threads (default: one per processor, 4 at most).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: Option<u8>,
}

/// How the terminal is written to.
#[derive(Clone, Debug, Args)]
pub struct Terminal {
    /// Use colour: auto looks for a terminal and NO_COLOR.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Columns of the text report (default: those of the terminal, else 80).
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..=1000))]
    pub width: Option<u16>,
}

/// Where user rules are.
#[derive(Clone, Debug, Args)]
pub struct RulesFolders {
    /// A folder with your own rules; they extend the built-in ones, overrides.toml in it disables or re-levels them.
    /// The folder galera-rca/rules in your configuration folder is read first.
    #[arg(long = "rules", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
}

/// The options of `rules`.
#[derive(Debug, Args)]
pub struct Rules {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// All rules, a line each.
    List {
        #[command(flatten)]
        rules: RulesFolders,
        /// Only rules of this area.
        #[arg(long)]
        area: Option<String>,
    },
    /// One rule with all its texts.
    Show {
        id: String,
        #[command(flatten)]
        rules: RulesFolders,
    },
    /// Check rule files for everything a person would forget.
    Lint {
        #[command(flatten)]
        rules: RulesFolders,
        /// Logs in which nothing is wrong: no cause may hit them.
        #[arg(long, value_name = "DIR")]
        healthy: Option<PathBuf>,
    },
    /// Run the examples of all rules, or of those named.
    Test {
        ids: Vec<String>,
        #[command(flatten)]
        rules: RulesFolders,
    },
    /// Print the signature expressions of all rules, one a line, for grep -E -f or rg -f.
    Export {
        /// Leave out the signatures of harmless messages.
        #[arg(long)]
        without_benign: bool,
        #[command(flatten)]
        rules: RulesFolders,
    },
    /// How much of a catalogue of message templates the rules and typed events know, and what they don't.
    Coverage(RulesCoverage),
    /// List the rules that these logs don't hit and no example with a named source proves.
    Hits(RulesHits),
    /// The typed events that rules can match, with their fields.
    Events,
    /// A JSON Schema: of rule files, of the diagnosis document, or of the events of follow.
    Schema {
        #[arg(long, value_enum, default_value_t = SchemaOf::Rule)]
        of: SchemaOf,
    },
}

/// The options of `rules hits`.
#[derive(Debug, Args)]
pub struct RulesHits {
    /// Logs, or folders with one folder of logs per cluster.
    #[arg(value_name = "FILE|DIR")]
    pub inputs: Vec<PathBuf>,
    /// List the rules that only an example hits, too, with its source.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub rules: RulesFolders,
}

/// The options of `rules coverage`.
#[derive(Debug, Args)]
pub struct RulesCoverage {
    /// Tab-separated columns with a header: component, severity, template; source if there is one. In a template
    /// `<name>` is a value and `{a|b}` a choice.
    #[arg(long, value_name = "FILE")]
    pub messages: PathBuf,
    /// Only messages of this component (may be given several times).
    #[arg(long, value_name = "NAME")]
    pub component: Vec<String>,
    /// Only messages of this severity: fatal, error, warn, info (may be given several times).
    #[arg(long, value_name = "WORD")]
    pub severity: Vec<String>,
    /// List the known messages too, each with the rules and events that know it.
    #[arg(long)]
    pub all: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
    #[command(flatten)]
    pub rules: RulesFolders,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemaOf {
    Rule,
    Diagnosis,
    /// The events of follow.
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
    Ndjson,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Info,
    Warning,
    Error,
    Critical,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
            Level::Critical => Self::Critical,
        }
    }
}

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("write NAME=FILE, for example --node db1=/tmp/error.log".to_owned()),
    }
}
