//! Shares of cells by their critical voltages, for integrals over the noise.

use crate::fault::Direction;
use crate::model::{Model, RatePoints};
use crate::synth::Marginal;

/// Margins, in units of the noise, that integrals run over, and their step.
const REACH: f64 = 6.0;
const STEP: f64 = 0.05;

/// The share of cells whose critical voltage is above a voltage, both directions together.
pub(super) struct Shares([Option<(f64, SharesOf)>; 2]);

/// That of the cells of one direction, from what is known of it.
enum SharesOf {
    /// The rate itself, which is that share but for the noise of reads.
    Rate(RatePoints),
    /// Without the noise.
    Critical(Marginal),
}

impl Shares {
    /// With the noise that the model has, if it has any.
    pub(super) fn of(model: &Model) -> Self {
        Self(Direction::ALL.map(|direction| {
            let share = model.directions.share(direction);
            let rates = || RatePoints::new(model, direction);
            (share > 0.0).then(|| {
                let noise = model.total_noise();
                let law = if noise > 0.0 {
                    SharesOf::Critical(Marginal::solve(&rates(), noise, model.flip_floor))
                } else {
                    SharesOf::Rate(rates())
                };
                (share, law)
            })
        }))
    }

    fn above(&self, v: f64) -> f64 {
        let of = |(share, law): &(f64, SharesOf)| {
            share
                * match law {
                    SharesOf::Rate(rates) => rates.rate(v),
                    SharesOf::Critical(marginal) => marginal.share_above(v),
                }
        };
        self.0.iter().flatten().map(of).sum()
    }

    /// Margins (Vc − V)/σ with the share of cells that lie there.
    pub(super) fn margins(&self, voltage: f64, noise: f64) -> Vec<(f64, f64)> {
        let steps = (2.0 * REACH / STEP) as i32;
        let edge = |i: i32| -REACH + f64::from(i) * STEP;
        let mut before = self.above(voltage + noise * edge(0));
        (0..steps)
            .map(|i| {
                let after = self.above(voltage + noise * edge(i + 1));
                let share = (before - after).max(0.0);
                before = after;
                (edge(i) + 0.5 * STEP, share)
            })
            // All cells far above fail for certain.
            .chain([(REACH, self.above(voltage + noise * REACH))])
            .collect()
    }
}
