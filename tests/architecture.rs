//! The direction of the parts: each uses only those before it, few touch the outside world, one prints.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The parts, lowest first.
const ORDER: [&str; 15] = [
    "parse",
    "transport",
    "source",
    "rules",
    "scan",
    "catalogue",
    "cluster",
    "diagnose",
    "explain",
    "follow",
    "timeline",
    "whois",
    "report",
    "pipeline",
    "cli",
];

/// Uses against the order: path of the file (or the folder), part used, and why that is right.
const UPWARD: [(&str, &str, &str); 4] = [
    ("rules/lint", "scan", "checks of rules run the real engine on the rules' examples"),
    ("rules/lint", "cluster", "the same, up to the hits that the engine collects"),
    ("rules/lint", "diagnose", "checks that the texts of rules can be filled and are safe to show"),
    ("rules/lint", "pipeline", "runs the whole analysis over logs in which nothing is wrong"),
];

/// Parts that are pure: text in, data out.
const PURE: [&str; 11] = [
    "parse",
    "transport",
    "scan",
    "catalogue",
    "cluster",
    "diagnose",
    "explain",
    "follow",
    "timeline",
    "whois",
    "report",
];

/// What a pure part must not know.
const OUTSIDE: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Local::now",
    "Utc::now",
    "io::stdin",
];

/// Who opens files: logs, rules, nothing else.
const OPENS_FILES: [&str; 5] = ["source", "rules/read.rs", "rules/load.rs", "rules/lint", "cli"];

/// Who reads the environment, the arguments and the clock.
const KNOWS_THE_WORLD: [&str; 1] = ["cli"];

struct Source {
    /// Below `src`, with `/`.
    path: String,
    /// Without comments and without tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 50, "the sources are found");
    files
        .into_iter()
        .map(|file| {
            let path = file.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
            Source { path, code: code(&fs::read_to_string(&file).expect("UTF-8")) }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files);
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "scratch.rs" {
            files.push(path);
        }
    }
}

/// Test modules stand at the end of a file; helpers of tests are in `tests.rs` and `scratch.rs`.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let begins_tests = lines.peek().is_some_and(|next| next.starts_with("mod tests {"));
        if line == "#[cfg(test)]" && begins_tests {
            break;
        }
        if !line.trim_start().starts_with("//") {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

fn part(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

fn is_below(path: &str, place: &str) -> bool {
    path == place || path == format!("{place}.rs") || path.starts_with(&format!("{place}/"))
}

/// The parts named after `crate::`, alone or in braces.
fn uses(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, marker) in code.match_indices("crate::") {
        let rest = &code[at + marker.len()..];
        let names = match rest.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) => list.split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name = name.trim_start();
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            found.push(&name[..end]);
        }
    }
    found
}

#[test]
fn each_part_uses_only_those_before_it() {
    let place = |name: &str| ORDER.iter().position(|part| *part == name);
    let mut wrong = Vec::new();
    let mut needed = [false; UPWARD.len()];
    for source in sources() {
        let Some(own) = place(part(&source.path)) else { continue };
        for used in uses(&source.code) {
            let Some(other) = place(used) else {
                wrong.push(format!("{}: crate::{used} is no part that is known here", source.path));
                continue;
            };
            if other <= own {
                continue;
            }
            match UPWARD.iter().position(|(file, part, _)| is_below(&source.path, file) && *part == used) {
                Some(exception) => needed[exception] = true,
                None => wrong.push(format!("{}: {} must not use {used}", source.path, ORDER[own])),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    for ((file, used, _), needed) in UPWARD.iter().zip(needed) {
        assert!(needed, "{file} does not use {used} any more: take the exception away");
    }
}

#[test]
fn pure_parts_touch_nothing_outside() {
    for source in sources() {
        if !PURE.contains(&part(&source.path)) {
            continue;
        }
        for word in OUTSIDE {
            assert!(!source.code.contains(word), "{} must not use {word}", source.path);
        }
    }
}

#[test]
fn files_are_opened_in_few_places() {
    for source in sources() {
        let opens = ["std::fs", "fs::read", "File::open", "OpenOptions"].iter().any(|word| source.code.contains(word));
        let may = OPENS_FILES.iter().any(|place| is_below(&source.path, place) || source.path == *place);
        assert!(may || !opens, "{} must not open files", source.path);
    }
}

#[test]
fn only_the_command_line_knows_clock_and_environment() {
    for source in sources() {
        let asks = ["std::env", "env::var", "Local::now", "Utc::now", "SystemTime", "Instant::now", "std::net"];
        let asks: Vec<_> = asks.iter().filter(|word| source.code.contains(**word)).collect();
        let may = KNOWS_THE_WORLD.contains(&part(&source.path));
        assert!(may || asks.is_empty(), "{} must not use {asks:?}", source.path);
    }
}

#[test]
fn only_the_command_line_prints() {
    for source in sources() {
        // `eprintln!` ends like `println!`.
        let prints = ["println!", "print!", "dbg!", "io::stdout", "io::stderr"];
        let prints: Vec<_> = prints.iter().filter(|word| source.code.contains(**word)).collect();
        assert!(part(&source.path) == "cli" || prints.is_empty(), "{} must not use {prints:?}", source.path);
    }
}

/// What only these files do, and why that is right.
const MAY: [(&str, &str, &str); 2] = [
    ("cli/follow/hook.rs", "Command::new", "starts the user's own program, without a shell"),
    ("cli/follow/metrics.rs", "TcpListener", "serves metrics on an address of the machine itself"),
];

#[test]
fn nothing_is_unsafe_and_nobody_talks_to_the_network() {
    for source in sources() {
        for word in ["unsafe {", "unsafe fn", "TcpStream", "UdpSocket", "TcpListener", "Command::new"] {
            let may = MAY.iter().any(|(path, allowed, _)| *path == source.path && *allowed == word);
            assert!(may || !source.code.contains(word), "{} must not use {word}", source.path);
        }
    }
}
