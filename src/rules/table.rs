//! The rule table as the scanner and the diagnosis use it: signals to look for, subjects they stand for.
//!
//! A *subject* is what a hit is counted under: a rule, or an event condition that only conditions ask for.
//! A *signal* is one text or regex match of one subject.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use super::duration;
use super::literal::Sought;
use super::read::{LoadedRule, RuleError};
use super::schema::{Condition, Explains, Match, Relation, Role, Rule, Threshold, When};

/// Index of a subject: rules first (same index as in [`Table::rules`]), then hidden event conditions.
pub type Subject = usize;

/// All rules, compiled.
#[derive(Debug)]
pub struct Table {
    pub rules: Vec<CompiledRule>,
    pub signals: Vec<Signal>,
    pub events: Vec<EventSignal>,
    /// Event signals by the event kind they look at.
    pub events_by_kind: HashMap<String, Vec<usize>>,
    pub subjects: usize,
}

/// A rule with its references resolved to subjects.
#[derive(Debug)]
pub struct CompiledRule {
    pub rule: Rule,
    pub file: String,
    pub require: Vec<CompiledCondition>,
    pub evidence: Vec<CompiledCondition>,
    pub explains: Vec<CompiledExplains>,
    /// Hits and seconds.
    pub threshold: Option<(u32, i64)>,
    /// The number of a built-in rule whose prose is not read yet.
    pub prose_left: Option<usize>,
}

impl CompiledRule {
    /// A rule that came without prose is there for a search only, which needs the compiled forms alone.
    fn drop_sources(&mut self) {
        if self.prose_left.is_some() {
            let rule = &mut self.rule;
            (rule.explains, rule.tags) = (Vec::new(), Vec::new());
            (rule.require, rule.evidence) = (Vec::new(), Vec::new());
        }
    }
}

/// A condition with its subjects resolved; times in seconds.
#[derive(Debug)]
pub struct CompiledCondition {
    /// Shared by all that name the same rule or group.
    pub subjects: Arc<[Subject]>,
    pub node: Relation,
    pub when: When,
    pub within: Option<i64>,
    pub count: u32,
    pub nodes: u32,
    pub absent: bool,
    pub names: bool,
    pub weight: f64,
}

/// Rules that fold under another; times in seconds.
#[derive(Debug)]
pub struct CompiledExplains {
    /// Shared by all that name the same rule or group.
    pub subjects: Arc<[Subject]>,
    pub node: Relation,
    pub within: Option<i64>,
}

/// One text or regex to look for.
#[derive(Debug)]
pub struct Signal {
    pub subject: Subject,
    /// One of these is in every line that matches.
    pub literals: Vec<String>,
    /// A line that has one of the literals matches, whatever else it says.
    pub exact: bool,
    pub matcher: Matcher,
    pub levels: Vec<String>,
    /// Hits are only counted: a benign or context rule that no condition asks for.
    pub quiet: bool,
}

/// How a candidate line is confirmed.
#[derive(Debug)]
pub enum Matcher {
    /// The literals are the whole signal: the scanner looks for all of each, so a hit is the proof.
    Text,
    Regex(LazyRegex),
}

/// A regex compiled at its first candidate: a log touches few rules.
#[derive(Debug)]
pub struct LazyRegex {
    pub source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// The compiled expression; `None` when it is over the size limit, which `rules lint` reports.
    pub fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }
}

/// Compiles a rule's regex: bytes, no Unicode tables, limited size.
///
/// # Errors
/// The expression is wrong or too big.
pub fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(1 << 20).build()
}

/// An event condition: kind and field values.
#[derive(Debug)]
pub struct EventSignal {
    pub subject: Subject,
    pub kind: String,
    pub fields: BTreeMap<String, String>,
    pub levels: Vec<String>,
}

impl Table {
    /// Compiles rules; references to unknown rules are left out here and reported by `rules lint`.
    ///
    /// # Errors
    /// A duration that can't be read.
    pub fn new(loaded: Vec<LoadedRule>) -> Result<Self, RuleError> {
        let names = Names::new(&loaded);
        let mut hidden = Hidden { next: loaded.len(), events: Vec::new() };
        let mut rules = Vec::with_capacity(loaded.len());
        let mut sought = Vec::with_capacity(loaded.len());
        for one in loaded {
            sought.push(one.sought);
            let mut compiled = compile_rule(one.rule, one.file, &names, &mut hidden)?;
            compiled.prose_left = one.prose_left;
            rules.push(compiled);
        }
        let asked_for = asked_for(&rules);
        let mut table = Self {
            rules,
            signals: Vec::new(),
            events: hidden.events,
            events_by_kind: HashMap::new(),
            subjects: hidden.next,
        };
        for (subject, sought) in sought.into_iter().enumerate() {
            let role = table.rules[subject].rule.role;
            let quiet = matches!(role, Role::Benign | Role::Context) && !asked_for.contains(&subject);
            table.add_signals(subject, sought, quiet);
            table.rules[subject].drop_sources();
        }
        for (index, event) in table.events.iter().enumerate() {
            table.events_by_kind.entry(event.kind.clone()).or_default().push(index);
        }
        Ok(table)
    }

