//! Hands a command to `sram-sim-torch`, the executable with libtorch.
//!
//! libtorch takes half a second and 100 MB to load, which `sram-sim profile` should not have to wait for. A second executable
//! keeps it out of the first by construction, needs no unsafe code as `dlopen` would, and can be given an environment that
//! libtorch's OpenMP reads when it is loaded.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

const NAME: &str = "sram-sim-torch";

/// Tells the other executable who starts it: those of two installations do not mix.
const STARTED_BY: &str = "SRAM_SIM_STARTED_BY";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs the same command line in the executable beside this one, and returns only if that fails.
pub(crate) fn beside() -> Result<()> {
    let here = env::current_exe().context("cannot find the program's own file")?;
    let there = here.with_file_name(format!("{NAME}{}", env::consts::EXE_SUFFIX));
    if !there.is_file() {
        bail!(
            "this command runs a network, and {} is not there, the part of sram-sim that is linked with libtorch: `cargo xtask \
             install` in a clone of the project gets libtorch and installs both",
            there.display()
        );
    }
    let mut command = Command::new(&there);
    command.args(env::args_os().skip(1)).env(STARTED_BY, VERSION);
    set_waiting(&mut command);
    replace(command, &there)
}

/// Threads that wait for work give their core to others: by default they spin, and on a busy machine they then keep those that work
/// from running. What waiting threads do is read when a program starts, so that one that was started without it starts anew.
#[cfg(unix)]
pub(crate) fn wait_without_spinning() -> Result<()> {
    if env::var_os(WAITING.0).is_some() {
        return Ok(());
    }
    let here = env::current_exe().context("cannot find the program's own file")?;
    let mut command = Command::new(&here);
    command.args(env::args_os().skip(1));
    set_waiting(&mut command);
    replace(command, &here)
}

#[cfg(not(unix))]
pub(crate) fn wait_without_spinning() -> Result<()> {
    Ok(())
}

const WAITING: (&str, &str) = ("OMP_WAIT_POLICY", "passive");

fn set_waiting(command: &mut Command) {
    if env::var_os(WAITING.0).is_none() {
        command.env(WAITING.0, WAITING.1);
    }
}

/// Whether the other executable has read the same command line, and has said what there is to say of it.
pub(crate) fn is_handed_over() -> bool {
    env::var_os(STARTED_BY).is_some()
}

/// Refuses to run for an executable of another version.
pub(crate) fn check() -> Result<()> {
    match env::var_os(STARTED_BY) {
        Some(other) if other != VERSION => bail!(
            "sram-sim {} starts {NAME} {VERSION}: install both anew with `cargo xtask install`",
            other.display()
        ),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn replace(mut command: Command, there: &Path) -> Result<()> {
    use std::os::unix::process::CommandExt;
    // Signals, exit code and name are then those of one program.
    let error = command.arg0("sram-sim").exec();
    Err(error).with_context(|| format!("cannot start {}", there.display()))
}

#[cfg(not(unix))]
fn replace(mut command: Command, there: &Path) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", there.display()))?;
    std::process::exit(status.code().unwrap_or(1))
}
