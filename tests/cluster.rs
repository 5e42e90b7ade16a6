//! Several nodes' logs as one story: clocks, order, timeline.

mod support;

use proptest::prelude::*;
use serde_json::Value;
use support::{Sandbox, sample};

const NODES: [&str; 3] = ["node1.log", "node2.log", "node3.log"];

/// The log as a server prints it whose clock is ahead by so many seconds.
fn shifted(log: &[u8], seconds: i64) -> Vec<u8> {
    let text = String::from_utf8_lossy(log);
    let lines = text.split_inclusive('\n').map(|line| shifted_line(line, seconds));
    lines.collect::<String>().into_bytes()
}

fn shifted_line(line: &str, seconds: i64) -> String {
    use chrono::{NaiveDateTime, TimeDelta, Timelike};
    if line.starts_with("WSREP_SST: ")
        && let Some((text, time)) = line.rsplit_once('(')
        && let Ok(moment) = NaiveDateTime::parse_from_str(time.get(..17).unwrap_or(""), "%Y%m%d %H:%M:%S")
    {
        let moment = moment + TimeDelta::seconds(seconds);
        return format!("{text}({}{}", moment.format("%Y%m%d %H:%M:%S"), &time[17..]);
    }
    let head = line.get(..19).map(|head| head.replace("  ", " "));
    let Some(time) = head.and_then(|head| NaiveDateTime::parse_from_str(&head, "%Y-%m-%d %H:%M:%S").ok()) else {
        return line.to_owned();
    };
    let time = time + TimeDelta::seconds(seconds);
    format!("{} {:>2}:{}{}", time.format("%Y-%m-%d"), time.hour(), time.format("%M:%S"), &line[19..])
}

fn analysed(sandbox: &Sandbox, incident: &str, shift: Option<(usize, i64)>) -> Value {
    ran_on(sandbox, "analyze", incident, shift)
}