    fn add_signals(&mut self, subject: Subject, sought: Vec<Sought>, quiet: bool) {
        let rule = &mut self.rules[subject];
        // A rule that is there for a search only does not need them any more.
        let matches = match rule.prose_left {
            Some(_) => std::mem::take(&mut rule.rule.matches),
            None => rule.rule.matches.clone(),
        };
        for (one, Sought { mut literals, exact }) in matches.into_iter().zip(sought) {
            let Match { text, texts, regex, event, fields, level: levels } = one;
            let matcher = match (regex, event) {
                (Some(regex), _) => Matcher::Regex(LazyRegex::new(&regex)),
                (None, Some(kind)) => {
                    self.events.push(EventSignal { subject, kind, fields, levels });
                    continue;
                }
                (None, None) => {
                    literals.extend(text.into_iter().chain(texts));
                    Matcher::Text
                }
            };
            self.signals.push(Signal { subject, literals, exact, matcher, levels, quiet });
        }
    }

    /// The rule of a subject; hidden event conditions have none.
    pub fn rule(&self, subject: Subject) -> Option<&CompiledRule> {
        self.rules.get(subject)
    }
}

/// Rule ids and tags to subjects.
struct Names {
    by_name: HashMap<String, Arc<[Subject]>>,
    none: Arc<[Subject]>,
}

impl Names {
    fn new(loaded: &[LoadedRule]) -> Self {
        let mut by_name: HashMap<String, Vec<Subject>> = HashMap::new();
        for (subject, one) in loaded.iter().enumerate() {
            by_name.entry(one.rule.id.clone()).or_default().push(subject);
            for tag in &one.rule.tags {
                by_name.entry(format!("@{tag}")).or_default().push(subject);
            }
        }
        let by_name = by_name.into_iter().map(|(name, subjects)| (name, subjects.into())).collect();
        Self { by_name, none: Arc::default() }
    }

    fn subjects(&self, name: &str) -> Arc<[Subject]> {
        Arc::clone(self.by_name.get(name).unwrap_or(&self.none))
    }
}

/// Event conditions that are no rule's match.
struct Hidden {
    next: Subject,
    events: Vec<EventSignal>,
}

impl Hidden {
    fn subject(&mut self, kind: &str, fields: &BTreeMap<String, String>) -> Subject {
        if let Some(same) = self.events.iter().find(|event| event.kind == kind && &event.fields == fields) {
            return same.subject;
        }
        let subject = self.next;
        self.next += 1;
        self.events.push(EventSignal { subject, kind: kind.to_owned(), fields: fields.clone(), levels: Vec::new() });
        subject
    }
}

fn compile_rule(rule: Rule, file: String, names: &Names, hidden: &mut Hidden) -> Result<CompiledRule, RuleError> {
    let wrong = |problem| RuleError::Wrong { path: file.clone().into(), problem };
    let conditions = |list: &[Condition], hidden: &mut Hidden| -> Result<Vec<CompiledCondition>, RuleError> {
        list.iter().map(|one| compile_condition(one, names, hidden).map_err(wrong)).collect()
    };
    let require = conditions(&rule.require, hidden)?;
    let evidence = conditions(&rule.evidence, hidden)?;
    let explains =
        rule.explains.iter().map(|one| compile_explains(one, names)).collect::<Result<_, _>>().map_err(wrong)?;
    let threshold = match &rule.threshold {
        Some(Threshold { count, within }) => Some((*count, duration::seconds(within).map_err(wrong)?)),
        None => None,
    };
    Ok(CompiledRule { rule, file, require, evidence, explains, threshold, prose_left: None })
}

fn compile_condition(one: &Condition, names: &Names, hidden: &mut Hidden) -> Result<CompiledCondition, String> {
    let subjects = match (&one.rule, &one.event) {
        (Some(rule), _) => names.subjects(rule),
        (None, Some(kind)) => Arc::from([hidden.subject(kind, &one.fields)]),
        (None, None) => return Err("a condition needs rule or event".to_owned()),
    };
    Ok(CompiledCondition {
        subjects,
        node: one.node,
        when: one.when,
        within: one.within.as_deref().map(duration::seconds).transpose()?,
        count: one.count,
        nodes: one.nodes,
        absent: one.absent,
        names: one.names,
        weight: one.weight.unwrap_or(0.0),
    })
}

fn compile_explains(one: &Explains, names: &Names) -> Result<CompiledExplains, String> {
    Ok(match one {
        Explains::Plain(name) => {
            CompiledExplains { subjects: names.subjects(name), node: Relation::Same, within: None }
        }
        Explains::Reaching(long) => CompiledExplains {
            subjects: names.subjects(&long.rule),
            node: long.node,
            within: long.within.as_deref().map(duration::seconds).transpose()?,
        },
    })
}

fn asked_for(rules: &[CompiledRule]) -> std::collections::HashSet<Subject> {
    rules
        .iter()
        .flat_map(|rule| rule.require.iter().chain(&rule.evidence))
        .flat_map(|condition| condition.subjects.iter().copied())
        .collect()
}
