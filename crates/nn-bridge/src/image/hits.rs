//! Bit errors of an image, gathered by the elements that they hit.

use super::ImageLayout;

/// An element of a tensor that bit errors hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HitElement {
    /// Number of the tensor.
    pub tensor: usize,
    /// Number of the element in it.
    pub element: usize,
    /// Its first bit in the image.
    pub first_bit: u64,
    /// Which of its bits are wrong, the first the least significant.
    pub flips: u64,
}

/// The elements that these bits of an image are of, in its order, where those of a tensor have so many bits, 64 at most. Bits ascend.
pub fn hit_elements<'a>(
    layout: &'a ImageLayout,
    bits: impl Fn(usize) -> u32 + 'a,
    errors: impl Iterator<Item = u64> + 'a,
) -> impl Iterator<Item = HitElement> + 'a {
    let mut errors = errors.peekable();
    std::iter::from_fn(move || {
        let &first = errors.peek()?;
        let tensor = layout.tensor(first)?;
        let (begin, width) = (layout.bits(tensor).start, u64::from(bits(tensor)));
        let element = (first - begin) / width;
        let first_bit = begin + element * width;
        let mut flips = 0u64;
        while let Some(bit) = errors.next_if(|&bit| bit < first_bit + width) {
            flips |= 1 << (bit - first_bit);
        }
        Some(HitElement { tensor, element: element as usize, first_bit, flips })
    })
}
