//! The rule table and the checks on it: the built-in rules are clean, and each kind of mistake is found where it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use galera_rca::rules::frequency::Frequencies;
use galera_rca::rules::lint::{self, Remark};
use galera_rca::rules::load;
use galera_rca::rules::read::{LoadedRule, read};
use galera_rca::rules::schema::{Rule, Severity};
use tempfile::TempDir;

/// A rule without mistakes; the cases below make one each.
const CAUSE: &str = r#"id         = "own-cause"
title      = "The frobnicator of {node} broke"
area       = "own"
severity   = "error"
role       = "cause"
confidence = 0.8
tags       = ["own-tag"]
explains   = ["own-symptom"]

[[match]]
regex = '''frobnicator (?<path>/\S+) broke at (?<address>\S+)'''

[captures]
path    = "path"
address = "address"

[threshold]
count  = 2
within = "60s"

[[require]]
rule   = "own-symptom"
within = "60s"

[[evidence]]
event  = "shift"
where  = { to = "SYNCED" }
weight = 0.2

[diagnosis]
cause = "The frobnicator {path} of {node} broke."

[[verify]]
run      = "ls -l {path}"
confirms = "it is gone"

[[remedy]]
step = "Look at {path}."
risk = "none"

[[remedy]]
step = "Start the node with an empty data directory."
risk = "data-loss"

[[source]]
repo = "own/server"
path = "sql/frobnicator.cc"

[[example]]
log = '''2026-11-24  8:15:52 0 [ERROR] WSREP: frobnicator /srv/f broke at tcp://10.0.0.1:4567'''
captures = { path = "/srv/f" }

[[counter_example]]
log = '''2026-11-24  8:15:52 0 [ERROR] WSREP: frobnicator works'''
"#;

const SYMPTOM: &str = r#"id       = "own-symptom"
title    = "Something frobnicates no more"
area     = "own"
severity = "warning"
role     = "symptom"

[[match]]
text = 'nothing frobnicates any more'

[diagnosis]
cause = "Nothing frobnicates on {node}."

[[alternative]]
cause = "The frobnicator was switched off."

[[verify]]
run      = "grep frobnicat {log}"
confirms = "another line tells why"

[[remedy]]
step = "Follow the line before."
risk = "none"

[[source]]
page = "https://example.org/frobnicator"

[[example]]
log = '''2026-11-24  8:15:52 0 [Warning] WSREP: nothing frobnicates any more'''

[[counter_example]]
log = '''2026-11-24  8:15:52 0 [Note] WSREP: all frobnicates'''
"#;

/// Rule files in a folder `own`.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let own = Self { folder };
        for (name, text) in files {
            own.write(name, text);
        }
        own
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn load(&self) -> Vec<LoadedRule> {
        load::load(&[self.path().to_path_buf()]).expect("rules that can be loaded")
    }

    fn own_rules(&self) -> Vec<LoadedRule> {
        let folder = self.path().display().to_string();
        self.load().into_iter().filter(|one| one.file.starts_with(&folder)).collect()
    }

    fn remarks(&self) -> Vec<Remark> {
        lint::lint(self.own_rules(), None).expect("a lint")
    }
}

fn shown(remarks: &[Remark]) -> String {
    remarks.iter().map(|remark| format!("{}: {}\n", remark.file, remark.text)).collect()
}

fn embedded() -> Vec<LoadedRule> {
    load::embedded().expect("the embedded rules")
}

#[test]
fn the_built_in_rules_have_no_remarks() {
    let remarks = lint::lint(embedded(), None).expect("a lint");
    assert!(remarks.is_empty(), "{}", shown(&remarks));
}

#[test]
fn healthy_samples_are_quiet() {
    let remarks = lint::lint(embedded(), Some(Path::new("samples/healthy"))).expect("a lint");
    assert!(remarks.is_empty(), "{}", shown(&remarks));
}

#[test]
fn each_example_counts_once() {
    let rules = embedded();
    let count: usize = rules.iter().map(|one| one.rule.examples.len() + one.rule.counter_examples.len()).sum();
    let tested = lint::examples(rules).expect("a test");
    assert_eq!(tested.passed, count, "{}", shown(&tested.failed));
}

