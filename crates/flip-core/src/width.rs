//! The width of a stored code: how many bits one weight takes in memory.

use crate::error::WidthError;

/// Bits per stored code: one of 1, 2, 3, 4, 5, 6, 7, 8, 16, 32.
///
/// Codes are truly packed, so a 3-bit weight takes 3 bits of memory (see [`PackedInts`](crate::PackedInts)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitWidth(u8);

impl BitWidth {
    /// Every width there is, narrowest first.
    pub const ALL: [Self; 10] =
        [Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7), Self(8), Self(16), Self(32)];

    /// The width of `bits` bits.
    ///
    /// # Errors
    /// [`WidthError`] if `bits` is not 1..=8, 16 or 32.
    pub fn new(bits: u32) -> Result<Self, WidthError> {
        match bits {
            1..=8 | 16 | 32 => Ok(Self(bits as u8)),
            found => Err(WidthError { found }),
        }
    }

    /// The number of bits.
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// The largest code, 2^bits − 1.
    pub const fn max_code(self) -> u32 {
        u32::MAX >> (32 - self.0 as u32)
    }
}

impl std::fmt::Display for BitWidth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ten_widths_are_accepted() {
        let accepted: Vec<u32> = (0..=64).filter(|&b| BitWidth::new(b).is_ok()).collect();
        assert_eq!(accepted, [1, 2, 3, 4, 5, 6, 7, 8, 16, 32]);
        assert_eq!(BitWidth::ALL.map(BitWidth::bits).to_vec(), accepted);
    }

    #[test]
    fn the_largest_code_has_all_bits_set() {
        for width in BitWidth::ALL {
            assert_eq!(u64::from(width.max_code()), (1u64 << width.bits()) - 1);
        }
    }
}
