//! What is read: cells, and the codes that they store.

use flip_core::{Bits, Rate};
use sram_model::{FaultMap, Geometry};

use crate::image::ImageLayout;
use crate::quantise::Zero;

/// What the cells of a region do in a read.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// They never fail.
    Safe,
    /// Random bit errors.
    Random {
        /// How often a bit reads wrong.
        rate: Rate,
        /// Seed of the errors.
        seed: u64,
        /// Whether they are others in each read, or always those of one simulated chip.
        fresh: bool,
    },
    /// The faults of a chip.
    Chip {
        /// All faults at the voltage.
        map: &'a FaultMap,
        /// Cells by which the region begins later than its description says.
        offset: u64,
    },
}

/// A chip, and where on it regions begin.
#[derive(Clone, Copy, Debug)]
pub struct OnChip<'a> {
    /// Its size.
    pub geometry: Geometry,
    /// Its faults, by which words are not used; without them all are.
    pub map: Option<&'a FaultMap>,
    /// Cells by which regions begin later than they say.
    pub offset: u64,
}

impl<'a> OnChip<'a> {
    /// The chip that cells are of.
    pub(super) fn of(cells: Cells<'a>) -> Option<Self> {
        match cells {
            Cells::Chip { map, offset } => Some(Self { geometry: map.geometry(), map: Some(map), offset }),
            Cells::Safe | Cells::Random { .. } => None,
        }
    }
}

/// The codes that a memory stores.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Where each bit lies.
    pub layout: &'a ImageLayout,
    /// The bits.
    pub bits: StoredBits<'a>,
    /// What 0 is, of each tensor.
    pub zeros: &'a [Zero],
}

/// The bits of an image.
#[derive(Clone, Copy, Debug)]
pub enum StoredBits<'a> {
    /// As one string.
    Whole(Bits<'a>),
    /// As a string for each tensor, wherever it lies.
    Tensors(&'a [Bits<'a>]),
}

impl<'a> From<Bits<'a>> for StoredBits<'a> {
    fn from(bits: Bits<'a>) -> Self {
        Self::Whole(bits)
    }
}

impl Stored<'_> {
    /// The number of bits.
    pub(super) fn len_bits(self) -> u64 {
        match self.bits {
            StoredBits::Whole(bits) => bits.len_bits(),
            StoredBits::Tensors(tensors) => tensors.iter().map(|tensor| tensor.len_bits()).sum(),
        }
    }

    /// A bit.
    #[inline]
    pub(super) fn get(self, bit: u64) -> bool {
        match self.bits {
            StoredBits::Whole(bits) => bits.get(bit),
            StoredBits::Tensors(tensors) => {
                self.place(bit).is_some_and(|(tensor, bit)| tensors[tensor].get(bit))
            }
        }
    }

    /// The code of `len` bits whose first bit this is.
    pub(super) fn field(self, first_bit: u64, len: u32) -> u32 {
        let field = match self.bits {
            StoredBits::Whole(bits) => bits.field(first_bit, len),
            StoredBits::Tensors(tensors) => {
                self.place(first_bit).map_or(0, |(tensor, bit)| tensors[tensor].field(bit, len))
            }
        };
        field as u32
    }

    /// Tells the CPU that a bit will be needed soon.
    #[inline]
    pub(super) fn prefetch(self, bit: u64) {
        match self.bits {
            StoredBits::Whole(bits) => bits.prefetch(bit),
            StoredBits::Tensors(tensors) => {
                if let Some((tensor, bit)) = self.place(bit) {
                    tensors[tensor].prefetch(bit);
                }
            }
        }
    }

    /// The tensor of a bit of the image, and which of its bits it is.
    fn place(self, bit: u64) -> Option<(usize, u64)> {
        let tensor = self.layout.tensor(bit)?;
        Some((tensor, bit - self.layout.bits(tensor).start))
    }
}
