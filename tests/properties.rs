//! What holds for any bytes: nothing is lost, nothing panics, nothing raw gets out, order and cuts make no difference.

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use galera_rca::cluster::collect::{Collector, Window};
use galera_rca::cluster::log::{File, Log};
use galera_rca::cluster::track;
use galera_rca::diagnose::diagnose;
use galera_rca::diagnose::document::{Document, Tool};
use galera_rca::diagnose::printable::printable;
use galera_rca::parse::head::parse_head;
use galera_rca::parse::record::records;
use galera_rca::pipeline::{self, Settings};
use galera_rca::report::{json, markdown, text};
use galera_rca::rules::load;
use galera_rca::rules::table::Table;
use galera_rca::scan::block::{Block, Scanned, Scratch};
use galera_rca::scan::naive;
use galera_rca::scan::scanner::Scanner;
use galera_rca::source::{ChunkReader, Limits, discover};
use galera_rca::transport::{Decoded, Decoder, Transport, detect};
use proptest::prelude::*;
use support::{assert_harmless, outside_of_code, root};
use tempfile::TempDir;

const TRANSPORTS: [Transport; 11] = [
    Transport::Plain,
    Transport::Syslog,
    Transport::JournaldShort,
    Transport::JournaldIso,
    Transport::JournaldJson,
    Transport::JournaldExport,
    Transport::DockerJson,
    Transport::Cri,
    Transport::ContainerPrefix,
    Transport::OperatorJson,
    Transport::FluentBit,
];

/// The built-in rules, ready to scan with: making them takes longer than a case.
fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(|| {
        let table = Table::new(load::embedded().expect("built in")).expect("they compile");
        Scanner::new(table).expect("their literals fit")
    })
}

/// All lines of the sample incidents: random texts are made of real ones.
fn real_lines() -> &'static [Vec<u8>] {
    static LINES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    LINES.get_or_init(|| {
        let mut lines = Vec::new();
        let mut folders: Vec<PathBuf> =
            fs::read_dir(root().join("samples")).expect("samples").map(|entry| entry.expect("entry").path()).collect();
        folders.sort();
        for folder in folders.into_iter().filter(|path| path.is_dir()) {
            for node in ["node1.log", "node2.log", "node3.log"] {
                let log = fs::read(folder.join(node)).unwrap_or_default();
                lines.extend(log.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
            }
        }
        lines
    })
}

fn real_line() -> impl Strategy<Value = Vec<u8>> {
    any::<prop::sample::Index>().prop_map(|index| index.get(real_lines()).clone())
}

/// What transports, terminals and Markdown give a meaning to.
fn mark() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        &b"\x1b[2J"[..],
        b"\x1b]0;t\x07",
        "\u{9b}31m".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{feff}".as_bytes(),
        b"\x7f",
        b"\0",
        b"\r",
        b"\n",
        b"\xff\xc3",
        b"```",
        b"<b>",
        b"2026-11-24  7:43:17 0 [ERROR] WSREP: ",
        b"2026-11-24  7:43:17 0 [Warning] ",
        b"Nov 24 07:43:17 db1 mariadbd[812]: ",
        b"2026-11-24T07:43:17.1Z stderr P ",
        b"{\"log\":\"a\\nb\",\"stream\":\"stderr\"}\n",
        b"{\"MESSAGE\":[27,91,50,74],\"_HOSTNAME\":\"\\u001b[2J\",\"SYSLOG_IDENTIFIER\":\"x\"}\n",
        b"__CURSOR=1\n_HOSTNAME=\x1b[2J\nMESSAGE=",
        b"MESSAGE\n\x03\0\0\0\0\0\0\0",
        b"db\x1b[2J-1  | ",
        b"#033[2J#012",
    ];
    prop::sample::select(known.iter().map(|piece| piece.to_vec()).collect::<Vec<_>>())
}

