//! Puts findings together: one diagnosis per rule and node at fault, ranked, with its texts filled in.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::blame::{self, Blamed};
use super::coverage;
use super::document::{
    Alternative, BenignCount, Cluster, Diagnosis, Document, Evidence, EvidenceRole, Explained, Input, Node, Remedy,
    SCHEMA, Tool, Unexplained, Verdict, Verify, place_name,
};
use super::fill::{self, Lookup};
use super::finding::Finding;
use super::incident::{Incident, Occurrence, incidents};
use super::missing::{missing, strangers};
use super::printable::printable;
use super::story::story;
use crate::cluster::burst::Hit;
use crate::cluster::facts;
use crate::cluster::log::Log;
use crate::cluster::process::Ending;
use crate::cluster::whose::NamesById;
use crate::parse::stamp::Stamp;
use crate::rules::schema::{Blame, CaptureType, CommandClass, Place, Role, Severity, Source};
use crate::rules::table::{CompiledRule, Subject, Table};

/// Evidence lines of one kind per node, and in all.
const LINES_PER_NODE: usize = 4;
const MOST_EVIDENCE: usize = 16;

/// Makes the document.
pub fn document(table: &Table, logs: &[Log], findings: &[Finding], parents: &[Option<usize>], tool: Tool) -> Document {
    let names = NamesById::new(logs);
    let mut groups: BTreeMap<(Subject, Blamed), Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if parents[index].is_none() {
            groups.entry((finding.rule, blame::blamed(&names, table, logs, finding))).or_default().push(index);
        }
    }
    let context = Context { names: &names, table, logs, findings, parents };
    let mut diagnoses: Vec<_> =
        groups.into_iter().filter_map(|((rule, blamed), members)| context.diagnosis(rule, &blamed, &members)).collect();
    diagnoses.sort_by_cached_key(rank_key);
    let incidents = context.incidents(&diagnoses);
    let mut diagnoses: Vec<Diagnosis> = diagnoses.into_iter().map(|ranked| ranked.diagnosis).collect();
    for (index, diagnosis) in diagnoses.iter_mut().enumerate() {
        diagnosis.rank = index + 1;
    }
    let mut missing_evidence = missing(logs, &diagnoses);
    if !missing_evidence.is_empty() {
        coverage::lower_confidence(table, &mut diagnoses);
    }
    missing_evidence.extend(strangers(logs));
    missing_evidence.extend(coverage::gaps(logs, &diagnoses, &incidents));
    Document {
        schema: SCHEMA,
        tool,
        inputs: inputs(logs),
        cluster: cluster(logs),
        verdict: verdict(logs, &diagnoses),
        missing_evidence,
        diagnoses,
        unexplained: unexplained(logs),
        benign: benign(table, logs),
        incidents,
        story: story(logs, &names),
    }
}

/// Failures before warnings, causes before symptoms, then the worse, the surer, the wider, the earlier.
fn rank_key(ranked: &Ranked) -> impl Ord + use<> {
    use std::cmp::Reverse;
    let Ranked { role, moment, diagnosis, .. } = ranked;
    let folded: u64 = diagnosis.explains.iter().map(|explained| explained.count.min(1)).sum();
    (
        Reverse(diagnosis.severity.max(Severity::Warning) > Severity::Warning),
        *role != Role::Cause,
        Reverse(diagnosis.severity),
        Reverse((diagnosis.confidence * 100.0).round() as i64),
        Reverse(folded),
        *moment,
        diagnosis.rule.clone(),
        diagnosis.node.clone(),
    )
}

/// A diagnosis with what only its rank needs.
struct Ranked {
    role: Role,
    /// When it was first seen, in the time of the cluster.
    moment: Option<NaiveDateTime>,
    diagnosis: Diagnosis,
    /// Its findings, and the log of the node at fault.
    members: Vec<usize>,
    blamed: Option<usize>,
}

