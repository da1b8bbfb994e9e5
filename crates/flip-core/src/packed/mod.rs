//! Packed integers: the codes of quantised weights as they lie in memory, with no bit between them.
//!
//! Code `i` of width m takes bits `i·m … i·m + m − 1` of the bit string, its own bit 0 (LSB) first; [`Bits`] says
//! where a bit of the string lies in the bytes. Three-bit codes, as an example:
//!
//! ```text
//! byte            0                 1                 2
//! bit of byte     0 1 2 3 4 5 6 7   0 1 2 3 4 5 6 7   0 …
//! code            0 0 0 1 1 1 2 2   2 3 3 3 4 4 4 5   5 …
//! bit of code     0 1 2 0 1 2 0 1   2 0 1 2 0 1 2 0   1 …
//! ```

mod bulk;

use self::bulk::{Pack, Union, Unpack};
use crate::arch::Kernel;
use crate::bits::{Bits, BitsMut, bytes_for, low_bits};
use crate::error::{CodeError, LengthError};
use crate::width::BitWidth;

/// Unsigned codes of one width, truly packed. Signed codes are stored as their two's complement of that width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedInts {
    /// Spare bits after the last code are 0.
    bytes: Vec<u8>,
    width: BitWidth,
    len: usize,
}

impl PackedInts {
    /// `len` codes of value 0.
    ///
    /// # Panics
    /// If that is more bits than can be counted.
    pub fn zeros(width: BitWidth, len: usize) -> Self {
        Self { bytes: vec![0; packed_bytes(width, len)], width, len }
    }

    /// Packs `codes`.
    ///
    /// # Errors
    /// [`CodeError`] for the first code that does not fit `width`.
    pub fn from_codes(width: BitWidth, codes: &[u32]) -> Result<Self, CodeError> {
        let mut packed = Self::zeros(width, codes.len());
        packed.write(0, codes)?;
        Ok(packed)
    }

    /// Takes packed bytes as they are. Spare bits after the last code are cleared.
    ///
    /// # Errors
    /// [`LengthError`] unless `bytes` is just long enough for `len` codes.
    pub fn from_bytes(width: BitWidth, len: usize, mut bytes: Vec<u8>) -> Result<Self, LengthError> {
        // Too many bits to count are more than any buffer holds.
        let len_bits = (len as u64).saturating_mul(u64::from(width.bits()));
        Bits::with_len(&bytes, len_bits)?;
        if let (Some(last), spare @ 1..) = (bytes.last_mut(), len_bits % 8) {
            *last &= low_bits(spare) as u8;
        }
        Ok(Self { bytes, width, len })
    }

    /// The number of codes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bits per code.
    pub fn width(&self) -> BitWidth {
        self.width
    }

