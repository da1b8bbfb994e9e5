//! Bit positions inside a code: masks that select some of them, protection from faults, and counts per position.

use crate::bits::{Bits, check_same};
use crate::error::LengthError;
use crate::mask::{DenseMask, FaultMask, SparseMask};
use crate::width::BitWidth;

/// A repeating pattern of words with a one wherever the bit of the code is one of the chosen positions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// One period: width / gcd(width, 64) words, at most 7.
    words: Vec<u64>,
}

impl Pattern {
    fn new(width: BitWidth, positions: u32) -> Self {
        let width = u64::from(width.bits());
        let period_words = (1..=width).find(|n| n * 64 % width == 0).unwrap_or(width);
        let chosen = |bit: u64| positions >> (bit % width) & 1 == 1;
        let word =
            |index: u64| (0..64).filter(|&k| chosen(index * 64 + k)).fold(0, |word, k| word | 1u64 << k);
        Self { words: (0..period_words).map(word).collect() }
    }

    fn word(&self, index: usize) -> u64 {
        self.words[index % self.words.len()]
    }
}

/// Bits of each code that never fail, because they are stored in robust cells (the sign bit, say).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedBits {
    width: BitWidth,
    positions: u32,
    pattern: Pattern,
}

impl ProtectedBits {
    /// Protects, in every code of `width` bits, the bits that are ones in `positions` (bit 0 is the LSB). Ones
    /// above the width mean nothing.
    pub fn new(width: BitWidth, positions: u32) -> Self {
        let positions = positions & width.max_code();
        Self { width, positions, pattern: Pattern::new(width, positions) }
    }

    /// Protects the `count` most significant bits of every code.
    pub fn most_significant(width: BitWidth, count: u32) -> Self {
        let unprotected = width.bits().saturating_sub(count);
        Self::new(width, width.max_code() & u32::MAX.checked_shl(unprotected).unwrap_or(0))
    }

    /// Whether the bit at `position` of a bit string of codes is protected.
    pub fn contains(&self, position: u64) -> bool {
        self.positions >> (position % u64::from(self.width.bits())) & 1 == 1
    }

    /// The protected bits of 64-bit word `index` of a bit string of codes.
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.pattern.word(index)
    }

    /// `mask` without the faults of protected bits; bit 0 of the mask is bit 0 of a code.
    pub fn protect(&self, mask: &FaultMask) -> FaultMask {
        match mask {
            FaultMask::Sparse(mask) => FaultMask::Sparse(self.protect_sparse(mask)),
            FaultMask::Dense(mask) => {
                let mut open = mask.clone();
                self.protect_dense(&mut open);
                FaultMask::Dense(open)
            }
        }
    }

    fn protect_sparse(&self, mask: &SparseMask) -> SparseMask {
        let mut open = mask.clone();
        open.retain(|position, _| !self.contains(position));
        open
    }

    fn protect_dense(&self, mask: &mut DenseMask) {
        mask.clear_where(|index| self.word(index));
    }
}

/// For each bit position of a code, LSB first: at how many codes `a` and `b` differ there.
///
/// # Errors
/// [`LengthError`] if the lengths differ.
pub fn hamming_by_position(a: Bits<'_>, b: Bits<'_>, width: BitWidth) -> Result<Vec<u64>, LengthError> {
    check_same(b.len_bits(), a.len_bits())?;
    let patterns: Vec<Pattern> = (0..width.bits()).map(|k| Pattern::new(width, 1 << k)).collect();
    let mut counts = vec![0; patterns.len()];
    for (index, (a, b)) in a.words().zip(b.words()).enumerate() {
        let difference = a ^ b;
        if difference != 0 {
            for (count, pattern) in counts.iter_mut().zip(&patterns) {
                *count += u64::from((difference & pattern.word(index)).count_ones());
            }
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BitsMut, FaultKind};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_per_position_agree_with_the_codes(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let zeros = vec![0u8; bytes.len()];
            for width in BitWidth::ALL {
                let counts = hamming_by_position(Bits::new(&zeros), Bits::new(&bytes), width).unwrap();
                let mut expected = vec![0u64; width.bits() as usize];
                for i in (0..bytes.len() as u64 * 8).filter(|&i| Bits::new(&bytes).get(i)) {
                    expected[(i % u64::from(width.bits())) as usize] += 1;
                }
                prop_assert_eq!(counts, expected);
            }
        }

        #[test]
        fn protection_removes_just_the_protected_faults(positions: u32, step in 1usize..50, len in 1u64..600) {
            for width in BitWidth::ALL {
                let protected = ProtectedBits::new(width, positions);
                let faults: Vec<_> = (0..len).step_by(step).map(|i| (i, FaultKind::Inverts)).collect();
                let open: Vec<_> = faults.iter().copied().filter(|&(i, _)| !protected.contains(i)).collect();
                let sparse = SparseMask::from_faults(len, faults).unwrap();
                for mask in [FaultMask::Dense(DenseMask::from(&sparse)), FaultMask::Sparse(sparse)] {
                    let mut bytes = vec![0u8; len.div_ceil(8) as usize];
                    let mut bits = BitsMut::with_len(&mut bytes, len).unwrap();
                    protected.protect(&mask).apply(&mut bits).unwrap();
                    let hit: Vec<u64> = (0..len).filter(|&i| bits.as_bits().get(i)).collect();
                    prop_assert_eq!(hit, open.iter().map(|&(i, _)| i).collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn the_most_significant_bits_are_the_top_ones() {
        let width = BitWidth::new(3).unwrap();
        let of = |count| {
            (0..3).filter(|&k| ProtectedBits::most_significant(width, count).contains(k)).collect::<Vec<_>>()
        };
        assert_eq!(of(0), []);
        assert_eq!(of(1), [2]);
        assert_eq!(of(3), [0, 1, 2]);
        assert_eq!(of(9), [0, 1, 2]);
    }
}
