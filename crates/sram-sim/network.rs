//! The weights of a network as typed, and how they lie in memory.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::memory::{Clamped, Memory};
use nn_bridge::{Architecture, ModelCard, Origin, Selection, Tensor, WeightFile, WeightImage};

use crate::arguments::SchemeArguments;
use crate::memory::MemoryPlan;
use crate::scheme::OwnSchemes;
use crate::weights;

/// A file of weights, and what is known of them.
pub(crate) struct Network<'a> {
    pub(crate) file: WeightFile,
    typed: &'a InputPath,
    card: Option<ModelCard>,
    own: OwnSchemes,
    scheme: &'a SchemeArguments,
    /// What values of the file have more than those in memory, where they do.
    offsets: HashMap<String, f32>,
}

impl<'a> Network<'a> {
    /// The weights that are typed, of the network of this name if the file does not say it.
    pub(crate) fn open(
        typed: &'a InputPath,
        model: Option<&str>,
        scheme: &'a SchemeArguments,
        files: &Files,
    ) -> Result<Self> {
        let file = weights::open(typed, files)?;
        let card = ModelCard::of(&file).with_context(|| typed.to_string())?;
        let own = OwnSchemes::of(Some(&file), card.as_ref())?;
        // What cannot be is said before anything is selected and quantised.
        own.asked(scheme)?;
        let architecture = match (model, &card) {
            (Some(name), _) => Some(Architecture::of(name, card.as_ref().map_or(10, |card| card.classes))?),
            (None, card) => card.as_ref().and_then(ModelCard::architecture),
        };
        let of_network = architecture.iter().flat_map(Architecture::offsets);
        let of_network = of_network.map(|(name, offset)| (name.to_owned(), offset));
        // Codes say it themselves.
        let of_codes =
            file.tensors().iter().filter_map(|tensor| Some((tensor.name.clone(), tensor.coded()?.offset())));
        let offsets = of_network.chain(of_codes).collect();
        Ok(Self { file, typed, card, own, scheme, offsets })
    }

    /// What the file's value of a tensor has more than what lies in memory.
    pub(crate) fn offset(&self, tensor: &str) -> f32 {
        self.offsets.get(tensor).copied().unwrap_or(0.0)
    }

    /// What codes of a tensor were made of.
    pub(crate) fn origin(&self, tensor: &str) -> Origin {
        let place = self.file.tensors().iter().position(|of| of.name == tensor);
        Origin { place: place.unwrap_or(usize::MAX), offset: self.offset(tensor) }
    }

    /// The memory of the selected tensors, what it stores, clean, and what was clamped for its check bits.
    pub(crate) fn store(
        &self,
        selection: &Selection<'_>,
        plan: &MemoryPlan,
    ) -> Result<(Memory, WeightImage, Clamped)> {
        let in_memory: Vec<Cow<'_, Tensor>> = selection
            .stored()
            .iter()
            .map(|tensor| match self.offset(&tensor.name) {
                0.0 => Cow::Borrowed(*tensor),
                more => tensor.less(more).map_or(Cow::Borrowed(*tensor), Cow::Owned),
            })
            .collect();
        let in_memory: Vec<&Tensor> = in_memory.iter().map(AsRef::as_ref).collect();
        plan.store(&in_memory, &|tensor| self.own.asked_of(self.scheme, tensor))
            .with_context(|| format!("cannot store the weights of {}", self.typed))
    }

    /// Whether the weights lie in this memory as the file's card says that they were trained for.
    pub(crate) fn is_as_trained(&self, model: Option<&str>, plan: &MemoryPlan) -> bool {
        let is_known = |card: &ModelCard| {
            let as_named = model.is_none_or(|name| name == card.network);
            let Ok(trained) = card.scheme() else { return false };
            let is_trained = |tensor: &Tensor| {
                self.own.asked_of(self.scheme, &tensor.name).is_ok_and(|asked| asked == trained)
            };
            as_named
                && plan.is_of_flags()
                && card.layers.is_empty()
                && self.file.tensors().iter().all(is_trained)
        };
        self.card.as_ref().is_some_and(is_known)
    }
}
