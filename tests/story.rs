//! The objects of the story: lifetimes, views, lost quorums, transfers, votes, incidents.

mod support;

use serde_json::{Value, json};
use support::Sandbox;

fn analysed(sandbox: &Sandbox, logs: &[(&str, String)]) -> Value {
    let paths: Vec<String> = logs.iter().map(|(name, log)| sandbox.write(name, log).display().to_string()).collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    serde_json::from_slice(&sandbox.run(&arguments).out).expect("a JSON document")
}

fn incident(name: &str) -> Value {
    let paths: Vec<String> = (1..=3).map(|node| format!("samples/{name}/node{node}.log")).collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(paths.iter().filter(|path| support::root().join(path).exists()).map(String::as_str));
    serde_json::from_slice(&Sandbox::new().run_at_root(&arguments).out).expect("a JSON document")
}

fn list<'a>(document: &'a Value, name: &str) -> &'a Vec<Value> {
    document["story"][name].as_array().expect("an array")
}

/// One field of each entry.
fn each<'a>(list: &'a [Value], field: &str) -> Vec<&'a str> {
    list.iter().map(|one| one[field].as_str().unwrap_or("-")).collect()
}

/// Lines of a server's log, at the seconds of one minute.
fn log(lines: &[(u32, &str)]) -> String {
    lines.iter().map(|(second, line)| format!("2026-11-24  8:10:{second:02} 0 {line}\n")).collect()
}

const HISTORY: &str = "ab4561a0-e7d9-11f1-b1f2-4f1a549f113b";

#[test]
fn both_sides_of_a_transfer_are_one_object() {
    let document = incident("gcache-too-small");
    let transfers = list(&document, "transfers");
    assert_eq!(each(transfers, "joiner"), ["node2", "node3", "node3"]);
    assert_eq!(each(transfers, "donor"), ["node1", "node1", "node1"]);
    assert_eq!(each(transfers, "kind"), ["SST", "SST", "SST"]);
    assert_eq!(each(transfers, "method"), ["rsync", "rsync", "rsync"]);
    assert_eq!(each(transfers, "outcome"), ["complete", "complete", "complete"]);
    assert!(transfers[2]["why"].as_str().is_some_and(|why| why.contains("gcache no longer has write-set 21")));
    let confirmed: Vec<&str> = each(transfers[2]["confirmed_by"].as_array().expect("an array"), "node");
    assert_eq!(confirmed, ["node1", "node2", "node3"]);
    let nodes = each(transfers[2]["steps"].as_array().expect("an array"), "node");
    assert!(nodes.contains(&"node1") && nodes.contains(&"node3"), "{nodes:?}");
}

#[test]
fn the_side_that_failed_first_is_named_with_its_first_error() {
    let document = incident("sst-tls-donor-expired-cert");
    let failed: Vec<&Value> = list(&document, "transfers").iter().filter(|one| one["outcome"] == "failed").collect();
    let first = &failed.first().expect("a failed transfer")["first_failure"];
    assert!(first["text"].as_str().is_some_and(|text| text.contains("ERROR")), "{first}");
    assert!(first["input"].as_str().is_some_and(|input| input.starts_with("samples/")), "{first}");
    let ask = failed[0]["ask_for"].as_array().expect("an array");
    assert!(ask.iter().any(|log| log.as_str().is_some_and(|log| log.starts_with("mariabackup."))), "{ask:?}");
}

#[test]
fn transfers_at_the_same_time_keep_their_own_donors() {
    let asked = |joiner: u32, donor: u32| {
        format!(
            "[Note] WSREP: Member {joiner}.0 (db{joiner}) requested state transfer from '*any*'. Selected {donor}.0 (db{donor})(SYNCED) as donor."
        )
    };
    let lines = [(1, asked(3, 1)), (1, asked(4, 2))];
    let ends = [
        (8, "[Note] WSREP: 2.0 (db2): State transfer to 4.0 (db4) complete.".to_owned()),
        (9, "[Warning] WSREP: 1.0 (db1): State transfer to 3.0 (db3) failed: Broken pipe".to_owned()),
        (9, "[Note] WSREP: 4.0 (db4): State transfer from 2.0 (db2) complete.".to_owned()),
    ];
    let all: Vec<(u32, &str)> = lines.iter().chain(&ends).map(|(second, line)| (*second, line.as_str())).collect();
    let document = analysed(&Sandbox::new(), &[("db1.log", log(&all)), ("db2.log", log(&all))]);
    let told: Vec<Value> = list(&document, "transfers")
        .iter()
        .map(|one| json!([one["joiner"], one["donor"], one["outcome"], one["seconds"]]))
        .collect();
    assert_eq!(told, [json!(["db3", "db1", "failed", 8]), json!(["db4", "db2", "complete", 8])]);
    let code = list(&document, "transfers")[0]["exit_code"].as_str().expect("a text");
    assert!(code.starts_with("32 of the donor's script"), "{code}");
}

