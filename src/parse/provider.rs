//! The provider library: loading, its options, its saved position and its cache.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_until};
use nom::character::complete::{char, u8 as number8};
use nom::combinator::{map, opt};
use nom::sequence::preceded;

use super::event::Event;
use super::fields::{Parsed, after, gtid, quoted, read, seqno_range, split_first, text, uuid};

/// Reads `wsrep_load(): loading provider library '…'` (`wsrep-API/v26/wsrep_loader.c`) and
/// `Loading provider … initial position: …` (`wsrep-lib/src/server_state.cpp`).
pub fn load(message: &[u8]) -> Option<Event> {
    read(alt((load_by_loader, load_by_server)), message)
}

fn load_by_loader(input: &[u8]) -> Parsed<'_, Event> {
    let opening = (tag("wsrep_load(): "), tag("loading provider library "));
    map(preceded(opening, quoted), |path| Event::ProviderLoad { path: text(path), position: None }).parse(input)
}

fn load_by_server(input: &[u8]) -> Parsed<'_, Event> {
    let opening = " initial position: ";
    let (input, path) = preceded(tag("Loading provider "), take_until(opening)).parse(input)?;
    let (input, position) = preceded(tag(opening), opt(gtid)).parse(input)?;
    Ok((input, Event::ProviderLoad { path: text(path), position }))
}

/// Reads `wsrep_load(): Galera 4.23(rXXXX) by Codership Oy … loaded successfully.` (`wsrep-API/v26/wsrep_loader.c`).
pub fn loaded(message: &[u8]) -> Option<Event> {
    let (_, success) = split_first(message, b" by ")?;
    split_first(success, b"loaded successfully")?;
    let version = read(preceded(tag("wsrep_load(): Galera "), is_not(" \n")), message)?;
    Some(Event::ProviderLoaded { version: text(version) })
}

/// Reads the options in force, `Passing config to GCS: k = v; …` (`galera/src/galera_gcs.hpp`), and those asked for,
/// `Failed to create a new provider '…' with options 'k=v;…': …` (`wsrep-lib/src/provider.cpp`).
pub fn options(message: &[u8]) -> Option<Event> {
    let options = match message.strip_prefix(b"Passing config to GCS: ") {
        Some(list) => ended_pairs(list),
        None => asked_pairs(split_first(message, b" with options '")?.1),
    };
    (!options.is_empty()).then_some(Event::ProviderOptions { options })
}

/// Galera ends each pair with `; `, so a last pair without it was torn when the server cut the message at 1023 bytes
/// (`sql/log.cc`); its value, or even its key, would be wrong.
fn ended_pairs(list: &[u8]) -> Vec<(String, String)> {
    let mut parts: Vec<&[u8]> = list.split(|&byte| byte == b';').collect();
    parts.pop();
    pairs(parts)
}

/// The value of `wsrep_provider_options` as the user wrote it: a last pair without `;` is whole as long as the closing
/// quote is there.
fn asked_pairs(list: &[u8]) -> Vec<(String, String)> {
    let (list, closed) = match split_first(list, b"': ") {
        Some((list, _)) => (list, true),
        None => (list, false),
    };
    let mut parts: Vec<&[u8]> = list.split(|&byte| byte == b';').collect();
    if !closed {
        parts.pop();
    }
    pairs(parts)
}

fn pairs(parts: Vec<&[u8]>) -> Vec<(String, String)> {
    let pair = |part| split_first(part, b"=").map(|(key, value)| (text(key), text(value)));
    parts.into_iter().filter_map(pair).filter(|(key, _)| !key.is_empty()).collect()
}

/// Reads `####### My UUID: …` (`galera/src/replicator_smm.cpp`).
pub fn own_uuid(message: &[u8]) -> Option<Event> {
    read(preceded(after("My UUID: "), uuid), message).map(|uuid| Event::OwnUuid { uuid })
}

/// Reads `Found saved state: …:-1, safe_to_bootstrap: 0` (`galera/src/saved_state.cpp`).
pub fn saved_state(message: &[u8]) -> Option<Event> {
    let position = preceded(tag("Found saved state: "), gtid);
    let safe = opt(preceded(tag(", safe_to_bootstrap: "), number8));
    let (position, safe) = read((position, safe), message)?;
    Some(Event::SavedState { uuid: position.uuid, seqno: position.seqno, safe })
}

/// Reads `Recovered position: …` (`sql/wsrep_mysqld.cc`) and, from the scripts, `Recovered position …`
/// (`scripts/mysqld_safe.sh`).
///
/// `Recovered position from storage: …` is printed at each start and is another thing.
pub fn recovered_position(message: &[u8]) -> Option<Event> {
    let opening = (after("Recovered position"), opt(char(':')), char(' '));
    let position = read(preceded(opening, gtid), message)?;
    Some(Event::RecoveredPosition { uuid: position.uuid, seqno: position.seqno })
}

