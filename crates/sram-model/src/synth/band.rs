//! Bands of the latent variable: what part of a column lies in one, and where in it a cell.

use crate::normal;

/// All cells above this value of the latent variable are in the first band …
const FIRST_EDGE: f64 = 4.5;
/// … and the others follow in steps of this …
const BAND: f64 = 0.5;
/// … down to where all cells but a few in 10⁹ are taken.
const BANDS: u64 = 22;

/// A band of the latent variable.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub(super) low: f64,
    high: f64,
    pub(super) own: f64,
}

impl Band {
    /// How many, from the top down, hold all cells above `lowest`.
    pub(super) fn count(lowest: f64) -> u64 {
        (((FIRST_EDGE - lowest) / BAND).ceil().max(0.0) as u64 + 1).min(BANDS)
    }

    pub(super) fn new(index: u64, own: f64) -> Self {
        let low = FIRST_EDGE - BAND * index as f64;
        Self { low, high: if index == 0 { f64::INFINITY } else { low + BAND }, own }
    }

    /// The shares of the cells around `centre` that lie above the band, and above its lower edge.
    fn shares(self, centre: f64) -> (f64, f64) {
        (normal::cdf((centre - self.high) / self.own), normal::cdf((centre - self.low) / self.own))
    }

    /// The probability of a cell that lies in no higher band to lie in this one.
    pub(super) fn probability(self, centre: f64) -> f64 {
        let (above, from) = self.shares(centre);
        Self::of_rest(above, from)
    }

    pub(super) fn of_rest(above: f64, from: f64) -> f64 {
        if above < 1.0 { ((from - above) / (1.0 - above)).clamp(0.0, 1.0) } else { 1.0 }
    }

    /// The latent variable of a cell in the band, by a number uniform in 0..1.
    pub(super) fn latent(self, centre: f64, unit: f64) -> f64 {
        let (above, from) = self.shares(centre);
        let tail = from - (from - above) * unit;
        centre - self.own * normal::quantile(tail.clamp(1e-300, 1.0 - 1e-16))
    }
}
