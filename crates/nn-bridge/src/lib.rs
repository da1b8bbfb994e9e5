//! The network's side: weights become codes, codes become a bit string in memory, memory has faults, and the network
//! sees what is left.
//!
//! * [`WeightFile`]: a network's tensors (safetensors). [`SelectionRules`]: which of them memory stores, and why not the others.
//! * [`Scheme`], [`Quantizer`]: quantisation with the ranges of the clean weights.
//! * [`WeightImage`]: all stored weights, quantised and laid out ([`LinearLayout`]) as one bit string.
//! * [`Architecture`]: the layers and parameters of networks; [`data`]: labelled images. The crate `nn-torch` runs networks.
//! * [`Placement`]: where the image lies on a chip. [`read_mask`]: the faults that a read meets, [`read_errors`]: the bits
//!   that they change. [`Damage`]: what they did.
//!
//! ```
//! use flip_core::FaultMask;
//! use nn_bridge::{
//!     Damage, Placement, ReadModel, Scheme, SelectionRules, TensorOrder, WeightFile, WeightImage, read_mask,
//! };
//! use sram_model::{Between, STORED};
//! # let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/lenet5-untrained.safetensors"));
//!
//! let file = WeightFile::open(path)?;
//! let selection = SelectionRules::default().select(file.tensors(), TensorOrder::Name)?;
//! let clean = WeightImage::build(Scheme::rquant(8)?, selection.stored())?;
//! let map = STORED[0].open()?.at("0.8".parse()?, Between::NextLower)?;
//!
//! let bits = clean.layout().len_bits();
//! let placement = Placement::new(0, map.geometry().cells());
//! let mask = read_mask(&map, placement, bits, ReadModel::Sampled { seed: 1 })?;
//! let mut faulty = clean.clone();
//! mask.apply(&mut faulty.codes_mut().bits_mut())?;
//!
//! let damage = Damage::of(&clean, &mask.bit_errors(clean.codes().bits())?);
//! assert_eq!(damage.bit_errors, clean.codes().bits().hamming(faulty.codes().bits())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod architecture;
mod augment;
mod card;
mod changes;
mod checkpoint;
mod codes;
pub mod data;
mod device;
mod image;
mod layout;
mod perturb;
mod quantise;
mod robustness;
mod scheme;
mod weights;

pub use architecture::{Architecture, ArchitectureError, Layer, Parameter, Role, Statistic};
pub use augment::Augmentation;
pub use card::{CardError, ModelCard};
pub use changes::{TensorChanges, changes};
pub use checkpoint::{Checkpoint, CheckpointError, Progress};
pub use codes::{CodesError, weights_of, write_codes};
pub use device::Device;
pub use image::{ImageError, ImageTensor, WeightImage};
pub use layout::{LinearLayout, Placement, WeightBit};
pub use perturb::{
    Damage, ReadModel, STREAM_VERSION, TensorDamage, expected_errors, expected_errors_by_tensor, read_errors,
    read_mask,
};
pub use quantise::{MARGIN, QuantiseError, Quantizer};
pub use robustness::{Answers, Spread};
pub use scheme::{GLOBAL_RANGE, RangeRule, Rounding, Scheme, SchemeError, SchemeName, Sign, Symmetry};
pub use weights::{
    Apart, Buffer, Dtype, Foreign, KeptApart, NameGlob, NameGlobError, SelectError, Selection,
    SelectionRules, Tensor, TensorOrder, WeightError, WeightFile, order_by_name,
};
