//! Perturbation: what reading an image from a chip at a voltage does to it.

use flip_core::{Bits, FaultKind, FaultMask, MaskError, ProtectedBits, Purpose, SparseMask, Stream};
use serde::Serialize;
use sram_model::{FaultMap, FlipProbability};

use crate::changes::{TensorChanges, changes};
use crate::image::WeightImage;
use crate::layout::Placement;

/// Which faults show in a read. A cell with flip probability q fails in a share q of all reads of the value that it
/// cannot hold; how the paper turned q into flips is not published, so all three ways are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadModel {
    /// One read, drawn: each fault shows with its probability. A bit of the image draws the same number at every
    /// voltage, so what fails at a voltage fails below, if the flip probabilities rise.
    Sampled {
        /// Seed of the draws.
        seed: u64,
    },
    /// Only persistent faults (flip probability ≥ 0.9 in the direction that the stored bit asks for) show, and always.
    Persistent,
    /// Every fault shows always: the worst that can be read.
    Worst,
}

/// Version of the streams that reads, data and trainings draw from: the same seed gives the same for as long as it stays.
pub const STREAM_VERSION: u32 = 1;

const READS: Purpose = Purpose::named("nn-bridge reads");

/// The faults that show in one read of an image of `len_bits` bits.
///
/// # Errors
/// [`MaskError::TooLong`] if the image has more than 2^62 bits.
pub fn read_mask(
    map: &FaultMap,
    placement: Placement,
    len_bits: u64,
    model: ReadModel,
) -> Result<FaultMask, MaskError> {
    let shows = |(bit, fault): (u64, sram_model::CellFault)| -> Option<(u64, FaultKind)> {
        let flip = fault.flip;
        let kind = match model {
            ReadModel::Persistent => flip.persistent().kind(),
            ReadModel::Worst => flip.kind(),
            ReadModel::Sampled { seed } => {
                let mut stream = Stream::new(seed, READS, bit);
                flip.draw([stream.next_unit(), stream.next_unit()])
            }
        };
        kind.map(|kind| (bit, kind))
    };
    FaultMask::from_faults(len_bits, placement.faults(map.faults(), len_bits).filter_map(shows))
}

/// The bit errors of one read of an image that stores these bits: those of [`read_mask`] but for protected bits, found without
/// sampling faults that cannot change what is stored.
///
/// # Errors
/// [`MaskError::TooLong`] if the image has more than 2^62 bits.
pub fn read_errors(
    map: &FaultMap,
    placement: Placement,
    stored: Bits<'_>,
    model: ReadModel,
    protected: &ProtectedBits,
) -> Result<SparseMask, MaskError> {
    let fails = |&(bit, fault): &(u64, sram_model::CellFault)| {
        let is_one = stored.get(bit);
        let probability = model.flips(fault.flip, is_one);
        match model {
            ReadModel::Sampled { seed } if probability > 0.0 => {
                let mut stream = Stream::new(seed, READS, bit);
                // The first number is for a stored 0, the second for a 1.
                if is_one {
                    stream.next_u64();
                }
                stream.next_unit() < probability
            }
            _ => probability > 0.0,
        }
    };
    let open = |&(bit, _): &(u64, sram_model::CellFault)| !protected.contains(bit);
    let errors = placement.faults(map.faults(), stored.len_bits()).filter(open).filter(fails);
    SparseMask::from_faults(stored.len_bits(), errors.map(|(bit, _)| (bit, FaultKind::Inverts)))
}

/// How many bit errors to expect in a read of an image that stores these bits: the sum over its bits of the probability that
/// each reads wrong, by what it stores. Divided by the number of bits it is the *expected BER* of this image at this place.
pub fn expected_errors(
    map: &FaultMap,
    placement: Placement,
    stored: Bits<'_>,
    model: ReadModel,
    protected: &ProtectedBits,
) -> f64 {
    placement
        .faults(map.faults(), stored.len_bits())
        .filter(|&(bit, _)| !protected.contains(bit))
        .map(|(bit, fault)| model.flips(fault.flip, stored.get(bit)))
        // A sum of nothing is -0.
        .fold(0.0, |sum, flips| sum + flips)
}

