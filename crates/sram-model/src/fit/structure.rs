//! The shared parts of banks and columns, by maximum likelihood.
//!
//! Given the normal numbers B of a bank and C of a physical column of n cells, its faults are binomial with
//! q = Φ((√b·B + √c·C − t)/√(1 − b − c)), where t is the normal quantile that the share of faulty cells gives. The
//! likelihood of all counts is the product over banks of the integral over B of the product over columns of the integral
//! over C, by the trapezoidal rule. Where columns have directions, each has thresholds of its own.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::MOSTLY;
use super::direction::Split;
use super::integral::{grid, log_binomial_sum, log_integral};
use super::levels::mostly_by_direction;
use super::progress::Watch;
use super::search::{maximise, standard_error, upper_limit};
use crate::fault::FaultMap;
use crate::model::{DirectionUnit, FitNotes};
use crate::normal;
use crate::stats::Unit;

/// No part is sought above this: cells keep something for themselves.
pub(super) const MOST_SHARED: f64 = 0.95;
/// Twice the log of a likelihood ratio above this is significant at 5 % for a part that cannot be negative.
const SIGNIFICANT: f64 = 2.71;

pub(super) struct Structure {
    pub(super) bank: f64,
    pub(super) column: f64,
    /// The share of columns that fail from 0 to 1, with those that show no fault; `None` if columns have no direction.
    pub(super) share_0to1: Option<f64>,
}

/// The counts of physical columns.
struct Counts {
    /// Cells of a physical column.
    cells: f64,
    /// Distinct counts of columns with faults, with their direction if columns have one.
    distinct: Vec<(u32, usize)>,
    /// Kinds of banks. Banks with the same counts, whatever their order, are one kind: time goes with the faults, not with
    /// the banks.
    banks: Vec<Banks>,
    by_column: bool,
    /// For each direction its share of the cells or columns, and the quantile t; none if there is no such cell.
    directions: [Option<(f64, f64)>; 2],
    /// Step of the table over what banks have drawn; between its nodes log-likelihoods are interpolated.
    bank_step: f64,
}

/// Banks with the same counts.
struct Banks {
    /// Their columns with faults, as indices of `distinct`, ascending, each with how many there are.
    columns: Vec<(u32, f64)>,
    /// How many have none.
    without: f64,
    /// How many banks there are of the kind.
    number: f64,
}

/// Evaluations of the likelihood in a fit of [`Structure`] at most, about: rounds of searches for two parts, and what is said
/// of them.
pub(super) const MOST_EVALUATIONS: usize = 4 * 2 * 17 + 2 * 35;

impl Structure {
    pub(super) fn fit(map: &FaultMap, mux: u32, split: &Split, notes: &mut FitNotes, watch: &Watch) -> Self {
        let counts = Counts::of(map, mux, split);
        let likelihood = |bank, column| {
            watch.tick();
            counts.likelihood(bank, column)
        };
        let several = |n: usize, what: &str, notes: &mut FitNotes| {
            if n < 2 {
                notes.not_identified.push(format!("shared.{what}: the profile has one {what}; 0 is assumed"));
            }
            n >= 2
        };
        let banks = map.geometry().banks() as usize;
        let columns = map.geometry().columns() as usize * mux as usize;
        let has_columns = several(columns.saturating_mul(banks), "column", notes);
        let has_banks = several(banks, "bank", notes);

        let (mut bank, mut column) = (0.0, 0.0);
        for _ in 0..if has_banks && has_columns { 4 } else { 1 } {
            let before = (bank, column);
            if has_columns {
                column = maximise(0.0, MOST_SHARED - bank, 1e-3, |column| likelihood(bank, column));
            }
            if has_banks {
                bank = maximise(0.0, MOST_SHARED - column, 1e-3, |bank| likelihood(bank, column));
            }
            if f64::abs(bank - before.0) + f64::abs(column - before.1) < 2e-3 {
                break;
            }
        }
        if has_columns {
            let found = settle("column", column, notes, |column| likelihood(bank, column));
            if found == 0.0 && has_banks {
                // What was taken for the columns' may be the banks'.
                bank = maximise(0.0, MOST_SHARED, 1e-3, |bank| likelihood(bank, 0.0));
            }
            column = found;
        }
        if has_banks {
            bank = settle("bank", bank, notes, |bank| likelihood(bank, column));
        }
        Self { bank, column, share_0to1: counts.share_0to1(bank, column) }
    }
}

