//! What an order of elements is.

use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::part::Part;

/// An order of elements that has a map for each part.
pub(super) trait Mapped: Typed {
    /// The map.
    type Map: Elements + Copy;

    /// The map of a part.
    fn map(&self, part: Part) -> Result<Self::Map, LayoutError>;
}

/// A bijection of 0..elements; of other numbers it is never asked.
pub(super) trait Elements {
    /// How many elements come before an element (whose number is row-major).
    fn place(&self, element: u64) -> u64;

    /// The element there.
    fn element(&self, place: u64) -> u64;
}
