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
    pub(super) fn shares(self, centre: f64) -> Shares {
        Shares {
            above: normal::cdf((centre - self.high) / self.own),
            from: normal::cdf((centre - self.low) / self.own),
        }
    }

    /// The latent variable of a cell in the band, by a number uniform in 0..1. `shares` are those of `centre`.
    pub(super) fn latent(self, centre: f64, Shares { above, from }: Shares, unit: f64) -> f64 {
        let tail = from - (from - above) * unit;
        centre - self.own * normal::quantile(tail.clamp(1e-300, 1.0 - 1e-16))
    }

    /// The slope of the logarithm of the probability of cells around `centre`, whose shares are `shares`, to lie in the band if they lie
    /// in no higher one. It may be less where it would be lost in rounding.
    fn slope(self, centre: f64, Shares { above, from }: Shares) -> f64 {
        // Where most cells lie above, there is little to gain by it.
        if above > 0.5 {
            return 0.0;
        }
        let (at_low, at_high) = ((self.low - centre) / self.own, (self.high - centre) / self.own);
        let gain = normal::density(at_low) * (1.0 - above) - normal::density(at_high) * (1.0 - from);
        let slope = gain / ((1.0 - above) * (from - above) * self.own);
        if slope.is_finite() { slope } else { 0.0 }
    }
}

/// Shares of the cells around a centre.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    /// Above a band.
    pub(super) above: f64,
    /// Above its lower edge.
    pub(super) from: f64,
}

impl Shares {
    /// The probability of a cell that lies in no higher band to lie in the band.
    pub(super) fn probability(self) -> f64 {
        let Self { above, from } = self;
        if above < 1.0 { ((from - above) / (1.0 - above)).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// The cells of a line in a band, as they are found with the probability of those in the weakest row: which of them are cells of
/// stronger rows, that have fewer.
pub(super) struct Thinning {
    band: Band,
    /// In the weakest row.
    centre: f64,
    shares: Shares,
    /// By how much the logarithm of the probability falls per unit of the centre's distance, below the centre of the weakest row.
    slope: Option<f64>,
}

impl Thinning {
    /// `shares` are those around `centre`, that of the weakest row.
    pub(super) fn new(band: Band, centre: f64, shares: Shares) -> Self {
        Self { band, centre, shares, slope: None }
    }

    /// The shares of a row with this centre, if a cell that was found is one of its own by a number uniform in 0..1.
    pub(super) fn keeps(&mut self, centre: f64, unit: f64) -> Option<Shares> {
        if self.certainly_not(self.centre - centre, unit) {
            return None;
        }
        let shares = self.band.shares(centre);
        (unit * self.shares.probability() < shares.probability()).then_some(shares)
    }

    /// Whether a part `unit` of the weakest row's probability is certainly more than what is left of it at this distance.
    ///
    /// The logarithm of the probability is a concave function of the centre, and so lies below its tangent: what is left is at
    /// most exp(−x), and that at most 1/(1 + x + x²/2 + x³/6). This takes no special function.
    fn certainly_not(&mut self, distance: f64, unit: f64) -> bool {
        let slope = *self.slope.get_or_insert_with(|| self.band.slope(self.centre, self.shares));
        let x = slope * distance;
        // More than rounding.
        unit * (1.0 + x * (1.0 + x * (0.5 + x / 6.0))) > 1.0 + 1e-6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_certainly_is_left_out_is_left_out() {
        let (mut certain, mut all) = (0, 0);
        for (own, index) in
            [0.05, 0.3, 0.6, 1.0].into_iter().flat_map(|own| (0..BANDS).map(move |i| (own, i)))
        {
            let band = Band::new(index, own);
            for weakest in (-80..80).map(|k| f64::from(k) / 10.0) {
                let shares = band.shares(weakest);
                let (bound, mut thinning) = (shares.probability(), Thinning::new(band, weakest, shares));
                for distance in [1e-9, 0.01, 0.1, 0.5, 1.0, 3.0] {
                    let left = band.shares(weakest - distance).probability();
                    // The least part that is left out, and parts just below and above it.
                    for unit in [left / bound * 0.999, left / bound * 1.001, 0.1, 0.5, 0.9] {
                        let is_certain = unit < 1.0 && thinning.certainly_not(distance, unit);
                        assert!(
                            !is_certain || unit * bound >= left,
                            "{own} {index} {weakest} {distance} {unit}"
                        );
                        all += u32::from(unit < 1.0 && unit * bound >= left);
                        certain += u32::from(is_certain);
                    }
                }
            }
        }
        assert!(3 * certain > all, "{certain} of {all}");
    }
}
