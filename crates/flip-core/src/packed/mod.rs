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
mod tests {
    use super::*;
    use crate::oracle;
    use crate::stream::{Purpose, Stream};
    use proptest::prelude::*;

    fn widths() -> impl Strategy<Value = BitWidth> {
        prop::sample::select(BitWidth::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn codes_lie_lsb_first_with_no_gap(width in widths(), raw in prop::collection::vec(any::<u32>(), 0..50)) {
            let codes: Vec<u32> = raw.iter().map(|c| c & width.max_code()).collect();
            let bits: Vec<bool> =
                codes.iter().flat_map(|c| (0..width.bits()).map(move |k| c >> k & 1 == 1)).collect();
            let packed = PackedInts::from_codes(width, &codes).unwrap();
            prop_assert_eq!(packed.as_bytes(), &oracle::to_bytes(&bits)[..]);
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), codes.clone());
            let again = PackedInts::from_bytes(width, codes.len(), packed.as_bytes().to_vec()).unwrap();
            prop_assert_eq!(again, packed);
        }

        #[test]
        fn writing_leaves_the_neighbours(width in widths(), index in 0usize..20, code: u32) {
            let ones = vec![width.max_code(); 20];
            let mut packed = PackedInts::from_codes(width, &ones).unwrap();
            let code = code & width.max_code();
            packed.write(index, &[code]).unwrap();
            for i in 0..20 {
                prop_assert_eq!(packed.get(i), Some(if i == index { code } else { width.max_code() }));
            }
            prop_assert_eq!(packed.get(20), None);
        }
    }

    #[test]
    fn many_codes_are_read_and_written_as_one_by_one() {
        let mut stream = Stream::new(1, Purpose::named("packed test"), 0);
        for width in BitWidth::ALL {
            for (len, first, count) in
                [(400, 0, 400), (400, 3, 397), (301, 5, 200), (77, 70, 7), (77, 77, 0), (9, 1, 8)]
            {
                let mut next = || stream.next_u64() as u32 & width.max_code();
                let before: Vec<u32> = (0..len).map(|_| next()).collect();
                let codes: Vec<u32> = (0..count).map(|_| next()).collect();
                let mut expected = before.clone();
                expected[first..first + count].copy_from_slice(&codes);

                for kernel in Kernel::available() {
                    let mut packed = PackedInts::zeros(width, len);
                    before.iter().enumerate().for_each(|(index, &code)| packed.store(index, code));
                    packed.write_with(kernel, first, &codes).unwrap();
                    let found: Vec<u32> = packed.iter().collect();
                    assert_eq!(found, expected, "{kernel}, {width} bits, {count} from {first}");
                    let mut read = vec![u32::MAX; count];
                    packed.read_with(kernel, first, &mut read);
                    assert_eq!(read, codes, "{kernel}, {width} bits, {count} from {first}");
                }
            }
        }
    }

    #[test]
    fn codes_beyond_the_end_of_all_numbers_are_refused() {
        let width = BitWidth::new(8).unwrap();
        let refused = |run: fn(&mut PackedInts)| {
            let mut packed = PackedInts::zeros(BitWidth::new(8).unwrap(), 3);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut packed))).is_err()
        };
        assert!(refused(|packed| packed.read(usize::MAX, &mut [0])));
        assert!(refused(|packed| assert!(packed.write(usize::MAX, &[0]).is_ok())));
        assert!(refused(|packed| assert!(packed.write(2, &[0, 0]).is_ok())));
        assert!(std::panic::catch_unwind(|| PackedInts::zeros(width, usize::MAX)).is_err());
    }

    #[test]
    fn a_code_that_does_not_fit_is_an_error_with_its_index() {
        let width = BitWidth::new(3).unwrap();
        let error = PackedInts::from_codes(width, &[7, 8]).unwrap_err();
        assert_eq!(error, CodeError { index: 1, code: 8, bits: 3, max: 7 });
    }

    #[test]
    fn spare_bits_of_foreign_bytes_are_cleared() {
        assert!(PackedInts::from_bytes(BitWidth::new(32).unwrap(), 1 << 59, vec![]).is_err());
        let width = BitWidth::new(3).unwrap();
        let packed = PackedInts::from_bytes(width, 1, vec![0xff]).unwrap();
        assert_eq!(packed.as_bytes(), [0b111]);
        assert!(PackedInts::from_bytes(width, 3, vec![0]).is_err());
    }
}
