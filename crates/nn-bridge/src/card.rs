//! What a file of trained weights says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::architecture::Architecture;
use crate::data::Normalisation;
use crate::scheme::{Scheme, SchemeError};
use crate::weights::WeightFile;

/// How a network's weights were trained and are meant to be used: metadata of the file that `train` writes, so that nobody
/// has to type it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The [`Architecture`]'s name.
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
    pub clip: Option<f64>,
    /// The method of training.
    pub method: String,
    /// The bit errors that it was trained under, in words; empty for none.
    pub trained_under: String,
    /// How tensors are quantised that are not quantised as the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub layers: BTreeMap<String, LayerScheme>,
    /// The memory that it was trained in, in a few words; empty for one region with everything, without protection.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trained_in: String,
    /// Epochs of training.
    pub epochs: u32,
    /// Seed of the training.
    pub seed: u64,
    /// The program that trained it, with its version.
    pub made_by: String,
}

/// How a tensor is quantised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerScheme {
    /// Name of the quantisation scheme.
    pub scheme: String,
    /// Bits per weight.
    pub bits: u32,
    /// Weights are clipped to ± this.
    pub clip: Option<f64>,
}

impl LayerScheme {
    /// Of a scheme.
    pub fn of(scheme: &Scheme) -> Self {
        Self { scheme: scheme.name(), bits: scheme.bits().bits(), clip: scheme.clip() }
    }

    /// The scheme.
    ///
    /// # Errors
    /// [`SchemeError`] if this program does not know it.
    pub fn scheme(&self) -> Result<Scheme, SchemeError> {
        let scheme = Scheme::named(&self.scheme, self.bits)?;
        self.clip.map_or(Ok(scheme), |limit| scheme.clipped(limit))
    }
}

impl ModelCard {
    /// Key of the metadata.
    pub const KEY: &str = "sram-sim";

    /// The card of a file, if it has one.
    ///
    /// # Errors
    /// [`CardError`] if it has one that cannot be read.
    pub fn of(file: &WeightFile) -> Result<Option<Self>, CardError> {
        file.metadata().get(Self::KEY).map(|text| Ok(serde_json::from_str(text)?)).transpose()
    }

    /// How the weights are quantised.
    ///
    /// # Errors
    /// [`SchemeError`] if this program does not know the scheme.
    pub fn scheme(&self) -> Result<Scheme, SchemeError> {
        let scheme = Scheme::named(&self.scheme, self.bits)?;
        self.clip.map_or(Ok(scheme), |limit| scheme.clipped(limit))
    }

    /// The network, if this program knows it.
    pub fn architecture(&self) -> Option<Architecture> {
        Architecture::of(&self.network, self.classes).ok()
    }
}

/// The card of a file cannot be read.
#[derive(Debug, Error)]
#[error("what the weights say of themselves (metadata `{}`) cannot be read", ModelCard::KEY)]
pub struct CardError(#[from] serde_json::Error);
