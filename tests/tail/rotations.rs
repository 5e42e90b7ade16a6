//! The matrix: what rotation, operators and file systems do to a log.

use std::fs;
use std::path::Path;

use galera_rca::source::tail::{GapReason, Note, Start, Tail};

use crate::bench::Bench;

/// A bench with 100 lines written and read.
fn begun() -> (Bench, crate::bench::Writer) {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    bench.write(&mut writer, 100);
    bench.look();
    (bench, writer)
}

#[test]
fn rename_pause_new_file() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    bench.look();
    writer.flush_logs();
    bench.write(&mut writer, 100);
    bench.look();
    bench.assert_all();
    assert_eq!(bench.got.count(|note| matches!(note, Note::Vanished { .. })), 1);
    let moved = |note: &Note| matches!(note, Note::Replaced { moved_to: Some(to), .. } if to.ends_with("error.log.1"));
    assert_eq!(bench.got.count(moved), 1);
}

#[test]
fn the_writer_keeps_the_old_file_until_flush() {
    for created_at_once in [false, true] {
        let (mut bench, mut writer) = begun();
        bench.rename();
        if created_at_once {
            bench.writer();
        }
        for _ in 0..3 {
            bench.write(&mut writer, 10);
            bench.look();
            // As long as nothing comes to the new file, nothing is closed.
            bench.pass(300);
        }
        bench.write(&mut writer, 10);
        writer.flush_logs();
        bench.write(&mut writer, 100);
        bench.look();
        bench.assert_all();
    }
}

#[test]
fn rename_and_create_at_once() {
    let (mut bench, mut writer) = begun();
    bench.write(&mut writer, 10);
    bench.rename();
    writer.flush_logs();
    bench.write(&mut writer, 100);
    bench.look();
    bench.assert_all();
}

#[test]
fn ten_rotations_each_seen() {
    let (mut bench, mut writer) = begun();
    for _ in 0..10 {
        bench.write(&mut writer, 50);
        bench.rename();
        bench.write(&mut writer, 5);
        writer.flush_logs();
        bench.write(&mut writer, 50);
        bench.look();
        bench.pass(1);
    }
    bench.assert_all();
    assert_eq!(bench.got.count(|note| matches!(note, Note::Replaced { .. })), 10);
}

#[test]
fn ten_rotations_none_seen() {
    let (mut bench, mut writer) = begun();
    for _ in 0..10 {
        bench.write(&mut writer, 50);
        bench.rename();
        bench.write(&mut writer, 5);
        writer.flush_logs();
        bench.write(&mut writer, 50);
    }
    bench.look();
    bench.assert_all();
    assert_eq!(bench.got.count(|note| matches!(note, Note::Replaced { .. })), 1);
}

#[test]
fn unseen_rotations_are_read_compressed_too() {
    for ending in ["gz", "zst", "xz"] {
        let (mut bench, mut writer) = begun();
        for round in 0..6 {
            bench.write(&mut writer, 50);
            bench.rename();
            writer.flush_logs();
            // The files get older than the next one, whatever the file system's clock.
            if round > 1 {
                bench.compress(1, ending);
            }
        }
        bench.write(&mut writer, 50);
        bench.look();
        bench.assert_all();
    }
}

#[test]
fn old_files_are_not_read_again_when_they_are_compressed() {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    // Rotated before the start: not wanted.
    writer.write("an old line, rotated long ago, before anybody followed\n".repeat(20));
    bench.rename();
    writer.flush_logs();
    bench.write(&mut writer, 10);
    bench.look();
    for _ in 0..4 {
        // Compressed one rotation later, as with delaycompress.
        bench.compress(1, "gz");
        bench.rename();
        writer.flush_logs();
        bench.write(&mut writer, 10);
        bench.look();
        // Long enough for the old file to be closed.
        bench.pass(61);
        bench.look();
    }
    bench.assert_all();
}

#[test]
fn a_missing_rotation_is_told() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    writer.flush_logs();
    writer.write("lost with its file\n");
    bench.rename();
    writer.flush_logs();
    fs::remove_file(bench.beside("error.log.1")).expect("removed");
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_lines();
    let missing =
        |note: &Note| matches!(note, Note::Gap { bytes: None, reason: GapReason::RotationMissing { number: 1 } });
    assert_eq!((bench.got.count(missing), bench.got.gaps()), (1, 1), "{:?}", bench.got.notes);
}

