//! How long the stages take: head, record, match at several table sizes, and the whole pipeline.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use galera_rca::parse::head::parse_head;
use galera_rca::parse::record::records;
use galera_rca::pipeline::{self, Settings};
use galera_rca::rules::frequency::Frequencies;
use galera_rca::rules::load;
use galera_rca::rules::read::{LoadedRule, from_text};
use galera_rca::rules::table::Table;
use galera_rca::scan::block::{Block, Scratch};
use galera_rca::scan::scanner::Scanner;
use galera_rca::source::LogSource;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/tls-untrusted-ca/node3.log");

fn sample() -> Vec<u8> {
    std::fs::read(SAMPLE).expect("a sample")
}

/// The built-in rules, cut or padded to this many with rules that match nothing.
fn table(rules: usize) -> Table {
    let mut all: Vec<LoadedRule> = load::embedded().expect("built in");
    all.truncate(rules);
    for number in all.len()..rules {
        let text = format!(
            "id = 'padding-{number}'\ntitle = 'p'\narea = 'p'\nseverity = 'info'\nrole = 'context'\n\
             [[match]]\nregex = '''padding number {number:04} (?<value>\\d+) never printed'''\n"
        );
        all.push(from_text(&text, Path::new("padding.toml"), &Frequencies::default()).expect("a rule"));
    }
    Table::new(all).expect("they compile")
}

fn head(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("head");
    for (name, line) in [
        ("mariadb", &b"2026-11-24  7:48:40 0 [Note] WSREP: Shifting JOINED -> SYNCED (TO: 17)"[..]),
        ("mysql8", b"2023-03-12T19:35:05.838493Z 0 [ERROR] [MY-000000] [Galera] Failed to open channel"),
        ("garbd", b"2026-11-24 07:43:33.097  INFO: gcomm: connected"),
        ("none", b"\tversion    = 6,"),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| parse_head(black_box(line))));
    }
}

fn record(criterion: &mut Criterion) {
    let text = sample();
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("split", |bencher| bencher.iter(|| records(black_box(&text)).count()));
}

fn matching(criterion: &mut Criterion) {
    let text = sample().repeat(20);
    let mut group = criterion.benchmark_group("match");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for rules in [100, 300, 500, 1000] {
        let scanner = Scanner::new(table(rules)).expect("they fit");
        let mut scratch = Scratch::default();
        group.bench_with_input(BenchmarkId::from_parameter(rules), &text, |bencher, text| {
            bencher.iter(|| {
                let block = Block { text: text.clone(), first_line: 1, ..Block::default() };
                scanner.scan(block, &mut scratch).hits.len()
            });
        });
    }
}

/// What the later rule families add to the search: the whole table against that of the first ones.
fn families(criterion: &mut Criterion) {
    const FIRST: [&str; 4] = ["tls", "provider", "config", "connectivity"];
    let text = sample().repeat(20);
    let mut group = criterion.benchmark_group("families");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for (name, wanted) in [("first", &FIRST[..]), ("all", &[])] {
        let mut rules = load::embedded().expect("built in");
        rules.retain(|one| wanted.is_empty() || wanted.contains(&one.rule.area.as_str()));
        let scanner = Scanner::new(Table::new(rules).expect("they compile")).expect("they fit");
        let mut scratch = Scratch::default();
        group.bench_with_input(BenchmarkId::from_parameter(name), &text, |bencher, text| {
            bencher.iter(|| {
                let block = Block { text: text.clone(), first_line: 1, ..Block::default() };
                scanner.scan(block, &mut scratch).hits.len()
            });
        });
    }
}

fn whole(criterion: &mut Criterion) {
    let scanner = Scanner::new(table(500)).expect("they fit");
    let source = LogSource { files: vec![SAMPLE.into()], stem: "node3".to_owned(), node: None };
    let settings = Settings { threads: 1, year: 2026, ..Settings::default() };
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(sample().len() as u64));
    group.bench_function("one log", |bencher| {
        bencher.iter(|| pipeline::run(&scanner, std::slice::from_ref(&source), settings, &|_| {}).logs.len());
    });
}

criterion_group!(benches, head, record, matching, families, whole);
criterion_main!(benches);
