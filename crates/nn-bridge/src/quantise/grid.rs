//! The steps between a quantizer's values.

use super::Quantizer;
use super::float::Float;
use crate::scheme::{RangeRule, Rounding, Sign, Symmetry};

/// Weights or codes between which the CPU is told what it will need; a multiple of a vector's and a cache line's length.
pub(super) const ROW: usize = 64;

/// Bytes ahead of what is converted that are fetched from memory: a CPU's own foresight ends with each page.
pub(super) const FETCH_AHEAD: usize = 4096;

#[derive(Clone, Copy)]
pub(super) struct Grid<F> {
    pub(super) bits: u32,
    /// Step between two codes.
    pub(super) delta: F,
    /// Whether codes are unsigned.
    pub(super) unsigned: bool,
    /// Added to unsigned codes.
    pub(super) offset: F,
    /// The least and the greatest code before it is rounded, where there is a bound.
    pub(super) floor: F,
    pub(super) cap: F,
    /// Bound of the weights before they are encoded.
    pub(super) clip: f32,
    pub(super) lo: F,
    pub(super) hi: F,
    pub(super) asymmetric: bool,
    pub(super) rounding: Rounding,
}

impl<F: Float> Grid<F> {
    pub(super) fn new(quantizer: &Quantizer) -> Self {
        let scheme = quantizer.scheme;
        let bits = scheme.bits().bits();
        let steps = ((1u64 << (bits - 1)) - 1) as f64;
        let unsigned = scheme.sign == Sign::Unsigned;
        let delta = F::rounded(quantizer.reach / steps);
        let half = (1u64 << (bits - 1)) as f64;
        let is_stored = scheme.range() == RangeRule::Stored;
        let offset = match (unsigned, is_stored) {
            (false, _) => 0.0,
            (true, false) => half,
            (true, true) => (-f64::from(quantizer.lo) / (quantizer.reach / steps)).round(),
        };
        let cap = if unsigned { 2.0 * half - 1.0 } else { steps };
        // Without a margin the least code is used, too.
        let floor = match (unsigned, is_stored) {
            (true, true) => 0.0,
            (false, true) => -half,
            (_, false) => offset - steps,
        };
        Self {
            bits,
            delta,
            unsigned,
            offset: F::rounded(offset),
            floor: if F::WIDE { F::rounded(floor) } else { -F::INFINITY },
            cap: if unsigned || F::WIDE { F::rounded(cap) } else { F::INFINITY },
            clip: scheme.clip().unwrap_or(f64::INFINITY) as f32,
            lo: F::from(quantizer.lo),
            hi: F::from(quantizer.hi),
            asymmetric: scheme.symmetry == Symmetry::Asymmetric,
            rounding: scheme.rounding,
        }
    }

    /// The code of a number of steps, which it is rounded to.
    #[inline(always)]
    pub(super) fn code<const TRUNCATE: bool>(&self, steps: F) -> u32 {
        // Comparisons, since `min` and `max` take three times the instructions for the sake of NaN.
        let steps = if F::WIDE && steps < self.floor { self.floor } else { steps };
        let steps = if steps < self.cap { steps } else { self.cap };
        let steps = if TRUNCATE { steps.trunc() } else { steps };
        // A cast, which saturates, would not be vectorised.
        (steps + F::INTEGERS).low_bits() & u32::MAX >> (32 - self.bits)
    }

    /// Whether a weight lies in the range, as NaN does not. Codes of weights in the range fit the bits: the range is at most
    /// 2^(m−1) − 1 steps.
    #[inline(always)]
    pub(super) fn holds(&self, weight: F) -> bool {
        weight >= self.lo && weight <= self.hi
    }
}
