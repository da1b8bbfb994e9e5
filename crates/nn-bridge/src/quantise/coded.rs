//! The codes of a tensor with what gives them their values.

use flip_core::PackedInts;

use super::Quantizer;

/// The codes of a tensor as they lie in memory, with what gives them their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    pub(crate) codes: PackedInts,
    pub(crate) quantizer: Quantizer,
    pub(crate) has_errors: bool,
    pub(crate) offset: f32,
}

impl Coded {
    /// The codes.
    pub fn codes(&self) -> &PackedInts {
        &self.codes
    }

    /// The clean range and scheme of the tensor.
    pub fn quantizer(&self) -> Quantizer {
        self.quantizer
    }

    /// Whether they were read with bit errors.
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// What the file that they were made of has more than their values.
    pub fn offset(&self) -> f32 {
        self.offset
    }

    /// Their values.
    pub fn values(&self) -> Vec<f32> {
        let mut values = vec![0.0; self.codes.len()];
        self.quantizer.unpack(&self.codes, 0, &mut values);
        values
    }
}
