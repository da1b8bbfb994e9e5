//! How cells look whose critical voltages move, in several reads.

use statrs::distribution::{Binomial, Discrete};

use crate::fault::flip_bin;
use crate::normal;

/// The probability that half of the reads or more err, each with probability q.
pub(super) fn fails_mostly(q: f64, reads: u32) -> f64 {
    let Ok(binomial) = Binomial::new(q.clamp(0.0, 1.0), reads.into()) else { return 0.0 };
    (reads.div_ceil(2)..=reads).map(|k| binomial.pmf(k.into())).sum()
}

/// A function of −8..8 in steps of a hundredth; beyond it goes on as at the ends.
pub(super) struct Table(Vec<f64>);

impl Table {
    fn of(f: impl Fn(f64) -> f64) -> Self {
        Self((-800..=800).map(|k| f(f64::from(k) * 0.01)).collect())
    }

    pub(super) fn at(&self, z: f64) -> f64 {
        self.0[((z * 100.0).round().clamp(-800.0, 800.0) + 800.0) as usize]
    }
}

/// The probability that a cell is seen to fail, by how far its critical voltage lies above the voltage, in units of `width`: of
/// one whose critical voltage moves by a normal number of deviation `wander` first, and that then fails in most reads with
/// probability `mostly(distance/read)`.
pub(super) fn seen_failing(width: f64, wander: f64, read: f64, mostly: &dyn Fn(f64) -> f64) -> Table {
    let mostly = Table::of(mostly);
    Table::of(|z| {
        let distance = z * width;
        let term = |i: i32| {
            let number = f64::from(i) * 0.1;
            let moved = distance + wander * number;
            let fails = if read > 0.0 { mostly.at(moved / read) } else { f64::from(u8::from(moved >= 0.0)) };
            normal::density(number) * 0.1 * fails
        };
        (-50..=50).map(term).sum()
    })
}

/// The probabilities of a cell of flip probability `q` to be seen in each tenth: below `least` it is not seen.
pub(super) fn seen_in_tenths(q: f64, reads: Option<u32>, least: f64) -> [f64; 10] {
    let mut tenths = [0.0; 10];
    match reads {
        None if q >= least => tenths[tenth(q)] = 1.0,
        None => {}
        Some(reads) => {
            if let Ok(binomial) = Binomial::new(q.clamp(0.0, 1.0), reads.into()) {
                for k in 1..=reads {
                    tenths[tenth(f64::from(k) / f64::from(reads))] += binomial.pmf(k.into());
                }
            }
        }
    }
    tenths
}

/// The tenth of a probability, as of the cells' own.
fn tenth(p: f64) -> usize {
    flip_bin(p as f32, 10)
}
