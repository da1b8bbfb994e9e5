//! From a region's data string to words, and from words to memory bits.
//!
//! A *code address* is `word * cells + bit`: where a bit lies among the words of its region, whatever chip they lie on.

use super::code::{CodeBit, WordCode};
use super::killi::{LINE_BITS, PARITY_BITS};

/// How the words of a region are made.
#[derive(Clone, Debug)]
pub(super) enum Coding {
    /// Words of these many bits, as they are.
    Plain(u32),
    /// Data bits and check bits.
    Code(WordCode),
    /// Check bits lie in bits of the data that can be told from others.
    InPlace(WordCode),
    /// Lines with parity bits, whose faults are found by reads.
    Lines,
}

/// What a bit of a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// This bit of the word's data.
    Data(u64),
    /// This check bit.
    Check(u32),
}

/// Bits of the data in a word with check bits in place: eight weights of eight bits.
pub(super) const IN_PLACE_BITS: u32 = 64;

/// The bit of a weight that holds a check bit in place, and the bit that it can be told from.
pub(super) const IN_PLACE_CHECK: u32 = 6;

impl Coding {
    /// Bits of the data string in a word.
    pub(super) fn data_bits(&self) -> u64 {
        match self {
            Self::Plain(bits) => u64::from(*bits),
            Self::Code(code) => u64::from(code.data_bits()),
            Self::InPlace(_) => u64::from(IN_PLACE_BITS),
            Self::Lines => LINE_BITS,
        }
    }

    /// Cells of a word.
    pub(super) fn cells(&self) -> u64 {
        match self {
            Self::Plain(_) | Self::InPlace(_) => self.data_bits(),
            Self::Code(code) => u64::from(code.code_bits()),
            Self::Lines => LINE_BITS + PARITY_BITS,
        }
    }

    /// The code, if there is one.
    pub(super) fn code(&self) -> Option<&WordCode> {
        match self {
            Self::Plain(_) | Self::Lines => None,
            Self::Code(code) | Self::InPlace(code) => Some(code),
        }
    }

    /// Whether words have check bits.
    pub(super) fn is_coded(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Check bits that take cells of their own.
    pub(super) fn extra_bits(&self) -> u64 {
        self.cells() - self.data_bits()
    }

    /// What a bit of a word is.
    pub(super) fn role(&self, bit: u64) -> Role {
        match self {
            Self::Plain(_) => Role::Data(bit),
            // The bit is one of a word.
            Self::Code(code) => match code.held(bit as u32).unwrap_or(CodeBit::Data(0)) {
                CodeBit::Data(data) => Role::Data(u64::from(data)),
                CodeBit::Check(check) => Role::Check(check),
            },
            Self::InPlace(_) => in_place_check(bit).map_or(Role::Data(bit), Role::Check),
            Self::Lines => {
                bit.checked_sub(LINE_BITS).map_or(Role::Data(bit), |check| Role::Check(check as u32))
            }
        }
    }

    /// Where a bit of a word's data lies in the word.
    pub(super) fn place(&self, data: u64) -> u64 {
        match self {
            Self::Plain(_) | Self::InPlace(_) | Self::Lines => data,
            Self::Code(code) => u64::from(code.data_positions()[data as usize]),
        }
    }
}

/// The number of the check bit at this bit of a word with check bits in place.
fn in_place_check(bit: u64) -> Option<u32> {
    (bit % 8 == u64::from(IN_PLACE_CHECK) && bit / 8 < 7).then_some((bit / 8) as u32)
}

/// The code bit at a bit of a word with check bits in place: data bits come first.
pub(super) fn to_code_bit(bit: u32) -> u32 {
    let data_bits = IN_PLACE_BITS - 7;
    // Check bits that come before.
    let before = ((bit + 7 - IN_PLACE_CHECK) / 8).min(7);
    in_place_check(u64::from(bit)).map_or(bit - before, |check| data_bits + check)
}

/// The bit of a word with check bits in place that a code bit lies at.
pub(super) fn from_code_bit(at: u32) -> u64 {
    let data_bits = IN_PLACE_BITS - 7;
    match at.checked_sub(data_bits) {
        Some(check) => u64::from(8 * check + IN_PLACE_CHECK),
        // Of each of the first seven weights seven bits are data.
        None if at < 49 => u64::from(at / 7 * 8 + at % 7 + u32::from(at % 7 == 6)),
        None => u64::from(at + 7),
    }
}

/// The words of a region.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) coding: Coding,
    /// Stretches of the data string that begin a word of their own.
    stretches: Vec<Stretch>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    data: u64,
    len: u64,
    word: u64,
}