    /// All codes as one bit string.
    pub fn bits(&self) -> Bits<'_> {
        Bits::sized(&self.bytes, self.len_bits())
    }

    /// All codes as one bit string, to be changed in place.
    pub fn bits_mut(&mut self) -> BitsMut<'_> {
        let len_bits = self.len_bits();
        BitsMut::sized(&mut self.bytes, len_bits)
    }

    /// Length of the bit string: number of codes × width.
    pub fn len_bits(&self) -> u64 {
        self.len as u64 * u64::from(self.width.bits())
    }

    /// The packed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The packed bytes, by value.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Code `index`, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<u32> {
        (index < self.len).then(|| self.load(index))
    }

    /// The codes in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        (0..self.len).map(|index| self.load(index))
    }

    /// Reads the codes from index `first` on into `out`.
    ///
    /// # Panics
    /// If `first + out.len()` is more than the number of codes.
    pub fn read(&self, first: usize, out: &mut [u32]) {
        self.read_with(Kernel::best(), first, out);
    }

    fn read_with(&self, kernel: Kernel, first: usize, out: &mut [u32]) {
        assert!(self.holds(first, out.len()), "{} codes from {first} on of {}", out.len(), self.len);
        let (head, body) = out.split_at_mut(self.before_byte(first).min(out.len()));
        let start = first + head.len();
        let bytes = &self.bytes[self.byte_of(start)..];
        let read = kernel.run(Unpack { width: self.width.bits(), bytes, codes: body });
        let tail = body[read..].iter_mut().zip(start + read..);
        for (code, index) in head.iter_mut().zip(first..).chain(tail) {
            *code = self.load(index);
        }
    }

    /// Writes `codes` from index `first` on.
    ///
    /// # Errors
    /// [`CodeError`] for the first code that does not fit the width; the codes before it are then written.
    ///
    /// # Panics
    /// If `first + codes.len()` is more than the number of codes.
    pub fn write(&mut self, first: usize, codes: &[u32]) -> Result<(), CodeError> {
        self.write_with(Kernel::best(), first, codes)
    }

    fn write_with(&mut self, kernel: Kernel, first: usize, codes: &[u32]) -> Result<(), CodeError> {
        assert!(self.holds(first, codes.len()), "{} codes from {first} on of {}", codes.len(), self.len);
        let max = self.width.max_code();
        // The greatest code of a width is all ones, so that too great a code has a one above them.
        let fits = kernel.run(Union(codes)) <= max;
        let wrong = if fits { None } else { codes.iter().position(|&code| code > max) };
        self.store_all(kernel, first, &codes[..wrong.unwrap_or(codes.len())]);
        wrong.map_or(Ok(()), |offset| {
            Err(CodeError { index: first + offset, code: codes[offset], bits: self.width.bits(), max })
        })
    }

    fn holds(&self, first: usize, count: usize) -> bool {
        first.checked_add(count).is_some_and(|end| end <= self.len)
    }

    /// Writes codes that fit the width.
    fn store_all(&mut self, kernel: Kernel, first: usize, codes: &[u32]) {
        let (head, body) = codes.split_at(self.before_byte(first).min(codes.len()));
        let start = first + head.len();
        let byte = self.byte_of(start);
        let (width, bytes) = (self.width.bits(), &mut self.bytes[byte..]);
        let written = kernel.run(Pack { width, codes: body, bytes });
        let tail = body[written..].iter().zip(start + written..);
        head.iter().zip(first..).chain(tail).for_each(|(&code, index)| self.store(index, code));
    }

    /// Codes from `first` on to the next one that begins a byte.
    fn before_byte(&self, first: usize) -> usize {
        // In steps of eight codes all do.
        let begins = |&count: &usize| ((first + count) * self.width.bits() as usize).is_multiple_of(8);
        (0..8).find(begins).unwrap_or(0)
    }

    /// The byte in which code `index` begins, or the end if that is after it.
    fn byte_of(&self, index: usize) -> usize {
        (index * self.width.bits() as usize / 8).min(self.bytes.len())
    }

    fn load(&self, index: usize) -> u32 {
        let (range, shift) = self.span(index);
        let mut window = [0u8; 8];
        window[..range.len()].copy_from_slice(&self.bytes[range]);
        (u64::from_le_bytes(window) >> shift) as u32 & self.width.max_code()
    }

    fn store(&mut self, index: usize, code: u32) {
        let (range, shift) = self.span(index);
        let slot = &mut self.bytes[range];
        let mut window = [0u8; 8];
        window[..slot.len()].copy_from_slice(slot);
        let keep = !(u64::from(self.width.max_code()) << shift);
        let word = (u64::from_le_bytes(window) & keep) | (u64::from(code) << shift);
        slot.copy_from_slice(&word.to_le_bytes()[..slot.len()]);
    }

    /// The bytes that code `index` touches (at most 4), and its first bit in the first of them.
    fn span(&self, index: usize) -> (std::ops::Range<usize>, u32) {
        let width = self.width.bits() as usize;
        let first_bit = index * width;
        (first_bit / 8..(first_bit + width).div_ceil(8), (first_bit % 8) as u32)
    }
}

fn packed_bytes(width: BitWidth, len: usize) -> usize {
    let len_bits = (len as u64).checked_mul(u64::from(width.bits()));
    bytes_for(len_bits.expect("codes of fewer than 2^64 bits")) as usize
}

#[cfg(test)]
mod tests;