impl Counts {
    fn of(map: &FaultMap, mux: u32, split: &Split) -> Self {
        let (geometry, unit) = (map.geometry(), Unit::PhysicalColumn { mux });
        let by_column = split.unit == DirectionUnit::Column;
        let mut faults: Vec<(u64, usize)> = map
            .flipping_from(MOSTLY)
            .faults()
            .iter()
            .map(|fault| {
                let direction = fault.flip.direction().index();
                (unit.of(geometry, fault.cell), if by_column { direction } else { 0 })
            })
            .collect();
        faults.sort_unstable();
        let per_bank = unit.count(geometry) / u64::from(geometry.banks());
        let mut distinct: Vec<(u32, usize)> = Vec::new();
        let columns: Vec<(u64, (u32, usize))> = faults
            .chunk_by(|a, b| a.0 == b.0)
            .map(|column| {
                let zeros = column.iter().filter(|fault| fault.1 == 1).count();
                (column[0].0, (column.len() as u32, usize::from(2 * zeros > column.len())))
            })
            .collect();
        distinct.extend(columns.iter().map(|column| column.1));
        distinct.sort_unstable();
        distinct.dedup();
        let index = |count: (u32, usize)| distinct.partition_point(|other| *other < count) as u32;
        let mut kinds: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for bank in columns.chunk_by(|a, b| a.0 / per_bank == b.0 / per_bank) {
            let mut hit: Vec<u32> = bank.iter().map(|column| index(column.1)).collect();
            hit.sort_unstable();
            *kinds.entry(hit).or_default() += 1;
        }
        let clean = u64::from(geometry.banks()) - kinds.values().sum::<u64>();
        if clean > 0 {
            kinds.insert(Vec::new(), clean);
        }
        let banks = kinds.into_iter().map(|(hit, number)| Banks::of(&hit, number, per_bank)).collect();
        let shares = [split.share_0to1, 1.0 - split.share_0to1];
        let found = mostly_by_direction(map);
        let direction = |which: usize| {
            let rate = (found[which] / shares[which]).min(0.9);
            (shares[which] > 0.0 && rate > 0.0).then(|| (shares[which], -normal::quantile(rate)))
        };
        let cells = f64::from(geometry.rows() / mux.min(geometry.rows()));
        let directions = [direction(0), direction(1)];
        let faults_per_bank = faults.len() as f64 / f64::from(geometry.banks());
        let bank_step = if faults_per_bank > 50.0 { 0.1 } else { 0.25 };
        Self { cells, distinct, banks, by_column, directions, bank_step }
    }

    /// The log of the likelihood of these shared parts.
    fn likelihood(&self, bank: f64, column: f64) -> f64 {
        let own = (1.0 - bank - column).sqrt();
        let alone = [(0.0, 1.0)];
        let bank_grid = if bank > 0.0 { grid(self.bank_step) } else { alone.to_vec() };
        // A column of many cells says precisely what it has drawn, the more so the less its cells have of their own.
        let step = (1.2 * own / column.max(1e-9).sqrt() / self.cells.sqrt()).clamp(0.004, 0.1);
        let column_grid = if column > 0.0 { grid(step) } else { alone.to_vec() };
        // For each node of the bank the log-probability of a column without faults, and of each distinct count.
        let of_node = |&(number, _): &(f64, f64)| -> (f64, Vec<f64>) {
            let column = self.column(number * bank.sqrt(), column.sqrt(), own, &column_grid);
            let of_distinct = |&(count, zero): &(u32, usize)| column.log_probability(count, Some(zero));
            (column.log_probability(0, None), self.distinct.iter().map(of_distinct).collect())
        };
        let nodes: Vec<(f64, Vec<f64>)> = bank_grid.par_iter().map(of_node).collect();
        let log_weights: Vec<f64> = bank_grid.iter().map(|node| node.1.ln()).collect();
        let of_banks = |banks: &Banks| -> f64 {
            let at = |((clean, hit), log): (&(f64, Vec<f64>), &f64)| {
                let columns = banks.columns.iter().map(|&(index, number)| number * hit[index as usize]);
                columns.sum::<f64>() + banks.without * clean + log
            };
            banks.number * log_integral(&nodes.iter().zip(&log_weights).map(at).collect::<Vec<f64>>())
        };
        // In parallel, and added in order.
        self.banks.par_iter().map(of_banks).collect::<Vec<f64>>().iter().sum()
    }