/// Real lines, whole, cut and spoilt, between marks and noise.
fn any_log() -> impl Strategy<Value = Vec<u8>> {
    let spoilt = (real_line(), any::<prop::sample::Index>(), mark()).prop_map(|(mut line, at, mark)| {
        let at = at.index(line.len() + 1);
        line.splice(at..at, mark);
        line
    });
    let cut =
        (real_line(), any::<prop::sample::Index>()).prop_map(|(line, at)| line[..at.index(line.len() + 1)].to_vec());
    let piece = prop_oneof![
        4 => real_line(),
        3 => spoilt,
        1 => cut,
        2 => mark(),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

const TOOL: Tool = Tool { name: "test", version: "0", rules: 0 };

/// The whole way from files to the document.
fn document(paths: &[PathBuf], named: &[(String, PathBuf)]) -> Document {
    let first_time = |bytes: &[u8]| {
        let stamp = bytes.split(|byte| *byte == b'\n').find_map(|line| parse_head(line)?.stamp)?;
        Some(stamp.instant().and_utc().timestamp_millis())
    };
    let (sources, _) = discover(paths, named, first_time);
    let settings = Settings { threads: 1, year: 2026, window: Window::default(), room: track::FOR_DIAGNOSIS };
    let run = pipeline::run(scanner(), &sources, settings, &|_| {});
    diagnose(&scanner().table, &run.logs, TOOL)
}

/// All reports, by the name of their form.
fn reports(document: &Document) -> Vec<(&'static str, Vec<u8>)> {
    let mut out: Vec<(&str, Vec<u8>)> =
        ["text", "narrow", "json", "ndjson", "markdown"].map(|name| (name, Vec::new())).into();
    text::write(&mut out[0].1, document, text::Options { width: 80, color: false }).expect("in memory");
    text::write(&mut out[1].1, document, text::Options { width: 20, color: false }).expect("in memory");
    json::write(&mut out[2].1, document).expect("in memory");
    json::write_lines(&mut out[3].1, document).expect("in memory");
    markdown::write(&mut out[4].1, document).expect("in memory");
    out
}

fn decoded(raw: &[u8], transport: Transport, cuts: &[prop::sample::Index]) -> Decoded {
    let lines: Vec<&[u8]> = raw.split_inclusive(|byte| *byte == b'\n').collect();
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(lines.len() + 1)).chain([lines.len()]).collect();
    ends.sort_unstable();
    let (mut decoder, mut out, mut at) = (Decoder::new(2026), Decoded::default(), 0);
    for end in ends {
        decoder.decode(&lines[at..end].concat(), at as u64 + 1, transport, &mut out);
        at = end;
    }
    decoder.finish(&mut out);
    out
}

/// What a scan found, without where its block was.
fn found(scanned: &Scanned) -> Vec<String> {
    let line = |hit: &galera_rca::scan::block::HitLine| {
        let text = printable(&scanned.block.text[hit.range.clone()]);
        let events = &scanned.events[hit.events.clone()];
        format!("{} {:?} {:?} {:?} {:?} {text}", hit.number, hit.stamp, hit.level, hit.signals, events)
    };
    scanned.hits.iter().map(line).collect()
}

/// Places where a block may end: before a record that begins with a digit, as the reader cuts.
fn record_starts(text: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    for record in records(text) {
        if record.raw[0].is_ascii_digit() {
            starts.push(at);
        }
        at += record.raw.len();
    }
    starts
}

fn scanned_in_blocks(text: &[u8], cuts: &[prop::sample::Index]) -> (Vec<String>, u64) {
    let starts = record_starts(text);
    let mut ends: Vec<usize> =
        cuts.iter().filter(|_| !starts.is_empty()).map(|cut| starts[cut.index(starts.len())]).collect();
    ends.push(text.len());
    ends.sort_unstable();
    let (mut at, mut line, mut all, mut lines, mut scratch) = (0, 1, Vec::new(), 0, Scratch::default());
    for end in ends {
        let part = text[at..end].to_vec();
        let newlines = part.iter().filter(|byte| **byte == b'\n').count() as u64;
        let block = Block { text: part, first_line: line, ..Block::default() };
        let scanned = scanner().scan(block, &mut scratch);
        all.extend(found(&scanned));
        lines += scanned.lines;
        (at, line) = (end, line + newlines);
    }
    (all, lines)
}

/// A log collected from blocks of so many records.
fn collected(text: &[u8], name: &str, records: usize) -> Log {
    let log =
        Log { stem: name.to_owned(), files: vec![File { path: name.to_owned(), ..File::default() }], ..Log::default() };
    let mut collector = Collector::new(&scanner().table, Window::default(), log);
    let starts = record_starts(text);
    let (mut at, mut line, mut scratch) = (0, 1, Scratch::default());
    for end in starts.iter().copied().skip(records).step_by(records).chain([text.len()]) {
        let block = Block { text: text[at..end].to_vec(), first_line: line, ..Block::default() };
        line += block.text.iter().filter(|byte| **byte == b'\n').count() as u64;
        collector.take(0, &mut scanner().scan(block, &mut scratch));
        at = end;
    }
    collector.log
}

#[test]
fn the_diagnosis_does_not_depend_on_the_size_of_blocks() {
    for folder in
        ["tls-untrusted-ca", "kill9-one-restart", "incons-two-node", "sst-tls-donor-expired-cert", "ibdata-truncated"]
    {
        let document = |records: usize| {
            let read = |node| {
                let text = fs::read(root().join(format!("samples/{folder}/{node}.log"))).ok()?;
                Some(collected(&text, node, records))
            };
            let logs: Vec<Log> = ["node1", "node2", "node3"].into_iter().filter_map(read).collect();
            reports(&diagnose(&scanner().table, &logs, TOOL)).swap_remove(2).1
        };
        let whole = String::from_utf8(document(usize::MAX)).expect("UTF-8");
        for records in [1, 5, 50] {
            let blocks = String::from_utf8(document(records)).expect("UTF-8");
            for (number, (one, other)) in whole.lines().zip(blocks.lines()).enumerate() {
                assert_eq!(one, other, "{folder} in blocks of {records}, line {number} of the document");
            }
            assert_eq!(whole.len(), blocks.len());
        }
    }
}

/// The real logs hold enough for the properties below to mean something.
#[test]
fn real_logs_in_small_blocks_give_the_same_hits() {
    let text = real_lines().concat();
    let whole = found(&scanner().scan_text(text.clone()));
    assert!(whole.len() > 3000, "{} hits", whole.len());
    let starts = record_starts(&text);
    let (mut at, mut line, mut blocks, mut scratch) = (0, 1, Vec::new(), Scratch::default());
    for end in starts.iter().copied().skip(7).step_by(7).chain([text.len()]) {
        let block = Block { text: text[at..end].to_vec(), first_line: line, ..Block::default() };
        line += block.text.iter().filter(|byte| **byte == b'\n').count() as u64;
        blocks.extend(found(&scanner().scan(block, &mut scratch)));
        at = end;
    }
    for (one, other) in whole.iter().zip(&blocks) {
        assert_eq!(one, other);
    }
    assert_eq!(whole.len(), blocks.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_lose_no_byte(log in any_log(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        for text in [&log, &noise] {
            let joined: Vec<u8> = records(text).flat_map(|record| record.raw.iter().copied()).collect();
            prop_assert_eq!(&joined, text);
            for record in records(text).skip(1) {
                prop_assert!(record.head.is_some(), "only the first record can be without a head");
            }
        }
    }

    #[test]
    fn transports_lose_no_byte(log in any_log(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let _ = detect(&log);
        for transport in TRANSPORTS {
            let whole = decoded(&log, transport, &[]);
            let mut at = 0;
            for line in &whole.lines {
                prop_assert_eq!(line.raw.start, at, "a gap or an overlap under {}", transport);
                at = line.raw.end;
            }
            prop_assert_eq!(at, log.len() as u64);
            prop_assert_eq!(whole.text.iter().filter(|byte| **byte == b'\n').count(), whole.lines.len());
            prop_assert_eq!(&decoded(&log, transport, &cuts), &whole, "chunks make a difference under {}", transport);
        }
    }

    #[test]
    fn chunks_lose_no_byte(log in any_log(), block in 1..400usize, search in 0..200usize) {
        let limits = Limits { block, search, line: 1 << 20, read: 64 };
        let mut reader = ChunkReader::with_limits(&log[..], 1, limits);
        let (mut joined, mut line) = (Vec::new(), 1);
        while let Some(chunk) = reader.next_chunk().expect("in memory") {
            prop_assert_eq!(chunk.offset, joined.len() as u64);
            prop_assert_eq!(chunk.first_line, line);
            line += chunk.bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            joined.extend(chunk.bytes);
        }
        prop_assert_eq!(joined, log);
    }

    #[test]
    fn the_size_of_blocks_makes_no_difference(
        lines in prop::collection::vec(real_line(), 1..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let text = lines.concat();
        let whole = scanner().scan_text(text.clone());
        let (blocks, count) = scanned_in_blocks(&text, &cuts);
        prop_assert_eq!(found(&whole), blocks);
        prop_assert_eq!(whole.lines, count);
    }

    #[test]
    fn no_control_character_survives_printable(bytes in prop::collection::vec(any::<u8>(), 0..100), log in any_log()) {
        for bytes in [bytes, log] {
            let shown = printable(&bytes);
            assert_harmless(shown.as_bytes(), "printable");
            prop_assert!(!shown.contains('\n'));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_engine_finds_what_the_obvious_one_finds(log in any_log()) {
        let scanner = scanner();
        let mut slow: Vec<(u64, usize)> =
            naive::matches(&scanner.table, &log).into_iter().filter(|(_, signal)| !scanner.table.signals[*signal].quiet).collect();
        slow.sort_unstable();
        let mut fast: Vec<(u64, usize)> = scanner.scan_text(log.clone())
            .hits
            .iter()
            .flat_map(|hit| hit.signals.iter().map(move |signal| (hit.number, *signal as usize)))
            .collect();
        fast.sort_unstable();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn any_bytes_make_a_harmless_report(one in any_log(), other in any_log(), name in "[a-z<`|\u{1b}\u{9b}\u{202e}*]{1,8}") {
        let folder = TempDir::new().expect("a folder");
        let paths = [folder.path().join("node1.log"), folder.path().join("node2.log")];
        fs::write(&paths[0], &one).expect("a file");
        fs::write(&paths[1], &other).expect("a file");
        let document = document(&paths[..1], &[(name, paths[1].clone())]);
        for (form, report) in reports(&document) {
            assert_harmless(&report, form);
            let report = String::from_utf8(report).expect("UTF-8");
            if form == "markdown" {
                for line in outside_of_code(&report) {
                    prop_assert!(!line.contains('<'), "a tag in {:?}", line);
                }
            }
            if form == "ndjson" {
                for line in report.lines() {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{}", line);
                }
            }
        }
    }

    #[test]
    fn the_order_of_arguments_makes_no_difference(logs in prop::collection::vec(any_log(), 1..4), turn in any::<prop::sample::Index>()) {
        let folder = TempDir::new().expect("a folder");
        let mut paths = Vec::new();
        for (number, log) in logs.iter().enumerate() {
            let path = folder.path().join(["error.log", "error.log.1", "node3.log"][number]);
            fs::write(&path, log).expect("a file");
            paths.push(path);
        }
        let first = reports(&document(&paths, &[]));
        paths.reverse();
        prop_assert_eq!(&reports(&document(&paths, &[])), &first);
        let turn = turn.index(paths.len());
        paths.rotate_left(turn);
        prop_assert_eq!(&reports(&document(&paths, &[])), &first);
    }
}
