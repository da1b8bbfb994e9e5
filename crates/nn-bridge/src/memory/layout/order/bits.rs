//! The orders of bits: their list.

use super::super::error::LayoutError;
use super::super::typed::{Typed, choices};
use super::padded::Padded;
use super::part::Part;
use super::planes::Planes;
use super::together::Together;

choices! {
    /// How the bits of ordered elements lie to each other.
    BitOrder, mapped by BitMap of dyn PlacedBits: Together, Planes, Padded
}

/// An order of bits that has a map for each part.
pub(super) trait Mapped: Typed {
    /// The map.
    type Map: PlacedBits + Copy;

    /// The map of a part.
    fn map(&self, part: Part) -> Result<Self::Map, LayoutError>;
}

/// An injection of elements, by their place in the order of elements, and planes into 0..`len_bits`.
pub(super) trait PlacedBits {
    /// Length of the part's string.
    fn len_bits(&self) -> u64;

    /// Where a bit lies; never asked of one that the part lacks.
    fn offset(&self, place: u64, plane: u32) -> u64;

    /// Which bit lies there; for padding a place or a plane that the part lacks. Never asked after the end.
    fn at(&self, offset: u64) -> (u64, u32);
}

impl Default for BitOrder {
    fn default() -> Self {
        Self::Together(Together)
    }
}

impl BitMap {
    pub(super) fn len_bits(&self) -> u64 {
        self.with(|map| map.len_bits())
    }

    #[inline]
    pub(super) fn offset(&self, place: u64, plane: u32) -> u64 {
        self.with(|map| map.offset(place, plane))
    }

    #[inline]
    pub(super) fn at(&self, offset: u64) -> (u64, u32) {
        self.with(|map| map.at(offset))
    }
}
