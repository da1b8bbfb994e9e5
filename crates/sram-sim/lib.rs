//! The program `sram-sim`: arguments become library calls, and results become tables, CSV, JSON and pictures.
//!
//! It is two executables. `sram-sim` does everything but run networks, and starts at once. Commands that run networks it hands
//! to `sram-sim-torch`, which is linked with libtorch (see [`Networks`]) and has those commands in a crate of its own; what both
//! need is public here. This is no library for others.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong usage, 128 + the signal that ended it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]
#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "what is public is so for the other executable, and errors are for people"
)]

pub mod answered;
pub mod arguments;
pub mod chart;
pub mod chip;
pub mod commands;
mod launch;
pub mod memory;
mod network;
pub mod output;
mod picture;
pub mod progress;
pub mod scheme;
mod selection;
pub mod voltages;
pub mod weights;

use std::process::ExitCode;

use anyhow::Context;
use cli_io::{FileError, Files, Talk, end_whole_on_signals, warn};

use crate::arguments::{Arguments, Command};

/// Runs a command.
pub type Run = fn(&Command, &Files, &mut Talk) -> anyhow::Result<()>;

/// Where the commands run that need libtorch.
#[derive(Clone, Copy, Debug)]
pub enum Networks {
    /// In the executable beside this one.
    Beside,
    /// In this executable, by this function.
    Here(Run),
}

/// Does what the command line says.
pub fn program(networks: Networks) -> ExitCode {
    if let Networks::Here(_) = networks
        && let Err(error) = launch::with_settings()
    {
        warn(&format!("error: {}", output::chain(&error)));
        return ExitCode::FAILURE;
    }
    let signals = end_whole_on_signals().context("cannot wait for signals");
    let (arguments, notes) = match cli_io::parse::<Arguments>() {
        Ok(typed) => typed,
        Err(code) => return code,
    };
    if !launch::is_handed_over() {
        notes.iter().for_each(|note| warn(note));
    }
    let files = Files::new();
    let mut out = files.talk();
    let result = signals.and_then(|()| run(&arguments.command, networks, &files, &mut out));
    // What was said before an error is said first.
    let said = out.finish().context("cannot write to standard output");
    match result.and(said) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            warn(&format!("error: {}", output::chain(&error)));
            let of_files = error.downcast_ref::<FileError>().is_some_and(FileError::is_usage);
            if error.is::<UsageError>() || of_files { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: &Command, networks: Networks, files: &Files, out: &mut Talk) -> anyhow::Result<()> {
    match command {
        Command::Chips(arguments) => commands::chips::run(arguments, out),
        Command::Profile(arguments) => commands::profile::run(arguments, files, out),
        Command::Stats(arguments) => commands::stats::run(arguments, files, out),
        Command::Fit(arguments) => commands::fit::run(arguments, files, out),
        Command::Synth(arguments) => commands::synth::run(arguments, files, out),
        Command::Predict(arguments) => commands::predict::run(arguments, files, out),
        Command::Mbist(arguments) => commands::mbist::run(arguments, files, out),
        Command::Yield(arguments) if arguments.of_network.network.is_none() => {
            commands::yield_::run(arguments, files, out)
        }
        Command::Yield(arguments) if arguments.max_ber.is_some() => {
            let text = "--max-ber cannot be used with --network: chips are held to their bit errors, or to a network's --max-error";
            Err(UsageError(text.to_owned()).into())
        }
        Command::Validate(arguments) => commands::validate::run(arguments, files, out),
        Command::Import(arguments) => commands::import::run(arguments, files, out),
        Command::Export(arguments) => commands::export::run(arguments, files, out),
        Command::Memory(arguments) => commands::memory::run(arguments, files, out),
        Command::Diff(arguments) => commands::diff::run(arguments, files, out),
        Command::Inject(arguments) => commands::inject::run(arguments, files, out),
        Command::Eval(_) | Command::Train(_) | Command::Generalize(_) | Command::Yield(_) => match networks {
            Networks::Beside => launch::beside(),
            Networks::Here(run) => launch::check().and_then(|()| run(command, files, out)),
        },
    }
}

/// Arguments that are sound one by one but not together.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}
