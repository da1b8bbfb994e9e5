//! What was given as weights: a network of its own, or weights of one.

use std::path::Path;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::{ModelCard, WeightFile};
use nn_torch::Network;
use sram_sim_cli::weights;

/// What a file of weights turned out to be.
pub(super) struct Given<'a> {
    /// A `TorchScript` module, as typed and where it is.
    pub(super) module: Option<(&'a InputPath, &'a Path)>,
    /// Weights.
    pub(super) file: Option<WeightFile>,
    /// What they say of their network.
    pub(super) card: Option<ModelCard>,
}

impl<'a> Given<'a> {
    pub(super) fn open(weights: Option<&'a InputPath>, files: &Files) -> Result<Self> {
        let Some(typed) = weights else { return Ok(Self { module: None, file: None, card: None }) };
        let path = weights::input(typed, files)?;
        if Network::is_script(path) {
            return Ok(Self { module: Some((typed, path)), file: None, card: None });
        }
        let file = weights::open(typed, files)?;
        let card = ModelCard::of(&file).with_context(|| typed.to_string())?;
        Ok(Self { module: None, file: Some(file), card })
    }
}
