//! Quantisation as typed, or as weights were trained for.

use anyhow::{Context, Result};
use nn_bridge::{ModelCard, Scheme};

use crate::arguments::SchemeArguments;

/// What weights were trained for, unless these arguments say how they are quantised.
pub fn unless_asked<'a>(arguments: &SchemeArguments, card: Option<&'a ModelCard>) -> Option<&'a ModelCard> {
    let SchemeArguments { bits, scheme, clip, range } = arguments;
    card.filter(|_| bits.is_none() && scheme.is_none() && clip.is_none() && range.is_none())
}

/// The scheme of these arguments; what they leave open is as the weights were trained for, else 8 bits and `rquant`.
pub fn of(arguments: &SchemeArguments, card: Option<&ModelCard>) -> Result<Scheme> {
    let bits = arguments.bits.or(card.map(|card| card.bits)).unwrap_or(8);
    let mut scheme = match (&arguments.scheme, card) {
        (Some(name), _) => name.with_bits(bits)?,
        (None, Some(card)) => Scheme::named(&card.scheme, bits).context("the weights' own scheme")?,
        (None, None) => Scheme::rquant(bits)?,
    };
    if let Some(limit) = arguments.clip.or(card.and_then(|card| card.clip)) {
        scheme = scheme.clipped(limit).context("--clip")?;
    }
    if let Some(range) = arguments.range {
        scheme = scheme.with_global_range(range).context("--range")?;
    }
    Ok(scheme)
}