/// Reads how the scan of the write-set cache ended at a start (`gcache/src/gcache_rb_store.cpp`).
pub fn gcache_recovery(message: &[u8]) -> Option<Event> {
    let range = read(preceded(after("found gapless sequence "), seqno_range), message);
    let begins = |words: &[u8]| message.starts_with(words);
    let outcome = if range.is_some() {
        "recovered"
    } else if begins(b"Skipped GCache ring buffer recovery") {
        "skipped"
    } else if begins(b"Failed to recover GCache") || begins(b"Recovering GCache ring buffer: Recovery failed") {
        "failed"
    } else if begins(b"Recovering GCache ring buffer: didn't recover") {
        "empty"
    } else {
        return None;
    };
    let (first, last) = range.unzip();
    Some(Event::GcacheRecovery { outcome: outcome.to_owned(), first, last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::event::Gtid;

    const HISTORY: &str = "ce7b9535-e7da-11f1-a359-aace47ddf325";

    fn option_list(message: &str) -> Vec<(String, String)> {
        match options(message.as_bytes()) {
            Some(Event::ProviderOptions { options }) => options,
            _ => Vec::new(),
        }
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn both_lines_of_a_load() {
        let path = "/usr/lib/galera/libgalera_smm.so".to_owned();
        assert_eq!(
            load(b"wsrep_load(): loading provider library '/usr/lib/galera/libgalera_smm.so'"),
            Some(Event::ProviderLoad { path: path.clone(), position: None })
        );
        let position = Some(Gtid { uuid: HISTORY.into(), seqno: 15 });
        let line = format!("Loading provider {path} initial position: {HISTORY}:15");
        assert_eq!(load(line.as_bytes()), Some(Event::ProviderLoad { path, position }));
        assert_eq!(load(b"Failed to load provider"), None);
    }

    #[test]
    fn versions_of_each_packager() {
        let version = |version: &str| Some(Event::ProviderLoaded { version: version.into() });
        assert_eq!(
            loaded(b"wsrep_load(): Galera 4.23(rXXXX) by Codership Oy <info@codership.com> loaded successfully."),
            version("4.23(rXXXX)")
        );
        assert_eq!(
            loaded(
                b"wsrep_load(): Galera 4.14(779b689) by Codership Oy <info@codership.com> \
                (modified by Percona <https://percona.com/>) loaded successfully."
            ),
            version("4.14(779b689)")
        );
        assert_eq!(
            loaded(b"wsrep_load(): Galera 25.3.20(r3703) by Codership Oy <info@codership.com> loaded successfully."),
            version("25.3.20(r3703)")
        );
    }

    #[test]
    fn a_torn_pair_is_dropped() {
        assert_eq!(
            option_list("Passing config to GCS: base_dir = /var/lib/mysql/; base_port = 4567; pc.announce_timeo"),
            owned(&[("base_dir", "/var/lib/mysql/"), ("base_port", "4567")])
        );
        assert_eq!(
            option_list(
                "Passing config to GCS: base_host = 10.0.0.1; evs.keepalive_period = PT1S; evs.suspect_timeout = PT1"
            ),
            owned(&[("base_host", "10.0.0.1"), ("evs.keepalive_period", "PT1S")])
        );
        assert_eq!(
            option_list("Passing config to GCS: pc.weight = 1; socket.ssl = YES; "),
            owned(&[("pc.weight", "1"), ("socket.ssl", "YES")])
        );
    }

    #[test]
    fn options_asked_for() {
        assert_eq!(
            option_list(
                "Failed to create a new provider '/l.so' with options 'gcache.size=8M;socket.ssl=YES': Failed to load"
            ),
            owned(&[("gcache.size", "8M"), ("socket.ssl", "YES")])
        );
        assert_eq!(
            option_list("Failed to create a new provider '/l.so' with options 'gcache.size=8M;socket.ssl_ke"),
            owned(&[("gcache.size", "8M")])
        );
    }

    #[test]
    fn positions_at_a_start() {
        let line = format!("Found saved state: {HISTORY}:-1, safe_to_bootstrap: 0");
        let saved = |safe| Some(Event::SavedState { uuid: HISTORY.into(), seqno: -1, safe });
        assert_eq!(saved_state(line.as_bytes()), saved(Some(0)));
        assert_eq!(saved_state(format!("Found saved state: {HISTORY}:-1").as_bytes()), saved(None));

        let recovered = Some(Event::RecoveredPosition { uuid: HISTORY.into(), seqno: 42 });
        assert_eq!(recovered_position(format!("Recovered position: {HISTORY}:42,0-1-7").as_bytes()), recovered);
        assert_eq!(recovered_position(format!("WSREP: Recovered position {HISTORY}:42").as_bytes()), recovered);
        assert_eq!(recovered_position(format!("Recovered position from storage: {HISTORY}:42").as_bytes()), None);
    }

    #[test]
    fn own_identity() {
        let line = format!("####### My UUID: {HISTORY}");
        assert_eq!(own_uuid(line.as_bytes()), Some(Event::OwnUuid { uuid: HISTORY.into() }));
    }

    #[test]
    fn cache_scans() {
        let outcome = |line: &str| match gcache_recovery(line.as_bytes()) {
            Some(Event::GcacheRecovery { outcome, first, last }) => Some((outcome, first, last)),
            _ => None,
        };
        let expected = |word: &str, first, last| Some((word.to_owned(), first, last));
        assert_eq!(
            outcome("Recovering GCache ring buffer: found gapless sequence 2-14"),
            expected("recovered", Some(2), Some(14))
        );
        assert_eq!(
            outcome("Recovering GCache ring buffer: Recovery failed, need to do full reset."),
            expected("failed", None, None)
        );
        assert_eq!(
            outcome("Skipped GCache ring buffer recovery: could not determine history UUID."),
            expected("skipped", None, None)
        );
        assert_eq!(outcome("Recovering GCache ring buffer: found 0/2 locked buffers"), None);
    }
}
