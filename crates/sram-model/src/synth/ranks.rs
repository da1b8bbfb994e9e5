//! The rank of a latent variable among all cells of a chip, given what its columns have drawn.

use crate::normal;

/// Range and step of the table in the latent variable.
const LOWEST: f64 = -6.0;
const HIGHEST: f64 = 12.0;
const STEPS: usize = 900;
/// Columns are taken together in this many bins of their shared normal numbers.
const BINS: usize = 2048;
const BIN_RANGE: f64 = 8.0;

/// The share of cells with a latent variable above x, as a table of logarithms.
#[derive(Debug)]
pub(super) struct Ranks {
    log_share: Vec<f64>,
}

impl Ranks {
    /// For cells whose latent variable is normal around that of their column, one of `centres`, with standard deviation
    /// `own`.
    pub(super) fn new(centres: impl Iterator<Item = f64>, own: f64) -> Self {
        let bins = bins(centres);
        let weight: f64 = bins.iter().map(|bin| bin.1).sum();
        let share_above = |x: f64| {
            bins.iter().map(|(centre, weight)| weight * normal::cdf((centre - x) / own)).sum::<f64>() / weight
        };
        // Far out, where the share is less than the smallest double, any small number will do.
        let log_share = (0..=STEPS).map(|i| libm::log(share_above(position(i)).max(1e-300))).collect();
        Self { log_share }
    }

    /// The share of the chip's cells above `latent`; interpolated, good to some 10⁻⁴ relative.
    pub(super) fn share_above(&self, latent: f64) -> f64 {
        let at = ((latent - LOWEST) / (HIGHEST - LOWEST) * STEPS as f64).clamp(0.0, STEPS as f64);
        let index = (at as usize).min(STEPS - 1);
        let (low, high) = (self.log_share[index], self.log_share[index + 1]);
        libm::exp(low + (high - low) * (at - index as f64))
    }

    /// The latent variable above which that share of the cells lies: the inverse of [`share_above`](Self::share_above).
    pub(super) fn latent(&self, share: f64) -> f64 {
        let log = libm::log(share);
        let index = self.log_share.partition_point(|&above| above > log).clamp(1, STEPS);
        let (low, high) = (self.log_share[index - 1], self.log_share[index]);
        let within = if low > high { ((low - log) / (low - high)).clamp(0.0, 1.0) } else { 0.0 };
        position(index - 1) + within * (position(1) - position(0))
    }
}

/// Centres and weights: each number shared between the two bins beside it, so that their mean stays.
fn bins(centres: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let mut weights = vec![0.0; BINS + 1];
    for centre in centres {
        let at = ((centre + BIN_RANGE) / (2.0 * BIN_RANGE) * BINS as f64).clamp(0.0, BINS as f64);
        let index = (at as usize).min(BINS - 1);
        weights[index] += 1.0 - (at - index as f64);
        weights[index + 1] += at - index as f64;
    }
    let centre = |index: usize| -BIN_RANGE + 2.0 * BIN_RANGE * index as f64 / BINS as f64;
    let mut bins: Vec<(f64, f64)> =
        weights.into_iter().enumerate().map(|(index, weight)| (centre(index), weight)).collect();
    bins.retain(|bin| bin.1 > 0.0);
    // A chip without columns of this direction: any rank will do.
    if bins.is_empty() { vec![(0.0, 1.0)] } else { bins }
}

fn position(index: usize) -> f64 {
    LOWEST + (HIGHEST - LOWEST) * index as f64 / STEPS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_independent_cells_are_normal_tails() {
        let ranks = Ranks::new([0.0].into_iter(), 1.0);
        for x in [-2.0, 0.0, 1.2345, 3.0, 5.0] {
            assert!((ranks.share_above(x) / normal::cdf(-x) - 1.0).abs() < 1e-3, "{x}");
            assert!((ranks.latent(ranks.share_above(x)) - x).abs() < 1e-9, "{x}");
        }
    }

    #[test]
    fn ranks_average_over_the_columns() {
        let ranks = Ranks::new([-1.0, 2.0001].into_iter(), 0.5);
        for x in [0.0, 1.7, 3.3] {
            let expected = 0.5 * (normal::cdf((-1.0 - x) / 0.5) + normal::cdf((2.0001 - x) / 0.5));
            assert!((ranks.share_above(x) / expected - 1.0).abs() < 1e-3, "{x}");
        }
    }
}
