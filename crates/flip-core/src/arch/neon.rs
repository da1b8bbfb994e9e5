//! Tables of 16 nibbles, looked up in a register (NEON).

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vcgeq_u8, vcombine_u64, vcreate_u64, vdupq_n_u8, veorq_u8, vgetq_lane_u64,
    vqtbl1q_u8, vreinterpretq_u8_u64, vreinterpretq_u64_u8, vshrq_n_u8,
};

use super::{AliasTable, portable};

/// See [`super::Kernel::xor_nibbles`].
#[target_feature(enable = "neon")]
pub(super) fn xor_nibbles(key: u64, table: &AliasTable, bytes: &mut [u8]) {
    let keep_below = register(words(&table.keep_below));
    let (low_change, high_change) = (register(words(&table.changes(0))), register(words(&table.changes(4))));
    let low_nibble = vdupq_n_u8(0x0f);
    portable::frame(key, bytes, |bytes: &mut [u8; 16], [columns, low_dice, high_dice]| {
        let columns = register(*columns);
        let change = |column, dice, table| {
            let die_is_not_below = vcgeq_u8(dice, vqtbl1q_u8(keep_below, column));
            vandq_u8(die_is_not_below, vqtbl1q_u8(table, column))
        };
        let low = change(vandq_u8(columns, low_nibble), register(*low_dice), low_change);
        let high = change(vshrq_n_u8::<4>(columns), register(*high_dice), high_change);
        let mask = veorq_u8(columns, veorq_u8(low, high));
        let stored = register(words(bytes));
        let read = vreinterpretq_u64_u8(veorq_u8(stored, mask));
        bytes[..8].copy_from_slice(&vgetq_lane_u64::<0>(read).to_le_bytes());
        bytes[8..].copy_from_slice(&vgetq_lane_u64::<1>(read).to_le_bytes());
    });
}

fn words(bytes: &[u8; 16]) -> [u64; 2] {
    std::array::from_fn(|half| u64::from_le_bytes(std::array::from_fn(|byte| bytes[half * 8 + byte])))
}

#[inline]
#[target_feature(enable = "neon")]
fn register([low, high]: [u64; 2]) -> uint8x16_t {
    vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(low), vcreate_u64(high)))
}
