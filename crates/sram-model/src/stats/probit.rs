//! A normal law of critical voltages.

use serde::Serialize;

use super::proportion::Proportion;
use crate::normal;

/// Critical voltages as a normal law: at voltage V a share Φ((mean − V)/deviation) of the cells is faulty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProbitFit {
    /// Mean critical voltage, in the profile's unit. Far below the profile where few cells fail in it: an extrapolation.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
    /// The greatest distance, in standard errors of a probit of independent cells, from a point to the line.
    pub worst_residual: f64,
}

impl ProbitFit {
    /// The share of cells that the law gives at `voltage`.
    pub fn share(&self, voltage: f64) -> f64 {
        normal::cdf((self.mean - voltage) / self.deviation)
    }
}

/// Probits that differ by less are the same.
const ROUNDING: f64 = 1e-9;

/// Fits a normal law of critical voltages to the shares of faulty cells at some voltages: the line through their probits
/// Φ⁻¹(share) over the voltage, weighted by n·φ(probit)²/(share·(1 − share)), the inverse of a probit's variance for
/// independent cells (Finney, Probit Analysis, 1947). `None` unless two voltages have some faulty cells but not all,
/// and more at the lower ones.
pub fn fit_probit(points: &[(f64, Proportion)]) -> Option<ProbitFit> {
    let usable: Vec<(f64, f64, f64)> = points
        .iter()
        .filter_map(|&(voltage, faulty)| {
            let share = faulty.share().filter(|&share| 0.0 < share && share < 1.0)?;
            let probit = normal::quantile(share);
            let weight = faulty.trials as f64 * normal::density(probit).powi(2) / (share * (1.0 - share));
            Some((voltage, probit, weight))
        })
        .collect();
    let sum = |term: &dyn Fn(&(f64, f64, f64)) -> f64| usable.iter().map(term).sum::<f64>();
    let weight = sum(&|point| point.2);
    let (voltage, probit) = (sum(&|p| p.2 * p.0) / weight, sum(&|p| p.2 * p.1) / weight);
    let covariance = sum(&|p| p.2 * (p.0 - voltage) * (p.1 - probit));
    let slope = covariance / sum(&|p| p.2 * (p.0 - voltage).powi(2));
    let ends = usable.iter().map(|point| point.0);
    let span = ends.clone().fold(f64::MIN, f64::max) - ends.fold(f64::MAX, f64::min);
    // More cells fail at lower voltages, by more than sums round, or there is no such law.
    if usable.len() < 2 || !slope.is_finite() || slope * span > -ROUNDING {
        return None;
    }
    let residual = |p: &(f64, f64, f64)| (p.1 - probit - slope * (p.0 - voltage)).abs() * p.2.sqrt();
    let worst_residual = usable.iter().map(residual).fold(0.0, f64::max);
    Some(ProbitFit { mean: voltage - probit / slope, deviation: -1.0 / slope, worst_residual })
}
