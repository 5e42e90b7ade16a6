//! One sample of each transport, mixtures, and the two promises: no panic, no byte lost.

use super::{Decoded, Decoder, Facts, Transport, detect, needs_decoding};
use proptest::prelude::*;

const ALL: [Transport; 11] = [
    Transport::Plain,
    Transport::Syslog,
    Transport::JournaldShort,
    Transport::JournaldIso,
    Transport::JournaldJson,
    Transport::JournaldExport,
    Transport::DockerJson,
    Transport::Cri,
    Transport::ContainerPrefix,
    Transport::OperatorJson,
    Transport::FluentBit,
];

fn decoded(raw: &[u8], transport: Transport) -> (Decoded, Facts) {
    let mut decoder = Decoder::new(2026);
    let mut out = Decoded::default();
    decoder.decode(raw, 1, transport, &mut out);
    decoder.finish(&mut out);
    assert_conserved(raw, &out);
    (out, decoder.facts().clone())
}

fn assert_conserved(raw: &[u8], out: &Decoded) {
    let mut at = 0;
    for line in &out.lines {
        assert_eq!(line.raw.start, at, "a gap or an overlap");
        assert!(line.raw.end >= at);
        at = line.raw.end;
    }
    assert_eq!(at, raw.len() as u64, "the end of the input is missing");
    assert_eq!(memchr::memchr_iter(b'\n', &out.text).count(), out.lines.len());
    assert!(!out.text.contains(&b'\r'));
}

fn inner(raw: &str, transport: Transport) -> String {
    String::from_utf8_lossy(&decoded(raw.as_bytes(), transport).0.text).into_owned()
}

/// Checks detection and decoding of one sample.
fn check(transport: Transport, raw: &str, expected: &str) {
    assert_eq!(detect(raw.as_bytes()), transport, "{raw}");
    assert_eq!(inner(raw, transport), expected);
}

#[test]
fn syslog_of_the_classic_kind() {
    check(
        Transport::Syslog,
        "Nov 24 07:43:17 db1 mariadbd[812]: 2026-11-24  7:43:17 0 [Note] WSREP: view(view_id(PRIM,16f980a0,2) memb {\n\
         Nov 24 07:43:17 db1 mariadbd[812]: #01116f980a0,0\n\
         Nov 24 07:43:17 db1 kernel: [91.5] Out of memory: Killed process 812 (mariadbd)\n\
         Nov 24 07:43:18 db1 systemd[1]: mariadb.service: Main process exited, code=killed\n\
         Nov 24 07:43:19 db1 -wsrep-sst-joiner: Evaluating timeout\n\
         Nov 24 07:43:19 db1 mysqld_safe: Starting mysqld daemon\n",
        "2026-11-24  7:43:17 0 [Note] WSREP: view(view_id(PRIM,16f980a0,2) memb {\n\
         \t16f980a0,0\n\
         kernel: [91.5] Out of memory: Killed process 812 (mariadbd)\n\
         systemd[1]: mariadb.service: Main process exited, code=killed\n\
         -wsrep-sst-joiner: Evaluating timeout\n\
         mysqld_safe: Starting mysqld daemon\n",
    );
}

#[test]
fn syslog_of_the_newer_kinds() {
    check(
        Transport::Syslog,
        "2026-11-24T07:43:17.123456+00:00 db1 mysqld[812]: 2026-11-24  7:43:17 0 [ERROR] Aborting\n",
        "2026-11-24  7:43:17 0 [ERROR] Aborting\n",
    );
    check(
        Transport::Syslog,
        "<27>1 2026-11-24T07:43:17.003Z db1 mariadbd 812 - - 2026-11-24  7:43:17 0 [ERROR] Aborting\n\
         <27>1 2026-11-24T07:43:17.003Z db1 mariadbd 812 - [a@1 b=\"c]\"][d] \u{feff}2026-11-24  7:43:18 0 [Note] x\n",
        "2026-11-24  7:43:17 0 [ERROR] Aborting\n2026-11-24  7:43:18 0 [Note] x\n",
    );
    let (out, facts) = decoded(b"<27>1 2026-11-24T07:43:17Z db1 - - - - x\n", Transport::Syslog);
    assert_eq!(out.text, b"x\n");
    assert_eq!(facts.host.map(|seen| seen.last).as_deref(), Some("db1"));
}