#[test]
fn every_rule_survives_a_round_trip() {
    for one in embedded() {
        let text = toml::to_string(&one.rule).expect("TOML");
        let again: Rule = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", one.file));
        assert_eq!(
            serde_json::to_value(&again).expect("JSON"),
            serde_json::to_value(&one.rule).expect("JSON"),
            "{}",
            one.file
        );
    }
}

#[test]
fn a_rule_without_mistakes_has_no_remarks() {
    let folder = Folder::new(&[("own/own-cause.toml", CAUSE), ("own/own-symptom.toml", SYMPTOM)]);
    let remarks = folder.remarks();
    assert!(remarks.is_empty(), "{}", shown(&remarks));
}

/// What is written instead of what, what the remark says, and the text its caret stands at.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    // name and place
    ("id         = \"own-cause\"", "id = \"own-other\"", "not the file's stem 'own-cause'", "\"own-other\""),
    ("area       = \"own\"", "area = \"tls\"", "the area 'tls' is not the folder 'own'", "\"tls\""),
    ("[\"own-tag\"]", "[\"Own_Tag\"]", "the tag 'Own_Tag'", "Own_Tag"),
    ("title      = \"The frobnicator of {node} broke\"", "title = \"\"", "the title is empty", "\"\""),
    // matches and captures
    ("'''frobnicator (", "'''.*frobnicator (", "leading .*", ".*frobnicator"),
    ("(?<address>\\S+)'''", "(?<address>\\S+).*'''", "trailing .*", "'''frobnicator"),
    ("broke at (?<address>\\S+)'''", "broke at (?<address>\\w{9999}{9999})'''", "can't be compiled", "'''frobnicator"),
    (
        "broke at (?<address>\\S+)'''",
        "broke at (?<address>\\S+)'''\nlevel = [\"Eror\"]",
        "the nearest is 'ERROR'",
        "Eror",
    ),
    (
        "address = \"address\"",
        "adress = \"address\"",
        "no match captures 'adress'; the nearest is 'address'",
        "\"address\"",
    ),
    // numbers, durations, conditions
    ("confidence = 0.8", "confidence = 1.5", "not between 0 and 1", "1.5"),
    ("count  = 2", "count = 1", "a threshold below 2", "1\nwithin"),
    ("count  = 2\nwithin = \"60s\"", "count  = 2\nwithin = \"soon\"", "'soon' is not a duration", "\"soon\""),
    (
        "rule   = \"own-symptom\"\nwithin = \"60s\"",
        "rule   = \"own-symptom\"\nwithin = \"later\"",
        "'later' is not a duration",
        "\"later\"",
    ),
    ("within = \"60s\"\n\n[[evidence]]", "weight = 0.3\n\n[[evidence]]", "no weight", "0.3"),
    ("weight = 0.2", "", "evidence needs a weight", "[[evidence]]"),
    ("weight = 0.2", "weight = 2.0", "the weight 2 is not", "2.0"),
    ("weight = 0.2", "weight = 0.2\nnames = true", "names a node at fault only with", "true"),
    ("weight = 0.2", "weight = 0.2\nnodes = 2", "the same node is only one", "2\n\n[diagnosis]"),
    ("event  = \"shift\"", "event = \"shft\"", "no event 'shft'; the nearest is 'shift'", "\"shft\""),
    ("{ to = \"SYNCED\" }", "{ too = \"SYNCED\" }", "has no field 'too'; the nearest is 'to'", "\"SYNCED\""),
    ("{ to = \"SYNCED\" }", "{ seqno = \">=many\" }", "no number", "\">=many\""),
    // references
    (
        "rule   = \"own-symptom\"",
        "rule = \"own-sympton\"",
        "no rule 'own-sympton'; the nearest is 'own-symptom'",
        "own-sympton",
    ),
    (
        "explains   = [\"own-symptom\"]",
        "explains = [\"@own-tga\"]",
        "no rule has the tag '@own-tga'; the nearest is '@own-tag'",
        "@own-tga",
    ),
    (
        "explains   = [\"own-symptom\"]",
        "explains = [\"@own-tag\"]",
        "explains itself: own-cause (@own-tag) -> own-cause",
        "@own-tag",
    ),
    // what a role needs
    ("cause = \"The frobnicator {path} of {node} broke.\"", "why = \"x\"", "the cause is empty", "[diagnosis]"),
    ("confirms = \"it is gone\"", "confirms = \"\"", "confirms is empty", "[[verify]]"),
    (
        "[[verify]]\nrun      = \"ls -l {path}\"\nconfirms = \"it is gone\"\n",
        "",
        "there is no [[verify]]",
        "\"own-cause\"",
    ),
    ("repo = \"own/server\"\n", "", "a source names a page", "[[source]]"),
    ("role       = \"cause\"", "role = \"benign\"", "nothing to remedy", "[[remedy]]"),
    ("role       = \"cause\"", "role = \"context\"", "nothing can fold under it", "[\"own-symptom\"]"),
    ("role       = \"cause\"", "role = \"symptom\"", "name them as [[alternative]]", "\"symptom\""),
    ("risk = \"none\"", "risk = \"data-loss\"", "the first step may not be", "\"data-loss\""),
    (
        "[[source]]",
        "[[remedy]]\nstep = \"Restart.\"\nrisk = \"restart\"\n\n[[source]]",
        "stands before a safer one",
        "\"data-loss\"",
    ),
    // placeholders
    ("Look at {path}.", "Look at {pth}.", "{pth} is neither a capture nor a fact; the nearest is 'path'", "{pth}"),
    ("Look at {path}.", "Look at {Path}.", "'{Path}' is no placeholder", "{Path}"),
    ("Look at {path}.", "Look at {path.host}.", "needs path to be an address", "{path.host}"),
    ("ls -l {path}", "ls -l '{path}'", "stands in quotes", "{path}'"),
    // commands
    ("ls -l {path}", "rm {path}", "'rm' is not on the list", "\"rm {path}\""),
    ("ls -l {path}", "ls -l {path} && reboot", "'&' outside quotes", "\"ls -l {path} && reboot\""),
    ("ls -l {path}", "ls -l {path|$(reboot)}", "makes the shell run", "\"ls -l {path|$(reboot)}\""),
    ("ls -l {path}", "mariadb -e 'CHECK TABLE t'", "no plain SHOW or SELECT", "\"mariadb -e"),
    // examples
    ("broke at tcp://10.0.0.1:4567'''", "is broken'''", "this example is not matched", "'''2026-11-24"),
    (
        "captures = { path = \"/srv/f\" }",
        "captures = { path = \"/srv\" }",
        "gives other captures: path = \"/srv/f\"",
        "{ path = \"/srv\" }",
    ),
    (
        "frobnicator works",
        "frobnicator /srv/f broke at x",
        "counter example 1 matches",
        "'''2026-11-24  8:15:52 0 [ERROR] WSREP: frobnicator /srv/f broke at x",
    ),
];

