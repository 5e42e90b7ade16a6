//! Bytes are handed out as they are, in whole lines.

use std::time::Duration;

use galera_rca::source::tail::{Note, Start, Tail};

use crate::bench::Bench;

#[test]
fn torn_lines_wait_for_their_other_half() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    for parts in [2, 3] {
        for _ in 0..20 {
            let text = bench.next(1);
            for part in text.as_bytes().chunks(text.len().div_ceil(parts)) {
                writer.write(part);
                bench.look();
            }
        }
    }
    bench.assert_all();
}

#[test]
fn a_waiting_half_line_is_shown_with_its_time() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    bench.write(&mut writer, 2);
    let begun = bench.now;
    writer.write("261124  7:55:29 ");
    bench.look();
    bench.pass(2);
    writer.write("[ERROR] ");
    bench.look();
    let waiting = bench.tail.waiting().expect("half a line");
    assert_eq!((waiting.bytes, waiting.line), (&b"261124  7:55:29 [ERROR] "[..], 3));
    assert_eq!((bench.now - waiting.since, waiting.since), (Duration::from_secs(2), begun));
    writer.write("mariadbd got signal 11 ;\n");
    bench.look();
    assert!(bench.tail.waiting().is_none());
    assert_eq!(bench.got.lines().pop().expect("a line"), "261124  7:55:29 [ERROR] mariadbd got signal 11 ;");
}

#[test]
fn the_last_line_without_newline_comes_at_the_end() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    writer.write("one\ntwo");
    bench.look();
    assert_eq!(bench.got.text, b"one\n");
    bench.finish();
    assert_eq!((bench.got.text.as_slice(), bench.got.cuts), (&b"one\ntwo"[..], 1));
}

#[test]
fn any_byte_is_passed_on() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    let text: &[u8] = b"\xff\xfe invalid\nCR LF\r\nalone\rNUL \0 in it\n\n\n\0\n\xe4\n\x1b[31m\n";
    for byte in text {
        writer.write([*byte]);
        bench.look();
    }
    assert_eq!((bench.got.text.as_slice(), bench.got.cuts), (text, 0));
}

#[test]
fn a_ten_megabyte_line_keeps_its_head() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    bench.write(&mut writer, 1);
    for _ in 0..10 {
        writer.write(vec![b'x'; 1_000_000]);
        bench.look();
        let waiting = bench.tail.waiting().expect("half a line");
        assert!(waiting.bytes.len() <= 1024 * 1024);
    }
    let before = bench.tail.checkpoint().expect("a file").newest;
    assert_eq!((before.first_line, before.offset), (2, bench.got.text.len() as u64));
    writer.write("\n");
    bench.write(&mut writer, 2);
    bench.look();
    let lines = bench.got.lines();
    assert_eq!((lines.len(), lines[1].len()), (4, 1024 * 1024));
    assert_eq!(lines[2..], bench.expected[1..]);
    let dropped = 10_000_000 - 1024 * 1024;
    assert_eq!(bench.got.count(|note| matches!(note, Note::LongLine { dropped: told, .. } if *told == dropped)), 1);
    let after = bench.tail.checkpoint().expect("a file").newest;
    let size = std::fs::metadata(&bench.path).expect("a file").len();
    assert_eq!((after.first_line, after.offset), (5, size));
}

#[test]
fn a_burst_between_two_looks() {
    let megabytes = if cfg!(debug_assertions) { 10 } else { 100 };
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    let count = megabytes * 1_000_000 / 50;
    bench.write(&mut writer, 1);
    bench.look();
    bench.write(&mut writer, count / 2);
    bench.rename();
    bench.write(&mut writer, 1000);
    writer.flush_logs();
    bench.write(&mut writer, count / 2);
    bench.look();
    bench.assert_all();
}

#[test]
fn from_the_end() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    writer.write("old line\n".repeat(100_000));
    writer.write("half of");
    bench.tail = Tail::new(bench.path.clone(), Start::End);
    bench.look();
    assert_eq!(bench.got.text, b"");
    assert_eq!(bench.tail.waiting().map(|waiting| (waiting.bytes, waiting.line)), Some((&b"half of"[..], 100_001)));
    writer.write(" a line\n");
    bench.expected.push("half of a line".to_owned());
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[cfg(unix)]
#[test]
fn the_start_holds_until_the_file_can_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    writer.write("old line\n");
    let permit = |mode| std::fs::set_permissions(&bench.path, std::fs::Permissions::from_mode(mode)).expect("set");
    permit(0o000);
    // The administrator may read everything.
    if std::fs::read(&bench.path).is_ok() {
        return;
    }
    let mut tail = Tail::new(bench.path.clone(), Start::End);
    let mut notes = Vec::new();
    tail.look(bench.now, &mut |delivery| notes.push(delivery));
    tail.look(bench.now, &mut |delivery| notes.push(delivery));
    assert_eq!(notes.len(), 1, "{notes:?}");
    permit(0o644);
    bench.tail = tail;
    bench.look();
    bench.write(&mut writer, 1);
    bench.look();
    bench.assert_all();
}
