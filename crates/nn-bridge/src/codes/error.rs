//! Why a file does not stand for weights.

use thiserror::Error;

use crate::card::CardError;
use crate::scheme::{Scheme, SchemeError};

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
    /// They were read with bit errors.
    #[error(
        "found {found} codes, expected clean ones: bit errors would become weights (`inject --clean-codes` writes clean ones)"
    )]
    NotClean {
        /// What they are.
        found: String,
    },
    /// Nothing says which network and scheme they are of.
    #[error(
        "found codes without a card of their training, which says how they become weights: give the weights that they were made \
         of (codes that `inject` makes of weights from `train` have a card)"
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
    /// Quantising the values again would give other codes.
    #[error(
        "codes of tensor {name}: their values do not give them back under {scheme}, so they cannot stand for weights: give the \
         weights that they were made of"
    )]
    OneWay {
        /// The tensor.
        name: String,
        /// The scheme.
        scheme: Box<Scheme>,
    },
}
