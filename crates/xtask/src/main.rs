//! Developer commands. `cargo xtask` lists them.

mod sample;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use sram_model::{STORED, synthesise, write_atomically};

/// Developer commands of sram-sim.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Clone, Copy, Subcommand)]
enum Task {
    /// Run every test there is.
    Test,
    /// All that continuous integration checks: format, lints, docs, tests, benches in test mode.
    Ci,
    /// Make the stored profiles anew from their recipes.
    Profiles,
    /// Make the sample weights in data/ anew.
    Sample,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test => test(),
        Task::Ci => ci(),
        Task::Profiles => profiles(),
        Task::Sample => sample::write(&root().join("data")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<()> {
    cargo(&["test", "--workspace", "--locked"], &[])
}

fn ci() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"], &[])?;
    let docs = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];
    cargo(&docs, &[("RUSTDOCFLAGS", "--deny warnings")])?;
    // The benches before the tests, so that the last lines of the log are the test runner's own.
    cargo(&["bench", "--workspace", "--locked", "--benches", "--", "--test"], &[])?;
    cargo(&["xtask", "test"], &[])
}

fn profiles() -> Result<()> {
    for stored in STORED {
        let recipe_path = root().join(format!("profiles/{}.toml", stored.name));
        let recipe = std::fs::read_to_string(&recipe_path)
            .with_context(|| format!("cannot read {}", recipe_path.display()))?;
        let bytes = synthesise(&recipe)?.encode()?;
        let path = recipe_path.with_extension("sfp");
        write_atomically::<std::io::Error>(&path, |out| out.write_all(&bytes))?;
        say(&format!("{}: {} bytes", path.display(), bytes.len()));
    }
    Ok(())
}

fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    crates.and_then(Path::parent).unwrap_or(Path::new(".")).to_owned()
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    say(&format!("cargo {}", arguments.join(" ")));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a developer's command says what it does")]
fn say(text: &str) {
    eprintln!("xtask: {text}");
}
