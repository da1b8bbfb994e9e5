//! Borrowed bit strings: bytes with a length in bits. The order of bits is fixed here, once:
//!
//! ```text
//! bit of the string   0 1 2 3 4 5 6 7   8 9 10 …
//! byte                └──── 0 ──────┘   └── 1 …
//! bit of that byte    0 1 2 3 4 5 6 7   0 1 2 …      bit 0 is the least significant one (LSB)
//! ```
//!
//! Bits of the last byte at and after the length are *spare*: they are never read and never changed.

use crate::arch::prefetch;
use crate::error::LengthError;

/// The number of bytes that hold `len_bits` bits.
pub const fn bytes_for(len_bits: u64) -> u64 {
    len_bits.div_ceil(8)
}

/// A read-only bit string.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    len_bits: u64,
}

/// A bit string that can be changed in place.
#[derive(Debug)]
pub struct BitsMut<'a> {
    bytes: &'a mut [u8],
    len_bits: u64,
}

impl<'a> Bits<'a> {
    /// All bits of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, len_bits: bytes.len() as u64 * 8 }
    }

    /// The first `len_bits` bits of `bytes`.
    ///
    /// # Errors
    /// [`LengthError`] unless `bytes` is just long enough to hold them.
    pub fn with_len(bytes: &'a [u8], len_bits: u64) -> Result<Self, LengthError> {
        check_len(bytes.len(), len_bits)?;
        Ok(Self { bytes, len_bits })
    }

    /// [`with_len`](Self::with_len) of a buffer that this crate has sized.
    pub(crate) fn sized(bytes: &'a [u8], len_bits: u64) -> Self {
        debug_assert_eq!(bytes.len() as u64, bytes_for(len_bits));
        Self { bytes, len_bits }
    }

    /// Length in bits.
    pub fn len_bits(self) -> u64 {
        self.len_bits
    }

    /// The string from a byte on.
    pub(crate) fn after_byte(self, first: usize) -> Self {
        Self { bytes: &self.bytes[first..], len_bits: self.len_bits - first as u64 * 8 }
    }

    /// The bytes, spare bits and all.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The bit at `position`.
    ///
    /// # Panics
    /// If `position` is not less than the length.
    pub fn get(self, position: u64) -> bool {
        assert!(position < self.len_bits, "bit {position} of a string of {} bits", self.len_bits);
        self.bytes[(position >> 3) as usize] >> (position & 7) & 1 == 1
    }

    /// Begins to fetch the bit at `position` from memory, for a [`get`](Self::get) a little later; nothing after the end.
    #[inline]
    pub fn prefetch(self, position: u64) {
        prefetch(self.bytes, (position >> 3) as usize);
    }

    /// The string as words of 64 bits, bit 0 of a word first; spare bits read as 0.
    pub fn words(self) -> impl Iterator<Item = u64> + use<'a> {
        let last_bits = self.len_bits % 64;
        let last_word = self.len_bits / 64;
        self.bytes.chunks(8).zip(0u64..).map(move |(chunk, index)| {
            let word = load_word(chunk);
            if index == last_word && last_bits != 0 { word & low_bits(last_bits) } else { word }
        })
    }

    /// The number of ones.
    pub fn count_ones(self) -> u64 {
        self.words().map(|w| u64::from(w.count_ones())).sum()
    }

    /// The number of positions at which `self` and `other` differ.
    ///
    /// # Errors
    /// [`LengthError`] if the lengths differ.
    pub fn hamming(self, other: Bits<'_>) -> Result<u64, LengthError> {
        check_same(other.len_bits, self.len_bits)?;
        Ok(self.words().zip(other.words()).map(|(a, b)| u64::from((a ^ b).count_ones())).sum())
    }
}

