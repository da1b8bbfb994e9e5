//! Many errors: blocks of mask nibbles, made from a table.

use super::TransientErrors;
use crate::random::nibbles::MaskNibbles;
use crate::random::pieces::{BLOCK_BYTES, BLOCK_CELLS};
use crate::stream::{Purpose, Streams, word_of};

const NIBBLES: Purpose = Purpose::named("flip-core transient nibbles");
const REDRAWN: Purpose = Purpose::named("flip-core transient redrawn nibbles");

impl TransientErrors {
    /// XORs the mask of a block into bytes, nibble by nibble.
    pub(super) fn xor_nibbles(
        &self,
        law: &MaskNibbles,
        seed: u64,
        block: u64,
        bytes: &mut [u8; BLOCK_BYTES],
        random: &mut Vec<u64>,
    ) {
        let redraws = Streams::new(seed, REDRAWN).key(block);
        // The first word says how many nibbles do not come from the table, each of the others which one, and as what.
        // What they will read as is noted before the table's mask goes over all of them.
        let count = law.redrawn.count(word_of(redraws, 0));
        if random.len() < count as usize {
            random.resize(count as usize, 0);
        }
        let redrawn = &mut random[..count as usize];
        for (noted, index) in redrawn.iter_mut().zip(1..) {
            let word = word_of(redraws, index);
            let nibble = word % (BLOCK_CELLS / 4);
            let read = bytes[nibble as usize / 2] >> shift(nibble) ^ law.rest(word);
            *noted = nibble << 4 | u64::from(read & 15);
        }
        self.kernel.xor_nibbles(Streams::new(seed, NIBBLES).key(block), &law.table, bytes);
        for &mut noted in redrawn {
            let (nibble, read) = (noted >> 4, noted as u8 & 15);
            let byte = &mut bytes[nibble as usize / 2];
            *byte = *byte & !(15 << shift(nibble)) | read << shift(nibble);
        }
    }
}

/// Where a nibble lies in its byte, in bits.
fn shift(nibble: u64) -> u32 {
    nibble as u32 % 2 * 4
}
