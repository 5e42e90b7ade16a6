//! One incident under every transport: the diagnosis is that of the plain log.

mod support;

use serde_json::{Value, json};
use support::{Sandbox, sample};

/// Logs by the name of their node.
type Logs = Vec<(&'static str, String)>;

fn log_of(path: &str) -> String {
    String::from_utf8(sample(path)).expect("UTF-8")
}

fn incident() -> Logs {
    ["node1", "node2", "node3"].map(|node| (node, log_of(&format!("tls-untrusted-ca/{node}.log")))).into()
}

/// More than a megabyte, so that records and wrapped lines lie across the ends of blocks.
fn large() -> Logs {
    let rolling = log_of("healthy/ctl-rolling-restart/node1.log");
    let transfer = log_of("sst-tls-donor-expired-cert/node1.log");
    let killed = log_of("kill9-one-restart/node3.log");
    vec![("node1", [rolling.repeat(9), transfer, rolling.repeat(5), killed, rolling.repeat(2)].concat())]
}

/// A line of the log with the time at which its record was written.
struct Line<'a> {
    text: &'a str,
    /// Seconds after midnight.
    second: u32,
    node: &'a str,
}

impl Line<'_> {
    fn clock(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.second / 3600, self.second / 60 % 60, self.second % 60)
    }

    fn micros(&self) -> u64 {
        // 2026-11-24T00:00:00Z
        (1_795_478_400 + u64::from(self.second)) * 1_000_000
    }

    fn host(&self) -> String {
        format!("db-{}", self.node)
    }
}

fn lines<'a>(log: &'a str, node: &'a str) -> Vec<Line<'a>> {
    let mut second = 7 * 3600;
    log.lines()
        .map(|text| {
            let clock = text.starts_with("2026-11-24").then(|| text.get(11..19)).flatten();
            let parts: Option<Vec<u32>> =
                clock.map(|clock| clock.trim().split(':').filter_map(|part| part.parse().ok()).collect());
            if let Some([hour, minute, rest]) = parts.as_deref() {
                second = hour * 3600 + minute * 60 + rest;
            }
            Line { text, second, node }
        })
        .collect()
}

