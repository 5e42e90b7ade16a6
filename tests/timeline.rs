//! The timeline tells the right things of the right nodes, each once, and draws transfers as arrows.

mod support;

use serde_json::Value;
use support::{Sandbox, sample};

fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let run = sandbox.run_at_root(&[&["timeline", "--format", "ndjson"], arguments].concat());
    run.text().lines().map(|line| serde_json::from_str(line).expect("a JSON row")).collect()
}

fn sample_rows(incident: &str) -> Vec<Value> {
    let paths = ["node1", "node2", "node3"].map(|node| format!("samples/{incident}/{node}.log"));
    rows(&Sandbox::new(), &paths.each_ref().map(String::as_str))
}

/// `08:09:15 node2 transfer: node2 <= node1 asked`
fn told(row: &Value) -> String {
    let word = |name: &str| row[name].as_str().unwrap_or_default();
    let clock = word("at").get(11..19).unwrap_or_default();
    format!("{clock} {} {}: {}", word("node"), word("kind"), word("text"))
}

fn of_kind(rows: &[Value], kind: &str) -> Vec<String> {
    rows.iter().filter(|row| row["kind"] == kind).map(told).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

#[test]
fn every_transfer_is_told_once_with_what_led_to_it() {
    let transfers = of_kind(&sample_rows("gcache-too-small"), "transfer");
    let expected = [
        "08:09:15 node2 transfer: needs state: 16 -> 19",
        "08:09:15 node2 transfer: SST rsync as joiner",
        "08:09:15 node2 transfer: node2 <= node1 asked",
        "08:09:15 node1 transfer: IST impossible: 17 not in gcache",
        "08:09:15 node1 transfer: node2 <= node1 IST 19-19",
        "08:09:15 node1 transfer: SST rsync as donor",
        "08:09:17 node1 transfer: SST sent: complete",
        "08:09:17 node2 transfer: node2 <= node1 complete",
        "08:09:19 node2 transfer: SST received 19",
        "08:09:19 node2 transfer: IST received 19",
        "08:09:19 node2 transfer: node2 <= node1 complete",
        "08:09:20 node3 transfer: needs state: 15 -> 20",
        "08:09:20 node3 transfer: SST rsync as joiner",
        "08:09:21 node3 transfer: node3 <= node1 asked",
        "08:09:21 node1 transfer: IST impossible: 16 not in gcache",
        "08:09:21 node1 transfer: node3 <= node1 IST 20-20",
        "08:09:21 node1 transfer: SST rsync as donor",
        "08:09:22 node1 transfer: SST sent: complete",
        "08:09:22 node3 transfer: node3 <= node1 complete",
        "08:09:23 node3 transfer: SST received 20",
        "08:09:23 node3 transfer: IST received 20",
        "08:09:23 node3 transfer: node3 <= node1 complete",
        "08:09:27 node3 transfer: needs state: 20 -> 30",
        "08:09:27 node3 transfer: SST rsync as joiner",
        "08:09:27 node3 transfer: node3 <= node1 asked",
        "08:09:27 node1 transfer: IST impossible: 21 not in gcache",
        "08:09:27 node1 transfer: node3 <= node1 IST 29-30",
        "08:09:27 node1 transfer: SST rsync as donor",
        "08:09:29 node1 transfer: SST sent: complete",
        "08:09:29 node3 transfer: node3 <= node1 complete",
        "08:09:30 node3 transfer: SST received 30",
        "08:09:30 node3 transfer: IST received 30",
        "08:09:30 node3 transfer: node3 <= node1 complete",
    ];
    assert_eq!(transfers, expected);
}

#[test]
fn the_rows_of_one_node_follow_its_log() {
    let rows = sample_rows("sst-tls-donor-expired-cert");
    let of_node3: Vec<String> =
        rows.iter().filter(|row| row["node"] == "node3" && row["kind"] != "link").map(told).collect();
    let from = of_node3.iter().position(|row| row.starts_with("08:11:01")).expect("the second start");
    let expected = [
        "08:11:01 node3 process: start 10.11.19",
        "08:11:01 node3 process: provider 4.23(rXXXX)",
        "08:11:01 node3 process: no saved state, safe_to_bootstrap: 1",
        "08:11:02 node3 view: view 5 PRIM: node1 node2 node3",
        "08:11:02 node3 state: CLOSED -> OPEN (0)",
        "08:11:02 node3 state: OPEN -> PRIMARY (19)",
        "08:11:02 node3 transfer: needs state: -1 -> 19",
        "08:11:02 node3 transfer: SST mariabackup as joiner",
        "08:11:03 node3 transfer: node3 <= node1 asked",
        "08:11:03 node3 state: PRIMARY -> JOINER (19)",
        "08:11:05 node3 transfer: node3 <= node1 failed: Invalid argument",
        "08:11:05 node3 transfer: will never receive its state",
        "08:11:06 node3 view: view 5 NON_PRIM: node3 lost node1 node2",
        "08:11:06 node3 process: ABORTS",
    ];
    assert_eq!(of_node3[from..], expected);

    let failed = rows.iter().find(|row| row["text"] == "node3 <= node1 failed: Invalid argument").expect("the result");
    assert_eq!((&failed["from"], &failed["to"]), (&Value::from("node1"), &Value::from("node3")));
    assert_eq!(strings(&failed["confirmed_by"]), ["node1", "node2"]);
    assert_eq!(failed["line"], 469, "the joiner's own line");
}

#[test]
fn a_killed_server_is_told_from_one_that_was_stopped() {
    let rows = sample_rows("kill9-one-restart");
    let ends: Vec<String> =
        of_kind(&rows, "process").into_iter().filter(|row| row.contains("DIED") || row.contains("stopped")).collect();
    let expected = [
        "08:03:56 node3 process: DIED, no end in the log",
        "08:04:05 node1 process: stopped",
        "08:04:05 node2 process: stopped",
        "08:04:05 node3 process: stopped",
    ];
    assert_eq!(ends, expected);
}

#[test]
fn views_name_who_is_new_and_links_stay_out_of_sight() {
    let views = of_kind(&sample_rows("gcache-too-small"), "view");
    let of_node1: Vec<&str> =
        views.iter().filter_map(|view| view.split_once("node1 view: ")).map(|view| view.1).collect();
    let expected = [
        "view 1 PRIM: node1",
        "view 2 PRIM: node1 node2 +node2",
        "view 3 PRIM: node1 node2 node3 +node3",
        "view 4 PRIM: node1 node2 lost node3",
        "view 5 PRIM: node1 node2 node3 +node3",
        "view 6 PRIM: node1 node2 lost node3",
        "view 7 PRIM: node1 lost node2",
    ];
    assert_eq!(of_node1, expected);

    let text = |options: &[&str]| {
        let sample = "samples/gcache-too-small/node1.log";
        Sandbox::new().run_at_root(&[&["timeline"], options, &[sample]].concat()).text()
    };
    assert!(!text(&[]).contains("forgets node3") && text(&[]).contains("--kind link"));
    for options in [&["--all"][..], &["--kind", "link"]] {
        assert!(text(options).contains("forgets node3") && !text(options).contains("not shown"));
    }
}

#[test]
fn arrows_run_from_donor_to_joiner_within_eighty_columns() {
    let paths = ["node1", "node2", "node3"].map(|node| format!("samples/sst-tls-donor-expired-cert/{node}.log"));
    let mut arguments = vec!["timeline", "--width", "80"];
    arguments.extend(paths.iter().map(String::as_str));
    let text = Sandbox::new().run_at_root(&arguments).text();
    for line in [
        "08:10:53 |------- asked ------->P",
        "08:10:53 D== SST mariabackup ==>P",
        "08:10:58 |*                     |------- asked ------->P",
        "08:11:03 |------- asked --------|*-------------------->P",
        "08:11:03 D== SST mariabackup ===|=====================>P",
        "08:11:05 D====== failed ========|*====================xJ",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(text.contains("J failed: Invalid"), "words without room stand below");
    assert!(text.lines().all(|line| line.chars().count() <= 80));
}

/// Two donors serve at the same time.
fn concurrent(node: &str) -> String {
    let own: &[&str] = match node {
        "alpha" => &[
            "05 0 [Note] WSREP: Shifting SYNCED -> DONOR/DESYNCED (TO: 41)",
            "05 0 [Note] WSREP: Running: 'wsrep_sst_rsync --role 'donor' --address '10.77.0.3:4444/rsync_sst' --datadir '/var/lib/mysql/''",
        ],
        "delta" => &[
            "05 0 [Note] WSREP: Shifting SYNCED -> DONOR/DESYNCED (TO: 41)",
            "05 0 [Note] WSREP: Running: 'wsrep_sst_mariabackup --role 'donor' --address '10.77.0.4:4444/xtrabackup_sst' --datadir '/var/lib/mysql/''",
        ],
        _ => &["05 0 [Note] WSREP: Shifting PRIMARY -> JOINER (TO: 41)"],
    };
    let mut lines = vec![
        "05 0 [Note] WSREP: Member 2.0 (gamma) requested state transfer from '*any*'. Selected 0.0 (alpha)(SYNCED) as donor.",
        "05 0 [Note] WSREP: Member 3.0 (beta) requested state transfer from '*any*'. Selected 1.0 (delta)(SYNCED) as donor.",
    ];
    lines.extend(own);
    lines.push("07 0 [Note] WSREP: 1.0 (delta): State transfer to 3.0 (beta) complete.");
    // One member is a second late, and has lost gamma's name by then.
    lines.push(match node {
        "delta" => "08 0 [Warning] WSREP: 0.0 (alpha): State transfer to -1.-1 (left the group) failed: Broken pipe",
        _ => "07 0 [Warning] WSREP: 0.0 (alpha): State transfer to 2.0 (gamma) failed: Broken pipe",
    });
    lines.iter().map(|line| format!("2026-11-24  8:20:{line}\n")).collect()
}

#[test]
fn concurrent_transfers_stay_apart_in_any_order_of_arguments() {
    let sandbox = Sandbox::new();
    let nodes = ["alpha", "beta", "gamma", "delta"];
    let paths = nodes.map(|node| sandbox.write(&format!("{node}.log"), concurrent(node)).display().to_string());
    let in_order = |order: [usize; 4], options: &[&str]| {
        let mut arguments = [&["timeline"], options].concat();
        arguments.extend(order.map(|index| paths[index].as_str()));
        sandbox.run(&arguments).text()
    };

    let lines = in_order([0, 1, 2, 3], &["--format", "ndjson", "--kind", "transfer"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("a JSON row")).collect();
    let ends = |row: &Value| {
        let end = |name: &str| row[name].as_str().unwrap_or("nobody").to_owned();
        (end("from"), end("to"), row["confirmed_by"].as_array().map_or(0, Vec::len), told(row))
    };
    let expected = [
        ("alpha", "gamma", 3, "08:20:05 gamma transfer: gamma <= alpha asked"),
        ("delta", "beta", 3, "08:20:05 beta transfer: beta <= delta asked"),
        ("alpha", "gamma", 0, "08:20:05 alpha transfer: SST rsync as donor"),
        ("delta", "beta", 0, "08:20:05 delta transfer: SST mariabackup as donor"),
        ("delta", "beta", 3, "08:20:07 beta transfer: beta <= delta complete"),
        ("alpha", "gamma", 3, "08:20:07 gamma transfer: gamma <= alpha failed: Broken pipe"),
    ];
    let expected = expected.map(|(from, to, others, text)| (from.to_owned(), to.to_owned(), others, text.to_owned()));
    assert_eq!(rows.iter().map(ends).collect::<Vec<_>>(), expected);

    let text = in_order([0, 1, 2, 3], &["--width", "100"]);
    for line in [
        "         alpha                 beta                  delta                 gamma",
        "08:20:05 +------ asked ---------*---------------------*------------------->+",
        "08:20:05  *                    +<------ asked -------+                      *",
        "08:20:05 D                     J<= SST mariabackup ==D",
        "08:20:07 D====== failed =======J*====================D*===================xJ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for options in [&["--width", "100"][..], &["--width", "80"], &["--format", "json"], &["--format", "ndjson"]] {
        let outputs = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]].map(|order| in_order(order, options));
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{options:?}");
    }
}

#[test]
fn a_retried_request_is_folded_to_one_row_over_all_nodes() {
    let sandbox = Sandbox::new();
    let line = |second: u32| {
        format!(
            "2026-11-24  8:30:{second:02} 0 [Warning] WSREP: Member 2.0 (gamma) requested state transfer from '*any*', but \
             it is impossible to select State Transfer donor: Resource temporarily unavailable\n"
        )
    };
    let log: String = (10..40).map(line).collect();
    let paths = ["alpha", "gamma"].map(|node| sandbox.write(&format!("{node}.log"), &log).display().to_string());
    let run = rows(&sandbox, &["--kind", "transfer", &paths[0], &paths[1]]);
    assert_eq!(run.len(), 1, "{run:?}");
    assert_eq!((&run[0]["node"], &run[0]["count"]), (&Value::from("gamma"), &Value::from(30)));
    assert_eq!(run[0]["last"], "2026-11-24T08:30:39");
    assert_eq!(strings(&run[0]["confirmed_by"]), ["alpha"]);
}

#[test]
fn nine_nodes_with_long_names_stay_readable() {
    let sandbox = Sandbox::new();
    let name = |number: usize| format!("mariadb-galera-production-cluster-{number}");
    let named: Vec<String> = (1..=9)
        .map(|number| {
            let log = sample(&format!("gcache-too-small/node{}.log", (number - 1) % 3 + 1));
            format!("--node={}={}", name(number), sandbox.write(&format!("{number}.log"), log).display())
        })
        .collect();
    let mut arguments = vec!["timeline", "--width", "80"];
    arguments.extend(named.iter().map(String::as_str));
    let text = sandbox.run(&arguments).text();
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    for number in 1..=9 {
        assert!(
            text.lines().any(|line| line.get(9..25) == Some(&format!("~ction-cluster-{number}"))),
            "{number}\n{text}"
        );
    }
}

#[test]
fn a_wrong_clock_tears_no_transfer_apart() {
    let sandbox = Sandbox::new();
    let log = String::from_utf8(sample("gcache-too-small/node2.log")).expect("UTF-8");
    let slow = log.replace("2026-11-24  8:", "2026-11-23 20:");
    let slow = format!("--node=node2={}", sandbox.write("slow.log", slow).display());
    let shifted = rows(
        &sandbox,
        &["--kind", "transfer", "samples/gcache-too-small/node1.log", &slow, "samples/gcache-too-small/node3.log"],
    );
    let right = rows(
        &sandbox,
        &[
            "--kind",
            "transfer",
            "samples/gcache-too-small/node1.log",
            "samples/gcache-too-small/node2.log",
            "samples/gcache-too-small/node3.log",
        ],
    );
    let claims =
        |rows: &[Value]| rows.iter().map(|row| format!("{} {}", told(row), row["confirmed_by"])).collect::<Vec<_>>();
    assert_eq!(claims(&shifted), claims(&right));
}
