//! Where the bits of weights lie in the image: tensor after tensor, weight after weight, LSB first, no bit between.

use std::ops::Range;

use flip_core::BitWidth;

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

/// The image's own order, that of Stutz et al. (MLSys 2021). Each tensor has a width of its own, and begins where the one
/// before it ends, in the middle of a byte if need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLayout {
    widths: Vec<BitWidth>,
    /// First bit of each tensor, and after the last the number of all bits.
    starts: Vec<u64>,
}

impl ImageLayout {
    /// The layout of tensors with these widths and numbers of weights.
    pub fn new(tensors: impl IntoIterator<Item = (BitWidth, usize)>) -> Self {
        let (mut widths, mut starts, mut end) = (Vec::new(), vec![0], 0);
        for (width, count) in tensors {
            end += count as u64 * u64::from(width.bits());
            widths.push(width);
            starts.push(end);
        }
        Self { widths, starts }
    }

    /// The number of tensors.
    pub fn tensors(&self) -> usize {
        self.widths.len()
    }

    /// Bits per weight of a tensor.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn width(&self, tensor: usize) -> BitWidth {
        self.widths[tensor]
    }

    /// The width that all tensors have, if they have one.
    pub fn uniform_width(&self) -> Option<BitWidth> {
        let first = self.widths.first().copied()?;
        self.widths.iter().all(|&width| width == first).then_some(first)
    }

    /// Weights of a tensor.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn weights(&self, tensor: usize) -> usize {
        let bits = self.bits(tensor);
        ((bits.end - bits.start) / u64::from(self.widths[tensor].bits())) as usize
    }

    /// Weights of all tensors.
    pub fn all_weights(&self) -> usize {
        (0..self.tensors()).map(|tensor| self.weights(tensor)).sum()
    }

    /// Length of the image, in bits.
    pub fn len_bits(&self) -> u64 {
        self.starts[self.starts.len() - 1]
    }

    /// The bits of a tensor.
    ///
    /// # Panics
    /// If there is no such tensor.
    pub fn bits(&self, tensor: usize) -> Range<u64> {
        self.starts[tensor]..self.starts[tensor + 1]
    }

    /// Where a bit of a weight lies in the image; `None` if there is no such bit.
    pub fn image_bit(&self, at: WeightBit) -> Option<u64> {
        let width = *self.widths.get(at.tensor)?;
        let inside = at.element < self.weights(at.tensor) && at.bit < width.bits();
        inside
            .then(|| self.starts[at.tensor] + at.element as u64 * u64::from(width.bits()) + u64::from(at.bit))
    }

    /// The tensor that a bit of the image belongs to; `None` after its end.
    pub fn tensor(&self, image_bit: u64) -> Option<usize> {
        let tensor = self.starts.partition_point(|&start| start <= image_bit).checked_sub(1)?;
        (tensor < self.tensors()).then_some(tensor)
    }

    /// What lies at a bit of the image; `None` after its end.
    pub fn weight_bit(&self, image_bit: u64) -> Option<WeightBit> {
        let tensor = self.tensor(image_bit)?;
        let (bit, width) = (image_bit - self.starts[tensor], u64::from(self.widths[tensor].bits()));
        Some(WeightBit { tensor, element: (bit / width) as usize, bit: (bit % width) as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_layout_is_one_to_one(
            tensors in prop::collection::vec((prop::sample::select(BitWidth::ALL.to_vec()), 0usize..6), 0..6),
        ) {
            let layout = ImageLayout::new(tensors.iter().copied());
            let mut next = 0;
            for (tensor, &(width, count)) in tensors.iter().enumerate() {
                prop_assert_eq!((layout.width(tensor), layout.weights(tensor)), (width, count));
                for (element, bit) in (0..count).flat_map(|e| (0..width.bits()).map(move |b| (e, b))) {
                    let at = WeightBit { tensor, element, bit };
                    prop_assert_eq!(layout.image_bit(at), Some(next));
                    prop_assert_eq!(layout.weight_bit(next), Some(at));
                    next += 1;
                }
                let after = [(count, 0), (0, width.bits())];
                for (element, bit) in after {
                    prop_assert_eq!(layout.image_bit(WeightBit { tensor, element, bit }), None);
                }
            }
            prop_assert_eq!(layout.len_bits(), next);
            prop_assert_eq!(layout.weight_bit(next), None);
            prop_assert_eq!(layout.all_weights(), tensors.iter().map(|tensor| tensor.1).sum::<usize>());
        }
    }
}
