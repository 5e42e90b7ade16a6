//! What each kind of typed event means, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Normal;

const TEXTS: &str = include_str!("events.toml");

/// What an event means to a reader.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventText {
    pub says: String,
    /// Who prints it.
    pub by: String,
    pub normal: Normal,
    /// What to look for above it.
    #[serde(default)]
    pub before: String,
    /// What to look for below it.
    #[serde(default)]
    pub after: String,
}

/// What the events of a kind mean; nothing where the build was damaged, which a test rules out.
pub fn text(kind: &str) -> Option<&'static EventText> {
    static READ: LazyLock<BTreeMap<String, EventText>> = LazyLock::new(|| toml::from_str(TEXTS).unwrap_or_default());
    READ.get(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::event::Event;

    #[test]
    fn every_event_has_its_text() {
        let texts: BTreeMap<String, EventText> = toml::from_str(TEXTS).expect("it can be read");
        let kinds: Vec<&str> = Event::KINDS.iter().map(|(kind, _)| *kind).collect();
        for kind in &kinds {
            let text = texts.get(*kind).unwrap_or_else(|| panic!("{kind} has no text"));
            assert!(text.says.ends_with('.') && !text.by.is_empty(), "{kind}");
        }
        assert_eq!(texts.len(), kinds.len());
    }
}