#[test]
fn a_joiner_that_finds_no_donor_asks_again_and_is_told_once() {
    let needs = format!(
        "[Note] WSREP: State transfer required: \n\tGroup state: {HISTORY}:20\n\tLocal state: 00000000-0000-0000-0000-000000000000:-1"
    );
    let none = "[Warning] WSREP: Member 1.0 (db2) requested state transfer from '*any*', but it is impossible to select State Transfer donor: Resource temporarily unavailable";
    let some =
        "[Note] WSREP: Member 1.0 (db2) requested state transfer from '*any*'. Selected 0.0 (db1)(SYNCED) as donor.";
    let document =
        analysed(&Sandbox::new(), &[("db2.log", log(&[(1, &needs), (2, none), (3, none), (4, none), (5, some)]))]);
    let transfers = list(&document, "transfers");
    assert_eq!(each(transfers, "outcome"), ["no donor", "unknown"]);
    assert!(each(transfers, "why").iter().all(|why| why.starts_with("the joiner has no state")));
}

#[test]
fn a_vote_names_who_failed_who_won_and_who_left() {
    let document = incident("incons-two-node");
    let votes = list(&document, "votes");
    assert_eq!(votes.len(), 1);
    let vote = &votes[0];
    assert_eq!(vote["seqno"], 20);
    assert_eq!(vote["table"], "shop.stock");
    assert_eq!(vote["failed"], json!(["node2"]));
    assert_eq!(vote["succeeded"], json!(["node1"]));
    assert_eq!(vote["winner"], "success");
    assert_eq!(vote["expelled"], json!(["node2"]));
    assert_eq!(vote["majority_may_be_wrong"], false);
    assert!(vote["write_set_file"].as_str().is_some_and(|file| file.contains("GRA_*_20")));
}

#[test]
fn a_majority_that_fails_together_may_be_the_wrong_side() {
    let says = |name: &str, step: &str, hash: &str| {
        format!(
            "[Note] WSREP: Member 0({name}) {step} vote on {HISTORY}:7,{hash}:  Can't find record in 'a', Error_code: 1032;"
        )
    };
    let votes = [
        (1, says("db2", "initiates", "9fd7a4111189019b")),
        (1, says("db3", "responds to", "9fd7a4111189019b")),
        (1, format!("[Note] WSREP: Member 0(db1) responds to vote on {HISTORY}:7,0000000000000000: Success")),
        (
            1,
            format!(
                "[Note] WSREP: Votes over {HISTORY}:7:\n   0000000000000000:   1/3\n   9fd7a4111189019b:   2/3\nWinner: 9fd7a4111189019b"
            ),
        ),
        (1, format!("[ERROR] WSREP: Inconsistency detected: Inconsistent by consensus on {HISTORY}:7")),
    ];
    let lines: Vec<(u32, &str)> = votes.iter().map(|(second, line)| (*second, line.as_str())).collect();
    let document = analysed(&Sandbox::new(), &[("db1.log", log(&lines))]);
    let vote = &list(&document, "votes")[0];
    assert_eq!((&vote["winner"], &vote["majority_may_be_wrong"]), (&json!("error"), &json!(true)));
    assert_eq!(vote["failed"], json!(["db2", "db3"]));
    assert_eq!(vote["expelled"], json!(["db1"]));
}

const START: &str = "[Note] Starting MariaDB 10.11.19-MariaDB source revision 9d3c as process 377";

