//! What became of a read.

use flip_core::SparseMask;
use serde::{Deserialize, Serialize};

use super::raw::Raw;
use crate::memory::code::Outcome;
use crate::memory::killi::{LineCounts, Misses};

/// One read of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The bits of the image that the network sees wrong.
    pub errors: SparseMask,
    /// Bits of the weights of each tensor that are expected to read wrong, before anything is corrected.
    pub expected: Vec<f64>,
    /// What happened in each region.
    pub regions: Vec<ReadCounts>,
}

/// Words with a wrong bit, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// All bits are right now.
    pub corrected: u64,
    /// Known to be wrong.
    pub detected: u64,
    /// The code made other bits wrong.
    pub miscorrected: u64,
    /// Wrong, and nothing shows it.
    pub undetected: u64,
}

impl Outcomes {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Clean => {}
            Outcome::Corrected => self.corrected += 1,
            Outcome::Detected => self.detected += 1,
            Outcome::Miscorrected => self.miscorrected += 1,
            Outcome::Undetected => self.undetected += 1,
        }
    }

    /// Words with a wrong bit.
    pub fn all(self) -> u64 {
        self.corrected + self.detected + self.silent()
    }

    /// Words that are wrong without anybody knowing.
    pub fn silent(self) -> u64 {
        self.miscorrected + self.undetected
    }
}

impl std::ops::AddAssign for Outcomes {
    fn add_assign(&mut self, other: Self) {
        self.corrected += other.corrected;
        self.detected += other.detected;
        self.miscorrected += other.miscorrected;
        self.undetected += other.undetected;
    }
}

/// What happened in a region, or in all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadCounts {
    /// Faulty cells that hold bits, check bits among them.
    pub faults_hit: u64,
    /// Cells that read wrong, check bits among them, before anything is corrected.
    pub raw_bit_errors: u64,
    /// Bits of weights that are expected to read wrong, before anything is corrected.
    pub expected_bit_errors: f64,
    /// Words of a code with a wrong bit.
    pub words: Outcomes,
    /// Bits that a detector flagged.
    pub flagged_bits: u64,
    /// Words that were read again.
    pub reread_words: u64,
    /// Words of cells that are not used, in one copy of a region.
    pub disabled_words: u64,
    /// Words that are stored inverted.
    pub inverted_words: u64,
    /// Words that come from a small memory that does not fail.
    pub patched_words: u64,
    /// What is known of lines whose faults are found by reads (Killi); none without such lines.
    pub lines: Option<LinesRead>,
}

impl std::ops::AddAssign for ReadCounts {
    fn add_assign(&mut self, other: Self) {
        self.faults_hit += other.faults_hit;
        self.raw_bit_errors += other.raw_bit_errors;
        self.expected_bit_errors += other.expected_bit_errors;
        self.words += other.words;
        self.flagged_bits += other.flagged_bits;
        self.reread_words += other.reread_words;
        self.disabled_words += other.disabled_words;
        self.inverted_words += other.inverted_words;
        self.patched_words += other.patched_words;
        if let Some(lines) = other.lines {
            *self.lines.get_or_insert_default() += lines;
        }
    }
}

/// Lines whose faults are found by reads, after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesRead {
    /// Lines by state.
    pub states: LineCounts,
    /// Lines that were fetched from memory that does not fail, by why.
    pub misses: Misses,
    /// Lines that are wrong without anybody knowing.
    pub silent: u64,
}

impl std::ops::AddAssign for LinesRead {
    fn add_assign(&mut self, other: Self) {
        self.states += other.states;
        self.misses += other.misses;
        self.silent += other.silent;
    }
}

impl ReadCounts {
    pub(super) fn of(raw: &Raw) -> Self {
        Self {
            faults_hit: raw.faults,
            raw_bit_errors: raw.wrong.len() as u64,
            disabled_words: raw.disabled_words,
            inverted_words: raw.inverted_words,
            patched_words: raw.patched_words,
            expected_bit_errors: raw.expected.iter().fold(0.0, |sum, (_, bits)| sum + bits),
            ..Self::default()
        }
    }
}

impl Read {
    /// What happened in all regions together.
    pub fn counts(&self) -> ReadCounts {
        let mut all = ReadCounts::default();
        self.regions.iter().for_each(|region| all += *region);
        all
    }

    /// Bits of weights that are expected to read wrong, before anything is corrected.
    pub fn expected_bit_errors(&self) -> f64 {
        // A sum of nothing is -0.
        self.expected.iter().fold(0.0, |sum, bits| sum + bits)
    }
}
