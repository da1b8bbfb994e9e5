//! Byte tables of 256 entries in registers (AVX-512): looked up by permutations of 16-bit words, or of bytes with VBMI.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_cmplt_epu8_mask, _mm512_cmplt_epu16_mask, _mm512_loadu_si512,
    _mm512_mask_blend_epi8, _mm512_mask_blend_epi16, _mm512_movepi8_mask, _mm512_or_si512,
    _mm512_permutex2var_epi8, _mm512_permutex2var_epi16, _mm512_set1_epi16, _mm512_slli_epi16,
    _mm512_srli_epi16, _mm512_storeu_si512, _mm512_test_epi16_mask,
};

use super::{AliasTable, portable};

/// Words of a register.
const WORDS: usize = 8;

/// See [`super::Kernel::draw_masks`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")]
pub(super) fn draw_masks_by_bytes(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    let (keep_below, alias) = (Bytes::load(&table.keep_below), Bytes::load(&table.alias));
    portable::frame(key, masks, bytes, |columns, dice, out| {
        let words = columns.as_chunks::<WORDS>().0.iter().zip(dice.as_chunks::<WORDS>().0);
        for ((columns, dice), out) in words.zip(out.as_chunks_mut::<WORDS>().0) {
            let (column, die) = (load(columns), load(dice));
            let keeps = _mm512_cmplt_epu8_mask(die, keep_below.look_up(column));
            store(out, _mm512_mask_blend_epi8(keeps, alias.look_up(column), column));
        }
    });
}

/// See [`super::Kernel::draw_masks`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn draw_masks_by_words(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    let table = Pairs::load(table);
    let low = _mm512_set1_epi16(0xff);
    portable::frame(key, masks, bytes, |columns, dice, out| {
        let words = columns.as_chunks::<WORDS>().0.iter().zip(dice.as_chunks::<WORDS>().0);
        for ((columns, dice), out) in words.zip(out.as_chunks_mut::<WORDS>().0) {
            let (column, die) = (load(columns), load(dice));
            let even = table.draw(_mm512_and_si512(column, low), _mm512_and_si512(die, low));
            let odd = table.draw(_mm512_srli_epi16::<8>(column), _mm512_srli_epi16::<8>(die));
            store(out, _mm512_or_si512(even, _mm512_slli_epi16::<8>(odd)));
        }
    });
}

/// A table of 256 bytes.
struct Bytes([__m512i; 4]);

impl Bytes {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(bytes: &[u8; 256]) -> Self {
        let quarter = |index: usize| {
            let word =
                |k: usize| u64::from_le_bytes(std::array::from_fn(|byte| bytes[index * 64 + k * 8 + byte]));
            load(&std::array::from_fn(word))
        };
        Self([quarter(0), quarter(1), quarter(2), quarter(3)])
    }

    /// The entry of each byte of `index`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn look_up(&self, index: __m512i) -> __m512i {
        // A permutation of two registers goes by the low 7 bits; the top bit chooses between two of them.
        let low = _mm512_permutex2var_epi8(self.0[0], index, self.0[1]);
        let high = _mm512_permutex2var_epi8(self.0[2], index, self.0[3]);
        _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high)
    }
}

/// A table of 256 words of 16 bits: the threshold of a column in the low byte, its alias in the high one.
struct Pairs([__m512i; 8]);

impl Pairs {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn load(table: &AliasTable) -> Self {
        let pair =
            |index: usize| u64::from(u16::from_le_bytes([table.keep_below[index], table.alias[index]]));
        let word = |first: usize| (0..4).fold(0, |word, k| word | pair(first + k) << (16 * k));
        let eighth = |index: usize| load(&std::array::from_fn(|k| word(index * 32 + k * 4)));
        Self([eighth(0), eighth(1), eighth(2), eighth(3), eighth(4), eighth(5), eighth(6), eighth(7)])
    }

    /// The byte drawn for each column and die, all of them in words of 16 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn draw(&self, column: __m512i, die: __m512i) -> __m512i {
        let entry = self.look_up(column);
        let keep_below = _mm512_and_si512(entry, _mm512_set1_epi16(0xff));
        let keeps = _mm512_cmplt_epu16_mask(die, keep_below);
        _mm512_mask_blend_epi16(keeps, _mm512_srli_epi16::<8>(entry), column)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn look_up(&self, index: __m512i) -> __m512i {
        // A permutation of two registers goes by the low 6 bits; the other two choose between four of them.
        let quarter = |k: usize| _mm512_permutex2var_epi16(self.0[2 * k], index, self.0[2 * k + 1]);
        let odd = _mm512_test_epi16_mask(index, _mm512_set1_epi16(1 << 6));
        let upper = _mm512_test_epi16_mask(index, _mm512_set1_epi16(1 << 7));
        let low = _mm512_mask_blend_epi16(odd, quarter(0), quarter(1));
        let high = _mm512_mask_blend_epi16(odd, quarter(2), quarter(3));
        _mm512_mask_blend_epi16(upper, low, high)
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(words: &[u64; WORDS]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes that are read, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(words: &mut [u64; WORDS], value: __m512i) {
    // SAFETY: the reference covers the 64 bytes that are written, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
}
