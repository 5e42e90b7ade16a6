//! Rules that name other rules: the names exist, ids are unique, and explanations lead somewhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Remark;
use super::nearest::hint;
use super::page::Page;
use crate::rules::read::LoadedRule;
use crate::rules::schema::{Explains, Rule};

pub fn check(rules: &[LoadedRule]) -> Vec<Remark> {
    let mut remarks = unique(rules);
    let names = names(rules);
    for one in rules {
        let page = Page::new(&one.file);
        for (place, name) in references(&one.rule) {
            if !names.contains_key(name) {
                let hint = hint(name, names.keys().map(String::as_str));
                let what = if name.starts_with('@') { "no rule has the tag" } else { "there is no rule" };
                remarks.push(page.remark(&place, name, &format!("{what} '{name}'{hint}")));
            }
        }
    }
    let graph: Vec<Vec<Edge>> = rules.iter().map(|one| edges(&one.rule, &names)).collect();
    remarks.extend(cycles(rules, &graph));
    remarks
}

/// Rule ids, and tags with their `@`, with the rules they stand for.
fn names(rules: &[LoadedRule]) -> BTreeMap<String, Vec<usize>> {
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, one) in rules.iter().enumerate() {
        names.entry(one.rule.id.clone()).or_default().push(index);
        for tag in &one.rule.tags {
            names.entry(format!("@{tag}")).or_default().push(index);
        }
    }
    names
}

fn unique(rules: &[LoadedRule]) -> Vec<Remark> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut remarks = Vec::new();
    for one in rules {
        if let Some(other) = seen.insert(&one.rule.id, &one.file) {
            let problem = format!("the id '{}' is that of {other}, too", one.rule.id);
            remarks.push(Page::new(&one.file).remark("id", "", &problem));
        }
    }
    remarks
}

/// All rule ids and tags that a rule names, with their places.
fn references(rule: &Rule) -> Vec<(String, &str)> {
    let mut all: Vec<(String, &str)> = Vec::new();
    for (list, key) in [(&rule.require, "require"), (&rule.evidence, "evidence")] {
        for (index, one) in list.iter().enumerate() {
            all.extend(one.rule.as_deref().map(|name| (format!("{key}.{index}.rule"), name)));
        }
    }
    for (index, one) in rule.explains.iter().enumerate() {
        all.push((format!("explains.{index}"), explained(one)));
    }
    all
}

/// The name that an entry of `explains` gives.
pub fn explained(one: &Explains) -> &str {
    match one {
        Explains::Plain(name) => name,
        Explains::Reaching(long) => &long.rule,
    }
}

/// One rule explains another.
struct Edge {
    to: usize,
    /// Index in `explains`, and the name there.
    entry: usize,
    name: String,
}

fn edges(rule: &Rule, names: &BTreeMap<String, Vec<usize>>) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (entry, one) in rule.explains.iter().enumerate() {
        let name = explained(one);
        for &to in names.get(name).map_or(&[][..], Vec::as_slice) {
            edges.push(Edge { to, entry, name: name.to_owned() });
        }
    }
    edges
}

/// One remark per cycle found; a cycle is reported at the rule of it that comes first.
fn cycles(rules: &[LoadedRule], graph: &[Vec<Edge>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut told: HashSet<usize> = HashSet::new();
    for start in 0..graph.len() {
        if told.contains(&start) {
            continue;
        }
        let Some(path) = way_back(graph, start) else { continue };
        told.extend(path.iter().map(|(rule, _)| *rule));
        let Some((_, first)) = path.first() else { continue };
        let way: Vec<String> = path
            .iter()
            .map(|(rule, edge)| {
                let via = if edge.name.starts_with('@') { format!(" ({})", edge.name) } else { String::new() };
                format!("{}{via}", rules[*rule].rule.id)
            })
            .collect();
        let id = &rules[start].rule.id;
        let problem = format!("explains itself: {} -> {id}", way.join(" -> "));
        remarks.push(Page::new(&rules[start].file).remark(&format!("explains.{}", first.entry), &first.name, &problem));
    }
    remarks
}

/// The shortest way from a rule over its explanations back to it: each rule with the edge taken there.
fn way_back(graph: &[Vec<Edge>], start: usize) -> Option<Vec<(usize, &Edge)>> {
    let mut came_by: HashMap<usize, (usize, &Edge)> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for edge in &graph[at] {
            came_by.entry(edge.to).or_insert_with(|| {
                queue.push_back(edge.to);
                (at, edge)
            });
        }
        if came_by.contains_key(&start) {
            break;
        }
    }
    let mut path = vec![*came_by.get(&start)?];
    while let Some(&(at, _)) = path.last()
        && at != start
    {
        path.push(*came_by.get(&at)?);
    }
    path.reverse();
    Some(path)
}
