//! The rank of a latent variable among all cells of a chip, given what its columns have drawn.

use crate::normal;

/// Range and step of the table in the latent variable.
const LOWEST: f64 = -4.0;
const HIGHEST: f64 = 12.0;
const STEPS: usize = 3200;

/// The share of cells with a latent variable above x, as a table of logarithms.
#[derive(Debug)]
pub(super) struct Ranks {
    log_share: Vec<f64>,
}

impl Ranks {
    /// For cells whose latent variable is normal around that of their column, `shared`, with standard deviation `own`.
    pub(super) fn new(shared: &[f64], own: f64) -> Self {
        // Independent cells have all the same centre, 0.
        let centres = if own == 1.0 { &[0.0][..] } else { shared };
        let share_above =
            |x: f64| centres.iter().map(|c| normal::cdf((c - x) / own)).sum::<f64>() / centres.len() as f64;
        // Far out, where the share is less than the smallest double, any small number will do.
        let log_share = (0..=STEPS).map(|i| libm::log(share_above(position(i)).max(1e-300))).collect();
        Self { log_share }
    }

    /// The share of the chip's cells above `latent`; interpolated, good to 10⁻⁵ relative.
    pub(super) fn share_above(&self, latent: f64) -> f64 {
        let at = ((latent - LOWEST) / (HIGHEST - LOWEST) * STEPS as f64).clamp(0.0, STEPS as f64);
        let index = (at as usize).min(STEPS - 1);
        let (low, high) = (self.log_share[index], self.log_share[index + 1]);
        libm::exp(low + (high - low) * (at - index as f64))
    }
}

fn position(index: usize) -> f64 {
    LOWEST + (HIGHEST - LOWEST) * index as f64 / STEPS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_independent_cells_are_normal_tails() {
        let ranks = Ranks::new(&[], 1.0);
        for x in [-2.0, 0.0, 1.2345, 3.0, 5.0] {
            assert!((ranks.share_above(x) / normal::cdf(-x) - 1.0).abs() < 1e-4, "{x}");
        }
    }

    #[test]
    fn ranks_average_over_the_columns() {
        let ranks = Ranks::new(&[-1.0, 2.0], 0.5);
        for x in [0.0, 1.7, 3.3] {
            let expected = 0.5 * (normal::cdf((-1.0 - x) / 0.5) + normal::cdf((2.0 - x) / 0.5));
            assert!((ranks.share_above(x) / expected - 1.0).abs() < 1e-3, "{x}");
        }
    }
}
