//! Err and `RErr`: a network's quantised weights, read with bit errors, asked about labelled images.

use std::time::{Duration, Instant};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::device::{forbids_tf32, kind};
use super::error::TorchError;
use super::images::Images;
use super::kept::Kept;
use super::layers::LAYERS_VERSION;
use super::network::Network;
use super::precision::Precision;
use crate::hex::hex;
use flip_core::{FaultMask, SparseMask};
use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::memory::Read;
use nn_bridge::{
    Answers, ImageTensor, Scheme, SelectionRules, TensorChanges, TensorOrder, WeightImage, changes,
};

/// A network whose weights lie quantised in memory, and labelled images to ask it about.
#[derive(Debug)]
pub struct Evaluation {
    network: Network,
    image: WeightImage,
    /// The network's tensor for each tensor of the image.
    stored: Vec<usize>,
    images: Images,
    clean: Answers,
    /// Of the clean weights.
    kept: Kept,
    /// Without bit errors, the images that float32 gives another class, if the network computes in less.
    unlike_float32: Option<usize>,
    times: Times,
}

/// All that an evaluation's answers depend on, bit errors apart, to be written down or hashed. The number of threads is not
/// among it: answers do not depend on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationIdentity {
    /// Version of this struct's meaning.
    version: u32,
    /// Version of the layers' computations.
    layers: u32,
    libtorch: &'static str,
    device: &'static str,
    /// Whether convolutions multiply in TF32, as they do on a GPU unless it is told otherwise.
    tf32: bool,
    precision: Precision,
    /// SHA-256 of layers or module, and of all tensors that are not stored.
    network: String,
    /// The stored tensors in their order in memory.
    stored: Vec<StoredIdentity>,
    /// SHA-256 of their codes.
    codes: String,
    /// SHA-256 of the images and their labels.
    images: String,
    normalisation: Normalisation,
    /// Images at a time: libtorch adds up in another order for others.
    batch: usize,
}

/// A tensor in memory, and the range that gives its codes their values.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct StoredIdentity {
    name: String,
    shape: Vec<usize>,
    scheme: String,
    lo: f32,
    hi: f32,
    /// Two tensors of one range, rounded, may have different steps.
    step: f64,
}

/// The libtorch that tch is made for.
const LIBTORCH: &str = "2.11.0";

/// What a network does under a read of its memory.
#[derive(Clone, Debug)]
pub struct UnderRead {
    /// Its answers.
    pub answers: Answers,
    /// The read.
    pub read: Read,
    /// The sum over all weights of the squared change, as decoded.
    pub squared_change: f64,
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
    /// Quantises the network's parameters and asks it about the images, `batch` at a time.
    ///
    /// # Errors
    /// [`TorchError`] if weights cannot be quantised, or the images or classes are not those of the network.
    pub fn new(
        network: Network,
        scheme: Scheme,
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
    ) -> Result<Self, TorchError> {
        let stored = network.stored(&SelectionRules::default(), TensorOrder::Name)?.tensors;
        let weights = network.all_weights(&stored)?;
        let image = WeightImage::build(scheme, &weights.iter().collect::<Vec<_>>())?;
        Self::of_image(network, stored, image, data, normalisation, batch)
    }

    /// The same of a network whose tensors `stored` lie in memory as an image says, given by their numbers in its order (see
    /// [`Network::stored`]); all others are free of errors.
    ///
    /// # Errors
    /// [`TorchError`] if the image or the images and classes are not those of the network.
    pub fn of_image(
        mut network: Network,
        stored: Vec<usize>,
        image: WeightImage,
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
    ) -> Result<Self, TorchError> {
        let images = Images::new(data, normalisation, batch, network.device())?;
        for (number, &tensor) in stored.iter().enumerate() {
            network.set(tensor, &image.decode(number))?;
        }
        let clean = network.answers_to(&images)?;
        let unlike_float32 = match network.precision() {
            Precision::Float32 | Precision::Tf32 => None,
            Precision::Bfloat16 => Some(network.unlike_float32(&images)?),
        };
        let (kept, times) = (Kept::default(), Times::default());
        Ok(Self { network, image, stored, images, clean, kept, unlike_float32, times })
    }

