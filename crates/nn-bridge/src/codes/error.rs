//! Why a file does not stand for weights.

use thiserror::Error;

use crate::card::CardError;
use crate::scheme::SchemeError;

/// Why a file does not stand for weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CodesError {
    /// It is the checkpoint of a training.
    #[error(
        "it is the checkpoint of a training, with the optimiser's state beside the weights: give the weights that the training writes \
         when it is done (weights.safetensors in the same folder)"
    )]
    Checkpoint,
    /// They lie in their bytes in a way that nobody here knows.
    #[error("found codes packed as `{found}`, expected `{}`", super::PACKING[1])]
    Packing {
        /// How, in words.
        found: String,
    },
    /// Nothing says which scheme they are of.
    #[error(
        "found codes that do not say how they were quantised, without a card of their training: give the weights that they were \
         made of, or write the codes anew (`inject` says it of each tensor)"
    )]
    NoCard,
    /// The card cannot be read.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Its scheme is unknown.
    #[error("the scheme of the codes")]
    Scheme(#[from] SchemeError),
    /// What is said of a tensor is missing or does not fit it.
    #[error("codes of tensor {name}: {what}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong.
        what: String,
    },
}