#[test]
fn a_damaged_rotation_gives_its_good_part_and_a_gap() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    writer.flush_logs();
    writer.write("x\n".repeat(100_000));
    bench.rename();
    writer.flush_logs();
    bench.compress(1, "gz");
    let path = bench.beside("error.log.1.gz");
    let whole = fs::read(&path).expect("a file");
    fs::write(&path, &whole[..whole.len() / 2]).expect("cut");
    bench.write(&mut writer, 10);
    bench.look();
    let lines = bench.got.lines();
    assert_eq!(lines.last(), bench.expected.last());
    assert!(lines.len() < 100_110 && lines.len() > 110, "{}", lines.len());
    assert_eq!(bench.got.gaps(), 1, "{:?}", bench.got.notes);
}

#[test]
fn a_foreign_compression_is_a_gap() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    writer.flush_logs();
    writer.write("lost\n");
    bench.rename();
    writer.flush_logs();
    fs::remove_file(bench.beside("error.log.1")).expect("removed");
    fs::write(bench.beside("error.log.1.bz2"), b"BZh91AY&SY....").expect("a file");
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_lines();
    assert_eq!(bench.got.gaps(), 1, "{:?}", bench.got.notes);
}

#[test]
fn other_files_with_such_a_name_are_not_read() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    writer.flush_logs();
    for name in ["error.log.audit", "error.log.swp", "error.log2", "error.log.1.md5"] {
        fs::write(bench.beside(name), "something else\n").expect("a file");
    }
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[test]
fn two_rotations_with_no_pause_and_a_late_flush() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    bench.writer();
    bench.rename();
    bench.writer();
    bench.write(&mut writer, 50);
    bench.look();
    bench.write(&mut writer, 5);
    writer.flush_logs();
    bench.write(&mut writer, 50);
    bench.look();
    bench.assert_all();
}

#[test]
fn the_file_in_between_may_still_be_written_to() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    writer.flush_logs();
    bench.rename();
    bench.writer();
    bench.look();
    bench.write(&mut writer, 20);
    bench.look();
    writer.flush_logs();
    bench.write(&mut writer, 20);
    bench.look();
    bench.assert_all();
}

#[test]
fn an_empty_file_with_the_inode_of_a_closed_one_is_held() {
    let (mut bench, mut writer) = begun();
    for _ in 0..4 {
        fs::remove_file(&bench.path).expect("removed");
        writer.flush_logs();
        bench.look();
    }
    bench.write(&mut writer, 1);
    bench.look();
    bench.pass(61);
    // The deleted files are closed now, and the file system gives their inodes again.
    bench.look();
    for _ in 0..4 {
        bench.rename();
        writer.flush_logs();
    }
    bench.rename();
    bench.writer();
    bench.look();
    bench.write(&mut writer, 1);
    bench.look();
    bench.assert_all();
}

#[test]
fn an_empty_old_file_is_no_news() {
    let mut bench = Bench::new();
    fs::write(bench.beside("error.log.1"), "").expect("a file");
    let mut writer = bench.writer();
    for _ in 0..3 {
        bench.write(&mut writer, 5);
        bench.look();
        fs::remove_file(&bench.path).expect("removed");
        bench.look();
        bench.pass(1);
        bench.look();
        writer.flush_logs();
    }
    bench.look();
    bench.assert_all();
}

#[test]
fn the_file_in_between_is_found_while_nothing_is_at_the_path() {
    let (mut bench, mut writer) = begun();
    for _ in 0..3 {
        bench.rename();
        writer.flush_logs();
        bench.write(&mut writer, 5);
        bench.rename();
        // Nobody flushes for hours.
        for _ in 0..3 {
            bench.write(&mut writer, 5);
            bench.look();
            bench.assert_all();
            bench.pass(1000);
        }
        writer.flush_logs();
        bench.write(&mut writer, 5);
        // The folder's time of change must have moved on; file systems count in milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(15));
    }
    bench.look();
    bench.assert_all();
}

#[test]
fn a_new_file_renamed_over_the_path() {
    let (mut bench, mut writer) = begun();
    for _ in 0..3 {
        bench.write(&mut writer, 10);
        let aside = bench.beside("new-file");
        let text = bench.next(40);
        fs::write(&aside, text).expect("a file");
        fs::rename(&aside, &bench.path).expect("renamed");
        bench.look();
        writer.flush_logs();
        bench.write(&mut writer, 10);
        bench.look();
    }
    bench.assert_all();
}

