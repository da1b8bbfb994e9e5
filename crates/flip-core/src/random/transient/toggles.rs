//! Few errors: bits that are toggled, in the weights or in a block's scratch mask.

use super::TransientErrors;
use crate::random::pieces::{BLOCK_CELLS, BLOCK_WORDS, PIECE_CELLS, Piece, Scratch, blocks, first_words};
use crate::random::poisson::Poisson;
use crate::stream::{Purpose, Streams};

const COUNTS: Purpose = Purpose::named("flip-core transient counts");
const TOGGLES: Purpose = Purpose::named("flip-core transient toggles");

impl TransientErrors {
    /// The cells of a long block that are toggled, some of them twice: three positions of 20 bits from each random word.
    pub(super) fn toggled<'a>(
        &self,
        toggles: &Poisson,
        seed: u64,
        block: u64,
        random: &'a mut Vec<u64>,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let count = toggles.count(Streams::new(seed, COUNTS).word(block)) as usize;
        let key = Streams::new(seed, TOGGLES).key(block);
        let words = first_words(self.kernel, key, count.div_ceil(3), random);
        let positions = words.iter().flat_map(|&word| [word, word >> 20, word >> 40]).take(count);
        positions.map(|word| (word & (PIECE_CELLS - 1)) as u32)
    }

    /// Toggles bits of the weights. Those of a long block are toggled while those of the next are drawn, so that memory has
    /// time to bring them.
    pub(super) fn toggle_bits(
        &self,
        toggles: &Poisson,
        seed: u64,
        scratch: &mut Scratch,
        piece: &mut Piece<'_>,
    ) {
        let Scratch { random, toggles: [drawn, waiting], .. } = scratch;
        waiting.clear();
        for (block, overlap) in blocks(piece.cell, piece.bits.len_bits(), PIECE_CELLS) {
            drawn.clear();
            for position in self.toggled(toggles, seed, block, random) {
                let cell = block * PIECE_CELLS + u64::from(position);
                let open = self.protected.as_ref().is_none_or(|protected| !protected.contains(cell));
                if overlap.contains(cell) && open {
                    let bit = overlap.bit + (cell - overlap.cell);
                    piece.bits.as_bits().prefetch(bit);
                    drawn.push(bit);
                }
            }
            waiting.iter().for_each(|&bit| piece.bits.toggle(bit));
            std::mem::swap(drawn, waiting);
        }
        waiting.iter().for_each(|&bit| piece.bits.toggle(bit));
    }

    /// Toggles bits of the scratch mask of a block, four positions of 16 bits from each random word.
    pub(super) fn toggle_scratch<'a>(
        &self,
        toggles: &Poisson,
        seed: u64,
        block: u64,
        scratch: &'a mut Scratch,
    ) -> &'a mut [u64] {
        let count = toggles.count(Streams::new(seed, COUNTS).word(block)) as usize;
        let words = first_words(
            self.kernel,
            Streams::new(seed, TOGGLES).key(block),
            count.div_ceil(4),
            &mut scratch.random,
        );
        let flips = &mut scratch.flips[..BLOCK_WORDS];
        let Ok(mask) = <&mut [u64; BLOCK_WORDS]>::try_from(&mut *flips) else { return flips };
        let mut toggle = |word: u64| {
            let cell = word & (BLOCK_CELLS - 1);
            mask[(cell >> 6) as usize] ^= 1 << (cell & 63);
        };
        let (fours, last) = words.split_at(count / 4);
        for &word in fours {
            toggle(word);
            toggle(word >> 16);
            toggle(word >> 32);
            toggle(word >> 48);
        }
        last.iter().for_each(|&word| (0..count as u32 % 4).for_each(|k| toggle(word >> (16 * k))));
        flips
    }
}
