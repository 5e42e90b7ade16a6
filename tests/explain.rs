//! `galera-rca explain`: a pasted line, a rule, an event; and what knows a message catalogue.

mod support;

use support::{Sandbox, assert_harmless};

const EXPIRED: &str = "2026-11-24  7:48:40 0 [Note] WSREP: Failed to establish connection: certificate verify failed: \
                       certificate has expired";

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn a_line_is_explained_by_its_rules_and_events() {
    let ran = Sandbox::new().run(&["explain", EXPIRED]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    snapshot("explain-line.txt", &ran.text());
}

#[test]
fn what_a_line_alone_tells_comes_first() {
    let answer = Sandbox::new().run(&["explain", "--format", "json", EXPIRED]).json();
    assert_eq!(answer["schema"], "galera-rca/explain/1");
    let message = &answer["messages"][0];
    assert_eq!(message["normal"], "no");
    assert_eq!(message["meanings"][0]["rule"], "tls-peer-certificate-expired");
    assert_eq!(message["meanings"][0]["needs_more"], false);
    let names = |key: &str| message["meanings"].as_array().expect("a list").iter().any(|one| !one[key].is_null());
    assert!(names("rule") && names("event"));
}

#[test]
fn values_of_the_line_stand_in_commands() {
    let line = "2026-11-24  8:02:11 0 [ERROR] WSREP: wsrep_load(): dlopen(): /opt/a;b/libgalera_smm.so: cannot \
                open shared object file: No such file or directory";
    let text = Sandbox::new().run(&["explain", line]).text();
    assert!(text.contains("'/opt/a;b/libgalera_smm.so'"), "{text}");
}

#[test]
fn harmless_lines_are_called_so() {
    let ran = Sandbox::new().run(&[
        "explain",
        "Aborted connection 5 to db: 'x' user: 'y' host: 'z' (Got timeout reading communication packets)",
    ]);
    assert_eq!(ran.code, 0);
    assert!(ran.text().contains("NORMAL  yes"), "{}", ran.text());
}

#[test]
fn lines_come_from_a_pipe_with_or_without_their_wrapping() {
    let journal = format!("Nov 24 07:48:40 db1 mariadbd[812]: {EXPIRED}\n");
    for input in [format!("{EXPIRED}\n"), journal, EXPIRED[30..].to_owned(), format!("{EXPIRED}\r\n{EXPIRED}\r\n")] {
        let answer = Sandbox::new().run_with_input(&["explain", "--format", "json"], input.as_bytes()).json();
        assert_eq!(answer["messages"].as_array().map(Vec::len), Some(1), "{input}");
        assert_eq!(answer["messages"][0]["meanings"][0]["rule"], "tls-peer-certificate-expired", "{input}");
    }
}

#[test]
fn an_unknown_line_is_called_so_with_the_nearest_known() {
    let ran = Sandbox::new().run(&["explain", "WSREP: no nodes comming from the prim vue"]);
    assert_eq!(ran.code, 1);
    assert!(ran.text().contains("no rule and no typed event knows"), "{}", ran.text());
    assert!(ran.text().contains("prim"), "{}", ran.text());
    let ran = Sandbox::new().run(&["explain", "zyx wvu"]);
    assert!(ran.text().contains("no known message is like it"), "{}", ran.text());
}

#[test]
fn rules_and_events_are_explained_by_name() {
    let sandbox = Sandbox::new();
    let rule = sandbox.run(&["explain", "tls-peer-certificate-expired"]);
    assert_eq!(rule.code, 0);
    assert!(rule.text().contains("RULE    tls-peer-certificate-expired"), "{}", rule.text());
    assert!(sandbox.run(&["explain", "quorum"]).text().contains("EVENT  quorum"));
    let wrong = sandbox.run(&["explain", "gcomm-viw"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("gcomm-view"), "{}", wrong.err);
}

#[test]
fn nothing_to_explain_is_told() {
    let ran = Sandbox::new().run_with_input(&["explain"], b" \n");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no line to explain"), "{}", ran.err);
}

#[test]
fn nothing_of_the_line_reaches_the_terminal_raw() {
    let line =
        b"2026-11-24  7:48:40 0 [ERROR] WSREP: Failed to open '\x1b]0;x\x07\x1b[31m\xe2\x80\xae' \xff\x00 failed\n";
    for format in ["text", "json"] {
        let ran = Sandbox::new().run_with_input(&["explain", "--format", format], line);
        assert_harmless(&ran.out, format);
    }
}

#[test]
fn a_catalogue_is_judged_by_component_and_severity() {
    let sandbox = Sandbox::new();
    let catalogue = "component\tseverity\ttemplate\tsource\n\
                     gcomm\twarn\tFailed to establish connection: <sslerr>\tasio_tcp.cpp:1\n\
                     gcs\tinfo\tShifting <state> -> <state> (TO: <seqno>)\tgcs.cpp:2\n\
                     server\twarn\tAborted connection <num> to db: '<val>' user: '<name>' host: '<host>' (<errstr>)\t\n\
                     gcs\terror\tThe frobnicator <name> of <addr> is unwell\tgcs.cpp:3\n\
                     lonely\n";
    sandbox.write("messages.tsv", catalogue);
    let ran = sandbox.run(&["rules", "coverage", "--messages", "messages.tsv"]);
    assert_eq!(ran.code, 2, "a line lacks columns");
    assert!(ran.err.contains("messages.tsv:6"), "{}", ran.err);
    snapshot("coverage.txt", &ran.text());
    let json =
        sandbox.run(&["rules", "coverage", "--messages", "messages.tsv", "--component", "gcs", "--format", "json"]);
    assert_eq!(json.json()["messages"].as_array().map(Vec::len), Some(2));
    let none = sandbox.run(&["rules", "coverage", "--messages", "messages.tsv", "--component", "gcz"]);
    assert_eq!(none.code, 2);
    assert!(sandbox.run(&["rules", "coverage", "--messages", "missing.tsv"]).err.contains("missing.tsv"));
}

#[test]
fn a_rule_that_takes_every_line_knows_no_message() {
    let sandbox = Sandbox::new();
    let rule = "id = 'catch-all'\ntitle = 'Any'\narea = 'own'\nseverity = 'error'\nrole = 'symptom'\n[[match]]\n\
                text = '[ERROR] WSREP: '\n";
    sandbox.write("rules/own/catch-all.toml", rule);
    sandbox.write("messages.tsv", "component\tseverity\ttemplate\ngcs\terror\tThe frobnicator <name> is unwell\n");
    let ran = sandbox.run(&["rules", "coverage", "--messages", "messages.tsv", "--rules", "rules", "--format", "json"]);
    assert_eq!(ran.json()["messages"][0]["how"], serde_json::Value::Null);
}

#[test]
fn a_match_that_takes_a_tenth_of_a_component_is_named_and_not_counted() {
    let sandbox = Sandbox::new();
    let rule = "id = 'wide'\ntitle = 'Any'\narea = 'own'\nseverity = 'error'\nrole = 'symptom'\n[[match]]\n\
                text = 'frobnicator'\n";
    sandbox.write("rules/own/wide.toml", rule);
    let lines: String = (0..20).map(|n| format!("gcs\terror\tThe frobnicator {n} <name> is unwell\n")).collect();
    sandbox.write("messages.tsv", format!("component\tseverity\ttemplate\n{lines}"));
    let ran = sandbox.run(&["rules", "coverage", "--messages", "messages.tsv", "--rules", "rules"]);
    assert!(ran.text().contains("not counted: a match of wide takes 20 messages of gcs"), "{}", ran.text());
}

#[test]
fn every_rule_is_hit_by_a_log_or_an_example_with_a_source() {
    let ran = Sandbox::new().run_at_root(&["rules", "hits", "samples"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    assert!(ran.text().contains(", 0 by nothing"), "{}", ran.text());
    let sandbox = Sandbox::new();
    let rule = "id = 'never'\ntitle = 'Any'\narea = 'own'\nseverity = 'error'\nrole = 'symptom'\n[[match]]\n\
                text = 'frobnicator'\n";
    sandbox.write("rules/own/never.toml", rule);
    let ran = sandbox.run(&["rules", "hits", "--rules", "rules"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.text().lines().any(|line| line.starts_with("never ") && line.ends_with("by nothing")),
        "{}",
        ran.text()
    );
}
