use super::super::scratch::Scratch;
use super::super::{STDIN, folder};
use super::*;

/// The first run of 14 digits and signs as in "2024-05-01 09:05:01", without the signs.
fn first_stamp(bytes: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| {
        let digits: String = line.get(..19)?.chars().filter(char::is_ascii_digit).collect();
        (digits.len() == 14).then(|| digits.parse().ok())?
    })
}

fn line(day: u32) -> String {
    format!("2024-05-{day:02} 09:05:01 0 [Note] WSREP: Synchronized with group\n")
}

/// Sources as "stem [node]: files", so that a test reads at a glance.
fn shown(scratch: &Scratch, sources: &[LogSource]) -> Vec<String> {
    let one = |source: &LogSource| {
        let files: Vec<_> = source.files.iter().map(|path| scratch.short(path)).collect();
        let node = source.node.as_ref().map(|node| format!(" [{node}]")).unwrap_or_default();
        format!("{}{node}: {}", source.stem, files.join(" "))
    };
    sources.iter().map(one).collect()
}

/// Discovers in the given order and in the reverse one, which must not matter.
fn find(scratch: &Scratch, arguments: &[&str], named: &[(&str, &str)]) -> (Vec<String>, Vec<InputProblem>) {
    let at = |name: &str| {
        if name == STDIN { PathBuf::from(name) } else { scratch.path(name) }
    };
    let mut arguments: Vec<PathBuf> = arguments.iter().map(|name| at(name)).collect();
    let mut named: Vec<(String, PathBuf)> = named.iter().map(|(node, name)| ((*node).to_owned(), at(name))).collect();
    let result = discover(&arguments, &named, first_stamp);
    arguments.reverse();
    named.reverse();
    assert_eq!(result, discover(&arguments, &named, first_stamp));
    (shown(scratch, &result.0), result.1)
}

#[test]
fn rotated_siblings_become_one_source_oldest_first() {
    let scratch = Scratch::new("siblings");
    scratch.file("error.log", line(9));
    scratch.file("error.log.1", line(8));
    scratch.file("error.log.2.gz", line(7));
    scratch.file("error.log-20240506", line(6));
    let names = ["error.log.1", "error.log", "error.log-20240506", "error.log.2.gz"];
    let (sources, problems) = find(&scratch, &names, &[]);
    assert_eq!(problems, []);
    let root = file_name(&scratch);
    let files = "error.log-20240506 error.log.2.gz error.log.1 error.log";
    assert_eq!(sources, [format!("{root}: {files}")]);
    assert_eq!(find(&scratch, &["."], &[]).0.len(), 1);
}

fn file_name(scratch: &Scratch) -> String {
    folder::file_name(&scratch.root)
}

#[test]
fn content_beats_names_and_names_help_without_stamps() {
    let scratch = Scratch::new("order");
    scratch.file("a.log", line(1));
    scratch.file("a.log.1", line(3));
    scratch.file("a.log.2", "no stamp\n");
    scratch.file("b.log", "none\n");
    scratch.file("b.log.1", "none\n");
    scratch.file("b.log.10", "none\n");
    let (sources, _) = find(&scratch, &["."], &[]);
    assert_eq!(sources, ["a: a.log a.log.2 a.log.1", "b: b.log.10 b.log.1 b.log"]);
}

#[test]
fn nodes_are_not_taken_for_rotations() {
    let scratch = Scratch::new("nodes");
    for name in ["node.1.log", "node.2.log", "x.log", "x.1.log", "pxc-0.log", "pxc-1.log"] {
        scratch.file(name, line(1));
    }
    let (sources, _) = find(&scratch, &["."], &[]);
    assert_eq!(
        sources,
        ["node.1: node.1.log", "node.2: node.2.log", "pxc-0: pxc-0.log", "pxc-1: pxc-1.log", "x: x.1.log x.log",]
    );
}

#[test]
fn generic_names_take_the_folder_and_doubles_a_number() {
    let scratch = Scratch::new("stems");
    for name in [
        "node2/error.log",
        "node10/mysqld.log",
        "node10/error.log",
        "a/mysql/error.log",
        "b/mysql/error.log",
        "c/node1.log",
        "d/node1.log",
    ] {
        scratch.file(name, line(1));
    }
    let names = ["node2", "node10", "a/mysql", "b/mysql", "c/node1.log", "d/node1.log"];
    let (sources, _) = find(&scratch, &names, &[]);
    assert_eq!(
        sources,
        [
            "a: a/mysql/error.log",
            "b: b/mysql/error.log",
            "node1: c/node1.log",
            "node1-2: d/node1.log",
            "node2: node2/error.log",
            "node10: node10/error.log",
            "node10-2: node10/mysqld.log",
        ]
    );
    let (sources, _) = find(&scratch, &["a/mysql/error.log"], &[]);
    assert_eq!(sources, ["error: a/mysql/error.log"]);
}

#[test]
fn backup_logs_name_their_node() {
    let scratch = Scratch::new("backup");
    for name in [
        "node3.log",
        "node3.mariabackup.backup.log",
        "node3.mariabackup.prepare.log",
        "node4/innobackup.backup.log",
        "mysql/mariabackup.move.log",
    ] {
        scratch.file(name, line(1));
    }
    let (sources, _) = find(&scratch, &[".", "mysql/mariabackup.move.log"], &[]);
    assert_eq!(
        sources,
        [
            "mariabackup.move: mysql/mariabackup.move.log",
            "node3: node3.log",
            "node3.mariabackup.backup [node3]: node3.mariabackup.backup.log",
            "node3.mariabackup.prepare [node3]: node3.mariabackup.prepare.log",
            "node4.innobackup.backup [node4]: node4/innobackup.backup.log",
        ]
    );
}

