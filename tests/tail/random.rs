//! Any sequence of operations of those that can be followed without loss.

use std::fs;

use proptest::prelude::*;

use crate::bench::Bench;

#[derive(Debug, Clone, Copy)]
enum Step {
    Lines(usize),
    /// A line in so many writes, with or without a look between them.
    Torn(usize, bool),
    /// Renamed and opened anew at once.
    Rotate,
    /// Renamed; the server goes on in the old file.
    Rename,
    /// The same, and logrotate creates the new file.
    RenameCreate,
    Flush,
    /// Copied and truncated with nothing written between.
    CopyTruncate,
    DeleteRecreate,
    Compress(u32),
    Look,
    /// Time passes, maybe enough to close old files.
    Pass(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_usize).prop_map(Step::Lines),
        2 => (2..4_usize, any::<bool>()).prop_map(|(parts, look)| Step::Torn(parts, look)),
        2 => Just(Step::Rotate),
        1 => Just(Step::Rename),
        1 => Just(Step::RenameCreate),
        3 => Just(Step::Flush),
        1 => Just(Step::CopyTruncate),
        1 => Just(Step::DeleteRecreate),
        1 => (1..4_u32).prop_map(Step::Compress),
        4 => Just(Step::Look),
        1 => (1..100_u64).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

/// What the server and the world do, with what no follower could see left out.
fn run(steps: &[Step]) {
    let mut bench = Bench::new();
    let mut writer = bench.writer();
    bench.write(&mut writer, 2);
    bench.look();
    // The server writes to the file at the path.
    let mut at_path = true;
    for step in steps {
        match *step {
            Step::Lines(count) => bench.write(&mut writer, count),
            Step::Torn(parts, look) => {
                let text = bench.next(1);
                for part in text.as_bytes().chunks(text.len().div_ceil(parts)) {
                    writer.write(part);
                    if look {
                        bench.look();
                    }
                }
            }
            Step::Rotate if bench.path.exists() => {
                bench.rename();
                writer.flush_logs();
                at_path = true;
            }
            Step::Rename | Step::RenameCreate if bench.path.exists() => {
                bench.rename();
                at_path = false;
                if matches!(step, Step::RenameCreate) {
                    bench.writer();
                }
            }
            Step::Flush => {
                writer.flush_logs();
                at_path = true;
            }
            Step::CopyTruncate if at_path => {
                // At least one byte of the file must have been read.
                bench.look();
                bench.write(&mut writer, 1);
                bench.look();
                bench.write(&mut writer, 1);
                bench.copy();
                bench.truncate();
                // And the truncation must be seen before the next one.
                bench.look();
            }
            Step::DeleteRecreate if at_path => {
                // What was not read before the file is gone cannot be read after.
                bench.look();
                fs::remove_file(&bench.path).expect("removed");
                writer.flush_logs();
            }
            // No tool compresses what is still written to.
            Step::Compress(number) if at_path && bench.beside(&format!("error.log.{number}")).exists() => {
                bench.compress(number, ["gz", "zst", "xz"][number as usize % 3]);
            }
            Step::Look => bench.look(),
            Step::Pass(seconds) => bench.pass(seconds),
            // A deleted file cannot be opened again, so the restart comes after its last line.
            Step::Restart => {
                bench.look();
                let checkpoint = bench.tail.checkpoint().expect("a file was read");
                // The start of an empty file proves nothing once the file was compressed.
                if checkpoint.older.iter().chain([&checkpoint.newest]).all(|position| position.offset > 0) {
                    bench.restart();
                }
            }
            _ => {}
        }
    }
    bench.look();
    writer.flush_logs();
    bench.write(&mut writer, 1);
    bench.look();
    bench.finish();
    bench.assert_lines();
    assert_eq!(bench.got.cuts, 0);
    // A deleted file is missing among the rotated ones; whether more are cannot be known then.
    if !steps.iter().any(|step| matches!(step, Step::DeleteRecreate)) {
        assert_eq!(bench.got.gaps(), 0, "{:?}", bench.got.notes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_torn_or_doubled(steps in prop::collection::vec(step(), 1..40)) {
        run(&steps);
    }
}
