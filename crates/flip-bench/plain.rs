//! The loops that one would write without thinking of speed, to compare with.

use std::hint::black_box;

use flip_core::{FaultKind, Purpose, Stream};

/// Inverts bits at random, each with probability `p`, jumping from error to error by geometric gaps.
pub(crate) fn random_errors(bytes: &mut [u8], p: f64, seed: u64) {
    let mut stream = Stream::new(seed, Purpose::named("flip-bench plain loop"), 0);
    let scale = 1.0 / (-p).ln_1p();
    let len_bits = bytes.len() as u64 * 8;
    let mut gap = || ((1.0 - stream.next_unit()).ln() * scale) as u64;
    let mut position = gap();
    while position < len_bits {
        bytes[(position / 8) as usize] ^= 1 << (position % 8);
        position = position.saturating_add(1 + gap());
    }
    black_box(bytes);
}

/// Applies a list of faults.
pub(crate) fn faults(bytes: &mut [u8], faults: &[(u64, FaultKind)]) {
    for &(position, kind) in faults {
        let (byte, bit) = (&mut bytes[(position / 8) as usize], 1u8 << (position % 8));
        match kind {
            FaultKind::ReadsOne => *byte |= bit,
            FaultKind::ReadsZero => *byte &= !bit,
            FaultKind::Inverts => *byte ^= bit,
        }
    }
    black_box(bytes);
}

/// Reads two planes and updates the weights.
pub(crate) fn planes(bytes: &mut [u8], keep: &[u8], invert: &[u8]) {
    for ((byte, keep), invert) in bytes.iter_mut().zip(keep).zip(invert) {
        *byte = (*byte & keep) ^ invert;
    }
    black_box(bytes);
}