#[test]
fn a_container_name_as_program_is_learned() {
    assert_eq!(
        inner(
            "Nov 24 07:43:17 w1 4f5a[9]: \t16f980a0,0\n\
             Nov 24 07:43:17 w1 4f5a[9]: 2026-11-24  7:43:17 0 [Note] WSREP: view(\n\
             Nov 24 07:43:17 w1 4f5a[9]: \t16f980a0,0\n",
            Transport::JournaldShort
        ),
        "4f5a[9]: \t16f980a0,0\n2026-11-24  7:43:17 0 [Note] WSREP: view(\n\t16f980a0,0\n"
    );
}

#[test]
fn journald_short_and_iso() {
    check(
        Transport::JournaldShort,
        "-- Journal begins at Mon 2026-11-23 10:00:00 UTC. --\n\
         Apr 24 16:40:15 ubuntu1 mysqld[10977]: 2020-04-24 16:40:15 0 [ERROR] WSREP: failed\n\
         Apr 24 16:40:15 ubuntu1 mysqld[10977]:          at gcomm/src/pc.cpp:connect():158\n\
         \u{20}                                      second line of one message\n",
        "-- Journal begins at Mon 2026-11-23 10:00:00 UTC. --\n\
         2020-04-24 16:40:15 0 [ERROR] WSREP: failed\n\
         \u{20}        at gcomm/src/pc.cpp:connect():158\n\
         second line of one message\n",
    );
    check(
        Transport::JournaldIso,
        "2026-11-24T07:43:17+0100 db1 mariadbd[812]: 2026-11-24  7:43:17 0 [ERROR] Aborting\n\
         Tue 2026-11-24 07:43:18 UTC db1 systemd[1]: Stopped MariaDB.\n",
        "2026-11-24  7:43:17 0 [ERROR] Aborting\nsystemd[1]: Stopped MariaDB.\n",
    );
    check(
        Transport::JournaldShort,
        "1790000000.123456 db1 mariadbd[812]: 2026-11-24  7:43:17 0 [ERROR] Aborting\n",
        "2026-11-24  7:43:17 0 [ERROR] Aborting\n",
    );
}

#[test]
fn the_year_comes_from_the_server_or_the_turn_of_the_year() {
    let outer = |raw: &str| -> Vec<String> {
        let (out, _) = decoded(raw.as_bytes(), Transport::Syslog);
        out.lines.iter().filter_map(|line| line.outer).map(|stamp| stamp.to_string()).collect()
    };
    assert_eq!(
        outer("Dec 31 23:59:59 db1 kernel: a\nJan  1 00:00:01 db1 kernel: b\n"),
        ["2026-12-31 23:59:59", "2027-01-01 00:00:01"]
    );
    assert_eq!(
        outer("Sep 23 06:52:49 db1 mysqld: 2019-09-23  6:52:49 0 [Note] x\nSep 23 06:53:00 db1 kernel: b\n"),
        ["2019-09-23 06:52:49", "2019-09-23 06:53:00"]
    );
    assert_eq!(outer("Feb 29 06:52:49 db1 kernel: leap\n").len(), 1);
}

