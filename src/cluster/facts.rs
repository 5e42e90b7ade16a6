//! What a log tells about its node, by name: fills the placeholders of rule texts.

use std::collections::BTreeMap;

use crate::parse::event::Event;
use crate::rules::schema::CaptureType;

/// Facts that come from one event field each: event kind, field, fact.
const FROM_FIELDS: &[(&str, &str, &str)] = &[
    ("server-start", "version", "server_version"),
    ("server-ready", "version", "server_version"),
    ("provider-load", "path", "provider"),
    ("provider-loaded", "version", "provider_version"),
    ("connecting", "group", "cluster_name"),
    ("connecting", "peers", "cluster_address"),
    ("bootstrapping", "group", "cluster_name"),
    ("listening", "address", "listen_address"),
    ("sst-run", "datadir", "datadir"),
    ("own-uuid", "uuid", "node_uuid"),
    ("quorum", "group_uuid", "state_uuid"),
    ("shift", "seqno", "seqno"),
    ("transfer-requested", "joiner", "joiner"),
    ("transfer-requested", "donor", "donor"),
];

/// Facts that come from provider options: option, fact.
const FROM_OPTIONS: &[(&str, &str)] = &[
    ("socket.ssl_cert", "ssl_cert"),
    ("socket.ssl_key", "ssl_key"),
    ("socket.ssl_ca", "ssl_ca"),
    ("socket.ssl_cipher", "ssl_cipher"),
    ("base_dir", "datadir"),
    ("base_host", "node_address"),
    ("ist.recv_addr", "ist_address"),
];

/// All facts that texts may name, with their types; lint checks placeholders against this.
pub const KNOWN: &[(&str, CaptureType)] = &[
    ("node", CaptureType::Node),
    ("observer", CaptureType::Node),
    ("peer", CaptureType::Node),
    ("log", CaptureType::Path),
    ("datadir", CaptureType::Path),
    ("cluster_name", CaptureType::Word),
    ("cluster_address", CaptureType::Text),
    ("listen_address", CaptureType::Address),
    ("node_address", CaptureType::Host),
    ("ist_address", CaptureType::Address),
    ("ssl_cert", CaptureType::Path),
    ("ssl_key", CaptureType::Path),
    ("ssl_ca", CaptureType::Path),
    ("ssl_cipher", CaptureType::Text),
    ("config_file", CaptureType::Path),
    ("provider", CaptureType::Path),
    ("server_version", CaptureType::Word),
    ("provider_version", CaptureType::Word),
    ("node_uuid", CaptureType::Uuid),
    ("state_uuid", CaptureType::Uuid),
    ("seqno", CaptureType::Seqno),
    ("joiner", CaptureType::Node),
    ("donor", CaptureType::Node),
];

/// The latest value of each fact.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    values: BTreeMap<&'static str, String>,
}

impl Facts {
    /// The value of a fact, if the log told it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Takes in what an event tells.
    pub fn observe(&mut self, event: &Event) {
        let kind = event.kind();
        for (_, field, fact) in FROM_FIELDS.iter().filter(|(of, _, _)| of.len() == kind.len() && *of == kind) {
            if let Some(value) = event.field(field) {
                self.set(fact, &value);
            }
        }
        match event {
            Event::ProviderOptions { options } => self.observe_options(options),
            Event::SstRun { command, .. } => {
                if let Some(file) = argument(command, "--defaults-file") {
                    self.set("config_file", &file);
                }
            }
            _ => {}
        }
    }

    fn observe_options(&mut self, options: &[(String, String)]) {
        for (option, value) in options {
            for (_, fact) in FROM_OPTIONS.iter().filter(|(name, _)| name == option) {
                self.set(fact, value);
            }
        }
    }

    fn set(&mut self, fact: &'static str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && self.get(fact) != Some(value) {
            self.values.insert(fact, value.to_owned());
        }
    }
}

/// The value after an option such as `--defaults-file` in a command line, without its quotes.
fn argument(command: &str, option: &str) -> Option<String> {
    let (_, rest) = command.split_once(option)?;
    let rest = rest.trim_start_matches([' ', '=']);
    let (value, _) = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'')?,
        None => rest.split_once(' ').unwrap_or((rest, "")),
    };
    Some(value.to_owned())
}
