//! How a memory of lines is made.

use serde::{Deserialize, Serialize};

/// Most ways of the ECC cache.
pub const MAX_WAYS: u32 = 64;

/// How a memory of lines is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KilliOptions {
    /// Lines for each entry of the ECC cache: 16 to 256 in the paper. 1 has an entry for each line, 0 has no ECC cache.
    pub lines_per_entry: u32,
    /// Entries of a set of the ECC cache.
    pub ways: u32,
    /// What becomes of a line that loses its entry.
    pub eviction: Eviction,
}

/// What becomes of a line that loses its entry in the ECC cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// It is lost, and is fetched anew. Where lines are read in turn, nothing is learnt of a set that has more unknown lines than
    /// ways: each is lost before it is read again.
    #[default]
    Lose,
    /// One of which nothing is known is read first, as its bits are in the read that evicts it. If it is clean, it stays.
    Classify,
}

impl Default for KilliOptions {
    /// An entry for 16 lines, in sets of 4.
    fn default() -> Self {
        Self { lines_per_entry: 16, ways: 4, eviction: Eviction::default() }
    }
}
