//! Tensors in memory as their file stores them: not quantised, bit for bit, whatever their type is.

mod change;
mod damage;
mod element;
mod layers;

pub use self::change::NumberChanges;
pub use self::damage::{StoredDamage, StoredTensorDamage};
pub use self::element::Element;
pub use self::layers::{
    Change, LayerConfig, LayerConfigError, LayerDamage, LayerRole, QuantisedLayer, RoleDamage, RoleSummary,
    by_role, layer_damage, quantised_layers,
};

use std::collections::HashMap;

use flip_core::{Bits, SparseMask};

use crate::image::{HitElement, ImageLayout, hit_elements};
use crate::memory::{Memory, Outline, Stored, StoredAs, StoredBits};
use crate::quantise::Zero;
use crate::weights::{Selection, Tensor};

/// The tensors of a file in memory, one after the other.
#[derive(Debug)]
pub struct StoredImage<'a> {
    tensors: Vec<StoredTensor<'a>>,
    bits: Vec<Bits<'a>>,
    zeros: Vec<Zero>,
}

/// A tensor in memory.
#[derive(Debug)]
pub struct StoredTensor<'a> {
    /// As the file has it.
    pub tensor: &'a Tensor,
    /// What its bits mean.
    pub element: Element,
    /// Its shape in fields of memory.
    shape: Vec<usize>,
    stored_as: StoredAs,
}

impl<'a> StoredImage<'a> {
    /// The image of what a selection stores, in its order. Tensors of types that have no bits of their own (BOOL) are left out.
    pub fn of(selection: &Selection<'a>) -> Self {
        let stored = selection.stored().iter().copied().filter_map(StoredTensor::of);
        let tensors: Vec<StoredTensor<'a>> = stored.collect();
        let bits = tensors.iter().map(|stored| Bits::new(stored.tensor.bytes())).collect();
        let zeros = vec![Zero { code: 0, has_sign: false }; tensors.len()];
        Self { tensors, bits, zeros }
    }

    /// Its tensors, in their order.
    pub fn tensors(&self) -> &[StoredTensor<'a>] {
        &self.tensors
    }

    /// A tensor whose elements lie as two fields of 32 bits, in which bit planes are not those of the elements.
    pub fn divided(&self) -> Option<&str> {
        let divided = self.tensors.iter().find(|stored| stored.element.fields() > 1);
        divided.map(|stored| &*stored.tensor.name)
    }

    /// What a memory of it is made of.
    pub fn outlines(&self) -> Vec<Outline<'_>> {
        let of = self.tensors.iter().map(|stored| Outline {
            name: &stored.tensor.name,
            shape: &stored.shape,
            stored_as: stored.stored_as,
        });
        of.collect()
    }

    /// What a memory of it stores.
    pub fn stored<'b>(&'b self, memory: &'b Memory) -> Stored<'b> {
        Stored { layout: memory.layout(), bits: StoredBits::Tensors(&self.bits), zeros: &self.zeros }
    }

    /// The bit errors of each tensor, counted from its first bit on, ascending.
    pub fn by_tensor<'e>(
        &self,
        layout: &ImageLayout,
        errors: &'e SparseMask,
    ) -> HashMap<&'a str, impl Iterator<Item = u64> + use<'a, 'e>> {
        let of_tensor = |(number, stored): (usize, &StoredTensor<'a>)| {
            let range = layout.bits(number);
            let begin = range.start;
            (&*stored.tensor.name, errors.within(range).map(move |(bit, _)| bit - begin))
        };
        self.tensors.iter().enumerate().map(of_tensor).collect()
    }

    /// The elements of a tensor that bit errors hit, in its order.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn hits<'e>(
        &'e self,
        tensor: usize,
        layout: &'e ImageLayout,
        errors: &'e SparseMask,
    ) -> impl Iterator<Item = HitElement> + 'e {
        let bits = errors.within(layout.bits(tensor)).map(|(bit, _)| bit);
        hit_elements(layout, |tensor| self.tensors[tensor].element.bits(), bits)
    }

    /// The bits of one element of a tensor.
    ///
    /// # Panics
    /// If there is no such element.
    pub fn element(&self, tensor: usize, element: usize) -> u64 {
        let bits = self.tensors[tensor].element.bits();
        self.bits[tensor].field(element as u64 * u64::from(bits), bits)
    }
}

impl<'a> StoredTensor<'a> {
    fn of(tensor: &'a Tensor) -> Option<Self> {
        let element = Element::of(tensor)?;
        let mut shape = tensor.shape.clone();
        if element.fields() > 1 {
            shape.push(element.fields());
        }
        let stored_as = StoredAs::InFile { width: element.width()?, fields: element.fields() as u32 };
        Some(Self { tensor, element, shape, stored_as })
    }
}