#[test]
fn each_life_has_its_end() {
    let lives = log(&[
        (1, START),
        (2, "[Note] WSREP: Synchronized with group, ready for connections"),
        (3, "[Note] /usr/sbin/mariadbd (initiated by: root[root] @ localhost []): Normal shutdown"),
        (4, "[Note] /usr/sbin/mariadbd: Shutdown complete"),
        (5, START),
        (6, "[ERROR] WSREP: wsrep_load(): dlopen(): /x.so: cannot open shared object file: No such file or directory"),
        (7, "[ERROR] Aborting"),
        (8, START),
        (9, "[Note] WSREP: Synchronized with group, ready for connections"),
        (10, START),
        (11, "[ERROR] mysqld got signal 11 ;\nQuery (0x7f2a3c010c38): UPDATE t SET a = 1"),
    ]);
    let document = analysed(&Sandbox::new(), &[("db1.log", lives)]);
    let node = &list(&document, "nodes")[0];
    let lifetimes = node["lifetimes"].as_array().expect("an array");
    assert_eq!(each(lifetimes, "ending"), ["shutdown", "abort", "killed", "crash"]);
    assert_eq!(lifetimes[0]["detail"], "asked for by root[root] @ localhost []");
    assert_eq!(lifetimes[0]["synced"]["line"], 2);
    assert!(lifetimes[1]["first_error"]["text"].as_str().is_some_and(|text| text.contains("dlopen")));
    assert_eq!(lifetimes[3]["detail"], "signal 11, while it ran: UPDATE t SET a = 1");
    assert_eq!(node["failed_starts"], 1);
}

#[test]
fn a_restart_loop_is_counted() {
    let turn = |second: u32| [(second, START), (second, "[ERROR] Aborting")];
    let turns: Vec<(u32, &str)> = (0..6).flat_map(turn).collect();
    let sandbox = Sandbox::new();
    let document = analysed(&sandbox, &[("db1.log", log(&turns))]);
    assert_eq!(list(&document, "nodes")[0]["failed_starts"], 6);
    let text = sandbox.run(&["db1.log"]).text();
    assert!(text.contains("6 starts in a row never came to be synced"), "{text}");
}

fn view(status: &str, number: u32, members: &[&str], lost: &[&str]) -> String {
    let rows = |ids: &[&str]| ids.iter().map(|id| format!("\t{id},0\n")).collect::<String>();
    format!(
        "[Note] WSREP: view(view_id({status},{},{number}) memb {{\n{}}} joined {{\n}} left {{\n}} partitioned {{\n{}}})",
        members[0],
        rows(members),
        rows(lost)
    )
}

#[test]
fn the_moment_and_reason_of_a_lost_quorum() {
    let ids = ["aaaaaaaa-1111", "bbbbbbbb-2222", "cccccccc-3333"];
    let all = view("PRIM", 3, &ids, &[]);
    let alone = view("NON_PRIM", 3, &ids[..1], &ids[1..]);
    let rest = view("PRIM", 4, &ids[1..], &ids[..1]);
    let (mine, theirs) = (log(&[(1, &all), (9, &alone)]), log(&[(1, &all), (10, &rest)]));
    let document = analysed(&Sandbox::new(), &[("db1.log", mine), ("db2.log", theirs)]);
    let losses = list(&document, "quorum_losses");
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0]["at"], "2026-11-24T08:10:09");
    assert_eq!(losses[0]["reason"], format!("1 of 3 members remained; lost: {}, {}", ids[1], ids[2]));
    let views = list(&document, "views");
    assert_eq!(each(views, "id"), ["aaaaaaaa-1111,3", "aaaaaaaa-1111,3", "bbbbbbbb-2222,4"]);
    assert_eq!(each(views[0]["confirmed_by"].as_array().expect("an array"), "node"), ["db1", "db2"]);
}

#[test]
fn a_node_that_leaves_lost_no_quorum() {
    let ids = ["aaaaaaaa-1111", "bbbbbbbb-2222"];
    let leaves = log(&[
        (1, &view("PRIM", 3, &ids, &[])),
        (9, &view("NON_PRIM", 3, &ids[..1], &ids[1..])),
        (9, "[Note] WSREP: view((empty))"),
    ]);
    let document = analysed(&Sandbox::new(), &[("db1.log", leaves)]);
    assert!(list(&document, "quorum_losses").is_empty());
    assert_eq!(list(&document, "views").len(), 1);
}

