//! The command: parses the arguments, runs, and maps the result to an exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    galera_rca::cli::main()
}
