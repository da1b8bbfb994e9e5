//! The shared part of rows: from the pairs of faults in one row.

use super::MOSTLY;
use super::search::maximise;
use crate::fault::FaultMap;
use crate::geometry::CellAddress;
use crate::model::{FitNotes, Shared};
use crate::normal;

/// Finds the part r of the variance that a row's cells share, given those of banks and columns: two cells of different
/// columns of one bank fail together with probability Φ₂(t, t; b), and Φ₂(t, t; b + r) if they share the row. What the
/// columns of this chip have is known, so of X pairs of faults in different columns X·(pairs of cells in one row)/(pairs of
/// cells) are expected in one row; r is where the ratio of found to expected is Φ₂(b + r)/Φ₂(b), or 0 if the excess is
/// within two standard errors √expected.
pub(super) fn fit(map: &FaultMap, shared: Shared, notes: &mut FitNotes) -> f64 {
    let map = map.flipping_from(MOSTLY);
    let geometry = map.geometry();
    if geometry.rows() < 2 || geometry.columns() < 2 {
        notes
            .not_identified
            .push("shared.row: the profile has no two cells in one row and column; 0 is assumed".into());
        return 0.0;
    }
    let (found, expected) = pairs_in_rows(&map, shared.column_mux.min(geometry.rows()) as usize);
    let share = map.faults().len() as f64 / geometry.cells() as f64;
    let error = expected.max(1.0).sqrt();
    if found <= expected + 2.0 * error {
        notes.found.push(format!(
            "shared.row: none found; {found:.0} pairs of faults lie in one row, {expected:.1} are expected of rows that \
             share nothing"
        ));
        return 0.0;
    }
    let t = -normal::quantile(share.clamp(1e-12, 0.5));
    let ratio = found / expected;
    let none = both_fail(t, shared.bank);
    let room = 0.95 - shared.bank - shared.column - shared.half_column;
    let row =
        maximise(0.0, room.max(0.0), 1e-4, |row| -(both_fail(t, shared.bank + row) / none - ratio).abs());
    // The error of a count of pairs, as of a Poisson number, through the same relation.
    let more = (found + found.sqrt()) / expected;
    let above =
        maximise(0.0, room.max(0.0), 1e-4, |row| -(both_fail(t, shared.bank + row) / none - more).abs());
    notes.found.push(format!(
        "shared.row: {row:.3}, standard error {:.3}, from {found:.0} pairs of faults in one row where {expected:.1} are \
         expected of rows that share nothing",
        above - row
    ));
    row
}

/// The pairs of faults in one row, found and expected.
fn pairs_in_rows(map: &FaultMap, mux: usize) -> (f64, f64) {
    let geometry = map.geometry();
    let (mut found, mut expected) = (0.0, 0.0);
    for bank in map.faults().chunk_by(|a, b| geometry.address(a.cell).bank == geometry.address(b.cell).bank) {
        // Pairs of different columns of those rows that the same physical columns have.
        let mut cells: Vec<(usize, CellAddress)> = bank
            .iter()
            .map(|fault| geometry.address(fault.cell))
            .map(|at| (at.row as usize % mux, at))
            .collect();
        cells.sort_by_key(|cell| cell.0);
        for cells in cells.chunk_by(|a, b| a.0 == b.0) {
            let all = pairs(cells.len() as u64) - pairs_of(cells, |at| at.column);
            let rows = (geometry.rows() as usize - cells[0].0).div_ceil(mux);
            found += pairs_of(cells, |at| at.row);
            expected += all / rows as f64;
        }
    }
    (found, expected)
}

/// Pairs of n things.
fn pairs(n: u64) -> f64 {
    (n * n.saturating_sub(1) / 2) as f64
}

/// Pairs of cells of the same unit.
fn pairs_of(cells: &[(usize, CellAddress)], unit: fn(CellAddress) -> u32) -> f64 {
    let mut units: Vec<u32> = cells.iter().map(|cell| unit(cell.1)).collect();
    units.sort_unstable();
    units.chunk_by(|a, b| a == b).map(|same| pairs(same.len() as u64)).sum()
}

/// P(both of two normal numbers of this correlation are above t), see [`structure`](super::structure()).
pub(super) fn both_fail(t: f64, correlation: f64) -> f64 {
    let step = 0.02;
    (-400..=400)
        .map(|i| {
            let u = f64::from(i) * step;
            let above = normal::cdf((correlation.sqrt() * u - t) / (1.0 - correlation).sqrt());
            normal::density(u) * above * above * step
        })
        .sum()
}
