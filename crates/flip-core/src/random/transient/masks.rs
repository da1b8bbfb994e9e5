//! Many errors: blocks of mask bytes, drawn from a table.

use super::TransientErrors;
use crate::random::bytes::MaskBytes;
use crate::random::pieces::{BLOCK_CELLS, BLOCK_WORDS, Overlap, Piece, Scratch};
use crate::stream::{Purpose, Streams, word_of};

const BYTES: Purpose = Purpose::named("flip-core transient bytes");
const REDRAWN: Purpose = Purpose::named("flip-core transient redrawn bytes");

impl TransientErrors {
    /// Draws the mask of a block byte by byte. That of a whole block is applied as it is drawn, others are given back.
    pub(super) fn inject_bytes<'a>(
        &self,
        law: &MaskBytes,
        seed: u64,
        block: u64,
        overlap: Overlap,
        scratch: &'a mut Scratch,
        piece: &mut Piece<'_>,
    ) -> Option<&'a mut [u64]> {
        let key = Streams::new(seed, BYTES).key(block);
        let redraws = Streams::new(seed, REDRAWN).key(block);
        // The first word says how many bytes are drawn anew, each of the others which one, and as what.
        let count = law.redrawn.count(word_of(redraws, 0));
        let redrawn = (1..=count).map(|index| {
            let word = word_of(redraws, index);
            ((word % (BLOCK_CELLS / 8)) as usize, law.rest(word))
        });
        if self.protected.is_none() && overlap.len_bits == BLOCK_CELLS && overlap.bit.is_multiple_of(8) {
            let bytes = piece.bits.bytes_of(overlap.bit, overlap.len_bits);
            let masks = &mut scratch.random[..BLOCK_WORDS];
            self.kernel.draw_masks(key, &law.table, masks, bytes);
            for (position, byte) in redrawn {
                bytes[position] ^= replace_byte(masks, position, byte) ^ byte;
            }
            None
        } else {
            let flips = &mut scratch.flips[..BLOCK_WORDS];
            self.kernel.draw_masks(key, &law.table, flips, &mut []);
            redrawn.for_each(|(position, byte)| {
                replace_byte(flips, position, byte);
            });
            Some(flips)
        }
    }
}

/// Puts `byte` into a mask and gives the byte that was there.
fn replace_byte(masks: &mut [u64], position: usize, byte: u8) -> u8 {
    let (word, shift) = (&mut masks[position / 8], position % 8 * 8);
    let before = (*word >> shift) as u8;
    *word ^= u64::from(before ^ byte) << shift;
    before
}
