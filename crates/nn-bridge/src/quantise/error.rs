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
}