#[test]
fn each_mistake_is_told_with_its_line() {
    for (from, to, says, caret) in MISTAKES {
        assert!(CAUSE.contains(from), "{from}");
        let text = CAUSE.replacen(from, to, 1);
        let folder = Folder::new(&[("own/own-cause.toml", &text), ("own/own-symptom.toml", SYMPTOM)]);
        let remarks = folder.remarks();
        let found = remarks.iter().find(|remark| remark.text.contains(says));
        let found = found.unwrap_or_else(|| panic!("no remark says {says:?}:\n{}", shown(&remarks)));
        assert!(found.file.ends_with("own-cause.toml"), "{}", found.file);
        let at = text.find(caret).unwrap_or_else(|| panic!("{caret:?} is not in\n{text}"));
        let line = text[..at].matches('\n').count() + 1;
        let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        let place = format!("line {line}, column {column}\n");
        assert!(found.text.contains(&place), "{says}: expected {place}\n{}", found.text);
        assert!(found.text.ends_with('^'), "{}", found.text);
    }
}

/// Mistakes that the reader refuses: the build stops, and so does the loading of a user's folder.
const REFUSED: &[(&str, &str, &str)] = &[
    ("confidence = 0.8", "confidense = 0.8", "unknown field `confidense`"),
    ("severity   = \"error\"", "severity = \"bad\"", "unknown variant `bad`"),
    (
        "'''frobnicator (?<path>/\\S+) broke at (?<address>\\S+)'''",
        "'''(?<path>/\\S+) on (?<address>\\S+)'''",
        "shorter than 6 bytes",
    ),
    (
        "'''frobnicator (?<path>/\\S+) broke at (?<address>\\S+)'''",
        "'''(?<path>\\S+)'''",
        "no literal that is in every line",
    ),
    ("'''frobnicator (?<path>", "'''frobnicator ((?<path>", "the regex is wrong"),
    ("[captures]", "text = 'frobnicator'\n[captures]", "exactly one of text, texts, regex and event"),
];

