//! How nodes are written: UUIDs by the generation of the provider, addresses by who prints them.

/// What a peer is called that never answered the first handshake.
const NOBODY: &str = "00000000";

/// The first group of a full UUID or short id: the part that all its forms begin with.
pub fn first_group(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// The short id of a full UUID as Galera 26.4 prints it: first and fourth group. A short id stays as it is.
pub fn short(id: &str) -> String {
    match groups(id) {
        (first, Some(fourth)) => format!("{first}-{fourth}"),
        (first, None) => first.to_owned(),
    }
}

/// Do both name one process of a node? Either may be a full UUID, a short id (first and fourth group) or, as before
/// Galera 26.4, the first group alone.
pub fn same_id(one: &str, other: &str) -> bool {
    if one.len() == other.len() {
        return one == other;
    }
    let ((one, of_one), (other, of_other)) = (groups(one), groups(other));
    one == other && of_one.zip(of_other).is_none_or(|(one, other)| one == other)
}

/// A UUID of zeros stands for a peer that never said who it is.
pub fn is_nobody(id: &str) -> bool {
    first_group(id) == NOBODY
}

/// First group, and the fourth of a full UUID or the second of a short id.
fn groups(id: &str) -> (&str, Option<&str>) {
    let mut parts = id.split('-');
    let first = parts.next().unwrap_or(id);
    let second = parts.next();
    let fourth = parts.nth(1);
    (first, fourth.or(second))
}

/// The host of `tcp://10.0.0.1:4567`, `ssl://[::1]:4567`, `10.0.0.1:4444/rsync_sst` or a bare `fd00::2`.
pub fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if let Some((host, _)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return host;
    }
    let place = rest.split(['/', '?']).next().unwrap_or(rest);
    let version_6 = place.matches(':').count() > 1;
    if version_6 { place } else { place.split(':').next().unwrap_or(place) }
}

/// Members whose name is not known yet are printed as `unspecified`.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "unspecified"
}

/// Does the address stand for one machine only? Those to listen everywhere, and the machine itself, do not.
pub fn is_telling(host: &str) -> bool {
    !matches!(host, "" | "0.0.0.0" | "::" | "*" | "127.0.0.1" | "::1" | "localhost" | "AUTO")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = "b63c1f5a-e7de-11f1-9f1a-9ea06b588129";

    #[test]
    fn all_forms_of_an_id_are_one() {
        assert_eq!(short(FULL), "b63c1f5a-9f1a");
        for form in [FULL, "b63c1f5a-9f1a", "b63c1f5a"] {
            assert!(same_id(form, FULL) && same_id(FULL, form), "{form}");
        }
        for other in ["b63c1f5a-9f1b", "b63c1f5b", "b63c1f5a-e7de-11f1-9f1a-9ea06b588120"] {
            assert!(!same_id(other, FULL), "{other}");
        }
        assert!(is_nobody("00000000-0000") && !is_nobody("b63c1f5a-9f1a"));
    }

    #[test]
    fn hosts_of_both_families() {
        for (address, host) in [
            ("tcp://10.0.0.1:4567", "10.0.0.1"),
            ("ssl://[fd00::2]:4567", "fd00::2"),
            ("[fd00::2]", "fd00::2"),
            ("fd00::2", "fd00::2"),
            ("10.0.0.1:4444/rsync_sst", "10.0.0.1"),
            ("db2.example.org", "db2.example.org"),
            ("10.0.0.3:?gmcast.segment=1", "10.0.0.3"),
            ("", ""),
        ] {
            assert_eq!(host_of(address), host);
        }
    }
}
