//! Poisson counts by inversion of a table.

/// Draws numbers from a Poisson distribution with a fixed mean.
#[derive(Clone, Debug)]
pub(super) struct Poisson {
    /// Entry k is P(N > k) as a fraction of 2⁶⁴; descending, ends where that is below 2⁻⁶⁴.
    tail: Vec<u64>,
    /// The count of the greatest number with these top bits: the search for a smaller one goes up from there.
    guide: Vec<u32>,
}

/// Top bits that the guide goes by.
const GUIDE_BITS: u32 = 10;

impl Poisson {
    /// The distribution with this mean. Means up to some 10⁵ are meant: the table has about mean + 10·√mean entries.
    pub(super) fn new(mean: f64) -> Self {
        let scale = (1u128 << 64) as f64;
        // Far enough up that what lies after is below 2⁻⁶⁴; summed from the small end, so that each tail keeps its
        // relative accuracy.
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
        // From the greatest top bits down, which is from the least count up.
        let (mut guide, mut count) = (vec![0; 1 << GUIDE_BITS], 0);
        for (top, least) in guide.iter_mut().enumerate().rev() {
            let greatest = (top as u64) << (64 - GUIDE_BITS) | (u64::MAX >> GUIDE_BITS);
            while tail.get(count).is_some_and(|&tail| greatest < tail) {
                count += 1;
            }
            *least = count as u32;
        }
        Self { tail, guide }
    }

    /// The count that belongs to the uniform number `u`: how many tails are above it.
    pub(super) fn count(&self, u: u64) -> u64 {
        let mut count = self.guide[(u >> (64 - GUIDE_BITS)) as usize] as usize;
        while self.tail.get(count).is_some_and(|&tail| u < tail) {
            count += 1;
        }
        count as u64
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
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn the_guide_finds_what_a_search_finds() {
        let mut stream = Stream::new(1, Purpose::named("poisson test"), 0);
        for mean in [1e-9, 0.7, 30.0, 516.0] {
            let poisson = Poisson::new(mean);
            let edges = poisson.tail.iter().flat_map(|&tail| [tail.saturating_sub(1), tail]);
            let random: Vec<u64> = (0..1000).map(|_| stream.next_u64()).collect();
            for u in edges.chain(random).chain([0, u64::MAX]) {
                assert_eq!(
                    poisson.count(u),
                    poisson.tail.partition_point(|&tail| u < tail) as u64,
                    "{mean} {u}"
                );
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn mean_and_variance_are_those_of_poisson() {
        for mean in [0.3, 20.0, 516.0, 2080.0] {
            let poisson = Poisson::new(mean);
            let mut stream = Stream::new(3, Purpose::named("poisson test"), mean.to_bits());
            let draws = 40_000;
            let counts: Vec<f64> = (0..draws).map(|_| poisson.count(stream.next_u64()) as f64).collect();
            let average = counts.iter().sum::<f64>() / f64::from(draws);
            let variance = counts.iter().map(|c| (c - average).powi(2)).sum::<f64>() / f64::from(draws);
            assert!((average - mean).abs() < 5.0 * (mean / f64::from(draws)).sqrt(), "{mean}: {average}");
            let tolerance = 5.0 * (2.0 / f64::from(draws)).sqrt() + 0.02;
            assert!((variance / mean - 1.0).abs() < tolerance, "{mean}: {variance}");
        }
    }
}
