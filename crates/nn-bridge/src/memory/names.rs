//! Which tensors, and which of their bits, the regions of a description name.

use std::str::FromStr;

use super::description::{Description, Planes, RegionPlace};
use super::{MemoryError, StoredAs};
use crate::image::ImageLayout;
use crate::scheme::{Scheme, SchemeError};
use crate::weights::NameGlob;

/// A tensor to be stored, and how it lies in memory where nobody says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Outline<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
    /// How it is quantised, or that it is not.
    pub stored_as: StoredAs,
}

/// Which tensors each region names.
pub(super) struct Names {
    regions: Vec<Vec<bool>>,
    /// Where the regions stand, for messages.
    places: Vec<RegionPlace>,
}

impl Names {
    pub(super) fn of(description: &Description, tensors: &[Outline<'_>]) -> Result<Self, MemoryError> {
        let places: Vec<RegionPlace> =
            (0..description.regions.len()).map(|number| description.place(number)).collect();
        let mut regions = Vec::with_capacity(places.len());
        for (region, place) in description.regions.iter().zip(&places) {
            let mut named = vec![region.tensors.is_empty(); tensors.len()];
            for glob in &region.tensors {
                let pattern = NameGlob::from_str(glob)
                    .map_err(|source| MemoryError::Glob { region: place.key("tensors"), source })?;
                let mut any = false;
                for (named, tensor) in named.iter_mut().zip(tensors) {
                    let matches = pattern.matches(tensor.name);
                    any |= matches;
                    *named |= matches;
                }
                if !any {
                    return Err(MemoryError::NoTensor {
                        region: place.key("tensors"),
                        glob: glob.clone(),
                        names: tensors.iter().map(|tensor| tensor.name.to_owned()).collect(),
                    });
                }
            }
            regions.push(named);
        }
        Ok(Self { regions, places })
    }

    /// How each tensor lies in memory: as its regions say, else as its outline.
    pub(super) fn stored_as(
        &self,
        description: &Description,
        tensors: &[Outline<'_>],
    ) -> Result<Vec<StoredAs>, MemoryError> {
        let of_tensor = |(tensor, outline): (usize, &Outline<'_>)| {
            let mut regions = (0..self.regions.len()).filter(|&region| self.regions[region][tensor]);
            let Some(first) = regions.next() else { return Ok(outline.stored_as) };
            let wanted = &description.regions[first];
            for other in regions {
                let also = &description.regions[other];
                let differing = [
                    ("bits", wanted.bits != also.bits),
                    ("scheme", wanted.scheme != also.scheme),
                    ("clip", wanted.clip != also.clip),
                ];
                if let Some((key, _)) = differing.into_iter().find(|(_, differs)| *differs) {
                    let [first, second] = [first, other].map(|region| self.places[region].key(key));
                    return Err(MemoryError::Disagree {
                        tensor: outline.name.to_owned(),
                        key,
                        first,
                        second,
                    });
                }
            }
            let region = || self.places[first].first_key(&["scheme", "bits", "clip"]);
            let StoredAs::Quantised(scheme) = outline.stored_as else {
                let asks = wanted.bits.is_some() || wanted.scheme.is_some() || wanted.clip.is_some();
                return if asks {
                    Err(MemoryError::AsStored { region: region() })
                } else {
                    Ok(outline.stored_as)
                };
            };
            let asked = with_asked(wanted.bits, wanted.scheme.as_deref(), wanted.clip, scheme);
            asked.map(StoredAs::from).map_err(|source| MemoryError::Scheme { region: region(), source })
        };
        tensors.iter().enumerate().map(of_tensor).collect()
    }

    /// Which planes of each tensor lie in each region: every bit in just one.
    pub(super) fn planes(
        &self,
        description: &Description,
        tensors: &[Outline<'_>],
        layout: &ImageLayout,
    ) -> Result<Vec<Vec<u32>>, MemoryError> {
        let mut planes = vec![vec![0u32; tensors.len()]; self.regions.len()];
        for (tensor, outline) in tensors.iter().enumerate() {
            let width = layout.width(tensor);
            let mut claimed = 0u32;
            // What is left is given out last.
            let order = [false, true].into_iter().flat_map(|rest| {
                let regions = &description.regions;
                (0..regions.len()).filter(move |&region| (regions[region].planes == Planes::Rest) == rest)
            });
            for region in order.filter(|&region| self.regions[region][tensor]) {
                let own = description.regions[region].planes.mask(width.bits(), claimed);
                if own & claimed != 0 {
                    let first = (0..region.max(self.places.len()))
                        .find(|&other| other != region && planes[other][tensor] & own != 0);
                    return Err(MemoryError::Twice {
                        tensor: outline.name.to_owned(),
                        planes: listed(own & claimed),
                        first: self.places[first.unwrap_or(region)].key("planes"),
                        second: self.places[region].key("planes"),
                    });
                }
                claimed |= own;
                planes[region][tensor] = own;
            }
            if claimed != width.max_code() && !outline.shape.contains(&0) {
                let tensor = outline.name.to_owned();
                return Err(MemoryError::LeftOut { tensor, planes: listed(width.max_code() & !claimed) });
            }
        }
        Ok(planes)
    }
}

/// The bits that are ones, as numbers: `0 to 5`, `7`.
fn listed(planes: u32) -> String {
    let mut all = Vec::new();
    let mut bit = 0;
    while bit < 32 {
        if planes >> bit & 1 == 1 {
            let count = (planes >> bit).trailing_ones();
            all.push(if count == 1 { bit.to_string() } else { format!("{bit} to {}", bit + count - 1) });
            bit += count;
        }
        bit += 1;
    }
    all.join(", ")
}

/// The scheme that was asked for, but for what somebody else says.
pub(super) fn with_asked(
    bits: Option<u32>,
    scheme: Option<&str>,
    clip: Option<f64>,
    asked: Scheme,
) -> Result<Scheme, SchemeError> {
    let bits = bits.unwrap_or(asked.bits().bits());
    let scheme = match scheme {
        Some(name) => {
            let named = Scheme::named(name, bits)?;
            asked.clip().map_or(Ok(named), |limit| named.clipped(limit))?
        }
        None => asked.with_bits(bits)?,
    };
    clip.map_or(Ok(scheme), |limit| scheme.clipped(limit))
}
