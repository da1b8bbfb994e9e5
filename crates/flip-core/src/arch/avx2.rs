//! Tables of 16 nibbles, looked up by byte shuffles (AVX2).

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64,
    _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_pd, _mm256_set1_epi8, _mm256_shuffle_epi8,
    _mm256_srli_epi16, _mm256_storeu_si256, _mm256_xor_si256,
};

use super::{AliasTable, ComparePlanes, portable};

/// Bytes of a register.
const BYTES: usize = 32;

/// See [`super::Kernel::xor_nibbles`].
#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn xor_nibbles(key: u64, table: &AliasTable, bytes: &mut [u8]) {
    let keep_below = twice(&table.keep_below);
    let (low_change, high_change) = (twice(&table.changes(0)), twice(&table.changes(4)));
    let low_nibble = _mm256_set1_epi8(0x0f);
    portable::frame(key, bytes, |bytes: &mut [u8; BYTES], [columns, low_dice, high_dice]| {
        let columns = load(columns);
        let low = _mm256_and_si256(columns, low_nibble);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(columns), low_nibble);
        let change = |column, dice, table| {
            let keep_below = _mm256_shuffle_epi8(keep_below, column);
            let die_is_not_below = _mm256_cmpeq_epi8(_mm256_max_epu8(dice, keep_below), dice);
            _mm256_and_si256(die_is_not_below, _mm256_shuffle_epi8(table, column))
        };
        let low = change(low, load(low_dice), low_change);
        let high = change(high, load(high_dice), high_change);
        xor(bytes, _mm256_xor_si256(columns, _mm256_xor_si256(low, high)));
    });
}

/// See [`super::Kernel::compare_planes`].
#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn compare_planes(work: ComparePlanes<'_>) {
    let zero = _mm256_set1_epi8(0);
    portable::planes(work, |words| {
        // Signs of the words that are zero.
        let is_zero = |words| _mm256_castsi256_pd(_mm256_cmpeq_epi64(load(words), zero));
        let not_zero = |words| !_mm256_movemask_pd(is_zero(words)) as u32 & 0b1111;
        words.as_chunks().0.iter().zip((0..).step_by(4)).fold(0, |map, (words, k)| map | not_zero(words) << k)
    });
}

/// A table in both halves of a register, as a shuffle works within halves.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    let half = |k: usize| u64::from_le_bytes(std::array::from_fn(|byte| table[k % 2 * 8 + byte]));
    load(&std::array::from_fn(half))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(words: &[u64; BYTES / 8]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor(bytes: &mut [u8; BYTES], mask: __m256i) {
    let pointer = bytes.as_mut_ptr().cast();
    // SAFETY: the reference covers the 32 bytes that are read and written, and neither asks for alignment.
    unsafe { _mm256_storeu_si256(pointer, _mm256_xor_si256(mask, _mm256_loadu_si256(pointer))) }
}
