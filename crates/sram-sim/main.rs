//! The program `sram-sim`: arguments become library calls, and results become tables, CSV, JSON and pictures.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong usage.

mod arguments;
mod chip;
mod commands;
mod output;
mod picture;
mod voltages;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = run(arguments, &mut out).and_then(|()| Ok(out.flush()?));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough (`| head`).
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if this cannot be said either.
            let _ = writeln!(io::stderr(), "error: {}", output::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    match arguments.command {
        Command::Chips(arguments) => commands::chips::run(&arguments, out),
        Command::Profile(arguments) => commands::profile::run(&arguments, out),
        Command::Import(arguments) => commands::import::run(&arguments, out),
        Command::Export(arguments) => commands::export::run(&arguments, out),
        Command::Inject(arguments) => commands::inject::run(&arguments, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
