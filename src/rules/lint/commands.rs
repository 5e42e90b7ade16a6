//! Commands that a person will paste into a shell: those called read-only only look.
//!
//! A list of what is allowed, not of what is not: a program, a subcommand or a shell sign that is not known here is
//! a remark. `docs/rules.md` has the same list in words.

use super::Checked;
use crate::diagnose::fill::{Piece, pieces};
use crate::rules::schema::CommandClass;

pub fn check(checked: &mut Checked<'_>) {
    let rule = checked.rule;
    for (index, verify) in rule.verify.iter().enumerate() {
        if verify.class == CommandClass::ReadOnly {
            look(checked, &format!("verify.{index}.run"), &verify.run);
        }
    }
    for (index, alternative) in rule.alternatives.iter().enumerate() {
        if let Some(check) = &alternative.check {
            look(checked, &format!("alternative.{index}.check"), check);
        }
    }
}

fn look(checked: &mut Checked<'_>, place: &str, template: &str) {
    // Words for an unknown value go into the command as they are.
    let problem = objection(&filled(template, true)).or_else(|| objection(&filled(template, false)));
    if let Some(problem) = problem {
        checked.say(place, "", &format!("not a command that only looks: {problem}"));
    }
}

fn filled(template: &str, known: bool) -> String {
    let mut out = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Hole { otherwise: Some(words), .. } if !known => out.push_str(words),
            Piece::Hole { .. } => out.push('x'),
        }
    }
    out
}

/// Why a command may do more than look.
fn objection(command: &str) -> Option<String> {
    let stages = match stages(command) {
        Ok(stages) => stages,
        Err(problem) => return Some(problem),
    };
    let (first, filters) = stages.split_first()?;
    program(first).or_else(|| filters.iter().find_map(|filter| filtering(filter)))
}

/// The words of each stage of a pipe, without their quotes.
fn stages(command: &str) -> Result<Vec<Vec<String>>, String> {
    let mut stages = vec![vec![String::new()]];
    let mut quote = None;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        let substitutes = c == '`' || c == '$' && chars.peek() == Some(&'(');
        match (c, quote) {
            ('`' | '$', None | Some('"')) if substitutes => {
                return Err(format!("'{c}' makes the shell run what is inside"));
            }
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => push(&mut stages, chars.next().unwrap_or(c)),
            ('|', None) => stages.push(vec![String::new()]),
            (';' | '&' | '>' | '<' | '\n', None) => return Err(format!("'{c}' outside quotes")),
            (' ', None) => stages.last_mut().into_iter().for_each(|words| words.push(String::new())),
            (c, _) => push(&mut stages, c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    for words in &mut stages {
        words.retain(|word| !word.is_empty());
    }
    Ok(stages)
}

fn push(stages: &mut [Vec<String>], c: char) {
    if let Some(word) = stages.last_mut().and_then(|words| words.last_mut()) {
        word.push(c);
    }
}

/// A program that only looks, on its conditions.
struct Program {
    name: &'static str,
    /// The first argument begins with one of these; empty: no matter.
    first: &'static [&'static str],
    /// No argument begins with one of these options or is one of these words.
    never: &'static [&'static str],
}

const fn any(name: &'static str) -> Program {
    Program { name, first: &[], never: &[] }
}

