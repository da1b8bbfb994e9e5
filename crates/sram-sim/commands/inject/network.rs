//! The weights of `sram-sim inject`, and how they lie in memory.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::{Context, Result};
use cli_io::Files;
use nn_bridge::memory::{Clamped, Memory};
use nn_bridge::{Architecture, ModelCard, Origin, Scheme, Selection, Tensor, WeightFile, WeightImage};

use crate::arguments::InjectArguments;
use crate::memory::MemoryPlan;
use crate::scheme::OwnSchemes;
use crate::weights;

/// A file of weights, and what is known of them.
pub(super) struct Network {
    pub(super) file: WeightFile,
    card: Option<ModelCard>,
    own: OwnSchemes,
    pub(super) scheme: Scheme,
    /// What values of the file have more than those in memory, where they do.
    offsets: HashMap<String, f32>,
}

impl Network {
    /// The weights that the arguments name.
    pub(super) fn open(arguments: &InjectArguments, files: &Files) -> Result<Self> {
        let file = weights::open(&arguments.weights, files)?;
        let card = ModelCard::of(&file).with_context(|| arguments.weights.to_string())?;
        let own = OwnSchemes::of(Some(&file), card.as_ref())?;
        let scheme = own.asked(&arguments.scheme)?;
        let architecture = match (&arguments.model, &card) {
            (Some(name), _) => Some(Architecture::of(name, card.as_ref().map_or(10, |card| card.classes))?),
            (None, card) => card.as_ref().and_then(ModelCard::architecture),
        };
        let offsets = architecture.iter().flat_map(Architecture::offsets);
        let offsets = offsets.map(|(name, offset)| (name.to_owned(), offset)).collect();
        Ok(Self { file, card, own, scheme, offsets })
    }

    /// What the file's value of a tensor has more than what lies in memory.
    pub(super) fn offset(&self, tensor: &str) -> f32 {
        self.offsets.get(tensor).copied().unwrap_or(0.0)
    }

    /// What codes of a tensor were made of.
    pub(super) fn origin(&self, tensor: &str) -> Origin {
        let place = self.file.tensors().iter().position(|of| of.name == tensor);
        Origin { place: place.unwrap_or(usize::MAX), offset: self.offset(tensor) }
    }

    /// The memory of the selected tensors, what it stores, clean, and what was clamped for its check bits.
    pub(super) fn store(
        &self,
        selection: &Selection<'_>,
        plan: &MemoryPlan,
        arguments: &InjectArguments,
    ) -> Result<(Memory, WeightImage, Clamped)> {
        let in_memory: Vec<Cow<'_, Tensor>> = selection
            .stored()
            .iter()
            .map(|tensor| match self.offset(&tensor.name) {
                0.0 => Cow::Borrowed(*tensor),
                more => tensor.less(more).map_or(Cow::Borrowed(*tensor), Cow::Owned),
            })
            .collect();
        let own = self.own.unless_asked(&arguments.scheme);
        plan.store(&in_memory.iter().map(AsRef::as_ref).collect::<Vec<_>>(), self.scheme, own)
            .with_context(|| format!("cannot store the weights of {}", arguments.weights))
    }

    /// Whether the weights lie in memory as the file's card says that they were trained for.
    pub(super) fn is_as_trained(&self, arguments: &InjectArguments) -> bool {
        let is_known = |card: &ModelCard| {
            let as_named = arguments.model.as_ref().is_none_or(|name| *name == card.network);
            let one_scheme = arguments.memory.bits_by_layer.is_none() && arguments.memory.memory.is_none();
            as_named
                && one_scheme
                && card.layers.is_empty()
                && card.scheme().is_ok_and(|of_card| of_card == self.scheme)
        };
        self.card.as_ref().is_some_and(is_known)
    }
}