#[test]
fn copytruncate() {
    for lines_before in [0, 10] {
        let (mut bench, mut writer) = begun();
        for _ in 0..4 {
            // Not seen before the copy was made.
            bench.write(&mut writer, lines_before);
            bench.copy();
            bench.truncate();
            bench.look();
            bench.write(&mut writer, 10);
            bench.look();
        }
        bench.assert_all();
        assert_eq!(bench.got.count(|note| matches!(note, Note::Truncated { copy: Some(_), .. })), 4);
    }
}

#[test]
fn copytruncate_with_an_immediate_write() {
    let (mut bench, mut writer) = begun();
    bench.copy();
    bench.truncate();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[test]
fn copytruncate_regrown_past_the_old_size() {
    for seen in [false, true] {
        let (mut bench, mut writer) = begun();
        bench.write(&mut writer, 10);
        if seen {
            bench.look();
        }
        bench.copy();
        bench.truncate();
        bench.write(&mut writer, 300);
        bench.look();
        bench.assert_all();
        assert_eq!(bench.got.count(|note| matches!(note, Note::Truncated { .. })), 1);
    }
}

#[test]
fn copytruncate_several_times_unseen_and_compressed() {
    let (mut bench, mut writer) = begun();
    for _ in 0..4 {
        bench.write(&mut writer, 30);
        bench.copy();
        bench.compress(1, "gz");
        bench.truncate();
    }
    bench.write(&mut writer, 30);
    bench.look();
    bench.assert_all();
}

#[test]
fn truncation_without_a_copy_is_told() {
    let (mut bench, mut writer) = begun();
    let seen = bench.got.text.len() as u64;
    writer.write("never seen\n");
    bench.truncate();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_lines();
    let told = |note: &Note| matches!(note, Note::Truncated { read, copy: None, .. } if *read == seen);
    assert_eq!(bench.got.count(told), 1);
}

#[test]
fn a_half_line_is_cut_by_a_truncation() {
    let (mut bench, mut writer) = begun();
    writer.write("half a li");
    bench.look();
    bench.truncate();
    bench.look();
    assert!(bench.got.text.ends_with(b"half a li"));
    assert_eq!(bench.got.cuts, 1);
    bench.got.text.push(b'\n');
    bench.expected.push("half a li".to_owned());
    bench.write(&mut writer, 3);
    bench.look();
    bench.assert_lines();
}

#[test]
fn delete_pause_recreate() {
    let (mut bench, mut writer) = begun();
    fs::remove_file(&bench.path).expect("removed");
    bench.write(&mut writer, 10);
    bench.look();
    writer.flush_logs();
    bench.write(&mut writer, 100);
    bench.look();
    bench.assert_all();
}

#[test]
fn delete_and_recreate_at_once() {
    let (mut bench, mut writer) = begun();
    for _ in 0..20 {
        // The file system would give the inode again if the old file were not held.
        bench.write(&mut writer, 3);
        fs::remove_file(&bench.path).expect("removed");
        writer.flush_logs();
        bench.write(&mut writer, 3);
        bench.look();
    }
    bench.assert_all();
}

#[test]
fn delete_while_the_writer_holds_it() {
    let (mut bench, mut writer) = begun();
    fs::remove_file(&bench.path).expect("removed");
    for _ in 0..5 {
        bench.write(&mut writer, 20);
        bench.look();
        bench.pass(1000);
    }
    bench.assert_all();
}

#[test]
fn a_file_that_comes_later() {
    for start in [Start::Beginning, Start::End] {
        let mut bench = Bench::new();
        bench.tail = Tail::new(bench.path.clone(), start);
        bench.look();
        bench.look();
        assert_eq!(bench.got.count(|note| matches!(note, Note::Missing)), 1);
        let mut writer = bench.writer();
        bench.write(&mut writer, 200);
        bench.look();
        bench.assert_all();
        assert_eq!(bench.got.count(|note| matches!(note, Note::Appeared { .. })), 1);
    }
}

#[test]
fn a_file_moved_in_with_content() {
    let mut bench = Bench::new();
    bench.tail = Tail::new(bench.path.clone(), Start::End);
    bench.look();
    let text = bench.next(100);
    fs::write(bench.beside("elsewhere"), text).expect("a file");
    fs::rename(bench.beside("elsewhere"), &bench.path).expect("renamed");
    bench.look();
    let mut writer = bench.writer();
    bench.write(&mut writer, 100);
    bench.look();
    bench.assert_all();
}

#[test]
fn a_folder_that_comes_later() {
    let mut bench = Bench::in_folder("var/log");
    bench.look();
    fs::create_dir_all(bench.path.parent().expect("a folder")).expect("a folder");
    bench.look();
    let mut writer = bench.writer();
    bench.write(&mut writer, 100);
    bench.look();
    bench.assert_all();
}

#[test]
fn a_folder_moved_away_and_made_again() {
    let mut bench = Bench::in_folder("log");
    let folder = bench.path.parent().map(Path::to_path_buf).expect("a folder");
    fs::create_dir(&folder).expect("a folder");
    let mut writer = bench.writer();
    bench.write(&mut writer, 50);
    bench.look();
    fs::rename(&folder, bench.folder.path().join("log.old")).expect("moved");
    bench.write(&mut writer, 50);
    bench.look();
    fs::create_dir(&folder).expect("a folder");
    bench.write(&mut writer, 50);
    writer.flush_logs();
    bench.write(&mut writer, 50);
    bench.look();
    bench.assert_all();
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_pointed_elsewhere_and_back() {
    let mut bench = Bench::new();
    let targets = [bench.beside("a.txt"), bench.beside("b.txt")];
    for round in 0..6 {
        let target = &targets[round % 2];
        let mut writer = crate::bench::Writer::new(target);
        let link = bench.beside("new-link");
        std::os::unix::fs::symlink(target, &link).expect("a link");
        fs::rename(&link, &bench.path).expect("renamed");
        for _ in 0..2 {
            bench.write(&mut writer, 20);
            bench.look();
            // The old target is closed meanwhile, and read on when it is the newest again.
            bench.pass(61);
            bench.look();
        }
    }
    bench.assert_all();
}

#[cfg(unix)]
#[test]
fn rotation_where_a_symbolic_link_leads() {
    let mut bench = Bench::in_folder("link");
    let real = bench.folder.path().join("data");
    fs::create_dir(&real).expect("a folder");
    fs::create_dir(bench.path.parent().expect("a folder")).expect("a folder");
    let target = real.join("mysqld.err");
    let mut writer = crate::bench::Writer::new(&target);
    std::os::unix::fs::symlink(&target, &bench.path).expect("a link");
    bench.write(&mut writer, 20);
    bench.look();
    for number in [3, 2, 1] {
        bench.write(&mut writer, 20);
        fs::rename(&target, real.join(format!("mysqld.err.{number}"))).expect("renamed");
        writer.flush_logs();
    }
    bench.write(&mut writer, 20);
    bench.look();
    bench.assert_all();
}

#[test]
fn an_old_file_is_closed_after_silence_and_still_not_lost() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    let mut new = bench.writer();
    bench.write(&mut new, 10);
    bench.look();
    bench.pass(61);
    bench.look();
    // Too late, but the next rotation finds it.
    bench.write(&mut writer, 10);
    bench.look();
    assert_eq!(bench.got.lines().len(), 110);
    bench.rename();
    new.flush_logs();
    bench.write(&mut new, 10);
    bench.look();
    bench.assert_all();
}

#[test]
fn what_is_no_file_is_told_and_waited_out() {
    let mut bench = Bench::new();
    fs::create_dir(&bench.path).expect("a folder");
    bench.look();
    bench.look();
    assert_eq!(bench.got.count(|note| matches!(note, Note::Unreadable { .. })), 1);
    fs::remove_dir(&bench.path).expect("removed");
    bench.look();
    let mut writer = bench.writer();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[cfg(unix)]
#[test]
fn a_pipe_at_the_path_does_not_block() {
    let mut bench = Bench::new();
    let made = std::process::Command::new("mkfifo").arg(&bench.path).status();
    if made.is_ok_and(|status| status.success()) {
        bench.look();
        assert_eq!(bench.got.count(|note| matches!(note, Note::Unreadable { .. })), 1);
    }
}

#[test]
fn dates_for_numbers() {
    let (mut bench, mut writer) = begun();
    for day in 20..25 {
        bench.write(&mut writer, 10);
        let name = format!("error.log-202411{day}");
        fs::rename(&bench.path, bench.beside(&name)).expect("renamed");
        writer.flush_logs();
    }
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}
