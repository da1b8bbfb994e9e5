//! Layers whose weights a file stores quantised: several tensors that are weights together only. They are known by the names and shapes
//! of these tensors.

mod bitsandbytes;
mod gptq;
mod numbers;

use std::collections::HashMap;
use std::fmt;

use flip_core::SparseMask;
use serde::Serialize;

use super::StoredImage;
use crate::image::ImageLayout;
use crate::weights::Tensor;

/// What a tensor of a quantised layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerRole {
    /// The weights' integers, packed.
    Codes,
    /// What codes are multiplied by, a number for many weights.
    Scales,
    /// The codes that stand for 0, packed, one for many weights.
    Zeros,
    /// Which group of scales a row of weights has.
    Groups,
    /// The number that each code stands for.
    Table,
}

/// A quantised layer of a file.
pub struct QuantisedLayer<'a> {
    /// Its name: what its tensors' names begin with.
    pub name: String,
    /// How it is quantised.
    pub format: &'static str,
    parts: Vec<(LayerRole, &'a Tensor)>,
    decoder: Box<dyn Decoder + 'a>,
}

/// What bit errors did to a quantised layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerDamage {
    /// The layer.
    pub layer: String,
    /// How it is quantised.
    pub format: &'static str,
    /// Its weights.
    pub weights: u64,
    /// What the bit errors of each of its tensors did alone.
    pub roles: Vec<RoleDamage>,
    /// What all did together.
    pub all: Change,
}

/// What the bit errors of one tensor did to a layer's weights.
#[derive(Clone, Debug, Serialize)]
pub struct RoleDamage {
    /// What the tensor is.
    pub role: LayerRole,
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

/// How tensors become weights, and which weights a bit of them touches.
trait Decoder {
    /// The number of weights.
    fn weights(&self) -> u64;

    /// A weight, of the bytes of the parts; NaN if they do not say one.
    fn weight(&self, parts: &[&[u8]], index: u64) -> f64;

    /// Calls `touch` with the weights that depend on a bit of a part.
    fn touched(&self, part: usize, bit: u64, touch: &mut dyn FnMut(u64));
}

/// Tensors of a file by name.
struct Named<'a>(HashMap<&'a str, &'a Tensor>);

impl<'a> Named<'a> {
    fn get(&self, prefix: &str, name: &str) -> Option<&'a Tensor> {
        self.0.get(&*format!("{prefix}{name}")).copied()
    }
}

/// The quantised layers of some tensors, in their order.
pub fn quantised_layers<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Vec<QuantisedLayer<'a>> {
    let tensors: Vec<&Tensor> = tensors.into_iter().collect();
    let named = Named(tensors.iter().map(|&tensor| (&*tensor.name, tensor)).collect());
    tensors
        .iter()
        .filter_map(|&tensor| gptq::layer(tensor, &named).or_else(|| bitsandbytes::layer(tensor, &named)))
        .collect()
}

impl QuantisedLayer<'_> {
    /// The tensors that it is made of.
    pub fn parts(&self) -> impl Iterator<Item = (LayerRole, &Tensor)> {
        self.parts.iter().copied()
    }

    /// Its weights, row by row of the tensors that hold them.
    pub fn decode(&self) -> Vec<f64> {
        let parts: Vec<&[u8]> = self.parts.iter().map(|(_, tensor)| tensor.bytes()).collect();
        (0..self.decoder.weights()).map(|index| self.decoder.weight(&parts, index)).collect()
    }

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
        let flips: Vec<Vec<u64>> = self.parts.iter().map(|(_, tensor)| flips(tensor)).collect();
        let clean: Vec<&[u8]> = self.parts.iter().map(|(_, tensor)| tensor.bytes()).collect();
        let faulty: Vec<Vec<u8>> =
            clean.iter().zip(&flips).map(|(bytes, flips)| inverted(bytes, flips)).collect();
        let touched: Vec<Vec<u64>> = (0..clean.len()).map(|part| self.touched(part, &flips[part])).collect();
        let roles = (0..clean.len()).map(|part| {
            let mut read = clean.clone();
            read[part] = &faulty[part];
            let change = self.change(&clean, &read, &touched[part]);
            RoleDamage { role: self.parts[part].0, bit_errors: flips[part].len() as u64, change }
        });
        let mut all = touched.concat();
        all.sort_unstable();
        all.dedup();
        let read: Vec<&[u8]> = faulty.iter().map(Vec::as_slice).collect();
        LayerDamage {
            layer: self.name.clone(),
            format: self.format,
            weights: self.decoder.weights(),
            roles: roles.collect(),
            all: self.change(&clean, &read, &all),
        }
    }

    /// The weights that depend on these bits of a part, ascending.
    fn touched(&self, part: usize, bits: &[u64]) -> Vec<u64> {
        if self.parts[part].0 == LayerRole::Table && !bits.is_empty() {
            // Any weight may have the code.
            return (0..self.decoder.weights()).collect();
        }
        let mut touched = Vec::new();
        bits.iter().for_each(|&bit| self.decoder.touched(part, bit, &mut |weight| touched.push(weight)));
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn change(&self, clean: &[&[u8]], read: &[&[u8]], touched: &[u64]) -> Change {
        let (mut change, mut squared) = (Change::default(), 0.0);
        for &index in touched {
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

/// Bytes with these bits inverted.
fn inverted(bytes: &[u8], bits: &[u64]) -> Vec<u8> {
    let mut faulty = bytes.to_vec();
    for &bit in bits {
        if let Some(byte) = faulty.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }
    faulty
}

impl fmt::Debug for QuantisedLayer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} weights)", self.name, self.format, self.decoder.weights())
    }
}

impl fmt::Display for LayerRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Codes => "codes",
            Self::Scales => "scales",
            Self::Zeros => "zeros",
            Self::Groups => "groups",
            Self::Table => "table",
        })
    }
}
