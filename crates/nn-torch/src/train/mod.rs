//! Training: quantisation-aware, with clipping, and with bit errors (Stutz et al., MLSys 2021, section 4 and algorithm 1).
//!
//! In each step the float weights are clipped and quantised; the loss's gradient with respect to the quantised weights is
//! that of the clean ones and, with bit errors, that of the weights as they are read, by the clean ranges, too; the float
//! weights follow both (straight through the quantisation).

mod checkpoint;
mod codec;
mod descent;
mod epoch;
mod faults;
mod feed;
mod identity;
mod planes;
mod running;
mod settings;
mod start;
mod storage;

use std::sync::Arc;

use tch::Tensor;

pub use self::faults::{TrainingCells, TrainingFaults};
pub use self::identity::TrainingIdentity;
pub use self::settings::{Gradient, Start, TrainSettings};
pub use self::storage::Storage;

use self::codec::Codec;
use self::faults::Errors;
use self::feed::Inputs;
use self::planes::Planes;
use super::device::{find, forbids_tf32};
use super::error::TorchError;
use super::images::Normaliser;
use super::layers::wants_channels_last;
use super::precision::Precision;
use super::values::values;
use crate::hex::hex;
use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::memory::Memory;
use nn_bridge::{Architecture, Augmentation, Device, Progress, WeightFile, order_by_name};

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    architecture: Architecture,
    settings: TrainSettings,
    inputs: Arc<Inputs>,
    /// Whether to look at the device after each step, which makes a GPU wait.
    waits: bool,
    /// SHA-256 of the data.
    digest: String,
    normalisation: Normalisation,
    normaliser: Normaliser,
    device: tch::Device,
    /// How images lie.
    channels_last: bool,
    /// Parameters of the architecture in the order of their names, in which they lie in memory.
    order: Vec<usize>,
    sizes: Vec<i64>,
    codec: Codec,
    /// SHA-256 of what the memory is.
    memory: [u8; 32],
    /// Bit errors that are the same at each step, on the device.
    fixed: Option<Vec<Planes>>,
    /// All float weights, in this order.
    weights: Tensor,
    velocity: Tensor,
    /// Running statistics of the architecture.
    statistics: Vec<Tensor>,
    progress: Progress,
}

/// What an epoch was like.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct EpochReport {
    /// Its number, from 1 on.
    pub epoch: u32,
    /// The learning rate.
    pub learning_rate: f64,
    /// Mean loss (cross-entropy, in nats) with clean quantised weights.
    pub loss: f64,
    /// Mean loss with bit errors, over the batches that had some.
    pub perturbed_loss: Option<f64>,
    /// The share of batches with bit errors.
    pub perturbed_share: f64,
    /// The share of training images that were wrong in their batch, with clean quantised weights.
    pub train_error: f64,
    /// Training images a second, batches with and without bit errors alike.
    pub images_per_second: f64,
    /// The share of the time that bit errors took: making them, unless that is done meanwhile by a core that is free, and reading
    /// codes with them. On a GPU this is the share of every twentieth step, `None` if the epoch has none.
    pub injection_share: Option<f64>,
    /// The share of the time that images took: making them, or waiting for those who do, in the same steps.
    pub feed_share: Option<f64>,
}

impl Trainer {
    /// A network with the weights that training begins with.
    ///
    /// # Errors
    /// [`TorchError`] if settings, memory, data, network and device do not go together.
    pub fn new(
        architecture: &Architecture,
        settings: TrainSettings,
        storage: Storage,
        data: Dataset,
        normalisation: &Normalisation,
        augmentation: Augmentation,
        device: Device,
    ) -> Result<Self, TorchError> {
        check(architecture, &settings, &storage.memory, &data)?;
        check_precision(settings.precision, device)?;
        let device = find(device)?;
        let parameters = architecture.parameters();
        let order = order_by_name(parameters.iter().map(|parameter| &*parameter.name));
        let sizes: Vec<i64> = order.iter().map(|&index| parameters[index].len() as i64).collect();
        let initial =
            order.iter().flat_map(|&index| start::weights(&parameters[index], settings.seed, index as u64));
        let weights = Tensor::f_from_slice(&initial.collect::<Vec<f32>>())?.f_to_device(device)?;
        let statistics = architecture.statistics().iter().map(|statistic| {
            let values = vec![statistic.initial; statistic.channels];
            Ok(Tensor::f_from_slice(&values)?.f_to_device(device)?)
        });
        let Storage { memory, faults } = storage;
        let codec = Codec::new(&memory.schemes().unwrap_or_default(), &sizes, device)?
            .making_room(&memory.makes_room())?;
        let described = memory.digest();
        let errors = faults.map(|faults| Errors::new(memory, faults, settings.seed));
        let is_fixed = |errors: &&Errors| !errors.are_fresh() && !errors.depend_on_codes();
        let fixed = errors.as_ref().filter(is_fixed).map(|errors| {
            errors.of_step(0)?.iter().map(|planes| planes.on(device)).collect::<Result<_, TorchError>>()
        });
        if device.is_cuda() {
            // Every batch has the same shape, so looking for the fastest convolutions is worth it.
            tch::Cuda::cudnn_set_benchmark(true);
        }
        Ok(Self {
            architecture: architecture.clone(),
            statistics: statistics.collect::<Result<_, TorchError>>()?,
            fixed: fixed.transpose()?,
            codec,
            memory: described,
            digest: hex(&data.digest()),
            normalisation: normalisation.clone(),
            normaliser: Normaliser::new(normalisation, data.shape()[0], device)?,
            velocity: weights.f_zeros_like()?,
            progress: Progress {
                epoch: 0,
                step: 0,
                clean: f64::INFINITY,
                perturbed: f64::INFINITY,
                begun: false,
            },
            weights,
            inputs: Arc::new(Inputs {
                data,
                augmentation,
                errors,
                seed: settings.seed,
                batch: settings.batch,
                device,
                threads: Inputs::threads(device),
            }),
            waits: !device.is_cuda(),
            settings,
            device,
            channels_last: wants_channels_last(architecture.layers(), device),
            order,
            sizes,
        })
    }