#[test]
fn incidents_are_parted_by_time_and_node() {
    let fails = |day: u32| {
        format!(
            "2026-11-{day:02}  8:10:01 0 {START}\n\
             2026-11-{day:02}  8:10:02 0 [ERROR] WSREP: wsrep_load(): dlopen(): /x.so: cannot open shared object file: No such file or directory\n\
             2026-11-{day:02}  8:10:03 0 [ERROR] Aborting\n"
        )
    };
    let sandbox = Sandbox::new();
    let document = analysed(&sandbox, &[("db1.log", format!("{}{}", fails(3), fails(21)))]);
    let incidents = document["incidents"].as_array().expect("an array");
    assert_eq!(each(incidents, "from"), ["2026-11-03T08:10:02", "2026-11-21T08:10:02"]);
    assert!(incidents.iter().all(|one| one["root"] == 1));
    assert!(sandbox.run(&["db1.log"]).text().contains("2 incidents"));
}

#[test]
fn one_cause_that_several_nodes_print_is_one_incident() {
    let document = incident("addr-cluster-name-mismatch");
    assert_eq!(document["incidents"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_story_does_not_depend_on_the_order_of_arguments() {
    let run = |order: [u32; 3]| {
        let paths: Vec<String> = order.iter().map(|node| format!("samples/gcache-too-small/node{node}.log")).collect();
        let mut arguments = vec!["--format", "json"];
        arguments.extend(paths.iter().map(String::as_str));
        Sandbox::new().run_at_root(&arguments).out
    };
    assert_eq!(run([1, 2, 3]), run([3, 1, 2]));
}

fn missing(document: &Value) -> Vec<&str> {
    each(document["missing_evidence"].as_array().expect("an array"), "what")
}

#[test]
fn a_gap_between_rotated_files_is_asked_for() {
    let sandbox = Sandbox::new();
    let fine = |minute: u32| {
        format!("2026-11-24  8:{minute:02}:00 0 [Note] WSREP: Synchronized with group, ready for connections\n")
    };
    sandbox.write("db1.log.3", fine(1));
    sandbox.write("db1.log.1", fine(2));
    sandbox.write("db1.log", fine(3));
    let ran = sandbox.run(&["--format", "json", "db1.log.3", "db1.log.1", "db1.log"]);
    let document: Value = serde_json::from_slice(&ran.out).expect("a JSON document");
    assert_eq!(missing(&document), ["the rotated log of db1 number 2"]);
}

#[test]
fn a_log_that_begins_after_the_fault_is_asked_for() {
    let failing = log(&[
        (1, START),
        (2, "[ERROR] WSREP: wsrep_load(): dlopen(): /x.so: cannot open shared object file: No such file or directory"),
        (3, "[ERROR] Aborting"),
    ]);
    let late = log(&[(40, "[Note] WSREP: Synchronized with group, ready for connections")]);
    let document = analysed(&Sandbox::new(), &[("db1.log", failing), ("db2.log", late)]);
    assert_eq!(missing(&document), ["the log of db2 before 2026-11-24T08:10:40"]);
}

#[test]
fn a_log_that_ends_while_its_peers_go_on_is_asked_for() {
    let synced = (2, "[Note] WSREP: Synchronized with group, ready for connections");
    let goes_on = log(&[
        (40, START),
        (50, "[ERROR] WSREP: wsrep_load(): dlopen(): /x.so: cannot open shared object file: No such file or directory"),
        (51, "[ERROR] Aborting"),
    ]);
    let document = analysed(&Sandbox::new(), &[("db1.log", log(&[(1, START), synced])), ("db2.log", goes_on)]);
    assert!(missing(&document).iter().any(|what| what.starts_with("the log of db1 after 2026-11-24T08:10:02")));
    assert_eq!(list(&document, "nodes")[0]["lifetimes"][0]["ending"], "silent");
}

#[test]
fn without_a_peer_s_log_the_claim_is_less_sure() {
    let run = |nodes: &[u32]| -> Value {
        let paths: Vec<String> = nodes.iter().map(|node| format!("samples/tls-untrusted-ca/node{node}.log")).collect();
        let mut arguments = vec!["--format", "json"];
        arguments.extend(paths.iter().map(String::as_str));
        serde_json::from_slice(&Sandbox::new().run_at_root(&arguments).out).expect("a JSON document")
    };
    let (all, without) = (run(&[1, 2, 3]), run(&[1, 3]));
    let first = |document: &Value| document["diagnoses"][0]["confidence"].as_f64().expect("a number");
    assert!(missing(&without).iter().any(|what| what.starts_with("the error log of node2")));
    assert!(first(&without) < first(&all), "{} {}", first(&without), first(&all));
}
