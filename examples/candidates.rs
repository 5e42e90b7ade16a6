fn main() {
    let t = galera_rca::rules::table::Table::new(galera_rca::rules::load::embedded().unwrap()).unwrap();
    let s = galera_rca::scan::scanner::Scanner::new(t).unwrap();
    let text = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let c = s.candidates(&text[..text.len().min(30_000_000)]);
    let mut v: Vec<_> = c.iter().enumerate().map(|(i, &(a, b))| (a, b, i)).collect();
    v.sort_by_key(|x| std::cmp::Reverse(x.0));
    for (a, b, i) in v.into_iter().take(45) {
        let g = &s.table.signals[i];
        println!(
            "{a:8} {b:8} quiet={} {} {:?} {:?}",
            g.quiet,
            s.table.rules[g.subject].rule.id,
            g.literals,
            match &g.matcher {
                galera_rca::rules::table::Matcher::Text(..) => "TEXT",
                galera_rca::rules::table::Matcher::Regex(r) => &r.source,
            }
        );
    }
}
