//! Fuzzing with libFuzzer: builds the targets of `fuzz/` with coverage and runs them.
//!
//! `cargo fuzz` is not needed, nor a nightly compiler: coverage is a pass of LLVM that the stable compiler runs, and libFuzzer
//! comes with the crate libfuzzer-sys and is compiled by the C++ compiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::{command, root, say};

/// What cargo-fuzz passes to the compiler, without the sanitizers, which need a nightly one.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// What is shown of a log: so many lines, and letters of each.
const SHOWN_LINES: usize = 12;
const SHOWN_LETTERS: usize = 300;

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
    let program = build()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // Cores left over work on the same targets: libFuzzer takes up what its other processes find.
    let copies = (cores / chosen.len()).max(1);
    let jobs: Vec<Job<'_>> =
        chosen.iter().flat_map(|name| (1..=copies).map(|copy| Job { name, copy, copies })).collect();
    let limit = match limit {
        Limit::Cases(cases) => Limit::Cases(cases.div_ceil(jobs.len() as u64)),
        seconds @ Limit::Seconds(_) => seconds,
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failed = Vec::new();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = fuzz(&program, job, limit) {
                failed.push(format!("{}: {error:#}", job.name));
            }
        }
        failed
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores.min(jobs.len())).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|_| vec!["a worker died".into()]))
            .collect()
    });
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// A process of libFuzzer: a target, and which of its copies that run at a time.
struct Job<'a> {
    name: &'a str,
    copy: usize,
    copies: usize,
}

impl Job<'_> {
    fn title(&self) -> String {
        let Self { name, copy, copies } = self;
        if *copies == 1 { (*name).to_owned() } else { format!("{name}-{copy}") }
    }
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder().join("targets"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        names.extend(name.filter(|&name| name != "main").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// What must be installed before the targets can be built, if something must.
pub(crate) fn missing() -> Option<String> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let found = Command::new(&compiler).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = found.is_ok_and(|status| status.success());
    (!is_there).then(|| {
        format!(
            "no C++ compiler, which libFuzzer needs, at `{}`: install one, such as the package g++, or name it in CXX",
            compiler.display()
        )
    })
}

/// Builds the program of all targets and returns its path.
fn build() -> Result<PathBuf> {
    if let Some(missing) = missing() {
        bail!("{missing}");
    }
    let host = host()?;
    // For a named target, so that build scripts are not instrumented.
    let mut cargo =
        command(&["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    let target = folder().join("target");
    cargo.env("RUSTFLAGS", FLAGS).arg("--target-dir").arg(&target);
    say("building the fuzz targets");
    ensure!(cargo.status().context("cannot run cargo")?.success(), "the fuzz targets do not build");
    Ok(target.join(host).join("release/fuzz"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

/// Runs a target from its committed corpus; what it finds goes to the build folder.
fn fuzz(program: &Path, job: &Job<'_>, limit: Limit) -> Result<()> {
    let (name, title, target) = (job.name, job.title(), folder().join("target"));
    let (found, artifacts) = (target.join("corpus").join(name), target.join("artifacts").join(name));
    let seeds = folder().join("corpus").join(name);
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder)?;
    }
    // The files of the cases: in memory where there is such a folder. What a case that fails leaves goes with it.
    let memory = Path::new("/dev/shm");
    let files = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }?;
    let mut fuzzer = Command::new(program);
    fuzzer
        .env("SRAM_FUZZ_TARGET", name)
        .env("TMPDIR", files.path())
        .arg(&found)
        .args(Some(seeds).filter(|seeds| seeds.is_dir()));
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
        Limit::Cases(cases) => format!("-runs={cases}"),
    });
    let log = target.join(format!("{title}.log"));
    let output = std::fs::File::create(&log)?;
    let begin = Instant::now();
    let status = fuzzer.stdout(output.try_clone()?).stderr(output).status();
    let status = status.with_context(|| format!("cannot run {title}"))?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    if !status.success() {
        bail!(
            "libFuzzer found something:\n{}\nsee {} and {}",
            last_lines(&text),
            log.display(),
            artifacts.display()
        );
    }
    let cases = figure(&text, "stat::number_of_executed_units: ");
    let sound = figure(&text, "stat::sound_units: ");
    say(&format!(
        "fuzz {title}: {cases} cases in {seconds:.0} s, {:.0} a second, {sound} times sound, nothing found",
        cases as f64 / seconds
    ));
    Ok(())
}

/// A figure that libFuzzer or a target prints at the end.
fn figure(text: &str, name: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

/// What a target said of what was found: from the panic on, or the last lines, without the bytes of the case.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with("0x")).collect();
    let panic = lines.iter().rposition(|line| line.contains("panicked at"));
    let begin = panic.unwrap_or(lines.len().saturating_sub(SHOWN_LINES));
    let shown =
        lines[begin..].iter().take(SHOWN_LINES).map(|line| line.chars().take(SHOWN_LETTERS).collect());
    shown.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_shown_from_the_panic_on() {
        let log = "INFO: seed corpus\n\nthread '<unnamed>' panicked at targets/hex.rs:1:2:\nno law\n0x4a,0x20,\nSUMMARY: x\n";
        assert_eq!(last_lines(log), "thread '<unnamed>' panicked at targets/hex.rs:1:2:\nno law\nSUMMARY: x");
        assert_eq!(last_lines(&format!("{}last", "line\n".repeat(99))).lines().count(), SHOWN_LINES);
        assert_eq!(last_lines("ALARM: é\nSUMMARY: timeout"), "ALARM: é\nSUMMARY: timeout");
        let figures = "stat::number_of_executed_units: 42\nstat::sound_units: 7\n";
        assert_eq!((figure(figures, "stat::sound_units: "), figure("", "stat::sound_units: ")), (7, 0));
    }
}
