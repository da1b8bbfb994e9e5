//! What can go wrong with a network.

use std::path::PathBuf;

use tch::TchError;
use thiserror::Error;

use nn_bridge::data::Normalisation;
use nn_bridge::{Device, ImageError, SelectError, WeightError};

/// Why a network cannot be made, loaded, evaluated or trained.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TorchError {
    /// A tensor that the network needs is not in the file.
    #[error("tensor {name} is missing: {network} needs it, of shape {expected:?}")]
    Missing {
        /// The tensor.
        name: String,
        /// The network.
        network: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// The file has a tensor that the network has not.
    #[error("found tensor {name}, which {network} does not have: the weights are those of another network")]
    Unexpected {
        /// The tensor.
        name: String,
        /// The network.
        network: String,
    },
    /// A tensor has another shape.
    #[error("tensor {name}: found shape {found:?}, expected {expected:?} as {network} has it")]
    Shape {
        /// The tensor.
        name: String,
        /// The network.
        network: String,
        /// In the file.
        found: Vec<usize>,
        /// In the network.
        expected: Vec<usize>,
    },
    /// An element of a tensor is no finite float.
    #[error("tensor {name}: element {index} is {found}, expected a finite number")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Which element, in row-major order.
        index: usize,
        /// What it is.
        found: f32,
    },
    /// A tensor does not hold floats.
    #[error("tensor {name} holds no floats: expected F64, F32, F16 or BF16")]
    NoFloats {
        /// The tensor.
        name: String,
    },
    /// The network's output does not fit the data.
    #[error(
        "{network} gives an output of shape {found:?} for {images} images of {classes} classes: expected [{images}, {classes}]"
    )]
    Output {
        /// The network.
        network: String,
        /// What it gives.
        found: Vec<i64>,
        /// Images asked about.
        images: usize,
        /// Classes of the data.
        classes: usize,
    },
    /// The normalisation is not one for the images.
    #[error(
        "the normalisation has means {:?} and deviations {:?}: expected {channels} finite numbers each, one for each channel, \
         and deviations above 0", normalisation.mean, normalisation.std
    )]
    Normalisation {
        /// Channels of the images.
        channels: usize,
        /// The normalisation.
        normalisation: Normalisation,
    },
    /// A network cannot be run on images.
    #[error("{network} cannot be run on images of shape {images:?}: {what}")]
    Forward {
        /// The network.
        network: String,
        /// Batch, channels, height, width.
        images: Vec<i64>,
        /// What libtorch says.
        what: String,
    },
    /// A tensor is twice in a file.
    #[error("tensor {name} is in the file twice, with and without `module.` before its name")]
    Twice {
        /// The tensor.
        name: String,
    },
    /// There is no image to evaluate with.
    #[error("there are no images")]
    NoImages,
    /// The device is not there.
    #[error(
        "device {device} is not there: libtorch finds {found} GPUs. A program linked for CPUs finds one if LD_PRELOAD names \
         the libtorch_cuda.so of an installed torch 2.11, and LD_LIBRARY_PATH its folder"
    )]
    Device {
        /// The device.
        device: Device,
        /// GPUs that libtorch finds.
        found: usize,
    },
    /// A `TorchScript` module cannot be read.
    #[error("{} is no TorchScript module that libtorch 2.11 can read: {what}", path.display())]
    Script {
        /// Its file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A `TorchScript` module has nothing to store.
    #[error("{} has no parameters of floats", path.display())]
    NoParameters {
        /// Its file.
        path: PathBuf,
    },
    /// Statistics of a module are to be stored.
    #[error(
        "{network} is a TorchScript module, whose buffers libtorch's bindings cannot reach: its BatchNorm statistics cannot be \
         stored"
    )]
    NoStatistics {
        /// The network.
        network: String,
    },
    /// A module is to compute in other numbers.
    #[error(
        "{network} is a TorchScript module, which says itself what it computes in: bfloat16 is for the networks that sram-sim \
         knows by name"
    )]
    ScriptPrecision {
        /// The network.
        network: String,
    },
    /// A tensor has another number of elements than its shape says.
    #[error("tensor {name}: found {count} elements, expected as many as its shape says")]
    Elements {
        /// The tensor.
        name: String,
        /// Its elements.
        count: usize,
    },
    /// The weight memory cannot hold what it was asked to.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// A file of weights cannot be read or written.
    #[error(transparent)]
    Weights(#[from] WeightError),
    /// Weights cannot be quantised.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A mask does not fit the image.
    #[error("a fault mask does not fit the weights")]
    Length(#[from] flip_core::LengthError),
    /// No mask can be made for this number of weights.
    #[error("no fault mask can be made")]
    Mask(#[from] flip_core::MaskError),
    /// The memory cannot be read on this chip.
    #[error(transparent)]
    Memory(#[from] nn_bridge::memory::MemoryError),
    /// The settings of a training do not go together.
    #[error("{0}")]
    Settings(String),
    /// The loss is no number any more.
    #[error(
        "the loss became {loss} in step {step}: the weights have diverged; a lower learning rate, clipping, or lower rates \
         of bit errors help"
    )]
    Diverged {
        /// The step, counted from the first of the training.
        step: u64,
        /// The loss.
        loss: f64,
    },
    /// A checkpoint is damaged, or none.
    #[error("{} is no sound checkpoint: found {found}, expected {expected}", path.display())]
    Checkpoint {
        /// Its file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What it should hold.
        expected: String,
    },
    /// A checkpoint is of another training.
    #[error("{} is a checkpoint of another training: {}", path.display(), differing.join("; "))]
    OtherTraining {
        /// Its file.
        path: PathBuf,
        /// In what it differs from this one.
        differing: Vec<String>,
    },
    /// libtorch could not compute something.
    #[error("libtorch: {what}")]
    Torch {
        /// What it says.
        what: String,
    },
}

impl From<TchError> for TorchError {
    fn from(error: TchError) -> Self {
        Self::Torch { what: first_line(&error) }
    }
}

/// What libtorch says, without the stack that it walks through. A script's own error stands after the stack.
pub(super) fn first_line(error: &TchError) -> String {
    let text = match error {
        TchError::Torch(text) => text.clone(),
        other => other.to_string(),
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("no reason given");
    let last = if first.contains("TorchScript interpreter") { lines.next_back() } else { None };
    last.unwrap_or(first).to_owned()
}