/// The same for each tensor of an image by itself, in the order of the image.
pub fn expected_errors_by_tensor(
    map: &FaultMap,
    placement: Placement,
    image: &WeightImage,
    model: ReadModel,
    protected: &ProtectedBits,
) -> Vec<f64> {
    let (layout, stored) = (image.layout(), image.codes().bits());
    let mut expected = vec![0.0; image.tensors().len()];
    for (bit, fault) in placement.faults(map.faults(), layout.len_bits()) {
        if let Some(at) = layout.weight_bit(bit).filter(|_| !protected.contains(bit)) {
            expected[at.tensor] += model.flips(fault.flip, stored.get(bit));
        }
    }
    expected
}

impl ReadModel {
    /// The probability that a cell which stores a 1, or else a 0, reads wrong.
    fn flips(self, flip: FlipProbability, is_one: bool) -> f64 {
        let of = |flip: FlipProbability| f64::from(if is_one { flip.p10() } else { flip.p01() });
        match self {
            Self::Sampled { .. } => of(flip),
            Self::Persistent => f64::from(u8::from(of(flip.persistent()) > 0.0)),
            Self::Worst => f64::from(u8::from(of(flip) > 0.0)),
        }
    }
}

/// What a perturbation did to an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Damage {
    /// Bits of the image.
    pub image_bits: u64,
    /// Bits that changed: the Hamming distance of clean and faulty image.
    pub bit_errors: u64,
    /// Bit errors by position in the code, LSB first.
    pub bit_errors_by_position: Vec<u64>,
    /// Bit errors and weight change of each tensor, in the order of the image.
    pub tensors: Vec<TensorDamage>,
}

/// What a perturbation did to a tensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TensorDamage {
    /// The tensor.
    pub name: String,
    /// Its weights.
    pub weights: u64,
    /// Bits that changed.
    pub bit_errors: u64,
    /// Weights with at least one changed bit.
    pub changed_weights: u64,
    /// The greatest change of a weight, as decoded.
    pub l_inf: f64,
    /// The Euclidean norm of the change of all weights, as decoded.
    pub l2: f64,
}

impl Damage {
    /// What these bit errors do to an image. Costs per error, not per weight.
    ///
    /// # Panics
    /// If `errors` lie outside the image.
    pub fn of(clean: &WeightImage, errors: &SparseMask) -> Self {
        let width = u64::from(clean.layout().width().bits());
        let mut bit_errors_by_position = vec![0; width as usize];
        errors.iter().for_each(|(bit, _)| bit_errors_by_position[(bit % width) as usize] += 1);
        let mut tensors: Vec<TensorDamage> =
            (0..clean.tensors().len()).map(|tensor| TensorDamage::none(clean, tensor)).collect();
        changes(clean, errors).iter().for_each(|changes| tensors[changes.tensor].count(changes));
        Self {
            image_bits: clean.layout().len_bits(),
            bit_errors: errors.count(),
            bit_errors_by_position,
            tensors,
        }
    }

    /// The realised bit error rate: bit errors by bits stored.
    pub fn realised_ber(&self) -> f64 {
        if self.image_bits == 0 { 0.0 } else { self.bit_errors as f64 / self.image_bits as f64 }
    }

    /// Weights of all tensors.
    pub fn weights(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.weights).sum()
    }

    /// Weights with at least one changed bit.
    pub fn changed_weights(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.changed_weights).sum()
    }

    /// The greatest change of a weight.
    pub fn l_inf(&self) -> f64 {
        self.tensors.iter().map(|tensor| tensor.l_inf).fold(0.0, f64::max)
    }

    /// The Euclidean norm of the change of all weights.
    pub fn l2(&self) -> f64 {
        self.tensors.iter().fold(0.0, |sum, tensor| sum + tensor.l2 * tensor.l2).sqrt()
    }
}

impl TensorDamage {
    fn none(clean: &WeightImage, tensor: usize) -> Self {
        Self {
            name: clean.tensors()[tensor].name.clone(),
            weights: clean.layout().codes(tensor).len() as u64,
            bit_errors: 0,
            changed_weights: 0,
            l_inf: 0.0,
            l2: 0.0,
        }
    }

    fn count(&mut self, changes: &TensorChanges) {
        let change = |(clean, faulty): (&f32, &f32)| (f64::from(*faulty) - f64::from(*clean)).abs();
        let sizes: Vec<f64> = changes.clean.iter().zip(&changes.faulty).map(change).collect();
        self.bit_errors = changes.flips.iter().map(|flips| u64::from(flips.count_ones())).sum();
        self.changed_weights = changes.elements.len() as u64;
        self.l_inf = sizes.iter().copied().fold(0.0, f64::max);
        self.l2 = sizes.iter().map(|size| size * size).sum::<f64>().sqrt();
    }
}
