//! Signals that end a program.

use std::io;
#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

/// From now on SIGINT, SIGTERM and SIGHUP end the program with a line on standard error, no file half-written or left as
/// `.partial`, and exit code 128 + the signal's number. Should that take long, another one ends it at once. What is ignored when the
/// program starts, as by `nohup`, stays ignored. Where there are no such signals, nothing changes.
///
/// # Errors
/// What the system says if it cannot be arranged.
#[cfg(unix)]
pub fn end_whole_on_signals() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let caught = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let caught: Vec<i32> = caught.collect();
    // Before anything else catches them: one that came in between would end nothing.
    let mut signals = Signals::new(&caught)?;
    let impatient = Arc::new(AtomicBool::new(false));
    for &signal in &caught {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&impatient))?;
    }
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            count_another(&impatient);
            end(signal);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

/// Without Unix's signals, there is nothing to arrange.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn end_whole_on_signals() -> io::Result<()> {
    Ok(())
}

/// From some time on another signal ends the program: one at the same time is the same wish, as a terminal or a batch system may
/// send it to the process and to its group.
#[cfg(unix)]
fn count_another(impatient: &Arc<AtomicBool>) {
    let from_now = Arc::clone(impatient);
    let later = move || {
        std::thread::sleep(SAME_WISH);
        from_now.store(true, Ordering::SeqCst);
    };
    if std::thread::Builder::new().spawn(later).is_err() {
        impatient.store(true, Ordering::SeqCst);
    }
}

/// Signals within this time are one wish; nobody presses Ctrl-C again sooner because it takes too long.
#[cfg(unix)]
const SAME_WISH: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(unix)]
fn end(signal: i32) -> ! {
    use std::io::{IsTerminal, Write};

    // No file can be begun or renamed from here on: this is never dropped.
    let _held = sram_model::abandon_partial_files();
    let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal");
    // Behind a progress bar or the ^C that a terminal shows.
    let start = if io::stderr().is_terminal() { "\n" } else { "" };
    let text = format!(
        "{start}error: ended by {name}; files that were not whole are removed, checkpoints and journals stay\n"
    );
    // In one piece. Nothing is left to do if it cannot be said.
    let _ = io::stderr().write_all(text.as_bytes());
    // Without destructors, which might wait for threads that work.
    signal_hook::low_level::exit(128 + signal)
}

/// Signals that are ignored, a bit each, from the lowest on: those whose number is known without unsafe code.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.map(|mask| u64::from_str_radix(mask.trim(), 16)) {
        Some(Ok(mask)) => mask,
        // Not to be known here: SIGHUP is left to the system, for `nohup`.
        _ => 1,
    }
}
