//! Fields of a bit string: a few bits as a number, and stretches that are taken out and put in.

use crate::bits::{Bits, BitsMut, bytes_for, low_bits};
use crate::packed::PackedInts;
use crate::width::BitWidth;

/// Bits of its own: fields of any widths, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BitString {
    /// Spare bits after the last are 0.
    bytes: Vec<u8>,
    len_bits: u64,
}

impl BitString {
    /// Bits of value 0.
    pub fn zeros(len_bits: u64) -> Self {
        Self { bytes: vec![0; bytes_for(len_bits) as usize], len_bits }
    }

    /// The bits.
    pub fn bits(&self) -> Bits<'_> {
        Bits::sized(&self.bytes, self.len_bits)
    }

    /// The bits, to be changed in place.
    pub fn bits_mut(&mut self) -> BitsMut<'_> {
        BitsMut::sized(&mut self.bytes, self.len_bits)
    }

    /// The bytes; spare bits of the last are 0.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl PackedInts {
    /// The `len` codes that begin at `first_bit` of a bit string.
    ///
    /// # Panics
    /// If they do not lie in it.
    pub fn from_bits(width: BitWidth, len: usize, bits: Bits<'_>, first_bit: u64) -> Self {
        let mut codes = Self::zeros(width, len);
        let len_bits = codes.len_bits();
        codes.bits_mut().put(0, Bits::sized(&bits.stretch(first_bit, len_bits), len_bits));
        codes
    }
}

impl Bits<'_> {
    /// The `len` bits from `first_bit` on as a number, the first its LSB.
    ///
    /// # Panics
    /// If they do not lie in the string, or are more than 64.
    pub fn field(self, first_bit: u64, len: u32) -> u64 {
        assert!(len <= 64, "a field of {len} bits");
        check_inside(first_bit, u64::from(len), self.len_bits());
        let first_byte = (first_bit / 8) as usize;
        let bytes = &self.bytes()[first_byte.min(self.bytes().len())..];
        let window = bytes.first_chunk().copied().unwrap_or_else(|| {
            let mut window = [0u8; 16];
            window[..bytes.len()].copy_from_slice(bytes);
            window
        });
        (u128::from_le_bytes(window) >> (first_bit % 8)) as u64 & low_bits(u64::from(len))
    }

    /// The `len_bits` bits from `first_bit` on, as bytes of their own; spare bits of the last are 0.
    ///
    /// # Panics
    /// If they do not lie in the string.
    pub fn stretch(self, first_bit: u64, len_bits: u64) -> Vec<u8> {
        check_inside(first_bit, len_bits, self.len_bits());
        let mut bytes = Vec::with_capacity(bytes_for(len_bits) as usize + 8);
        if first_bit.is_multiple_of(8) {
            let first = (first_bit / 8) as usize;
            bytes.extend_from_slice(&self.bytes()[first..first + bytes_for(len_bits) as usize]);
        } else {
            for begin in (0..len_bits).step_by(64) {
                let len = (len_bits - begin).min(64) as u32;
                bytes.extend_from_slice(&self.field(first_bit + begin, len).to_le_bytes());
            }
            bytes.truncate(bytes_for(len_bits) as usize);
        }
        if let (Some(last), spare @ 1..) = (bytes.last_mut(), len_bits % 8) {
            *last &= low_bits(spare) as u8;
        }
        bytes
    }
}

