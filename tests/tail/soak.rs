//! A writer, a rotation and a follower at the same time, for some seconds.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use galera_rca::source::tail::{TICK, Wake};

use crate::bench::{Bench, Writer};

const TIME: Duration = Duration::from_secs(3);

#[test]
fn nothing_is_lost_while_everything_happens_at_once() {
    let mut bench = Bench::new();
    let path = bench.path.clone();
    let wake = Wake::new(vec![path.clone()]);
    let done = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut writer = Writer::new(&path);
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
                if lines / 1000 > rotations && rotations < 200 {
                    rotations += 1;
                    fs::rename(&path, path.with_file_name(format!("error.log-{}", 1_700_000_000 + rotations)))
                        .expect("renamed");
                    for _ in 0..rotations % 3 {
                        writer.write(format!("late line {lines} of rotation {rotations}\n"));
                        thread::sleep(Duration::from_millis(u64::from(rotations % 5)));
                    }
                    writer.flush_logs();
                }
                thread::sleep(Duration::from_micros(300));
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            wake.wait(TICK);
            bench.now = Instant::now();
            bench.look();
        }
        bench.look();
        writer.join()
    });
    written.expect("no error while writing");
    let mut files: Vec<_> =
        fs::read_dir(bench.folder.path()).expect("a folder").flatten().map(|it| it.path()).collect();
    files.sort();
    // `error.log` sorts before its rotated files, but is the newest.
    files.rotate_left(1);
    let expected: Vec<u8> = files.iter().flat_map(|file| fs::read(file).expect("a file")).collect();
    assert!(files.len() > 3 && expected.len() > 10_000, "{} files, {} bytes", files.len(), expected.len());
    assert!(bench.got.text == expected, "{} of {} bytes", bench.got.text.len(), expected.len());
    assert_eq!((bench.got.gaps(), bench.got.cuts), (0, 0), "{:?}", bench.got.notes);
}