impl<'a> BitsMut<'a> {
    /// All bits of `bytes`.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        let len_bits = bytes.len() as u64 * 8;
        Self { bytes, len_bits }
    }

    /// The first `len_bits` bits of `bytes`.
    ///
    /// # Errors
    /// [`LengthError`] unless `bytes` is just long enough to hold them.
    pub fn with_len(bytes: &'a mut [u8], len_bits: u64) -> Result<Self, LengthError> {
        check_len(bytes.len(), len_bits)?;
        Ok(Self { bytes, len_bits })
    }

    /// [`with_len`](Self::with_len) of a buffer that this crate has sized.
    pub(crate) fn sized(bytes: &'a mut [u8], len_bits: u64) -> Self {
        debug_assert_eq!(bytes.len() as u64, bytes_for(len_bits));
        Self { bytes, len_bits }
    }

    /// Length in bits.
    pub fn len_bits(&self) -> u64 {
        self.len_bits
    }

    /// The same string, read-only.
    pub fn as_bits(&self) -> Bits<'_> {
        Bits { bytes: self.bytes, len_bits: self.len_bits }
    }

    /// The same string, for a shorter time.
    pub fn reborrow(&mut self) -> BitsMut<'_> {
        BitsMut { bytes: self.bytes, len_bits: self.len_bits }
    }

    /// Replaces the bits from `first_bit` on, `len_bits` of them, by what `edit` makes of them: it is called
    /// with the index of each 64-bit word of the edited range and its value, in ascending order. Bits of the
    /// last word after the range are passed in as they lie in memory, and what `edit` makes of them is dropped.
    ///
    /// The caller has checked that the range lies inside the string.
    pub(crate) fn edit_words(
        &mut self,
        first_bit: u64,
        len_bits: u64,
        mut edit: impl FnMut(usize, u64) -> u64,
    ) {
        debug_assert!(first_bit + len_bits <= self.len_bits);
        if len_bits == 0 {
            return;
        }
        let shift = (first_bit & 7) as u32;
        let first_byte = (first_bit >> 3) as usize;
        if shift == 0 {
            let range = &mut self.bytes[first_byte..first_byte + bytes_for(len_bits) as usize];
            edit_aligned(range, len_bits, edit);
            return;
        }
        let words = len_bits.div_ceil(64) as usize;
        for index in 0..words {
            let bits = (len_bits - index as u64 * 64).min(64);
            let from = first_byte + index * 8;
            let to = (from + 9).min(self.bytes.len());
            let mut window = [0u8; 16];
            window[..to - from].copy_from_slice(&self.bytes[from..to]);
            let old = u128::from_le_bytes(window);
            let keep = !(u128::from(low_bits(bits)) << shift);
            let new = edit(index, (old >> shift) as u64);
            let merged = (old & keep) | ((u128::from(new) << shift) & !keep);
            self.bytes[from..to].copy_from_slice(&merged.to_le_bytes()[..to - from]);
        }
    }

    /// The string up to `len_bits`, a multiple of 8 or the length, and the string after.
    pub(crate) fn split_at(self, len_bits: u64) -> (Self, Self) {
        debug_assert!(len_bits.is_multiple_of(8) || len_bits == self.len_bits);
        let (front, back) = self.bytes.split_at_mut(bytes_for(len_bits) as usize);
        (Self { bytes: front, len_bits }, Self { bytes: back, len_bits: self.len_bits - len_bits })
    }

    /// The bytes of a range that begins at a byte.
    pub(crate) fn bytes_of(&mut self, first_bit: u64, len_bits: u64) -> &mut [u8] {
        debug_assert!(first_bit.is_multiple_of(8) && first_bit + len_bits <= self.len_bits);
        let first = (first_bit / 8) as usize;
        &mut self.bytes[first..first + bytes_for(len_bits) as usize]
    }

    /// Inverts the bit at `position`, which the caller has checked.
    pub(crate) fn toggle(&mut self, position: u64) {
        debug_assert!(position < self.len_bits);
        self.bytes[(position >> 3) as usize] ^= 1 << (position & 7);
    }

    /// The byte that holds bit `position`, which the caller has checked, and the number of that bit in it.
    pub(crate) fn byte_of(&mut self, position: u64) -> (&mut u8, u32) {
        (&mut self.bytes[(position >> 3) as usize], (position & 7) as u32)
    }
}

