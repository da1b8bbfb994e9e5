//! Layers whose weights a file stores quantised: several tensors that are weights together only. They are known by the names, types and
//! shapes of these tensors; what else there is to know, the file's metadata and a JSON file beside it say.
//!
//! A format is one file here, and one line in [`FORMATS`].

mod bitsandbytes;
mod bitsandbytes_int8;
mod blocks;
mod compressed_int8;
mod config;
mod damage;
mod float4;
mod float8;
mod ggml;
mod gptq;
mod groups;
mod matrix;
mod mxfp4_blocks;
mod numbers;
mod pack_quantized;
mod scaled;
mod summary;
mod torchao;
mod touched;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;

use serde::Serialize;

pub use self::config::{LayerConfig, LayerConfigError};
pub use self::damage::{Change, LayerDamage, RoleDamage, layer_damage};
pub use self::summary::{RoleSummary, by_role};
use crate::weights::Tensor;

/// What a tensor of a quantised layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerRole {
    /// The weights' codes: integers or small floats, perhaps packed.
    Codes,
    /// What codes are multiplied by, a number for many weights.
    Scales,
    /// What stands for 0, one for many weights.
    Zeros,
    /// Which group of scales a row or column of weights has.
    Groups,
    /// The number that each code stands for.
    Table,
    /// What scales are multiplied or divided by.
    ScalesOfScales,
    /// The number that each code of a scale stands for.
    TableOfScales,
    /// What is added to all weights of a block.
    Mins,
    /// Of a group of weights in a block: what its codes are multiplied by, times that of the block.
    SubScales,
    /// Of a group of weights in a block: what is taken off them, times that of the block.
    SubMins,
    /// Of a block of groups: what all its codes are multiplied by.
    SuperScales,
    /// Of a block of groups: what is taken off all its weights, times that of their group.
    SuperMins,
}

/// A quantised layer of a file.
pub struct QuantisedLayer<'a> {
    /// Its name: what its tensors' names begin with.
    pub name: String,
    /// How it is quantised.
    pub format: &'static str,
    /// What neither the file nor [`LayerConfig`] says, and how it is read.
    pub assumed: Option<&'static str>,
    parts: Vec<(LayerRole, &'a Tensor)>,
    decoder: Box<dyn Decoder + 'a>,
}

/// How tensors become weights, and which weights a bit of them touches.
trait Decoder: Sync {
    /// The number of weights.
    fn weights(&self) -> u64;

    /// A weight, of the bytes of the tensors; NaN if they do not say one.
    fn weight(&self, bytes: &Bytes<'_>, index: u64) -> f64;

    /// Calls `touch` with the weights that depend on a bit of the tensor of a role.
    fn touched(&self, role: LayerRole, bit: u64, touch: &mut dyn FnMut(Range<u64>));

    /// What the bits of the tensor of a role are, of which it has so many: that, or several things, each with how many of them are it.
    fn roles(&self, role: LayerRole, bits: u64) -> Vec<(LayerRole, u64)> {
        vec![(role, bits)]
    }

    /// Which of these a bit is.
    fn role(&self, role: LayerRole, _bit: u64) -> LayerRole {
        role
    }
}

/// The bytes of a layer's tensors, by role; of a role that it does not have, none.
#[derive(Clone, Default)]
struct Bytes<'a>([&'a [u8]; LayerRole::COUNT]);

/// What a layer is looked for in.
struct Within<'a> {
    /// Tensors by name. None is empty, so that no side of theirs is more than there are bits in the file.
    named: HashMap<&'a str, &'a Tensor>,
    /// What the file says of itself.
    metadata: &'a BTreeMap<String, String>,
    /// What is said beside it.
    config: &'a LayerConfig,
}

/// Gives the layer whose codes a tensor holds, if it is one of a format.
type Format = for<'a> fn(&'a Tensor, &Within<'a>) -> Option<QuantisedLayer<'a>>;

