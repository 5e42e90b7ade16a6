//! A rule file: read or refused with a message, never a panic; what is read compiles or is refused.
#![no_main]

use std::path::Path;

use galera_rca::rules::frequency::Frequencies;
use galera_rca::rules::read::from_text;
use galera_rca::rules::table::Table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match from_text(text, Path::new("rule.toml"), &Frequencies::default()) {
        Ok(rule) => {
            let _ = Table::new(vec![rule]);
        }
        Err(error) => assert!(error.to_string().starts_with("rule.toml: ")),
    }
});