#[test]
fn what_the_reader_refuses_is_told_with_its_line() {
    for (from, to, says) in REFUSED {
        assert!(CAUSE.contains(from), "{from}");
        let folder = Folder::new(&[("own/own-cause.toml", &CAUSE.replacen(from, to, 1))]);
        let path = folder.path().join("own/own-cause.toml");
        let error = read(&path, &Frequencies::default()).expect_err(says).to_string();
        assert!(error.contains(says) && error.contains("line ") && error.contains('^'), "{says}:\n{error}");
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_cycle_is_told_with_its_way() {
    let symptom = SYMPTOM.replace("role     = \"symptom\"", "role = \"symptom\"\nexplains = [\"@own-tag\"]");
    let folder = Folder::new(&[("own/own-cause.toml", CAUSE), ("own/own-symptom.toml", &symptom)]);
    let remarks = folder.remarks();
    let way = "explains itself: own-cause -> own-symptom (@own-tag) -> own-cause";
    assert!(matches!(remarks.as_slice(), [one] if one.text.contains(way)), "{}", shown(&remarks));
}

#[test]
fn two_rules_that_claim_one_line_are_told() {
    let text = SYMPTOM.replace("own-symptom", "own-second");
    let folder = Folder::new(&[("own/own-second.toml", &text), ("own/own-symptom.toml", SYMPTOM)]);
    let remarks = folder.remarks();
    assert_eq!(remarks.len(), 2, "{}", shown(&remarks));
    assert!(remarks.iter().all(|remark| remark.text.contains("matches this example, too")), "{}", shown(&remarks));
    let explaining = text.replace("role     =", "explains = [\"own-symptom\"]\nrole     =");
    let folder = Folder::new(&[("own/own-second.toml", &explaining), ("own/own-symptom.toml", SYMPTOM)]);
    assert_eq!(folder.remarks(), []);
}

#[test]
fn an_event_alone_needs_a_condition_or_an_example() {
    let start = SYMPTOM.find("[[example]]").expect("an example");
    let bare = SYMPTOM[..start].replace("text = 'nothing frobnicates any more'", "event = \"shift\"");
    let folder = Folder::new(&[("own/own-symptom.toml", &bare)]);
    assert!(shown(&folder.remarks()).contains("an event without 'where'"));
    let asking = bare.replace("event = \"shift\"", "event = \"shift\"\nwhere = { to = \"CLOSED\" }");
    let folder = Folder::new(&[("own/own-symptom.toml", &asking)]);
    assert_eq!(folder.remarks(), []);
}

#[test]
fn a_rule_that_fires_on_healthy_logs_is_told() {
    let text = SYMPTOM
        .replace("own-symptom", "own-cause")
        .replace("\"symptom\"", "\"cause\"")
        .replace("\"warning\"", "\"error\"")
        .replace("nothing frobnicates any more", "Synchronized with group, ready for connections");
    let folder = Folder::new(&[("own/own-cause.toml", &text)]);
    let remarks = lint::lint(folder.own_rules(), Some(Path::new("samples/healthy"))).expect("a lint");
    assert!(shown(&remarks).contains("fires on the healthy logs"), "{}", shown(&remarks));
}

#[test]
fn a_folder_extends_the_built_in_rules() {
    let folder = Folder::new(&[("own/own-symptom.toml", SYMPTOM)]);
    assert_eq!(folder.load().len(), embedded().len() + 1);
}

#[test]
fn a_rule_with_a_known_id_replaces_it() {
    let id = "login-refused";
    let folder = Folder::new(&[("own/login-refused.toml", &SYMPTOM.replace("own-symptom", id))]);
    let rules = folder.load();
    assert_eq!(rules.len(), embedded().len());
    let replaced = rules.iter().find(|one| one.rule.id == id).expect("the rule");
    assert_eq!(replaced.rule.title, "Something frobnicates no more");
}

#[test]
fn overrides_disable_and_re_level() {
    let text = "[rule.login-refused]\nenabled = false\n\n[rule.cluster-name-mismatch]\nseverity = \"warning\"\n";
    let folder = Folder::new(&[("overrides.toml", text)]);
    let rules = folder.load();
    let find = |id: &str| rules.iter().find(|one| one.rule.id == id);
    assert!(find("login-refused").is_none());
    assert_eq!(find("cluster-name-mismatch").expect("the rule").rule.severity, Severity::Warning);
}

#[test]
fn an_override_of_an_unknown_rule_names_file_and_line() {
    let folder = Folder::new(&[("overrides.toml", "# mine\n\n[rule.no-such-rule]\nenabled = false\n")]);
    let error = load::load(&[folder.path().to_path_buf()]).expect_err("an unknown rule").to_string();
    assert!(error.contains("overrides.toml") && error.contains("no-such-rule"), "{error}");
    assert!(error.contains("line 3, column 7"), "{error}");
}

#[test]
fn one_folder_has_each_id_once() {
    let folder = Folder::new(&[("a/own-symptom.toml", SYMPTOM), ("b/own-symptom.toml", SYMPTOM)]);
    let error = load::load(&[folder.path().to_path_buf()]).expect_err("the same id twice").to_string();
    assert!(error.contains("own-symptom") && error.contains("too"), "{error}");
}

#[test]
fn every_rule_file_is_built_in() {
    let mut files = BTreeSet::new();
    let mut folders = vec![PathBuf::from("rules")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                files.insert(path.display().to_string());
            }
        }
    }
    assert_eq!(files, embedded().into_iter().map(|one| one.file).collect());
}

