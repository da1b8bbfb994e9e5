//! Hands a command to `sram-sim-torch`, the executable with libtorch.
//!
//! libtorch takes half a second and 100 MB to load, which `sram-sim profile` should not have to wait for. A second executable
//! keeps it out of the first by construction, needs no unsafe code as `dlopen` would, and can be given an [environment](settings)
//! that OpenMP and the C library read when a program starts.

use std::env;
use std::ffi::OsString;
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
    command.args(env::args_os().skip(1)).env(STARTED_BY, VERSION).envs(settings());
    replace(command, &there)
}

/// Starts the program anew if its environment lacks a setting that is read at the start.
#[cfg(unix)]
pub(crate) fn with_settings() -> Result<()> {
    let settings = settings();
    if settings.is_empty() {
        return Ok(());
    }
    let here = env::current_exe().context("cannot find the program's own file")?;
    let mut command = Command::new(&here);
    command.args(env::args_os().skip(1)).envs(settings);
    replace(command, &here)
}

#[cfg(not(unix))]
pub(crate) fn with_settings() -> Result<()> {
    Ok(())
}

/// Threads that wait for work spin for about as long as it takes to wake one, and then give their core to others. By default they
/// spin for longer, and on a busy machine they then keep those that work from running: LeNet-5 trains 30 times slower beside one
/// busy program. Where they do not spin at all, it takes twice as long on an idle machine, and larger networks a sixth longer.
const WAITING: (&str, &str) = ("GOMP_SPINCOUNT", "5000");
/// Also says how threads wait.
const POLICY: &str = "OMP_WAIT_POLICY";

/// glibc's list of its settings.
const TUNABLES: &str = "GLIBC_TUNABLES";
/// Memory of the buffers that libtorch makes for each layer and each batch stays with the program. By default the system takes
/// back each one, and clears its pages when the next is made, which is a third of the time of an evaluation.
const MEMORY: [(&str, &str); 2] =
    [("glibc.malloc.trim_threshold", "4294967296"), ("glibc.malloc.mmap_threshold", "1073741824")];

/// What the environment lacks, as names and values. What the user has set stays.
fn settings() -> Vec<(&'static str, OsString)> {
    let said = [WAITING.0, POLICY].iter().any(|name| env::var_os(name).is_some());
    let waiting = (!said).then(|| (WAITING.0, WAITING.1.into()));
    let tunables = tunables(env::var_os(TUNABLES)).map(|value| (TUNABLES, value));
    waiting.into_iter().chain(tunables).collect()
}

/// The list with our settings, unless it says something of memory already.
fn tunables(set: Option<OsString>) -> Option<OsString> {
    let set = set.filter(|set| !set.is_empty());
    if set.as_ref().is_some_and(|set| set.to_string_lossy().contains("glibc.malloc.")) {
        return None;
    }
    let ours = MEMORY.map(|(name, value)| format!("{name}={value}")).join(":");
    Some(match set {
        None => ours.into(),
        Some(mut set) => {
            set.push(":");
            set.push(ours);
            set
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_memory_are_added_unless_there_are_any() {
        let with =
            |set: Option<&str>| tunables(set.map(OsString::from)).map(|set| set.into_string().unwrap());
        let ours = "glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_threshold=1073741824";
        assert_eq!(with(None).as_deref(), Some(ours));
        assert_eq!(with(Some("")).as_deref(), Some(ours));
        assert_eq!(with(Some("glibc.pthread.rseq=0")), Some(format!("glibc.pthread.rseq=0:{ours}")));
        assert_eq!(with(Some("glibc.malloc.arena_max=1")), None);
        assert_eq!(with(with(None).as_deref()), None, "added once");
    }
}
