//! Layouts and placements: where the bits of a network's weights lie, both ways.
//!
//! A *layout* orders the bits of all tensors into one bit string, the image. A *placement* says where the image lies on
//! a chip. Both are given in both directions, so that injection can go from faulty cells to weights.

use flip_core::BitWidth;
use sram_model::CellFault;

/// One bit of one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightBit {
    /// Number of the tensor.
    pub tensor: usize,
    /// Number of the weight in the tensor, in row-major order.
    pub element: usize,
    /// Bit of its code, 0 the LSB.
    pub bit: u32,
}

/// The linear layout of Stutz et al. (MLSys 2021): tensor after tensor, weight after weight, LSB first, no bit between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearLayout {
    width: BitWidth,
    /// First code of each tensor, and after the last the number of all codes.
    starts: Vec<usize>,
}

impl LinearLayout {
    /// The layout of tensors with these numbers of weights, `width` bits a weight.
    pub fn new(width: BitWidth, weights: impl IntoIterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        starts.extend(weights.into_iter().map(|count| {
            end += count;
            end
        }));
        Self { width, starts }
    }

    /// Bits per weight.
    pub fn width(&self) -> BitWidth {
        self.width
    }

    /// Length of the image, in bits.
    pub fn len_bits(&self) -> u64 {
        self.starts[self.starts.len() - 1] as u64 * u64::from(self.width.bits())
    }

    /// The codes of a tensor among all codes.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn codes(&self, tensor: usize) -> std::ops::Range<usize> {
        self.starts[tensor]..self.starts[tensor + 1]
    }

    /// Where a bit of a weight lies in the image; `None` if there is no such bit.
    pub fn image_bit(&self, at: WeightBit) -> Option<u64> {
        let (start, end) = (*self.starts.get(at.tensor)?, *self.starts.get(at.tensor + 1)?);
        let code = start.checked_add(at.element).filter(|&code| code < end)?;
        (at.bit < self.width.bits()).then(|| code as u64 * u64::from(self.width.bits()) + u64::from(at.bit))
    }

    /// What lies at a bit of the image; `None` after its end.
    pub fn weight_bit(&self, image_bit: u64) -> Option<WeightBit> {
        let width = u64::from(self.width.bits());
        let code = (image_bit / width) as usize;
        let tensor = self.starts.partition_point(|&start| start <= code).checked_sub(1)?;
        let inside = tensor + 1 < self.starts.len();
        inside.then(|| WeightBit {
            tensor,
            element: code - self.starts[tensor],
            bit: (image_bit % width) as u32,
        })
    }
}

/// An image on a chip: its bit 0 lies in cell `offset`, the next in the next cell, and after the last cell of the chip
/// follows its first one again, as if the image were stored on as many copies of the chip as it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    offset: u64,
    cells: u64,
}

impl Placement {
    /// The placement at cell `offset` (modulo the number of cells) of a chip of `cells` cells.
    ///
    /// # Panics
    /// If `cells` is 0.
    pub fn new(offset: u64, cells: u64) -> Self {
        assert!(cells > 0, "a chip has at least one cell");
        Self { offset: offset % cells, cells }
    }

    /// The cell that holds a bit of the image.
    pub fn cell(&self, image_bit: u64) -> u64 {
        (self.offset + image_bit % self.cells) % self.cells
    }

    /// The bits of an image of `len_bits` bits that a cell holds, ascending: one for each copy of the chip.
    pub fn image_bits(&self, cell: u64, len_bits: u64) -> impl Iterator<Item = u64> + use<> {
        let first = (cell + self.cells - self.offset) % self.cells;
        (first..len_bits).step_by(usize::try_from(self.cells).unwrap_or(usize::MAX))
    }

    /// Which of `faults`, by ascending cell, an image of `len_bits` bits meets, each with the bit it meets; by ascending
    /// bit. Costs per fault, not per bit. The faults may be those of a map or the changes between two.
    pub fn faults(self, faults: &[CellFault], len_bits: u64) -> impl Iterator<Item = (u64, CellFault)> + '_ {
        let Self { offset, cells } = self;
        let before = move |cell: u64| faults.partition_point(|fault| fault.cell < cell);
        (0..len_bits.div_ceil(cells)).flat_map(move |copy| {
            let first_bit = copy * cells;
            // The image begins in the middle of the map, so the faults after the offset come first; the last copy may end early.
            let end = offset + cells.min(len_bits - first_bit);
            let after = &faults[before(offset)..before(end.min(cells))];
            let front = &faults[..before(end.saturating_sub(cells))];
            after
                .iter()
                .chain(front)
                .map(move |fault| (first_bit + (fault.cell + cells - offset) % cells, *fault))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_layout_is_one_to_one(counts in prop::collection::vec(0usize..6, 0..6)) {
            for width in BitWidth::ALL {
                let layout = LinearLayout::new(width, counts.iter().copied());
                let mut next = 0;
                for (tensor, &count) in counts.iter().enumerate() {
                    for (element, bit) in (0..count).flat_map(|e| (0..width.bits()).map(move |b| (e, b))) {
                        let at = WeightBit { tensor, element, bit };
                        prop_assert_eq!(layout.image_bit(at), Some(next));
                        prop_assert_eq!(layout.weight_bit(next), Some(at));
                        next += 1;
                    }
                    prop_assert_eq!(layout.image_bit(WeightBit { tensor, element: count, bit: 0 }), None);
                }
                prop_assert_eq!(layout.len_bits(), next);
                prop_assert_eq!(layout.weight_bit(next), None);
            }
        }

        #[test]
        fn the_placement_is_given_both_ways(cells in 1u64..50, offset in 0u64..200, len in 0u64..200) {
            let placement = Placement::new(offset, cells);
            let mut found = vec![None; len as usize];
            for cell in 0..cells {
                for bit in placement.image_bits(cell, len) {
                    prop_assert_eq!(found[bit as usize].replace(cell), None);
                }
            }
            for bit in 0..len {
                prop_assert_eq!(found[bit as usize], Some(placement.cell(bit)));
                prop_assert_eq!(placement.cell(bit), (offset + bit) % cells);
            }
        }
    }
}
