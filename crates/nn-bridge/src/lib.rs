//! The network's side: weights become codes, codes become a bit string in memory, memory has faults, and the network
//! sees what is left.
//!
//! * [`WeightFile`]: a network's tensors, of files of several kinds. [`SelectionRules`]: which of them memory stores, and why not the others.
//! * [`Scheme`], [`Quantizer`]: quantisation with the ranges of the clean weights.
//! * [`WeightImage`]: all stored weights, quantised and laid out ([`ImageLayout`]) as one bit string.
//! * [`Architecture`]: the layers and parameters of networks; [`data`]: labelled images. The crate `nn-torch` runs networks.
//! * [`memory`]: regions, layouts, codes and cells; [`Memory::read`](memory::Memory::read) says which bits of the image read
//!   wrong. [`Damage`]: what they did.
//!
//! ```
//! use nn_bridge::memory::{Cells, Description, Memory, Outline, ReadModel, Which};
//! use nn_bridge::{Damage, Scheme, SelectionRules, TensorOrder, WeightFile};
//! use sram_model::{Between, STORED};
//! # let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/lenet5-untrained.safetensors"));
//!
//! let file = WeightFile::open(path)?;
//! let selection = SelectionRules::default().select(file.tensors(), TensorOrder::Name)?;
//! let scheme = Scheme::rquant(8)?;
//! let outlines = selection.stored().iter().map(|tensor| Outline { name: &tensor.name, shape: &tensor.shape, stored_as: scheme.into() });
//! let memory = Memory::new(&Description::default(), &outlines.collect::<Vec<_>>())?;
//! let clean = memory.image(selection.stored())?;
//!
//! let map = STORED[0].open()?.at("0.8 V/Vmin".parse()?, Between::NextLower)?;
//! let model = ReadModel { which: Which::Sampled, seed: 1 };
//! let read = memory.read(&clean, &[Cells::Chip { map: &map, offset: 0 }], model, 0)?;
//! let mut faulty = clean.clone();
//! read.errors.apply(&mut faulty.bits_mut())?;
//!
//! let damage = Damage::of(&clean, &read.errors);
//! assert_eq!(damage.bit_errors, clean.bits().hamming(faulty.bits())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod as_stored;
mod augment;
mod card;
mod checkpoint;
mod codes;
pub mod data;
mod device;
mod difference;
mod image;
pub mod memory;
mod pickle;
mod quantise;
mod replay;
mod robustness;
mod scheme;
mod weights;

pub use architecture::{Architecture, ArchitectureError, Layer, Parameter, Role, Statistic};
pub use as_stored::{
    Change, Element, LayerConfig, LayerConfigError, LayerDamage, LayerRole, NumberChanges, QuantisedLayer,
    RoleDamage, RoleSummary, StoredDamage, StoredImage, StoredTensor, StoredTensorDamage, by_role,
    layer_damage, quantised_layers,
};
pub use augment::Augmentation;
pub use card::{CardError, LayerScheme, ModelCard};
pub use checkpoint::{Checkpoint, CheckpointError, Progress};
pub use codes::{CodesError, Origin, weights_of, write_codes};
pub use device::Device;
pub use difference::{Difference, DifferingElement, TensorDifference, Unlike, difference};
pub use image::{
    Damage, HitElement, ImageError, ImageLayout, ImageTensor, TensorChanges, TensorDamage, WeightBit,
    WeightImage, changes, hit_elements,
};
pub use quantise::{Coded, MARGIN, QuantiseError, Quantizer, Zero};
pub use replay::{ReplayError, Replayed, replay};
pub use robustness::{Answers, Spread};
pub use scheme::{GLOBAL_RANGE, RangeRule, Rounding, Scheme, SchemeError, SchemeName, Sign, Symmetry};
pub use weights::{
    Apart, BlockType, Buffer, Dtype, Elements, Foreign, KeptApart, NameGlob, NameGlobError, SelectError,
    Selection, SelectionRules, Tensor, TensorOrder, WeightError, WeightFile, equal_copies, order_by_name,
};
