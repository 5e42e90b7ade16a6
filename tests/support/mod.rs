//! What the integration tests share: the real binary in a clean environment, and checks of its output.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The folder of the crate; reports of samples are made from here, so that their paths are relative.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A sample's log.
pub fn sample(path: &str) -> Vec<u8> {
    let path = root().join("samples").join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An empty folder to work in, with an empty home of its own.
pub struct Sandbox {
    home: TempDir,
    work: TempDir,
}

/// What one run of the binary gave.
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { home: TempDir::new().expect("a folder"), work: TempDir::new().expect("a folder") }
    }

    /// The full path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// Writes a file into the folder, with the folders on its way.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        write(&self.path(name), bytes.as_ref())
    }

    /// Writes a file below the configuration folder.
    pub fn configure(&self, name: &str, text: &str) -> PathBuf {
        write(&self.home.path().join("config").join(name), text.as_bytes())
    }

    /// The binary, with nothing of the environment of whoever runs the tests.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galera-rca"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("TZ", "UTC")
            .current_dir(self.work.path());
        command
    }

    /// Runs the binary in the folder.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command().args(arguments))
    }

    /// Runs the binary in the crate's folder, where `samples/` is.
    pub fn run_at_root(&self, arguments: &[&str]) -> Ran {
        ran(self.command().current_dir(root()).args(arguments))
    }

    /// Runs the binary with this on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        ran(self.command().args(arguments).write_stdin(input))
    }
}

fn write(path: &Path, bytes: &[u8]) -> PathBuf {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("a folder");
    }
    fs::write(path, bytes).expect("a file");
    path.to_path_buf()
}

/// Runs a command that is all set.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary runs");
    Ran {
        code: output.status.code().expect("no signal"),
        out: output.stdout,
        err: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

impl Ran {
    /// Standard output, which is always UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("output is UTF-8")
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.text(), self.err))
    }

    /// The rule of the first diagnosis in a JSON document.
    pub fn first_rule(&self) -> Option<String> {
        self.json()["diagnoses"][0]["rule"].as_str().map(str::to_owned)
    }
}

/// Panics where a terminal would be told to do something, or text to turn its direction.
pub fn assert_harmless(output: &[u8], what: &str) {
    let text = std::str::from_utf8(output).unwrap_or_else(|error| panic!("{what}: {error}"));
    for (at, c) in text.char_indices() {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}');
        if (c.is_control() && c != '\n') || turns {
            let from = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            panic!("{what}: {:?} in {:?}", c, text[from..].lines().next().unwrap_or_default());
        }
    }
}

/// Text outside of code blocks, where Markdown gives a meaning to marks.
pub fn outside_of_code(markdown: &str) -> Vec<&str> {
    let mut fence = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let inner = line.trim_start();
        let ticks = inner.len() - inner.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None => lines.push(line),
            Some(open) if ticks >= open && inner.len() == ticks => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a code block is left open");
    lines
}
