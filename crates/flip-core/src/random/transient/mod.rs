//! Transient random bit errors: drawn anew for each read.
//!
//! Few errors are drawn by their positions, as the parity of a Poisson process: if each of B bits is toggled Poisson(μ)
//! times, the number of toggles is Poisson(B·μ) and their places are uniform, with repetition; an odd number of toggles
//! has probability (1 − e^(−2μ))/2, which is p for μ = −½·ln(1 − 2p). So B bits cost one count and its toggles, no
//! sorting and no check for doubles. Many errors come as mask nibbles from a table ([`MaskNibbles`]).
//!
//! | rate | errors | memory |
//! |---|---|---|
//! | to 1/2048 | toggles in blocks of 128 KiB | only cache lines that have any, in random order |
//! | to 1/64 | toggles in blocks of 8 KiB | all, in order: that is as fast from here on, and ever faster |
//! | above | nibbles in blocks of 8 KiB | all, in order |

mod masks;
mod toggles;

use super::collect::{Lists, collect_mask, mask_of_blocks};
use super::nibbles::MaskNibbles;
use super::pieces::{
    BLOCK_BYTES, BLOCK_CELLS, Overlap, PIECE_CELLS, Piece, REGION_CELLS, Scratch, blocks, for_each_piece,
    xor_overlap,
};
use super::poisson::Poisson;
use crate::arch::Kernel;
use crate::bits::BitsMut;
use crate::mask::FaultMask;
use crate::position::ProtectedBits;
use crate::rate::Rate;
use crate::stream::{Purpose, Stream};

/// Up to this rate toggles come for long blocks.
const SPARSE_TO: f64 = 1.0 / 2048.0;
/// From this rate on, errors come as mask nibbles.
const NIBBLES_FROM: f64 = 1.0 / 64.0;

const READS: Purpose = Purpose::named("flip-core transient read");

/// Random bit errors that each read draws anew.
///
/// ```
/// use flip_core::{BitWidth, PackedInts, TransientErrors};
/// let clean = PackedInts::zeros(BitWidth::new(4)?, 100_000);
/// let mut faulty = clean.clone();
/// TransientErrors::new(1, "1%".parse()?).inject(0, &mut faulty.bits_mut(), 0);
/// let errors = clean.bits().hamming(faulty.bits())?;
/// assert!((3_500..4_500).contains(&errors)); // about 1 % of 400,000 bits
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TransientErrors {
    seed: u64,
    rate: Rate,
    draw: Draw,
    protected: Option<ProtectedBits>,
    kernel: Kernel,
}

/// How errors of one rate are drawn.
#[derive(Clone, Debug)]
enum Draw {
    Nothing,
    Sparse(Poisson),
    Toggles(Poisson),
    Nibbles(Box<MaskNibbles>),
    All,
}

impl TransientErrors {
    /// The errors of this seed at this rate. Tables for drawing them are made here, in up to 60 µs.
    pub fn new(seed: u64, rate: Rate) -> Self {
        Self { seed, rate, draw: Draw::of(rate), protected: None, kernel: Kernel::best() }
    }

    /// The same errors, except those of protected bits.
    #[must_use]
    pub fn protecting(self, protected: ProtectedBits) -> Self {
        Self { protected: Some(protected), ..self }
    }

    /// The same errors, computed with other instructions.
    #[must_use]
    pub fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// Inverts each bit of `bits` with the probability of the rate: the errors of read number `read` of the cells from
    /// `first_cell` on. Doing it twice restores the bits. Long strings are worked on by the threads of the current rayon
    /// pool.
    ///
    /// # Panics
    /// If `first_cell` + length overflows 64 bits.
    pub fn inject(&self, read: u64, bits: &mut BitsMut<'_>, first_cell: u64) {
        if matches!(self.draw, Draw::Nothing) {
            return;
        }
        let seed = self.seed_of(read);
        if let Draw::Sparse(toggles) = &self.draw {
            for_each_piece(bits, first_cell, REGION_CELLS, |scratch, mut piece| {
                self.toggle_bits(toggles, seed, scratch, &mut piece);
            });
        } else {
            for_each_piece(bits, first_cell, PIECE_CELLS, |scratch, mut piece| {
                for (block, overlap) in blocks(piece.cell, piece.bits.len_bits(), BLOCK_CELLS) {
                    self.inject_block(seed, block, overlap, scratch, &mut piece);
                }
            });
        }
    }