/// [`BitsMut::edit_words`] for a range that starts at a byte.
fn edit_aligned(bytes: &mut [u8], len_bits: u64, mut edit: impl FnMut(usize, u64) -> u64) {
    let whole = (len_bits / 64) as usize;
    let (words, tail) = bytes.split_at_mut(whole * 8);
    for (index, chunk) in words.chunks_exact_mut(8).enumerate() {
        let new = edit(index, load_word(chunk));
        chunk.copy_from_slice(&new.to_le_bytes());
    }
    let tail_bits = len_bits % 64;
    if tail_bits != 0 {
        let old = load_word(tail);
        let keep = !low_bits(tail_bits);
        let merged = (old & keep) | (edit(whole, old) & !keep);
        tail.copy_from_slice(&merged.to_le_bytes()[..tail.len()]);
    }
}

/// Up to 8 bytes as a word; missing bytes read as 0.
fn load_word(bytes: &[u8]) -> u64 {
    if let Some(&whole) = bytes.first_chunk() {
        return u64::from_le_bytes(whole);
    }
    let mut word = [0u8; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// A word whose `bits` lowest bits are ones.
pub(crate) const fn low_bits(bits: u64) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

fn check_len(bytes: usize, len_bits: u64) -> Result<(), LengthError> {
    if bytes as u64 == bytes_for(len_bits) {
        Ok(())
    } else {
        Err(LengthError { found_bits: bytes as u64 * 8, expected_bits: len_bits })
    }
}

pub(crate) fn check_same(found_bits: u64, expected_bits: u64) -> Result<(), LengthError> {
    if found_bits == expected_bits { Ok(()) } else { Err(LengthError { found_bits, expected_bits }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counting_agrees_with_bit_by_bit(bytes in prop::collection::vec(any::<u8>(), 0..40), cut in 0u64..8) {
            let len = (bytes.len() as u64 * 8).saturating_sub(cut);
            prop_assume!(bytes_for(len) == bytes.len() as u64);
            let bits = Bits::with_len(&bytes, len).unwrap();
            let naive = oracle::to_bools(&bytes, len);
            prop_assert_eq!(bits.count_ones(), naive.iter().filter(|&&b| b).count() as u64);
            prop_assert!(naive.iter().zip(0..).all(|(&b, i)| bits.get(i) == b));

            let inverted: Vec<u8> = bytes.iter().map(|b| !b).collect();
            prop_assert_eq!(bits.hamming(Bits::with_len(&inverted, len).unwrap()).unwrap(), len);
        }

        #[test]
        fn editing_touches_its_range_only(
            bytes in prop::collection::vec(any::<u8>(), 1..40),
            pattern: u64, first: prop::sample::Index, last: prop::sample::Index,
        ) {
            let len = bytes.len() * 8;
            let (a, b) = (first.index(len + 1), last.index(len + 1));
            let (from, to) = (a.min(b), a.max(b));
            let mut expected = oracle::to_bools(&bytes, len as u64);
            for (i, bit) in expected[from..to].iter_mut().enumerate() {
                *bit ^= pattern.rotate_left((i / 64) as u32) >> (i % 64) & 1 == 1;
            }
            let mut found = bytes.clone();
            BitsMut::new(&mut found).edit_words(from as u64, (to - from) as u64, |index, word| {
                word ^ pattern.rotate_left(index as u32)
            });
            prop_assert_eq!(found, oracle::to_bytes(&expected));
        }
    }

    #[test]
    fn lengths_that_do_not_match_are_refused() {
        assert!(Bits::with_len(&[0; 2], 8).is_err());
        assert!(Bits::with_len(&[0; 2], 9).is_ok());
        assert!(Bits::with_len(&[0; 2], 17).is_err());
        assert!(Bits::new(&[0; 2]).hamming(Bits::new(&[0; 3])).is_err());
    }
}
