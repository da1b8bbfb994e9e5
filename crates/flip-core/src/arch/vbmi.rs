//! Byte tables of 256 entries in eight registers (AVX-512 VBMI).

use std::arch::x86_64::{
    __m512i, _mm512_cmplt_epu8_mask, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_movepi8_mask,
    _mm512_permutex2var_epi8, _mm512_storeu_si512,
};

use super::{AliasTable, portable};

/// Words of a register.
const WORDS: usize = 8;

/// See [`super::draw_masks`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")]
pub(super) fn draw_masks(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    let (keep_below, alias) = (Table::load(&table.keep_below), Table::load(&table.alias));
    portable::draw_masks(key, masks, bytes, |columns, dice, out| {
        let words = columns.as_chunks::<WORDS>().0.iter().zip(dice.as_chunks::<WORDS>().0);
        for ((columns, dice), out) in words.zip(out.as_chunks_mut::<WORDS>().0) {
            let (column, die) = (load(columns), load(dice));
            let keeps = _mm512_cmplt_epu8_mask(die, keep_below.look_up(column));
            store(out, _mm512_mask_blend_epi8(keeps, alias.look_up(column), column));
        }
    });
}

/// A table of 256 bytes.
struct Table([__m512i; 4]);

impl Table {
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
