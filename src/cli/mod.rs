//! The command line: arguments, standard streams, colour, exit codes. The only part that prints.

mod analyze;
mod arguments;
mod explain;
mod follow;
mod moment;
mod rules;
mod terminal;
mod timeline;
mod whois;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Cli, Command};

/// Nothing at or above `--fail-on`.
pub const EXIT_QUIET: u8 = 0;
/// Something at or above `--fail-on`.
pub const EXIT_FOUND: u8 = 1;
/// Wrong usage, or an input that could not be (fully) read.
pub const EXIT_TROUBLE: u8 = 2;

/// Runs the command with the process's arguments.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EXIT_TROUBLE } else { EXIT_QUIET });
        }
    };
    let done = match cli.command {
        Some(Command::Analyze(options)) => analyze::run(&options),
        Some(Command::Timeline(options)) => timeline::run(&options),
        Some(Command::Whois(options)) => whois::run(&options),
        Some(Command::Follow(options)) => follow::run(&options),
        Some(Command::Explain(options)) => explain::run(&options),
        Some(Command::Rules(options)) => rules::run(&options),
        None => analyze::run(&cli.analyze),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::from(EXIT_QUIET),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            ExitCode::from(EXIT_TROUBLE)
        }
    }
}

/// Whoever reads the output has gone; that is no error of ours.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
