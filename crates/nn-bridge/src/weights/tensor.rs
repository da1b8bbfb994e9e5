//! One tensor of a weight file.

use std::fmt;
use std::sync::Arc;

use safetensors::Dtype;

use super::blocks::BlockType;
use super::bytes::Bytes;
use crate::quantise::Coded;

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// Numbers.
    Numbers(Dtype),
    /// Blocks of weights.
    Blocks(&'static BlockType),
    /// Nobody here knows: the number of a type in a GGUF file.
    Unknown(u32),
}

/// A named tensor: its bytes as the file has them.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its shape; of blocks in bytes.
    pub shape: Vec<usize>,
    pub(super) elements: Elements,
    pub(super) bytes: Bytes,
    coded: Option<Arc<Coded>>,
}

impl Tensor {
    pub(super) fn new(name: String, shape: Vec<usize>, elements: Elements, bytes: Bytes) -> Self {
        Self { name, shape, elements, bytes, coded: None }
    }

    /// A tensor of float32; `None` if there are not as many values as the shape says.
    pub fn from_f32(name: impl Into<String>, shape: Vec<usize>, values: &[f32]) -> Option<Self> {
        let len = shape.iter().try_fold(1usize, |len, &side| len.checked_mul(side))?;
        let bytes = Bytes::Read(values.iter().flat_map(|value| value.to_le_bytes()).collect());
        (len == values.len()).then(|| Self {
            name: name.into(),
            shape,
            elements: Elements::Numbers(Dtype::F32),
            bytes,
            coded: None,
        })
    }

    /// The same tensor with this much less in each element, as float32; `None` if it holds no floats. What it lies in memory as stays.
    #[must_use]
    pub fn less(&self, offset: f32) -> Option<Self> {
        let values: Vec<f32> = self.values()?.into_iter().map(|value| value - offset).collect();
        let less = Self::from_f32(self.name.clone(), self.shape.clone(), &values)?;
        Some(Self { coded: self.coded.clone(), ..less })
    }

    /// What it lies in memory as, if its file holds codes.
    pub fn coded(&self) -> Option<&Coded> {
        self.coded.as_deref()
    }

    /// The same tensor, which lies in memory as these codes.
    pub(crate) fn lying_as(self, coded: Coded) -> Self {
        Self { coded: Some(Arc::new(coded)), ..self }
    }

    /// The same tensor, which lies in memory as another does, if that has codes, and as many of them.
    #[must_use]
    pub fn lying_as_in(self, other: &Self) -> Self {
        let coded = other.coded.clone().filter(|_| other.shape == self.shape);
        Self { coded, ..self }
    }

    /// The number of elements; of blocks, of their bytes.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of its elements; blocks are bytes.
    pub fn dtype(&self) -> Dtype {
        match self.elements {
            Elements::Numbers(dtype) => dtype,
            Elements::Blocks(_) | Elements::Unknown(_) => Dtype::U8,
        }
    }

    /// What its elements are.
    pub fn elements(&self) -> Elements {
        self.elements
    }

    /// Gives back the memory of its bytes, if its file is mapped; they are read anew where they are looked at again.
    pub(crate) fn release(&self) {
        self.bytes.release();
    }

    /// Its elements as the file has them, little-endian, row by row.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether its elements are floats of a type that can be read: F64, F32, F16 or BF16.
    pub fn is_float(&self) -> bool {
        matches!(self.dtype(), Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
    }

    /// Its elements as float32, or `None` if they are no floats.
    pub fn values(&self) -> Option<Vec<f32>> {
        let bytes = &self.bytes[..];
        match self.dtype() {
            Dtype::F32 => Some(elements(bytes, f32::from_le_bytes).collect()),
            Dtype::F64 => Some(elements(bytes, |bytes| f64::from_le_bytes(bytes) as f32).collect()),
            Dtype::F16 => Some(elements(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f32()).collect()),
            Dtype::BF16 => Some(elements(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f32()).collect()),
            _ => None,
        }
    }

    /// Its first element, of so many, that float32 cannot say, as it stands in the file: infinite, NaN, or too great.
    pub(super) fn first_unsound(&self, of: usize) -> Option<(usize, f64)> {
        let bytes = of.checked_mul(self.dtype().bitsize() / 8).and_then(|of| self.bytes.get(..of));
        let bytes = bytes.unwrap_or(&self.bytes);
        let index = match self.dtype() {
            Dtype::F32 => elements(bytes, f32::from_le_bytes).position(|value| !value.is_finite()),
            Dtype::F64 => elements(bytes, f64::from_le_bytes).position(|value| !(value as f32).is_finite()),
            Dtype::F16 => elements(bytes, half::f16::from_le_bytes).position(|value| !value.is_finite()),
            Dtype::BF16 => elements(bytes, half::bf16::from_le_bytes).position(|value| !value.is_finite()),
            _ => None,
        }?;
        Some((index, self.exact()?.nth(index)?))
    }

    /// Its elements without rounding, or `None` if they are no floats.
    pub(super) fn exact(&self) -> Option<Box<dyn Iterator<Item = f64> + '_>> {
        let bytes = &self.bytes[..];
        Some(match self.dtype() {
            Dtype::F32 => Box::new(elements(bytes, |bytes| f64::from(f32::from_le_bytes(bytes)))),
            Dtype::F64 => Box::new(elements(bytes, f64::from_le_bytes)),
            Dtype::F16 => Box::new(elements(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f64())),
            Dtype::BF16 => Box::new(elements(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f64())),
            _ => return None,
        })
    }
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(dtype) => dtype.fmt(f),
            Self::Blocks(blocks) => blocks.fmt(f),
            Self::Unknown(number) => write!(f, "type {number} of llama.cpp"),
        }
    }
}

fn elements<const N: usize, T>(bytes: &[u8], value: impl Fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(move |&chunk| value(chunk))
}
