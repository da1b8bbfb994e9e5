//! Shares with their confidence intervals.

use serde::Serialize;
use statrs::function::beta::beta_reg;

use crate::normal;

/// A share found by counting: `count` of `trials`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proportion {
    /// How many had the property.
    pub count: u64,
    /// Of how many.
    pub trials: u64,
}

impl Proportion {
    /// The share itself; `None` of no trials.
    pub fn share(self) -> Option<f64> {
        (self.trials > 0).then(|| self.count as f64 / self.trials as f64)
    }

    /// The exact interval of Clopper and Pearson (1934) at this confidence, such as 0.95: shares outside it would have
    /// given as few, or as many, with a probability below (1 − confidence)/2 each. It holds for independent trials; where
    /// faults cluster the truth is less certain. Of no trials it is 0 to 1.
    ///
    /// With α = 1 − confidence, k of n: from the α/2 quantile of Beta(k, n − k + 1) to the 1 − α/2 quantile of
    /// Beta(k + 1, n − k). With more than 300,000 of both kinds the interval of Wilson (1927) takes its place, which then
    /// differs by less than a hundredth of its width.
    ///
    /// # Panics
    /// Unless 0 < confidence < 1, or if there are more than all.
    pub fn interval(self, confidence: f64) -> (f64, f64) {
        assert!(0.0 < confidence && confidence < 1.0, "confidence {confidence}: expected between 0 and 1");
        assert!(self.count <= self.trials, "{} of {}", self.count, self.trials);
        let tail = (1.0 - confidence) / 2.0;
        let (k, n) = (self.count as f64, self.trials as f64);
        if self.count.min(self.trials.saturating_sub(self.count)) > EXACT_TO {
            return self.wilson(normal::upper_quantile(tail));
        }
        let low = if self.count == 0 { 0.0 } else { quantile(tail, k, n - k + 1.0) };
        let high = if self.count >= self.trials { 1.0 } else { quantile(1.0 - tail, k + 1.0, n - k) };
        (low, high)
    }

    fn wilson(self, z: f64) -> (f64, f64) {
        let (n, share) = (self.trials as f64, self.count as f64 / self.trials as f64);
        let centre = share + z * z / (2.0 * n);
        let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        ((centre - half) / (1.0 + z * z / n), (centre + half) / (1.0 + z * z / n))
    }
}

/// Up to this many of the rarer kind the incomplete beta function is computed.
const EXACT_TO: u64 = 300_000;

/// Where Beta(a, b) has the share `below` of its mass below, by halving the interval that it lies in. (The inverse that
/// comes with the library does not return for the small shares of millions of cells.)
fn quantile(below: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0f64, 1.0f64);
    // Far more halvings than a double has bits: shares may be small.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_reg(a, b, middle) < below {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn published_intervals_are_met() {
        // 0 of n: 1 − (α/2)^(1/n). 10 of 20 and 1 of 10: tables of the exact interval.
        let close = |found: (f64, f64), low: f64, high: f64| {
            assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{found:?}");
        };
        close(Proportion { count: 0, trials: 30 }.interval(0.95), 0.0, 1.0 - 0.025f64.powf(1.0 / 30.0));
        close(Proportion { count: 10, trials: 20 }.interval(0.95), 0.2720, 0.7280);
        close(Proportion { count: 1, trials: 10 }.interval(0.95), 0.0025, 0.4450);
        close(Proportion { count: 10, trials: 10 }.interval(0.95), 0.6915, 1.0);
        close(Proportion { count: 0, trials: 0 }.interval(0.95), 0.0, 1.0);
    }

    #[test]
    fn many_counts_are_nearly_normal() {
        for (count, trials) in
            [(11_692u64, 1u64 << 20), (215_587, 1 << 20), (300_000, 1 << 30), (1 << 24, 1 << 30)]
        {
            let (low, high) = Proportion { count, trials }.interval(0.95);
            let share = count as f64 / trials as f64;
            let half = 1.959_964 * (share * (1.0 - share) / trials as f64).sqrt();
            assert!(((share - low) / half - 1.0).abs() < 0.02, "{count} of {trials}: {low}");
            assert!(((high - share) / half - 1.0).abs() < 0.02, "{count} of {trials}: {high}");
        }
    }

    #[test]
    fn outside_the_interval_the_count_is_improbable() {
        for (count, trials) in [(1u64, 7_290_880u64), (2, 1 << 20), (1353, 1 << 20), (1137, 7_290_880)] {
            let (low, high) = Proportion { count, trials }.interval(0.95);
            let below = |p: f64| Binomial::new(p, trials).unwrap().cdf(count);
            let above = |p: f64| 1.0 - Binomial::new(p, trials).unwrap().cdf(count - 1);
            assert!((below(high) - 0.025).abs() < 1e-6, "{count} of {trials}: {}", below(high));
            assert!((above(low) - 0.025).abs() < 1e-6, "{count} of {trials}: {}", above(low));
        }
    }
}
