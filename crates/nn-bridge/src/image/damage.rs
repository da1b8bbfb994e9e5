//! What bit errors did to an image.

use std::ops::Add;

use flip_core::SparseMask;
use serde::Serialize;

use super::{TensorChanges, WeightImage, changes};

/// What a perturbation did to an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Damage {
    /// Bits of the image.
    pub image_bits: u64,
    /// Bits that changed: the Hamming distance of clean and faulty image.
    pub bit_errors: u64,
    /// Bit errors by position in the code, LSB first.
    pub bit_errors_by_position: Vec<u64>,
    /// The sum over all weights of the squared change, as decoded.
    pub squared_change: f64,
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
    /// Bits of each.
    pub bits_per_weight: u32,
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
        let layout = clean.layout();
        let widest = (0..layout.tensors()).map(|tensor| layout.width(tensor).bits()).max().unwrap_or(0);
        let mut bit_errors_by_position = vec![0; widest as usize];
        let mut tensors: Vec<TensorDamage> =
            (0..clean.tensors().len()).map(|tensor| TensorDamage::none(clean, tensor)).collect();
        let changes = changes(clean, errors);
        for changes in &changes {
            for (position, count) in bit_errors_by_position.iter_mut().enumerate() {
                *count += changes.flips.iter().map(|flips| u64::from(flips >> position & 1)).sum::<u64>();
            }
            tensors[changes.tensor].count(changes);
        }
        Self {
            image_bits: clean.layout().len_bits(),
            bit_errors: errors.count(),
            bit_errors_by_position,
            squared_change: changes.iter().map(TensorChanges::squared).fold(0.0, Add::add),
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
        self.squared_change.sqrt()
    }
}

impl TensorDamage {
    fn none(clean: &WeightImage, tensor: usize) -> Self {
        Self {
            name: clean.tensors()[tensor].name.clone(),
            weights: clean.layout().weights(tensor) as u64,
            bits_per_weight: clean.layout().width(tensor).bits(),
            bit_errors: 0,
            changed_weights: 0,
            l_inf: 0.0,
            l2: 0.0,
        }
    }

    fn count(&mut self, changes: &TensorChanges) {
        let change = |(clean, faulty): (&f32, &f32)| (f64::from(*faulty) - f64::from(*clean)).abs();
        let sizes = changes.clean.iter().zip(&changes.faulty).map(change);
        self.bit_errors = changes.flips.iter().map(|flips| u64::from(flips.count_ones())).sum();
        self.changed_weights = changes.elements.len() as u64;
        self.l_inf = sizes.fold(0.0, f64::max);
        self.l2 = changes.squared().sqrt();
    }
}
