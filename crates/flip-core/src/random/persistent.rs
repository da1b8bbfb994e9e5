//! Persistent random bit errors: one simulated chip, whose failing cells at p' ≤ p are among those at p.
//!
//! # The algorithm
//! Give every cell an exponential failure time T with P(T ≤ t) = 1 − e^(−t). It fails at rate p if T ≤ −ln(1 − p), so
//! the failing cells are nested in p by construction. No time is stored. Instead, failures are the first arrivals of
//! a Poisson process over cells × time, which is made piece by piece:
//!
//! ```text
//! time   0        T₀   T₁    T₂        T₃                 T₁₆ = −ln(1 − 1/32)
//!        ├─ slab 0 ┼─ 1 ┼─ 2 ─┼─── 3 ───┼─ … ──┼──── 16 ────┤      T_k = T₁₆·2^(k−16)
//! ```
//!
//! Each slab is cut into blocks of cells, the longer in time the shorter in cells, so that a block holds about a
//! thousand arrivals, and each (slab, block) has a random stream of its own. For a rate p the slabs below −ln(1 − p)
//! are made whole and the one that holds it is thinned by each arrival's time: cost grows with p, and slabs above are
//! never made. A second arrival in a cell changes nothing, so errors are set in a scratch mask and then applied.
//!
//! From p₀ = 1/32 on, a cell that has not failed by p₀ fails if a uniform number, fixed for the cell, lies below
//! (p − p₀)/(1 − p₀). Its top 8 bits come as bit planes for 64 cells at a time; only cells that these leave undecided
//! get the other 56.

use super::poisson::Poisson;
use super::{DENSE_FROM, Overlap, blocks, collect_mask, xor_overlap};
use crate::bits::BitsMut;
use crate::mask::FaultMask;
use crate::position::ProtectedBits;
use crate::rate::Rate;
use crate::stream::{Purpose, Stream};

/// Cells of the scratch mask: the longest block there is.
const LONGEST_BLOCK_CELLS: u64 = 1 << 22;
/// Cells of a block of the last slab, and of a block of bit planes.
const SHORTEST_BLOCK_CELLS: u64 = 1 << 16;
/// Slabs 0..=16 in time.
const LAST_SLAB: u32 = 16;
/// Bits of an arrival's time within its slab.
const TIME_BITS: u32 = 42;
/// Bit planes that are drawn for all cells.
const PLANES: u32 = 8;

const ARRIVALS: [Purpose; 17] = {
    let mut purposes = [Purpose::named("flip-core persistent arrivals"); 17];
    let mut k = 0;
    while k < 17 {
        purposes[k] = purposes[k].numbered(k as u64);
        k += 1;
    }
    purposes
};
const BIT_PLANES: Purpose = Purpose::named("flip-core persistent planes");
const LOW_BITS: Purpose = Purpose::named("flip-core persistent low bits");

/// The random bit errors of one simulated chip: at each rate always the same cells, nested over rates.
///
/// ```
/// use flip_core::{PersistentErrors, Rate};
/// let chip = PersistentErrors::new(100);
/// let few = chip.mask(Rate::new(0.001)?, 0, 1 << 20);
/// let more = chip.mask(Rate::new(0.01)?, 0, 1 << 20);
/// assert!(few.count() < more.count());
/// # Ok::<(), flip_core::RateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PersistentErrors {
    seed: u64,
    protected: Option<ProtectedBits>,
    slabs: Vec<Slab>,
}

/// A span of failure times.
#[derive(Clone, Debug)]
struct Slab {
    purpose: Purpose,
    from: f64,
    width: f64,
    block_cells: u64,
    /// Arrivals of one block.
    arrivals: Poisson,
}

impl Slab {
    fn new(index: u32) -> Self {
        let last = failure_time(DENSE_FROM);
        let upper = last / f64::from(1u32 << (LAST_SLAB - index));
        let from = if index == 0 { 0.0 } else { upper / 2.0 };
        let width = upper - from;
        let block_cells = (SHORTEST_BLOCK_CELLS << (LAST_SLAB - index)).min(LONGEST_BLOCK_CELLS);
        let arrivals = Poisson::new(width * block_cells as f64);
        Self { purpose: ARRIVALS[index as usize], from, width, block_cells, arrivals }
    }
}

