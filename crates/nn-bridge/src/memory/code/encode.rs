//! From data to check bits: a table of 256 entries for each byte of a word. Called for whole images, so at memory speed.

use flip_core::{Bits, LengthError};

use super::WordCode;

type Table = [u32; 256];

/// How check bits come from data.
#[derive(PartialEq, Eq)]
pub(super) struct Encoder {
    /// For each byte of a word, the check bits of each of its values. Bits after the word's end count for nothing.
    tables: Vec<Table>,
    /// The data bits whose sum each check bit is.
    summands: Vec<Vec<u32>>,
}

impl Encoder {
    /// `sums` has, for each data bit, the check bits that it counts in.
    pub(super) fn new(sums: &[u32], check_bits: usize) -> Self {
        let summands_of = |check: usize| (0u32..).zip(sums).filter(move |&(_, sum)| sum >> check & 1 == 1);
        Self {
            tables: sums.chunks(8).map(table).collect(),
            summands: (0..check_bits)
                .map(|check| summands_of(check).map(|(data, _)| data).collect())
                .collect(),
        }
    }

    fn of_bytes(tables: &[Table], bytes: impl IntoIterator<Item = u8>) -> u32 {
        tables.iter().zip(bytes).fold(0, |sum, (table, byte)| sum ^ table[usize::from(byte)])
    }

    /// The check bits of a word given as limbs.
    fn of_limbs(&self, limbs: impl IntoIterator<Item = u64>) -> u32 {
        let parts = self.tables.chunks(8).zip(limbs);
        parts.fold(0, |sum, (tables, limb)| sum ^ Self::of_bytes(tables, limb.to_le_bytes()))
    }

    /// The words of `bytes`, a multiple of their length, which is a number of bytes.
    fn words(&self, bytes: &[u8], mut each: impl FnMut(u32)) {
        match self.tables.len() {
            1 => self.short_words::<1>(bytes, each),
            2 => self.short_words::<2>(bytes, each),
            4 => self.short_words::<4>(bytes, each),
            8 => self.short_words::<8>(bytes, each),
            16 => self.short_words::<16>(bytes, each),
            len => bytes
                .chunks_exact(len)
                .for_each(|word| each(Self::of_bytes(&self.tables, word.iter().copied()))),
        }
    }

    /// The same, the length known when compiled.
    fn short_words<const BYTES: usize>(&self, bytes: &[u8], mut each: impl FnMut(u32)) {
        if let Some(tables) = self.tables.first_chunk::<BYTES>() {
            bytes.as_chunks::<BYTES>().0.iter().for_each(|&word| each(Self::of_bytes(tables, word)));
        }
    }
}

/// The sums of all sets of up to 8 columns; a set has one bit for each.
fn table(columns: &[u32]) -> Table {
    let mut table = [0; 256];
    for set in 1..256usize {
        let lowest = set.trailing_zeros() as usize;
        table[set] = table[set & (set - 1)] ^ columns.get(lowest).copied().unwrap_or(0);
    }
    table
}

impl WordCode {
    /// The check bits of a word, bit i the i-th: its data bits are those of `data`, from the LSB of the first limb on.
    /// Bits of `data` after the word count for nothing; missing ones are 0.
    pub fn encode(&self, data: &[u64]) -> u32 {
        self.0.encoder.of_limbs(data.iter().copied())
    }

    /// One check bit of a word: the sum of its [`summands`](Self::summands), which `data` tells. Costs less than the
    /// whole word where data bits are far apart.
    ///
    /// # Panics
    /// If there is no such check bit.
    pub fn encode_bit(&self, check_bit: u32, data: impl Fn(u32) -> bool) -> bool {
        self.summands(check_bit).iter().fold(false, |sum, &bit| sum ^ data(bit))
    }

    /// The data bits whose sum a check bit is, ascending.
    ///
    /// # Panics
    /// If there is no such check bit.
    pub fn summands(&self, check_bit: u32) -> &[u32] {
        &self.0.encoder.summands[check_bit as usize]
    }

    /// Calls `each` with the check bits of one word after the other: the data are the first `len_bits` bits of `bytes`
    /// (their order: [`flip_core::Bits`]), cut into words; zeros fill the last word up.
    ///
    /// Fast where words are whole bytes.
    ///
    /// # Errors
    /// [`LengthError`] unless `bytes` is just long enough to hold them.
    pub fn encode_all(
        &self,
        bytes: &[u8],
        len_bits: u64,
        mut each: impl FnMut(u32),
    ) -> Result<(), LengthError> {
        Bits::with_len(bytes, len_bits)?;
        let word_bits = u64::from(self.data_bits());
        let mut done_bits = 0;
        if word_bits.is_multiple_of(8) {
            done_bits = len_bits / word_bits * word_bits;
            self.0.encoder.words(&bytes[..(done_bits / 8) as usize], &mut each);
        }
        while done_bits < len_bits {
            let bits = word_bits.min(len_bits - done_bits);
            each(self.0.encoder.of_limbs(limbs(bytes, done_bits, bits)));
            done_bits += bits;
        }
        Ok(())
    }
}

/// `len_bits` bits of `bytes` from a bit on, as limbs, the last one filled up with zeros.
fn limbs(bytes: &[u8], first_bit: u64, len_bits: u64) -> impl Iterator<Item = u64> {
    (0..len_bits).step_by(64).map(move |done_bits| {
        let start = first_bit + done_bits;
        let tail = &bytes[(start / 8) as usize..];
        let window = tail.first_chunk().copied().unwrap_or_else(|| {
            let mut window = [0; 16];
            window[..tail.len()].copy_from_slice(tail);
            window
        });
        let spare = 64 - (len_bits - done_bits).min(64);
        (u128::from_le_bytes(window) >> (start % 8)) as u64 & (u64::MAX >> spare)
    })
}
