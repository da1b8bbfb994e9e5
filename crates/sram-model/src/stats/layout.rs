//! What the order of cells on the die shows: halves of banks, copies, and neighbours on the floorplan.

use flip_core::{Purpose, Stream};
use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::dispersion::Unit;
use crate::fault::CellFault;
use crate::geometry::{Floorplan, Geometry};

const SHUFFLES: Purpose = Purpose::named("sram-model Moran permutations");
/// Permutations of a test of autocorrelation.
const PERMUTATIONS: u32 = 999;

/// Whether the halves of banks fail alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Halves {
    /// Faulty cells in the rows of the lower and of the upper half.
    pub rows: [u64; 2],
    /// Probability of such a difference or a greater one, if a fault lies in either half with the same probability.
    pub rows_p_value: f64,
    /// Physical columns with a fault in the left and in the right half of the columns. (Faults of one column come together.)
    pub columns: [u64; 2],
    /// The same for them.
    pub columns_p_value: f64,
    /// Rows with a fault whose left and right halves of cells fail alike, of all rows with a fault: nearly all where each
    /// cell is given twice.
    pub equal_halves: [u64; 2],
}

impl Halves {
    pub(super) fn of(geometry: Geometry, faults: &[CellFault], mux: u32) -> Self {
        let (mut rows, mut hit) = ([0; 2], Vec::new());
        let half = geometry.columns() / 2;
        for fault in faults {
            let at = geometry.address(fault.cell);
            // The middle line of an odd number belongs to neither.
            if let Some(side) = side(at.row, geometry.rows()) {
                rows[side] += 1;
            }
            if let Some(side) = side(at.column, geometry.columns()) {
                hit.push((Unit::PhysicalColumn { mux }.of(geometry, fault.cell), side));
            }
        }
        hit.sort_unstable();
        hit.dedup();
        let columns = [0, 1].map(|side| hit.iter().filter(|column| column.1 == side).count() as u64);

        let row_of = |fault: &CellFault| fault.cell / u64::from(geometry.columns());
        let mut equal_halves = [0; 2];
        for row in faults.chunk_by(|a, b| row_of(a) == row_of(b)) {
            let columns = || row.iter().map(|fault| geometry.address(fault.cell).column);
            let left = columns().filter(|&column| column < half);
            let right = columns()
                .filter(|&column| column >= geometry.columns() - half)
                .map(|column| column - (geometry.columns() - half));
            equal_halves[0] += u64::from(half > 0 && left.eq(right));
            equal_halves[1] += 1;
        }
        Self { rows, rows_p_value: even(rows), columns, columns_p_value: even(columns), equal_halves }
    }

    /// Whether each cell seems to be given twice: at least ten rows with faults, nine in ten of them alike in both halves.
    pub fn is_doubled(&self) -> bool {
        let [equal, all] = self.equal_halves;
        all >= 10 && equal * 10 >= all * 9
    }
}

fn side(index: u32, lines: u32) -> Option<usize> {
    if index < lines / 2 { Some(0) } else { (index >= lines.div_ceil(2)).then_some(1) }
}

/// The probability that a fair coin is as uneven, two-sided.
fn even([a, b]: [u64; 2]) -> f64 {
    match Binomial::new(0.5, a + b) {
        Ok(coin) if a != b => (2.0 * coin.cdf(a.min(b))).min(1.0),
        _ => 1.0,
    }
}

/// Whether banks that lie side by side on the die fail alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Autocorrelation {
    /// Moran's I (1950) of the faulty cells of banks: Σ over pairs of neighbours of (xᵢ − x̄)(xⱼ − x̄), on the mean, by the
    /// variance. 1 for neighbours that are all alike, −1/(banks − 1) of banks in random order.
    pub moran_i: f64,
    /// Pairs of neighbours: banks next to each other in a row or a column of sites.
    pub pairs: u64,
    /// The share of random orders of the banks that give as much or more: of 999, seeded, and this one.
    pub p_value: f64,
}

impl Autocorrelation {
    /// `None` without neighbours, or if all banks have as many faults.
    pub fn of(geometry: Geometry, faults: &[CellFault], plan: &Floorplan) -> Option<Self> {
        let mut counts = vec![0.0; geometry.banks() as usize];
        faults.iter().for_each(|fault| counts[geometry.address(fault.cell).bank as usize] += 1.0);
        let pairs = neighbours(plan);
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        counts.iter_mut().for_each(|count| *count -= mean);
        let variance = counts.iter().map(|x| x * x).sum::<f64>() / counts.len() as f64;
        if pairs.is_empty() || variance == 0.0 {
            return None;
        }
        let moran = |order: &[f64]| {
            let sum: f64 = pairs.iter().map(|&(a, b)| order[a as usize] * order[b as usize]).sum();
            sum / pairs.len() as f64 / variance
        };
        let moran_i = moran(&counts);
        let mut stream = Stream::new(0, SHUFFLES, 0);
        let mut as_much = 1u32;
        for _ in 0..PERMUTATIONS {
            for last in (1..counts.len()).rev() {
                counts.swap(last, (stream.next_unit() * (last + 1) as f64) as usize);
            }
            as_much += u32::from(moran(&counts) >= moran_i);
        }
        let p_value = f64::from(as_much) / f64::from(PERMUTATIONS + 1);
        Some(Self { moran_i, pairs: pairs.len() as u64, p_value })
    }
}

/// Pairs of banks whose sites follow each other in a row or a column, in the least steps that the floorplan has there.
fn neighbours(plan: &Floorplan) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for by_row in [true, false] {
        let mut sites: Vec<(u32, u32, u32)> = plan
            .sites()
            .iter()
            .zip(0u32..)
            .map(|(&(x, y), bank)| if by_row { (y, x, bank) } else { (x, y, bank) })
            .collect();
        sites.sort_unstable();
        let in_line = |pair: &&[(u32, u32, u32)]| pair[0].0 == pair[1].0;
        let step = |pair: &[(u32, u32, u32)]| pair[1].1 - pair[0].1;
        let least = sites.windows(2).filter(in_line).map(step).min();
        let beside = |pair: &&[(u32, u32, u32)]| in_line(pair) && Some(step(pair)) == least;
        pairs.extend(sites.windows(2).filter(beside).map(|pair| (pair[0].2, pair[1].2)));
    }
    pairs
}
