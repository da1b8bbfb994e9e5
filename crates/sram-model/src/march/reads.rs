//! How many of a cell's reads fail.

use flip_core::Stream;

/// Up to this many reads are sampled one by one, more of them by the law of their number: time does not go with the reads.
const ONE_BY_ONE: u64 = 1_000;

/// How many of `reads` reads fail, each with probability `p`.
pub(super) fn failures(stream: &mut Stream, p: f64, reads: u64) -> u64 {
    if reads <= ONE_BY_ONE {
        return (0..reads).filter(|_| stream.next_unit() < p).count() as u64;
    }
    let unit = stream.next_unit();
    if p <= 0.0 {
        0
    } else if p >= 1.0 {
        reads
    } else {
        binomial(unit, p, reads)
    }
}

/// The binomial number that belongs to a number uniform in 0..1: numbers are gone through from the most probable one on, to
/// both sides in turn, until their probabilities add up to it.
fn binomial(unit: f64, p: f64, n: u64) -> u64 {
    let count = n as f64;
    let mode = ((count + 1.0) * p).floor().min(count);
    let log_ways = libm::lgamma(count + 1.0) - libm::lgamma(mode + 1.0) - libm::lgamma(count - mode + 1.0);
    let at_mode = libm::exp(log_ways + mode * libm::log(p) + (count - mode) * libm::log1p(-p));
    let odds = p / (1.0 - p);
    let mut left = unit - at_mode;
    let (mut below, mut low) = (at_mode, mode);
    let (mut above, mut high) = (at_mode, mode);
    while left >= 0.0 {
        let before = left;
        if high < count {
            above *= (count - high) / (high + 1.0) * odds;
            high += 1.0;
            left -= above;
            if left < 0.0 {
                return high as u64;
            }
        }
        if low > 0.0 {
            below *= low / ((count - low + 1.0) * odds);
            low -= 1.0;
            left -= below;
            if left < 0.0 {
                return low as u64;
            }
        }
        // What rounding leaves of the whole is nobody's.
        if left == before {
            break;
        }
    }
    mode as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use flip_core::Purpose;

    fn stream(block: u64) -> Stream {
        Stream::new(1, Purpose::named("test of failures"), block)
    }

    #[test]
    fn many_reads_fail_as_often_as_few() {
        let cells = 20_000u64;
        for (p, reads) in [(0.3, 2_000u64), (0.999, 5_000), (1e-4, 10_000_000), (0.5, 10_000_000)] {
            let counts: Vec<f64> =
                (0..cells).map(|cell| failures(&mut stream(cell), p, reads) as f64).collect();
            let mean = counts.iter().sum::<f64>() / cells as f64;
            let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / cells as f64;
            let expected = reads as f64 * p * (1.0 - p);
            let error = (mean - reads as f64 * p) / (expected / cells as f64).sqrt();
            assert!(error.abs() < 4.0, "{p} of {reads}: {mean}");
            assert!((variance / expected - 1.0).abs() < 0.05, "{p} of {reads}: {variance} for {expected}");
        }
    }

    #[test]
    fn certain_failures_are_certain() {
        for reads in [7, 1_000, 1_001, u64::from(u32::MAX)] {
            assert_eq!([0.0, 1.0].map(|p| failures(&mut stream(3), p, reads)), [0, reads]);
        }
        // Every number has its share of 0..1: 2 throws of a coin, and the last of the numbers there are.
        assert_eq!(
            [0.1, 0.49, 0.51, 0.74, 0.76, 0.999].map(|unit| binomial(unit, 0.5, 2)),
            [1, 1, 2, 2, 0, 0]
        );
    }
}