#[test]
fn journald_json() {
    let raw = r#"{"__REALTIME_TIMESTAMP":"1795506197123456","MESSAGE":"2026-11-24  7:43:17 0 [Note] WSREP: x","_HOSTNAME":"db1","_SYSTEMD_UNIT":"mariadb.service","SYSLOG_IDENTIFIER":"mariadbd","_PID":"812"}
{"__REALTIME_TIMESTAMP":"1795506197123456","MESSAGE":[83,81,76,58,32,255],"SYSLOG_IDENTIFIER":"mariadbd"}
{"__REALTIME_TIMESTAMP":"1795506197123456","MESSAGE":"Out of memory: Killed process","SYSLOG_IDENTIFIER":"kernel"}
{"__REALTIME_TIMESTAMP":"1795506197123456","MESSAGE":null,"SYSLOG_IDENTIFIER":"mariadbd"}
"#;
    assert_eq!(detect(raw.as_bytes()), Transport::JournaldJson);
    let (out, facts) = decoded(raw.as_bytes(), Transport::JournaldJson);
    let expected = b"2026-11-24  7:43:17 0 [Note] WSREP: x\nSQL: \xff\nkernel: Out of memory: Killed process\n\n";
    assert_eq!(out.text, expected);
    assert_eq!(out.lines[0].outer.map(|stamp| stamp.to_string()).as_deref(), Some("2026-11-24 07:43:17.123456Z"));
    assert_eq!(facts.unit.map(|seen| seen.first).as_deref(), Some("mariadb.service"));
}

fn export_sample() -> Vec<u8> {
    let mut raw = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795506197123456\n_HOSTNAME=db1\nSYSLOG_IDENTIFIER=mariadbd\n\
        MESSAGE=2026-11-24  7:43:17 0 [Note] WSREP: x\n\n__CURSOR=s=2\nSYSLOG_IDENTIFIER=mariadbd\nMESSAGE\n"
        .to_vec();
    raw.extend(7u64.to_le_bytes());
    raw.extend(b"a\n\tb\x01\xffc\n\n__CURSOR=s=3\n_PID=1\n\nstray text\n");
    raw
}

#[test]
fn journald_export_with_a_binary_message() {
    let raw = export_sample();
    assert_eq!(detect(&raw), Transport::JournaldExport);
    let (out, facts) = decoded(&raw, Transport::JournaldExport);
    assert_eq!(out.text, b"2026-11-24  7:43:17 0 [Note] WSREP: x\na\n\tb\x01\xffc\nstray text\n");
    let numbers: Vec<u64> = out.lines.iter().map(|line| line.raw_line).collect();
    assert_eq!(numbers, [1, 7, 7, 16]);
    assert_eq!(facts.host.map(|seen| seen.first).as_deref(), Some("db1"));
}

#[test]
fn docker_json() {
    check(
        Transport::DockerJson,
        r#"{"log":"2023-05-01  9:12:13 0 [Note] WSREP: long ","stream":"stderr","time":"2023-05-01T09:12:13.1Z"}
{"log":"+ exec mysqld\n","stream":"stdout","time":"2023-05-01T09:12:13.1Z"}
{"log":"line\r\n","stream":"stderr","time":"2023-05-01T09:12:13.2Z"}
{"log":"View:\n  id: 5\n","stream":"stderr","time":"2023-05-01T09:12:13.2Z"}
{"log":"\u001b[38;5;6mmariadb \u001b[0m06:15:22.73 INFO  ==> x\n","stream":"stderr","time":"2023-05-01T09:12:13.2Z"}
{"log":"Writing a core file...","stream":"stderr","time":"2023-05-01T09:12:13.2Z"}
{"log":"2023-05-01  9:12:19 0 [Note] Starting\n","stream":"stderr","time":"2023-05-01T09:12:19.2Z"}
"#,
        "+ exec mysqld\n2023-05-01  9:12:13 0 [Note] WSREP: long line\nView:\n  id: 5\n\
         mariadb 06:15:22.73 INFO  ==> x\nWriting a core file...\n2023-05-01  9:12:19 0 [Note] Starting\n",
    );
}

#[test]
fn kubernetes_cri() {
    check(
        Transport::Cri,
        "2023-05-01T09:12:13.1Z stderr P 2023-05-01  9:12:13 0 [Note] WSREP: \n\
         2023-05-01T09:12:13.1Z stdout F between\n\
         2023-05-01T09:12:13.1Z stderr F joined\n\
         2023-05-01T09:12:13.1Z stderr F\n\
         2023-05-01T09:12:13.1+02:00 stdout F {\"log\":\"inner\\n\",\"file\":\"/var/lib/mysql/mysqld-error.log\"}\n",
        "between\n2023-05-01  9:12:13 0 [Note] WSREP: joined\n\ninner\n",
    );
}

