//! `galera-rca follow`, the real binary on real files.

mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Sandbox, assert_harmless, ran, sample};

/// Longer than anything here takes, so that a hang is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

const KILLED: &str = "kill9-one-restart";

struct Follower {
    child: Child,
    out: PathBuf,
}

impl Follower {
    /// Follows, with what it prints in a file.
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let out = sandbox.path("out");
        let file = fs::File::create(&out).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_galera-rca"))
            .arg("follow")
            .args(arguments)
            .current_dir(sandbox.path(""))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        Self { child, out }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.out).expect("UTF-8")
    }

    /// Waits until the output has this.
    fn wait_for(&self, what: &str) {
        let began = Instant::now();
        while !self.text().contains(what) {
            assert!(began.elapsed() < PATIENCE, "no {what:?} in {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as systemd does.
    fn stop(self) -> (Output, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().expect("kill").success());
        self.end()
    }

    fn end(self) -> (Output, String) {
        let output = self.child.wait_with_output().expect("an end");
        let text = fs::read_to_string(&self.out).expect("UTF-8");
        (output, text)
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(bytes).expect("written");
}

fn events(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn of_type<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// A log cut before its line with these words.
fn cut(text: &[u8], words: &str) -> (Vec<u8>, Vec<u8>) {
    let at = text.windows(words.len()).rposition(|window| window == words.as_bytes()).expect("the words");
    let start = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (text[..start].to_vec(), text[start..].to_vec())
}

/// node3's log before it was killed, up to when it is synced again, and the rest.
fn parts() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (before, after) = cut(&sample(&format!("{KILLED}/node3.log")), "Starting MariaDB");
    let (back, rest) = cut(&after, "Normal shutdown");
    (before, back, rest)
}

#[test]
fn a_killed_server_is_told_and_resolved_when_it_is_back() {
    let sandbox = Sandbox::new();
    let (before, back, _) = parts();
    let log = sandbox.write("node3.log", before);
    let follower = Follower::start(&sandbox, &["--format", "ndjson", "--settled", "1", "node3.log"]);
    follower.wait_for("\"to\":\"SYNCED\"");
    append(&log, &back);
    follower.wait_for("\"type\":\"resolved\"");
    let (_, text) = follower.stop();
    let events = events(&text);
    let opened = of_type(&events, "opened");
    assert_eq!(opened.len(), 1, "{text}");
    assert_eq!(opened[0]["rule"], "node-killed");
    assert!(opened[0]["evidence"].as_array().is_some_and(|lines| !lines.is_empty()));
    let resolved = of_type(&events, "resolved");
    assert_eq!(resolved.len(), 1, "{text}");
    assert_eq!(resolved[0]["number"], opened[0]["number"]);
    assert!(resolved[0]["news"].as_str().is_some_and(|news| news.starts_with("node3 back after ")), "{text}");
    assert_eq!(of_type(&events, "summary").len(), 1, "the end is told");
    assert!(of_type(&events, "gap").is_empty());
}

#[test]
fn a_rotation_between_the_lines_changes_nothing() {
    let sandbox = Sandbox::new();
    let (before, back, _) = parts();
    let log = sandbox.write("node3.log", before);
    let follower = Follower::start(&sandbox, &["--format", "ndjson", "--settled", "1", "node3.log"]);
    follower.wait_for("\"to\":\"SYNCED\"");
    let half = back.len() / 2;
    append(&log, &back[..half]);
    fs::rename(&log, sandbox.path("node3.log.1")).expect("renamed");
    append(&log, &back[half..]);
    follower.wait_for("\"type\":\"resolved\"");
    let (_, text) = follower.stop();
    let events = events(&text);
    assert_eq!(of_type(&events, "opened").len(), 1, "{text}");
    assert!(of_type(&events, "gap").is_empty(), "{text}");
    assert!(
        of_type(&events, "note").iter().any(|note| note["text"].as_str().is_some_and(|text| text.contains("replaced")))
    );
}

#[test]
fn a_file_may_come_later() {
    let sandbox = Sandbox::new();
    let follower = Follower::start(&sandbox, &["node3.log"]);
    follower.wait_for("no such file yet");
    sandbox.write("node3.log", sample("opt-unknown-key/node3.log"));
    follower.wait_for("CAUSE");
    let (output, text) = follower.stop();
    assert_eq!(output.status.code(), Some(1), "something bad is open: {text}");
    assert_harmless(text.as_bytes(), "follow");
}

#[test]
fn a_pipe_is_followed_to_its_end() {
    let sandbox = Sandbox::new();
    let text = sample("opt-unknown-key/node3.log");
    let ran = sandbox.run_with_input(&["follow", "--format", "ndjson"], &text);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let events = events(&ran.text());
    assert_eq!(of_type(&events, "opened").len(), 1, "{}", ran.text());
    assert_eq!(events.last().map(|event| event["type"].clone()), Some("summary".into()));
}

#[test]
fn scripts_can_wait_for_a_state_or_a_cause() {
    let sandbox = Sandbox::new();
    let (before, back, _) = parts();
    let log = sandbox.write("node3.log", before);
    append(&log, &back);
    let run = |exit_on: &str, log: &str| {
        ran(sandbox.command().args(["follow", "--exit-on", exit_on, "--timeout", "5", log])).code
    };
    assert_eq!(run("synced", "node3.log"), 0);
    sandbox.write("bad.log", sample("opt-unknown-key/node3.log"));
    assert_eq!(run("critical", "bad.log"), 1);
    assert_eq!(run("synced", "bad.log"), 3, "it never gets there");
    let wrong = sandbox.run(&["follow", "--exit-on", "node-kiled", "bad.log"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("node-killed"), "{}", wrong.err);
}

#[test]
fn a_restart_tells_nothing_twice_and_misses_nothing() {
    let sandbox = Sandbox::new();
    let (before, back, _) = parts();
    let log = sandbox.write("node3.log", before);
    append(&log, &back);
    let (killed, rest) = cut(&fs::read(&log).expect("a file"), "Synchronized with group, ready for connections");
    fs::write(&log, &killed).expect("a file");
    let arguments =
        ["follow", "--from", "start", "--format", "ndjson", "--state", "state.json", "--timeout", "2", "node3.log"];
    let first = events(&ran(sandbox.command().args(arguments)).text());
    assert_eq!(of_type(&first, "opened").len(), 1, "{first:#?}");
    let second = events(&ran(sandbox.command().args(arguments)).text());
    assert!(of_type(&second, "opened").is_empty(), "{second:#?}");
    append(&log, &rest);
    let third = events(&ran(sandbox.command().args(arguments).args(["--settled", "1"])).text());
    let resolved = of_type(&third, "resolved");
    assert_eq!(resolved.len(), 1, "{third:#?}");
    assert_eq!(resolved[0]["number"], of_type(&first, "opened")[0]["number"]);
    fs::write(sandbox.path("broken.json"), "{").expect("a file");
    let broken = sandbox.run(&["follow", "--state", "broken.json", "node3.log"]);
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("broken.json"), "{}", broken.err);
}

#[cfg(unix)]
#[test]
fn a_program_is_started_for_each_diagnosis() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    sandbox.write("bad.log", sample("opt-unknown-key/node3.log"));
    let program = sandbox
        .write("told.sh", "#!/bin/sh\ncat >> told.json\necho \"$GALERA_RCA_RULE $GALERA_RCA_NODE\" >> told.txt\n");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
    let program = program.display().to_string();
    let run = ran(sandbox.command().args(["follow", "--timeout", "2", "--on-diagnosis", &program, "bad.log"]));
    assert_eq!(run.code, 1, "{}", run.err);
    let told = fs::read_to_string(sandbox.path("told.json")).expect("it was started");
    assert_eq!(events(&told)[0]["type"], "opened");
    assert!(fs::read_to_string(sandbox.path("told.txt")).expect("fields").contains(" bad"));
    let missing = ran(sandbox.command().args(["follow", "--timeout", "2", "--on-diagnosis", "/nowhere/x", "bad.log"]));
    assert!(missing.err.contains("/nowhere/x") || missing.text().contains("/nowhere/x"), "{}", missing.err);
}

#[test]
fn metrics_are_written_and_served() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.log", sample("opt-unknown-key/node3.log"));
    let run = ran(sandbox.command().args(["follow", "--timeout", "1", "--metrics", "m.prom", "bad.log"]));
    assert_eq!(run.code, 1, "{}", run.err);
    let metrics = fs::read_to_string(sandbox.path("m.prom")).expect("a file");
    assert!(metrics.contains("galera_rca_node_synced{node=\"bad\"} 0"), "{metrics}");
    assert!(metrics.contains("galera_rca_diagnosis{node=\"bad\",rule=\""), "{metrics}");
    let open = sandbox.run(&["follow", "--metrics-listen", "0.0.0.0:9105", "bad.log"]);
    assert_eq!(open.code, 2);
    assert!(open.err.contains("127.0.0.1"), "{}", open.err);
}

#[test]
fn wrong_usage_is_told() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("folder")).expect("a folder");
    let folder = sandbox.run(&["follow", "folder"]);
    assert_eq!(folder.code, 2);
    assert!(folder.err.contains("is a folder"), "{}", folder.err);
    let twice = sandbox.run(&["follow", "a.log", "a.log"]);
    assert!(twice.err.contains("given twice"), "{}", twice.err);
}
