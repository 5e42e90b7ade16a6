//! `--exit-on`: what a script waits for.

use std::collections::BTreeMap;

use crate::follow::event::Event;
use crate::follow::state::NodeState;
use crate::rules::schema::Severity;

/// What ends the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// A diagnosis of this rule is opened, or becomes the cause of an open one.
    Rule(String),
    /// A diagnosis of at least this severity.
    Severity(Severity),
    /// All followed nodes are synced.
    Synced,
}

impl Until {
    /// Reads `synced`, a severity, or the id of a rule that `is_rule` knows.
    pub fn parse(text: &str, is_rule: impl Fn(&str) -> bool) -> Option<Self> {
        match text {
            "synced" => Some(Self::Synced),
            "info" => Some(Self::Severity(Severity::Info)),
            "warning" => Some(Self::Severity(Severity::Warning)),
            "error" => Some(Self::Severity(Severity::Error)),
            "critical" => Some(Self::Severity(Severity::Critical)),
            rule => is_rule(rule).then(|| Self::Rule(rule.to_owned())),
        }
    }

    /// Is this the event that is waited for?
    pub fn is_met_by(&self, event: &Event) -> bool {
        let (Event::Opened(told) | Event::Updated(told)) = event else { return false };
        match self {
            Self::Rule(rule) => told.rule == *rule,
            Self::Severity(least) => told.severity >= *least,
            Self::Synced => false,
        }
    }

    /// Are the nodes where they should be?
    pub fn is_met_in(&self, states: &BTreeMap<String, NodeState>) -> bool {
        let mut own = states.values().filter(|state| state.own_log).peekable();
        *self == Self::Synced && own.peek().is_some() && own.all(NodeState::works)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_severities_rules_or_synced() {
        let parse = |text| Until::parse(text, |id| id == "node-killed");
        assert_eq!(parse("synced"), Some(Until::Synced));
        assert_eq!(parse("critical"), Some(Until::Severity(Severity::Critical)));
        assert_eq!(parse("node-killed"), Some(Until::Rule("node-killed".into())));
        assert_eq!(parse("node-kiled"), None);
    }

    #[test]
    fn all_followed_nodes_must_be_synced() {
        let state = |state: &str| NodeState { state: state.into(), own_log: true, ..NodeState::default() };
        let mut states = BTreeMap::from([("node1".to_owned(), state("SYNCED")), ("node2".to_owned(), state("JOINER"))]);
        assert!(!Until::Synced.is_met_in(&states));
        states.insert("node2".to_owned(), state("SYNCED"));
        assert!(Until::Synced.is_met_in(&states));
        assert!(!Until::Synced.is_met_in(&BTreeMap::new()));
    }
}
