//! The weight image: all stored weights of a network, quantised and laid out as one bit string.

use flip_core::PackedInts;
use thiserror::Error;

use crate::layout::LinearLayout;
use crate::quantise::{QuantiseError, Quantizer};
use crate::scheme::Scheme;
use crate::weights::Tensor;

/// The quantised weights of a network in memory. The ranges of its tensors come from the clean weights and stay.
#[derive(Clone, Debug)]
pub struct WeightImage {
    scheme: Scheme,
    tensors: Vec<ImageTensor>,
    layout: LinearLayout,
    codes: PackedInts,
}

/// A tensor of an image.
#[derive(Clone, Debug)]
pub struct ImageTensor {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its clean range and scheme.
    pub quantizer: Quantizer,
}

/// Why a tensor has no place in an image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// It cannot be quantised.
    #[error("cannot quantise tensor {name}")]
    Quantise {
        /// The tensor.
        name: String,
        /// Why.
        source: QuantiseError,
    },
    /// Its elements are no floats.
    #[error("tensor {name} holds no floats: expected F64, F32, F16 or BF16")]
    NoFloats {
        /// The tensor.
        name: String,
    },
}

impl WeightImage {
    /// Quantises tensors and lays them out in the order given.
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn build(scheme: Scheme, tensors: &[&Tensor]) -> Result<Self, ImageError> {
        let layout = LinearLayout::new(scheme.bits(), tensors.iter().map(|tensor| tensor.len()));
        let weights: usize = tensors.iter().map(|tensor| tensor.len()).sum();
        let mut codes = PackedInts::zeros(scheme.bits(), weights);
        let mut described = Vec::with_capacity(tensors.len());
        for (index, tensor) in tensors.iter().enumerate() {
            let name = || tensor.name.clone();
            let values = tensor.values().ok_or_else(|| ImageError::NoFloats { name: name() })?;
            let failed = |source| ImageError::Quantise { name: name(), source };
            let quantizer = Quantizer::fit(scheme, &values).map_err(failed)?;
            quantizer.pack(&values, &mut codes, layout.codes(index).start).map_err(failed)?;
            described.push(ImageTensor { name: name(), shape: tensor.shape.clone(), quantizer });
        }
        Ok(Self { scheme, tensors: described, layout, codes })
    }

    /// Stores other weights in a tensor: its range and codes are made anew.
    ///
    /// # Errors
    /// [`ImageError`] if they cannot be quantised; the image is then as it was.
    ///
    /// # Panics
    /// If there is no such tensor, or not as many weights.
    pub fn requantise(&mut self, tensor: usize, weights: &[f32]) -> Result<(), ImageError> {
        let range = self.layout.codes(tensor);
        assert_eq!(weights.len(), range.len(), "as many weights as the tensor has");
        let slot = &mut self.tensors[tensor];
        let failed = |source| ImageError::Quantise { name: slot.name.clone(), source };
        let quantizer = Quantizer::fit(slot.quantizer.scheme(), weights).map_err(failed)?;
        let mut codes = vec![0; weights.len()];
        quantizer.encode(0, weights, &mut codes).map_err(failed)?;
        // The quantizer's codes have its width.
        let _ = self.codes.write(range.start, &codes);
        slot.quantizer = quantizer;
        Ok(())
    }

    /// How its tensors are quantised.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its tensors, in the order of the layout.
    pub fn tensors(&self) -> &[ImageTensor] {
        &self.tensors
    }

    /// Where each bit lies.
    pub fn layout(&self) -> &LinearLayout {
        &self.layout
    }

    /// The stored codes.
    pub fn codes(&self) -> &PackedInts {
        &self.codes
    }

    /// The stored codes, to be perturbed.
    pub fn codes_mut(&mut self) -> &mut PackedInts {
        &mut self.codes
    }

    /// The weights of a tensor as the network sees them: its codes, decoded with the clean range.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn decode(&self, tensor: usize) -> Vec<f32> {
        let range = self.layout.codes(tensor);
        let mut values = vec![0.0; range.len()];
        self.tensors[tensor].quantizer.unpack(&self.codes, range.start, &mut values);
        values
    }

    /// The codes of a tensor, packed by themselves.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn tensor_codes(&self, tensor: usize) -> PackedInts {
        let range = self.layout.codes(tensor);
        let mut codes = vec![0; range.len()];
        self.codes.read(range.start, &mut codes);
        let mut packed = PackedInts::zeros(self.codes.width(), codes.len());
        // They fit the width that they were read from.
        let _ = packed.write(0, &codes);
        packed
    }
}