struct Context<'a> {
    names: &'a NamesById,
    table: &'a Table,
    logs: &'a [Log],
    findings: &'a [Finding],
    parents: &'a [Option<usize>],
}

impl Context<'_> {
    fn diagnosis(&self, rule: Subject, blamed: &Blamed, members: &[usize]) -> Option<Ranked> {
        let compiled = self.table.rule(rule)?;
        let group: Vec<&Finding> = members.iter().map(|&index| &self.findings[index]).collect();
        let best = *group.iter().max_by(|left, right| left.confidence.total_cmp(&right.confidence))?;
        let bursts: Vec<_> = group.iter().filter_map(|finding| finding.burst(self.logs)).collect();
        let values = Values { context: self, compiled, finding: best, blamed };
        let own: &Lookup<'_> = &|name| values.get(name, Place::This);
        let texts = &compiled.rule.diagnosis;
        let mut observed_by: Vec<String> = group.iter().map(|finding| clean(self.logs[finding.log].name())).collect();
        observed_by.sort();
        observed_by.dedup();
        let hits = || bursts.iter().flat_map(|burst| [&burst.first, burst.last()]).filter(|hit| hit.time.is_some());
        let first = hits().min_by_key(|hit| hit.instant());
        let last = hits().max_by_key(|hit| hit.instant());
        let diagnosis = Diagnosis {
            rank: 0,
            rule: compiled.rule.id.clone(),
            title: clean(&fill::sentence(&compiled.rule.title, own)),
            category: compiled.rule.area.clone(),
            severity: compiled.rule.severity,
            confidence: (best.confidence * 100.0).round() / 100.0,
            node: blamed.name.as_deref().map_or_else(|| observed_by.join(", "), clean),
            node_known: blamed.name.is_some(),
            observed_by,
            first_seen: first.and_then(|hit| hit.time).map(time_text),
            last_seen: last.and_then(|hit| hit.time).map(time_text),
            count: bursts.iter().map(|burst| burst.count).sum::<u64>() + self.forgotten(rule, &group),
            cause: clean(&fill::sentence(&texts.cause, own)),
            why: clean(&fill::sentence(&texts.why, own)),
            impact: clean(&fill::sentence(&texts.impact, own)),
            evidence: self.evidence(&group),
            explains: self.explained(members),
            alternatives: values.alternatives(),
            verify: values.verify(),
            remedy: values.remedy(),
            references: compiled.rule.sources.iter().map(reference).collect(),
        };
        let moment = first.and_then(|hit| hit.instant());
        Some(Ranked { role: compiled.rule.role, moment, diagnosis, members: members.to_vec(), blamed: blamed.log })
    }

    fn incidents(&self, ranked: &[Ranked]) -> Vec<Incident> {
        let mut folded: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, parent) in self.parents.iter().enumerate() {
            if let Some(parent) = parent {
                folded.entry(*parent).or_default().push(index);
            }
        }
        let mut all = Vec::new();
        for (diagnosis, one) in ranked.iter().enumerate() {
            let judged = (diagnosis, one.role, one.diagnosis.severity);
            for &member in &one.members {
                let below = folded.get(&member).map_or(&[][..], Vec::as_slice);
                let finding = &self.findings[member];
                all.push(Occurrence::new(self.logs, self.findings, below, finding, one.blamed, judged));
            }
        }
        let titles: Vec<String> = ranked.iter().map(|one| one.diagnosis.title.clone()).collect();
        incidents(self.logs, all, &titles)
    }

    /// Hits in older bursts that the logs no longer keep.
    fn forgotten(&self, rule: Subject, group: &[&Finding]) -> u64 {
        let mut logs: Vec<usize> = group.iter().map(|finding| finding.log).collect();
        logs.dedup();
        logs.iter().filter_map(|&log| self.logs[log].bursts.get(&rule)).map(|bursts| bursts.forgotten).sum()
    }

    fn evidence(&self, group: &[&Finding]) -> Vec<Evidence> {
        let mut lines: Vec<Evidence> = Vec::new();
        for finding in group {
            let decisive = finding.burst(self.logs).into_iter().flat_map(crate::cluster::burst::Burst::hits);
            self.add_lines(&mut lines, finding.log, decisive, EvidenceRole::Decisive);
        }
        for finding in group {
            for (list, role) in
                [(&finding.supports, EvidenceRole::Supports), (&finding.contradicts, EvidenceRole::Contradicts)]
            {
                for &(log, subject, burst) in list {
                    let burst = self.logs[log].bursts_of(subject).get(burst);
                    self.add_lines(&mut lines, log, burst.into_iter().map(|burst| &burst.first), role);
                }
            }
        }
        lines.truncate(MOST_EVIDENCE);
        lines.sort_by(|left, right| (left.role, &left.input, left.line).cmp(&(right.role, &right.input, right.line)));
        lines
    }

    fn add_lines<'h>(
        &self,
        lines: &mut Vec<Evidence>,
        log: usize,
        hits: impl Iterator<Item = &'h Hit>,
        role: EvidenceRole,
    ) {
        let log = &self.logs[log];
        let node = clean(log.name());
        for hit in hits {
            let same_node = lines.iter().filter(|line| line.node == node && line.role == role).count();
            let input = log.files.get(hit.file).map_or_else(String::new, |file| clean(&file.path));
            let known = lines.iter().any(|line| line.input == input && line.line == hit.line);
            if known || same_node >= LINES_PER_NODE {
                continue;
            }
            lines.push(Evidence {
                input,
                line: hit.line,
                node: node.clone(),
                time: hit.time.map(time_text),
                text: printable(&hit.text),
                role,
            });
        }
    }

    fn explained(&self, members: &[usize]) -> Vec<Explained> {
        let mut counts: BTreeMap<(Subject, &str), u64> = BTreeMap::new();
        for (index, finding) in self.findings.iter().enumerate() {
            if self.parents[index].is_some_and(|parent| members.contains(&parent)) {
                let count = finding.burst(self.logs).map_or(0, |burst| burst.count);
                *counts.entry((finding.rule, self.logs[finding.log].name())).or_default() += count;
            }
        }
        counts
            .into_iter()
            .filter_map(|((rule, node), count)| {
                let rule = &self.table.rule(rule)?.rule;
                let title = fill::sentence(&rule.title, &|_| None);
                Some(Explained { rule: rule.id.clone(), title, node: clean(node), count })
            })
            .collect()
    }
}