impl PersistentErrors {
    /// The simulated chip of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, protected: None, slabs: (0..=LAST_SLAB).map(Slab::new).collect() }
    }

    /// The same chip, with protected bits that never fail.
    #[must_use]
    pub fn protecting(self, protected: ProtectedBits) -> Self {
        Self { protected: Some(protected), ..self }
    }

    /// Inverts the bits of `bits` that lie in cells which fail at `rate`; bit 0 lies in cell `first_cell`. Doing it
    /// twice restores the bits.
    ///
    /// # Panics
    /// If `first_cell` + length overflows 64 bits.
    pub fn inject(&self, rate: Rate, bits: &mut BitsMut<'_>, first_cell: u64) {
        if rate == Rate::ZERO {
            return;
        }
        let mut flips = vec![0u64; (LONGEST_BLOCK_CELLS / 64) as usize];
        for (block, overlap) in blocks(first_cell, bits.len_bits(), LONGEST_BLOCK_CELLS) {
            let scratch_cell = block * LONGEST_BLOCK_CELLS;
            flips.fill(0);
            self.set_arrivals(rate, overlap, scratch_cell, &mut flips);
            if rate.get() > DENSE_FROM {
                self.set_later(rate, overlap, scratch_cell, &mut flips);
            }
            xor_overlap(bits, overlap, &flips, scratch_cell, self.protected.as_ref());
        }
    }

    /// The errors that [`inject`](Self::inject) makes, as a mask.
    ///
    /// # Panics
    /// If `first_cell + len_bits` overflows 64 bits.
    pub fn mask(&self, rate: Rate, first_cell: u64, len_bits: u64) -> FaultMask {
        collect_mask(rate, first_cell, len_bits, |bits, cell| self.inject(rate, bits, cell))
    }

    /// Sets the cells of `overlap` that fail at `rate`, or at 1/32 if that is less.
    fn set_arrivals(&self, rate: Rate, overlap: Overlap, scratch_cell: u64, flips: &mut [u64]) {
        let until = failure_time(rate.get().min(DENSE_FROM));
        for slab in self.slabs.iter().take_while(|slab| slab.from < until) {
            // Arrivals of this slab count if their time, a fraction of the slab, lies below this one.
            let share = ((until - slab.from) / slab.width).min(1.0);
            let before = (share * (1u64 << TIME_BITS) as f64) as u64;
            for (block, _) in blocks(overlap.cell, overlap.len_bits, slab.block_cells) {
                let mut stream = Stream::new(self.seed, slab.purpose, block);
                for _ in 0..slab.arrivals.count(stream.next_u64()) {
                    let arrival = stream.next_u64();
                    if arrival >> (64 - TIME_BITS) < before {
                        let cell =
                            block * slab.block_cells + (arrival & (slab.block_cells - 1)) - scratch_cell;
                        flips[(cell / 64) as usize] |= 1 << (cell % 64);
                    }
                }
            }
        }
    }

    /// Sets the cells of `overlap` that fail between 1/32 and `rate`; some that failed before are set again.
    fn set_later(&self, rate: Rate, overlap: Overlap, scratch_cell: u64, flips: &mut [u64]) {
        let share = (rate.get() - DENSE_FROM) / (1.0 - DENSE_FROM);
        let all = share >= 1.0;
        let threshold = (share * (1u128 << 64) as f64) as u64;
        for (block, _) in blocks(overlap.cell, overlap.len_bits, SHORTEST_BLOCK_CELLS) {
            let first_word = ((block * SHORTEST_BLOCK_CELLS - scratch_cell) / 64) as usize;
            let words = &mut flips[first_word..first_word + (SHORTEST_BLOCK_CELLS / 64) as usize];
            let mut planes = Stream::new(self.seed, BIT_PLANES, block);
            for (word, cell) in words.iter_mut().zip((block * SHORTEST_BLOCK_CELLS..).step_by(64)) {
                *word |= if all { u64::MAX } else { self.below(threshold, &mut planes, cell) };
            }
        }
    }

    /// Which of the 64 cells from `cell` on have a uniform number below `threshold`.
    fn below(&self, threshold: u64, planes: &mut Stream, cell: u64) -> u64 {
        let (mut below, mut undecided) = (0, u64::MAX);
        for k in 0..PLANES {
            let plane = planes.next_u64();
            if threshold << k >> 63 == 1 {
                below |= undecided & !plane;
                undecided &= plane;
            } else {
                undecided &= !plane;
            }
        }
        while undecided != 0 {
            let lane = undecided.trailing_zeros();
            let low = Stream::new(self.seed, LOW_BITS, cell + u64::from(lane)).next_u64() >> PLANES;
            below |= u64::from(low < threshold << PLANES >> PLANES) << lane;
            undecided &= undecided - 1;
        }
        below
    }
}

/// The time by which a share `p` of the cells has failed.
fn failure_time(p: f64) -> f64 {
    -libm::log1p(-p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bits;

    fn inject(chip: &PersistentErrors, p: f64, bytes: usize) -> Vec<u8> {
        let mut buffer = vec![0u8; bytes];
        chip.inject(Rate::new(p).unwrap(), &mut BitsMut::new(&mut buffer), 0);
        buffer
    }

    #[test]
    fn what_fails_at_a_rate_fails_at_every_higher_one() {
        let chip = PersistentErrors::new(11);
        let rates = [
            0.0, 1e-9, 1e-7, 1e-6, 1e-4, 5e-4, 0.003, 0.01, 0.031, 0.031_25, 0.0313, 0.1, 0.4, 0.5, 0.9,
            0.999, 1.0,
        ];
        let mut previous = vec![0u8; 1 << 20];
        for p in rates {
            let now = inject(&chip, p, 1 << 20);
            assert!(previous.iter().zip(&now).all(|(before, now)| before & !now == 0), "at {p}");
            previous = now;
        }
        assert!(previous.iter().all(|&byte| byte == 0xff), "p = 1 hits every cell");
    }

    #[test]
    fn the_rate_is_kept_on_both_sides_of_every_seam() {
        let chip = PersistentErrors::new(12);
        for p in [1e-6, 1e-4, 9.7e-4, 0.015, 0.0312, 0.0313, 0.04, 0.2, 0.5, 0.97] {
            let bytes = 1 << 21;
            let cells = bytes as f64 * 8.0;
            let errors = Bits::new(&inject(&chip, p, bytes)).count_ones() as f64;
            let sigma = (cells * p * (1.0 - p)).sqrt();
            assert!((errors - cells * p).abs() < 4.0 * sigma + 1.0, "{p}: {errors} errors");
        }
    }

    #[test]
    fn chips_are_independent() {
        let (a, b) = (
            inject(&PersistentErrors::new(1), 0.1, 1 << 18),
            inject(&PersistentErrors::new(2), 0.1, 1 << 18),
        );
        let both: u32 = a.iter().zip(&b).map(|(a, b)| (a & b).count_ones()).sum();
        let expected = f64::from(1 << 21) * 0.01;
        assert!((f64::from(both) - expected).abs() < 5.0 * expected.sqrt(), "{both} common cells");
    }
}
