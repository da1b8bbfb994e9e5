//! Statistics of fault maps: how many cells fail, how, and how they lie together.
//!
//! A *faulty cell* is one that ever fails. Every statistic says its formula and what independent cells would give.

mod compare;
mod dispersion;
mod layout;
mod neighbours;
mod powerup;
mod probit;
mod proportion;
mod structure;
mod words;

pub use compare::{EqualityMethod, EqualityTest, correct_for_many, equality_tests};
pub use dispersion::{Dispersion, Unit};
pub use layout::{Autocorrelation, Halves};
pub use neighbours::{Neighbour, NeighbourFaults};
pub use powerup::{hamming_distance, powerup_ones};
pub use probit::{ProbitFit, fit_probit};
pub use proportion::Proportion;
pub use structure::RowBit;
pub use words::WordFaults;

use crate::fault::{FaultMap, FaultRates, flip_bin, recovered};
use serde::Serialize;

/// Statistics of one fault map.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MapStatistics {
    /// The fault rates.
    pub rates: FaultRates,
    /// Faulty cells of all cells.
    pub faulty: Proportion,
    /// Persistent ones (flip probability ≥ 0.9) of the faulty cells.
    pub persistent: Proportion,
    /// Faulty cells by flip probability, the greater of both directions, in tenths, see [`flip_bin`].
    pub flip_histogram: [u64; 10],
    /// Faulty cells that only read 1 (0→1), only read 0 (1→0), or do both.
    pub directions: [u64; 3],
    /// How they spread over banks, rows, columns and physical columns.
    pub spreads: [Dispersion; 4],
    /// P(fault | neighbour faulty), for each neighbour.
    pub neighbours: Vec<NeighbourFaults>,
    /// Faults that meet in words of 8 to 64 bits.
    pub words: Vec<WordFaults>,
    /// Whether the faults of columns agree in bits of the row.
    pub row_bits: Vec<RowBit>,
    /// Whether halves of banks fail alike, and whether each cell is given twice.
    pub halves: Halves,
}

impl MapStatistics {
    /// Time and memory go with the faults.
    pub fn of(map: &FaultMap) -> Self {
        let (geometry, faults) = (map.geometry(), map.faults());
        let mut flip_histogram = [0; 10];
        let mut directions = [0; 3];
        for fault in faults {
            let (p01, p10) = (fault.flip.p01(), fault.flip.p10());
            flip_histogram[flip_bin(p01.max(p10), 10)] += 1;
            directions[if p10 == 0.0 {
                0
            } else if p01 == 0.0 {
                1
            } else {
                2
            }] += 1;
        }
        let row_bits = RowBit::of(geometry, faults);
        let physical = Unit::PhysicalColumn { mux: structure::mux(&row_bits) };
        let spread = |unit| Dispersion::of(unit, geometry, faults);
        let count = faults.len() as u64;
        let persistent = faults.iter().filter(|fault| fault.flip.is_persistent()).count() as u64;
        Self {
            rates: map.rates(),
            faulty: Proportion { count, trials: geometry.cells() },
            persistent: Proportion { count: persistent, trials: count },
            flip_histogram,
            directions,
            spreads: [Unit::Bank, Unit::Row, Unit::Column, physical].map(spread),
            neighbours: Neighbour::ALL.map(|place| NeighbourFaults::of(place, geometry, faults)).into(),
            words: WordFaults::WIDTHS.map(|bits| WordFaults::of(bits, geometry, faults)).into(),
            halves: Halves::of(geometry, faults, structure::mux(&row_bits)),
            row_bits,
        }
    }
}

/// What becomes of the faulty cells of one voltage at the next lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Inclusion {
    /// Of the cells that are faulty at the higher voltage, those that are at the lower one, too: all of them in a nested
    /// profile. The others flicker.
    pub kept: Proportion,
    /// Cells that are faulty at the lower voltage only.
    pub new: u64,
}

impl Inclusion {
    /// From the map of a higher voltage to that of a lower one of the same chip.
    pub fn between(higher: &FaultMap, lower: &FaultMap) -> Self {
        let trials = higher.faults().len() as u64;
        let kept = Proportion { count: trials - recovered(higher.faults(), lower.faults()), trials };
        Self { kept, new: lower.faults().len() as u64 - kept.count }
    }
}

/// Whether the faults of columns prefer one of their halves.
pub(crate) fn has_half_columns(statistics: &MapStatistics) -> bool {
    let bits = &statistics.row_bits;
    let beyond_mux = |top: &&RowBit| top.bit >= structure::mux(bits).trailing_zeros();
    bits.last().filter(beyond_mux).is_some_and(|top| top.selects(bits.len()))
}

/// Physical columns of a logical one, as the faults of a map show them.
pub(crate) fn mux_of(statistics: &MapStatistics) -> u32 {
    structure::mux(&statistics.row_bits)
}

#[cfg(test)]
mod tests;
