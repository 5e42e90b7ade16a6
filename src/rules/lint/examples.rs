//! The examples of rules: each says the truth about its rule.

use super::page::Page;
use super::trial::Trial;
use super::{Remark, Tested};
use crate::rules::schema::Example;
use crate::rules::table::{CompiledRule, Subject};

pub fn check(trial: &Trial) -> Tested {
    let mut tested = Tested::default();
    for (subject, compiled) in trial.table().rules.iter().enumerate() {
        let page = Page::new(&compiled.file);
        for (index, example) in compiled.rule.examples.iter().enumerate() {
            tested.note(self::example(trial, compiled, subject, example, &page, &format!("example.{index}")));
        }
        for (index, counter) in compiled.rule.counter_examples.iter().enumerate() {
            let hit = trial.run(&counter.log).hits().contains(&subject);
            let place = format!("counter_example.{index}.log");
            tested.note(hit.then(|| page.remark(&place, "", &format!("counter example {} matches", index + 1))));
        }
    }
    tested
}

impl Tested {
    fn note(&mut self, failed: Option<Remark>) {
        match failed {
            Some(remark) => self.failed.push(remark),
            None => self.passed += 1,
        }
    }
}

fn example(
    trial: &Trial,
    compiled: &CompiledRule,
    subject: Subject,
    example: &Example,
    page: &Page,
    place: &str,
) -> Option<Remark> {
    if !trial.run(&example.log).hits().contains(&subject) {
        return Some(page.remark(&format!("{place}.log"), "", "this example is not matched"));
    }
    if example.captures.is_empty() || trial.captures(subject, &example.log, &example.captures) {
        return None;
    }
    let lines = trial.lines(subject, &example.log);
    let seen: Vec<String> = lines.iter().flatten().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    let known = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    let problem = format!("this example of '{}' gives other captures: {known}", compiled.rule.id);
    Some(page.remark(&format!("{place}.captures"), "", &problem))
}
