//! The real binary: exit status, messages, forms of input and output, rules of the user.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::Value;
use support::{Ran, Sandbox, assert_harmless, outside_of_code, ran, sample};

/// An incident whose first diagnosis is an error, and one whose first is only a warning.
const ERROR: &str = "samples/tls-untrusted-ca";
const ERROR_RULE: &str = "tls-peer-certificate-untrusted";
const WARNING: &str = "samples/gcache-too-small";
const HEALTHY: &str = "samples/healthy/ok-tls-bootstrap-join-stop";
const FORMATS: [&str; 4] = ["text", "json", "ndjson", "markdown"];

fn node1() -> Vec<u8> {
    sample("tls-untrusted-ca/node1.log")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).expect("in memory");
    out.finish().expect("in memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 1).read_to_end(&mut out).expect("in memory");
    out
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("in memory")
}

/// Output and exit status of a run that had nothing to complain about.
fn quiet(ran: Ran) -> Ran {
    assert_eq!(ran.err, "");
    ran
}

#[test]
fn the_exit_status_follows_fail_on() {
    let sandbox = Sandbox::new();
    for (folder, options, code) in [
        (ERROR, &[][..], 1),
        (ERROR, &["--fail-on", "warning"], 1),
        (ERROR, &["--fail-on", "critical"], 0),
        (ERROR, &["--min-severity", "critical"], 1),
        (WARNING, &[], 0),
        (WARNING, &["--fail-on", "warning"], 1),
        (WARNING, &["--fail-on", "warning", "--min-severity", "critical"], 1),
        (HEALTHY, &[], 0),
        (HEALTHY, &["--fail-on", "info"], 0),
    ] {
        let ran = quiet(sandbox.run_at_root(&[&[folder], options].concat()));
        assert_eq!(ran.code, code, "{folder} {options:?}");
    }
}

#[test]
fn min_severity_hides_diagnoses_but_never_calls_a_failure_healthy() {
    let sandbox = Sandbox::new();
    let all = sandbox.run_at_root(&[WARNING, "--format", "json"]).json();
    let some = sandbox.run_at_root(&[WARNING, "--format", "json", "--min-severity", "warning"]).json();
    let count = |document: &Value| document["diagnoses"].as_array().map_or(0, Vec::len);
    assert!(count(&some) >= 1 && count(&some) < count(&all));
    assert_eq!(some["verdict"], all["verdict"]);
    for format in ["text", "markdown"] {
        let text = sandbox.run_at_root(&[ERROR, "--format", format, "--min-severity", "critical"]).text();
        assert!(text.to_lowercase().contains("failure"), "{text}");
        assert!(text.contains("--min-severity"), "{text}");
        assert!(!text.contains("HEALTHY") && !text.contains("No rule found anything"), "{text}");
    }
}

#[test]
fn analyze_is_the_default() {
    let sandbox = Sandbox::new();
    let (short, long) = (sandbox.run_at_root(&[ERROR]), sandbox.run_at_root(&["analyze", ERROR]));
    assert_eq!((short.out, short.code), (long.out, long.code));
}

#[test]
fn standard_input_by_name_and_by_pipe() {
    let sandbox = Sandbox::new();
    let named = quiet(sandbox.run_with_input(&["-", "--format", "json"], &node1()));
    let piped = quiet(sandbox.run_with_input(&["--format", "json"], &node1()));
    assert_eq!(named.out, piped.out);
    assert_eq!((named.first_rule().as_deref(), named.code), (Some(ERROR_RULE), 1));
    assert_eq!(named.json()["inputs"][0]["lines"], 454);
}

#[test]
fn standard_input_can_be_compressed() {
    let ran = quiet(Sandbox::new().run_with_input(&["--format", "json"], &gz(&node1())));
    assert_eq!(ran.first_rule().as_deref(), Some(ERROR_RULE));
}

#[test]
fn an_empty_pipe_is_no_clean_log() {
    let ran = Sandbox::new().run_with_input(&["--format", "json"], b"");
    assert_eq!((ran.code, &ran.json()["verdict"]), (2, &Value::from("unknown")));
    assert!(ran.err.contains("standard input: is empty"), "{}", ran.err);
}

#[test]
fn a_folder_is_its_files() {
    let sandbox = Sandbox::new();
    let folder = sandbox.run_at_root(&[ERROR, "--format", "json"]);
    let files: Vec<String> = (1..=3).map(|node| format!("{ERROR}/node{node}.log")).collect();
    let files = sandbox.run_at_root(&[&files[0], &files[1], &files[2], "--format", "json"]);
    assert_eq!(folder.text(), files.text());
}

#[test]
fn compressed_files_read_like_plain_ones() {
    let log = node1();
    let essence = |ran: &Ran| (ran.first_rule(), ran.json()["diagnoses"][0]["count"].clone(), ran.code);
    let sandbox = Sandbox::new();
    sandbox.write("plain/node1.log", &log);
    let plain = essence(&quiet(sandbox.run(&["plain/node1.log", "--format", "json"])));
    for (name, packed) in [("node1.log.gz", gz(&log)), ("node1.log.zst", zst(&log)), ("node1.log.xz", xz(&log))] {
        sandbox.write(name, packed);
        let ran = quiet(sandbox.run(&[name, "--format", "json"]));
        assert_eq!(essence(&ran), plain, "{name}");
        assert_eq!(ran.json()["inputs"][0]["lines"], 454, "{name}");
        // The ending of a name doesn't matter, the bytes do.
        let other = format!("other-{}", name.rsplit('.').next().unwrap_or_default());
        sandbox.write(&other, fs::read(sandbox.path(name)).expect("just written"));
        assert_eq!(essence(&quiet(sandbox.run(&[&other, "--format", "json"]))), plain, "{other}");
    }
}

