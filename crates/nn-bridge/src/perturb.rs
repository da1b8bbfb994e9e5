//! Perturbation: what reading an image from a chip at a voltage does to it.

use flip_core::{FaultKind, FaultMask, MaskError, Purpose, SparseMask, Stream};
use serde::Serialize;
use sram_model::FaultMap;

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
    /// Only persistent faults (flip probability ≥ 0.9) show, and always.
    Persistent,
    /// Every fault shows always: the worst that can be read.
    Worst,
}

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
            ReadModel::Persistent => flip.kind().filter(|_| flip.is_persistent()),
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
        let changed = changed_codes(clean, errors);
        let mut rest = &changed[..];
        let tensors = (0..clean.tensors().len()).map(|tensor| {
            let end = clean.layout().codes(tensor).end;
            let (own, behind) = rest.split_at(rest.partition_point(|changed| changed.code < end));
            rest = behind;
            TensorDamage::of(clean, tensor, own)
        });
        let tensors = tensors.collect();
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
        self.tensors.iter().map(|tensor| tensor.l2 * tensor.l2).sum::<f64>().sqrt()
    }
}

/// A code with bit errors.
struct ChangedCode {
    /// Its number among all codes of the image.
    code: usize,
    before: u32,
    after: u32,
}

fn changed_codes(clean: &WeightImage, errors: &SparseMask) -> Vec<ChangedCode> {
    let width = u64::from(clean.layout().width().bits());
    let mut changed: Vec<ChangedCode> = Vec::new();
    for (bit, _) in errors.iter() {
        let (code, flip) = ((bit / width) as usize, 1 << (bit % width));
        match changed.last_mut().filter(|last| last.code == code) {
            Some(last) => last.after ^= flip,
            None => {
                let before = clean.codes().get(code).expect("bit errors lie inside the image");
                changed.push(ChangedCode { code, before, after: before ^ flip });
            }
        }
    }
    changed
}

impl TensorDamage {
    fn of(clean: &WeightImage, tensor: usize, changed: &[ChangedCode]) -> Self {
        let decode = |codes: Vec<u32>| {
            let mut values = vec![0.0; codes.len()];
            clean.tensors()[tensor].quantizer.decode(&codes, &mut values);
            values
        };
        let before = decode(changed.iter().map(|changed| changed.before).collect());
        let after = decode(changed.iter().map(|changed| changed.after).collect());
        let change = |(before, after): (f32, f32)| (f64::from(after) - f64::from(before)).abs();
        let changes: Vec<f64> = before.into_iter().zip(after).map(change).collect();
        Self {
            name: clean.tensors()[tensor].name.clone(),
            weights: clean.layout().codes(tensor).len() as u64,
            bit_errors: changed.iter().map(|c| u64::from((c.before ^ c.after).count_ones())).sum(),
            changed_weights: changed.len() as u64,
            l_inf: changes.iter().copied().fold(0.0, f64::max),
            l2: changes.iter().map(|change| change * change).sum::<f64>().sqrt(),
        }
    }
}
