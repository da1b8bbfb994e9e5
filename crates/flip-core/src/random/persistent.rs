//! Persistent random bit errors: one simulated chip, whose failing cells at p' ≤ p are among those at p.
//!
//! # The algorithm
//! Give every cell an exponential failure time T with P(T ≤ t) = 1 − e^(−t). It fails at rate p if T ≤ −ln(1 − p), so
//! the failing cells are nested in p by construction. No time is stored. Instead, failures are the first arrivals of
//! a Poisson process over cells × time, which is made slab by slab of time:
//!
//! ```text
//! time   0                        t/2      t                                      16·t = −ln(1 − 1/64)
//!        ├ 0 ┼ 1 ┼── 2 ──┼ … ┼─── 5 ──┼─ 0 ─┼─── 1 ───┼─── 2 ───┼─── … ───┼─── 15 ──┤
//!          long slabs, each ending at     short slabs, all of width t but for the first
//!          four times the end before
//! ```
//!
//! A slab is cut into blocks of cells. Blocks of long slabs are 128 KiB of memory and have a random stream for each slab.
//! Blocks of short slabs are 8 KiB, so that a scratch mask for one fits the first-level cache, and have one stream for the
//! arrivals of all slabs, in the order of the slabs. For a rate p the slabs below −ln(1 − p) are made whole, and the
//! one that holds it is thinned by each arrival's time: cost grows with p, and later slabs are never made. A second
//! arrival in a cell changes nothing. Up to t/2 (p about 0.05 %) errors go straight into the weights, touching only the
//! cache lines that have any; above, memory is brought in order, which is as fast then.
//!
//! From p₀ = 1/64 on, a cell that has not failed by p₀ fails if a uniform number, fixed for the cell, lies below
//! (p − p₀)/(1 − p₀). Its top nine bits come as bit planes for many cells at a time; only cells that these leave undecided
//! get the other 55.

use super::arrivals::{ARRIVALS_TO, Arrivals, failure_time, long_until};
use super::collect::{Lists, collect_mask, mask_of_blocks};
use super::pieces::{
    BLOCK_CELLS, BLOCK_WORDS, Overlap, PIECE_CELLS, Piece, REGION_CELLS, Scratch, Undecided, blocks,
    for_each_piece, xor_overlap,
};
use crate::arch::{CompareLow, ComparePlanes, Kernel, PLANES};
use crate::bits::BitsMut;
use crate::lanes::LANES;
use crate::mask::{FaultMask, positions_of_ones};
use crate::position::ProtectedBits;
use crate::rate::Rate;
use crate::stream::{Purpose, Streams};

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
    kernel: Kernel,
    arrivals: Arrivals,
}

impl PersistentErrors {
    /// The simulated chip of this seed.
    pub fn new(seed: u64) -> Self {
        let kernel = Kernel::best();
        Self { seed, protected: None, kernel, arrivals: Arrivals::new(seed, kernel) }
    }

    /// The same chip, with protected bits that never fail.
    #[must_use]
    pub fn protecting(self, protected: ProtectedBits) -> Self {
        Self { protected: Some(protected), ..self }
    }