/// All formats.
const FORMATS: [Format; 10] = [
    gptq::layer,
    bitsandbytes::layer,
    bitsandbytes_int8::layer,
    pack_quantized::layer,
    compressed_int8::layer,
    float8::layer,
    float4::layer,
    mxfp4_blocks::layer,
    torchao::layer,
    ggml::layer,
];

/// The quantised layers of a file's tensors, in their order. What could be read as two of them is none, so that no tensor is of two layers.
///
/// Tensors that only say a layer's shape or block size (`weight_shape`, `quant_state`) are read here, and are no part of it.
pub fn quantised_layers<'a>(
    tensors: impl IntoIterator<Item = &'a Tensor>,
    metadata: &'a BTreeMap<String, String>,
    config: &'a LayerConfig,
) -> Vec<QuantisedLayer<'a>> {
    let tensors: Vec<&Tensor> = tensors.into_iter().filter(|tensor| !tensor.is_empty()).collect();
    let named = tensors.iter().map(|&tensor| (&*tensor.name, tensor)).collect();
    let within = Within { named, metadata, config };
    let of = |&tensor: &&'a Tensor| FORMATS.iter().filter_map(|format| format(tensor, &within)).collect();
    let found: Vec<Vec<QuantisedLayer<'_>>> = tensors.iter().map(of).collect();
    let mut claims: HashMap<&str, usize> = HashMap::new();
    for (_, tensor) in found.iter().flatten().flat_map(|layer| &layer.parts) {
        *claims.entry(&*tensor.name).or_default() += 1;
    }
    let alone = |layer: &QuantisedLayer<'_>| layer.parts.iter().all(|(_, part)| claims[&*part.name] == 1);
    found.into_iter().flatten().filter(alone).collect()
}

impl<'a> QuantisedLayer<'a> {
    fn new(
        name: &str,
        format: &'static str,
        parts: Vec<(LayerRole, &'a Tensor)>,
        decoder: impl Decoder + 'a,
    ) -> Self {
        Self { name: name.to_owned(), format, assumed: None, parts, decoder: Box::new(decoder) }
    }

    /// The tensors that it is made of.
    pub fn parts(&self) -> impl Iterator<Item = (LayerRole, &Tensor)> {
        self.parts.iter().copied()
    }

    /// What a bit of one of its tensors is; `None` if the tensor is none of its parts.
    pub fn role(&self, tensor: &str, bit: u64) -> Option<LayerRole> {
        let part = self.parts.iter().find(|(_, part)| part.name == tensor);
        part.map(|(role, _)| self.decoder.role(*role, bit))
    }

    /// Its weights, row by row of the tensors that hold them.
    pub fn decode(&self) -> Vec<f64> {
        let bytes = self.clean();
        (0..self.decoder.weights()).map(|index| self.decoder.weight(&bytes, index)).collect()
    }

    /// The bytes of its tensors as the file has them.
    fn clean(&self) -> Bytes<'a> {
        let of_part =
            |bytes: Bytes<'a>, &(role, tensor): &(LayerRole, &'a Tensor)| bytes.with(role, tensor.bytes());
        self.parts.iter().fold(Bytes::default(), of_part)
    }
}

impl<'a> Bytes<'a> {
    fn of(&self, role: LayerRole) -> &'a [u8] {
        self.0[role as usize]
    }

    /// The same with these in place of those of a role.
    fn with(&self, role: LayerRole, bytes: &'a [u8]) -> Self {
        let mut all = self.clone();
        all.0[role as usize] = bytes;
        all
    }
}

impl<'a> Within<'a> {
    /// The tensor whose name begins and ends so.
    fn get(&self, prefix: &str, name: &str) -> Option<&'a Tensor> {
        self.named.get(&*format!("{prefix}{name}")).copied()
    }
}

impl LayerRole {
    const COUNT: usize = Self::SuperMins as usize + 1;
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
            Self::ScalesOfScales => "scales of scales",
            Self::TableOfScales => "table of scales",
            Self::Mins => "mins",
            Self::SubScales => "sub-scales",
            Self::SubMins => "sub-mins",
            Self::SuperScales => "super-scales",
            Self::SuperMins => "super-mins",
        })
    }
}