impl BitsMut<'_> {
    /// Replaces the `len` bits from `first_bit` on by those of a number, the LSB first. Its bits above are ignored.
    ///
    /// # Panics
    /// If they do not lie in the string, or are more than 64.
    pub fn set_field(&mut self, first_bit: u64, len: u32, field: u64) {
        assert!(len <= 64, "a field of {len} bits");
        self.put(first_bit, Bits::sized(&field.to_le_bytes()[..len.div_ceil(8) as usize], u64::from(len)));
    }

    /// Makes all bits ones.
    pub fn fill(&mut self) {
        self.edit_words(0, self.len_bits(), |_, _| u64::MAX);
    }

    /// Inverts the bits that are ones in another string.
    ///
    /// # Panics
    /// If they differ in length.
    pub fn xor(&mut self, other: Bits<'_>) {
        assert_eq!(other.len_bits(), self.len_bits(), "bit strings of one length");
        let mut words = other.words();
        self.edit_words(0, other.len_bits(), |_, word| word ^ words.next().unwrap_or(0));
    }

    /// Replaces the bits from `first_bit` on by those of another string.
    ///
    /// # Panics
    /// If that reaches beyond the end.
    pub fn put(&mut self, first_bit: u64, bits: Bits<'_>) {
        check_inside(first_bit, bits.len_bits(), self.len_bits());
        let mut words = bits.words();
        self.edit_words(first_bit, bits.len_bits(), |_, before| words.next().unwrap_or(before));
    }
}

fn check_inside(first_bit: u64, len_bits: u64, of: u64) {
    assert!(
        first_bit.checked_add(len_bits).is_some_and(|end| end <= of),
        "{len_bits} bits from {first_bit} on, of a string of {of} bits"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_and_stretches_are_the_bits_that_lie_there(
            bytes in prop::collection::vec(any::<u8>(), 1..40),
            a: prop::sample::Index,
            b: prop::sample::Index,
        ) {
            let len = bytes.len() as u64 * 8;
            let bools = oracle::to_bools(&bytes, len);
            let (a, b) = (a.index(bools.len() + 1), b.index(bools.len() + 1));
            let (first, end) = (a.min(b), a.max(b));
            let bits = Bits::new(&bytes);
            let stretch = bits.stretch(first as u64, (end - first) as u64);
            prop_assert_eq!(&stretch, &oracle::to_bytes(&bools[first..end]));
            let few = (end - first).min(64);
            let expected = (0..few).fold(0u64, |field, bit| field | u64::from(bools[first + bit]) << bit);
            prop_assert_eq!(bits.field(first as u64, few as u32), expected);
        }

        #[test]
        fn what_is_put_in_lies_there_and_nothing_else_changes(
            bytes in prop::collection::vec(any::<u8>(), 1..40),
            other in prop::collection::vec(any::<u8>(), 1..40),
            first: prop::sample::Index,
            len: prop::sample::Index,
        ) {
            let (mut bools, other_bools) =
                (oracle::to_bools(&bytes, bytes.len() as u64 * 8), oracle::to_bools(&other, other.len() as u64 * 8));
            let len = len.index(bools.len().min(other_bools.len()) + 1);
            let first = first.index(bools.len() - len + 1);
            let mut found = bytes.clone();
            let stretch = Bits::new(&other).stretch(0, len as u64);
            let stretch = Bits::with_len(&stretch, len as u64).unwrap();
            BitsMut::new(&mut found).put(first as u64, stretch);
            bools[first..first + len].copy_from_slice(&other_bools[..len]);
            prop_assert_eq!(found, oracle::to_bytes(&bools));
        }
    }

    #[test]
    fn codes_are_taken_from_any_bit_on() {
        let width = BitWidth::ALL[2];
        let codes = PackedInts::from_codes(width, &[1, 7, 0, 5, 2]).unwrap();
        let mut string = BitString::zeros(24);
        string.bits_mut().put(5, codes.bits());
        assert_eq!(PackedInts::from_bits(width, 5, string.bits(), 5), codes);
        assert_eq!(PackedInts::from_bits(width, 0, string.bits(), 24), PackedInts::zeros(width, 0));
        string.bits_mut().set_field(11, 3, 0b1110);
        assert_eq!(string.bits().field(8, 9), 0b101_110_111);
        let mut other = BitString::zeros(24);
        other.bits_mut().fill();
        other.bits_mut().xor(string.bits());
        assert_eq!(other.bits().count_ones(), 24 - string.bits().count_ones());
        string.bits_mut().set_field(11, 3, 0);
        assert_eq!((string.bits().field(8, 3), string.as_bytes().len()), (7, 3));
    }

    #[test]
    #[should_panic(expected = "8 bits from 9 on")]
    fn a_field_outside_panics() {
        Bits::new(&[0, 0]).field(9, 8);
    }
}
