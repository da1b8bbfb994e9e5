//! What bit errors did to tensors that are stored as their file has them.

use flip_core::SparseMask;
use rayon::prelude::*;
use serde::Serialize;

use super::{NumberChanges, StoredImage};
use crate::image::{HitElement, ImageLayout};

/// What bit errors did to an image.
#[derive(Clone, Debug, Serialize)]
pub struct StoredDamage {
    /// Bits of the image.
    pub image_bits: u64,
    /// Bits that changed.
    pub bit_errors: u64,
    /// What happened to each tensor, in the order of the image.
    pub tensors: Vec<StoredTensorDamage>,
}

/// What bit errors did to a tensor.
#[derive(Clone, Debug, Serialize)]
pub struct StoredTensorDamage {
    /// The tensor.
    pub name: String,
    /// The type of its elements.
    pub dtype: String,
    /// Its elements; of blocks their bytes.
    pub elements: u64,
    /// Bits of an element.
    pub bits_per_element: u32,
    /// Bits that changed.
    pub bit_errors: u64,
    /// Elements with at least one changed bit.
    pub changed_elements: u64,
    /// Bit errors by position in an element, LSB first.
    pub bit_errors_by_position: Vec<u64>,
    /// What became of its numbers.
    #[serde(flatten)]
    pub change: NumberChanges,
}

impl StoredDamage {
    /// What these bit errors do to an image. Costs per error, not per element.
    ///
    /// # Panics
    /// If `errors` lie outside the image.
    pub fn of(image: &StoredImage<'_>, layout: &ImageLayout, errors: &SparseMask) -> Self {
        let of = |tensor: usize| {
            let mut damage = StoredTensorDamage::none(image, tensor);
            image.hits(tensor, layout, errors).for_each(|hit| damage.count(image, hit));
            image.tensors()[tensor].tensor.release();
            damage
        };
        let tensors = (0..image.tensors().len()).into_par_iter().map(of).collect();
        Self { image_bits: layout.len_bits(), bit_errors: errors.count(), tensors }
    }

    /// Elements with at least one changed bit.
    pub fn changed_elements(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.changed_elements).sum()
    }

    /// Elements of all tensors.
    pub fn elements(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.elements).sum()
    }

    /// Numbers that were finite, and are infinite or NaN now.
    pub fn not_finite(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.change.not_finite).sum()
    }
}

impl StoredTensorDamage {
    fn none(image: &StoredImage<'_>, tensor: usize) -> Self {
        let stored = &image.tensors()[tensor];
        let bits_per_element = stored.element.bits();
        let is_of_block = stored.element.is_of_block();
        Self {
            name: stored.tensor.name.clone(),
            dtype: stored.element.to_string(),
            elements: stored.tensor.len() as u64,
            bits_per_element,
            bit_errors: 0,
            changed_elements: 0,
            bit_errors_by_position: vec![0; bits_per_element as usize],
            change: if is_of_block { NumberChanges::unknown() } else { NumberChanges::default() },
        }
    }

    /// Counts an element with these bits inverted.
    fn count(&mut self, image: &StoredImage<'_>, hit: HitElement) {
        let HitElement { tensor, element, flips, .. } = hit;
        self.changed_elements += 1;
        self.bit_errors += u64::from(flips.count_ones());
        let mut rest = flips;
        while rest != 0 {
            self.bit_errors_by_position[rest.trailing_zeros() as usize] += 1;
            rest &= rest - 1;
        }
        let kind = image.tensors()[tensor].element;
        let clean = image.element(tensor, element);
        let numbers = kind.numbers(clean).zip(kind.numbers(clean ^ flips));
        numbers.for_each(|(before, after)| self.change.count(before, after));
    }
}
