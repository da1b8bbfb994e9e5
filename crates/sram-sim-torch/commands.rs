//! The commands that run networks, one a file.

mod eval;
mod generalize;
mod train;
mod yield_;

use anyhow::{Result, bail};
use cli_io::{Files, Talk};
use sram_sim_cli::arguments::Command;

/// Runs a command that needs libtorch.
pub(crate) fn run(command: &Command, files: &Files, out: &mut Talk) -> Result<()> {
    match command {
        Command::Eval(arguments) => eval::run(arguments, files, out),
        Command::Train(arguments) => train::run(arguments, files, out),
        Command::Generalize(arguments) => generalize::run(arguments, files, out),
        Command::Yield(arguments) => yield_::run(arguments, files, out),
        _ => bail!("this command runs no network: expected eval, train, generalize or yield"),
    }
}
