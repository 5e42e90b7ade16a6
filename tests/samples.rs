//! The sample incidents: what `incident.toml` says is what the tool says first, and the reports are as recorded.
//!
//! `INSTA_UPDATE=always cargo test --test samples` records the reports again; read the difference before committing.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use support::{Ran, Sandbox, root};

/// Incidents whose Markdown report is recorded, too: a certificate, a firewall with alternatives, a warning.
const IN_MARKDOWN: [&str; 3] = ["gcache-too-small", "join-4567-rejected", "tls-untrusted-ca"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the other keys are for people, and must be there")]
struct Incident {
    title: String,
    origin: String,
    server: String,
    provider: String,
    openssl: Option<String>,
    transfer: String,
    injected: String,
    expected: Option<Expected>,
    must_not: MustNot,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: String,
    node: String,
    because: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MustNot {
    claim: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
}

/// Folders below `samples/`, as written in reports, with their incident.
fn incidents(below: &str) -> Vec<(String, Incident)> {
    let folder = root().join(below);
    let mut names: Vec<PathBuf> =
        fs::read_dir(&folder).expect("samples").map(|entry| entry.expect("entry").path()).collect();
    names.sort();
    names
        .into_iter()
        .filter(|path| path.is_dir() && !path.ends_with("healthy"))
        .map(|path| {
            let file = path.join("incident.toml");
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let incident = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            (format!("{below}/{}", path.file_name().expect("a name").to_string_lossy()), incident)
        })
        .collect()
}

fn report(folder: &str, format: &str) -> Ran {
    let options = ["--format", format, "--width", "80", "--color", "never"];
    let ran = Sandbox::new().run_at_root(&[&[folder], &options[..]].concat());
    assert_eq!(ran.err, "", "{folder}");
    ran
}

fn rules_of(document: &Value) -> Vec<&str> {
    document["diagnoses"].as_array().expect("a list").iter().filter_map(|one| one["rule"].as_str()).collect()
}

#[test]
fn incidents_are_diagnosed_as_recorded() {
    let known = rule_ids();
    for (folder, incident) in incidents("samples") {
        let expected = incident.expected.as_ref().unwrap_or_else(|| panic!("{folder}: no expected diagnosis"));
        assert!(!incident.must_not.claim.is_empty() && !expected.because.is_empty(), "{folder}: says too little");
        let json = report(&folder, "json");
        let document = json.json();
        let first = &document["diagnoses"][0];
        let found = (first["rule"].as_str(), first["node"].as_str());
        assert_eq!(found, (Some(expected.rule.as_str()), Some(expected.node.as_str())), "{folder}");
        for rule in &incident.must_not.rules {
            assert!(known.contains(rule), "{folder}: there is no rule {rule}");
            assert!(!rules_of(&document).contains(&rule.as_str()), "{folder}: must not claim {rule}");
        }
        record(&folder, "json", &without_counts(&json));
        record(&folder, "txt", &report(&folder, "text").text());
        if IN_MARKDOWN.iter().any(|name| folder.ends_with(name)) {
            record(&folder, "md", &without_counts(&report(&folder, "markdown")));
        }
    }
}

#[test]
fn healthy_clusters_raise_no_alarm() {
    let healthy = incidents("samples/healthy");
    assert!(healthy.len() >= 5);
    for (folder, incident) in healthy {
        assert!(incident.expected.is_none() && !incident.must_not.claim.is_empty(), "{folder}");
        let ran = report(&folder, "json");
        let document = ran.json();
        assert_eq!(ran.code, 0, "{folder}");
        assert_ne!(document["verdict"], "failure", "{folder}");
        for one in document["diagnoses"].as_array().expect("a list") {
            let severity = one["severity"].as_str().unwrap_or_default();
            assert!(!["error", "critical"].contains(&severity), "{folder}: {} is {severity}", one["rule"]);
        }
    }
}

fn rule_ids() -> BTreeSet<String> {
    let list = Sandbox::new().run(&["rules", "list"]).text();
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn record(folder: &str, form: &str, text: &str) {
    let name = format!("{}.{form}", folder.trim_start_matches("samples/"));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The number of rules and the version change with every rule and release.
fn without_counts(report: &Ran) -> String {
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let mut text = report.text().replace(env!("CARGO_PKG_VERSION"), "[version]");
    for before in ["\"rules\": ", "[version] with "] {
        if let Some(at) = text.find(before).map(|at| at + before.len()) {
            let digits = number(&text[at..]);
            text.replace_range(at..at + digits, "[count]");
        }
    }
    text
}