/// The values for the placeholders of one diagnosis.
struct Values<'a> {
    context: &'a Context<'a>,
    compiled: &'a CompiledRule,
    finding: &'a Finding,
    blamed: &'a Blamed,
}

impl Values<'_> {
    /// A capture, a name, or a fact of the node on which the text is about to be used.
    fn get(&self, name: &str, place: Place) -> Option<(String, CaptureType)> {
        let logs = self.context.logs;
        let observer = logs[self.finding.log].name();
        match name {
            "node" => {
                Some((self.blamed.name.clone().unwrap_or_else(|| format!("a peer of {observer}")), CaptureType::Text))
            }
            "observer" => Some((observer.to_owned(), CaptureType::Node)),
            "log" => {
                let hit = &self.finding.burst(logs)?.first;
                Some((logs[self.finding.log].files.get(hit.file)?.path.clone(), CaptureType::Path))
            }
            _ => self.captured(name).or_else(|| self.peer(name)).or_else(|| self.fact(name, place)),
        }
    }

    fn captured(&self, name: &str) -> Option<(String, CaptureType)> {
        let burst = self.finding.burst(self.context.logs)?;
        let value = burst.hits().flat_map(|hit| &hit.captures).find(|(capture, _)| capture == name)?.1.clone();
        let kind = self.compiled.rule.captures.get(name).copied().unwrap_or_default();
        if name == "peer" || kind == CaptureType::Uuid {
            let named = self.context.names.of(&self.context.logs[self.finding.log], &value).map(str::to_owned);
            return Some(named.map_or((value, kind), |named| (named, CaptureType::Node)));
        }
        Some((value, kind))
    }

    fn peer(&self, name: &str) -> Option<(String, CaptureType)> {
        let blames_peer = self.compiled.rule.blame == Blame::Peer;
        (name == "peer" && blames_peer).then(|| self.blamed.name.clone().map(|peer| (peer, CaptureType::Node)))?
    }

    fn fact(&self, name: &str, place: Place) -> Option<(String, CaptureType)> {
        let kind = facts::KNOWN.iter().find(|(known, _)| *known == name)?.1;
        let blames_peer = self.compiled.rule.blame == Blame::Peer;
        let log = match place {
            Place::Peer if blames_peer => self.blamed.log?,
            Place::Peer => return None,
            _ => self.finding.log,
        };
        Some((self.context.logs[log].facts.get(name)?.to_owned(), kind))
    }

    fn place(&self, place: Place) -> String {
        let blames_peer = self.compiled.rule.blame == Blame::Peer;
        match place {
            Place::This => clean(self.context.logs[self.finding.log].name()),
            Place::Peer if blames_peer => clean(self.blamed.name.as_deref().unwrap_or(place_name(place))),
            other => place_name(other).to_owned(),
        }
    }

    fn alternatives(&self) -> Vec<Alternative> {
        let one = |alternative: &crate::rules::schema::Alternative| Alternative {
            cause: clean(&fill::sentence(&alternative.cause, &|name| self.get(name, Place::This))),
            check: alternative
                .check
                .as_deref()
                .map_or_else(String::new, |check| fill::command(check, &|name| self.get(name, alternative.on)).text),
            on: self.place(alternative.on),
        };
        self.compiled.rule.alternatives.iter().map(one).collect()
    }

    fn verify(&self) -> Vec<Verify> {
        let sentence = |text: &str| clean(&fill::sentence(text, &|name| self.get(name, Place::This)));
        let one = |verify: &crate::rules::schema::Verify| {
            let run = fill::command(&verify.run, &|name| self.get(name, verify.on));
            Verify {
                kind: if verify.run.starts_with("mariadb ") { "sql" } else { "shell" },
                run: run.text,
                on: self.place(verify.on),
                safe: verify.class == CommandClass::ReadOnly,
                confirms: sentence(&verify.confirms),
                refutes: sentence(&verify.refutes),
                missing: run.missing,
            }
        };
        self.compiled.rule.verify.iter().map(one).collect()
    }

    fn remedy(&self) -> Vec<Remedy> {
        let one = |remedy: &crate::rules::schema::Remedy| Remedy {
            step: clean(&fill::sentence(&remedy.step, &|name| self.get(name, Place::This))),
            risk: remedy.risk,
        };
        self.compiled.rule.remedy.iter().map(one).collect()
    }
}