    /// The same chip, computed with other instructions; the errors are the same.
    #[must_use]
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, arrivals: self.arrivals.with_kernel(kernel), ..self }
    }

    /// Inverts the bits of `bits` that lie in cells which fail at `rate`; bit 0 lies in cell `first_cell`. Doing it
    /// twice restores the bits. Long strings are worked on by the threads of the current rayon pool.
    ///
    /// # Panics
    /// If `first_cell` + length overflows 64 bits.
    pub fn inject(&self, rate: Rate, bits: &mut BitsMut<'_>, first_cell: u64) {
        if rate == Rate::ZERO {
            return;
        }
        let until = failure_time(rate.get().min(ARRIVALS_TO));
        if until <= long_until() {
            for_each_piece(bits, first_cell, REGION_CELLS, |scratch, mut piece| {
                self.invert_arrivals(until, scratch, &mut piece);
            });
        } else {
            for_each_piece(bits, first_cell, PIECE_CELLS, |scratch, mut piece| {
                for (number, overlap) in blocks(piece.cell, piece.bits.len_bits(), PIECE_CELLS) {
                    self.invert_dense(rate, until, number, overlap, scratch, &mut piece);
                }
            });
        }
    }

    /// The errors that [`inject`](Self::inject) makes, as a mask.
    ///
    /// # Panics
    /// If `first_cell + len_bits` overflows 64 bits.
    pub fn mask(&self, rate: Rate, first_cell: u64, len_bits: u64) -> FaultMask {
        let until = failure_time(rate.get().min(ARRIVALS_TO));
        if until > long_until() {
            return collect_mask(rate, first_cell, len_bits, |bits, cell| {
                self.inject(rate, bits, cell);
            });
        }
        mask_of_blocks(rate, first_cell, len_bits, self.protected.as_ref(), |block, lists| {
            let Lists { random, cells, .. } = lists;
            self.arrivals.in_long_slabs(until, block, random, cells);
            cells.sort_unstable();
            cells.dedup();
        })
    }

    /// Inverts the cells of a piece that fail in long slabs before `until`, one by one.
    fn invert_arrivals(&self, until: f64, scratch: &mut Scratch, piece: &mut Piece<'_>) {
        let Scratch { flips, random, cells, fetched, .. } = scratch;
        for (number, overlap) in blocks(piece.cell, piece.bits.len_bits(), PIECE_CELLS) {
            self.arrivals.in_long_slabs(until, number, random, cells);
            // A bit of `flips` for each cell met, so that a second arrival does not undo the first.
            let bits = cells.iter().filter_map(|&cell| {
                let (word, bit) = (&mut flips[(cell >> 6) as usize], 1u64 << (cell & 63));
                let first = *word & bit == 0;
                *word |= bit;
                let address = number * PIECE_CELLS + u64::from(cell);
                let open = self.protected.as_ref().is_none_or(|protected| !protected.contains(address));
                (first && open && overlap.contains(address)).then(|| overlap.bit + (address - overlap.cell))
            });
            fetched.add(&mut piece.bits, bits);
            for &cell in cells.iter() {
                flips[(cell >> 6) as usize] = 0;
            }
        }
        fetched.finish(&mut piece.bits);
    }

    /// Inverts the cells of an overlap that fail at `rate`, block by block through a scratch mask.
    fn invert_dense(
        &self,
        rate: Rate,
        until: f64,
        number: u64,
        overlap: Overlap,
        scratch: &mut Scratch,
        piece: &mut Piece<'_>,
    ) {
        let Scratch { flips, random, undecided, cells, .. } = scratch;
        self.arrivals.in_long_slabs(until, number, random, cells);
        cells.iter().for_each(|&cell| flips[(cell >> 6) as usize] |= 1 << (cell & 63));
        let first_cell = number * PIECE_CELLS;
        for (block, part) in blocks(overlap.cell, overlap.len_bits, BLOCK_CELLS) {
            let first_word = ((block * BLOCK_CELLS - first_cell) / 64) as usize;
            let flips = &mut flips[first_word..first_word + BLOCK_WORDS];
            let part = Overlap { bit: overlap.bit + part.bit, ..part };
            let memory = part.bytes(&piece.bits);
            if rate.get() > ARRIVALS_TO {
                self.arrivals.set_in_short_slabs(until, block, random, flips, &[]);
                self.set_later(rate, block, flips, undecided, memory);
            } else {
                self.arrivals.set_in_short_slabs(until, block, random, flips, memory);
            }
            xor_overlap(
                self.kernel,
                &mut piece.bits,
                part,
                flips,
                block * BLOCK_CELLS,
                self.protected.as_ref(),
            );
        }
        // Arrivals were set in the whole piece, of which the overlap may be a part.
        if overlap.len_bits < PIECE_CELLS {
            flips.fill(0);
        }
    }

    /// Sets the cells of a short block that fail between 1/64 and `rate`; some that failed before are set again.
    /// Fetches `next` from memory meanwhile.
    fn set_later(&self, rate: Rate, block: u64, flips: &mut [u64], undecided: &mut Undecided, next: &[u8]) {
        let share = (rate.get() - ARRIVALS_TO) / (1.0 - ARRIVALS_TO);
        if share >= 1.0 {
            flips.fill(u64::MAX);
            return;
        }
        let threshold = (share * (1u128 << 64) as f64) as u64;
        let key = Streams::new(self.seed, BIT_PLANES).key(block);
        let Undecided { equal, words, cells } = undecided;
        let work = ComparePlanes { key, threshold, below: flips, equal, undecided: words, next };
        self.kernel.compare_planes(work);
        cells.clear();
        for (row, &words) in (0..).zip(&*words) {
            for lane in positions_of_ones([u64::from(words)]) {
                let word = row * LANES as u32 + lane as u32;
                cells.extend(positions_of_ones([equal[word as usize]]).map(|bit| word * 64 + bit as u32));
            }
        }
        let threshold = threshold << PLANES;
        let first_cell = block * BLOCK_CELLS;
        self.kernel.run(CompareLow {
            stream: Streams::new(self.seed, LOW_BITS),
            first_cell,
            cells,
            threshold,
            below: flips,
        });
    }
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
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn what_fails_at_a_rate_fails_at_every_higher_one() {
        let chip = PersistentErrors::new(11);
        let seams = chip.arrivals.seams().into_iter().map(|time| -libm::expm1(-time));
        let around = seams.flat_map(|p| [p * (1.0 - 1e-12), p, p * (1.0 + 1e-12), p * 1.3]);
        let mut rates: Vec<f64> =
            around.chain([1e-9, 0.0156, ARRIVALS_TO, 0.0157, 0.02, 0.1, 0.5, 0.999, 1.0]).collect();
        rates.sort_by(f64::total_cmp);
        let mut previous = vec![0u8; 1 << 19];
        for p in rates {
            let now = inject(&chip, p, 1 << 19);
            assert!(previous.iter().zip(&now).all(|(before, now)| before & !now == 0), "at {p}");
            previous = now;
        }
        assert!(previous.iter().all(|&byte| byte == 0xff), "p = 1 hits every cell");
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn the_rate_is_kept_on_both_sides_of_every_seam() {
        let chip = PersistentErrors::new(12);
        for p in [1e-6, 1e-4, 9.7e-4, 9.9e-4, 0.0077, 0.0079, 0.0156, 0.0157, 0.04, 0.2, 0.5, 0.97] {
            let bytes = 1 << 21;
            let cells = bytes as f64 * 8.0;
            let errors = Bits::new(&inject(&chip, p, bytes)).count_ones() as f64;
            let sigma = (cells * p * (1.0 - p)).sqrt();
            assert!((errors - cells * p).abs() < 4.0 * sigma + 1.0, "{p}: {errors} errors");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
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
