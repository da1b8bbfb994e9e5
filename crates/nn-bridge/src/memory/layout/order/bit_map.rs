//! What an order of bits is.

use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::part::Part;

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
