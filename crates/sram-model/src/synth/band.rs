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

    /// How the probability of cells in the band falls with the distance of their centre below `centre`, whose shares are `shares`.
    pub(super) fn decline(self, centre: f64, Shares { above, from }: Shares) -> Decline {
        // Where most cells lie above, the slope would be lost in rounding, and there is little to gain.
        if above > 0.5 {
            return Decline { slope: 0.0 };
        }
        let (at_low, at_high) = ((self.low - centre) / self.own, (self.high - centre) / self.own);
        let gain = normal::density(at_low) * (1.0 - above) - normal::density(at_high) * (1.0 - from);
        let slope = gain / ((1.0 - above) * (from - above) * self.own);
        Decline { slope: if slope.is_finite() { slope } else { 0.0 } }
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

/// How the logarithm of a probability falls.
#[derive(Clone, Copy)]
pub(super) struct Decline {
    /// Per unit of distance.
    slope: f64,
}

impl Decline {
    /// Whether a part `unit` of the probability is certainly more than what is left of it at this distance.
    ///
    /// The logarithm of the probability is a concave function of the centre, and so lies below its tangent: what is left is at
    /// most exp(−x), and that at most 1/(1 + x + x²/2 + x³/6). This takes no special function.
    pub(super) fn leaves_less_than(self, unit: f64, distance: f64) -> bool {
        let x = self.slope * distance;
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
                let (bound, decline) = (shares.probability(), band.decline(weakest, shares));
                for distance in [1e-9, 0.01, 0.1, 0.5, 1.0, 3.0] {
                    let left = band.shares(weakest - distance).probability();
                    // The least part that is left out, and parts just below and above it.
                    for unit in [left / bound * 0.999, left / bound * 1.001, 0.1, 0.5, 0.9] {
                        let is_certain = unit < 1.0 && decline.leaves_less_than(unit, distance);
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
