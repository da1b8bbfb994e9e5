//! Repair: the spare lines of a bank take the place of its worst.

use std::collections::HashMap;

use serde::Serialize;

use crate::fault::{CellFault, FaultMap};
use crate::geometry::{CellAddress, Geometry};

/// Spare lines of a bank, which take the place of those with the most flip probability. They are free of faults, and are
/// chosen anew at each voltage: the worst line that a spare is left for, again and again.
///
/// ```
/// use sram_model::{Between, STORED, Spares};
/// let map = STORED[1].open()?.at("0.8 V/Vmin".parse()?, Between::NextLower)?;
/// let repaired = Spares { rows: 1, columns: 4 }.repair(&map);
/// assert!(repaired.rates().p() < map.rates().p());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spares {
    /// Spare rows.
    pub rows: u32,
    /// Spare columns.
    pub columns: u32,
}

/// The lines of a chip that spares replace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReplacedLines {
    banks: Vec<BankLines>,
}

/// Lines of a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BankLines {
    /// The bank.
    pub bank: u32,
    /// Its rows, ascending.
    pub rows: Vec<u32>,
    /// Its columns, ascending.
    pub columns: Vec<u32>,
}

impl ReplacedLines {
    /// The banks of which a line is replaced, ascending, with these lines.
    pub fn banks(&self) -> &[BankLines] {
        &self.banks
    }

    /// Whether the cell lies on one of the lines.
    pub fn contains(&self, cell: CellAddress) -> bool {
        let bank = self.banks.binary_search_by_key(&cell.bank, |lines| lines.bank);
        bank.is_ok_and(|at| {
            let lines = &self.banks[at];
            lines.rows.binary_search(&cell.row).is_ok() || lines.columns.binary_search(&cell.column).is_ok()
        })
    }
}

impl Spares {
    /// The lines that spares replace in the banks of a chip with these faults. A line without a fault is left as it is.
    pub fn replaced(self, map: &FaultMap) -> ReplacedLines {
        let lines = repaired(map, self).map(|(bank, repaired)| repaired.lines(bank));
        ReplacedLines {
            banks: lines.filter(|lines| !lines.rows.is_empty() || !lines.columns.is_empty()).collect(),
        }
    }

    /// The map without the faults on lines that spares replace.
    #[must_use]
    pub fn repair(self, map: &FaultMap) -> FaultMap {
        let (replaced, geometry) = (self.replaced(map), map.geometry());
        map.filtered(|fault| !replaced.contains(geometry.address(fault.cell)))
    }

    /// The flip probabilities of both directions of each bank's cells, summed, without the lines that spares replace.
    pub(crate) fn left_of_banks(self, map: &FaultMap) -> Vec<f64> {
        let mut sums = vec![0.0; map.geometry().banks() as usize];
        for (bank, repaired) in repaired(map, self) {
            // An empty sum of floats is −0.0; `+ 0.0` makes it 0.
            sums[bank as usize] = repaired.cells.iter().map(|cell| cell.p).sum::<f64>() + 0.0;
        }
        sums
    }
}

/// Each bank that has faults, repaired.
fn repaired(map: &FaultMap, spares: Spares) -> impl Iterator<Item = (u32, Bank)> {
    let bank_of = |fault: &CellFault, geometry: Geometry| geometry.address(fault.cell).bank;
    let geometry = map.geometry();
    map.faults().chunk_by(move |a, b| bank_of(a, geometry) == bank_of(b, geometry)).map(move |faults| {
        let mut bank = Bank::new(faults, geometry);
        bank.repair(spares);
        (bank_of(&faults[0], geometry), bank)
    })
}

/// A faulty cell of a bank.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    row: u32,
    column: u32,
    /// Its flip probabilities of both directions, added.
    p: f64,
}

/// The faulty cells of a bank, and the lines that spares took the place of.
struct Bank {
    cells: Vec<Cell>,
    rows: Vec<u32>,
    columns: Vec<u32>,
}

impl Bank {
    fn new(faults: &[CellFault], geometry: Geometry) -> Self {
        let cell = |fault: &CellFault| {
            let CellAddress { row, column, .. } = geometry.address(fault.cell);
            Cell { row, column, p: f64::from(fault.flip.p01()) + f64::from(fault.flip.p10()) }
        };
        Self { cells: faults.iter().map(cell).collect(), rows: Vec::new(), columns: Vec::new() }
    }