    /// The errors that [`inject`](Self::inject) makes, as a mask.
    ///
    /// # Panics
    /// If `first_cell + len_bits` overflows 64 bits.
    pub fn mask(&self, read: u64, first_cell: u64, len_bits: u64) -> FaultMask {
        let Draw::Sparse(toggles) = &self.draw else {
            return collect_mask(self.rate, first_cell, len_bits, |bits, cell| {
                self.inject(read, bits, cell);
            });
        };
        let seed = self.seed_of(read);
        mask_of_blocks(self.rate, first_cell, len_bits, self.protected.as_ref(), |block, lists| {
            let Lists { random, cells, .. } = lists;
            let mut drawn: Vec<u32> = self.toggled(toggles, seed, block, random).collect();
            drawn.sort_unstable();
            // A cell that is toggled twice is as it was.
            let odd = drawn.chunk_by(|a, b| a == b).filter(|toggles| toggles.len() % 2 == 1);
            cells.clear();
            cells.extend(odd.map(|toggles| toggles[0]));
        })
    }

    /// Inverts the bits of an overlap with a block. Errors go straight into the bytes of a whole block; those of others,
    /// and protected ones, through a scratch block.
    fn inject_block(
        &self,
        seed: u64,
        block: u64,
        overlap: Overlap,
        scratch: &mut Scratch,
        piece: &mut Piece<'_>,
    ) {
        if self.protected.is_none() && overlap.len_bits == BLOCK_CELLS && overlap.bit.is_multiple_of(8) {
            let bytes = piece.bits.bytes_of(overlap.bit, overlap.len_bits);
            if let Ok(bytes) = bytes.try_into() {
                self.xor_block(seed, block, bytes, &mut scratch.random);
            }
            return;
        }
        overlap.prefetch(&piece.bits);
        let Scratch { flips, random, block: bytes, .. } = scratch;
        bytes.fill(0);
        self.xor_block(seed, block, bytes, random);
        let words = bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word));
        let flips = &mut flips[..BLOCK_BYTES / 8];
        flips.iter_mut().zip(words).for_each(|(flips, word)| *flips = word);
        let first_cell = block * BLOCK_CELLS;
        xor_overlap(self.kernel, &mut piece.bits, overlap, flips, first_cell, self.protected.as_ref());
    }

    /// XORs the errors of a block into bytes.
    fn xor_block(&self, seed: u64, block: u64, bytes: &mut [u8; BLOCK_BYTES], random: &mut Vec<u64>) {
        match &self.draw {
            Draw::Nothing | Draw::Sparse(_) => {}
            Draw::Toggles(toggles) => self.toggle_block(toggles, seed, block, bytes, random),
            Draw::Nibbles(law) => self.xor_nibbles(law, seed, block, bytes, random),
            Draw::All => bytes.iter_mut().for_each(|byte| *byte ^= u8::MAX),
        }
    }

    /// Each read has a seed of its own, drawn from the seed of all.
    fn seed_of(&self, read: u64) -> u64 {
        Stream::new(self.seed, READS, read).next_u64()
    }
}

impl Draw {
    fn of(rate: Rate) -> Self {
        let toggles = |cells: u64| Poisson::new(-0.5 * libm::log1p(-2.0 * rate.get()) * cells as f64);
        match rate.get() {
            p if p <= 0.0 => Self::Nothing,
            p if p >= 1.0 => Self::All,
            p if p >= NIBBLES_FROM => Self::Nibbles(Box::new(MaskNibbles::new(p, BLOCK_CELLS / 4))),
            p if p > SPARSE_TO => Self::Toggles(toggles(BLOCK_CELLS)),
            _ => Self::Sparse(toggles(PIECE_CELLS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn each_read_has_other_errors_and_the_same_read_the_same() {
        for p in [0.0005, 0.003, 0.1] {
            let read = |seed, number| {
                let mut bytes = vec![0u8; 10_000];
                let errors = TransientErrors::new(seed, Rate::new(p).unwrap());
                errors.inject(number, &mut BitsMut::new(&mut bytes), 0);
                bytes
            };
            assert_eq!(read(1, 0), read(1, 0));
            assert_ne!(read(1, 0), read(1, 1));
            assert_ne!(read(1, 0), read(2, 0));
        }
    }
}
