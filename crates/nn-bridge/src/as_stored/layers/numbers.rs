//! Numbers in the bytes of a tensor, by bit.

use std::sync::Arc;

use super::super::Element;
use crate::weights::{Dtype, Tensor};

/// How numbers lie in bytes that come from elsewhere: each within a byte, or in whole ones.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    bits: u64,
    means: Means,
}

/// What the bits of a number mean.
#[derive(Clone, Debug)]
enum Means {
    /// One of these, of at most a byte.
    OneOf(Arc<[f64]>),
    Element(Element),
}

impl Numbers {
    /// Those of a tensor of whole bytes, each one number.
    pub(super) fn of(tensor: &Tensor) -> Option<Self> {
        let numbers = Self::of_type(tensor.dtype())?;
        numbers.bits.is_multiple_of(8).then_some(numbers)
    }

    /// Those of a type, whatever their tensor says of it: small floats lie in bytes.
    pub(super) fn of_type(dtype: Dtype) -> Option<Self> {
        let element = Element::of_type(dtype)?;
        let bits = element.bits().into();
        let numbers = match bits {
            0..=8 => Self::one_of(bits, |code| element.value(code)),
            _ => Self { bits, means: Means::Element(element) },
        };
        (element.parts() == 1).then_some(numbers)
    }

    /// Integers of 1, 2, 4 or 8 bits, of which `zero` stands for 0.
    pub(super) fn integers(bits: u64, zero: u64) -> Self {
        Self::one_of(bits, |code| code as f64 - zero as f64)
    }

    /// Integers of 1, 2, 4 or 8 bits in two's complement.
    pub(super) fn signed(bits: u64) -> Self {
        Self::one_of(bits, |code| code as f64 - (code >> (bits - 1) << bits) as f64)
    }

    /// What these few codes stand for: looked up, not computed for each weight.
    fn one_of(bits: u64, number: impl Fn(u64) -> f64) -> Self {
        Self { bits, means: Means::OneOf((0..1 << bits).map(number).collect()) }
    }

    /// Bits of a number.
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }

    /// The number at a place; NaN after the end.
    pub(super) fn at(&self, bytes: &[u8], place: u64) -> f64 {
        self.at_bit(bytes, place.saturating_mul(self.bits))
    }

    /// The number that begins at a bit; NaN after the end.
    pub(super) fn at_bit(&self, bytes: &[u8], bit: u64) -> f64 {
        self.found(bytes, bit).unwrap_or(f64::NAN)
    }

    fn found(&self, bytes: &[u8], bit: u64) -> Option<f64> {
        let begin = usize::try_from(bit / 8).ok()?;
        match &self.means {
            Means::OneOf(numbers) => {
                let code = usize::from(bytes.get(begin)? >> (bit % 8)) & (numbers.len() - 1);
                numbers.get(code).copied()
            }
            Means::Element(element) => {
                let found = bytes.get(begin..begin.checked_add(self.bits as usize / 8)?)?;
                let mut wide = [0; 8];
                wide.get_mut(..found.len())?.copy_from_slice(found);
                Some(element.value(u64::from_le_bytes(wide)))
            }
        }
    }

    /// The place of the number that a bit belongs to.
    pub(super) fn place(&self, bit: u64) -> u64 {
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
