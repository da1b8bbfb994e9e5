//! The program `sram-sim`: arguments become library calls, and results become tables, CSV, JSON and pictures.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong usage.

mod arguments;
#[cfg(feature = "torch")]
mod campaign;
mod chart;
mod chip;
mod commands;
mod files;
#[cfg(feature = "torch")]
mod journal;
#[cfg(feature = "torch")]
mod networks;
mod output;
mod picture;
mod progress;
mod scheme;
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
            if error.is::<UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    match arguments.command {
        Command::Chips(arguments) => commands::chips::run(&arguments, out),
        Command::Profile(arguments) => commands::profile::run(&arguments, out),
        Command::Stats(arguments) => commands::stats::run(&arguments, out),
        Command::Fit(arguments) => commands::fit::run(&arguments, out),
        Command::Synth(arguments) => commands::synth::run(&arguments, out),
        Command::Predict(arguments) => commands::predict::run(&arguments, out),
        Command::Mbist(arguments) => commands::mbist::run(&arguments, out),
        Command::Yield(arguments) => commands::yield_::run(&arguments, out),
        Command::Validate(arguments) => commands::validate::run(&arguments, out),
        Command::Import(arguments) => commands::import::run(&arguments, out),
        Command::Export(arguments) => commands::export::run(&arguments, out),
        Command::Inject(arguments) => commands::inject::run(&arguments, out),
        #[cfg(feature = "torch")]
        Command::Eval(arguments) => commands::eval::run(&arguments, out),
        #[cfg(feature = "torch")]
        Command::Train(arguments) => commands::train::run(&arguments, out),
        #[cfg(feature = "torch")]
        Command::Generalize(arguments) => commands::generalize::run(&arguments, out),
        #[cfg(not(feature = "torch"))]
        Command::Eval(_) | Command::Train(_) | Command::Generalize(_) => anyhow::bail!(
            "this sram-sim was built without libtorch: `cargo xtask install` in a clone of the project gets it and installs \
             one that has it"
        ),
    }
}

/// Arguments that are sound one by one but not together.
#[derive(Debug)]
struct UsageError(String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        io.or_else(|| cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind))
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}
