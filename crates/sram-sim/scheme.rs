//! Quantisation as typed, or as weights say themselves.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use nn_bridge::{Coded, ModelCard, Scheme, Tensor, WeightFile};

use crate::arguments::SchemeArguments;

/// How weights are quantised by what they say themselves: they are codes, or were trained for it.
#[derive(Clone, Debug, Default)]
pub struct OwnSchemes {
    scheme: Option<Scheme>,
    /// Of tensors that may have another one.
    tensors: BTreeMap<String, Scheme>,
}

impl OwnSchemes {
    /// Of a file and its card.
    ///
    /// # Errors
    /// If the card names schemes that are unknown here.
    pub fn of(file: Option<&WeightFile>, card: Option<&ModelCard>) -> Result<Self> {
        let scheme = card.map(|card| card.scheme().context("the weights' own scheme")).transpose()?;
        let of_layer = |(name, layer): (&String, &nn_bridge::LayerScheme)| {
            let scheme = layer.scheme().with_context(|| format!("the weights' own scheme of {name}"))?;
            Ok((name.clone(), scheme))
        };
        let layers = card.iter().flat_map(|card| &card.layers).map(of_layer);
        let mut tensors: BTreeMap<String, Scheme> = layers.collect::<Result<_>>()?;
        let all = file.map(WeightFile::tensors).unwrap_or_default();
        let coded = all.iter().filter_map(|tensor| Some((tensor, tensor.coded()?)));
        let of_codes = |(tensor, coded): (&Tensor, &Coded)| (tensor.name.clone(), coded.quantizer().scheme());
        tensors.extend(coded.map(of_codes));
        Ok(Self { scheme, tensors })
    }

    /// The scheme that these arguments ask for of a tensor; what they leave open is as the weights say, else 8 bits and `rquant`.
    ///
    /// # Errors
    /// If the arguments name a scheme that cannot be.
    pub fn asked_of(&self, arguments: &SchemeArguments, tensor: &str) -> Result<Scheme> {
        asked(arguments, self.tensors.get(tensor).copied().or(self.scheme))
    }

    /// The same of a tensor that weights say nothing more of.
    ///
    /// # Errors
    /// If the arguments name a scheme that cannot be.
    pub fn asked(&self, arguments: &SchemeArguments) -> Result<Scheme> {
        asked(arguments, self.scheme)
    }
}

fn asked(arguments: &SchemeArguments, own: Option<Scheme>) -> Result<Scheme> {
    let bits = arguments.bits.or(own.map(|own| own.bits().bits())).unwrap_or(8);
    let mut scheme = match (&arguments.scheme, own) {
        (Some(name), own) => {
            let named = name.with_bits(bits)?;
            let clip = own.and_then(|own| own.clip()).filter(|_| arguments.clip.is_none());
            clip.map_or(Ok(named), |limit| named.clipped(limit))?
        }
        (None, Some(own)) => own.with_bits(bits)?,
        (None, None) => Scheme::rquant(bits)?,
    };
    if let Some(limit) = arguments.clip {
        scheme = scheme.clipped(limit).context("--clip")?;
    }
    if let Some(range) = arguments.range {
        scheme = scheme.with_global_range(range).context("--range")?;
    }
    Ok(scheme)
}
