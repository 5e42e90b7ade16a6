//! Going on after a restart, whatever happened meanwhile.

use std::fs;

use galera_rca::source::tail::{GapReason, Note};

use crate::bench::{Bench, Writer};

fn begun() -> (Bench, Writer) {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    bench.write(&mut writer, 100);
    bench.look();
    (bench, writer)
}

#[test]
fn in_the_same_file() {
    let (mut bench, mut writer) = begun();
    let text = bench.next(1);
    writer.write(&text[..10]);
    bench.look();
    let checkpoint = bench.restart();
    assert_eq!(checkpoint.newest.first_line, 101);
    writer.write(&text[10..]);
    bench.write(&mut writer, 5);
    bench.look();
    bench.assert_all();
}

#[test]
fn across_rotations() {
    for rotations in 1..5 {
        for compressed in [0, 1, rotations] {
            let (mut bench, mut writer) = begun();
            bench.restart();
            for _ in 0..rotations {
                bench.write(&mut writer, 20);
                bench.rename();
                writer.flush_logs();
            }
            for number in (rotations + 1 - compressed.min(rotations)..=rotations).rev() {
                bench.compress(number, ["gz", "zst", "xz"][number as usize % 3]);
            }
            bench.write(&mut writer, 20);
            bench.look();
            bench.assert_all();
            bench.write(&mut writer, 20);
            bench.look();
            bench.assert_all();
        }
    }
}

#[test]
fn while_the_writer_still_holds_the_renamed_file() {
    let (mut bench, mut writer) = begun();
    bench.rename();
    bench.writer();
    bench.restart();
    bench.write(&mut writer, 10);
    bench.look();
    bench.write(&mut writer, 10);
    bench.look();
    // Now both are open, and the checkpoint knows both.
    let checkpoint = bench.restart();
    assert_eq!(checkpoint.older.len(), 1);
    bench.write(&mut writer, 10);
    writer.flush_logs();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[test]
fn with_the_path_gone() {
    let (mut bench, mut writer) = begun();
    bench.restart();
    bench.rename();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
    writer.flush_logs();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_all();
}

#[test]
fn across_copytruncate() {
    let (mut bench, mut writer) = begun();
    bench.restart();
    bench.write(&mut writer, 10);
    bench.copy();
    bench.truncate();
    bench.write(&mut writer, 300);
    bench.look();
    bench.assert_all();
}

#[test]
fn with_the_file_lost() {
    let (mut bench, mut writer) = begun();
    bench.restart();
    // Two files that prove nothing.
    fs::write(bench.beside("error.log.1"), "another log\n".repeat(2000)).expect("a file");
    fs::remove_file(&bench.path).expect("removed");
    writer.flush_logs();
    bench.write(&mut writer, 10);
    bench.look();
    bench.assert_lines();
    let lost = |note: &Note| matches!(note, Note::Gap { bytes: None, reason: GapReason::CheckpointLost });
    assert_eq!((bench.got.count(lost), bench.got.gaps()), (1, 1));
}

#[test]
fn an_inode_alone_is_no_proof() {
    let (mut bench, mut writer) = begun();
    bench.restart();
    // The same file with other content: as if its inode had been given to a new file.
    bench.truncate();
    bench.write(&mut writer, 500);
    bench.look();
    bench.assert_lines();
    assert_eq!(bench.got.gaps(), 1);
}

#[test]
fn after_each_step_of_a_long_life() {
    let (mut bench, mut writer) = begun();
    for round in 0..30 {
        match round % 5 {
            0 | 3 => bench.write(&mut writer, 3),
            1 => bench.rename(),
            2 => writer.flush_logs(),
            _ => {
                bench.write(&mut writer, 2);
                bench.copy();
                bench.truncate();
            }
        }
        if round % 2 == 0 {
            bench.restart();
        }
        bench.look();
    }
    bench.look();
    bench.assert_all();
}
