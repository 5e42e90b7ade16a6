//! Who is who over time: names, UUIDs, addresses, clusters; and the command that tells it.

mod support;

use serde_json::Value;
use support::{Ran, Sandbox, sample};

const NODES: [&str; 3] = ["node1.log", "node2.log", "node3.log"];

fn paths(incident: &str) -> Vec<String> {
    NODES.iter().map(|node| format!("samples/{incident}/{node}")).collect()
}

fn whois(who: &str, order: [usize; 3]) -> Ran {
    let paths = paths("gcache-too-small");
    let mut arguments = vec!["whois", who, "--format", "json"];
    arguments.extend(order.iter().map(|&index| paths[index].as_str()));
    Sandbox::new().run_at_root(&arguments)
}

fn answer(who: &str) -> Value {
    serde_json::from_slice(&whois(who, [0, 1, 2]).out).expect("a JSON document")
}

fn values<'a>(card: &'a Value, what: &str) -> Vec<&'a str> {
    let facts = card["facts"].as_array().expect("an array");
    facts.iter().filter(|fact| fact["what"] == what).filter_map(|fact| fact["value"].as_str()).collect()
}

#[test]
fn a_node_is_found_by_each_of_its_identities() {
    for who in [
        "node3",
        "5d940410-e7de-11f1-bd30-8bca0c63c6f1",
        "5d940410-bd30",
        "5d940410",
        "5D940410-E7DE-11F1-BD30-8BCA0C63C6F1",
        "10.77.0.3",
        "tcp://10.77.0.3:4567",
    ] {
        let answer = answer(who);
        let nodes = answer["nodes"].as_array().expect("an array");
        assert_eq!(nodes.len(), 1, "{who}");
        assert_eq!(nodes[0]["name"], "node3", "{who}");
    }
}

#[test]
fn a_new_uuid_at_each_start_with_its_time_and_proof() {
    let answer = answer("node3");
    let card = &answer["nodes"][0];
    assert_eq!(values(card, "uuid").len(), 2);
    assert_eq!(values(card, "process").len(), 2);
    assert!(values(card, "address").iter().all(|address| address.starts_with("10.77.0.3")));
    for fact in card["facts"].as_array().expect("an array") {
        let input = fact["input"].as_str().expect("a text");
        let line = usize::try_from(fact["line"].as_u64().expect("a number")).expect("small");
        let log = sample(input.strip_prefix("samples/").expect("a sample"));
        let text = String::from_utf8_lossy(&log).into_owned();
        let proof = text.lines().nth(line - 1).expect("the line is there");
        let told = fact["text"].as_str().expect("a text");
        assert!(proof.trim().starts_with(told.get(..60).unwrap_or(told)), "{input}:{line}: {told}");
    }
}

#[test]
fn an_unknown_one_is_told_with_the_nearest_names() {
    let ran = whois("nod3", [0, 1, 2]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("do not know 'nod3'; they know node3"), "{}", ran.err);
}

#[test]
fn the_answer_does_not_depend_on_the_order_of_arguments() {
    assert_eq!(whois("node1", [0, 1, 2]).out, whois("node1", [2, 1, 0]).out);
}

