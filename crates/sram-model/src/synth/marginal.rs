//! The share of cells above each critical voltage that gives, after read noise, the fault rates asked for.

use crate::model::RatePoints;
use crate::normal;

/// Knots lie at least so many read noises apart: nearer ones cannot be told apart through the noise, and would swing.
const KNOT_SPACING: f64 = 2.5;
/// Steps of the numeric integral over the read noise, even for Simpson's rule.
const INTEGRAL_STEPS: usize = 256;
/// Highest normal number of that integral; what lies behind is below 10⁻¹⁵.
const INTEGRAL_END: f64 = 8.0;
const ITERATIONS: usize = 60;
/// The most knots between two points.
const MOST_STEPS: usize = 64;

/// S(v), the share of cells with a critical voltage above v: log-linear between knots.
#[derive(Debug)]
pub(crate) struct Marginal {
    /// Voltage and ln S, highest voltage first; S rises along the list.
    knots: Vec<(f64, f64)>,
    /// No critical voltage lies above this one.
    highest: f64,
}

impl Marginal {
    /// Finds S for the rates of a model, from where next to no cell fails to where nearly all do.
    ///
    /// With integration by parts the rate at V is f·S(V − kσ) + ∫ S(V + σz) φ(z) dz from z = −k on, where f = Φ(−k) is
    /// the flip floor. S begins as the rate itself and each knot is multiplied by wanted/obtained until it holds.
    pub(crate) fn solve(rates: &RatePoints, read_noise: f64, flip_floor: f64) -> Self {
        let reach = normal::upper_quantile(flip_floor);
        let wanted = refine(&rates.extended(), KNOT_SPACING * read_noise);
        let mut marginal = Self {
            knots: wanted.iter().map(|&(v, rate)| (v, libm::log(rate))).collect(),
            // A millionth below, so that no rounding of a critical voltage lifts a flip probability at Vmin to the floor.
            highest: rates.vmin.map_or(f64::INFINITY, |vmin| vmin - reach * read_noise - 1.5e-6),
        };
        let iterations = if read_noise > 0.0 { ITERATIONS } else { 0 };
        for _ in 0..iterations {
            let obtained: Vec<f64> =
                wanted.iter().map(|&(v, _)| marginal.rate(v, read_noise, flip_floor, reach)).collect();
            for ((knot, (_, wanted)), obtained) in marginal.knots.iter_mut().zip(&wanted).zip(obtained) {
                knot.1 += libm::log(wanted / obtained);
            }
            // Sharp bends of the curve cannot be had through the noise; S must rise all the same.
            for k in 1..marginal.knots.len() {
                marginal.knots[k].1 = marginal.knots[k].1.max(marginal.knots[k - 1].1 + 1e-9);
            }
        }
        marginal
    }

    /// S(v).
    pub(crate) fn share_above(&self, v: f64) -> f64 {
        if v >= self.highest {
            return 0.0;
        }
        let after = self.knots.partition_point(|&(voltage, _)| voltage > v).clamp(1, self.knots.len() - 1);
        let ((v0, s0), (v1, s1)) = (self.knots[after - 1], self.knots[after]);
        libm::exp(s0 + (s1 - s0) * (v - v0) / (v1 - v0)).min(1.0)
    }

    /// The critical voltage of a cell such that a share `share` of all cells has a higher one.
    pub(super) fn voltage(&self, share: f64) -> f64 {
        let log = libm::log(share);
        let after = self.knots.partition_point(|&(_, s)| s < log).clamp(1, self.knots.len() - 1);
        let ((v0, s0), (v1, s1)) = (self.knots[after - 1], self.knots[after]);
        (v0 + (v1 - v0) * (log - s0) / (s1 - s0)).min(self.highest)
    }

    /// The mean flip probability at `v`, by Simpson's rule.
    fn rate(&self, v: f64, read_noise: f64, flip_floor: f64, reach: f64) -> f64 {
        let step = (INTEGRAL_END + reach) / INTEGRAL_STEPS as f64;
        let sum: f64 = (0..=INTEGRAL_STEPS)
            .map(|i| {
                let z = -reach + i as f64 * step;
                let weight = match i {
                    0 | INTEGRAL_STEPS => 1.0,
                    odd if odd % 2 == 1 => 4.0,
                    _ => 2.0,
                };
                weight * self.share_above(v + read_noise * z) * normal::density(z)
            })
            .sum();
        flip_floor * self.share_above(v - read_noise * reach) + sum * step / 3.0
    }
}

/// The points with as many knots between each two as there is room for, rates log-linear, and none nearer than that.
fn refine(points: &[(f64, f64)], spacing: f64) -> Vec<(f64, f64)> {
    let mut fine = vec![points[0]];
    for (index, &(v1, p1)) in points.iter().enumerate().skip(1) {
        let (v0, p0) = fine[fine.len() - 1];
        // The last point stays, however near.
        let is_last = index + 1 == points.len();
        if (v0 - v1 < 0.4 * spacing && !is_last) || p1 <= p0 {
            continue;
        }
        let steps = (((v0 - v1) / spacing) as usize).clamp(1, MOST_STEPS);
        fine.extend((1..=steps).map(|k| {
            let t = k as f64 / steps as f64;
            (v0 + (v1 - v0) * t, libm::exp(libm::log(p0) * (1.0 - t) + libm::log(p1) * t))
        }));
    }
    fine
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CurvePoint, Model};
    use crate::voltage::Voltage;

    fn points() -> RatePoints {
        let mut model = Model::parse(include_str!("../../../../profiles/A.toml")).unwrap();
        let points = [(1.0, 0.0), (0.95, 1e-6), (0.9, 2e-4), (0.85, 0.008), (0.8, 0.06)];
        model.curve = points
            .map(|(voltage, p)| CurvePoint {
                voltage: Voltage::new(voltage).unwrap(),
                p_0to1: p / 2.0,
                p_1to0: p / 2.0,
            })
            .into();
        RatePoints::new(&model, flip_core::FaultKind::ReadsOne)
    }

    #[test]
    fn the_noisy_rate_meets_the_curve_at_every_knot() {
        let (noise, floor) = (0.006, 0.001);
        let marginal = Marginal::solve(&points(), noise, floor);
        for (v, wanted) in refine(&points().extended(), KNOT_SPACING * noise) {
            let obtained = marginal.rate(v, noise, floor, normal::upper_quantile(floor));
            assert!((obtained / wanted - 1.0).abs() < 0.01, "at {v}: {obtained} for {wanted}");
        }
    }

    #[test]
    fn voltage_is_the_inverse_of_the_share_above() {
        let marginal = Marginal::solve(&points(), 0.004, 0.001);
        for share in [1e-5, 1e-3, 0.02, 0.055, 0.2] {
            let voltage = marginal.voltage(share);
            assert!((marginal.share_above(voltage) / share - 1.0).abs() < 1e-9, "{share}");
        }
        assert_eq!(marginal.voltage(0.0), marginal.highest);
    }
}
