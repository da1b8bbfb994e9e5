//! The numbers to know of a fault map: how many cells fail, where, and how unevenly.

use crate::counts::Counts;
use crate::fault::{FaultMap, FaultRates};
use crate::stats::Unit;

/// Numbers of a fault map. A *faulty cell* is one that ever fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The fault rates.
    pub rates: FaultRates,
    /// Faulty cells.
    pub faulty_cells: u64,
    /// Those with a flip probability of at least 0.9.
    pub persistent_cells: u64,
    /// The banks with faulty cells, ascending, and how many each has.
    pub by_bank: Vec<(u32, u64)>,
    /// The columns with the most faulty cells, worst first, at most [`WORST`]; those without are left out.
    pub worst_columns: Vec<LineCount>,
    /// The rows with the most faulty cells, likewise.
    pub worst_rows: Vec<LineCount>,
    /// How unevenly faulty cells spread over banks.
    pub bank_dispersion: Option<f64>,
    /// How unevenly they spread over columns, each of each bank counted as one.
    pub column_dispersion: Option<f64>,
    /// How unevenly they spread over rows, likewise.
    pub row_dispersion: Option<f64>,
}

/// The most lines that a summary names.
pub const WORST: usize = 10;

/// The faulty cells of a row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineCount {
    /// The bank that it lies in.
    pub bank: u32,
    /// Its number in the bank.
    pub index: u32,
    /// Its faulty cells.
    pub faulty_cells: u64,
}

impl Summary {
    /// Bit errors to expect in 10⁶ bytes of weights whose bits are half zeros, half ones: 8·10⁶ · p/2.
    pub fn expected_bit_errors_per_mb(&self) -> f64 {
        8e6 * self.rates.expected_ber()
    }
}

/// Summarises a fault map; time and memory go with its faults.
///
/// A dispersion is the variance of the counts divided by their mean (the variance over all units, not an estimate from
/// a sample): 1 for independent cells, more where faults cluster. It is `None` without faults or with one unit only.
pub fn summarise(map: &FaultMap) -> Summary {
    let geometry = map.geometry();
    let (rows, columns) = (geometry.rows(), geometry.columns());
    let counts = |unit: Unit| Counts::of(map.faults().iter().map(move |fault| unit.of(geometry, fault.cell)));

    let (by_bank, by_column, by_row) = (counts(Unit::Bank), counts(Unit::Column), counts(Unit::Row));

    Summary {
        rates: map.rates(),
        faulty_cells: map.faults().len() as u64,
        persistent_cells: map.faults().iter().filter(|fault| fault.flip.is_persistent()).count() as u64,
        by_bank: by_bank.units().map(|(bank, count)| (bank as u32, count)).collect(),
        worst_columns: worst(&by_column, columns),
        worst_rows: worst(&by_row, rows),
        bank_dispersion: by_bank.dispersion(Unit::Bank.count(geometry)),
        column_dispersion: by_column.dispersion(Unit::Column.count(geometry)),
        row_dispersion: by_row.dispersion(Unit::Row.count(geometry)),
    }
}

/// The lines with the most faulty cells, of arrays with this number of lines.
fn worst(counts: &Counts, lines: u32) -> Vec<LineCount> {
    let lines = u64::from(lines);
    let line = |(unit, faulty_cells)| LineCount {
        bank: (unit / lines) as u32,
        index: (unit % lines) as u32,
        faulty_cells,
    };
    counts.worst(WORST).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{CellFault, FlipProbability};
    use crate::geometry::Geometry;
    use crate::voltage::{Voltage, VoltageUnit};

    fn map(geometry: Geometry, cells: &[u64]) -> FaultMap {
        let flip = FlipProbability::new(1.0, 0.0).unwrap();
        let faults = cells.iter().map(|&cell| CellFault { cell, flip }).collect();
        FaultMap::from_sorted(geometry, VoltageUnit::Volt.of(Voltage::new(0.8).unwrap()), faults)
    }

    #[test]
    fn counts_by_bank_column_and_row_are_those_of_a_small_chip() {
        // Two banks of 2 × 2 cells; faults at bank 0 (0,1), (1,1) and bank 1 (0,0).
        let summary = summarise(&map(Geometry::new(2, 2, 2).unwrap(), &[1, 3, 4]));
        assert_eq!(summary.by_bank, [(0, 2), (1, 1)]);
        assert_eq!(summary.worst_columns[0], LineCount { bank: 0, index: 1, faulty_cells: 2 });
        assert_eq!(summary.worst_rows.len(), 3);
        // Counts 2 and 1: mean 1.5, variance 0.25. Columns 0, 2, 1, 0: mean 0.75, variance 0.6875. Rows 1, 1, 1, 0.
        assert!((summary.bank_dispersion.unwrap() - 0.25 / 1.5).abs() < 1e-12);
        assert!((summary.column_dispersion.unwrap() - 0.6875 / 0.75).abs() < 1e-12);
        assert!((summary.row_dispersion.unwrap() - 0.1875 / 0.75).abs() < 1e-12);
        assert!((summary.expected_bit_errors_per_mb() - 8e6 * 3.0 / 8.0 / 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_clean_chip_has_no_dispersion() {
        let summary = summarise(&map(Geometry::new(2, 2, 2).unwrap(), &[]));
        assert_eq!((summary.faulty_cells, summary.bank_dispersion), (0, None));
        assert!(summary.worst_columns.is_empty());
    }
}
