//! What finds wrong bits, and what becomes of what was found.

use serde::{Deserialize, Serialize};

use crate::memory::killi::Eviction;

/// What finds out which single bits are wrong (Reagen et al., "Minerva", ISCA 2016).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Detector {
    /// A list of the faulty cells, as profiled: each of their bits is flagged in every read, wrong or not.
    Profile {},
    /// Circuits at each column that sample twice, as Razor does.
    Razor {
        /// The probability that a wrong bit is flagged.
        #[serde(default = "one")]
        detection: f64,
        /// The probability that a right bit is flagged.
        #[serde(default)]
        false_alarm: f64,
    },
}

/// Lines of 64 bytes whose faults are found while memory is read, see [`killi`](crate::memory::killi). Each read of the memory stands for so
/// many reads of its lines after the voltage was set, of which the last is what the network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lines64 {
    /// Lines for each entry of the ECC cache; 0 for no such cache.
    pub lines_per_entry: u32,
    /// Entries of a set of the ECC cache.
    pub ways: u32,
    /// What becomes of a line that loses its entry.
    pub eviction: Eviction,
    /// Reads of the lines, the first of which loads them.
    pub reads: u32,
}

impl Default for Lines64 {
    fn default() -> Self {
        Self { lines_per_entry: 16, ways: 4, eviction: Eviction::Classify, reads: 4 }
    }
}

fn one() -> f64 {
    1.0
}

/// What becomes of a word that a code found to be wrong, or of bits that a detector flagged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDetected {
    /// It is used as it was read.
    #[default]
    Keep,
    /// All weights with a bit in the word become 0 (of codes that have no 0: the code nearest to it).
    ZeroWord,
    /// The weights with a flagged bit become 0; of a code all weights with a bit in the word. Minerva's word masking.
    ZeroWeights,
    /// Flagged bits become the sign bit; a weight whose sign bit is flagged becomes 0, and so does any flagged weight of codes
    /// that are no two's complement. Minerva's bit masking.
    MaskBits,
    /// The word is read again, from memory that does not fail.
    Reread,
}

impl OnDetected {
    /// Whether weights become 0.
    pub(in crate::memory) fn makes_zeros(self) -> bool {
        matches!(self, Self::ZeroWord | Self::ZeroWeights | Self::MaskBits)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::ZeroWord => "zero-word",
            Self::ZeroWeights => "zero-weights",
            Self::MaskBits => "mask-bits",
            Self::Reread => "reread",
        }
    }
}
