//! How many inputs got through their parser: a target that never sees a sound one checks little.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static SOUND: AtomicU64 = AtomicU64::new(0);
static AT_EXIT: Once = Once::new();

unsafe extern "C" {
    /// Of the C library.
    safe fn atexit(work: extern "C" fn()) -> i32;
}

/// Counts an input that was sound. The count is printed at the end, among the figures of libFuzzer.
pub fn sound() {
    AT_EXIT.call_once(|| {
        atexit(tell);
    });
    SOUND.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn tell() {
    eprintln!("stat::sound_units: {}", SOUND.load(Ordering::Relaxed));
}
