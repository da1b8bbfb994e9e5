//! Training: quantisation-aware, with clipping, and with bit errors (Stutz et al., MLSys 2021, section 4 and algorithm 1).
//!
//! In each step the float weights are clipped and quantised; the loss's gradient with respect to the quantised weights is
//! that of the clean ones and, with bit errors, that of the weights as they are read, by the clean ranges, too; the float
//! weights follow both (straight through the quantisation).

mod checkpoint;
mod codec;
mod descent;
mod faults;
mod identity;
mod settings;
mod start;

use flip_core::{Purpose, Stream};
use tch::{Kind, Reduction, Tensor};

pub use self::faults::{ChipRead, TrainingFaults};
pub use self::identity::TrainingIdentity;
pub use self::settings::{Gradient, Start, TrainSettings};

use self::codec::{Codec, Codes};
use self::faults::Source;
use super::device::find;
use super::error::TorchError;
use super::images::Normaliser;
use super::layers::{Context, Norm};
use super::network::values;
use crate::hex::hex;
use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::{Architecture, Augmentation, Device, WeightFile, order_by_name};

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    architecture: Architecture,
    settings: TrainSettings,
    data: Dataset,
    augmentation: Augmentation,
    /// SHA-256 of the data.
    digest: String,
    normalisation: Normalisation,
    normaliser: Normaliser,
    device: tch::Device,
    /// Parameters of the architecture in the order of their names, in which they lie in memory.
    order: Vec<usize>,
    sizes: Vec<i64>,
    codec: Codec,
    faults: Option<Source>,
    /// All float weights, in this order.
    weights: Tensor,
    velocity: Tensor,
    /// Running statistics of the architecture.
    statistics: Vec<Tensor>,
    progress: Progress,
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Progress {
    epoch: u32,
    step: u64,
    /// Losses of the last batch.
    clean: f64,
    perturbed: f64,
    /// Whether any batch had bit errors.
    begun: bool,
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
}

const ORDER: Purpose = Purpose::named("nn-bridge order of images");

/// What one pass through the network gives.
struct Pass {
    loss: f64,
    gradient: Tensor,
    wrong: i64,
}