#[test]
fn container_prefixes() {
    check(
        Transport::ContainerPrefix,
        "\x1b[36mdb-1  |\x1b[0m 2023-05-01  9:12:13 0 [Note] x\n\
         pxc3.0.ere449z487mv@default    | 2020-05-25T11:44:12.484418Z 0 [ERROR] Aborting\n\
         db-1  | \tmember\n\
         db-1  | 2023-05-01T09:12:13.123456789Z 2023-05-01  9:12:14 0 [Note] y\n",
        "2023-05-01  9:12:13 0 [Note] x\n2020-05-25T11:44:12.484418Z 0 [ERROR] Aborting\n\tmember\n\
         2023-05-01  9:12:14 0 [Note] y\n",
    );
    check(
        Transport::ContainerPrefix,
        "2023-05-01T09:12:13.123456789Z 2023-05-01  9:12:13 0 [Note] WSREP: view(\n\
         2023-05-01T09:12:13.123456789Z \tmember\n\
         2023-05-01T09:12:13.123456789Z Version: '10.11'\n\
         2023-05-01T09:12:13.12Z 2023-05-01  9:12:13 0 [Note] WSREP: trimmed zeros\n",
        "2023-05-01  9:12:13 0 [Note] WSREP: view(\n\tmember\nVersion: '10.11'\n2023-05-01  9:12:13 0 [Note] WSREP: trimmed zeros\n",
    );
    let raw = "[pod/cluster1-pxc-0/pxc] 2023-05-01T09:12:13.1Z 0 [Note] [MY-000000] [Galera] x\n";
    check(Transport::ContainerPrefix, raw, "2023-05-01T09:12:13.1Z 0 [Note] [MY-000000] [Galera] x\n");
    let (_, facts) = decoded(raw.as_bytes(), Transport::ContainerPrefix);
    assert_eq!(facts.pod.map(|seen| seen.last).as_deref(), Some("cluster1-pxc-0"));
    assert_eq!(facts.container.map(|seen| seen.last).as_deref(), Some("pxc"));
}

#[test]
fn operators() {
    check(
        Transport::OperatorJson,
        r#"+ set -x
{"log":"2023-05-29T07:16:31.664030Z 0 [Note] [MY-000000] [Galera] Member 3.0 (cluster1-2) synced with group.\n","file":"/var/lib/mysql/mysqld-error.log"}
+ exec mysqld
"#,
        "+ set -x\n2023-05-29T07:16:31.664030Z 0 [Note] [MY-000000] [Galera] Member 3.0 (cluster1-2) synced with group.\n+ exec mysqld\n",
    );
    check(
        Transport::FluentBit,
        "[1] init.some-name-pxc-1.mysqld-error.log: [1610702394.259356066, {\"log\"=>\"09:19:54 UTC - mysqld got signal 11 ;\"}]\n\
         [2] init.some-name-pxc-1.mysqld-error.log: [[1610702394.259356066, {}], {\"log\"=>\"say \"hi\" \\\"there\\\"\", \"file\"=>\"x\"}]\n",
        "09:19:54 UTC - mysqld got signal 11 ;\nsay \"hi\" \"there\"\n",
    );
}

#[test]
fn plain_logs_stay_plain() {
    for raw in [
        "2026-11-24  7:43:17 0 [Note] WSREP: x\n\tmember\n",
        "2019-10-24T10:01:18.498862Z 0 [Note] WSREP: text\n2019-10-24T10:01:18.498862Z mysqld_safe WSREP: Recovered\n",
        "2026-11-24 07:43:33.097  INFO: text\n",
        "",
        "PATH=/usr/bin\nHOME=/root\n",
        "prose about nothing at all\n",
    ] {
        assert_eq!(detect(raw.as_bytes()), Transport::Plain, "{raw}");
        assert!(!needs_decoding(raw.as_bytes(), Transport::Plain));
        assert_eq!(inner(raw, Transport::Plain), raw);
    }
}

