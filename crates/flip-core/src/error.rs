//! What can be wrong with the arguments of this crate, one type per cause.

use thiserror::Error;

/// A code width that the packed format does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{found} bits per weight are not supported: expected 1 to 8, 16 or 32")]
pub struct WidthError {
    /// The number of bits asked for.
    pub found: u32,
}

/// A code that does not fit its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("code {code} at index {index} does not fit {bits} bits: expected at most {max}")]
pub struct CodeError {
    /// Position of the code among its siblings.
    pub index: usize,
    /// The code found.
    pub code: u32,
    /// The width it had to fit.
    pub bits: u32,
    /// The largest code of that width.
    pub max: u32,
}

/// Two bit strings, or a mask and a bit string, whose lengths do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("bit string has {found_bits} bits, expected {expected_bits}")]
pub struct LengthError {
    /// Length found, in bits.
    pub found_bits: u64,
    /// Length expected, in bits.
    pub expected_bits: u64,
}

/// A probability outside 0..=1, or not a number.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("`{found}` is no rate: expected a number from 0 to 1 such as 0.001, or a percentage such as 0.1%")]
pub struct RateError {
    /// What was found.
    pub found: String,
}

/// Why a list of faults is not a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MaskError {
    /// A fault lies beyond the end of the masked bit string.
    #[error("fault at bit {position} lies outside the mask of {len_bits} bits")]
    OutOfRange {
        /// Position of the fault, in bits.
        position: u64,
        /// Length of the mask, in bits.
        len_bits: u64,
    },
    /// Two faults are given for one bit.
    #[error("bit {position} has two faults: a bit can fail in one way only")]
    Duplicate {
        /// Position of both faults, in bits.
        position: u64,
    },
    /// The mask is longer than positions can be stored for.
    #[error("a mask of {len_bits} bits is too long: expected at most 2^62 bits")]
    TooLong {
        /// Length asked for, in bits.
        len_bits: u64,
    },
    /// A mask is not one of bit errors.
    #[error("the fault at bit {position} is no inversion: expected bit errors, as `bit_errors` gives them")]
    NotInverting {
        /// Position of the fault, in bits.
        position: u64,
    },
    /// Two masks differ in length.
    #[error(transparent)]
    Length(#[from] LengthError),
}