#[test]
fn given_names_win_and_hold_for_siblings() {
    let scratch = Scratch::new("named");
    for name in ["error.log", "error.log.1", "x.log.1", "x.log.2", "innobackup.backup.log"] {
        scratch.file(name, line(1));
    }
    let (sources, problems) = find(&scratch, &["error.log.1"], &[("db1", "error.log")]);
    assert_eq!((sources, problems), (vec!["db1 [db1]: error.log.1 error.log".to_owned()], vec![]));
    let (sources, _) = find(&scratch, &[], &[("a", "x.log.1"), ("b", "x.log.2")]);
    assert_eq!(sources, ["a [a]: x.log.1", "b [b]: x.log.2"]);
    let (sources, _) = find(&scratch, &[], &[("c", "innobackup.backup.log")]);
    assert_eq!(sources, ["c.innobackup.backup [c]: innobackup.backup.log"]);
    let twice = [("b", "error.log"), ("a", "error.log")];
    let (sources, problems) = find(&scratch, &[], &twice);
    assert_eq!(sources, ["a [a]: error.log"]);
    assert!(matches!(&problems[..], [InputProblem::NamedTwice { .. }]));
}

#[test]
fn folders_give_logs_only_and_data_folders_are_not_entered() {
    let scratch = Scratch::new("folder");
    scratch.file("node1.txt", line(1));
    scratch.file("notes", "call the customer\n");
    scratch.file("my.cnf", "[mysqld]\n");
    scratch.file("tc.log", [0_u8, 1, 2, 3, 0, 0]);
    scratch.file("empty.log", "");
    scratch.file("mysql/error.log", line(1));
    scratch.file("shop/orders.ibd", [0; 64]);
    scratch.file("shop/orders.log", line(1));
    scratch.file("data/ibdata1", [0; 64]);
    scratch.file("data/db7.err", line(1));
    scratch.file("data/mysql/general.log", line(1));
    scratch.file("far/too/deep.log", line(1));
    let (sources, problems) = find(&scratch, &["."], &[]);
    let expected = ["db7: data/db7.err", "error: mysql/error.log", "node1: node1.txt"];
    assert_eq!(sources, expected);
    let path = scratch.path(".");
    assert_eq!(
        problems,
        [InputProblem::Empty { path: scratch.path("empty.log") }, InputProblem::Skipped { path, files: 4, folders: 3 },]
    );
    assert!(problems.iter().all(|problem| !problem.is_fatal()));
    let (sources, problems) = find(&scratch, &["far/too/deep.log", "shop"], &[]);
    assert_eq!(sources, ["deep: far/too/deep.log", "orders: shop/orders.log"]);
    assert_eq!(problems.len(), 1);
}

#[test]
fn what_the_user_names_is_never_skipped_silently() {
    let scratch = Scratch::new("explicit");
    scratch.file("tc.log", [0_u8, 1, 2, 3, 0, 0]);
    scratch.file("notes", "no stamp\n");
    std::fs::create_dir(scratch.path("nothing")).unwrap();
    let (sources, problems) = find(&scratch, &["tc.log", "notes", "gone", "nothing"], &[]);
    assert_eq!(sources, ["notes: notes"]);
    assert!(matches!(
        &problems[..],
        [InputProblem::NotFound { .. }, InputProblem::Binary { .. }, InputProblem::NoLogInFolder { skipped: 0, .. },]
    ));
    assert!(problems.iter().all(InputProblem::is_fatal));
}

#[test]
fn a_log_and_its_compressed_copy_are_read_once() {
    let scratch = Scratch::new("copies");
    let packed = zstd::stream::encode_all(line(1).as_bytes(), 1).unwrap();
    scratch.file("a.log.1", line(1));
    scratch.file("a.log.1.zst", &packed);
    scratch.file("a.log.2.zst", packed);
    scratch.file("b.log", line(1));
    let (sources, problems) = find(&scratch, &["."], &[]);
    assert_eq!(sources, ["a: a.log.2.zst a.log.1", "b: b.log"]);
    let (path, of) = (scratch.path("a.log.1.zst"), scratch.path("a.log.1"));
    assert_eq!(problems, [InputProblem::Copy { path, of }]);
}

#[cfg(unix)]
#[test]
fn links_and_loops_are_read_once() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new("links");
    scratch.file("node1/node1.log", line(1));
    symlink(scratch.path("node1/node1.log"), scratch.path("a.log")).unwrap();
    symlink(&scratch.root, scratch.path("node1/loop")).unwrap();
    symlink(&scratch.root, scratch.path("self")).unwrap();
    symlink("nowhere", scratch.path("dangling.log")).unwrap();
    symlink("circle.log", scratch.path("circle.log")).unwrap();
    let names = ["a.log", ".", "node1/node1.log", "self", "node1"];
    let (sources, _) = find(&scratch, &names, &[]);
    assert_eq!(sources, ["node1: node1/node1.log"]);
    let (_, problems) = find(&scratch, &["circle.log", "dangling.log"], &[]);
    assert_eq!(problems.len(), 2);
}

#[test]
fn stdin_is_a_source_once() {
    let scratch = Scratch::new("stdin");
    assert_eq!(find(&scratch, &["-", "-"], &[]), (vec!["stdin: -".to_owned()], vec![]));
    assert_eq!(find(&scratch, &[], &[("db1", "-")]).0, ["db1 [db1]: -"]);
}
