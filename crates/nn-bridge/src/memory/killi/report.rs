//! What became of a read.

use serde::{Deserialize, Serialize};

use super::wrong::WrongInLine;
use super::{LINE_BITS, LineState};

/// One read of all lines. Each line is in one of `clean`, `corrected`, `silent` and `misses`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KilliRead {
    /// Data bits that the network sees wrong, ascending.
    pub errors: Vec<u64>,
    /// Data bits that the code inverted, ascending: the faults that it found, and sometimes a bit that was right.
    pub inverted: Vec<u64>,
    /// Lines that no data bit was wrong in.
    pub clean: u64,
    /// Lines whose wrong bit was corrected.
    pub corrected: u64,
    /// Lines that are wrong without anybody knowing.
    pub silent: u64,
    /// Lines that were fetched from memory that does not fail.
    pub misses: Misses,
    /// Lines by their state after the read.
    pub lines: LineCounts,
}

/// Lines that were fetched, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misses {
    /// They held nothing yet.
    pub load: u64,
    /// Other lines took their place in the ECC cache.
    pub evicted: u64,
    /// Their parity was wrong, and they had been clean.
    pub detected: u64,
    /// Two or more faults were found, now.
    pub found: u64,
    /// They had been found to have two or more faults.
    pub disabled: u64,
}

/// Lines by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// No fault was seen.
    pub clean: u64,
    /// Nothing is known.
    pub unknown: u64,
    /// One fault was seen.
    pub one_fault: u64,
    /// They are not used.
    pub disabled: u64,
}

impl std::ops::AddAssign for Misses {
    fn add_assign(&mut self, other: Self) {
        self.load += other.load;
        self.evicted += other.evicted;
        self.detected += other.detected;
        self.found += other.found;
        self.disabled += other.disabled;
    }
}

impl std::ops::AddAssign for LineCounts {
    fn add_assign(&mut self, other: Self) {
        self.clean += other.clean;
        self.unknown += other.unknown;
        self.one_fault += other.one_fault;
        self.disabled += other.disabled;
    }
}

impl Misses {
    /// All of them.
    pub fn all(self) -> u64 {
        self.load + self.evicted + self.detected + self.found + self.disabled
    }
}

impl LineCounts {
    pub(super) fn count(&mut self, state: LineState) {
        match state {
            LineState::Clean => self.clean += 1,
            LineState::Unknown => self.unknown += 1,
            LineState::OneFault => self.one_fault += 1,
            LineState::Disabled => self.disabled += 1,
        }
    }

    /// Lines that are in use.
    pub fn usable(self) -> u64 {
        self.clean + self.unknown + self.one_fault
    }

    /// The share of lines that are in use; of no lines, all.
    pub fn capacity(self) -> f64 {
        let all = self.usable() + self.disabled;
        if all == 0 { 1.0 } else { self.usable() as f64 / all as f64 }
    }
}

impl KilliRead {
    /// A line was taken for right, after this bit of it was inverted.
    pub(super) fn deliver(&mut self, in_line: WrongInLine<'_>, inverted: Option<u64>) {
        let inverted = inverted.map(|bit| u64::from(in_line.line) * LINE_BITS + bit);
        self.inverted.extend(inverted);
        let before = self.errors.len();
        self.errors.extend(in_line.data.iter().filter(|&&bit| Some(bit) != inverted));
        if let Some(bit) = inverted.filter(|bit| !in_line.data.contains(bit)) {
            let at = before + self.errors[before..].partition_point(|&error| error < bit);
            self.errors.insert(at, bit);
        }
        match (self.errors.len() > before, inverted) {
            (true, _) => self.silent += 1,
            (false, Some(_)) => self.corrected += 1,
            (false, None) => self.clean += 1,
        }
    }
}
