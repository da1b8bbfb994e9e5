//! Labelled images on a device, in batches.

use tch::{Kind, Tensor};

use super::device::on_device;
use super::error::TorchError;
use super::inference::Ready;
use nn_bridge::Answers;
use nn_bridge::data::{Dataset, Normalisation};

/// All images of a data set.
#[derive(Debug)]
pub(super) struct Images {
    batches: Vec<Batch>,
    normaliser: Normaliser,
    normalisation: Normalisation,
    classes: usize,
    /// Images of a batch.
    size: usize,
}

#[derive(Debug)]
struct Batch {
    pixels: Tensor,
    labels: Tensor,
}

impl Images {
    /// So many images a batch.
    pub(super) fn new(
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
        device: tch::Device,
    ) -> Result<Self, TorchError> {
        if data.is_empty() {
            return Err(TorchError::NoImages);
        }
        let [channels, height, width] = data.shape();
        let normaliser = Normaliser::new(normalisation, channels, device)?;
        let size = batch.max(1);
        let pixels = data.pixels().chunks(size * channels * height * width);
        let batch = |(pixels, labels): (&[u8], &[u8])| {
            let shape = [labels.len(), channels, height, width].map(|side| side as i64);
            let pixels = Tensor::f_from_slice(pixels)?.f_view(shape)?.f_to_device(device)?;
            let labels = Tensor::f_from_slice(labels)?.f_to_kind(Kind::Int64)?.f_to_device(device)?;
            Ok(Batch { pixels, labels })
        };
        let batches = pixels.zip(data.labels().chunks(size)).map(batch).collect::<Result<_, TorchError>>()?;
        let normalisation = normalisation.clone();
        Ok(Self { batches, normaliser, normalisation, classes: data.classes(), size })
    }

    /// How images are normalised.
    pub(super) fn normalisation(&self) -> &Normalisation {
        &self.normalisation
    }

    /// Images of a batch; the last may have fewer.
    pub(super) fn batch(&self) -> usize {
        self.size
    }

    /// Each batch of images as a network sees them.
    pub(super) fn each(
        &self,
        mut look: impl FnMut(&Tensor) -> Result<(), TorchError>,
    ) -> Result<(), TorchError> {
        self.batches.iter().try_for_each(|batch| look(&self.normaliser.apply(&batch.pixels)?))
    }

    /// Asks the network of this name about all images. An answer that is not finite is wrong.
    pub(super) fn answers(&self, network: &str, ready: &Ready<'_>) -> Result<Answers, TorchError> {
        let classes = self.classes;
        let mut right = Vec::new();
        for Batch { pixels, labels } in &self.batches {
            let outputs = ready.outputs(&self.normaliser.apply(pixels)?)?;
            let (images, size) = (labels.size()[0], outputs.size());
            if size != [images, classes as i64] {
                let network = network.to_owned();
                return Err(TorchError::Output { network, found: size, images: images as usize, classes });
            }
            let finite = outputs.f_isfinite()?.f_all_dim(1, false)?;
            let answered = outputs.f_argmax(1, false)?.f_eq_tensor(labels)?.f_logical_and(&finite)?;
            right.extend(Vec::<bool>::try_from(answered.f_to_device(tch::Device::Cpu)?)?);
        }
        Ok(Answers::new(right))
    }
}

/// Brings pixels of 0..255 to what a network sees.
#[derive(Debug)]
pub(super) struct Normaliser {
    mean: Tensor,
    std: Tensor,
}

impl Normaliser {
    /// For images of this number of channels.
    pub(super) fn new(
        normalisation: &Normalisation,
        channels: usize,
        device: tch::Device,
    ) -> Result<Self, TorchError> {
        let Normalisation { mean, std } = normalisation;
        let sound = mean.len() == channels && mean.iter().all(|mean| mean.is_finite());
        if !sound || std.len() != channels || !std.iter().all(|&std| std > 0.0 && std.is_finite()) {
            return Err(TorchError::Normalisation { channels, normalisation: normalisation.clone() });
        }
        let shape = [channels, 1, 1];
        let mean = on_device(&normalisation.mean, &shape, device)?;
        let std = on_device(&normalisation.std, &shape, device)?;
        Ok(Self { mean, std })
    }

    pub(super) fn apply(&self, pixels: &Tensor) -> Result<Tensor, TorchError> {
        let mut images = pixels.f_to_kind(Kind::Float)?;
        let _ = images.f_div_scalar_(255.0)?.f_sub_(&self.mean)?.f_div_(&self.std)?;
        Ok(images)
    }
}
