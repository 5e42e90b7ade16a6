//! One line of each generation and program, the borders between them, and the promise never to panic.

use super::{Head, Level, Producer, parse_head};
use proptest::prelude::*;

/// Level, producer, subsystem, thread, stamp and message in one line, so that a table of cases stays readable.
fn summary(line: &str) -> String {
    let Some(head) = parse_head(line.as_bytes()) else {
        return "continuation".into();
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let or_dash = |part: Option<String>| part.unwrap_or_else(|| "-".into());
    format!(
        "{} {:?} {} {} {} | {}",
        or_dash(head.stamp.map(|stamp| stamp.to_string())),
        head.producer,
        or_dash(head.level.map(|level| level.to_string())),
        or_dash(head.subsystem.map(text)),
        or_dash(head.thread.map(|thread| thread.to_string())),
        text(head.message),
    )
}

fn check(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(summary(line), *expected, "{line}");
    }
}

fn head(line: &str) -> Head<'_> {
    parse_head(line.as_bytes()).expect("the line has a head")
}

#[test]
fn mariadb_generations() {
    check(&[
        (
            "2026-11-24  7:43:17 0 [Note] WSREP: Synchronized with group, ready for connections",
            "2026-11-24 07:43:17 Server Note WSREP 0 | Synchronized with group, ready for connections",
        ),
        (
            "2026-11-24 17:43:17 12 [Warning] Aborted connection 12 to db: 'shop'",
            "2026-11-24 17:43:17 Server Warning - 12 | Aborted connection 12 to db: 'shop'",
        ),
        (
            "2026-11-24 7:43:17 0 [Note] WSREP:  cleaning up 1a (tcp://192.0.2.1:4567)",
            "2026-11-24 07:43:17 Server Note WSREP 0 | cleaning up 1a (tcp://192.0.2.1:4567)",
        ),
        (
            "2018-02-01 16:43:55 140249688164096 [Warning] WSREP: Gap in state sequence. Need state transfer.",
            "2018-02-01 16:43:55 Server Warning WSREP 140249688164096 | Gap in state sequence. Need state transfer.",
        ),
        (
            "160613  9:42:32 [Warning] WSREP: last inactive check more than PT1.5S ago",
            "2016-06-13 09:42:32 Server Warning WSREP - | last inactive check more than PT1.5S ago",
        ),
        (
            "130510 12:00:00 Percona XtraDB (http://www.percona.com) 5.5.30 started; log sequence number 123",
            "2013-05-10 12:00:00 Server - - - | Percona XtraDB (http://www.percona.com) 5.5.30 started; log sequence number 123",
        ),
        (
            "2026-11-24  7:43:17 0 [Note] Plugin 'FEEDBACK' is disabled.",
            "2026-11-24 07:43:17 Server Note Plugin 0 | Plugin 'FEEDBACK' is disabled.",
        ),
        (
            "2026-11-24  7:43:17 9 [ERROR] Master 'west': Slave SQL: Error",
            "2026-11-24 07:43:17 Server ERROR - 9 | Master 'west': Slave SQL: Error",
        ),
        ("2026-11-24  7:43:17 0 [ERROR] Aborting", "2026-11-24 07:43:17 Server ERROR - 0 | Aborting"),
        ("2026-11-24  7:43:17 0 [Note] WSREP: ", "2026-11-24 07:43:17 Server Note WSREP 0 | "),
        (
            "2026-11-24  7:43:17 0 [Note] [ssl] is no subsystem of MariaDB",
            "2026-11-24 07:43:17 Server Note - 0 | [ssl] is no subsystem of MariaDB",
        ),
    ]);
}

