//! Why a tensor cannot be quantised.

use thiserror::Error;

use crate::scheme::Scheme;

/// Why a tensor cannot be quantised.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum QuantiseError {
    /// A weight is no number.
    #[error("weight {index} is {found}: expected a finite number")]
    NotFinite {
        /// Position in the tensor.
        index: usize,
        /// The weight.
        found: f32,
    },
    /// A weight lies outside what codes can say.
    #[error(
        "weight {index} is {found}, which {scheme} cannot represent: the range is {lo} to {hi}; use a range per \
         tensor, a larger global range, or clipping"
    )]
    OutOfRange {
        /// Position in the tensor.
        index: usize,
        /// The weight.
        found: f32,
        /// Lower end of the range.
        lo: f32,
        /// Upper end of the range.
        hi: f32,
        /// The scheme.
        scheme: Box<Scheme>,
    },
    /// The range is too wide for float32.
    #[error("the range {lo:?} to {hi:?} is too wide to be quantised in float32")]
    TooWide {
        /// Its ends.
        lo: f32,
        /// Its ends.
        hi: f32,
    },
    /// Weights lie on no grid of a stored scheme.
    #[error(
        "{}: they are no whole multiples of one step with codes of {scheme}; give the bits that they have (--bits), stored+unsigned if 0 is \
         no middle, or another scheme",
        if found > codes { format!("found more than {codes} different weights") } else { format!("found {found} different weights") }
    )]
    NoGrid {
        /// Values that weights have; more than there are codes stand for any such number.
        found: u64,
        /// Codes that there are.
        codes: u64,
        /// The scheme.
        scheme: Box<Scheme>,
    },
}