/// What a command says of an incident, in which one node's clock may be wrong.
fn ran_on(sandbox: &Sandbox, command: &str, incident: &str, shift: Option<(usize, i64)>) -> Value {
    let mut arguments = vec![command.to_owned(), "--format".to_owned(), "json".to_owned()];
    for (index, node) in NODES.iter().enumerate() {
        let mut log = sample(&format!("{incident}/{node}"));
        if let Some((_, seconds)) = shift.filter(|(shifted, _)| *shifted == index) {
            log = shifted(&log, seconds);
        }
        arguments.push(sandbox.write(node, log).display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    serde_json::from_slice(&sandbox.run(&arguments).out).expect("a JSON document")
}

/// What a diagnosis claims, without times.
fn claims(document: &Value) -> Vec<String> {
    let diagnoses = document["diagnoses"].as_array().expect("an array");
    let others = diagnoses.iter().filter(|diagnosis| diagnosis["rule"] != "clock-differs");
    others.map(|one| format!("{} {} {} {}", one["rule"], one["node"], one["confidence"], one["explains"])).collect()
}

#[test]
fn a_wrong_clock_changes_no_diagnosis_and_no_order() {
    let sandbox = Sandbox::new();
    for incident in ["tls-untrusted-ca", "addr-cluster-name-mismatch", "sst-tls-donor-expired-cert"] {
        let right = claims(&analysed(&sandbox, incident, None));
        for (index, node) in NODES.iter().enumerate() {
            for seconds in [5_400, -7, 34_560_000] {
                let wrong = claims(&analysed(&sandbox, incident, Some((index, seconds))));
                assert_eq!(right, wrong, "{incident}, {node} shifted by {seconds} s");
            }
        }
    }
}

/// The rows of the timeline without their times, in order; moments that fall together may stand either way.
fn told(sandbox: &Sandbox, incident: &str, shift: Option<(usize, i64)>) -> Vec<String> {
    let timeline = ran_on(sandbox, "timeline", incident, shift);
    let rows = timeline["rows"].as_array().expect("an array");
    let others = rows.iter().filter(|row| row["kind"] != "diagnosis");
    others.map(|row| format!("{} {} {}", row["node"], row["kind"], row["text"])).collect()
}

/// The rows of each node in their order.
fn by_node(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_by(|left, right| left.split(' ').next().cmp(&right.split(' ').next()));
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_constant_shift_of_any_node_changes_no_diagnosis(seconds in -40_000_000_i64..40_000_000, node in 0..3_usize) {
        let sandbox = Sandbox::new();
        let incident = "gcache-too-small";
        let (right, wrong) = (analysed(&sandbox, incident, None), analysed(&sandbox, incident, Some((node, seconds))));
        prop_assert_eq!(claims(&right), claims(&wrong));
        let (right, wrong) = (told(&sandbox, incident, None), told(&sandbox, incident, Some((node, seconds))));
        prop_assert_eq!(by_node(right), by_node(wrong));
    }

    #[test]
    fn any_order_of_arguments_gives_the_same_bytes(order in Just(vec![0, 1, 2]).prop_shuffle(), command in 0..2_usize) {
        let command: &[&str] = [&["timeline"][..], &[]][command];
        let run = |order: &[usize]| {
            let paths: Vec<String> = order.iter().map(|&index| format!("samples/gcache-too-small/{}", NODES[index])).collect();
            let arguments: Vec<&str> =
                command.iter().copied().chain(["--format", "json"]).chain(paths.iter().map(String::as_str)).collect();
            Sandbox::new().run_at_root(&arguments).out
        };
        prop_assert_eq!(run(&order), run(&[0, 1, 2]));
    }
}

#[test]
fn a_clock_difference_is_recovered_within_a_second() {
    let sandbox = Sandbox::new();
    for seconds in [5_400_i64, -61] {
        let document = analysed(&sandbox, "tls-untrusted-ca", Some((1, seconds)));
        let diagnoses = document["diagnoses"].as_array().expect("an array");
        let found = diagnoses.iter().find(|one| one["rule"] == "clock-differs").expect("the difference is reported");
        let cause = found["cause"].as_str().expect("a text");
        let words: Vec<&str> = cause.split(' ').collect();
        let told: i64 =
            words[words.iter().position(|word| *word == "s").expect("a unit") - 1].parse().expect("a number");
        assert!((told - seconds.abs()).abs() <= 1, "{cause}");
        assert_eq!(cause.contains("ahead of"), seconds > 0, "{cause}");
        assert_eq!(found["node"], "node2");
    }
}

#[test]
fn the_timeline_does_not_depend_on_the_order_of_arguments() {
    let sandbox = Sandbox::new();
    let path = |node: &str| format!("samples/sst-tls-donor-expired-cert/{node}");
    let paths: Vec<String> = NODES.iter().map(|node| path(node)).collect();
    let mut outputs = Vec::new();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let mut arguments = vec!["timeline", "--format", "json"];
        arguments.extend(order.iter().map(|&index| paths[index].as_str()));
        outputs.push(sandbox.run_at_root(&arguments).out);
    }
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn the_timeline_tells_who_gave_state_to_whom() {
    let sandbox = Sandbox::new();
    let mut arguments = vec!["timeline", "--format", "json"];
    let paths: Vec<String> = NODES.iter().map(|node| format!("samples/gcache-too-small/{node}")).collect();
    arguments.extend(paths.iter().map(String::as_str));
    let timeline: Value = serde_json::from_slice(&sandbox.run_at_root(&arguments).out).expect("a JSON document");
    let rows = timeline["rows"].as_array().expect("an array");
    let transfers: Vec<&str> =
        rows.iter().filter(|row| row["kind"] == "transfer").filter_map(|row| row["text"].as_str()).collect();
    assert!(transfers.iter().any(|text| text.starts_with("node3 <= node1")), "{transfers:?}");
    assert!(rows.iter().any(|row| row["kind"] == "diagnosis"));
}

#[test]
fn the_timeline_fits_eighty_columns_for_three_nodes_and_lists_nine() {
    let sandbox = Sandbox::new();
    let mut arguments = vec!["timeline", "--width", "80"];
    let paths: Vec<String> = NODES.iter().map(|node| format!("samples/tls-untrusted-ca/{node}")).collect();
    arguments.extend(paths.iter().map(String::as_str));
    let three = sandbox.run_at_root(&arguments).text();
    assert!(three.lines().all(|line| line.chars().count() <= 80));
    assert!(three.lines().next().is_some_and(|head| NODES.iter().all(|node| head.contains(&node[..5]))));

    let nine: Vec<String> = (1..=9).map(|number| format!("db{number}.log")).collect();
    let files: Vec<String> = nine
        .iter()
        .zip(NODES.iter().cycle())
        .map(|(name, node)| sandbox.write(name, sample(&format!("tls-untrusted-ca/{node}"))).display().to_string())
        .collect();
    let named: Vec<String> =
        nine.iter().zip(&files).map(|(name, file)| format!("--node={}={file}", &name[..3])).collect();
    let mut arguments = vec!["timeline", "--width", "80"];
    arguments.extend(named.iter().map(String::as_str));
    let list = sandbox.run(&arguments).text();
    assert!(list.lines().all(|line| line.chars().count() <= 80));
    assert!(list.lines().any(|line| line.contains(" db9 ")));
}

#[test]
fn rows_are_chosen_by_node_and_kind() {
    let sandbox = Sandbox::new();
    let path = "samples/tls-untrusted-ca/node3.log";
    let run = sandbox.run_at_root(&["timeline", "--format", "ndjson", "--kind", "state", "--only", "node3", path]);
    let rows: Vec<Value> = run.text().lines().map(|line| serde_json::from_str(line).expect("a JSON row")).collect();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["kind"] == "state" && row["node"] == "node3"));
    assert_eq!(sandbox.run_at_root(&["timeline", "--kind", "nonsense", path]).code, 2);
}

#[test]
fn a_diagnosis_stands_at_its_moment_whatever_the_zone() {
    let sandbox = Sandbox::new();
    let log = "2023-03-12T19:35:04.000000+02:00 0 [Note] [MY-000000] [Galera] Shifting OPEN -> PRIMARY (TO: 7)\n\
               2023-03-12T19:35:05.000000+02:00 0 [ERROR] [MY-000000] [Galera] It may not be safe to bootstrap the \
               cluster from this node. It was not the last one to leave the cluster\n\
               2023-03-12T19:35:06.000000+02:00 0 [ERROR] [MY-010119] [Server] Aborting\n";
    let path = sandbox.write("db1.log", log).display().to_string();
    let run = sandbox.run(&["timeline", "--format", "ndjson", &path]);
    let rows: Vec<Value> = run.text().lines().map(|line| serde_json::from_str(line).expect("a JSON row")).collect();
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
    assert_eq!(kinds, ["state", "diagnosis", "process"]);
    assert_eq!(rows[1]["at"], "2023-03-12T17:35:05");
}
