//! Poisson counts by inversion of a table.

/// Draws numbers from a Poisson distribution with a fixed mean.
#[derive(Clone, Debug)]
pub(super) struct Poisson {
    /// Entry k is P(N > k) as a fraction of 2⁶⁴; descending, ends where that is below 2⁻⁶⁴.
    tail: Vec<u64>,
}

impl Poisson {
    /// The distribution with this mean. Means up to some 10⁵ are meant: the table has about mean + 9·√mean entries.
    pub(super) fn new(mean: f64) -> Self {
        let scale = (1u128 << 64) as f64;
        // Far enough up that what lies behind is below 2⁻⁶⁴; summed from the small end, so that each tail keeps
        // its relative accuracy.
        let last = (mean + 10.0 * mean.sqrt() + 60.0) as usize;
        let log_mean = if mean > 0.0 { libm::log(mean) } else { f64::NEG_INFINITY };
        let mass = |k: usize| libm::exp(k as f64 * log_mean - mean - libm::lgamma(k as f64 + 1.0));
        let mut tail = Vec::with_capacity(last);
        let mut above = 0.0;
        for k in (1..=last).rev() {
            above += mass(k);
            // A tail of just 2⁶⁴ cannot be: P(N > 0) < 1. Rounding might reach it, and the cast saturates.
            tail.push((above * scale) as u64);
        }
        tail.reverse();
        let end = tail.iter().rposition(|&t| t > 0).map_or(0, |k| k + 1);
        tail.truncate(end);
        Self { tail }
    }

    /// The count that belongs to the uniform number `u`.
    pub(super) fn count(&self, u: u64) -> u64 {
        self.tail.partition_point(|&tail| u < tail) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, Stream};

    #[test]
    fn small_means_keep_their_relative_accuracy() {
        for mean in [1e-12, 1e-9, 1e-3, 0.5] {
            let some = Poisson::new(mean).tail[0] as f64 / (1u128 << 64) as f64;
            let expected = -libm::expm1(-mean);
            assert!((some / expected - 1.0).abs() < 1e-6_f64.max(2e-19 / mean), "{mean}: {some} {expected}");
        }
        assert_eq!(Poisson::new(0.0).count(0), 0);
    }

    #[test]
    fn mean_and_variance_are_those_of_poisson() {
        for mean in [0.3, 20.0, 1040.0, 2080.0] {
            let poisson = Poisson::new(mean);
            let mut stream = Stream::new(3, Purpose::named("poisson test"), mean.to_bits());
            let draws = 40_000;
            let counts: Vec<f64> = (0..draws).map(|_| poisson.count(stream.next_u64()) as f64).collect();
            let average = counts.iter().sum::<f64>() / f64::from(draws);
            let variance = counts.iter().map(|c| (c - average).powi(2)).sum::<f64>() / f64::from(draws);
            assert!((average - mean).abs() < 5.0 * (mean / f64::from(draws)).sqrt(), "{mean}: {average}");
            assert!(
                (variance / mean - 1.0).abs() < 5.0 * (2.0 / f64::from(draws)).sqrt() + 0.02,
                "{mean}: {variance}"
            );
        }
    }
}