    /// Epochs done so far.
    pub fn epochs(&self) -> u32 {
        self.progress.epoch
    }

    /// Steps of an epoch.
    pub fn steps(&self) -> usize {
        self.inputs.steps()
    }

    /// The parameters of the architecture as parts of all weights.
    fn split(&self, flat: &Tensor) -> Result<Vec<Tensor>, TorchError> {
        let parts = flat.f_split_with_sizes(&self.sizes, 0)?;
        let mut parameters: Vec<Tensor> = self.order.iter().map(|_| Tensor::new()).collect();
        for (part, &index) in parts.iter().zip(&self.order) {
            let shape = &self.architecture.parameters()[index].shape;
            let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
            parameters[index] = part.f_view(&shape[..])?;
        }
        Ok(parameters)
    }

    /// The clipped float weights and the statistics, as PyTorch names and has them.
    ///
    /// # Errors
    /// [`TorchError`] if libtorch fails.
    pub fn weights(&mut self) -> Result<WeightFile, TorchError> {
        self.codec.clip(&mut self.weights)?;
        let mut tensors = Vec::new();
        for (parameter, tensor) in self.architecture.parameters().iter().zip(self.split(&self.weights)?) {
            let offset = parameter.role.offset();
            let values: Vec<f32> = values(&tensor)?.into_iter().map(|value| value + offset).collect();
            tensors.extend(nn_bridge::Tensor::from_f32(
                parameter.name.clone(),
                parameter.shape.clone(),
                &values,
            ));
        }
        for (statistic, tensor) in self.architecture.statistics().iter().zip(&self.statistics) {
            let (name, shape) = (statistic.name.clone(), vec![statistic.channels]);
            tensors.extend(nn_bridge::Tensor::from_f32(name, shape, &values(tensor)?));
        }
        Ok(WeightFile::new(tensors, std::collections::BTreeMap::new()))
    }
}

fn check(
    architecture: &Architecture,
    settings: &TrainSettings,
    memory: &Memory,
    data: &Dataset,
) -> Result<(), TorchError> {
    let wrong = |what: String| Err(TorchError::Settings(what));
    if data.is_empty() {
        return Err(TorchError::NoImages);
    }
    if architecture.input() != data.shape() || architecture.classes() != data.classes() {
        let (name, input, classes) = (architecture.name(), architecture.input(), architecture.classes());
        let (shape, found) = (data.shape(), data.classes());
        return wrong(format!(
            "{name} is made for {classes} classes of images of shape {input:?}, the data has {found} of {shape:?}"
        ));
    }
    let Some(schemes) = memory.schemes() else {
        return wrong("weights lie in memory as a file has them, expected quantised ones".to_owned());
    };
    let bits = schemes.iter().map(|scheme| scheme.bits().bits()).max().unwrap_or(0);
    if memory.layout().all_weights() != architecture.weights() {
        return wrong(format!("the memory is not one of {}", architecture.name()));
    }
    if bits > Codec::MAX_BITS {
        return wrong(format!("weights are trained with at most {} bits, found {bits}", Codec::MAX_BITS));
    }
    let single = settings.batch == 1 || data.len() % settings.batch.max(1) == 1;
    if single && !architecture.statistics().is_empty() {
        return wrong(format!(
            "{} images in batches of {} leave a batch of one, which has no variance for BatchNorm: choose another batch \
             size or number of images",
            data.len(),
            settings.batch
        ));
    }
    if settings.batch == 0 || settings.epochs == 0 {
        return wrong("a training has at least one epoch, and batches at least one image".to_owned());
    }
    Ok(())
}

/// Refuses a precision that would be another in truth.
fn check_precision(precision: Precision, device: Device) -> Result<(), TorchError> {
    let on_gpu = device != Device::Cpu;
    let forced = forbids_tf32();
    match precision {
        Precision::Tf32 if !on_gpu => {
            Err(TorchError::Settings("TF32 is of GPUs: a CPU computes in float32 or bfloat16".to_owned()))
        }
        Precision::Tf32 if forced => Err(TorchError::Settings(
            "NVIDIA_TF32_OVERRIDE=0 in the environment forbids TF32: unset it, or compute in float32".to_owned(),
        )),
        Precision::Float32 if on_gpu && !forced => Err(TorchError::Settings(
            "libtorch lets convolutions multiply in TF32 on a GPU: for float32 throughout set NVIDIA_TF32_OVERRIDE=0 in the \
             environment"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}
