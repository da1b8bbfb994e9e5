//! Fuzzing with libFuzzer: builds the targets of `fuzz/` with coverage and runs them.
//!
//! `cargo fuzz` is not needed, nor a nightly compiler: coverage is a pass of LLVM that the stable compiler runs, and libFuzzer
//! comes with the crate libfuzzer-sys and is compiled by the C++ compiler.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::{command, root, say};

/// What cargo-fuzz passes to the compiler, without the sanitizers, which need a nightly one.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// How long targets run.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Each for so many seconds.
    Seconds(u64),
    /// So many cases over all targets.
    Cases(u64),
}

/// Runs one target, or all.
pub(crate) fn run(target: Option<&str>, limit: Limit) -> Result<()> {
    let all = targets()?;
    let chosen: Vec<String> = match target {
        Some(name) => {
            ensure!(
                all.iter().any(|known| known == name),
                "unknown target {name}: expected {}",
                all.join(", ")
            );
            vec![name.to_owned()]
        }
        None => all,
    };
    let programs = build()?;
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(chosen.len());
    let work = || {
        let mut failed = Vec::new();
        while let Some(name) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = fuzz(&programs, name, limit, chosen.len()) {
                failed.push(format!("{name}: {error:#}"));
            }
        }
        failed
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| vec!["a worker died".into()]))
            .collect()
    });
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder().join("targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Builds all targets and returns the folder of their programs.
fn build() -> Result<PathBuf> {
    let host = host()?;
    // For a named target, so that build scripts are not instrumented.
    let mut cargo =
        command(&["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    let target = folder().join("target");
    cargo.env("RUSTFLAGS", FLAGS).arg("--target-dir").arg(&target);
    say("building the fuzz targets");
    ensure!(cargo.status().context("cannot run cargo")?.success(), "the fuzz targets do not build");
    Ok(target.join(host).join("release"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

/// Runs one target from its committed corpus; what it finds goes to the build folder.
fn fuzz(programs: &Path, name: &str, limit: Limit, targets: usize) -> Result<()> {
    let target = folder().join("target");
    let (found, artifacts) = (target.join("corpus").join(name), target.join("artifacts").join(name));
    let seeds = folder().join("corpus").join(name);
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder)?;
    }
    let mut fuzzer = Command::new(programs.join(name));
    fuzzer.arg(&found).args(Some(seeds).filter(|seeds| seeds.is_dir()));
    fuzzer.arg(format!("-artifact_prefix={}/", artifacts.display()));
    fuzzer.args([
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=20000",
        "-print_final_stats=1",
        "-verbosity=0",
    ]);
    fuzzer.arg(match limit {
        Limit::Seconds(seconds) => format!("-max_total_time={seconds}"),
        Limit::Cases(cases) => format!("-runs={}", cases / targets as u64),
    });
    let log = target.join(format!("{name}.log"));
    let output = std::fs::File::create(&log)?;
    let child: Child = fuzzer
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let status = child.wait_with_output()?.status;
    let text = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let cases = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units: "));
    if !status.success() {
        bail!("libFuzzer found something, see {} and {}", log.display(), artifacts.display());
    }
    say(&format!("fuzz {name}: {} cases, nothing found", cases.unwrap_or("?").trim()));
    Ok(())
}
