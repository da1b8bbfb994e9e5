//! Numbers of tensors, by place.

use super::super::Element;
use crate::weights::{Dtype, Tensor};

/// Numbers of a tensor whose bytes come from elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    element: Element,
    bytes: usize,
}

impl Numbers {
    /// Those of a tensor of whole bytes, each one number.
    pub(super) fn of(tensor: &Tensor) -> Option<Self> {
        let element = Element::of(tensor)?;
        let whole = element.bits().is_multiple_of(8) && element.parts() == 1;
        whole.then_some(Self { element, bytes: element.bits() as usize / 8 })
    }

    /// The number at a place; NaN after the end.
    pub(super) fn at(self, bytes: &[u8], place: u64) -> f64 {
        let begin = usize::try_from(place).ok().and_then(|place| place.checked_mul(self.bytes));
        let found = begin.and_then(|begin| bytes.get(begin..begin.checked_add(self.bytes)?));
        let Some(found) = found else { return f64::NAN };
        let mut wide = [0; 8];
        wide[..self.bytes].copy_from_slice(found);
        self.element.value(u64::from_le_bytes(wide))
    }

    /// The place of the number that a bit belongs to.
    pub(super) fn place(self, bit: u64) -> u64 {
        bit / (8 * self.bytes as u64)
    }
}

/// Whether a tensor has this type and shape.
pub(super) fn is(tensor: &Tensor, dtype: Dtype, shape: &[u64]) -> bool {
    tensor.dtype() == dtype && has_shape(tensor, shape)
}

/// Whether a tensor has this shape.
pub(super) fn has_shape(tensor: &Tensor, shape: &[u64]) -> bool {
    tensor.shape.len() == shape.len() && tensor.shape.iter().zip(shape).all(|(&a, &b)| a as u64 == b)
}
