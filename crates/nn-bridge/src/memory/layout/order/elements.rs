//! The orders of elements: their list.

use super::super::error::LayoutError;
use super::super::typed::{Typed, choices};
use super::element_map::{Elements, Mapped};
use super::part::Part;
use super::permuted::Permuted;
use super::row_major::RowMajor;
use super::tiles::Tiles;

choices! {
    /// Which element of a part comes after which.
    ElementOrder, mapped by ElementMap of dyn Elements: RowMajor, Tiles, Permuted
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
