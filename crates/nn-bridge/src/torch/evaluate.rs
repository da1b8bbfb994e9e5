//! Err and `RErr`: a network's quantised weights, read with bit errors, asked about labelled images.

use std::time::{Duration, Instant};

use super::error::TorchError;
use super::images::Images;
use super::network::Network;
use crate::changes::{TensorChanges, changes};
use crate::data::{Dataset, Normalisation};
use crate::image::WeightImage;
use crate::robustness::Answers;
use crate::scheme::Scheme;
use flip_core::{Bits, FaultMask, MaskError, SparseMask};

/// A network whose weights lie quantised in memory, and labelled images to ask it about.
#[derive(Debug)]
pub struct Evaluation {
    network: Network,
    image: WeightImage,
    /// The network's parameter for each tensor of the image.
    parameters: Vec<usize>,
    images: Images,
    clean: Answers,
    times: Times,
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
    /// Quantises the network's weights, and asks it about the images, so many at a time.
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
        let weights = network.weights()?;
        let image = WeightImage::build(scheme, &weights.iter().collect::<Vec<_>>())?;
        let parameters = network.by_name();
        let images = Images::new(data, normalisation, batch, network.device())?;
        for (tensor, &parameter) in parameters.iter().enumerate() {
            network.set(parameter, &image.decode(tensor))?;
        }
        let clean = images.answers(&network)?;
        Ok(Self { network, image, parameters, images, clean, times: Times::default() })
    }

    /// The network; between questions it has its clean quantised weights.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The clean weights in memory.
    pub fn image(&self) -> &WeightImage {
        &self.image
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
        self.under_drawn(|stored| Ok(mask.bit_errors(stored)?))
    }

    /// The same with bit errors that are drawn, for an image that stores these bits, as a part of the injection.
    ///
    /// # Errors
    /// [`TorchError`] if they cannot be drawn, or libtorch fails.
    ///
    /// # Panics
    /// If a bit error lies outside the image.
    pub fn under_drawn(
        &mut self,
        draw: impl FnOnce(Bits<'_>) -> Result<SparseMask, MaskError>,
    ) -> Result<(Answers, SparseMask), TorchError> {
        let start = Instant::now();
        let errors = draw(self.image.codes().bits())?;
        let changes = changes(&self.image, &errors);
        self.write(&changes, |changes| &changes.faulty)?;
        let injected = Instant::now();
        let answers = self.images.answers(&self.network);
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
