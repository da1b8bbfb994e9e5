//! Few errors: bits that are toggled.

use super::TransientErrors;
use crate::arch::{Work, prefetch_beyond};
use crate::random::pieces::{BLOCK_BYTES, BLOCK_WORDS, PIECE_CELLS, Piece, Scratch, blocks, first_words};
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

    /// Toggles bits of the weights.
    pub(super) fn toggle_bits(
        &self,
        toggles: &Poisson,
        seed: u64,
        scratch: &mut Scratch,
        piece: &mut Piece<'_>,
    ) {
        let Scratch { random, fetched, .. } = scratch;
        for (block, overlap) in blocks(piece.cell, piece.bits.len_bits(), PIECE_CELLS) {
            let bits = self.toggled(toggles, seed, block, random).filter_map(|position| {
                let cell = block * PIECE_CELLS + u64::from(position);
                let open = self.protected.as_ref().is_none_or(|protected| !protected.contains(cell));
                (overlap.contains(cell) && open).then(|| overlap.bit + (cell - overlap.cell))
            });
            fetched.add(&mut piece.bits, bits);
        }
        fetched.finish(&mut piece.bits);
    }

    /// Toggles bits of a block's bytes, four positions of 16 bits from each random word.
    pub(super) fn toggle_block(
        &self,
        toggles: &Poisson,
        seed: u64,
        block: u64,
        bytes: &mut [u8; BLOCK_BYTES],
        random: &mut Vec<u64>,
    ) {
        let count = toggles.count(Streams::new(seed, COUNTS).word(block)) as usize;
        let key = Streams::new(seed, TOGGLES).key(block);
        let words = first_words(self.kernel, key, count.div_ceil(4), random);
        self.kernel.run(Toggle { words, count, bytes });
    }
}

/// Cache lines of a block.
const LINES: usize = BLOCK_BYTES / 64;

/// Toggles the first bits of a list, and has the CPU fetch the block after this one from memory meanwhile.
struct Toggle<'a> {
    /// Four positions each.
    words: &'a [u64],
    count: usize,
    bytes: &'a mut [u8; BLOCK_BYTES],
}

impl Work for Toggle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { words, count, bytes } = self;
        let first = bytes.as_ptr();
        let Ok(stored) = <&mut [[u8; 8]; BLOCK_WORDS]>::try_from(bytes.as_chunks_mut().0) else { return };
        let mut toggle = |position: u64| {
            let word = &mut stored[(position >> 6) as usize % BLOCK_WORDS];
            *word = (u64::from_le_bytes(*word) ^ 1 << (position & 63)).to_le_bytes();
        };
        let (fours, last) = words.split_at(count / 4);
        // Lines are fetched as often as there is at least one for some words.
        let words_at_once = (fours.len() / LINES).max(1);
        let lines_at_once = LINES.div_ceil(fours.len().div_ceil(words_at_once).max(1));
        for (step, words) in fours.chunks(words_at_once).enumerate() {
            let lines = step * lines_at_once..(step + 1) * lines_at_once;
            lines.for_each(|line| prefetch_beyond(first, BLOCK_BYTES + line * 64));
            for &word in words {
                toggle(word);
                toggle(word >> 16);
                toggle(word >> 32);
                toggle(word >> 48);
            }
        }
        last.iter().for_each(|&word| (0..count as u32 % 4).for_each(|k| toggle(word >> (16 * k))));
    }
}