    /// The share of all columns that fail from 0 to 1: those with faults of each direction, by the probability of such a column
    /// to have one.
    fn share_0to1(&self, bank: f64, column: f64) -> Option<f64> {
        let [Some((_, t_ones)), Some((_, t_zeros))] = self.directions else { return None };
        if !self.by_column {
            return None;
        }
        // Over all banks, what a bank has drawn adds to what its columns have.
        let own = (1.0 - bank - column).sqrt();
        let shared = grid(0.02);
        let shows = |t: f64| -> f64 {
            let clean = |x: f64| (1.0 - normal::cdf((x * (bank + column).sqrt() - t) / own)).powf(self.cells);
            shared.iter().map(|(x, w)| w * (1.0 - clean(*x))).sum()
        };
        let mut hit = [0.0; 2];
        for banks in &self.banks {
            let columns = banks.columns.iter();
            columns.for_each(|&(index, many)| hit[self.distinct[index as usize].1] += many * banks.number);
        }
        let (ones, zeros) = (hit[0] / shows(t_ones), hit[1] / shows(t_zeros));
        (ones > 0.0 && zeros > 0.0).then(|| (ones / (ones + zeros)).clamp(0.01, 0.99))
    }

    /// The columns of a bank that has drawn `shift`.
    fn column(&self, shift: f64, weight: f64, own: f64, grid: &[(f64, f64)]) -> Column {
        let failing =
            |number: f64, t: f64| normal::cdf((shift + weight * number - t) / own).clamp(1e-300, 1.0 - 1e-15);
        let law = |direction: Option<usize>, share: f64, q: &dyn Fn(f64) -> f64| Mixture {
            direction,
            nodes: grid
                .iter()
                .map(|&(number, w)| {
                    let q = q(number).clamp(1e-300, 1.0 - 1e-15);
                    (share * w, q.ln(), (-q).ln_1p())
                })
                .collect(),
        };
        let directions = || self.directions.iter().enumerate().filter_map(|(which, d)| Some((which, (*d)?)));
        let mixtures = if self.by_column {
            directions().map(|(which, (share, t))| law(Some(which), share, &|x| failing(x, t))).collect()
        } else {
            vec![law(None, 1.0, &|x| directions().map(|(_, (share, t))| share * failing(x, t)).sum())]
        };
        Column { cells: self.cells, mixtures }
    }
}

impl Banks {
    /// Of the columns with faults of one of them, ascending.
    fn of(hit: &[u32], number: u64, per_bank: u64) -> Self {
        let columns = hit.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect();
        Self { columns, without: (per_bank - hit.len() as u64) as f64, number: number as f64 }
    }
}

/// Keeps a part if it is significant, and says how sure it is.
pub(super) fn settle(what: &str, part: f64, notes: &mut FitNotes, mut f: impl FnMut(f64) -> f64) -> f64 {
    if 2.0 * (f(part) - f(0.0)) < SIGNIFICANT {
        let limit = upper_limit(part.min(1e-3), 0.9 * MOST_SHARED, f);
        notes.found.push(format!("shared.{what}: none found (likelihood ratio), below {limit:.3} at 95 %"));
        return 0.0;
    }
    let error = standard_error(part, (0.2 * part).min(0.02), f);
    let error = error.map_or_else(|| "unknown".to_owned(), |error| format!("{error:.3}"));
    notes.found.push(format!("shared.{what}: {part:.3}, standard error {error}, maximum likelihood"));
    part
}

/// The law of the counts of a column, given its bank: a mixture of binomials.
struct Column {
    cells: f64,
    mixtures: Vec<Mixture>,
}

/// That of the columns of one direction, or of all.
struct Mixture {
    direction: Option<usize>,
    /// Weight, ln q and ln(1 − q) of each node, q rising.
    nodes: Vec<(f64, f64, f64)>,
}

impl Column {
    /// The log of the probability of `count` faults, in this direction if columns have one and it has any.
    fn log_probability(&self, count: u32, zero: Option<usize>) -> f64 {
        let (k, n) = (f64::from(count), self.cells.max(f64::from(count)));
        let fits = |law: &&Mixture| zero.is_none() || law.direction.is_none() || law.direction == zero;
        let parts: Vec<&[(f64, f64, f64)]> =
            self.mixtures.iter().filter(fits).map(|law| law.nodes.as_slice()).collect();
        log_binomial_sum(k, n, &parts)
    }
}
