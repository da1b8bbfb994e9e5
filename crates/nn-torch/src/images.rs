//! Labelled images on a device, in batches.

use tch::{Kind, Tensor};

use super::device::on_device;
use super::error::TorchError;
use nn_bridge::Answers;
use nn_bridge::data::{Dataset, Normalisation};

/// All images of a data set.
#[derive(Debug)]
pub(super) struct Images {
    /// Pixels.
    batches: Vec<Tensor>,
    labels: Vec<u8>,
    normaliser: Normaliser,
    normalisation: Normalisation,
    classes: usize,
    /// Images of a batch.
    size: usize,
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
        let pixels_of_one = channels * height * width;
        let batch = |pixels: &[u8]| {
            let shape = [pixels.len() / pixels_of_one, channels, height, width].map(|side| side as i64);
            Ok(Tensor::f_from_slice(pixels)?.f_view(shape)?.f_to_device(device)?)
        };
        let batches = data.pixels().chunks(size * pixels_of_one).map(batch);
        let batches = batches.collect::<Result<_, TorchError>>()?;
        let labels = data.labels().to_vec();
        let normalisation = normalisation.clone();
        Ok(Self { batches, labels, normaliser, normalisation, classes: data.classes(), size })
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
        self.batches.iter().try_for_each(|pixels| look(&self.normaliser.apply(pixels)?))
    }

    /// Which classes the network of this name gives all images; none if an output is not finite. `outputs` gets the number of each
    /// batch and its normalised images.
    pub(super) fn classes(
        &self,
        network: &str,
        mut outputs: impl FnMut(usize, &Tensor) -> Result<Tensor, TorchError>,
    ) -> Result<Vec<Option<i64>>, TorchError> {
        let classes = self.classes;
        let mut answered = Vec::new();
        for (number, pixels) in self.batches.iter().enumerate() {
            let outputs = outputs(number, &self.normaliser.apply(pixels)?)?;
            let (images, size) = (pixels.size()[0], outputs.size());
            if size != [images, classes as i64] {
                let network = network.to_owned();
                return Err(TorchError::Output { network, found: size, images: images as usize, classes });
            }
            let finite = outputs.f_isfinite()?.f_all_dim(1, false)?;
            let greatest = outputs.f_argmax(1, false)?;
            let none = greatest.f_full_like(-1)?;
            let classes = greatest.f_where_self(&finite, &none)?.f_to_device(tch::Device::Cpu)?;
            let classes = Vec::<i64>::try_from(classes)?;
            answered.extend(classes.into_iter().map(|class| (class >= 0).then_some(class)));
        }
        Ok(answered)
    }

    /// Which of these classes are right.
    pub(super) fn right(&self, answered: &[Option<i64>]) -> Answers {
        let right = |(class, label): (&Option<i64>, &u8)| *class == Some(i64::from(*label));
        Answers::new(answered.iter().zip(&self.labels).map(right).collect())
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
