//! The orders of bits: their list.

use super::super::error::LayoutError;
use super::super::typed::{Typed, choices};
use super::bit_map::{Mapped, PlacedBits};
use super::padded::Padded;
use super::part::Part;
use super::planes::Planes;
use super::together::Together;

choices! {
    /// How the bits of ordered elements lie to each other.
    BitOrder, mapped by BitMap of dyn PlacedBits: Together, Planes, Padded
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