    /// Replaces the worst line that a spare is left for until none is left, of spares or of faults.
    fn repair(&mut self, spares: Spares) {
        let (mut rows, mut columns) = (spares.rows, spares.columns);
        if rows == 0 && columns == 0 {
            return;
        }
        let (mut by_row, mut by_column) = (HashMap::new(), HashMap::new());
        for cell in &self.cells {
            *by_row.entry(cell.row).or_insert(0.0) += cell.p;
            *by_column.entry(cell.column).or_insert(0.0) += cell.p;
        }
        while (rows > 0 || columns > 0) && !self.cells.is_empty() {
            let row = (rows > 0).then(|| worst(&by_row)).flatten();
            let column = (columns > 0).then(|| worst(&by_column)).flatten();
            match (row, column) {
                (Some((row, weight)), other) if other.is_none_or(|other| weight > other.1) => {
                    rows -= 1;
                    self.cells.retain(|cell| cell.row != row || take(&mut by_column, cell.column, cell.p));
                    by_row.remove(&row);
                    self.rows.push(row);
                }
                (_, Some((column, _))) => {
                    columns -= 1;
                    self.cells.retain(|cell| cell.column != column || take(&mut by_row, cell.row, cell.p));
                    by_column.remove(&column);
                    self.columns.push(column);
                }
                _ => break,
            }
        }
    }

    fn lines(mut self, bank: u32) -> BankLines {
        self.rows.sort_unstable();
        self.columns.sort_unstable();
        BankLines { bank, rows: self.rows, columns: self.columns }
    }
}

/// Takes a removed cell from the sum of its other line.
fn take(sums: &mut HashMap<u32, f64>, line: u32, p: f64) -> bool {
    sums.entry(line).and_modify(|sum| *sum -= p);
    false
}

/// The line with the most flip probability, the first of equals.
fn worst(sums: &HashMap<u32, f64>) -> Option<(u32, f64)> {
    let lines = sums.iter().map(|(&line, &sum)| (line, sum));
    lines.reduce(
        |best, next| if next.1 > best.1 || (next.1 == best.1 && next.0 < best.0) { next } else { best },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FlipProbability;
    use crate::profile::{Between, STORED};

    /// A map of 2 banks of 16 × 16 cells with faults (bank, row, column, p).
    fn map(faults: &[(u32, u32, u32, f32)]) -> FaultMap {
        let geometry = Geometry::new(2, 16, 16).unwrap();
        let fault = |&(bank, row, column, p): &(u32, u32, u32, f32)| CellFault {
            cell: geometry.cell(CellAddress { bank, row, column }).unwrap(),
            flip: FlipProbability::new(p, 0.0).unwrap(),
        };
        FaultMap::new(geometry, "0.8 V".parse().unwrap(), faults.iter().map(fault).collect()).unwrap()
    }

    #[test]
    fn spares_take_the_worst_lines() {
        let weak = [(0, 0, 5, 1.0), (0, 1, 5, 1.0), (0, 2, 5, 1.0), (0, 7, 0, 0.625), (0, 7, 1, 0.625)];
        let rest = [(0, 9, 9, 0.125), (1, 3, 3, 0.5)];
        let all = map(&[&weak[..], &rest].concat());
        assert_eq!(Spares::default().repair(&all), all);
        assert!(Spares::default().replaced(&all).banks().is_empty());
        let one = Spares { rows: 0, columns: 1 };
        assert_eq!(one.repair(&all), map(&[&weak[3..], &rest[..1]].concat()));
        let both = Spares { rows: 1, columns: 1 };
        assert_eq!(both.repair(&all), map(&rest[..1]));
        let lines = |bank, rows: &[u32], columns: &[u32]| BankLines {
            bank,
            rows: rows.to_vec(),
            columns: columns.to_vec(),
        };
        assert_eq!(both.replaced(&all).banks(), [lines(0, &[7], &[5]), lines(1, &[], &[3])]);
        assert!(both.replaced(&all).contains(CellAddress { bank: 0, row: 7, column: 12 }));
        assert!(!both.replaced(&all).contains(CellAddress { bank: 1, row: 7, column: 5 }));
        let many = Spares { rows: 5, columns: 5 };
        assert!(many.repair(&all).faults().is_empty());
        assert!(many.left_of_banks(&all).iter().all(|sum| *sum == 0.0 && sum.is_sign_positive()));
        // Lines without faults need no spare.
        assert_eq!(many.replaced(&all).banks(), [lines(0, &[7], &[5, 9]), lines(1, &[], &[3])]);
    }

    #[test]
    fn what_is_left_of_banks_is_the_repaired_map() {
        let profile = STORED[1].open().unwrap();
        let map = profile.at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
        let geometry = map.geometry();
        for (rows, columns) in [(0, 0), (3, 0), (0, 4), (2, 6), (1 << 20, 1)] {
            let spares = Spares { rows, columns };
            let (repaired, left) = (spares.repair(&map), spares.left_of_banks(&map));
            let mut sums = vec![0.0; left.len()];
            for fault in repaired.faults() {
                let sum: &mut f64 = &mut sums[geometry.address(fault.cell).bank as usize];
                *sum += f64::from(fault.flip.p01()) + f64::from(fault.flip.p10());
            }
            assert_eq!(sums, left);
            let p = left.iter().sum::<f64>() / geometry.cells() as f64;
            assert!((repaired.rates().p() - p).abs() < 1e-12);
            for lines in spares.replaced(&map).banks() {
                assert!(lines.rows.len() as u32 <= rows && lines.columns.len() as u32 <= columns);
                assert!(lines.rows.is_sorted_by(|a, b| a < b) && lines.columns.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