fn clean(text: &str) -> String {
    printable(text.as_bytes())
}

/// A time as the documents write it: ISO 8601, with the zone where it is known.
pub fn time_text(stamp: Stamp) -> String {
    let local = stamp.time.format("%Y-%m-%dT%H:%M:%S%.f");
    match stamp.offset {
        None => local.to_string(),
        Some(0) => format!("{local}Z"),
        Some(seconds) => {
            let sign = if seconds < 0 { '-' } else { '+' };
            format!("{local}{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
        }
    }
}

/// The moment that [`time_text`] wrote: in UTC where the zone is known, else as printed.
pub fn moment_of(text: &str) -> Option<NaiveDateTime> {
    let zoned = chrono::DateTime::parse_from_rfc3339(text).map(|time| time.naive_utc());
    zoned.or_else(|_| text.parse()).ok()
}

fn reference(source: &Source) -> String {
    let place = [source.repo.as_deref(), source.path.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let words = source.text.as_deref().map(|text| format!("\"{text}\""));
    [Some(place), words, source.page.clone()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

fn verdict(logs: &[Log], diagnoses: &[Diagnosis]) -> Verdict {
    let readable = logs.iter().flat_map(|log| &log.files).any(|file| file.heads > 0 || file.hits > 0);
    match diagnoses.iter().map(|diagnosis| diagnosis.severity).max() {
        Some(Severity::Error | Severity::Critical) => Verdict::Failure,
        Some(Severity::Warning) => Verdict::Warning,
        _ if logs.iter().any(has_unknown_errors) => Verdict::Warning,
        _ if readable => Verdict::Healthy,
        _ => Verdict::Unknown,
    }
}

/// Errors that no rule knows: nothing may be called healthy beside them.
fn has_unknown_errors(log: &Log) -> bool {
    log.unexplained.values().any(|one| one.level == "ERROR")
}

fn inputs(logs: &[Log]) -> Vec<Input> {
    let mut inputs: Vec<Input> = logs
        .iter()
        .flat_map(|log| {
            log.files.iter().map(|file| Input {
                name: clean(&file.path),
                node: clean(log.name()),
                format: file.format.to_owned(),
                lines: file.lines,
                bytes: file.bytes,
                first_time: file.first_time.map(time_text),
                last_time: file.last_time.map(time_text),
                problems: file.problems.iter().map(|problem| clean(problem)).collect(),
            })
        })
        .collect();
    inputs.sort_by(|left, right| left.name.cmp(&right.name));
    inputs
}

fn cluster(logs: &[Log]) -> Cluster {
    let mut names: Vec<&str> = logs.iter().filter_map(|log| log.facts.get("cluster_name")).collect();
    names.sort_unstable();
    names.dedup();
    let mut nodes: Vec<Node> = logs.iter().map(node).collect();
    nodes.sort_by(|left, right| left.name.cmp(&right.name));
    Cluster { name: (!names.is_empty()).then(|| clean(&names.join(", "))), nodes }
}

fn node(log: &Log) -> Node {
    let fact = |name| log.facts.get(name).map(clean);
    Node {
        name: clean(log.name()),
        server_version: fact("server_version"),
        provider_version: fact("provider_version"),
        address: fact("listen_address"),
        starts: log.earlier_starts + log.processes.iter().filter(|process| process.start_seen).count(),
        last_ending: log.processes.last().map_or(Ending::Running, |process| process.ending).name().to_owned(),
        host: log.files.iter().find_map(|file| file.host.as_deref().map(clean)),
    }
}

fn unexplained(logs: &[Log]) -> Vec<Unexplained> {
    let mut all: Vec<Unexplained> = logs
        .iter()
        .flat_map(|log| {
            log.unexplained.iter().map(|(template, one)| Unexplained {
                level: one.level,
                template: clean(template),
                count: one.count,
                node: clean(log.name()),
                input: log.files.get(one.file).map_or_else(String::new, |file| clean(&file.path)),
                line: one.line,
                time: one.time.map(time_text),
                text: printable(&one.text),
            })
        })
        .collect();
    all.sort_by(|left, right| {
        (left.level, std::cmp::Reverse(left.count), &left.input, left.line).cmp(&(
            right.level,
            std::cmp::Reverse(right.count),
            &right.input,
            right.line,
        ))
    });
    all
}

fn benign(table: &Table, logs: &[Log]) -> Vec<BenignCount> {
    let mut counts: BTreeMap<Subject, u64> = BTreeMap::new();
    for log in logs {
        for (&subject, &count) in &log.quiet {
            *counts.entry(subject).or_default() += count;
        }
    }
    counts
        .into_iter()
        .filter_map(|(subject, count)| {
            let rule = &table.rule(subject).filter(|rule| rule.rule.role == Role::Benign)?.rule;
            Some(BenignCount { rule: rule.id.clone(), title: fill::sentence(&rule.title, &|_| None), count })
        })
        .collect()
}
