//! What a file of trained weights says of itself.

use serde::{Deserialize, Serialize};

use crate::data::Normalisation;
use crate::scheme::{Scheme, SchemeError};
use crate::weights::WeightFile;

/// How a network's weights were trained and are meant to be used: metadata of the file that `train` writes, so that nobody
/// has to type it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The [`Architecture`](crate::Architecture)'s name.
    pub network: String,
    /// How many classes it tells apart.
    pub classes: usize,
    /// The data it was trained with, as typed.
    pub data: String,
    /// What is done to images.
    pub normalisation: Normalisation,
    /// Name of the quantisation scheme.
    pub scheme: String,
    /// Bits per weight.
    pub bits: u32,
    /// Weights are clipped to ± this.
    pub clip: Option<f32>,
    /// The method of training.
    pub method: String,
    /// The bit errors that it was trained under, in words; empty for none.
    pub trained_under: String,
    /// Epochs of training.
    pub epochs: u32,
    /// Seed of the training.
    pub seed: u64,
    /// The program that trained it, with its version.
    pub made_by: String,
}

impl ModelCard {
    /// Key of the metadata.
    pub const KEY: &str = "sram-sim";

    /// The card of a file, if it has one that can be read.
    pub fn of(file: &WeightFile) -> Option<Self> {
        serde_json::from_str(file.metadata().get(Self::KEY)?).ok()
    }

    /// The quantisation that it was trained for.
    ///
    /// # Errors
    /// [`SchemeError`] if the card names none.
    pub fn scheme(&self) -> Result<Scheme, SchemeError> {
        let scheme = Scheme::named(&self.scheme, self.bits)?;
        self.clip.map_or(Ok(scheme), |limit| scheme.clipped(limit))
    }
}
