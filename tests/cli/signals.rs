//! Signals end the program whole, and what a killed one leaves is removed by the next.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Bench;
use crate::files::SMALL;

fn kill(signal: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
}

/// Polls until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn partials(folder: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".partial")).collect()
}

/// As many chips as there can be: it writes without end.
const ENDLESS: &str = "synth --model m.toml --seed 1 --count 4294967295 --out c.sfp";

/// Whether nobody told this process to ignore the signals, as `nohup` and shells without job control do for what runs in the
/// background: the program would then ignore them, too, and never end. If not, the reason is printed.
pub(crate) fn signals_arrive() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    // SIGHUP, SIGINT and SIGTERM.
    let arrive = ignored & (1 | 1 << 1 | 1 << 14) == 0;
    if !arrive {
        let _ = writeln!(std::io::stderr(), "skipped: SIGHUP, SIGINT or SIGTERM is ignored here");
    }
    arrive
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("m.toml", SMALL);
    bench
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_signal_ends_the_program_with_a_line_and_no_partial_file() {
    if !signals_arrive() {
        return;
    }
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let bench = bench();
        let child = spawn(&mut bench.command(ENDLESS));
        until("files are written", || bench.path("c-3.sfp").exists());
        kill(signal, &child);
        let said = child.wait_with_output().unwrap();
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(code), "{text}");
        assert!(
            text.starts_with(&format!("error: ended by SIG{signal}")) && text.lines().count() == 1,
            "{text}"
        );
        assert_eq!(partials(&bench.path("")), Vec::<String>::new());
        // Each file that is there is whole.
        assert!(bench.ok("export --chip c-1.sfp").starts_with("# "));
    }
}

#[test]
fn flip_bench_ends_on_signals_too() {
    if !signals_arrive() {
        return;
    }
    let bench = Bench::new();
    let mut command =
        bench.program(env!("CARGO_BIN_EXE_flip-bench"), "--size 64MB --repeats 1000 --plot p.svg");
    let child = spawn(&mut command);
    // It has nothing to show but that it catches the signal.
    #[cfg(target_os = "linux")]
    until("it catches signals", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).map(str::trim);
        caught.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_some_and(|mask| mask & 2 != 0)
    });
    #[cfg(not(target_os = "linux"))]
    std::thread::sleep(Duration::from_secs(2));
    kill("INT", &child);
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(130));
    assert!(String::from_utf8(said.stderr).unwrap().contains("ended by SIGINT"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_ignored_stays_ignored() {
    let bench = bench();
    let script = format!("trap '' HUP; exec {} {ENDLESS}", env!("CARGO_BIN_EXE_sram-sim"));
    let mut command = bench.program("sh", "-c");
    let child = spawn(command.arg(script));
    until("files are written", || bench.path("c-3.sfp").exists());
    kill("HUP", &child);
    let count = || std::fs::read_dir(bench.path("")).unwrap().count();
    let before = count();
    until("it goes on", || count() > before + 20);
    kill("TERM", &child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
}

#[test]
fn signals_at_the_same_time_are_one() {
    if !signals_arrive() {
        return;
    }
    for _ in 0..10 {
        let bench = bench();
        let child = spawn(&mut bench.command(ENDLESS));
        until("files are written", || bench.path("c-3.sfp").exists());
        let pid = child.id().to_string();
        // One call sends all of them, so nothing comes between.
        let sent = Command::new("kill").args(["-TERM", &pid, &pid, &pid]).status().unwrap();
        assert!(sent.success());
        let said = child.wait_with_output().unwrap();
        let text = String::from_utf8(said.stderr).unwrap();
        assert!(said.status.code() == Some(143) && text.starts_with("error: ended by SIGTERM"), "{text}");
        assert_eq!(partials(&bench.path("")), Vec::<String>::new());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn another_signal_some_time_later_ends_it_at_once() {
    if !signals_arrive() {
        return;
    }
    let bench = bench();
    // Nobody reads what it says, and there is no room for more.
    let (reader, mut full) = std::io::pipe().unwrap();
    full.write_all(&vec![b'.'; 1 << 16]).unwrap();
    let mut child = bench.command(ENDLESS).stdout(Stdio::null()).stderr(full).spawn().unwrap();
    until("files are written", || bench.path("c-3.sfp").exists());
    kill("TERM", &child);
    // It waits for its line to be read; files are given up before.
    let count = || std::fs::read_dir(bench.path("")).unwrap().count();
    until("it has stopped writing", || {
        let before = count();
        std::thread::sleep(Duration::from_millis(50));
        count() == before
    });
    // One at the same time is the same wish.
    kill("TERM", &child);
    std::thread::sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none());
    std::thread::sleep(Duration::from_millis(1200));
    kill("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(partials(&bench.path("")), Vec::<String>::new());
    drop(reader);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_process_left_is_removed_by_the_next_and_what_is_being_written_is_not() {
    let bench = bench();
    let mut left = Vec::new();
    for _ in 0..200 {
        let mut child = spawn(&mut bench.command(ENDLESS));
        until("a file is being written", || !partials(&bench.path("")).is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        left = partials(&bench.path(""));
        if !left.is_empty() {
            break;
        }
    }
    assert_eq!(left.len(), 1, "a kill leaves a partial file in one of many tries");
    // One that another process writes is locked.
    let alive = left[0].replace(".partial", "x.partial");
    let locked = std::fs::File::create(bench.path(&alive)).unwrap();
    locked.lock().unwrap();
    bench.ok("synth --model m.toml --out one.sfp");
    assert_eq!(partials(&bench.path("")), [alive]);
}