#[test]
fn mysql_and_pxc_generations() {
    check(&[
        (
            "2016-05-05 06:35:09 21876 [Note] WSREP: Read nil XID",
            "2016-05-05 06:35:09 Server Note WSREP 21876 | Read nil XID",
        ),
        (
            "2019-05-22T17:30:18.539601Z 5 [ERROR] WSREP: Node consistency compromised, aborting...",
            "2019-05-22 17:30:18.539601Z Server ERROR WSREP 5 | Node consistency compromised, aborting...",
        ),
        (
            "2023-10-21T04:01:01.701427+02:00 0 [Note] [MY-000000] [Galera] Votes over 1",
            "2023-10-21 04:01:01.701427+02:00 Server Note Galera 0 | Votes over 1",
        ),
        (
            "2023-03-12T19:35:05.8Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld starting as process 1",
            "2023-03-12 19:35:05.800Z Server System Server 0 | /usr/sbin/mysqld starting as process 1",
        ),
        (
            "2023-03-12T19:36:48.567109Z 0 [ERROR] [MY-000000] [WSREP-SST] Line 1304",
            "2023-03-12 19:36:48.567109Z SstScript ERROR WSREP-SST 0 | Line 1304",
        ),
        (
            "2023-05-29T07:16:33.687981-00:00 2 [ERROR] [MY-011825] [Xtrabackup] xtrabackup_copy_datafile() failed",
            "2023-05-29 07:16:33.687981Z Backup ERROR Xtrabackup 2 | xtrabackup_copy_datafile() failed",
        ),
        (
            "2019-10-24T10:01:18.498862Z mysqld_safe Starting mysqld daemon",
            "2019-10-24 10:01:18.498862Z Safe - - - | Starting mysqld daemon",
        ),
    ]);
    assert_eq!(head("2023-03-12T19:35:05.8Z 0 [ERROR] [MY-010119] [Server] Aborting").code, Some(&b"MY-010119"[..]));
}

#[test]
fn garbd_and_mysqld_safe() {
    check(&[
        (
            "2026-11-24 07:43:33.097  INFO: protonet asio version 0",
            "2026-11-24 07:43:33.097 Garbd Note - - | protonet asio version 0",
        ),
        (
            "2026-11-24 07:43:33.097  WARN: last inactive check",
            "2026-11-24 07:43:33.097 Garbd Warning - - | last inactive check",
        ),
        (
            "2026-11-24 07:43:33.097 FATAL: Exception in creating receive loop",
            "2026-11-24 07:43:33.097 Garbd ERROR - - | Exception in creating receive loop",
        ),
        (
            "161116 18:54:32 mysqld_safe WSREP: Recovered position 00000000-0000-0000-0000-000000000000:-1",
            "2016-11-16 18:54:32 Safe - WSREP - | Recovered position 00000000-0000-0000-0000-000000000000:-1",
        ),
        (
            "mysqld_safe mysqld from pid file /run/mysqld.pid ended",
            "- Safe - - - | mysqld from pid file /run/mysqld.pid ended",
        ),
        ("mariadbd-safe[812]: Starting mariadbd daemon", "- Safe - - 812 | Starting mariadbd daemon"),
        ("mysqld_safety", "continuation"),
    ]);
    let refused = head("2026-11-24 07:43:33.097 ERROR: ./gcs/src/gcs.cpp:gcs_open():1701: Failed to open channel");
    assert_eq!(refused.message, b"Failed to open channel");
    assert_eq!(refused.origin.map(|origin| origin.line), Some(1701));
}

#[test]
fn state_transfer_scripts() {
    check(&[
        (
            "WSREP_SST: [INFO] Streaming with tar (20140117 11:56:07.517)",
            "2014-01-17 11:56:07.517 SstScript Note WSREP_SST - | Streaming with tar",
        ),
        (
            "WSREP_SST: [ERROR] Check (a) and (b) (20140117 11:56:07)",
            "2014-01-17 11:56:07 SstScript ERROR WSREP_SST - | Check (a) and (b)",
        ),
        (
            "WSREP_SST: [INFO] output: O = Example Ltd, CN = db1",
            "- SstScript Note WSREP_SST - | output: O = Example Ltd, CN = db1",
        ),
        (
            "        2019-08-25T03:53:37.590506Z WSREP_SST: [ERROR] **** FATAL ERROR **** ",
            "2019-08-25 03:53:37.590506Z SstScript ERROR WSREP_SST - | **** FATAL ERROR ****",
        ),
        (
            "2019-08-25T03:53:37.590506Z WSREP_SST: [ERROR] Line 9",
            "2019-08-25 03:53:37.590506Z SstScript ERROR WSREP_SST - | Line 9",
        ),
        ("-wsrep-sst-joiner: Evaluating timeout", "- SstScript - - - | Evaluating timeout"),
        (
            "[00] 2026-11-24 08:10:56 Connecting to MariaDB server",
            "2026-11-24 08:10:56 Backup - - 0 | Connecting to MariaDB server",
        ),
        (
            "[00] FATAL ERROR: 2026-11-24 08:12:30 mariabackup: Error: failed to copy datafile.",
            "2026-11-24 08:12:30 Backup ERROR - 0 | mariabackup: Error: failed to copy datafile.",
        ),
        ("160613 09:42:32 [01] Copying ./ibdata1", "2016-06-13 09:42:32 Backup - - 1 | Copying ./ibdata1"),
        (
            "160613 09:42:32 >> log scanned up to (1626007)",
            "2016-06-13 09:42:32 Backup - - - | >> log scanned up to (1626007)",
        ),
    ]);
}

