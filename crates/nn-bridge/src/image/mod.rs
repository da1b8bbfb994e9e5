//! The weight image: all stored weights of a network, quantised and laid out as one bit string.

mod changes;
mod damage;
mod hits;
mod layout;

pub use self::changes::{TensorChanges, changes};
pub use self::damage::{Damage, TensorDamage};
pub use self::hits::{HitElement, hit_elements};
pub use self::layout::{ImageLayout, WeightBit};

use flip_core::{BitString, Bits, BitsMut, PackedInts};
use thiserror::Error;

use crate::quantise::{QuantiseError, Quantizer};
use crate::scheme::Scheme;
use crate::weights::Tensor;

/// The quantised weights of a network in memory. The ranges of its tensors come from the clean weights and stay.
#[derive(Clone, Debug)]
pub struct WeightImage {
    tensors: Vec<ImageTensor>,
    layout: ImageLayout,
    codes: BitString,
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
    /// Its elements lie in memory as the file has them, and are not quantised.
    #[error("tensor {name} lies in memory as the file has it: expected one that is quantised")]
    AsStored {
        /// The tensor.
        name: String,
    },
    /// Its elements are no floats.
    #[error("tensor {name} holds no floats: expected F64, F32, F16 or BF16")]
    NoFloats {
        /// The tensor.
        name: String,
    },
}

impl WeightImage {
    /// Quantises tensors by one scheme and lays them out in the order given.
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn build(scheme: Scheme, tensors: &[&Tensor]) -> Result<Self, ImageError> {
        Self::build_each(&tensors.iter().map(|tensor| (*tensor, scheme)).collect::<Vec<_>>())
    }

    /// Quantises each tensor by its own scheme and lays them out in the order given, without a bit between them. What lies in memory as
    /// [codes](Tensor::coded) of that scheme lies there as it is.
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn build_each(tensors: &[(&Tensor, Scheme)]) -> Result<Self, ImageError> {
        let layout = ImageLayout::new(tensors.iter().map(|(tensor, scheme)| (scheme.bits(), tensor.len())));
        let codes = BitString::zeros(layout.len_bits());
        let mut image = Self { tensors: Vec::with_capacity(tensors.len()), layout, codes };
        for (index, (tensor, scheme)) in tensors.iter().enumerate() {
            let name = || tensor.name.clone();
            if let Some(coded) = tensor.coded().filter(|coded| coded.quantizer.scheme() == *scheme) {
                image.codes.bits_mut().put(image.layout.bits(index).start, coded.codes.bits());
                let (shape, quantizer) = (tensor.shape.clone(), coded.quantizer);
                image.tensors.push(ImageTensor { name: name(), shape, quantizer });
                continue;
            }
            let values = tensor.values().ok_or_else(|| ImageError::NoFloats { name: name() })?;
            let failed = |source| ImageError::Quantise { name: name(), source };
            let quantizer = Quantizer::fit(*scheme, &values).map_err(failed)?;
            image.store(index, &quantizer, &values).map_err(failed)?;
            image.tensors.push(ImageTensor { name: name(), shape: tensor.shape.clone(), quantizer });
        }
        Ok(image)
    }

    /// Stores other weights in a tensor: its range and codes are made anew.
    ///
    /// # Errors
    /// [`ImageError`] if they cannot be quantised; the image is then as it was.
    ///
    /// # Panics
    /// If there is no such tensor, or not as many weights.
    pub fn requantise(&mut self, tensor: usize, weights: &[f32]) -> Result<(), ImageError> {
        assert_eq!(weights.len(), self.layout.weights(tensor), "as many weights as the tensor has");
        let scheme = self.tensors[tensor].quantizer.scheme();
        let stored = Quantizer::fit(scheme, weights)
            .and_then(|quantizer| self.store(tensor, &quantizer, weights).map(|()| quantizer));
        let slot = &mut self.tensors[tensor];
        slot.quantizer = stored.map_err(|source| ImageError::Quantise { name: slot.name.clone(), source })?;
        Ok(())
    }

    /// Writes the codes of a tensor, all or none.
    fn store(&mut self, tensor: usize, quantizer: &Quantizer, weights: &[f32]) -> Result<(), QuantiseError> {
        let mut codes = PackedInts::zeros(quantizer.scheme().bits(), weights.len());
        quantizer.pack(weights, &mut codes, 0)?;
        let first_bit = self.layout.bits(tensor).start;
        self.codes.bits_mut().put(first_bit, codes.bits());
        Ok(())
    }

    /// Its tensors, in the order of the layout.
    pub fn tensors(&self) -> &[ImageTensor] {
        &self.tensors
    }

    /// Where each bit lies.
    pub fn layout(&self) -> &ImageLayout {
        &self.layout
    }

    /// The stored codes as one bit string.
    pub fn bits(&self) -> Bits<'_> {
        self.codes.bits()
    }

    /// The stored codes, to be perturbed.
    pub fn bits_mut(&mut self) -> BitsMut<'_> {
        self.codes.bits_mut()
    }

    /// The same as bytes; spare bits after the last code are 0.
    pub fn as_bytes(&self) -> &[u8] {
        self.codes.as_bytes()
    }

    /// The weights of a tensor as the network sees them: its codes, decoded with the clean range.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn decode(&self, tensor: usize) -> Vec<f32> {
        let mut values = vec![0.0; self.layout.weights(tensor)];
        self.tensors[tensor].quantizer.unpack(&self.tensor_codes(tensor), 0, &mut values);
        values
    }

    /// The codes of a tensor, packed by themselves.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn tensor_codes(&self, tensor: usize) -> PackedInts {
        let (width, weights) = (self.layout.width(tensor), self.layout.weights(tensor));
        PackedInts::from_bits(width, weights, self.bits(), self.layout.bits(tensor).start)
    }

    /// Replaces the code of a weight; bits above its width are ignored.
    ///
    /// # Panics
    /// If there is no such weight.
    pub fn set_code(&mut self, tensor: usize, element: usize, code: u32) {
        let width = self.layout.width(tensor);
        let first_bit = self.layout.bits(tensor).start + element as u64 * u64::from(width.bits());
        self.codes.bits_mut().set_field(first_bit, width.bits(), u64::from(code));
    }

    /// The code of a weight.
    ///
    /// # Panics
    /// If there is no such weight.
    pub fn code(&self, tensor: usize, element: usize) -> u32 {
        let width = self.layout.width(tensor).bits();
        let first_bit = self.layout.bits(tensor).start + element as u64 * u64::from(width);
        self.bits().field(first_bit, width) as u32
    }
}
