use super::*;

fn parts(name: &str) -> (String, u32, Option<String>) {
    let parsed = LogName::parse(name);
    (parsed.base, parsed.number, parsed.date)
}

#[test]
fn rotations_of_one_log_have_one_base() {
    let names = [
        ("error.log", 0, None),
        ("error.log.1", 1, None),
        ("error.log.12.gz", 12, None),
        ("error.log-20241124", 0, Some("20241124")),
        ("error.log-20241124.xz", 0, Some("20241124")),
        ("error.log.20241124", 0, Some("20241124")),
        ("error.log-2024-11-24_10:15:00.zst", 0, Some("20241124101500")),
        ("error.log-2024112410", 0, Some("2024112410")),
        ("error.log-1732406400", 0, Some("1732406400")),
        ("error.log-20241124.1", 1, Some("20241124")),
        ("error-20241124.log", 0, Some("20241124")),
        ("error.log.old", 1, None),
        ("error.log-old", 1, None),
    ];
    for (name, number, date) in names {
        let expected = ("error.log".to_owned(), number, date.map(str::to_owned));
        assert_eq!(parts(name), expected, "{name}");
    }
    assert_eq!(parts("syslog.2.gz"), ("syslog".to_owned(), 2, None));
    assert_eq!(parts("messages-20241124"), ("messages".to_owned(), 0, Some("20241124".to_owned())));
    assert_eq!(parts("db1.example.com.err.3").0, "db1.example.com.err");
}

#[test]
fn numbers_of_nodes_are_no_rotations() {
    for name in ["192.168.1.11", "node.2", "node-1.log", "node.1.log", "node1.log", "pxc-2.txt"] {
        assert_eq!(parts(name), (name.to_owned(), 0, None), "{name}");
    }
    assert_eq!(parts("node-1-20241124.log").0, "node-1.log");
    assert_eq!(parts("node-20241399.log").0, "node-20241399.log");
    assert_eq!(parts("20241124.log").0, "20241124.log");
}

#[test]
fn a_number_before_the_ending_needs_proof() {
    let inner = LogName::parse("node.2.log").inner_number().unwrap();
    assert_eq!((inner.base.as_str(), inner.number), ("node.log", 2));
    assert_eq!(LogName::parse("node2.log").inner_number(), None);
    assert_eq!(LogName::parse("1.log").inner_number(), None);
}

#[test]
fn stems_and_backup_logs() {
    let stem = |name| LogName::parse(name).stem().to_owned();
    assert_eq!(stem("node1.log"), "node1");
    assert_eq!(stem("error.log.1"), "error");
    assert_eq!(stem("NODE1.LOG.GZ"), "NODE1");
    assert_eq!(stem("db1.example.com.err-20241124.gz"), "db1.example.com");
    let backup = |name| LogName::parse(name).backup().map(|(node, rest)| (node.to_owned(), rest.to_owned()));
    let pair = |node: &str, rest: &str| Some((node.to_owned(), rest.to_owned()));
    assert_eq!(backup("node3.mariabackup.backup.log"), pair("node3", "mariabackup.backup"));
    assert_eq!(backup("a.b.mariabackup.move.log.1.gz"), pair("a.b", "mariabackup.move"));
    assert_eq!(backup("innobackup.prepare.log"), pair("", "innobackup.prepare"));
    assert_eq!(backup("node3.backup.log"), None);
}

#[test]
fn age_sorts_oldest_first() {
    let mut names = ["x.log", "x.log.1", "x.log-20240102", "x.log.10", "x.log-20240101"];
    names.sort_by(|a, b| LogName::parse(a).age().cmp(&LogName::parse(b).age()));
    assert_eq!(names, ["x.log.10", "x.log.1", "x.log-20240101", "x.log-20240102", "x.log"]);
}