#[test]
fn transfer_tools() {
    check(&[
        (
            "2023/04/16 13:39:37 socat[1749839] E SSL_write(): Connection reset by peer",
            "2023-04-16 13:39:37 Socat ERROR - 1749839 | SSL_write(): Connection reset by peer",
        ),
        (
            "2026.11.24 08:13:06 LOG4[0]: CERT: Pre-verification error",
            "2026-11-24 08:13:06 Stunnel Warning - 0 | CERT: Pre-verification error",
        ),
        (
            "2026.11.24 08:03:43 LOG3[ui]: Service [stunnel] failed",
            "2026-11-24 08:03:43 Stunnel ERROR - - | Service [stunnel] failed",
        ),
        (
            "rsync error: error in socket IO (code 10) at clientserver.c(127) [sender=3.2.7]",
            "- Rsync ERROR - - | rsync error: error in socket IO (code 10) at clientserver.c(127) [sender=3.2.7]",
        ),
        (
            "2026/11/24 07:43:17 [812] rsync: connection unexpectedly closed",
            "2026-11-24 07:43:17 Rsync ERROR - 812 | rsync: connection unexpectedly closed",
        ),
        (
            "2023-05-01 09:12:13+00:00 [Note] [Entrypoint]: Switching to dedicated user 'mysql'",
            "2023-05-01 09:12:13Z Entrypoint Note Entrypoint - | Switching to dedicated user 'mysql'",
        ),
        ("mariadb 06:15:22.73 INFO  ==> ** Starting MariaDB **", "- Entrypoint Note - - | ** Starting MariaDB **"),
        (
            "kernel: Out of memory: Killed process 812 (mariadbd)",
            "- Host - - - | kernel: Out of memory: Killed process 812 (mariadbd)",
        ),
        (
            "systemd[1]: mariadb.service: Main process exited, code=killed",
            "- Host - - 1 | systemd[1]: mariadb.service: Main process exited, code=killed",
        ),
        ("Warning: Memory not freed: 32", "continuation"),
    ]);
}

#[test]
fn crashes_and_innodb() {
    check(&[
        (
            "261124  7:43:17 [ERROR] /usr/sbin/mariadbd got signal 6 ;",
            "2026-11-24 07:43:17 Crash ERROR - - | /usr/sbin/mariadbd got signal 6 ;",
        ),
        ("07:43:17 UTC - mysqld got signal 6 ;", "- Crash ERROR - - | mysqld got signal 6 ;"),
        (
            "2026-10-02T13:07:56Z UTC - mysqld got signal 6 ;",
            "2026-10-02 13:07:56Z Crash ERROR - - | mysqld got signal 6 ;",
        ),
        (
            "2026-11-24 07:43:17 0x7f12 InnoDB: Assertion failure in file log0log.cc line 9",
            "2026-11-24 07:43:17 Innodb - InnoDB 32530 | Assertion failure in file log0log.cc line 9",
        ),
        (
            "2014-01-13 17:29:40 7f9d7c7f8700  InnoDB: Assertion failure in thread 1",
            "2014-01-13 17:29:40 Innodb - InnoDB 140314375325440 | Assertion failure in thread 1",
        ),
        (
            "140113 17:29:40 InnoDB: Using Linux native AIO",
            "2014-01-13 17:29:40 Innodb - InnoDB - | Using Linux native AIO",
        ),
        (
            "140113 17:29:40  InnoDB: Starting shutdown...",
            "2014-01-13 17:29:40 Innodb - InnoDB - | Starting shutdown...",
        ),
        (
            "2026-11-24 07:43:17 0x7f12 INNODB MONITOR OUTPUT",
            "2026-11-24 07:43:17 Innodb - INNODB 32530 | INNODB MONITOR OUTPUT",
        ),
        (
            "2026-11-24  7:43:17 0 [ERROR] [FATAL] InnoDB: Semaphore wait has lasted > 600 seconds.",
            "2026-11-24 07:43:17 Server ERROR InnoDB 0 | Semaphore wait has lasted > 600 seconds.",
        ),
    ]);
}