#[test]
fn text_fits_eighty_columns() {
    let paths = paths("gcache-too-small");
    let mut arguments = vec!["whois", "10.77.0.3", "--width", "80"];
    arguments.extend(paths.iter().map(String::as_str));
    let text = Sandbox::new().run_at_root(&arguments).text();
    assert!(text.starts_with("node3\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_line_number_is_shown_however_long_the_path_is() {
    let sandbox = Sandbox::new();
    let folder = "a-long-folder-name/".repeat(5);
    sandbox.write(&format!("{folder}node1.log"), sample("gcache-too-small/node1.log"));
    let text = sandbox.run(&["whois", "node1", "--width", "80", &folder]).text();
    let name = text.split_once("\nname").expect("a name").1.split_once("\nuuid").expect("a UUID").0;
    let together: String = name.split_whitespace().collect();
    let number = together.split_once("node1.log:").expect("a place").1;
    assert!(number.starts_with(|c: char| c.is_ascii_digit()), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn facts_of_one_kind_stand_in_order_of_time() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run_at_root(&["whois", "node3", "--format", "json", "samples/addr-cluster-name-mismatch"]);
    let answer: Value = serde_json::from_slice(&ran.out).expect("a JSON document");
    assert_eq!(values(&answer["nodes"][0], "cluster"), ["prod_galera", "prod-galera"]);
}

#[test]
fn an_address_of_ipv6_is_found_in_each_of_its_forms() {
    let sandbox = Sandbox::new();
    let log = "2026-11-24  8:00:50 0 [Note] WSREP: (aaaaaaaa-9f1a, 'tcp://[::]:4567') connection established to \
               b63c1f5a-9f1a tcp://[2001:db8::2]:4567\n";
    sandbox.write("db1.log", log);
    for who in ["2001:db8::2", "[2001:db8::2]", "[2001:DB8:0:0::2]:4567", "tcp://[2001:db8::2]:4567"] {
        let ran = sandbox.run(&["whois", who, "--format", "json", "db1.log"]);
        let answer: Value = serde_json::from_slice(&ran.out).expect("a JSON document");
        assert_eq!(values(&answer["nodes"][0], "uuid"), ["b63c1f5a-9f1a"], "{who}");
    }
}

#[test]
fn an_address_that_was_reused_tells_of_both_nodes() {
    let view = |second: u32, id: &str, name: &str| {
        format!(
            "2026-11-24  8:10:{second:02} 0 [Note] WSREP: (aaaaaaaa-1111, 'tcp://0.0.0.0:4567') connection established to {id}-9f1a tcp://10.0.0.7:4567\n\
             2026-11-24  8:10:{second:02} 0 [Note] WSREP: ================================================\nView:\n  id: ab4561a0-e7d9-11f1-b1f2-4f1a549f113b:{second}\n  status: primary\n  protocol_version: 4\n  capabilities: MULTI-MASTER\n  final: no\n  own_index: 0\n  members(2):\n\t0: aaaaaaaa-e7de-11f1-1111-9ea06b588129, db1\n\t1: {id}-e7de-11f1-9f1a-9ea06b588129, {name}\n=================================================\n"
        )
    };
    let log = format!("{}{}", view(10, "bbbbbbbb", "db2"), view(40, "cccccccc", "db3"));
    let sandbox = Sandbox::new();
    sandbox.write("db1.log", log);
    let ran = sandbox.run(&["whois", "10.0.0.7", "--format", "json", "db1.log"]);
    let answer: Value = serde_json::from_slice(&ran.out).expect("a JSON document");
    let nodes = answer["nodes"].as_array().expect("an array");
    let told: Vec<(&str, &str)> = nodes
        .iter()
        .map(|card| {
            let facts = card["facts"].as_array().expect("an array");
            let address = facts.iter().find(|fact| fact["what"] == "address").expect("an address");
            (card["name"].as_str().expect("a name"), address["from"].as_str().expect("a time"))
        })
        .collect();
    assert_eq!(told, [("db2", "2026-11-24T08:10:10"), ("db3", "2026-11-24T08:10:40")]);
}

fn analysed(sandbox: &Sandbox, logs: &[String]) -> Value {
    let mut arguments = vec!["--format", "json"];
    arguments.extend(logs.iter().map(String::as_str));
    serde_json::from_slice(&sandbox.run(&arguments).out).expect("a JSON document")
}

fn claims(document: &Value) -> Vec<String> {
    let diagnoses = document["diagnoses"].as_array().expect("an array");
    let mut claims: Vec<String> = diagnoses
        .iter()
        .map(|one| format!("{} {} {} {}", one["rule"], one["node"], one["confidence"], one["explains"]))
        .collect();
    claims.sort();
    claims
}

#[test]
fn two_clusters_given_at_once_explain_nothing_of_each_other() {
    let sandbox = Sandbox::new();
    let write = |incident: &str, prefix: &str| -> Vec<String> {
        let one = |node: &&str| {
            let text = String::from_utf8_lossy(&sample(&format!("{incident}/{node}"))).into_owned();
            // Two clusters of one company do not call their nodes the same.
            let text = text.replace("node1", &format!("{prefix}1")).replace("node2", &format!("{prefix}2"));
            let text = text.replace("node3", &format!("{prefix}3")).replace("prod_galera", &format!("{prefix}_galera"));
            sandbox.write(&format!("{prefix}-{node}"), text).display().to_string()
        };
        NODES.iter().map(one).collect()
    };
    let (left, right) = (write("gcache-too-small", "left"), write("tls-untrusted-ca", "right"));
    let mut alone = claims(&analysed(&sandbox, &left));
    alone.extend(claims(&analysed(&sandbox, &right)));
    alone.sort();
    let both = analysed(&sandbox, &[left, right].concat());
    assert_eq!(claims(&both), alone);
    let missing = both["missing_evidence"].as_array().expect("an array");
    let told = missing.iter().filter(|one| one["what"] == "logs of one cluster only").count();
    assert_eq!(told, 3, "{missing:?}");
}

#[test]
fn two_nodes_of_one_name_stay_two_nodes() {
    let sandbox = Sandbox::new();
    let one = |node: &&str| {
        let text = String::from_utf8_lossy(&sample(&format!("gcache-too-small/{node}"))).into_owned();
        sandbox.write(node, text.replace("node2", "node1")).display().to_string()
    };
    let logs: Vec<String> = NODES.iter().map(one).collect();
    let document = analysed(&sandbox, &logs);
    let nodes: Vec<&str> = document["cluster"]["nodes"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(nodes, ["node1", "node1 (node2)", "node3"]);
}
