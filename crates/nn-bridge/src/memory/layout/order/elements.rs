//! The orders of elements: their list.

use super::super::error::LayoutError;
use super::super::typed::{Typed, choices};
use super::part::Part;
use super::permuted::Permuted;
use super::row_major::RowMajor;
use super::tiles::Tiles;

choices! {
    /// Which element of a part comes after which.
    ElementOrder, mapped by ElementMap of dyn Elements: RowMajor, Tiles, Permuted
}

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

impl Default for ElementOrder {
    fn default() -> Self {
        Self::RowMajor(RowMajor)
    }
}

impl ElementMap {
    #[inline]
    pub(super) fn place(&self, element: u64) -> u64 {
        self.with(|map| map.place(element))
    }

    #[inline]
    pub(super) fn element(&self, place: u64) -> u64 {
        self.with(|map| map.element(place))
    }
}
