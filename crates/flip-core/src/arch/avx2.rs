//! Byte tables of 256 entries as sixteen rows of 16 (AVX2), which a byte shuffle looks up.

use std::arch::x86_64::{
    __m256i, _mm256_adds_epu8, _mm256_blendv_epi8, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_storeu_si256,
    _mm256_xor_si256,
};

use super::{AliasTable, portable};

/// Words of a register.
const WORDS: usize = 4;

/// See [`super::Kernel::draw_masks`].
#[target_feature(enable = "avx2")]
pub(super) fn draw_masks(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    let rows: [Row; 16] = std::array::from_fn(|row| Row {
        keep_below: twice(&table.keep_below, row),
        alias: twice(&table.alias, row),
    });
    portable::frame(key, masks, bytes, |columns, dice, out| {
        let words = columns.as_chunks::<WORDS>().0.iter().zip(dice.as_chunks::<WORDS>().0);
        for ((columns, dice), out) in words.zip(out.as_chunks_mut::<WORDS>().0) {
            store(out, draw(&rows, load(columns), load(dice)));
        }
    });
}

/// Sixteen entries of both tables, each row in both halves of a register, as a shuffle works within halves.
struct Row {
    keep_below: __m256i,
    alias: __m256i,
}

/// The byte drawn for each column and die.
#[inline]
#[target_feature(enable = "avx2")]
fn draw(rows: &[Row; 16], column: __m256i, die: __m256i) -> __m256i {
    let (mut keep_below, mut alias) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    let mut index = column;
    for (row, number) in rows.iter().zip(0i8..) {
        // The top half of `index` is now 0 for columns of this row. Others get bit 7 set, for which a shuffle gives 0.
        let in_row = _mm256_adds_epu8(index, _mm256_set1_epi8(0x70));
        keep_below = _mm256_or_si256(keep_below, _mm256_shuffle_epi8(row.keep_below, in_row));
        alias = _mm256_or_si256(alias, _mm256_shuffle_epi8(row.alias, in_row));
        index = _mm256_xor_si256(index, _mm256_set1_epi8((number ^ (number + 1)) << 4));
    }
    let die_is_not_below = _mm256_cmpeq_epi8(_mm256_max_epu8(die, keep_below), die);
    _mm256_blendv_epi8(column, alias, die_is_not_below)
}

/// A row of a table, twice.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(bytes: &[u8; 256], row: usize) -> __m256i {
    let word = |k: usize| u64::from_le_bytes(std::array::from_fn(|byte| bytes[row * 16 + k % 2 * 8 + byte]));
    load(&std::array::from_fn(word))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(words: &[u64; WORDS]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(words: &mut [u64; WORDS], value: __m256i) {
    // SAFETY: the reference covers the 32 bytes that are written, and the store asks for no alignment.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}
