//! Whether a file in a folder is a log, as far as its name tells.
//!
//! Pure. It is not asked about files that the user named.

use super::name::{LogName, is_generic, strip_ending};

/// Endings of what lies beside logs and is text or may hold time stamps without being a log.
const NEVER: &[&str] = &[
    ".sql", ".cnf", ".conf", ".ini", ".pem", ".crt", ".key", ".dat", ".cache", ".ibd", ".frm", ".par", ".myd", ".myi",
    ".mai", ".mad", ".trg", ".trn", ".opt", ".pid", ".sock", ".index", ".info", ".md", ".html", ".toml", ".yaml",
    ".yml", ".json", ".tsv", ".csv", ".sh", ".py", ".service",
];

/// Whether a file in a folder is to be read. The order matters: the surest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// It has the name of a log.
    Log,
    /// The name says nothing, the first bytes must.
    Unknown,
    /// It is something else.
    Never,
}

/// Judges a file name by itself.
pub(super) fn likeness(file_name: &str) -> Likeness {
    if file_name.starts_with('.') || file_name.ends_with('~') {
        return Likeness::Never;
    }
    let base = LogName::parse(file_name).base;
    let has = |ending: &str| strip_ending(&base, ending).is_some();
    let starts = |start: &str| file_name.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let ends_as_log = has(".log") || has(".err") || (starts("journal") && has(".json"));
    let starts_as_log = ["mysqld.log", "mariadb.log", "error.log"].into_iter().any(starts);
    if ends_as_log || starts_as_log || is_generic(&base) {
        Likeness::Log
    } else if NEVER.iter().any(|ending| has(ending)) {
        Likeness::Never
    } else {
        Likeness::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs() {
        let logs = [
            "node1.log",
            "NODE1.LOG",
            "host.err",
            "error.log.1",
            "x.log-20241124.gz",
            "x.log.3.zst",
            "mysqld.log.saved",
            "error.log.broken",
            "syslog",
            "syslog.1",
            "messages-20241124",
            "journal-node2.json",
            "4f5c-json.log",
            "mysqld",
        ];
        for name in logs {
            assert_eq!(likeness(name), Likeness::Log, "{name}");
        }
    }

    #[test]
    fn names_of_other_files() {
        for name in ["my.cnf", "case.json", "t1.ibd", ".hidden.log", "a.log~", "dump.sql.gz"] {
            assert_eq!(likeness(name), Likeness::Never, "{name}");
        }
        for name in ["node1.txt", "node1", "192.168.1.11", "ibdata1", "mysql-bin.000001", "out"] {
            assert_eq!(likeness(name), Likeness::Unknown, "{name}");
        }
    }
}
