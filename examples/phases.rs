use galera_rca::scan::block::*;
use std::time::Instant;
fn main() {
    let t = galera_rca::rules::table::Table::new(galera_rca::rules::load::embedded().unwrap()).unwrap();
    let s = galera_rca::scan::scanner::Scanner::new(t).unwrap();
    let text = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let mut hits = Vec::new();
    s.automaton.hits(&text[..1000], 9 << 20, &mut hits);
    println!("memory {}", s.automaton.memory());
    let t0 = Instant::now();
    let mut n = 0;
    for c in text.chunks(512 * 1024) {
        s.automaton.hits(c, 9 << 20, &mut hits);
        n += hits.len();
    }
    println!("automaton {:?} hits {}", t0.elapsed(), n);
    let t0 = Instant::now();
    let mut scratch = Scratch::default();
    let (mut h, mut q, mut ev) = (0usize, 0u64, 0usize);
    let mut at = 0;
    while at < text.len() {
        let mut end = (at + 512 * 1024).min(text.len());
        while end < text.len() && text[end - 1] != b'\n' {
            end += 1;
        }
        let b = Block { text: text[at..end].to_vec(), offset: 9 << 20, first_line: 2, inner: vec![] };
        let r = s.scan(b, &mut scratch);
        h += r.hits.len();
        q += r.quiet.iter().map(|x| x.1).sum::<u64>();
        ev += r.hits.iter().map(|x| x.events.len()).sum::<usize>();
        at = end;
    }
    println!("scan {:?} hitlines {h} quiet {q} events {ev}", t0.elapsed());
}
