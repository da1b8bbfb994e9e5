//! How the bits of one tensor order into its region's data: any [`ElementOrder`] with any [`BitOrder`], both ways.

mod bit_map;
mod bits;
mod element_map;
mod elements;
mod padded;
mod part;
mod permuted;
mod planes;
mod row_major;
#[cfg(test)]
mod tests;
mod tiles;
mod together;

pub use bits::BitOrder;
pub use elements::ElementOrder;
pub use padded::Padded;
pub use part::Part;
pub use permuted::Permuted;
pub use planes::Planes;
pub use row_major::RowMajor;
pub use tiles::Tiles;
pub use together::Together;

use self::bits::BitMap;
use self::elements::ElementMap;
use super::error::LayoutError;

/// The order of the bits of tensors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Order {
    /// Which element comes after which.
    pub elements: ElementOrder,
    /// How the bits of the elements, in that order, lie to each other.
    pub bits: BitOrder,
}

impl Order {
    /// This order of one part, which is then given both ways.
    ///
    /// # Errors
    /// [`LayoutError`] if the part has none.
    pub fn of(&self, part: Part) -> Result<PartOrder, LayoutError> {
        let (elements, bits) = (self.elements.map(part)?, self.bits.map(part)?);
        Ok(PartOrder { part, len_bits: bits.len_bits(), elements, bits })
    }
}

/// The order of the bits of one part.
#[derive(Clone, Copy, Debug)]
pub struct PartOrder {
    part: Part,
    len_bits: u64,
    elements: ElementMap,
    bits: BitMap,
}

impl PartOrder {
    /// The part.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Length of the part's string, padding and all.
    pub fn len_bits(&self) -> u64 {
        self.len_bits
    }

    /// Where a bit of an element lies in the part's string; `None` if there is no such bit.
    #[inline]
    pub fn offset(&self, element: u64, plane: u32) -> Option<u64> {
        let inside = element < self.part.elements() && plane < self.part.planes();
        inside.then(|| self.bits.offset(self.elements.place(element), plane))
    }

    /// Which element, and which of its stored bits, lies there in the part's string; `None` for padding and after the end.
    #[inline]
    pub fn at(&self, offset: u64) -> Option<(u64, u32)> {
        if offset >= self.len_bits {
            return None;
        }
        let (place, plane) = self.bits.at(offset);
        let inside = place < self.part.elements() && plane < self.part.planes();
        inside.then(|| (self.elements.element(place), plane))
    }
}