fn tool(home: &Path) -> Command {
    let mut command = Command::cargo_bin("galera-rca").expect("the built tool");
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME");
    command
}

#[test]
fn lint_points_at_the_line_and_fails() {
    let text = SYMPTOM.replace("{log}", "{lgo}");
    let folder = Folder::new(&[("own/own-symptom.toml", &text)]);
    let output = tool(folder.path()).args(["rules", "lint", "--rules"]).arg(folder.path()).assert().code(1);
    let out = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(out.contains("{lgo} is neither a capture nor a fact; the nearest is 'log'"), "{out}");
    assert!(out.contains("line 17, column 28\n  run      = \"grep frobnicat {lgo}\"\n"), "{out}");
    assert!(out.ends_with("1 remarks\n"), "{out}");
}

#[test]
fn test_counts_what_passed_and_failed() {
    let text = SYMPTOM.replace("all frobnicates'''", "nothing frobnicates any more'''");
    let folder = Folder::new(&[("own/own-symptom.toml", &text)]);
    let output =
        tool(folder.path()).args(["rules", "test", "own-symptom", "--rules"]).arg(folder.path()).assert().code(1);
    let out = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(out.ends_with("1 rules: 1 examples passed, 1 failed\n"), "{out}");
}

/// Make them anew with `cargo run -- rules schema > rules/schema.json` and
/// `cargo run -- rules schema --of diagnosis > docs/diagnosis.schema.json`, the same with `--of event` for
/// `docs/follow.schema.json`.
#[test]
fn the_published_schemas_are_current() {
    let home = TempDir::new().expect("a temporary folder");
    for (arguments, file) in [
        (&["rules", "schema"][..], "rules/schema.json"),
        (&["rules", "schema", "--of", "diagnosis"][..], "docs/diagnosis.schema.json"),
        (&["rules", "schema", "--of", "event"][..], "docs/follow.schema.json"),
    ] {
        let output = tool(home.path()).args(arguments).assert().success();
        let out = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
        assert!(fs::read_to_string(file).is_ok_and(|text| text == out), "{file} is not what the code says");
    }
}
