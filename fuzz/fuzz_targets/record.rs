//! A text: no byte of it is lost between its records, and the engine finds what the obvious one finds.
#![no_main]

use std::sync::LazyLock;

use galera_rca::parse::record::records;
use galera_rca::rules::load;
use galera_rca::rules::table::Table;
use galera_rca::scan::naive;
use galera_rca::scan::scanner::Scanner;
use libfuzzer_sys::fuzz_target;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let table = Table::new(load::embedded().expect("built in")).expect("they compile");
    Scanner::new(table).expect("their literals fit")
});

fuzz_target!(|text: &[u8]| {
    let joined: Vec<u8> = records(text).flat_map(|record| record.raw.iter().copied()).collect();
    assert_eq!(joined, text);
    let table = &SCANNER.table;
    let mut slow = naive::matches(table, text);
    slow.retain(|(_, signal)| !table.signals[*signal].quiet);
    let scanned = SCANNER.scan_text(text.to_vec());
    let hits = scanned.hits.iter();
    let mut fast: Vec<(u64, usize)> =
        hits.flat_map(|hit| hit.signals.iter().map(|signal| (hit.number, *signal as usize))).collect();
    slow.sort_unstable();
    fast.sort_unstable();
    assert_eq!(fast, slow);
});
