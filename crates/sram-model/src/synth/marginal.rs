//! The share of cells above each critical voltage that gives, after read noise, the fault rates asked for.

use rayon::prelude::*;

use crate::model::RatePoints;
use crate::normal;

/// Knots lie at least this many read noises apart: nearer ones cannot be told apart through the noise, and would swing.
const KNOT_SPACING: f64 = 2.5;
/// Steps of the numeric integral over the read noise, even for Simpson's rule.
const INTEGRAL_STEPS: usize = 256;
/// Highest normal number of that integral; what lies beyond is below 10⁻¹⁵.
const INTEGRAL_END: f64 = 8.0;
const ITERATIONS: usize = 60;
/// The most knots between two points.
const MOST_STEPS: usize = 64;

/// S(v), the share of cells with a critical voltage above v: log-linear between knots.
#[derive(Clone, Debug)]
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
        if read_noise > 0.0 {
            let noise = Noise::new(read_noise, flip_floor, reach);
            marginal.settle(&wanted, &noise);
        }
        marginal
    }

    /// Multiplies each knot until the rates hold.
    fn settle(&mut self, wanted: &[(f64, f64)], noise: &Noise) {
        let spans: Vec<(usize, usize)> = wanted.iter().map(|&(v, _)| noise.span(&self.knots, v)).collect();
        let mut obtained = vec![0.0; wanted.len()];
        let mut moved = vec![true; wanted.len()];
        for _ in 0..ITERATIONS {
            // A rate changes with the knots that it is made of; far from the last that moved it is known.
            obtained.par_iter_mut().zip(&spans).zip(wanted).for_each(|((obtained, span), (v, _))| {
                if moved[span.0..=span.1].contains(&true) {
                    *obtained = self.rate(*v, noise);
                }
            });
            let before: Vec<f64> = self.knots.iter().map(|knot| knot.1).collect();
            for ((knot, (_, wanted)), obtained) in self.knots.iter_mut().zip(wanted).zip(&obtained) {
                knot.1 += libm::log(wanted / obtained);
            }
            // Sharp bends of the curve cannot be had through the noise; S must rise all the same.
            for k in 1..self.knots.len() {
                self.knots[k].1 = self.knots[k].1.max(self.knots[k - 1].1 + 1e-9);
            }
            for ((moved, knot), before) in moved.iter_mut().zip(&self.knots).zip(before) {
                *moved = knot.1.to_bits() != before.to_bits();
            }
            if !moved.contains(&true) {
                break;
            }
        }
    }

    /// S(v).
    pub(crate) fn share_above(&self, v: f64) -> f64 {
        self.share_in(segment(&self.knots, v), v)
    }

    /// S(v), where `v` lies in the segment that knot `after` ends.
    fn share_in(&self, after: usize, v: f64) -> f64 {
        if v >= self.highest {
            return 0.0;
        }
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
    fn rate(&self, v: f64, noise: &Noise) -> f64 {
        // From low voltages to high ones, so from the last knots to the first.
        let mut after = segment(&self.knots, v - noise.deviation * noise.reach);
        let floor = noise.flip_floor * self.share_in(after, v - noise.deviation * noise.reach);
        let sum: f64 = noise
            .nodes
            .iter()
            .map(|&(z, weight, density)| {
                let at = v + noise.deviation * z;
                while after > 1 && self.knots[after - 1].0 <= at {
                    after -= 1;
                }
                weight * self.share_in(after, at) * density
            })
            .sum();
        floor + sum * noise.step / 3.0
    }
}

/// The noise of reads, and the nodes of an integral over it.
struct Noise {
    deviation: f64,
    flip_floor: f64,
    /// The normal number that the floor is the tail of.
    reach: f64,
    step: f64,
    /// Number, weight in Simpson's rule and density.
    nodes: Vec<(f64, f64, f64)>,
}

impl Noise {
    fn new(deviation: f64, flip_floor: f64, reach: f64) -> Self {
        let step = (INTEGRAL_END + reach) / INTEGRAL_STEPS as f64;
        let node = |i: usize| {
            let z = -reach + i as f64 * step;
            let weight = match i {
                0 | INTEGRAL_STEPS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            (z, weight, normal::density(z))
        };
        Self { deviation, flip_floor, reach, step, nodes: (0..=INTEGRAL_STEPS).map(node).collect() }
    }

    /// The first and the last knot that the rate at `v` is made of.
    fn span(&self, knots: &[(f64, f64)], v: f64) -> (usize, usize) {
        let top = self.nodes.last().map_or(0.0, |node| node.0);
        (segment(knots, v + self.deviation * top) - 1, segment(knots, v - self.deviation * self.reach))
    }
}

/// The knot that ends the segment in which `v` lies; the first or last segment beyond the ends.
fn segment(knots: &[(f64, f64)], v: f64) -> usize {
    knots.partition_point(|&(voltage, _)| voltage > v).clamp(1, knots.len() - 1)
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
        RatePoints::new(&model, crate::fault::Direction::ZeroToOne)
    }

    #[test]
    fn the_noisy_rate_meets_the_curve_at_every_knot() {
        let (noise, floor) = (0.006, 0.001);
        let marginal = Marginal::solve(&points(), noise, floor);
        for (v, wanted) in refine(&points().extended(), KNOT_SPACING * noise) {
            let reach = normal::upper_quantile(floor);
            let obtained = marginal.rate(v, &Noise::new(noise, floor, reach));
            assert!((obtained / wanted - 1.0).abs() < 0.01, "at {v}: {obtained} for {wanted}");
        }
    }

    #[test]
    fn a_rate_is_the_integral_over_the_noise_wherever_its_nodes_lie() {
        let (noise, floor) = (0.006, 0.001);
        let marginal = Marginal::solve(&points(), noise, floor);
        let reach = normal::upper_quantile(floor);
        for v in [1.2, 0.99, 0.951, 0.87, 0.8, 0.4, 0.05] {
            let step = (8.0 + reach) / 20_000.0;
            let node = |k: u32| -reach + (f64::from(k) + 0.5) * step;
            let sum: f64 = (0..20_000)
                .map(|k| marginal.share_above(v + noise * node(k)) * normal::density(node(k)) * step)
                .sum();
            let expected = floor * marginal.share_above(v - noise * reach) + sum;
            let found = marginal.rate(v, &Noise::new(noise, floor, reach));
            assert!((found - expected).abs() <= 2e-2 * expected, "{v}: {found} for {expected}");
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