impl Trainer {
    /// A network with the weights that training begins with.
    ///
    /// # Errors
    /// [`TorchError`] if settings, data, network and device do not go together.
    pub fn new(
        architecture: &Architecture,
        settings: TrainSettings,
        faults: Option<TrainingFaults>,
        data: Dataset,
        normalisation: &Normalisation,
        augmentation: Augmentation,
        device: Device,
    ) -> Result<Self, TorchError> {
        check(architecture, &settings, &data)?;
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
        let width = settings.scheme.bits();
        let source = |faults| Source::new(faults, settings.seed, width, architecture.weights(), device);
        Ok(Self {
            architecture: architecture.clone(),
            statistics: statistics.collect::<Result<_, TorchError>>()?,
            faults: faults.map(source).transpose()?,
            codec: Codec::new(settings.scheme, sizes.clone(), device)?,
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
            settings,
            data,
            augmentation,
            device,
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
        self.data.len().div_ceil(self.settings.batch)
    }

    /// Trains for one more pass over the images. `each_step` is told the loss after every step.
    ///
    /// # Errors
    /// [`TorchError::Diverged`] if the loss is no number any more, others if libtorch fails.
    pub fn epoch(&mut self, mut each_step: impl FnMut(f64)) -> Result<EpochReport, TorchError> {
        let order = shuffled(self.data.len(), self.settings.seed, self.progress.epoch);
        let rate = self.settings.rate_of(self.progress.epoch);
        let (mut loss, mut wrong, mut perturbed, mut with_errors) = (0.0, 0, 0.0, 0);
        for images in order.chunks(self.settings.batch) {
            let (clean, faulty) = self.step(images, rate)?;
            loss += clean.loss * images.len() as f64;
            wrong += clean.wrong;
            if let Some(faulty) = faulty {
                perturbed += faulty;
                with_errors += 1;
            }
            each_step(clean.loss);
        }
        self.progress.epoch += 1;
        let count = self.data.len() as f64;
        Ok(EpochReport {
            epoch: self.progress.epoch,
            learning_rate: rate,
            loss: loss / count,
            perturbed_loss: (with_errors > 0).then(|| perturbed / f64::from(with_errors)),
            perturbed_share: f64::from(with_errors) / self.steps() as f64,
            train_error: wrong as f64 / count,
        })
    }

    /// One step: what the clean pass gave, and the loss with bit errors if there were some.
    fn step(&mut self, images: &[usize], rate: f64) -> Result<(Pass, Option<f64>), TorchError> {
        let (pixels, labels) = self.batch(images)?;
        self.codec.clip(&mut self.weights)?;
        let codes = self.codec.encode(&self.weights)?;
        let clean = self.pass(&codes.stored, &codes, &pixels, &labels, Norm::BatchAndUpdate)?;
        let mut gradient = clean.gradient.shallow_clone();
        let faulty = self.perturbed(&codes, &pixels, &labels)?;
        if let Some((loss, perturbed, patterns)) = &faulty {
            gradient = gradient.f_add(perturbed)?;
            if self.settings.gradient == Gradient::Average {
                gradient = gradient.f_div_scalar(1.0 + *patterns as f64)?;
            }
            self.progress.perturbed = *loss;
            self.progress.begun = true;
        } else {
            self.progress.perturbed = clean.loss;
        }
        self.progress.clean = clean.loss;
        descent::step(&self.settings, rate, &gradient, &mut self.weights, &mut self.velocity)?;
        self.progress.step += 1;
        Ok((clean, faulty.map(|(loss, ..)| loss)))
    }

    /// Mean loss and summed gradient of the weights as they are read with bit errors, and the number of reads, if this batch
    /// has bit errors.
    fn perturbed(
        &self,
        codes: &Codes,
        pixels: &Tensor,
        labels: &Tensor,
    ) -> Result<Option<(f64, Tensor, usize)>, TorchError> {
        let Progress { clean, perturbed, begun, step, .. } = self.progress;
        let Some(source) = &self.faults else { return Ok(None) };
        if !self.settings.start.begins(clean, perturbed, begun) {
            return Ok(None);
        }
        let reads = source.step(step)?;
        let mut sum = self.weights.f_zeros_like()?;
        let mut loss = 0.0;
        for planes in &reads {
            let pass = self.pass(&planes.read(&codes.stored)?, codes, pixels, labels, Norm::Batch)?;
            let limit = self.settings.perturbed_limit;
            let gradient =
                if limit.is_finite() { pass.gradient.f_clamp(-limit, limit)? } else { pass.gradient };
            sum = sum.f_add(&gradient)?;
            loss += pass.loss / reads.len() as f64;
        }
        Ok(Some((loss, sum, reads.len())))
    }

    /// Loss, and gradient of the loss with respect to the values of these codes.
    fn pass(
        &self,
        codes: &Tensor,
        clean: &Codes,
        pixels: &Tensor,
        labels: &Tensor,
        norm: Norm,
    ) -> Result<Pass, TorchError> {
        let leaf = self.codec.decode(codes, clean)?.f_detach()?.f_set_requires_grad(true)?;
        let parameters = self.split(&leaf)?;
        let context = Context { parameters: &parameters, statistics: &self.statistics, norm };
        let outputs = context.run(self.architecture.layers(), pixels)?;
        let loss = outputs.f_cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, 0.0)?;
        loss.f_backward()?;
        let wrong = outputs.f_argmax(1, false)?.f_ne_tensor(labels)?.f_sum(Kind::Int64)?;
        let loss = f64::try_from(&loss)?;
        if !loss.is_finite() {
            return Err(TorchError::Diverged { step: self.progress.step + 1, loss });
        }
        Ok(Pass { loss, gradient: leaf.f_grad()?, wrong: i64::try_from(&wrong)? })
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

    fn batch(&self, images: &[usize]) -> Result<(Tensor, Tensor), TorchError> {
        let [channels, height, width] = self.data.shape().map(|side| side as i64);
        let mut pixels = Vec::with_capacity(images.len() * self.data.image(0).len());
        for &image in images {
            let mut stream = Augmentation::stream(self.settings.seed, self.progress.epoch, image);
            self.augmentation.append(self.data.image(image), self.data.shape(), &mut stream, &mut pixels);
        }
        let labels: Vec<i64> = images.iter().map(|&image| i64::from(self.data.labels()[image])).collect();
        let shape = [images.len() as i64, channels, height, width];
        let pixels = Tensor::f_from_slice(&pixels)?.f_view(shape)?.f_to_device(self.device)?;
        Ok((self.normaliser.apply(&pixels)?, Tensor::f_from_slice(&labels)?.f_to_device(self.device)?))
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

fn check(architecture: &Architecture, settings: &TrainSettings, data: &Dataset) -> Result<(), TorchError> {
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
    let bits = settings.scheme.bits().bits();
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

/// The order of the images in an epoch.
fn shuffled(count: usize, seed: u64, epoch: u32) -> Vec<usize> {
    let mut stream = Stream::new(seed, ORDER, u64::from(epoch));
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let other = (stream.next_unit() * (last + 1) as f64) as usize;
        order.swap(last, other.min(last));
    }
    order
}