    /// All that the answers depend on, bit errors apart. `data` are the images that it was made with.
    ///
    /// # Errors
    /// [`TorchError`] if libtorch fails.
    pub fn identity(&self, data: &Dataset) -> Result<EvaluationIdentity, TorchError> {
        let stored = |tensor: &ImageTensor| {
            let (lo, hi) = tensor.quantizer.range();
            let step = tensor.quantizer.step();
            let scheme = tensor.quantizer.scheme().to_string();
            StoredIdentity { name: tensor.name.clone(), shape: tensor.shape.clone(), scheme, lo, hi, step }
        };
        Ok(EvaluationIdentity {
            version: 5,
            layers: LAYERS_VERSION,
            libtorch: LIBTORCH,
            device: kind(self.network.device()),
            tf32: self.uses_tf32(),
            precision: self.network.precision(),
            network: hex(&self.network.digest(&self.stored)?),
            stored: self.image.tensors().iter().map(stored).collect(),
            codes: hex(&Sha256::digest(self.image.as_bytes())),
            images: hex(&data.digest()),
            normalisation: self.images.normalisation().clone(),
            batch: self.images.batch(),
        })
    }

    /// Whether convolutions multiply in TF32, as they do on a GPU unless it is told otherwise.
    fn uses_tf32(&self) -> bool {
        self.network.device().is_cuda() && !forbids_tf32()
    }

    /// What computes, and how precisely: `cpu in float32`. In bfloat16, also to how many images it gives other classes than
    /// in float32, without bit errors.
    pub fn computed_on(&self) -> String {
        let precision = match self.unlike_float32 {
            Some(images) => {
                let (all, plural) = (self.clean.len(), if images == 1 { "" } else { "s" });
                format!(
                    "bfloat16, which gives {images} image{plural} of {all} another class than float32 does"
                )
            }
            None if self.uses_tf32() => "float32, convolutions in TF32".to_owned(),
            None => "float32".to_owned(),
        };
        format!("{} in {precision}", kind(self.network.device()))
    }

    /// To how many images the network gives another class than in float32, without bit errors, if it computes in less.
    pub fn unlike_float32(&self) -> Option<usize> {
        self.unlike_float32
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

    /// The answers when the bits of a mask fail, and the bit errors that they make. The network's weights are changed where they
    /// differ, and back; no weight without a bit error is touched.
    ///
    /// # Errors
    /// [`TorchError`] if the mask has another length than the image, or libtorch fails.
    pub fn under(&mut self, mask: &FaultMask) -> Result<(Answers, SparseMask), TorchError> {
        let read = |image: &WeightImage| Ok::<_, TorchError>(mask.bit_errors(image.bits())?);
        let (answers, errors, _) = self.under_errors(read, |errors| errors)?;
        Ok((answers, errors))
    }

    /// The same of a read of memory, as a part of the injection.
    ///
    /// # Errors
    /// The reader's, or [`TorchError`] if libtorch fails.
    ///
    /// # Panics
    /// If a bit error lies outside the image.
    pub fn under_read<E: From<TorchError>>(
        &mut self,
        read: impl FnOnce(&WeightImage) -> Result<Read, E>,
    ) -> Result<UnderRead, E> {
        let (answers, read, squared_change) = self.under_errors(read, |read| &read.errors)?;
        Ok(UnderRead { answers, read, squared_change })
    }

    /// Answers, what was read, and the sum of the squared changes.
    fn under_errors<R, E: From<TorchError>>(
        &mut self,
        read: impl FnOnce(&WeightImage) -> Result<R, E>,
        errors: impl Fn(&R) -> &SparseMask,
    ) -> Result<(Answers, R, f64), E> {
        let start = Instant::now();
        let read = read(&self.image)?;
        let changes = changes(&self.image, errors(&read));
        self.write(&changes, |changes| &changes.faulty)?;
        let injected = Instant::now();
        // Most chips have no bit error at most voltages: the network is then the one that was asked before.
        let answers = if changes.is_empty() {
            Ok(self.clean.clone())
        } else {
            let changed: Vec<usize> = changes.iter().map(|changes| self.stored[changes.tensor]).collect();
            self.network.answers_changed(&self.images, &changed, &mut self.kept)
        };
        let run = Instant::now();
        self.write(&changes, |changes| &changes.clean)?;
        self.times.injection += (injected - start) + run.elapsed();
        self.times.network += run - injected;
        Ok((answers?, read, changes.iter().map(TensorChanges::squared).sum()))
    }

    fn write(
        &mut self,
        changes: &[TensorChanges],
        values: impl Fn(&TensorChanges) -> &[f32],
    ) -> Result<(), TorchError> {
        changes
            .iter()
            .try_for_each(|tensor| self.network.write(self.stored[tensor.tensor], tensor, values(tensor)))
    }
}
