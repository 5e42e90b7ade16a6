//! One line: its head, its typed events, and what of it is shown.
#![no_main]

use galera_rca::diagnose::printable::printable;
use galera_rca::parse::head::parse_head;
use galera_rca::parse::trigger::TRIGGERS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let message = parse_head(line).map_or(line, |head| head.message);
    for trigger in TRIGGERS {
        if let Some(event) = (trigger.parse)(message) {
            assert!(!event.kind().is_empty());
        }
    }
    assert!(!printable(line).chars().any(char::is_control));
});
