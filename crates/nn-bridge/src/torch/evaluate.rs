//! Err and `RErr`: a network's quantised weights, read with bit errors, asked about labelled images.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use flip_core::{FaultMask, MaskError, SparseMask};
use tch::{Kind, Tensor};

use super::error::TorchError;
use super::network::{Network, Normaliser};
use crate::changes::{TensorChanges, changes};
use crate::data::{Dataset, Normalisation};
use crate::image::WeightImage;
use crate::robustness::Answers;
use crate::scheme::Scheme;

/// A network whose weights lie quantised in memory, and labelled images to ask it about.
#[derive(Debug)]
pub struct Evaluation {
    network: Network,
    image: WeightImage,
    /// The network's parameter for each tensor of the image.
    parameters: Vec<usize>,
    batches: Vec<Batch>,
    normaliser: Normaliser,
    classes: usize,
    float: Answers,
    clean: Answers,
    times: Times,
}

#[derive(Debug)]
pub(super) struct Batch {
    pub(super) pixels: Tensor,
    labels: Tensor,
}

/// Where the time of an evaluation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Drawing faults, finding the weights that their bit errors change, changing them in the network, and changing them back.
    pub injection: Duration,
    /// Running the network.
    pub network: Duration,
}

impl Evaluation {
    /// Quantises the network's weights, and asks it about the images before and after.
    ///
    /// # Errors
    /// [`TorchError`] if weights cannot be quantised, or the images or classes are not those of the network.
    pub fn new(
        mut network: Network,
        scheme: Scheme,
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
    ) -> Result<Self, TorchError> {
        let channels = data.shape()[0];
        if normalisation.mean.len() != channels {
            return Err(TorchError::Channels { found: channels, expected: normalisation.mean.len() });
        }
        if data.is_empty() {
            return Err(TorchError::NoImages);
        }
        let weights = network.weights()?;
        let image = WeightImage::build(scheme, &weights.iter().collect::<Vec<_>>())?;
        let parameters = network.by_name();
        let normaliser = Normaliser::new(normalisation, network.device())?;
        let batches = batches(data, batch.max(1), network.device())?;
        let classes = data.classes();
        let float = answers(&network, &batches, &normaliser, classes)?;
        for (tensor, &parameter) in parameters.iter().enumerate() {
            network.set(parameter, &image.decode(tensor))?;
        }
        let clean = answers(&network, &batches, &normaliser, classes)?;
        let times = Times::default();
        Ok(Self { network, image, parameters, batches, normaliser, classes, float, clean, times })
    }

    /// The network; between questions it has its clean quantised weights.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The clean weights in memory.
    pub fn image(&self) -> &WeightImage {
        &self.image
    }

    /// The answers with the weights as they were, before quantisation.
    pub fn float(&self) -> &Answers {
        &self.float
    }

    /// The answers with the quantised weights, without bit errors: Err.
    pub fn clean(&self) -> &Answers {
        &self.clean
    }

    /// Where the time went in all calls of [`under`](Self::under) so far.
    pub fn times(&self) -> Times {
        self.times
    }

    /// The answers when memory is read with these faults, and the bit errors that they make. The network's weights are
    /// changed where they differ, and back; no weight without a bit error is touched.
    ///
    /// # Errors
    /// [`TorchError`] if the mask has another length than the image, or libtorch fails.
    pub fn under(&mut self, mask: &FaultMask) -> Result<(Answers, SparseMask), TorchError> {
        self.under_drawn(|_| Ok(Cow::Borrowed(mask)))
    }

    /// As [`under`](Self::under), with faults that are drawn, for an image of so many bits, as a part of the injection.
    ///
    /// # Errors
    /// [`TorchError`] if the mask cannot be drawn, has another length than the image, or libtorch fails.
    pub fn under_drawn<'a>(
        &mut self,
        draw: impl FnOnce(u64) -> Result<Cow<'a, FaultMask>, MaskError>,
    ) -> Result<(Answers, SparseMask), TorchError> {
        let start = Instant::now();
        let mask = draw(self.image.layout().len_bits())?;
        let errors = mask.bit_errors(self.image.codes().bits())?;
        let changes = changes(&self.image, &errors);
        self.write(&changes, |changes| &changes.faulty)?;
        let injected = Instant::now();
        let answers = answers(&self.network, &self.batches, &self.normaliser, self.classes);
        let run = Instant::now();
        self.write(&changes, |changes| &changes.clean)?;
        self.times.injection += (injected - start) + run.elapsed();
        self.times.network += run - injected;
        Ok((answers?, errors))
    }

    fn write(
        &mut self,
        changes: &[TensorChanges],
        values: impl Fn(&TensorChanges) -> &[f32],
    ) -> Result<(), TorchError> {
        changes
            .iter()
            .try_for_each(|tensor| self.network.write(self.parameters[tensor.tensor], tensor, values(tensor)))
    }
}

/// The images on a device, so many at a time.
pub(super) fn batches(data: &Dataset, size: usize, device: tch::Device) -> Result<Vec<Batch>, TorchError> {
    let [channels, height, width] = data.shape().map(|side| side as i64);
    let bytes = data.shape().iter().product::<usize>();
    let pixels = data.pixels().chunks(size * bytes);
    let labels = data.labels().chunks(size);
    let batch = |(pixels, labels): (&[u8], &[u8])| {
        let shape = [labels.len() as i64, channels, height, width];
        let pixels = Tensor::f_from_slice(pixels)?.f_view(shape)?.f_to_device(device)?;
        let labels = Tensor::f_from_slice(labels)?.f_to_kind(Kind::Int64)?.f_to_device(device)?;
        Ok(Batch { pixels, labels })
    };
    pixels.zip(labels).map(batch).collect()
}

/// Asks about all images. An answer that is not finite is wrong.
fn answers(
    network: &Network,
    batches: &[Batch],
    normaliser: &Normaliser,
    classes: usize,
) -> Result<Answers, TorchError> {
    let mut right = Vec::new();
    for Batch { pixels, labels } in batches {
        let outputs = network.outputs(&normaliser.apply(pixels)?)?;
        let (images, size) = (labels.size()[0], outputs.size());
        if size != [images, classes as i64] {
            let network = network.name().to_owned();
            return Err(TorchError::Output { network, found: size, images: images as usize, classes });
        }
        let finite = outputs.f_isfinite()?.f_all_dim(1, false)?;
        let answered = outputs.f_argmax(1, false)?.f_eq_tensor(labels)?.f_logical_and(&finite)?;
        right.extend(Vec::<bool>::try_from(answered.f_to_device(tch::Device::Cpu)?)?);
    }
    Ok(Answers::new(right))
}