const fn only(name: &'static str, first: &'static [&'static str]) -> Program {
    Program { name, first, never: &[] }
}

const fn but(name: &'static str, never: &'static [&'static str]) -> Program {
    Program { name, first: &[], never }
}

const PROGRAMS: &[Program] = &[
    any("cat"),
    any("debsums"),
    any("df"),
    any("du"),
    any("findmnt"),
    any("free"),
    any("galera_recovery"),
    any("getent"),
    any("grep"),
    any("head"),
    any("iostat"),
    any("last"),
    any("ldd"),
    any("ls"),
    any("lscpu"),
    any("lsblk"),
    any("my_print_defaults"),
    any("namei"),
    any("nm"),
    any("pgrep"),
    any("ps"),
    any("readelf"),
    any("sha256sum"),
    any("stat"),
    any("tail"),
    any("uptime"),
    any("vmstat"),
    any("wc"),
    any("which"),
    any("zgrep"),
    but("date", &["-s", "--set"]),
    but("fuser", &["-k", "-i"]),
    but("ip", &["add", "del", "set", "flush", "change", "replace", "append"]),
    but("journalctl", &["--vacuum", "--rotate", "--flush", "--sync", "--relinquish", "-f"]),
    but("sort", &["-o", "--output"]),
    but("ss", &["-K", "--kill"]),
    but("timedatectl", &["set-"]),
    only("chronyc", &["tracking", "sources"]),
    only("docker", &["logs", "inspect", "ps"]),
    only("dpkg", &["-l", "-s", "-S", "-V"]),
    only("firewall-cmd", &["--list", "--state"]),
    only("iptables", &["-S", "-L"]),
    only("kubectl", &["logs", "describe", "get"]),
    only("mariadb-backup", &["--version"]),
    only("mariadb-upgrade", &["--check-if-upgrade-is-needed"]),
    only("mariadbd", &["--version", "--help"]),
    only("nc", &["-vz", "-zv", "-z"]),
    only("nft", &["list"]),
    only("ping", &["-c"]),
    only("podman", &["logs", "inspect", "ps"]),
    only("rpm", &["-q", "-V"]),
    only("rsync", &["--version"]),
    only("socat", &["-V"]),
    only("systemctl", &["show", "status", "cat", "is-active", "is-enabled", "list-"]),
    Program { name: "openssl", first: OPENSSL, never: &["-out", "-keyout", "-writerand"] },
    Program { name: "tcpdump", first: &["-c"], never: &["-w", "-z"] },
];

const OPENSSL: &[&str] = &["x509", "verify", "s_client", "crl", "pkey", "rsa", "ec", "ciphers", "version", "errstr"];

fn program(words: &[String]) -> Option<String> {
    let (name, arguments) = words.split_first()?;
    if name == "mariadb" {
        return sql(arguments);
    }
    let Some(known) = PROGRAMS.iter().find(|known| known.name == name) else {
        return Some(format!("'{name}' is not on the list of programs in docs/rules.md"));
    };
    let begins = |word: &String| known.first.iter().any(|one| word.starts_with(one));
    if !known.first.is_empty() && !arguments.first().is_some_and(begins) {
        return Some(format!("'{name}' needs one of {} as its first argument", known.first.join(", ")));
    }
    let never = |word: &str| known.never.iter().any(|one| word == *one || (one.contains('-') && word.starts_with(one)));
    let changing = arguments.iter().find(|word| never(word))?;
    Some(format!("'{name}' with '{changing}' changes something or does not end"))
}

fn filtering(words: &[String]) -> Option<String> {
    match words.first().map(String::as_str) {
        Some("grep" | "head" | "tail" | "sort" | "wc") => program(words),
        Some(other) => Some(format!("a pipe into '{other}'; only grep, head, tail, sort and wc")),
        None => Some("a pipe into nothing".to_owned()),
    }
}

/// The statements after `-e` only show.
fn sql(arguments: &[String]) -> Option<String> {
    let Some(at) = arguments.iter().position(|word| word.starts_with('-') && word.ends_with('e')) else {
        return Some("'mariadb' without -e is a session, not a look".to_owned());
    };
    let text = arguments.get(at + 1).map_or("", String::as_str);
    let statements: Vec<String> = text.split(';').map(|one| one.trim().to_ascii_uppercase()).collect();
    if statements.iter().all(String::is_empty) {
        return Some("'mariadb -e' without a statement".to_owned());
    }
    let shows = |one: &String| {
        one.is_empty()
            || (one.starts_with("SHOW ") || one.starts_with("SELECT "))
                && ![" INTO ", " FOR UPDATE", " LOCK IN "].iter().any(|part| one.contains(part))
    };
    let wrong = statements.iter().find(|one| !shows(one))?;
    Some(format!("the statement '{wrong}' is no plain SHOW or SELECT"))
}

#[cfg(test)]
mod tests {
    use super::objection;

    fn looks(command: &str) -> bool {
        objection(command).is_none()
    }

    #[test]
    fn what_looks_is_allowed() {
        for command in [
            "openssl x509 -in x -noout -subject -dates",
            "ss -ltnp 'sport = :4567'",
            "mariadb -e \"SHOW STATUS LIKE 'wsrep_cluster_status'\"",
            "mariadb -e 'SELECT 1; SHOW FULL PROCESSLIST'",
            "journalctl -k --grep='I/O error|EXT4-fs error'",
            "grep -c 'a;b > c' x",
            "ls -l x | grep wsrep | wc -l",
            "nc -vz x 4567",
        ] {
            assert_eq!(objection(command), None, "{command}");
        }
    }

    #[test]
    fn what_may_change_something_is_not() {
        for command in [
            "rm -rf x",
            "ls x; reboot",
            "ls x && reboot",
            "cat x > y",
            "nc -l 4567 < x",
            "ls $(reboot)",
            "ls \"$(reboot)\"",
            "ls `reboot`",
            "cat x | sh",
            "cat x | sort -o y",
            "openssl genrsa -out x",
            "openssl x509 -in x -out y",
            "mariadb -e 'CHECK TABLE t'",
            "mariadb -e 'SELECT 1; DROP TABLE t'",
            "mariadb -e 'SELECT * FROM t INTO OUTFILE x'",
            "mariadb shop",
            "fuser -k x",
            "systemctl restart mariadb",
            "date -s 12:00",
            "grep 'open",
        ] {
            assert!(!looks(command), "{command}");
        }
    }
}
