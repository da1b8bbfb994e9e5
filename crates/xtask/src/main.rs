//! Developer commands. `cargo xtask` lists them.

mod fuzz;
mod gpu;
mod libtorch;
mod protections;
mod sample;

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

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

#[derive(Clone, Subcommand)]
enum Task {
    /// Run every test there is.
    Test,
    /// Get libtorch, which networks are evaluated and trained with, into the user's cache folder (540 MB of wheels, by
    /// pip). `test`, `ci` and `install` do that, too. A set LIBTORCH is used as it is.
    Libtorch,
    /// Build and install `sram-sim` and `flip-bench`, with libtorch found at run time.
    Install,
    /// All that continuous integration checks: format, lints, docs, tests, benches in test mode, and a minute of each fuzz target
    /// if there is a C++ compiler.
    Ci,
    /// Run flip-core's tests in Miri, which finds undefined behaviour. It has no vector instructions, so this is the
    /// portable kernel. Needs `rustup toolchain install nightly --component miri`; takes minutes.
    Miri,
    /// Run flip-core's test of kernels on aarch64, with NEON, in an emulator. Needs the packages gcc-aarch64-linux-gnu and
    /// qemu-user-static, and Rust's library for that platform: `rustup target add aarch64-unknown-linux-gnu`, or Debian's
    /// rustc-web and libstd-rust-web-dev:arm64 with RUSTC=/usr/bin/rustc.
    Neon,
    /// Fuzz the parsers with libFuzzer, all targets of fuzz/targets or one. Needs Linux and a C++ compiler.
    Fuzz {
        /// A target.
        target: Option<String>,
        /// Seconds for each.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Fuzz the parsers with many cases over all targets: hours.
    Soak {
        /// How many.
        #[arg(long, default_value_t = 1_000_000_000)]
        cases: u64,
    },
    /// Pack what a GPU machine without network needs to train the paper's CIFAR-10 networks into target/gpu-bundle: programs,
    /// data, and the script with the commands.
    GpuBundle {
        /// Folder of CIFAR-10's binary batches, as they are or compressed by xz.
        #[arg(long, default_value = "../shared/data/cifar10")]
        data: PathBuf,
        /// No part is larger than this, in MiB.
        #[arg(long, default_value_t = 54)]
        part_mib: u64,
    },
    /// Evaluate a network in memories with each protection, on the stored chips, for the tables and charts of docs/protections.md:
    /// ten minutes to an hour. It runs target/release/sram-sim, which it builds.
    Protections(protections::Options),
    /// Make the stored profiles anew from their recipes.
    Profiles,
    /// Make the sample weights in data/ anew.
    Sample,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test => test(),
        Task::Ci => ci(),
        Task::Libtorch => {
            libtorch::folder().map(|folder| say(&format!("libtorch is in {}", folder.display())))
        }
        Task::Install => install(),
        Task::Miri => miri(),
        Task::Neon => neon(),
        Task::Fuzz { target, seconds } => fuzz::run(target.as_deref(), fuzz::Limit::Seconds(seconds)),
        Task::Soak { cases } => fuzz::run(None, fuzz::Limit::Cases(cases)),
        Task::GpuBundle { data, part_mib } => gpu::bundle(&data, part_mib << 20),
        Task::Protections(options) => measure_protections(&options),
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

/// Runs every test, forwards what the runner prints, and adds up its closing lines.
fn test() -> Result<()> {
    let arguments = ["test", "--workspace", "--locked", "--features", "torch"];
    let mut command = command(&arguments);
    command.env("LIBTORCH", libtorch::folder()?).stdout(Stdio::piped());
    // Many tests at a time would otherwise spin for each other's cores.
    command.env("OMP_WAIT_POLICY", "passive");
    say(&format!("cargo {}", arguments.join(" ")));
    let mut child = command.spawn().context("cannot run cargo")?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for line in BufReader::new(child.stdout.take().context("cargo has no output")?).lines() {
        let line = line?;
        if let Some(counts) = line.strip_prefix("test result: ") {
            passed += count(counts, "passed");
            failed += count(counts, "failed");
            skipped += count(counts, "ignored");
        }
        writeln!(io::stdout(), "{line}")?;
    }
    let status = child.wait()?;
    writeln!(io::stdout(), "\ntests: {passed} passed, {failed} failed, {skipped} skipped")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

/// The number before a word in `ok. 12 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> u32 {
    let mut previous = "";
    for next in counts.split([' ', ';']) {
        if next == word {
            return previous.parse().unwrap_or(0);
        }
        previous = next;
    }
    0
}

fn install() -> Result<()> {
    let arguments = ["install", "--path", ".", "--locked", "--features", "torch"];
    cargo(&arguments, &[("LIBTORCH", libtorch::folder()?.as_os_str())])
}

fn measure_protections(options: &protections::Options) -> Result<()> {
    let libtorch = libtorch::folder()?;
    cargo(&["build", "--release", "--locked", "--features", "torch"], &[("LIBTORCH", libtorch.as_os_str())])?;
    protections::run(options, &root().join("target/release/sram-sim"), &say)
}

fn ci() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"], &[])?;
    let libtorch = libtorch::folder()?;
    let torch = [("LIBTORCH", libtorch.as_os_str())];
    // All in the profile of the tests, for which libtorch's bindings, minutes of C++, are then compiled once.
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--profile", "test"];
    let deny = ["--", "--deny", "warnings"];
    cargo(&[&clippy[..], &["--features", "torch"], &deny].concat(), &torch)?;
    cargo(&[&clippy[..], &deny].concat(), &[])?;
    let docs =
        ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked", "--profile", "test"];
    let of_docs = [torch[0], ("RUSTDOCFLAGS", OsStr::new("--deny warnings"))];
    cargo(&[&docs[..], &["--features", "torch"]].concat(), &of_docs)?;
    test()?;
    // Whether they run, so in the profile of the tests, too.
    let bench = ["bench", "--locked", "--profile", "test", "--features", "torch", "--bench", "pipeline"];
    cargo(&[&bench[..], &["--", "--test"]].concat(), &torch)?;
    match fuzz::missing() {
        None => fuzz::run(None, fuzz::Limit::Seconds(60)),
        Some(missing) => {
            say(&format!("fuzzing is left out: {missing}"));
            Ok(())
        }
    }
}

fn miri() -> Result<()> {
    // bitvec keeps its pointers in words of its own making, which only this much of Miri follows.
    let flags = "-Zmiri-tree-borrows -Zmiri-permissive-provenance -Zmiri-disable-isolation";
    let arguments = ["run", "nightly", "cargo", "miri", "test", "--package", "flip-core", "--lib"];
    say(&format!("rustup {}", arguments.join(" ")));
    let mut command = Command::new("rustup");
    command.args(arguments).current_dir(root()).env("MIRIFLAGS", flags).env("PROPTEST_CASES", "2");
    let status = command.status().context("cannot run rustup")?;
    ensure!(status.success(), "rustup {} failed", arguments.join(" "));
    Ok(())
}

fn neon() -> Result<()> {
    let environment = [
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc"),
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64-static -L /usr/aarch64-linux-gnu"),
    ]
    .map(|(name, value)| (name, OsStr::new(value)));
    let target = "--target=aarch64-unknown-linux-gnu";
    cargo(
        &["test", "--locked", "--release", "--package", "flip-core", "--test", "kernels", target],
        &environment,
    )
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

fn cargo(arguments: &[&str], environment: &[(&str, &OsStr)]) -> Result<()> {
    say(&format!("cargo {}", arguments.join(" ")));
    let status = command(arguments).envs(environment.iter().copied()).status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

#[expect(clippy::print_stderr, reason = "a developer's command says what it does")]
fn say(text: &str) {
    eprintln!("xtask: {text}");
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn closing_lines_are_counted() {
        let line = "FAILED. 26 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 1.22s";
        assert_eq!(["passed", "failed", "ignored", "lost"].map(|word| count(line, word)), [26, 1, 3, 0]);
    }
}