/// Diagnoses of the logs, each wrapped by `wrap`, with what must be equal under all transports.
fn diagnosed(logs: &Logs, wrap: &dyn Fn(&[Line<'_>]) -> Vec<u8>) -> Value {
    let sandbox = Sandbox::new();
    for (node, log) in logs {
        sandbox.write(&format!("{node}.log"), wrap(&lines(log, node)));
    }
    let ran = sandbox.run(&[".", "--format", "json"]);
    assert_eq!(ran.err, "");
    ran.json()
}

fn plain(logs: &Logs) -> Value {
    diagnosed(logs, &|lines| lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>().into_bytes())
}

/// A line without a time of its own has that of its transport, which differs by less than a second.
fn second(time: &Value) -> Option<String> {
    Some(time.as_str()?.get(..19)?.to_owned())
}

/// What a transport must not change: all of the diagnoses but the numbers of raw lines.
fn essence(document: &Value, with_lines: bool) -> Value {
    let of = |one: &Value| {
        let evidence: Vec<Value> = one["evidence"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|line| {
                let number = if with_lines { line["line"].clone() } else { Value::Null };
                json!([line["node"], line["role"], line["text"], second(&line["time"]), number])
            })
            .collect();
        let rest = ["rule", "node", "severity", "confidence", "count", "cause", "explains"];
        let times = ["first_seen", "last_seen"].map(|key| second(&one[key]));
        json!([rest.map(|key| one[key].clone()), times, evidence])
    };
    let diagnoses: Vec<Value> = document["diagnoses"].as_array().expect("a list").iter().map(of).collect();
    json!([document["verdict"], diagnoses, document["unexplained"].as_array().map(Vec::len)])
}

fn check(format: &str, host: Option<&str>, with_lines: bool, wrap: &dyn Fn(&[Line<'_>]) -> Vec<u8>) {
    for logs in [incident(), large()] {
        check_logs(&logs, format, host, with_lines, wrap);
    }
}

fn check_logs(logs: &Logs, format: &str, host: Option<&str>, with_lines: bool, wrap: &dyn Fn(&[Line<'_>]) -> Vec<u8>) {
    let (plain, wrapped) = (plain(logs), diagnosed(logs, wrap));
    assert!(plain["diagnoses"].as_array().is_some_and(|list| !list.is_empty()));
    for input in wrapped["inputs"].as_array().expect("a list") {
        assert_eq!(input["format"], format, "{}", input["name"]);
    }
    let (left, right) = (essence(&plain, with_lines), essence(&wrapped, with_lines));
    assert_eq!(serde_json::to_string_pretty(&left).ok(), serde_json::to_string_pretty(&right).ok(), "{format}");
    for node in wrapped["cluster"]["nodes"].as_array().expect("a list") {
        let name = node["name"].as_str().expect("a name");
        let expected = host.map(|host| host.replace("{node}", name));
        assert_eq!(node["host"].as_str(), expected.as_deref(), "{format}");
    }
}

/// Most transports put something before each line.
fn before(prefix: impl Fn(&Line<'_>) -> String) -> impl Fn(&[Line<'_>]) -> Vec<u8> {
    move |lines| lines.iter().map(|line| format!("{}{}\n", prefix(line), line.text)).collect::<String>().into_bytes()
}

fn each(one: impl Fn(&Line<'_>) -> String) -> impl Fn(&[Line<'_>]) -> Vec<u8> {
    move |lines| lines.iter().map(&one).collect::<String>().into_bytes()
}

/// Rsyslog writes control characters as `#` and three octal digits.
fn rsyslog(text: &str) -> String {
    text.replace('\t', "#011")
}

#[test]
fn syslog_of_rfc_3164() {
    let wrap = each(|line| format!("Nov 24 {} {} mariadbd[812]: {}\n", line.clock(), line.host(), rsyslog(line.text)));
    check("syslog", Some("db-{node}"), true, &wrap);
}

#[test]
fn syslog_of_rfc_5424() {
    let wrap = each(|line| {
        format!("<27>1 2026-11-24T{}.003Z {} mariadbd 812 - - {}\n", line.clock(), line.host(), rsyslog(line.text))
    });
    check("syslog", Some("db-{node}"), true, &wrap);
}

#[test]
fn journald_short() {
    let wrap = |lines: &[Line<'_>]| {
        let lines = before(|line| format!("Nov 24 {} {} mariadbd[812]: ", line.clock(), line.host()))(lines);
        [&b"-- Journal begins at Mon 2026-11-23 10:00:00 UTC, ends at Tue 2026-11-24 12:00:00 UTC. --\n"[..], &lines]
            .concat()
    };
    check("journald short", Some("db-{node}"), false, &wrap);
}

#[test]
fn journald_short_iso() {
    let wrap = before(|line| format!("2026-11-24T{}+0000 {} mariadbd[812]: ", line.clock(), line.host()));
    check("journald iso", Some("db-{node}"), true, &wrap);
}

#[test]
fn journald_json() {
    let wrap = each(|line| {
        let entry = json!({
            "__CURSOR": "s=1", "__REALTIME_TIMESTAMP": line.micros().to_string(), "_HOSTNAME": line.host(), "_PID": "812",
            "_SYSTEMD_UNIT": "mariadb.service", "SYSLOG_IDENTIFIER": "mariadbd", "PRIORITY": "6", "MESSAGE": line.text,
        });
        format!("{entry}\n")
    });
    check("journald json", Some("db-{node}"), true, &wrap);
}

#[test]
fn journald_export() {
    let wrap = |lines: &[Line<'_>]| {
        let mut out = Vec::new();
        for line in lines {
            let head = format!(
                "__CURSOR=s=1\n__REALTIME_TIMESTAMP={}\n_HOSTNAME={}\nSYSLOG_IDENTIFIER=mariadbd\n_PID=812\n",
                line.micros(),
                line.host()
            );
            out.extend(head.into_bytes());
            // A message with a control character is written with its length.
            if line.text.contains('\t') {
                out.extend(b"MESSAGE\n");
                out.extend((line.text.len() as u64).to_le_bytes());
            } else {
                out.extend(b"MESSAGE=");
            }
            out.extend(line.text.as_bytes());
            out.extend(b"\n\n");
        }
        out
    };
    check("journald export", Some("db-{node}"), false, &wrap);
}

#[test]
fn docker_json_file() {
    let wrap = each(|line| {
        let time = format!("2026-11-24T{}.123456789Z", line.clock());
        format!("{}\n", json!({ "log": format!("{}\n", line.text), "stream": "stderr", "time": time }))
    });
    check("docker json", None, true, &wrap);
}

/// The server prints the local time of its zone, the engine UTC: lines with and without a head must agree.
#[test]
fn docker_json_file_of_a_server_east_of_utc() {
    let wrap = each(|line| {
        let clock = Line { second: line.second - 2 * 3600, ..*line }.clock();
        let time = format!("2026-11-24T{clock}.123456789Z");
        format!("{}\n", json!({ "log": format!("{}\n", line.text), "stream": "stderr", "time": time }))
    });
    check("docker json", None, true, &wrap);
}

#[test]
fn kubernetes_cri_with_cut_lines() {
    let wrap = each(|line| {
        let time = format!("2026-11-24T{}.123456789Z stderr", line.clock());
        let cut = line.text.len() / 2;
        match line.text.split_at_checked(cut) {
            Some((first, second)) if cut > 60 => format!("{time} P {first}\n{time} F {second}\n"),
            _ => format!("{time} F {}\n", line.text),
        }
    });
    check("kubernetes cri", None, false, &wrap);
}

#[test]
fn docker_compose() {
    check("container prefix", Some("galera-{node}-1"), true, &before(|line| format!("galera-{}-1  | ", line.node)));
}

#[test]
fn docker_compose_in_colour_with_times() {
    let wrap =
        before(|line| format!("\x1b[36mgalera-{}-1  |\x1b[0m 2026-11-24T{}.123456789Z ", line.node, line.clock()));
    check("container prefix", Some("galera-{node}-1"), true, &wrap);
}

#[test]
fn kubectl_logs_with_prefix() {
    check("container prefix", Some("pxc-{node}"), true, &before(|line| format!("[pod/pxc-{}/database] ", line.node)));
}

#[test]
fn operator_json() {
    let wrap = each(|line| {
        format!("{}\n", json!({ "log": format!("{}\n", line.text), "file": "/var/lib/mysql/mysqld-error.log" }))
    });
    check("operator json", None, true, &wrap);
}

#[test]
fn fluent_bit() {
    let wrap = |lines: &[Line<'_>]| {
        let one = |(number, line): (usize, &Line<'_>)| {
            let seconds = line.micros() / 1_000_000;
            let text = line.text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
            format!(
                "[{number}] ns.pxc-{}.mysqld-error.log: [{seconds}.123456789, {{\"log\"=>\"{text}\"}}]\n",
                line.node
            )
        };
        lines.iter().enumerate().map(one).collect::<String>().into_bytes()
    };
    check("fluent-bit", None, true, &wrap);
}

#[test]
fn colour_codes_and_carriage_returns() {
    check("plain", None, true, &each(|line| format!("\x1b[33m{}\x1b[0m\r\n", line.text)));
}
