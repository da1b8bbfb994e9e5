//! What bit errors did to quantised layers, in units of their weights.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use flip_core::SparseMask;
use serde::Serialize;

use super::{Bytes, LayerRole, QuantisedLayer};
use crate::as_stored::StoredImage;
use crate::image::ImageLayout;
use crate::weights::Tensor;

/// What bit errors did to a quantised layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerDamage {
    /// The layer.
    pub layer: String,
    /// How it is quantised.
    pub format: &'static str,
    /// What nothing says of it, and how it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed: Option<&'static str>,
    /// Its weights.
    pub weights: u64,
    /// What the bit errors of each of its roles did alone.
    pub roles: Vec<RoleDamage>,
    /// What all did together.
    pub all: Change,
}

/// What the bit errors of one role did to a layer's weights.
#[derive(Clone, Debug, Serialize)]
pub struct RoleDamage {
    /// What the bits are.
    pub role: LayerRole,
    /// How many bits are of it.
    pub bits: u64,
    /// Its bit errors.
    pub bit_errors: u64,
    /// What they did.
    #[serde(flatten)]
    pub change: Change,
}

/// How weights changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// Weights that have another value.
    pub changed_weights: u64,
    /// Those of them that have none any more: not finite, or of a group that there is not.
    pub not_finite: u64,
    /// The greatest change of a weight that is finite.
    pub l_inf: f64,
    /// The Euclidean norm of the changes of weights that are finite.
    pub l2: f64,
}

impl QuantisedLayer<'_> {
    /// What bit errors of an image do to it. Costs per weight that they touch.
    pub fn damage(&self, image: &StoredImage<'_>, layout: &ImageLayout, errors: &SparseMask) -> LayerDamage {
        let places: HashMap<&str, usize> =
            image.tensors().iter().zip(0..).map(|(stored, place)| (&*stored.tensor.name, place)).collect();
        let flips = |tensor: &Tensor| -> Vec<u64> {
            let Some(&place) = places.get(&*tensor.name) else { return Vec::new() };
            let range = layout.bits(place);
            let begin = range.start;
            errors.within(range).map(|(bit, _)| bit - begin).collect()
        };
        let clean = self.clean();
        let faulty: Vec<(Vec<u64>, Vec<u8>)> = self
            .parts
            .iter()
            .map(|(_, tensor)| flips(tensor))
            .zip(&self.parts)
            .map(|(flips, (_, tensor))| {
                let faulty = inverted(tensor, &flips);
                (flips, faulty)
            })
            .collect();
        let (mut roles, mut all, mut read) = (Vec::new(), Vec::new(), clean.clone());
        for (&(part, tensor), (flips, faulty)) in self.parts.iter().zip(&faulty) {
            for (role, bits) in self.decoder.roles(part, tensor.bytes().len() as u64 * 8) {
                let is_own = |bit: &u64| self.decoder.role(part, *bit) == role;
                let own: Vec<u64> = flips.iter().copied().filter(is_own).collect();
                let touched = self.touched(part, &own);
                let alone = if own.len() < flips.len() {
                    Cow::Owned(inverted(tensor, &own))
                } else {
                    Cow::Borrowed(faulty)
                };
                let change = self.change(&clean, &clean.with(part, &alone), &touched);
                roles.push(RoleDamage { role, bits, bit_errors: own.len() as u64, change });
                all.extend(touched);
            }
            read = read.with(part, faulty);
        }
        LayerDamage {
            layer: self.name.clone(),
            format: self.format,
            assumed: self.assumed,
            weights: self.decoder.weights(),
            roles,
            all: self.change(&clean, &read, &merged(all)),
        }
    }

    /// The weights that depend on these bits of the tensor of a role.
    fn touched(&self, role: LayerRole, bits: &[u64]) -> Vec<Range<u64>> {
        let mut touched = Vec::new();
        for &bit in bits {
            self.decoder.touched(role, bit, &mut |weights| {
                // Bits of one number follow each other.
                if touched.last() != Some(&weights) {
                    touched.push(weights);
                }
            });
        }
        merged(touched)
    }

    fn change(&self, clean: &Bytes<'_>, read: &Bytes<'_>, touched: &[Range<u64>]) -> Change {
        let (mut change, mut squared) = (Change::default(), 0.0);
        for index in touched.iter().cloned().flatten() {
            let (before, after) = (self.decoder.weight(clean, index), self.decoder.weight(read, index));
            if before == after || !before.is_finite() {
                continue;
            }
            change.changed_weights += 1;
            if !after.is_finite() {
                change.not_finite += 1;
                continue;
            }
            change.l_inf = change.l_inf.max((after - before).abs());
            squared += (after - before) * (after - before);
        }
        Change { l2: squared.sqrt(), ..change }
    }
}

/// The same weights, ascending, each once.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, last| {
        let overlap = next.start <= last.end;
        if overlap {
            last.end = last.end.max(next.end);
        }
        overlap
    });
    ranges
}

/// The bytes of a tensor with these bits inverted.
fn inverted(tensor: &Tensor, bits: &[u64]) -> Vec<u8> {
    let mut faulty = tensor.bytes().to_vec();
    for &bit in bits {
        if let Some(byte) = faulty.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }
    faulty
}
