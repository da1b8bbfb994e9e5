//! Transient random bit errors: drawn anew for each read.

use super::poisson::Poisson;
use super::{DENSE_FROM, blocks, collect_mask, xor_overlap};
use crate::bits::BitsMut;
use crate::mask::FaultMask;
use crate::position::ProtectedBits;
use crate::rate::Rate;
use crate::stream::{Purpose, Stream};

/// Cells that share a stream.
const BLOCK_CELLS: u64 = 1 << 16;

const SPARSE: Purpose = Purpose::named("flip-core transient sparse");
const DENSE: Purpose = Purpose::named("flip-core transient dense");

/// Random bit errors that each read draws anew.
///
/// ```
/// use flip_core::{BitWidth, PackedInts, Rate, TransientErrors};
/// let clean = PackedInts::zeros(BitWidth::new(4)?, 100_000);
/// let mut faulty = clean.clone();
/// TransientErrors::new(1).inject("1%".parse()?, 0, &mut faulty.bits_mut(), 0);
/// let errors = clean.bits().hamming(faulty.bits())?;
/// assert!((3_500..4_500).contains(&errors)); // about 1 % of 400,000 bits
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TransientErrors {
    seed: u64,
    protected: Option<ProtectedBits>,
}

impl TransientErrors {
    /// The errors of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, protected: None }
    }

    /// The same errors, except those of protected bits.
    #[must_use]
    pub fn protecting(self, protected: ProtectedBits) -> Self {
        Self { protected: Some(protected), ..self }
    }

    /// Inverts each bit of `bits` with probability `rate`: the errors of read number `read` of the cells from
    /// `first_cell` on. Doing it twice restores the bits.
    ///
    /// # Panics
    /// If `first_cell` + length overflows 64 bits.
    pub fn inject(&self, rate: Rate, read: u64, bits: &mut BitsMut<'_>, first_cell: u64) {
        if rate == Rate::ZERO {
            return;
        }
        // Each read has a seed of its own, drawn from the seed of all.
        let seed = Stream::new(self.seed, Purpose::named("flip-core transient read"), read).next_u64();
        if rate.get() >= DENSE_FROM {
            self.inject_dense(seed, rate, bits, first_cell);
        } else {
            self.inject_sparse(seed, rate, bits, first_cell);
        }
    }

    /// The errors that [`inject`](Self::inject) makes, as a mask.
    ///
    /// # Panics
    /// If `first_cell + len_bits` overflows 64 bits.
    pub fn mask(&self, rate: Rate, read: u64, first_cell: u64, len_bits: u64) -> FaultMask {
        collect_mask(rate, first_cell, len_bits, |bits, cell| self.inject(rate, read, bits, cell))
    }

    /// The parity of a Poisson process. If each of B bits is toggled Poisson(μ) times, the number of toggles is
    /// Poisson(B·μ) and their places are uniform, with repetition; an odd number of toggles has probability
    /// (1 − e^(−2μ))/2, which is p for μ = −½·ln(1 − 2p). So B bits cost one count and its toggles, no sorting and
    /// no check for doubles.
    fn inject_sparse(&self, seed: u64, rate: Rate, bits: &mut BitsMut<'_>, first_cell: u64) {
        let toggles_per_bit = -0.5 * libm::log1p(-2.0 * rate.get());
        let toggles = Poisson::new(BLOCK_CELLS as f64 * toggles_per_bit);
        for (block, overlap) in blocks(first_cell, bits.len_bits(), BLOCK_CELLS) {
            let mut stream = Stream::new(seed, SPARSE, block);
            let mut left = toggles.count(stream.next_u64());
            while left > 0 {
                let mut positions = stream.next_u64();
                for _ in 0..left.min(4) {
                    let cell = block * BLOCK_CELLS + (positions & (BLOCK_CELLS - 1));
                    if overlap.contains(cell) && !self.protects(cell) {
                        bits.toggle(cell - first_cell);
                    }
                    positions >>= BLOCK_CELLS.ilog2();
                }
                left -= left.min(4);
            }
        }
    }

    fn inject_dense(&self, seed: u64, rate: Rate, bits: &mut BitsMut<'_>, first_cell: u64) {
        let mut flips = vec![0u64; (BLOCK_CELLS / 64) as usize];
        for (block, overlap) in blocks(first_cell, bits.len_bits(), BLOCK_CELLS) {
            let mut stream = Stream::new(seed, DENSE, block);
            flips.fill_with(|| bernoulli_word(rate, &mut stream));
            xor_overlap(bits, overlap, &flips, block * BLOCK_CELLS, self.protected.as_ref());
        }
    }

    fn protects(&self, cell: u64) -> bool {
        self.protected.as_ref().is_some_and(|protected| protected.contains(cell))
    }
}

/// 64 independent bits, each one with probability `rate`. Each lane compares a uniform number with the rate, bit by
/// bit from the top, until every lane has met a difference.
fn bernoulli_word(rate: Rate, stream: &mut Stream) -> u64 {
    if rate == Rate::ONE {
        return u64::MAX;
    }
    let mut threshold = (rate.get() * (1u128 << 64) as f64) as u64;
    let (mut below, mut undecided) = (0, u64::MAX);
    // When only zeros are left of the threshold, no undecided lane can fall below it.
    while undecided != 0 && threshold != 0 {
        let plane = stream.next_u64();
        if threshold >> 63 == 1 {
            below |= undecided & !plane;
            undecided &= plane;
        } else {
            undecided &= !plane;
        }
        threshold <<= 1;
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_read_has_other_errors_and_the_same_read_the_same() {
        let rate = Rate::new(0.01).unwrap();
        let read = |seed, number| {
            let mut bytes = vec![0u8; 10_000];
            TransientErrors::new(seed).inject(rate, number, &mut BitsMut::new(&mut bytes), 0);
            bytes
        };
        assert_eq!(read(1, 0), read(1, 0));
        assert_ne!(read(1, 0), read(1, 1));
        assert_ne!(read(1, 0), read(2, 0));
    }

    #[test]
    fn every_lane_of_a_bernoulli_word_has_the_rate() {
        let mut stream = Stream::new(5, DENSE, 0);
        for p in [0.03, 0.25, 0.5, 0.9] {
            let mut counts = [0u32; 64];
            let draws = 20_000;
            for _ in 0..draws {
                let word = bernoulli_word(Rate::new(p).unwrap(), &mut stream);
                counts.iter_mut().enumerate().for_each(|(lane, c)| *c += (word >> lane & 1) as u32);
            }
            let sigma = (f64::from(draws) * p * (1.0 - p)).sqrt();
            for count in counts {
                assert!((f64::from(count) - f64::from(draws) * p).abs() < 5.0 * sigma, "{p}: {count}");
            }
        }
    }
}
