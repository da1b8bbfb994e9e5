//! Numbers in the bytes of a tensor, by bit.

use super::super::Element;
use crate::weights::{Dtype, Tensor};

/// How numbers lie in bytes that come from elsewhere: each within a byte, or in whole ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    bits: u64,
    means: Means,
}

/// What the bits of a number mean.
#[derive(Clone, Copy, Debug)]
enum Means {
    Element(Element),
    /// An integer from 0 on, less this.
    Less(u64),
    /// An integer in two's complement.
    Signed,
}

impl Numbers {
    /// Those of a tensor of whole bytes, each one number.
    pub(super) fn of(tensor: &Tensor) -> Option<Self> {
        let numbers = Self::of_type(tensor.dtype())?;
        (numbers.bits.is_multiple_of(8)).then_some(numbers)
    }

    /// Those of a type, whatever their tensor says of it: small floats lie in bytes.
    pub(super) fn of_type(dtype: Dtype) -> Option<Self> {
        let element = Element::of_type(dtype)?;
        let numbers = Self { bits: element.bits().into(), means: Means::Element(element) };
        (element.parts() == 1).then_some(numbers)
    }

    /// Integers of 1, 2, 4 or 8 bits, of which `zero` stands for 0.
    pub(super) fn integers(bits: u64, zero: u64) -> Self {
        Self { bits, means: Means::Less(zero) }
    }

    /// Integers of 1, 2, 4 or 8 bits in two's complement.
    pub(super) fn signed(bits: u64) -> Self {
        Self { bits, means: Means::Signed }
    }

    /// Bits of a number.
    pub(super) fn bits(self) -> u64 {
        self.bits
    }

    /// The number at a place; NaN after the end.
    pub(super) fn at(self, bytes: &[u8], place: u64) -> f64 {
        self.at_bit(bytes, place.saturating_mul(self.bits))
    }

    /// The number that begins at a bit; NaN after the end.
    pub(super) fn at_bit(self, bytes: &[u8], bit: u64) -> f64 {
        let len = self.bits.div_ceil(8) as usize;
        let begin = usize::try_from(bit / 8).ok();
        let found = begin.and_then(|begin| bytes.get(begin..begin.checked_add(len)?));
        let Some(found) = found else { return f64::NAN };
        let mut wide = [0; 8];
        wide[..len].copy_from_slice(found);
        let bits = u64::from_le_bytes(wide) >> (bit % 8) & (u64::MAX >> (64 - self.bits));
        match self.means {
            Means::Element(element) => element.value(bits),
            Means::Less(zero) => bits as f64 - zero as f64,
            Means::Signed => bits as f64 - (bits >> (self.bits - 1) << self.bits) as f64,
        }
    }

    /// The place of the number that a bit belongs to.
    pub(super) fn place(self, bit: u64) -> u64 {
        bit / self.bits
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

/// The sides of a tensor that has as many.
pub(super) fn sides<const N: usize>(tensor: &Tensor) -> Option<[u64; N]> {
    let sides: [usize; N] = tensor.shape[..].try_into().ok()?;
    Some(sides.map(|side| side as u64))
}