#[test]
fn continuation_lines() {
    for line in [
        "",
        " ",
        "\t",
        "\t1: 8d1f2a3b-0000-11ee-8e2a-aaaaaaaaaaaa, node2",
        "} joined {",
        "})",
        "View:",
        "  id: ce9b:7",
        "================================================",
        "InnoDB: Doing recovery",
        "2026-11-24 07:43:17 0x7f12",
        "2026-11-24",
        "2026-11-24 07:43:17 and then",
        "Server version: 10.11.19-MariaDB",
        "1234567",
        "0x7f12",
        "stack_bottom = 0x0",
        "/usr/sbin/mysqld[0x55d0]",
        "sh: 1: wsrep_sst_xtrabackup-v2: not found",
        "Version: '10.11.19-MariaDB'  socket: ''  port: 3306",
        "00:00:00 UTC - and no crash",
        "2023/04/16 13:39:37 [error] 12#0: nginx",
        "\u{fffd}\u{0}",
    ] {
        assert_eq!(parse_head(line.as_bytes()), None, "{line:?}");
    }
}

#[test]
fn origins_of_all_builds() {
    for (text, function, name, line, message) in [
        (
            "./gcs/src/gcs_group.cpp:group_post_state_exchange():453: Reversing history: 5 -> 3",
            "group_post_state_exchange",
            "group_post_state_exchange",
            453,
            "Reversing history: 5 -> 3",
        ),
        (
            "gcs/src/gcs.cpp:long int gcs_open(gcs_conn_t*, const char*, const char*, bool)():1379: Failed",
            "long int gcs_open(gcs_conn_t*, const char*, const char*, bool)",
            "gcs_open",
            1379,
            "Failed",
        ),
        (
            "/home/buildbot/buildbot/build/gcs/src/gcs.cpp:gcs_open():1476: Failed",
            "gcs_open",
            "gcs_open",
            1476,
            "Failed",
        ),
        ("galera/src/a.hpp:void galera::Task::operator()():7: x", "void galera::Task::operator()", "operator", 7, "x"),
    ] {
        let line_text = format!("2020-09-02 16:16:20 0 [ERROR] WSREP: {text}");
        let head = head(&line_text);
        let origin = head.origin.expect("the line has an origin");
        assert_eq!((origin.function, origin.name(), origin.line), (function.as_bytes(), name.as_bytes(), line));
        assert_eq!(head.message, message.as_bytes());
    }
    for text in ["Failed to open 'a.cpp': x():1", "gcs.cpp:f():x: no number", "a.cpp:", "a.cpp:():1: no name"] {
        let line = format!("2020-09-02 16:16:20 0 [ERROR] WSREP: {text}");
        assert_eq!(head(&line).origin, None, "{text}");
        assert_eq!(head(&line).message, text.as_bytes());
    }
}

#[test]
fn levels_print_as_the_server_prints_them() {
    assert_eq!(Level::Error.to_string(), "ERROR");
    assert_eq!(Level::Warning.to_string(), "Warning");
    assert!(Level::Error < Level::Note);
    assert_eq!(head("2026-11-24 07:43:33.097 FATAL: x").producer, Producer::Garbd);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_head(&line);
    }

    #[test]
    fn near_heads_do_not_make_it_panic(line in r"[0-9TWZ :./+\-\[\]()a-zA-Z]{0,60}") {
        let _ = parse_head(line.as_bytes());
    }

    #[test]
    fn the_message_is_the_tail_of_the_line(text in r"[ -~]{0,60}") {
        let line = format!("2026-11-24  7:43:17 0 [Note] {text}");
        let head = head(&line);
        prop_assert!(line.trim_end().as_bytes().ends_with(head.message));
    }
}
