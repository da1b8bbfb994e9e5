//! From wrong bits to what is left of them: a table of what the decoder does at each syndrome.

use super::WordCode;

/// What the decoder does at a syndrome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Nothing: the syndrome is 0.
    Nothing,
    /// It inverts this code bit.
    One(u32),
    /// It inverts these two code bits.
    Two(u32, u32),
    /// It knows that bits are wrong, but not which.
    GiveUp,
}

/// What became of a word.
///
/// What is left after `Miscorrected` and `Undetected` is a codeword, and a codeword that is not 0 has a data bit that is
/// not 0: data bits are wrong for sure, and nobody knows. After `Detected` it may be that only check bits are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// No bit was wrong.
    Clean,
    /// Bits were wrong, and none is now.
    Corrected,
    /// The decoder gave up: wrong bits are as they were, and it is known.
    Detected,
    /// The decoder inverted bits, and the word is wrong.
    Miscorrected,
    /// Bits are wrong, but the syndrome is 0.
    Undetected,
}

/// The code bits to invert; the second is `NONE` if there is one only. No code bit has so high a number.
type Entry = [u16; 2];
const NONE: u16 = u16::MAX;
const FREE: Entry = [NONE; 2];
/// Several sets of bits have this syndrome.
const SHARED: Entry = [NONE, 0];

/// What the decoder does at each syndrome.
#[derive(PartialEq, Eq)]
pub(super) struct Decoder(Vec<Entry>);

impl Decoder {
    /// Corrects up to `corrects` wrong bits (1 or 2) wherever no other set of so many bits has the same syndrome.
    pub(super) fn new(columns: &[u32], check_bits: usize, corrects: u32) -> Self {
        let mut entries = vec![FREE; 1 << check_bits];
        let mut enter = |syndrome: u32, entry: Entry| {
            let place = &mut entries[syndrome as usize];
            *place = if *place == FREE { entry } else { SHARED };
        };
        for (first, &column) in columns.iter().enumerate() {
            enter(column, [first as u16, NONE]);
            if corrects == 2 {
                let later = columns.iter().enumerate().skip(first + 1);
                later.for_each(|(second, other)| enter(column ^ other, [first as u16, second as u16]));
            }
        }
        Self(entries)
    }

    fn at(&self, syndrome: u32) -> Correction {
        match self.0.get(syndrome as usize) {
            _ if syndrome == 0 => Correction::Nothing,
            None | Some([NONE, _]) => Correction::GiveUp,
            Some(&[bit, NONE]) => Correction::One(u32::from(bit)),
            Some(&[first, second]) => Correction::Two(u32::from(first), u32::from(second)),
        }
    }
}

impl WordCode {
    /// The syndrome of a word whose code bits at `wrong` are wrong.
    ///
    /// # Panics
    /// If there is no such code bit.
    pub fn syndrome(&self, wrong: &[u32]) -> u32 {
        wrong.iter().fold(0, |sum, &at| sum ^ self.0.columns[at as usize])
    }

    /// What the decoder does at a syndrome.
    pub fn decode(&self, syndrome: u32) -> Correction {
        self.0.decoder.at(syndrome)
    }

    /// Decodes a word whose wrong code bits are `wrong`, ascending, and leaves there those that are wrong afterwards.
    ///
    /// # Panics
    /// If there is no such code bit.
    pub fn residual(&self, wrong: &mut Vec<u32>) -> Outcome {
        debug_assert!(wrong.is_sorted_by(|a, b| a < b), "wrong bits are ascending: {wrong:?}");
        if wrong.is_empty() {
            return Outcome::Clean;
        }
        match self.decode(self.syndrome(wrong)) {
            Correction::Nothing => return Outcome::Undetected,
            Correction::GiveUp => return Outcome::Detected,
            Correction::One(bit) => invert(wrong, bit),
            Correction::Two(first, second) => {
                invert(wrong, first);
                invert(wrong, second);
            }
        }
        if wrong.is_empty() { Outcome::Corrected } else { Outcome::Miscorrected }
    }
}

/// Makes a wrong bit right, or a right one wrong.
fn invert(wrong: &mut Vec<u32>, bit: u32) {
    match wrong.binary_search(&bit) {
        Ok(index) => drop(wrong.remove(index)),
        Err(index) => wrong.insert(index, bit),
    }
}
