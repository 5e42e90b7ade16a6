//! The fast engine against the obvious one, and its bounds: nothing here needs a clock.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use galera_rca::rules::table::Table;
use galera_rca::rules::{literal, load};
use galera_rca::scan::block::{Block, Scratch};
use galera_rca::scan::naive;
use galera_rca::scan::scanner::Scanner;
use wait4::Wait4 as _;

/// Candidate lines for each line that a regex really matches, over all samples.
const CANDIDATES_PER_HIT: f64 = 2.0;

/// Peak memory of the whole process in bytes, all its pages counted: on any size, and with single lines of 64 MB.
///
/// The promises are for the release binary. A debug binary has some more pages of its own.
const PEAK: u64 = (32 << 20) + MORE_PAGES;
const PEAK_LONG_LINES: u64 = (48 << 20) + MORE_PAGES;
const MORE_PAGES: u64 = if cfg!(debug_assertions) { 4 << 20 } else { 0 };

/// Streamed for each number of threads, in bytes.
const STREAMED: usize = 100 << 20;

/// Set in a process that `alone` has started.
const ALONE: &str = "GALERA_RCA_TEST_ALONE";

fn scanner() -> Scanner {
    Scanner::new(Table::new(load::embedded().expect("built in")).expect("they compile")).expect("they fit")
}

/// Lines per signal as the fast engine counts them, the text cut into blocks of about this size.
fn fast(scanner: &Scanner, text: &[u8], block_size: usize) -> BTreeMap<usize, u64> {
    let mut counts = BTreeMap::new();
    let mut scratch = Scratch::default();
    let mut rest = text;
    while !rest.is_empty() {
        let newline = rest.iter().skip(block_size).position(|byte| *byte == b'\n');
        let end = newline.map_or(rest.len(), |newline| block_size + newline + 1).min(rest.len());
        let (part, after) = rest.split_at(end);
        let scanned = scanner.scan(Block { text: part.to_vec(), first_line: 1, ..Block::default() }, &mut scratch);
        for (signal, count) in scanned.quiet {
            *counts.entry(signal as usize).or_default() += count;
        }
        for signal in scanned.hits.iter().flat_map(|hit| &hit.signals) {
            *counts.entry(*signal as usize).or_default() += 1;
        }
        rest = after;
    }
    counts
}

fn slow(scanner: &Scanner, text: &[u8]) -> BTreeMap<usize, u64> {
    let mut counts = BTreeMap::new();
    for (_, signal) in naive::matches(&scanner.table, text) {
        *counts.entry(signal).or_default() += 1;
    }
    counts
}

fn logs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            logs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "log") {
            found.push(path);
        }
    }
    found.sort();
}

/// Lines of every kind that rules know: all examples, with noise between them.
fn generated() -> Vec<u8> {
    let mut text = Vec::new();
    for (number, one) in load::embedded().expect("built in").iter().enumerate() {
        for example in &one.rule.examples {
            text.extend_from_slice(example.log.as_bytes());
            text.push(b'\n');
        }
        let noise = format!(
            "2026-03-01  7:37:08 {number} [Warning] Aborted connection {number} to db: 'd{number}' user: 'u' host: '10.0.0.9' (Got timeout reading communication packets)\n\
             2026-03-01  7:37:08 0 [Note] InnoDB: log sequence number {number}; transaction id {number}\n"
        );
        text.extend_from_slice(noise.as_bytes());
    }
    text
}

#[test]
fn the_fast_engine_finds_what_the_naive_loop_finds_in_all_samples() {
    let scanner = scanner();
    let mut paths = Vec::new();
    logs(&support::root().join("samples"), &mut paths);
    // Every third log: the naive loop is slow, and all samples share most of their lines.
    for path in paths.iter().step_by(3) {
        let text = std::fs::read(path).expect("a sample");
        assert_eq!(fast(&scanner, &text, 1 << 20), slow(&scanner, &text), "{}", path.display());
    }
}

#[test]
fn the_fast_engine_finds_what_the_naive_loop_finds_whatever_the_block_size() {
    let scanner = scanner();
    let text = generated();
    let want = slow(&scanner, &text);
    assert!(want.len() > 400, "only {} signals have an example", want.len());
    for size in [1, 1 << 10, 40_000, 1 << 20] {
        assert_eq!(fast(&scanner, &text, size), want, "blocks of {size} bytes");
    }
}

#[test]
fn literals_are_long_enough() {
    for signal in &scanner().table.signals {
        assert!(!signal.literals.is_empty(), "{signal:?}");
        assert!(signal.literals.iter().all(|literal| literal.len() >= literal::SHORTEST), "{signal:?}");
    }
}

#[test]
fn candidates_are_nearly_all_hits() {
    let scanner = scanner();
    let mut paths = Vec::new();
    logs(&support::root().join("samples/healthy"), &mut paths);
    let (mut candidates, mut hits) = (0, 0);
    for path in paths {
        for (candidate, hit) in scanner.candidates(&std::fs::read(path).expect("a sample")) {
            candidates += candidate;
            hits += hit;
        }
    }
    let ratio = candidates as f64 / hits as f64;
    assert!(ratio <= CANDIDATES_PER_HIT, "{candidates} candidates for {hits} hits: {ratio:.2}");
}

/// Runs a test in a fresh process, where no other test runs.
///
/// The peak of a child is never told lower than that of its parent at the time of the start, as Linux counts it (`exec`
/// hands it on), and the tables of the other tests alone are larger than the bounds.
fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return body();
    }
    let own = std::env::current_exe().expect("this binary");
    let output = Command::new(own).args(["--exact", test]).env(ALONE, "1").output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "no test of this name: {test}");
}

/// Streams blocks into the real binary and gives its peak memory in bytes, from its start to its end.
fn peak(blocks: impl Iterator<Item = Vec<u8>>, threads: &str) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_galera-rca"))
        .args(["--format", "json", "--threads", threads, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut input = child.stdin.take().expect("a pipe");
    for block in blocks {
        input.write_all(&block).expect("the binary reads");
    }
    drop(input);
    let used = child.wait4().expect("an end");
    assert_eq!(used.status.code(), Some(1), "it ran to its end and found something");
    used.rusage.maxrss
}

#[test]
fn memory_does_not_grow_with_the_input() {
    alone("memory_does_not_grow_with_the_input", || {
        let mut paths = Vec::new();
        logs(&support::root().join("samples"), &mut paths);
        let all: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a sample")).collect();
        let rounds = STREAMED.div_ceil(all.iter().map(Vec::len).sum());
        for threads in ["1", "2"] {
            let peak = peak(all.iter().cycle().take(all.len() * rounds).cloned(), threads);
            assert!(peak <= PEAK, "{threads} threads: {peak} bytes");
        }
    });
}

#[test]
fn long_lines_do_not_grow_memory() {
    alone("long_lines_do_not_grow_memory", || {
        let line = || {
            let part = vec![b'x'; 1 << 20];
            let end = b"\n2026-03-01  7:37:08 0 [ERROR] Aborting\n".to_vec();
            std::iter::repeat_n(part, 64).chain(std::iter::once(end))
        };
        let peak = peak(line().chain(line()).chain(line()), "2");

        assert!(peak <= PEAK_LONG_LINES, "{peak} bytes");
    });
}
