//! Random bit errors: residuals of codes against closed forms.

use flip_core::Rate;
use nn_bridge::Scheme;
use nn_bridge::memory::{Cells, ReadModel, Which};

use crate::scene::{region, stored, tensor};

/// The probability of exactly `k` of `n` bits.
fn exactly(n: u32, k: u32, p: f64) -> f64 {
    let ways = (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
    ways * p.powi(k as i32) * (1.0 - p).powi((n - k) as i32)
}

/// Within five standard deviations of a binomial count.
fn assert_near(found: u64, n: f64, p: f64, what: &str) {
    let (mean, deviation) = (n * p, (n * p * (1.0 - p)).sqrt());
    assert!(
        (found as f64 - mean).abs() < 5.0 * deviation + 1.0,
        "{what}: {found}, expected {mean} +- {deviation}"
    );
}

#[test]
fn residuals_are_those_of_the_closed_forms() {
    let weights = 1 << 18;
    let tensors = [tensor("w", &[512, weights / 512])];
    for (code, data, total) in [
        ("secded:64", 64, 72),
        ("secded:32", 32, 39),
        ("hamming:64", 64, 71),
        ("parity:8", 8, 9),
        ("dected:64", 64, 79),
    ] {
        let (memory, image) =
            stored(&region(&format!("code = \"{code}\"")), &tensors, &[Scheme::rquant(8).unwrap()]);
        let p = 4e-3;
        let cells = [Cells::Random { rate: Rate::new(p).unwrap(), seed: 11, fresh: false }];
        let read = memory.read(&image, &cells, ReadModel { which: Which::Sampled, seed: 0 }, 0).unwrap();
        let words = (weights * 8 / data) as f64;
        let (words_hit, of) = (read.counts().words, |k| exactly(total, k, p));
        assert_eq!(memory.regions()[0].words() as f64, words, "{code}");
        assert_near(read.counts().raw_bit_errors, words * f64::from(total), p, code);
        match code {
            "parity:8" => {
                assert_eq!((words_hit.corrected, words_hit.miscorrected), (0, 0));
                assert_near(words_hit.detected, words, of(1) + of(3) + of(5), code);
                assert_near(words_hit.undetected, words, of(2) + of(4), code);
            }
            "dected:64" => {
                assert_near(words_hit.corrected, words, of(1) + of(2), code);
                // Three are detected; of four and more some are.
                assert!(words_hit.detected as f64 > 0.8 * words * of(3), "{words_hit:?}");
                assert!((words_hit.silent() as f64) < words * of(4) * 2.0 + 5.0, "{words_hit:?}");
            }
            _ => {
                assert_near(words_hit.corrected, words, of(1), code);
                let more = 1.0 - of(0) - of(1);
                assert_near(words_hit.detected + words_hit.silent(), words, more, code);
                if code.starts_with("secded") {
                    // Two errors are detected, always; of three some are taken for one.
                    assert!(words_hit.detected as f64 > 0.95 * words * of(2), "{words_hit:?}");
                    assert!((words_hit.silent() as f64) < 1.2 * words * of(3) + 10.0, "{words_hit:?}");
                } else {
                    assert!(words_hit.silent() > words_hit.detected, "{words_hit:?}");
                }
            }
        }
    }
}

/// With n most significant bits protected, the squared change of a weight is Σ 4^b p over the others (Srinivasan et al., DATE 2016).
#[test]
fn protected_planes_leave_the_squares_of_the_others() {
    let weights = 1 << 18;
    let tensors = [tensor("w", &[weights])];
    let p = 2e-3;
    for protected in 0..=8u32 {
        let text = region(&format!(
            "robust = \"{}\"",
            if protected == 0 { "none".to_owned() } else { format!("msb:{protected}") }
        ));
        let (memory, image) = stored(&text, &tensors, &[Scheme::normal(8).unwrap()]);
        let cells = [Cells::Random { rate: Rate::new(p).unwrap(), seed: 4, fresh: false }];
        let read = memory.read(&image, &cells, ReadModel { which: Which::Sampled, seed: 0 }, 0).unwrap();
        let mut squares = [0.0; 8];
        read.errors.iter().for_each(|(bit, _)| squares[(bit % 8) as usize] += 1.0);
        let found: f64 = squares.iter().zip(0..).map(|(count, bit)| count * 4f64.powi(bit)).sum();
        let expected: f64 = (0..8 - protected as i32).map(|bit| 4f64.powi(bit) * p * weights as f64).sum();
        let deviation =
            (0..8 - protected as i32).map(|bit| 16f64.powi(bit) * p * weights as f64).sum::<f64>().sqrt();
        assert!((found - expected).abs() <= 5.0 * deviation, "{protected}: {found}, expected {expected}");
        assert_eq!(read.errors.count() == 0, protected == 8);
    }
}
