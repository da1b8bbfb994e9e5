//! The shared parts of columns and of their halves, given that of banks, by maximum likelihood.
//!
//! Given what its bank and itself have drawn, s, a column's halves of n cells are independent: the probability of k faults in one
//! is g(k, s), the integral over the half's normal number of a binomial. That of a column is the integral over s of
//! g(k₁, s)·g(k₂, s), s being normal with the variance of bank and column. (Banks enter as part of the columns: of two columns
//! of a bank nothing is learned here, which the fit of banks has done.)

use rayon::prelude::*;

use super::MOSTLY;
use super::integral::{grid, log_binomial_sum};
use super::progress::{FitStage, Watch};
use super::search::{maximise, standard_error};
use super::structure::{MOST_SHARED, settle};
use crate::fault::FaultMap;
use crate::model::FitNotes;
use crate::normal;
use crate::stats::Unit;

/// What a column has drawn is tabulated in these steps, up to this many deviations.
const STEP: f64 = 0.1;
const REACH: f64 = 6.5;

/// The columns of a chip, by the faults in their halves.
struct Columns {
    /// Cells of a half.
    cells: f64,
    /// The quantile of the share of faulty cells.
    threshold: f64,
    /// Distinct counts of a half, ascending; 0 first.
    counts: Vec<u32>,
    /// Indices into `counts` of both halves, and how many columns have them.
    kinds: Vec<([usize; 2], f64)>,
}

/// Finds both parts.
pub(super) fn half_columns(
    map: &FaultMap,
    mux: u32,
    bank: f64,
    column: f64,
    notes: &mut FitNotes,
    watch: &Watch,
) -> (f64, f64) {
    let columns = Columns::of(map, mux);
    // Four rounds of two searches, and what is said of them.
    let watch = watch.stage(FitStage::Halves, 4 * 2 * 17 + 40);
    let likelihood = |whole, half| {
        watch.tick();
        columns.likelihood(whole, half)
    };
    let (mut whole, mut half) = (column, 0.0);
    for _ in 0..4 {
        half = maximise(0.0, MOST_SHARED - bank - whole, 1e-3, |half| likelihood(bank + whole, half));
        whole = maximise(0.0, MOST_SHARED - bank - half, 1e-3, |whole| likelihood(bank + whole, half));
    }
    let half = settle("half_column", half, notes, |half| likelihood(bank + whole, half));
    if half == 0.0 {
        return (column, 0.0);
    }
    let error = standard_error(whole, 0.02, |whole| likelihood(bank + whole, half));
    let error = error.map_or_else(|| "unknown".to_owned(), |error| format!("{error:.3}"));
    notes.found.push(format!(
        "shared.column, without its halves: {whole:.3}, standard error {error}, maximum likelihood"
    ));
    (whole, half)
}

impl Columns {
    fn of(map: &FaultMap, mux: u32) -> Self {
        let map = map.flipping_from(MOSTLY);
        let (geometry, unit) = (map.geometry(), Unit::PhysicalColumn { mux });
        let mut faults: Vec<(u64, bool)> = map
            .faults()
            .iter()
            .map(|fault| {
                let upper = geometry.address(fault.cell).row >= geometry.rows().div_ceil(2);
                (unit.of(geometry, fault.cell), upper)
            })
            .collect();
        faults.sort_unstable();
        let mut pairs: Vec<[u32; 2]> = faults
            .chunk_by(|one, other| one.0 == other.0)
            .map(|column| {
                let upper = column.iter().filter(|fault| fault.1).count() as u32;
                // Which half is which says nothing.
                let lower = column.len() as u32 - upper;
                [lower.min(upper), lower.max(upper)]
            })
            .collect();
        let clean = unit.count(geometry) as f64 - pairs.len() as f64;
        let mut counts: Vec<u32> = pairs.iter().flatten().copied().chain([0]).collect();
        counts.sort_unstable();
        counts.dedup();
        let index = |count: u32| counts.partition_point(|&other| other < count);
        pairs.sort_unstable();
        let mut kinds: Vec<([usize; 2], f64)> = pairs
            .chunk_by(|one, other| one == other)
            .map(|same| (same[0].map(index), same.len() as f64))
            .collect();
        kinds.push(([0, 0], clean));
        let share = map.faults().len() as f64 / geometry.cells() as f64;
        Self {
            cells: f64::from(geometry.rows() / mux.min(geometry.rows())) / 2.0,
            threshold: -normal::quantile(share.clamp(1e-12, 0.5)),
            counts,
            kinds,
        }
    }

    /// The log of the likelihood, of the variance that a column's cells share and of that which halves add.
    fn likelihood(&self, whole: f64, half: f64) -> f64 {
        let own = (1.0 - whole - half).sqrt();
        let step = (1.2 * own / half.max(1e-9).sqrt() / self.cells.sqrt()).clamp(0.02, 0.2);
        let halves = if half > 0.0 { grid(step) } else { vec![(0.0, 1.0)] };
        // A column's draws, and for each the log of the probability of every count of a half.
        let nodes = (REACH / STEP) as i32;
        let table: Vec<(f64, Vec<f64>)> = (-nodes..=nodes)
            .into_par_iter()
            .map(|node| {
                let number = f64::from(node) * STEP;
                let shifted = whole.sqrt() * number - self.threshold;
                let log_weight = (normal::density(number) * STEP).ln();
                (log_weight, self.of_half(shifted, half.sqrt(), own, &halves))
            })
            .collect();
        let of_column = |&([one, other], many): &([usize; 2], f64)| {
            let logs = || table.iter().map(|(weight, g)| weight + g[one] + g[other]);
            let most = logs().fold(f64::NEG_INFINITY, f64::max);
            many * (most + logs().map(|log| (log - most).exp()).sum::<f64>().ln())
        };
        self.kinds.iter().map(of_column).sum()
    }

    /// ln g(k, s) for every count, `shifted` being s less the threshold, without the number of ways to choose k cells.
    fn of_half(&self, shifted: f64, weight: f64, own: f64, halves: &[(f64, f64)]) -> Vec<f64> {
        let nodes: Vec<(f64, f64, f64)> = halves
            .iter()
            .map(|&(number, node)| {
                let q = normal::cdf((shifted + weight * number) / own).clamp(1e-300, 1.0 - 1e-15);
                (node, q.ln(), (-q).ln_1p())
            })
            .collect();
        let of_count = |&count: &u32| {
            let count = f64::from(count);
            log_binomial_sum(count, self.cells.max(count), &[&nodes])
        };
        self.counts.iter().map(of_count).collect()
    }
}
