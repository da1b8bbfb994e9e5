//! Byte tables of 256 entries as four groups of four registers (NEON).

use std::arch::aarch64::{
    uint8x16_t, uint8x16x4_t, vbslq_u8, vcltq_u8, vcombine_u64, vcreate_u64, vdupq_n_u8, veorq_u8,
    vgetq_lane_u64, vorrq_u8, vqtbl4q_u8, vreinterpretq_u8_u64, vreinterpretq_u64_u8,
};

use super::{AliasTable, portable};

/// Words of a register.
const WORDS: usize = 2;

/// See [`super::Kernel::draw_masks`].
#[target_feature(enable = "neon")]
pub(super) fn draw_masks(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    let (keep_below, alias) = (Bytes::load(&table.keep_below), Bytes::load(&table.alias));
    portable::frame(key, masks, bytes, |columns, dice, out| {
        let words = columns.as_chunks::<WORDS>().0.iter().zip(dice.as_chunks::<WORDS>().0);
        for ((columns, dice), out) in words.zip(out.as_chunks_mut::<WORDS>().0) {
            let column = register(*columns);
            let keeps = vcltq_u8(register(*dice), keep_below.look_up(column));
            let drawn = vreinterpretq_u64_u8(vbslq_u8(keeps, column, alias.look_up(column)));
            *out = [vgetq_lane_u64::<0>(drawn), vgetq_lane_u64::<1>(drawn)];
        }
    });
}

/// A table of 256 bytes.
struct Bytes([uint8x16x4_t; 4]);

impl Bytes {
    #[inline]
    #[target_feature(enable = "neon")]
    fn load(bytes: &[u8; 256]) -> Self {
        let word = |first: usize| u64::from_le_bytes(std::array::from_fn(|byte| bytes[first + byte]));
        let sixteen = |first: usize| register([word(first), word(first + 8)]);
        let quarter = |k: usize| {
            uint8x16x4_t(sixteen(64 * k), sixteen(64 * k + 16), sixteen(64 * k + 32), sixteen(64 * k + 48))
        };
        Self([quarter(0), quarter(1), quarter(2), quarter(3)])
    }

    /// The entry of each byte of `index`.
    #[inline]
    #[target_feature(enable = "neon")]
    fn look_up(&self, index: uint8x16_t) -> uint8x16_t {
        // An index of another quarter stays above 63, for which a lookup gives 0.
        let quarter = |k: u8| vqtbl4q_u8(self.0[usize::from(k)], veorq_u8(index, vdupq_n_u8(k << 6)));
        vorrq_u8(vorrq_u8(quarter(0), quarter(1)), vorrq_u8(quarter(2), quarter(3)))
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn register([low, high]: [u64; WORDS]) -> uint8x16_t {
    vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)))
}
