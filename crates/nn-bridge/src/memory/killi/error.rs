//! What a memory of lines cannot do.

use thiserror::Error;

use super::MAX_WAYS;
use crate::memory::code::WordCodeError;

/// Why there are no such lines, or why they cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KilliError {
    /// No such ECC cache.
    #[error("{found} ways of the ECC cache: expected 1 to {MAX_WAYS}")]
    Ways {
        /// What was found.
        found: u32,
    },
    /// Too many lines.
    #[error("{found} lines: expected at most {}", u32::MAX)]
    Lines {
        /// What was found.
        found: u64,
    },
    /// Wrong bits in another order.
    #[error("wrong {what} bits: found {found} after {before}, expected them to ascend")]
    Order {
        /// Which bits: data, parity or check.
        what: &'static str,
        /// A bit.
        before: u64,
        /// The one after it.
        found: u64,
    },
    /// A wrong bit of no line.
    #[error("wrong {what} bit {found}: expected one below {bits}, the {what} bits of all lines")]
    Outside {
        /// Which bits: data, parity or check.
        what: &'static str,
        /// The bit.
        found: u64,
        /// How many there are.
        bits: u64,
    },
    /// The code of lines cannot be made.
    #[error(transparent)]
    Code(#[from] WordCodeError),
}