#[test]
fn of_a_cut_compressed_file_the_good_part_is_analysed() {
    let sandbox = Sandbox::new();
    for (name, packed) in [("a.log.gz", gz(&node1())), ("b.log.zst", zst(&node1())), ("c.log.xz", xz(&node1()))] {
        sandbox.write(name, &packed[..packed.len() - packed.len() / 50 - 9]);
        let ran = sandbox.run(&[name, "--format", "json"]);
        assert_eq!(ran.code, 2, "{name}");
        assert!(ran.err.contains("compressed data ends early"), "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        let input = &ran.json()["inputs"][0];
        assert!(input["problems"][0].as_str().is_some_and(|text| text.contains("ends early")), "{input}");
    }
    let ran = sandbox.run(&["a.log.gz", "--format", "json"]);
    assert_eq!(ran.first_rule().as_deref(), Some(ERROR_RULE), "the fault stands in the good part");
}

/// Each input, and words of the one message about it.
#[test]
fn what_is_no_log_is_told_and_never_looks_clean() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.log", "");
    sandbox.write("program.log", [&b"\x7fELF\x02\x01\x01"[..], &[0, 7, 200, 3, 255].repeat(900)].concat());
    sandbox.write("noise.log", (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>());
    sandbox.write("prose.log", "Dear diary,\nthe cluster is down again.\n");
    sandbox.write(
        "utf16.log",
        "2026-11-24 7:00:00 0 [Note] x\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    );
    sandbox.write("nothing/my.cnf", "[mysqld]\n");
    sandbox.write("bad.log.gz", [&gz(&node1())[..30], b"garbage that is not deflate at all"].concat());
    for (input, message) in [
        ("empty.log", "is empty"),
        ("program.log", "a program, library or core dump"),
        ("noise.log", "binary data"),
        ("prose.log", "no line looks like a database log"),
        ("utf16.log", "UTF-16LE"),
        ("nothing", "no log file in this folder"),
        ("absent.log", "no such file or folder"),
        ("bad.log.gz", "compressed data"),
    ] {
        for format in FORMATS {
            let ran = sandbox.run(&[input, "--format", format]);
            assert_eq!(ran.code, 2, "{input}");
            assert!(ran.err.starts_with(&format!("galera-rca: {input}: ")), "{}", ran.err);
            assert!(ran.err.contains(message), "{input}: {}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
            let text = ran.text();
            assert!(text.to_lowercase().contains("unknown"), "{input} {format}: {text}");
            assert!(!text.to_lowercase().contains("healthy"), "{input} {format}: {text}");
            assert!(!text.contains("No rule found anything"), "{input} {format}: {text}");
            assert!(text.contains(message), "{input} {format} leaves the reason out: {text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let path = sandbox.write("secret.log", node1());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("own file");
    let ran = if fs::read(&path).is_ok() { as_nobody(&sandbox, "secret.log") } else { sandbox.run(&["secret.log"]) };
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("secret.log: permission denied"), "{}", ran.err);
}

/// Root may read everything, so root runs a copy of the binary as somebody who may not.
#[cfg(unix)]
fn as_nobody(sandbox: &Sandbox, input: &str) -> Ran {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let copy = sandbox.path("galera-rca");
    fs::copy(env!("CARGO_BIN_EXE_galera-rca"), &copy).expect("a copy");
    let folder = copy.parent().expect("a folder");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("own folder");
    let mut command = std::process::Command::new(&copy);
    let output = command.arg(input).current_dir(folder).env_clear().uid(NOBODY).gid(NOBODY).output().expect("it runs");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: output.stdout, err }
}

#[test]
fn one_bad_input_does_not_hide_the_others() {
    let sandbox = Sandbox::new();
    sandbox.write("node1.log", node1());
    sandbox.write("empty.log", "");
    let ran = sandbox.run(&["node1.log", "absent.log", "empty.log", "--format", "json"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.first_rule().as_deref(), Some(ERROR_RULE));
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    // Whoever has only the document must see what was not read.
    let document = ran.json();
    let inputs = document["inputs"].as_array().expect("a list");
    let names: Vec<&str> = inputs.iter().filter_map(|input| input["name"].as_str()).collect();
    assert_eq!(names, ["absent.log", "empty.log", "node1.log"]);
    assert_eq!(inputs[0]["problems"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_empty_file_beside_others_is_no_trouble() {
    let sandbox = Sandbox::new();
    sandbox.write("node1.log", sample("healthy/ok-tls-bootstrap-join-stop/node1.log"));
    sandbox.write("node2.log", "");
    let ran = sandbox.run(&["node1.log", "node2.log"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("node2.log: is empty"), "{}", ran.err);
}

#[test]
fn healthy_with_parts_unread_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("node1.log", sample("healthy/ok-tls-bootstrap-join-stop/node1.log"));
    for format in ["text", "markdown"] {
        let ran = sandbox.run(&["node1.log", "node9.log", "--format", format]);
        assert_eq!(ran.code, 2);
        assert!(
            ran.text().split_whitespace().collect::<Vec<_>>().join(" ").contains("say what was not read"),
            "{}",
            ran.text()
        );
        assert!(ran.text().contains("node9.log: no such file"), "{}", ran.text());
    }
}

#[test]
fn a_node_can_be_named() {
    let sandbox = Sandbox::new();
    for node in 1..=3 {
        sandbox.write(&format!("log-{node}"), sample(&format!("tls-untrusted-ca/node{node}.log")));
    }
    let ran = quiet(sandbox.run(&[
        "--node",
        "alpha=log-1",
        "--node=beta=log-2",
        "--node",
        "gamma=log-3",
        "--format",
        "json",
    ]));
    let document = ran.json();
    let names: Vec<&str> = document["cluster"]["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|node| node["name"].as_str())
        .collect();
    assert_eq!(names, ["alpha", "beta", "gamma"]);
    assert_eq!(document["diagnoses"][0]["node"], "gamma");
}

#[test]
fn a_wrong_name_for_a_node_is_explained() {
    let ran = Sandbox::new().run(&["--node", "alpha"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("NAME=FILE"), "{}", ran.err);
}

/// Three parts of one log: two rotated, one of them compressed.
fn rotated() -> (Sandbox, [&'static str; 3]) {
    let log = String::from_utf8(sample("tls-untrusted-ca/node1.log")).expect("UTF-8");
    let lines: Vec<&str> = log.split_inclusive('\n').collect();
    let heads: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("2026-")).collect();
    let (first, second) = (heads[heads.len() / 3], heads[heads.len() * 2 / 3]);
    let sandbox = Sandbox::new();
    sandbox.write("error.log.2.gz", gz(lines[..first].concat().as_bytes()));
    sandbox.write("error.log.1", lines[first..second].concat());
    sandbox.write("error.log", lines[second..].concat());
    sandbox.write("whole/error.log", &log);
    (sandbox, ["error.log.2.gz", "error.log.1", "error.log"])
}

#[test]
fn rotated_files_are_one_log_in_order_of_time() {
    let (sandbox, [oldest, middle, newest]) = rotated();
    let whole = quiet(sandbox.run(&["whole/error.log", "--format", "json"])).json();
    let joined = quiet(sandbox.run(&[newest, oldest, middle, "--format", "json"])).json();
    for key in ["rule", "node", "count", "first_seen", "last_seen", "explains", "confidence"] {
        assert_eq!(joined["diagnoses"][0][key], whole["diagnoses"][0][key], "{key}");
    }
    assert_eq!(joined["cluster"], whole["cluster"]);
    assert_eq!(joined["inputs"].as_array().map(Vec::len), Some(3));
}

#[test]
fn the_order_of_arguments_changes_no_byte() {
    let (sandbox, [a, b, c]) = rotated();
    for format in FORMATS {
        let outputs = [[a, b, c], [c, b, a], [b, c, a], [b, a, c]]
            .map(|order| quiet(sandbox.run(&[&order[..], &["--format", format]].concat())).text());
        for other in &outputs[1..] {
            assert_eq!(&outputs[0], other, "{format}");
        }
    }
    let nodes: Vec<String> = (1..=3).map(|node| format!("{ERROR}/node{node}.log")).collect();
    let forward = sandbox.run_at_root(&[&nodes[0], &nodes[1], &nodes[2]]);
    let backward = sandbox.run_at_root(&[&nodes[2], &nodes[0], &nodes[1]]);
    assert_eq!(forward.text(), backward.text());
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let sandbox = Sandbox::new();
    let one = sandbox.run_at_root(&[ERROR, WARNING, "--threads", "1", "--format", "json"]);
    let many = sandbox.run_at_root(&[ERROR, WARNING, "--threads", "7", "--format", "json"]);
    assert_eq!(one.text(), many.text());
}

#[test]
fn a_window_of_time_limits_findings() {
    let sandbox = Sandbox::new();
    let run = |options: &[&str]| quiet(sandbox.run_at_root(&[&[ERROR, "--format", "json"], options].concat()));
    let count = |ran: &Ran| ran.json()["diagnoses"][0]["count"].as_u64();
    let all = run(&[]);
    let until = run(&["--until", "2026-11-24T07:48:50"]);
    let since = run(&["--since", "2026-11-24 07:48:51"]);
    assert_eq!(count(&until).zip(count(&since)).map(|(a, b)| a + b), count(&all));
    assert!(count(&until) < count(&all) && count(&since) < count(&all));
    let healthy = run(&["--until", "2026-11-24T07:48:35"]);
    assert_eq!((healthy.json()["verdict"].as_str(), healthy.code), (Some("healthy"), 0));
    let bad = sandbox.run_at_root(&[ERROR, "--since", "soon"]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("'soon' is not a time") && bad.err.contains("-3h"), "{}", bad.err);
    // A negative duration looks like an option, and must not be taken for one.
    let back = quiet(sandbox.run_at_root(&[ERROR, "--since", "-9000000h"]));
    assert_eq!(back.code, 1);
}

#[test]
fn a_window_without_a_line_is_no_clean_log() {
    let sandbox = Sandbox::new();
    for option in ["--until=2026-11-24T07:00", "--since=2026-11-25"] {
        for format in FORMATS {
            let ran = sandbox.run_at_root(&[ERROR, option, "--format", format]);
            assert_eq!(ran.code, 2, "{option}");
            assert!(ran.err.contains("no line of these logs lies in the time asked for"), "{}", ran.err);
            let text = ran.text().to_lowercase();
            assert!(text.contains("unknown") && !text.contains("healthy"), "{text}");
            assert!(text.contains("none of its lines"), "{text}");
        }
    }
    let turned = sandbox.run_at_root(&[ERROR, "--since", "2026-11-25", "--until", "2026-11-24"]);
    assert_eq!((turned.code, turned.text().as_str()), (2, ""));
    assert!(turned.err.contains("is later than --until"), "{}", turned.err);
}

#[test]
fn a_large_log_reads_the_same_on_any_number_of_threads() {
    let sandbox = Sandbox::new();
    let lines = sample("healthy/ctl-rolling-restart/node1.log").repeat(20);
    sandbox.write("node1.log", [&lines[..], &sample("kill9-one-restart/node3.log"), &lines].concat());
    let run = |threads| quiet(sandbox.run(&["node1.log", "--format", "json", "--threads", threads])).text();
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("9"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for arguments in [&[ERROR][..], &["rules", "list"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_galera-rca"))
            .args(arguments)
            .current_dir(support::root())
            .stdin(Stdio::null())
            .stdout(full)
            .output()
            .expect("the binary runs");
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("No space left on device"));
    }
}

#[test]
fn empty_files_of_unknown_kind_in_a_folder_are_not_opened() {
    let sandbox = Sandbox::new();
    sandbox.write("logs/kmsg", "");
    sandbox.write("logs/node1.log", node1());
    let ran = quiet(sandbox.run(&["logs", "--format", "json"]));
    assert_eq!(ran.json()["inputs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_year_of_syslog_can_be_given() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "syslog",
        "Nov 24 07:43:16 db1 mariadbd[812]: WSREP: x\n\
         Nov 24 07:43:17 db1 kernel: [91.5] Out of memory: Killed process 812 (mariadbd) total-vm:1kB, anon-rss:1kB\n\
         Nov 24 07:43:18 db1 systemd[1]: mariadb.service: Main process exited, code=killed, status=9/KILL\n",
    );
    for year in ["2019", "2031"] {
        let ran = sandbox.run(&["syslog", "--year", year, "--format", "json"]);
        let document = ran.json();
        let first = &document["diagnoses"][0];
        assert!(first["first_seen"].as_str().is_some_and(|time| time.starts_with(year)), "{first} {}", ran.err);
    }
    assert_eq!(sandbox.run(&["syslog", "--year", "19"]).code, 2);
}

/// Commands and places are never broken, so that they can be copied; all other lines fit.
#[test]
fn the_text_report_fits_the_width() {
    let sandbox = Sandbox::new();
    for folder in [ERROR, WARNING, "samples/join-4567-rejected", "samples/incons-two-node", HEALTHY] {
        let document = sandbox.run_at_root(&[folder, "--format", "json"]).json();
        let mut unbroken: Vec<String> = Vec::new();
        collect_strings(&document["diagnoses"], &["run", "check", "input", "on", "rule"], &mut unbroken);
        for width in [20, 40, 80, 200] {
            let text = quiet(sandbox.run_at_root(&[folder, "--width", &width.to_string()])).text();
            for line in text.lines().filter(|line| line.chars().count() > width.max(40)) {
                let known = unbroken.iter().any(|words| !words.is_empty() && line.contains(words.as_str()));
                assert!(known, "{folder}, {width} columns: {line:?}");
            }
        }
        let wide = sandbox.run_at_root(&[folder, "--width", "200"]).text().lines().count();
        let narrow = sandbox.run_at_root(&[folder, "--width", "40"]).text().lines().count();
        assert!(wide < narrow, "{folder}");
    }
    assert_eq!(sandbox.run_at_root(&[ERROR, "--width", "5"]).code, 2);
    let eighty = sandbox.run_at_root(&[ERROR, "--width", "80"]).out;
    assert_eq!(sandbox.run_at_root(&[ERROR]).out, eighty, "80 columns without a terminal");
    let columns = ran(sandbox.command().current_dir(support::root()).env("COLUMNS", "200").arg(ERROR));
    assert_eq!(columns.out, sandbox.run_at_root(&[ERROR, "--width", "200"]).out);
}

fn collect_strings(value: &Value, keys: &[&str], out: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| collect_strings(one, keys, out)),
        Value::Object(map) => {
            for (key, one) in map {
                match one.as_str() {
                    Some(text) if keys.contains(&key.as_str()) => out.push(text.to_owned()),
                    _ => collect_strings(one, keys, out),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let sandbox = Sandbox::new();
    let has_colour = |ran: Ran| ran.out.contains(&0x1b);
    assert!(!has_colour(sandbox.run_at_root(&[ERROR])), "no terminal, no colour");
    assert!(has_colour(sandbox.run_at_root(&[ERROR, "--color", "always"])));
    assert!(!has_colour(sandbox.run_at_root(&[ERROR, "--color", "never"])));
    let at_root = |name: &str, value: &str, color: &str| {
        ran(sandbox.command().current_dir(support::root()).env(name, value).args([ERROR, "--color", color]))
    };
    assert!(!has_colour(at_root("NO_COLOR", "1", "auto")));
    assert!(has_colour(at_root("NO_COLOR", "1", "always")), "what is asked for by hand wins");
    for format in ["json", "ndjson", "markdown"] {
        assert!(!has_colour(sandbox.run_at_root(&[ERROR, "--color", "always", "--format", format])), "{format}");
    }
}

#[test]
fn colour_changes_no_word() {
    let sandbox = Sandbox::new();
    let plain = sandbox.run_at_root(&[ERROR]).text();
    let coloured = sandbox.run_at_root(&[ERROR, "--color", "always"]).text();
    let mut stripped = String::new();
    for (index, part) in coloured.split('\x1b').enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').map_or(part, |(_, rest)| rest) });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn json_lines_hold_what_the_document_holds() {
    let sandbox = Sandbox::new();
    let document = sandbox.run_at_root(&[WARNING, "--format", "json"]).json();
    let text = sandbox.run_at_root(&[WARNING, "--format", "ndjson"]).text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(lines[0]["type"], "summary");
    assert_eq!(lines[0]["schema"], document["schema"]);
    assert_eq!(lines[0]["verdict"], document["verdict"]);
    for (r#type, key) in [
        ("input", "inputs"),
        ("diagnosis", "diagnoses"),
        ("unexplained", "unexplained"),
        ("missing_evidence", "missing_evidence"),
        ("benign", "benign"),
    ] {
        let mut of_type: Vec<Value> = lines.iter().filter(|line| line["type"] == r#type).cloned().collect();
        for line in &mut of_type {
            line.as_object_mut().expect("an object").remove("type");
        }
        assert_eq!(Value::from(of_type), document[key], "{type}");
    }
}

#[test]
fn the_document_fits_its_schema_in_names() {
    let sandbox = Sandbox::new();
    let schema = sandbox.run(&["rules", "schema", "--of", "diagnosis"]).json();
    let document = sandbox.run_at_root(&[ERROR, "--format", "json"]).json();
    let known = schema["properties"].as_object().expect("properties");
    for key in document.as_object().expect("an object").keys() {
        assert!(known.contains_key(key), "{key}");
    }
    assert_eq!(document["schema"], "galera-rca/diagnosis/1");
}

/// `galera-rca … | head` must end without a word.
#[test]
fn a_closed_pipe_is_no_error() {
    let sandbox = Sandbox::new();
    let at_root = format!("{}/{ERROR}", support::root().display());
    for arguments in [
        &[&at_root[..]][..],
        &[&at_root, "--format", "json"],
        &[&at_root, "--format", "ndjson"],
        &[&at_root, "--format", "markdown"],
        &["rules", "list"],
        &["rules", "export"],
        &["rules", "schema"],
        &["rules", "events"],
        &["--help"],
    ] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_galera-rca"))
            .args(arguments)
            .env("HOME", sandbox.path(""))
            .env("XDG_CONFIG_HOME", sandbox.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", output.status);
    }
}

/// What a hostile client, peer or file name can put into a log.
const HOSTILE: &str = "\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x07\u{9b}31m\x7f\x08\0\u{202e}cod\u{2066}e\u{200f}\u{2028}\
    <script>alert(1)</script><img src=x onerror=alert(1)>![x](http://evil.example/x)[x](javascript:alert)|*b*_i_`c`\n";

fn hostile_log() -> Vec<u8> {
    let nasty = HOSTILE.trim_end();
    let mut log = Vec::new();
    for text in [
        format!("2026-11-24  7:48:30 0 [Note] Starting MariaDB {nasty} as process 1"),
        format!("2026-11-24  7:48:30 0 [Note] WSREP: Server no{nasty}de connected to cluster at position x with ID y"),
        "2026-11-24  7:48:31 2 [Note] WSREP: Server status change disconnected -> connected".to_owned(),
        format!("2026-11-24  7:48:31 0 [Note] WSREP: gcomm: connecting to group '{nasty}', peer '{nasty}:4567'"),
        format!("2026-11-24  7:48:39 0 [ERROR] WSREP: something new {nasty}"),
        format!("2026-11-24  7:48:40 0 [Warning] nobody knows ````` ```` {nasty}"),
        format!(
            "2026-11-24  7:48:40 0 [ERROR] WSREP: wsrep_load(): dlopen(): /usr/lib/{nasty}.so: cannot open shared object file: No such file or directory"
        ),
        format!("2026-11-24  7:48:40 0 [ERROR] WSREP: Unrecognized parameter '{nasty}'"),
        format!("2026-11-24  7:48:40 0 [Note] WSREP: handshake failed, my group: '{nasty}', peer group: '{nasty}'"),
        format!(
            "2026-11-24  7:48:40 2 [ERROR] Slave SQL: Could not execute Write_rows_v1 event on table {nasty}.t; Duplicate entry '{nasty}' for key 'PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log FIRST, end_log_pos 160, Internal MariaDB error code: 1062"
        ),
        format!(
            "2026-11-24  7:48:41 0 [ERROR] WSREP: Bad value '{nasty}' for SSL parameter 'socket.ssl_key': 1: 'error:05800074:x509 certificate routines::key values mismatch'"
        ),
    ] {
        log.extend(text.into_bytes());
        log.push(b'\n');
    }
    log.extend(b"2026-11-24  7:48:42 0 [ERROR] WSREP: broken \xff\xfe\xc3 \xf0\x9f text \x80\x9b\n");
    log.extend(b"2026-11-24  7:48:43 0 [ERROR] InnoDB: The Auto-extending data file './ib\x1b[1mdata1' is of a different size 1 pages than specified by innodb_data_file_path\n");
    log
}

/// Marks in the prose of a Markdown report that log text must not have made.
fn assert_inert_markdown(markdown: &str) {
    for line in outside_of_code(markdown) {
        assert!(!line.contains('<'), "a tag: {line:?}");
        let plain = line.replace(r"\\", "");
        let bare = |marks| plain.match_indices(marks).any(|(at, _)| !plain[..at].ends_with('\\'));
        for marks in ["[", "]", "*b*", "_i_", "`c`"] {
            assert!(!bare(marks), "a bare {marks} in {line:?}");
        }
    }
}

#[test]
fn hostile_text_is_shown_not_sent() {
    let sandbox = Sandbox::new();
    let hostile_name = "no\u{1b}[31mde\u{202e}\u{9b}<b>`x`.log";
    sandbox.write("node1.log", hostile_log());
    sandbox.write(hostile_name, node1());
    let named = "al\u{1b}[31mpha\u{202e}\u{9b}\u{7f}<i>=node1.log";
    for format in FORMATS {
        for arguments in [&["node1.log"][..], &[hostile_name], &["node1.log", hostile_name], &["--node", named]] {
            let ran = sandbox.run(&[arguments, &["--format", format]].concat());
            let what = format!("{format} of {arguments:?}");
            assert!(ran.code == 1, "{what}: {}", ran.err);
            assert_harmless(&ran.out, &what);
            assert_harmless(ran.err.as_bytes(), &what);
            if format == "markdown" {
                assert_inert_markdown(&ran.text());
            }
        }
    }
    let text = sandbox.run(&["node1.log"]).text();
    assert!(text.contains(r"\x9b31m\x7f"), "shown as an escape: {text}");
}

#[test]
fn messages_about_hostile_names_are_harmless() {
    let sandbox = Sandbox::new();
    for name in ["ab\u{1b}[2Jsent\u{202e}\u{9b}.log", "--\u{1b}[2J", "--since=\u{1b}[2J"] {
        let ran = sandbox.run(&[name]);
        assert_eq!(ran.code, 2);
        assert_harmless(ran.err.as_bytes(), name);
        assert_harmless(&ran.out, name);
    }
}

#[test]
fn a_very_long_line_is_cut_and_told() {
    let sandbox = Sandbox::new();
    let mut log = node1();
    log.extend(b"2026-11-24  7:50:00 0 [ERROR] WSREP: new and long \x1b[2J");
    log.extend(std::iter::repeat_n(&b"\x1b\0A<\xff"[..], 2 << 20).flatten());
    log.extend(b"\n2026-11-24  7:50:01 0 [Note] WSREP: after it\n");
    sandbox.write("node1.log", log);
    for format in FORMATS {
        let ran = sandbox.run(&["node1.log", "--format", format]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("1 lines over 1 MiB, the first is line 455"), "{}", ran.err);
        assert_harmless(&ran.out, format);
        assert!(ran.out.len() < 1 << 20, "{format}: {} bytes", ran.out.len());
        assert!(ran.text().contains(ERROR_RULE) || format == "text");
    }
}

const RULE: &str = r#"
id = "site-widget-broken"
title = "The widget is broken"
area = "site"
severity = "critical"
role = "cause"

[[match]]
regex = '''WIDGET: part (?<part>\w+) of the widget is broken'''

[captures]
part = "word"

[diagnosis]
cause = "The part {part} of the widget on {node} is broken."
why = "Widgets have parts, and parts break."
impact = "Nothing that needs the widget works."

[[verify]]
run = "ls -l /opt/widget/{part}"
on = "this"
confirms = "the file is not there"
refutes = "the file is there"

[[remedy]]
step = "Buy a new widget."
risk = "low"

[[source]]
page = "The widget's manual, chapter 1"

[[example]]
from = "made up"
log = '''2026-11-24  7:48:40 0 [ERROR] WIDGET: part knob of the widget is broken'''
[example.captures]
part = "knob"

[[counter_example]]
log = '''2026-11-24  7:48:40 0 [Note] WIDGET: part knob of the widget is fine'''
"#;

const WIDGET: &str = "2026-11-24  7:48:40 0 [ERROR] WIDGET: part knob of the widget is broken\n";

#[test]
fn rules_of_the_user_extend_the_built_in_ones() {
    let sandbox = Sandbox::new();
    sandbox.write("mine/site/site-widget-broken.toml", RULE);
    sandbox.write("node1.log", [&node1()[..], WIDGET.as_bytes()].concat());
    let without = sandbox.run(&["node1.log", "--format", "json"]).json();
    assert_eq!(without["unexplained"].as_array().map(Vec::len), Some(1), "{}", without["unexplained"]);
    let with = quiet(sandbox.run(&["node1.log", "--format", "json", "--rules", "mine"])).json();
    assert_eq!(with["diagnoses"][0]["rule"], "site-widget-broken");
    assert_eq!(with["diagnoses"][0]["cause"], "The part knob of the widget on node1 is broken.");
    assert_eq!(with["diagnoses"][0]["verify"][0]["run"], "ls -l /opt/widget/knob");
    assert_eq!(with["diagnoses"][1]["rule"], ERROR_RULE, "the built-in ones are still there");
    assert_eq!(with["unexplained"].as_array().map(Vec::len), Some(0));
    let count = |document: &Value| document["tool"]["rules"].as_u64();
    assert_eq!(count(&with), count(&without).map(|count| count + 1));
}

#[test]
fn rules_of_the_configuration_folder_are_read() {
    let sandbox = Sandbox::new();
    sandbox.configure("galera-rca/rules/site-widget-broken.toml", RULE);
    let ran = quiet(sandbox.run_with_input(&["--format", "json"], WIDGET.as_bytes()));
    assert_eq!(ran.first_rule().as_deref(), Some("site-widget-broken"));
    assert!(sandbox.run(&["rules", "list"]).text().contains("The widget is broken"));
}

#[test]
fn overrides_switch_off_and_set_levels() {
    let sandbox = Sandbox::new();
    sandbox.write("off/overrides.toml", format!("[rule.{ERROR_RULE}]\nenabled = false\n"));
    sandbox.write("level/overrides.toml", format!("[rule.{ERROR_RULE}]\nseverity = \"info\"\n"));
    sandbox.write("wrong/overrides.toml", "[rule.tls-no-such]\nenabled = false\n");
    let run = |folder: &str| {
        sandbox.run_at_root(&[ERROR, "--format", "json", "--rules", &sandbox.path(folder).display().to_string()])
    };
    let off = quiet(run("off")).json();
    assert!(off["diagnoses"].as_array().expect("a list").iter().all(|one| one["rule"] != ERROR_RULE));
    let level = quiet(run("level")).json();
    let changed = level["diagnoses"].as_array().expect("a list").iter().find(|one| one["rule"] == ERROR_RULE);
    assert_eq!(changed.map(|one| one["severity"].clone()), Some(Value::from("info")));
    let wrong = run("wrong");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("there is no rule 'tls-no-such'"), "{}", wrong.err);
    assert!(wrong.err.contains("line 1, column 7"), "{}", wrong.err);
}

#[test]
fn a_wrong_rule_file_is_pointed_at() {
    let sandbox = Sandbox::new();
    for (name, text, place, words) in [
        ("syntax", RULE.replace("role = \"cause\"", "role = cause"), "line 6, column 8", "role"),
        ("value", RULE.replace("\"critical\"", "\"fatal\""), "line 5, column 12", "fatal"),
        ("key", RULE.replace("[diagnosis]", "[diagnosis]\nreason = \"x\""), "line 15, column 1", "reason"),
        (
            "literal",
            RULE.replace("WIDGET: part (?<part>\\w+) of the widget is broken", "(?<part>\\w+)"),
            "line 9, column 12",
            "literal",
        ),
        ("regex", RULE.replace("(?<part>", "(?<part"), "line 9, column 12", "regex"),
    ] {
        sandbox.write(&format!("{name}/site-widget-broken.toml"), text);
        for command in [&["rules", "list"][..], &["-"]] {
            let ran = sandbox.run(&[command, &["--rules", name]].concat());
            assert_eq!(ran.code, 2, "{name}");
            assert!(ran.err.contains(&format!("{name}/site-widget-broken.toml")), "{name}: {}", ran.err);
            assert!(ran.err.contains(place), "{name}: {}", ran.err);
            assert!(ran.err.contains(words), "{name}: {}", ran.err);
            assert_eq!(ran.text(), "", "{name}: no report from half of the rules");
        }
    }
    let ran = sandbox.run(&["rules", "list", "--rules", "absent"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("absent"), "{}", ran.err);
}

#[test]
fn rules_can_be_listed_and_shown() {
    let sandbox = Sandbox::new();
    let list = quiet(sandbox.run(&["rules", "list"])).text();
    assert!(list.lines().count() > 300);
    let line = list.lines().find(|line| line.starts_with(ERROR_RULE)).expect("it is listed");
    assert!(line.contains("error") && line.contains("cause") && line.contains("CA"), "{line}");
    let tls = quiet(sandbox.run(&["rules", "list", "--area", "tls"])).text();
    assert!(tls.lines().count() > 10 && tls.lines().count() < list.lines().count());
    let show = quiet(sandbox.run(&["rules", "show", ERROR_RULE])).text();
    let parsed: toml::Table = show.parse().expect("a rule file");
    assert_eq!(parsed["id"].as_str(), Some(ERROR_RULE));
    let unknown = sandbox.run(&["rules", "show", "tls-peer-certificate-untrustd"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains(ERROR_RULE), "the nearest one is named: {}", unknown.err);
}

#[test]
fn an_unknown_area_is_told() {
    let ran = Sandbox::new().run(&["rules", "list", "--area", "tsl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("tsl") && ran.err.contains("tls"), "{}", ran.err);
}

#[test]
fn every_rule_that_a_report_names_can_be_shown() {
    let sandbox = Sandbox::new();
    let shown = quiet(sandbox.run(&["rules", "show", "node-killed"])).text();
    sandbox.write("again/node-killed.toml", &shown);
    let ran = quiet(sandbox.run(&["rules", "show", "node-killed", "--rules", "again"])).text();
    let body = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(body(&ran), body(&shown), "what is shown can be used as a rule file");
}

#[test]
fn the_examples_of_rules_are_tests() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(&["rules", "test"]);
    assert_eq!(all.code, 0, "{}", all.text());
    assert!(all.text().contains(" 0 failed"), "{}", all.text());
    let one = quiet(sandbox.run(&["rules", "test", ERROR_RULE])).text();
    assert!(one.starts_with("1 rules: "), "{one}");
    assert_eq!(sandbox.run(&["rules", "test", "no-such-rule"]).code, 2);
    sandbox.write("good/site-widget-broken.toml", RULE);
    let good = sandbox.run(&["rules", "test", "site-widget-broken", "--rules", "good"]);
    assert_eq!((good.code, good.text().as_str()), (0, "1 rules: 2 examples passed, 0 failed\n"));
    for (name, from, to) in [
        (
            "miss",
            "WIDGET: part knob of the widget is broken'''\n[example",
            "WIDGET: part knob of it is broken'''\n[example",
        ),
        ("capture", "part = \"knob\"", "part = \"handle\""),
        ("counter", "is fine", "is broken"),
    ] {
        assert!(RULE.contains(from), "{name}");
        sandbox.write(&format!("{name}/site-widget-broken.toml"), RULE.replace(from, to));
        let bad = sandbox.run(&["rules", "test", "site-widget-broken", "--rules", name]);
        assert_eq!(bad.code, 1, "{name}: {}", bad.text());
        assert!(bad.text().contains(&format!("{name}/site-widget-broken.toml")), "{}", bad.text());
        assert!(bad.text().contains(" 1 failed"), "{}", bad.text());
    }
}

#[test]
fn lint_finds_what_a_person_forgets() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "bare/site-widget-broken.toml",
        RULE.replace("[[remedy]]\nstep = \"Buy a new widget.\"\nrisk = \"low\"\n", "")
            .replace("[[source]]\npage = \"The widget's manual, chapter 1\"\n", ""),
    );
    let ran = sandbox.run(&["rules", "lint", "--rules", "bare"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.text().contains("bare/site-widget-broken.toml"), "{}", ran.text());
}

#[test]
fn expressions_can_be_exported() {
    let text = quiet(Sandbox::new().run(&["rules", "export"])).text();
    assert!(text.lines().count() > 300);
    for line in text.lines() {
        assert!(!line.is_empty() && !line.contains("(?<"), "{line}");
        regex::bytes::Regex::new(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let whole = text.lines().map(|line| format!("(?:{line})")).collect::<Vec<_>>().join("|");
    assert!(regex::bytes::RegexBuilder::new(&whole).size_limit(1 << 28).build().is_ok(), "all as one expression");
}

#[test]
fn events_and_schemas_are_printed() {
    let sandbox = Sandbox::new();
    let events = quiet(sandbox.run(&["rules", "events"])).text();
    assert!(events.lines().any(|line| line.starts_with("server-start: ")), "{events}");
    let rule = quiet(sandbox.run(&["rules", "schema"])).json();
    assert!(rule["properties"]["match"].is_object());
    let diagnosis = quiet(sandbox.run(&["rules", "schema", "--of", "diagnosis"])).json();
    assert!(diagnosis["properties"]["diagnoses"].is_object());
}

#[test]
fn help_names_every_option_and_the_exit_status() {
    let sandbox = Sandbox::new();
    let help = quiet(sandbox.run(&["--help"]));
    assert_eq!(help.code, 0);
    let text = help.text();
    for option in [
        "--node",
        "--since",
        "--until",
        "--year",
        "--format",
        "--rules",
        "--min-severity",
        "--fail-on",
        "--color",
        "--width",
        "--threads",
        "--help",
        "--version",
        "analyze",
        "rules",
    ] {
        assert!(text.contains(option), "{option}");
    }
    for words in [
        "Exit status",
        "0 nothing at or above --fail-on",
        "1 something",
        "2 wrong usage",
        "no line that could be judged",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for subcommand in ["list", "show", "lint", "test", "export", "events", "schema"] {
        assert!(sandbox.run(&["rules", "--help"]).text().contains(subcommand), "{subcommand}");
        assert_eq!(sandbox.run(&["rules", subcommand, "--help"]).code, 0);
    }
    let version = quiet(sandbox.run(&["--version"]));
    assert_eq!(version.text(), format!("galera-rca {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_explained() {
    let sandbox = Sandbox::new();
    for (arguments, words) in [
        (&["--frmat", "json"][..], "--format"),
        (&["--format", "yaml"], "markdown"),
        (&["--fail-on", "bad"], "critical"),
        (&["rules"], "list"),
        (&["rules", "lst"], "list"),
        (&["--threads", "0"], "1..=64"),
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.text(), "");
    }
}
