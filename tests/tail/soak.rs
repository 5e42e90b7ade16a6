//! A writer, a rotation and a follower at the same time, for some seconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use galera_rca::source::tail::{TICK, Wake};

use crate::bench::{Bench, Writer};

const TIME: Duration = Duration::from_secs(3);
const MOST_ROTATIONS: u32 = 150;

/// Moves the log away; `done` counts the rotations before.
type Rotate = fn(path: &Path, done: u32);

fn by_date(path: &Path, done: u32) {
    fs::rename(path, path.with_file_name(format!("error.log-{}", 1_700_000_000 + done))).expect("renamed");
}

fn by_number(path: &Path, done: u32) {
    let name = |number| path.with_file_name(format!("error.log.{number}"));
    for number in (1..=done).rev() {
        fs::rename(name(number), name(number + 1)).expect("renamed");
    }
    fs::rename(path, name(1)).expect("renamed");
}

/// Writes groups of lines in halves and rotates now and then, with lines that come late.
fn write(path: &Path, rotate: Rotate) {
    let mut writer = Writer::new(path);
    let begun = Instant::now();
    let (mut lines, mut rotations) = (0_u32, 0_u32);
    while begun.elapsed() < TIME {
        for _ in 0..lines % 37 {
            let text = format!("2026-11-24 10:00:00 {lines} [Note] WSREP: soak line {lines}\n");
            let (first, second) = text.split_at(lines as usize % text.len());
            writer.write(first);
            writer.write(second);
            lines += 1;
        }
        lines += 1;
        writer.write(format!("the end of a group {lines}\n"));
        if lines / 500 > rotations && rotations < MOST_ROTATIONS {
            rotate(path, rotations);
            rotations += 1;
            for _ in 0..rotations % 3 {
                writer.write(format!("late line {lines} of rotation {rotations}\n"));
                thread::sleep(Duration::from_millis(u64::from(rotations % 5)));
            }
            writer.flush_logs();
        }
        thread::sleep(Duration::from_micros(300));
    }
}

fn soak(rotate: Rotate, age: fn(&Path) -> i64) {
    let mut bench = Bench::new();
    let path = bench.path.clone();
    let wake = Wake::new(vec![path.clone()]);
    let done = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            write(&path, rotate);
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) && !writer.is_finished() {
            wake.wait(TICK);
            bench.now = Instant::now();
            bench.look();
        }
        bench.look();
        writer.join()
    });
    written.expect("no error while writing");
    let mut files: Vec<PathBuf> =
        fs::read_dir(bench.folder.path()).expect("a folder").flatten().map(|it| it.path()).collect();
    files.sort_by_key(|file| age(file));
    let expected: Vec<u8> = files.iter().flat_map(|file| fs::read(file).expect("a file")).collect();
    assert!(files.len() > 3 && expected.len() > 10_000, "{} files, {} bytes", files.len(), expected.len());
    let same = bench.got.text.iter().zip(&expected).take_while(|(got, expected)| got == expected).count();
    assert!(bench.got.text == expected, "{same} of {} bytes, {:?}", expected.len(), bench.got.notes);
    assert_eq!((bench.got.gaps(), bench.got.cuts), (0, 0), "{:?}", bench.got.notes);
}

/// The digits behind the name of the log.
fn digits(file: &Path) -> Option<i64> {
    file.file_name()?.to_str()?.strip_prefix("error.log")?.get(1..)?.parse().ok()
}

#[test]
fn rotations_by_date_at_full_speed() {
    soak(by_date, |file| digits(file).unwrap_or(i64::MAX));
}

#[test]
fn rotations_by_number_at_full_speed() {
    soak(by_number, |file| -digits(file).unwrap_or(0));
}