impl Words {
    /// The words of a data string that consists of these stretches, each with a first bit and a length.
    pub(super) fn new(coding: Coding, stretches: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let (mut all, mut word) = (Vec::new(), 0);
        for (data, len) in stretches {
            all.push(Stretch { data, len, word });
            word += len.div_ceil(coding.data_bits());
        }
        Self { coding, stretches: all, count: word }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// All bits of all words.
    pub(super) fn cells(&self) -> u64 {
        match &self.coding {
            // The last word ends with the data.
            Coding::Plain(_) | Coding::InPlace(_) if self.stretches.len() == 1 => self.stretches[0].len,
            coding => self.count * coding.cells(),
        }
    }

    /// The code address of a bit of the data string, which must lie in it.
    pub(super) fn address(&self, data_bit: u64) -> u64 {
        let after = self.stretches.partition_point(|stretch| stretch.data <= data_bit);
        let Some(stretch) = after.checked_sub(1).map(|last| self.stretches[last]) else { return 0 };
        let (inside, of_word) = (data_bit - stretch.data, self.coding.data_bits());
        (stretch.word + inside / of_word) * self.coding.cells() + self.coding.place(inside % of_word)
    }

    /// The bit of the data string at a code address: `Err` of a check bit, `Ok(None)` of what fills a word up.
    pub(super) fn data_bit(&self, address: u64) -> Result<Option<u64>, u32> {
        let (word, bit) = (address / self.coding.cells(), address % self.coding.cells());
        match self.coding.role(bit) {
            Role::Check(check) => Err(check),
            Role::Data(data) => Ok(self.data_of(word, data)),
        }
    }

    /// A bit of a word's data in the data string; `None` of what fills the word up.
    pub(super) fn data_of(&self, word: u64, bit: u64) -> Option<u64> {
        let stretch = self.stretch(word)?;
        let inside = (word - stretch.word) * self.coding.data_bits() + bit;
        (inside < stretch.len).then_some(stretch.data + inside)
    }

    fn stretch(&self, word: u64) -> Option<Stretch> {
        let after = self.stretches.partition_point(|stretch| stretch.word <= word);
        after.checked_sub(1).map(|last| self.stretches[last])
    }

    /// The memory bit at which each stretch begins, and the length of the memory, if the region's cells hold `capacity` bits: the
    /// first begins at bit 0, each other in other copies of the cells.
    pub(super) fn placed(&self, capacity: u64) -> Placed {
        let (mut starts, mut end) = (Vec::with_capacity(self.stretches.len()), 0u64);
        for (number, stretch) in self.stretches.iter().enumerate() {
            end = end.div_ceil(capacity.max(1)) * capacity.max(1);
            starts.push(end);
            let next = self.stretches.get(number + 1).map_or(self.count, |next| next.word);
            end += (next - stretch.word) * self.coding.cells();
        }
        if self.stretches.len() == 1 {
            end = self.cells();
        }
        Placed { starts, end }
    }

    /// The code address at a memory bit; `None` between two stretches.
    pub(super) fn address_at(&self, placed: &Placed, memory_bit: u64) -> Option<u64> {
        if self.stretches.len() == 1 {
            return (memory_bit < placed.end).then_some(memory_bit);
        }
        let number = placed.starts.partition_point(|&start| start <= memory_bit).checked_sub(1)?;
        let first = self.stretches[number].word * self.coding.cells();
        let end = self.stretches.get(number + 1).map_or(self.count, |next| next.word) * self.coding.cells();
        let address = first + (memory_bit - placed.starts[number]);
        (address < end).then_some(address)
    }

    /// The memory bit of a code address.
    pub(super) fn memory_bit(&self, placed: &Placed, address: u64) -> u64 {
        let word = address / self.coding.cells();
        let after = self.stretches.partition_point(|stretch| stretch.word <= word);
        let Some(number) = after.checked_sub(1) else { return address };
        address - self.stretches[number].word * self.coding.cells() + placed.starts[number]
    }
}

/// Where the stretches of a region lie in the cells of a chip.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    starts: Vec<u64>,
    end: u64,
}

impl Placed {
    /// Length of the memory in bits, gaps and all.
    pub(super) fn len_bits(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_in_place_and_code_bits_are_one_to_one() {
        let mut seen = [false; 64];
        for bit in 0..64 {
            let at = to_code_bit(bit);
            assert_eq!(from_code_bit(at), u64::from(bit), "bit {bit}");
            assert!(!std::mem::replace(&mut seen[at as usize], true));
            assert_eq!(in_place_check(u64::from(bit)).is_some(), at >= 57);
        }
    }
}