#[test]
fn plain_logs_are_cleaned() {
    let raw = "\u{feff}a\r\n\u{1b}[31mred\u{1b}[0m\nrate 1\rrate 2\r\r\n\0\0late";
    assert!(needs_decoding(raw.as_bytes(), Transport::Plain));
    assert!(needs_decoding("←[38;5;6mx".as_bytes(), Transport::Plain));
    assert!(needs_decoding(b"plain\n", Transport::Syslog));
    assert_eq!(inner(raw, Transport::Plain), "a\nred\nrate 1\nrate 2\nlate\n");
}

#[test]
fn skipped_bytes_count() {
    let mut decoder = Decoder::new(2026);
    let mut out = Decoded::default();
    decoder.skip(10, &mut out);
    decoder.decode(b"a\r\n", 2, Transport::Plain, &mut out);
    assert_eq!(out.lines.len(), 1);
    assert_eq!((out.lines[0].raw_line, out.lines[0].raw.clone()), (2, 10..13));
}

#[test]
fn chunks_make_no_difference() {
    let raw = export_sample();
    let (whole, _) = decoded(&raw, Transport::JournaldExport);
    let (mut decoder, mut out, mut line) = (Decoder::new(2026), Decoded::default(), 1);
    for chunk in raw.split_inclusive(|byte| *byte == b'\n') {
        decoder.decode(chunk, line, Transport::JournaldExport, &mut out);
        line += 1;
    }
    decoder.finish(&mut out);
    assert_conserved(&raw, &out);
    assert_eq!(out, whole);
}

/// Pieces of real formats, so that random inputs come near to them.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = [
        &b"Nov 24 07:43:17 db1 mariadbd[812]: "[..],
        b"2026-11-24T07:43:17.1Z stderr P ",
        b"2026-11-24T07:43:17.1Z stdout F ",
        b"2026-11-24  7:43:17 0 [Note] WSREP: ",
        b"{\"log\":\"a\\nb\",\"stream\":\"stderr\"}\n",
        b"{\"log\":\"c\\n\",\"file\":\"x\"}\n",
        b"{\"MESSAGE\":[97,13,98],\"SYSLOG_IDENTIFIER\":\"x\"}\n",
        b"[1] t: [1610702394.25, {\"log\"=>\"",
        b"__CURSOR=1\n",
        b"MESSAGE=text\n",
        b"MESSAGE\n\x03\0\0\0\0\0\0\0",
        b"<27>1 - h p - - [a b=\"c\"] ",
        b"#011#012#015",
        b"\x1b[0m",
        b"\r",
        b"\n",
        b"\n\n",
        b"db-1  | ",
    ]
    .iter()
    .map(|piece| piece.to_vec())
    .collect();
    prop_oneof![prop::sample::select(known), prop::collection::vec(any::<u8>(), 0..12)]
}

proptest! {
    #[test]
    fn no_byte_is_lost(pieces in prop::collection::vec(fragment(), 0..24), cuts in any::<u64>()) {
        let raw = pieces.concat();
        let _ = detect(&raw);
        for transport in ALL {
            decoded(&raw, transport);
            let (mut decoder, mut out) = (Decoder::new(2026), Decoded::default());
            // Transports change on the way too: a rotated file can begin with another one.
            for (at, chunk) in raw.split_inclusive(|byte| *byte == b'\n').enumerate() {
                let other = cuts >> (at % 64) & 1 == 1 && cuts % 3 == 0;
                let transport = if other { Transport::JournaldExport } else { transport };
                decoder.decode(chunk, at as u64 + 1, transport, &mut out);
            }
            decoder.finish(&mut out);
            assert_conserved(&raw, &out);
        }
    }
}
