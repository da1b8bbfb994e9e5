//! Tables of 16 nibbles in registers (AVX-512): looked up by byte shuffles, or by permutations of bytes with VBMI.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_cmpge_epu8_mask, _mm512_loadu_si512, _mm512_maskz_permutexvar_epi8,
    _mm512_maskz_shuffle_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_shuffle_epi8,
    _mm512_srli_epi16, _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_test_epi64_mask,
    _mm512_xor_si512,
};

use super::{AliasTable, ComparePlanes, portable};

/// Bytes of a register.
const BYTES: usize = 64;
/// The ternary operation that is the XOR of all three.
const XOR: i32 = 0x96;

/// See [`super::Kernel::xor_nibbles`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2")]
pub(super) fn xor_nibbles(key: u64, table: &AliasTable, bytes: &mut [u8]) {
    let table = Table::load(table);
    let low_nibble = _mm512_set1_epi8(0x0f);
    portable::frame(key, bytes, |bytes: &mut [u8; BYTES], [columns, low_dice, high_dice]| {
        let columns = load(columns);
        let change = |column, dice, change| {
            let column = _mm512_and_si512(column, low_nibble);
            let keep_below = _mm512_shuffle_epi8(table.keep_below, column);
            _mm512_maskz_shuffle_epi8(_mm512_cmpge_epu8_mask(load(dice), keep_below), change, column)
        };
        let low = change(columns, low_dice, table.low_change);
        let high = change(_mm512_srli_epi16::<4>(columns), high_dice, table.high_change);
        xor(bytes, _mm512_ternarylogic_epi64::<XOR>(columns, low, high));
    });
}

/// The same with permutations that go by the low six bits of an index: with the table four times in a register, the bits
/// above a column's four change nothing.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi1,bmi2")]
pub(super) fn xor_nibbles_by_permutations(key: u64, table: &AliasTable, bytes: &mut [u8]) {
    let table = Table::load(table);
    portable::frame(key, bytes, |bytes: &mut [u8; BYTES], [columns, low_dice, high_dice]| {
        let columns = load(columns);
        let change = |column, dice, change| {
            let keep_below = _mm512_permutexvar_epi8(column, table.keep_below);
            _mm512_maskz_permutexvar_epi8(_mm512_cmpge_epu8_mask(load(dice), keep_below), column, change)
        };
        let low = change(columns, low_dice, table.low_change);
        let high = change(_mm512_srli_epi16::<4>(columns), high_dice, table.high_change);
        xor(bytes, _mm512_ternarylogic_epi64::<XOR>(columns, low, high));
    });
}

/// See [`super::Kernel::compare_planes`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2")]
pub(super) fn compare_planes(work: ComparePlanes<'_>) {
    portable::planes(work, |words| {
        let not_zero = |words| u32::from(_mm512_test_epi64_mask(load(words), load(words)));
        words.as_chunks().0.iter().zip((0..).step_by(8)).fold(0, |map, (words, k)| map | not_zero(words) << k)
    });
}

/// A table in registers, four times in each.
struct Table {
    keep_below: __m512i,
    /// What turns a column in the low nibble of a byte into its alias.
    low_change: __m512i,
    /// The same in the high nibble.
    high_change: __m512i,
}

impl Table {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(table: &AliasTable) -> Self {
        let half = |bytes: &[u8; 16], k: usize| {
            u64::from_le_bytes(std::array::from_fn(|byte| bytes[k % 2 * 8 + byte]))
        };
        let four_times = |bytes| load(&std::array::from_fn(|k| half(&bytes, k)));
        Self {
            keep_below: four_times(table.keep_below),
            low_change: four_times(table.changes(0)),
            high_change: four_times(table.changes(4)),
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(words: &[u64; BYTES / 8]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes that are read, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn xor(bytes: &mut [u8; BYTES], mask: __m512i) {
    let pointer = bytes.as_mut_ptr().cast();
    // SAFETY: the reference covers the 64 bytes that are read and written, and neither asks for alignment.
    unsafe { _mm512_storeu_si512(pointer, _mm512_xor_si512(mask, _mm512_loadu_si512(pointer))) }
}
