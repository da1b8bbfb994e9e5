//! How many lines are left, against closed forms.

use flip_core::{Purpose, Stream};
use nn_bridge::memory::code::WordCode;
use nn_bridge::memory::killi::{LINE_BITS, PARITY_BITS, WrongBits};

use super::lines;

/// The probability of at most one wrong bit of n.
fn at_most_one(n: i32, p: f64) -> f64 {
    (1.0 - p).powi(n) + f64::from(n) * p * (1.0 - p).powi(n - 1)
}

/// Each of so many bits with probability p, ascending.
fn drawn(bits: u64, p: f64, seed: u64) -> Vec<u64> {
    let mut stream = Stream::new(seed, Purpose::named("test of killi"), 0);
    (0..bits).filter(|_| stream.next_unit() < p).collect()
}

/// Five standard deviations of a share of so many.
fn five_deviations(share: f64, count: f64) -> f64 {
    5.0 * (share * (1.0 - share) / count).sqrt()
}

#[test]
fn of_lines_with_their_check_bits_95_percent_have_at_most_one_fault_up_to_a_rate_of_6_80e_4() {
    let code = WordCode::named("secded:512").unwrap();
    assert_eq!((code.code_bits(), code.check_bits()), (523, 11));
    // The rate at which it is 95 %, to three digits.
    for (bits, rate) in [(523, 6.80e-4), (512, 6.95e-4)] {
        assert!(at_most_one(bits, rate - 0.005e-4) > 0.95 && at_most_one(bits, rate + 0.005e-4) < 0.95);
    }
    let (count, p) = (20_000u64, 6.80e-4);
    let wrong = drawn(count * 523, p, 1);
    let more = wrong.chunk_by(|a, b| a / 523 == b / 523).filter(|line| line.len() > 1).count();
    let share = 1.0 - more as f64 / count as f64;
    assert!((share - 0.95).abs() < five_deviations(0.95, count as f64), "{share}");
}

#[test]
fn lines_in_use_are_those_with_at_most_one_fault_and_right_parity_bits() {
    let (count, p) = (20_000, 6.80e-4);
    let data = drawn(count * LINE_BITS, p, 2);
    let parity = drawn(count * PARITY_BITS, p, 3);
    for (parity, expected) in
        [(&[][..], at_most_one(512, p)), (&parity, at_most_one(512, p) * (1.0 - p).powi(16))]
    {
        let mut killi = lines(count as usize);
        let wrong = WrongBits { data: &data, parity, checks: &[] };
        killi.read(wrong).unwrap();
        killi.read(wrong).unwrap();
        let capacity = killi.lines().capacity();
        // A few lines with more faults look like those with one, or none.
        assert!(
            (capacity - expected).abs() < five_deviations(expected, count as f64),
            "{capacity}, {expected}"
        );
        let read = killi.read(wrong).unwrap();
        assert_eq!(read.clean + read.corrected + read.silent + read.misses.disabled, count);
        assert!(read.silent < count / 1000, "{}", read.silent);
    }
}
