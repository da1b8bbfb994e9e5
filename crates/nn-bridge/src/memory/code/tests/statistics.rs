//! Shares of words at independent bit errors, against exact binomials.

use flip_core::{Purpose, Stream};

use super::*;

/// P(exactly `errors` wrong bits of `n`) at a bit error rate of p.
fn share(n: u32, errors: u32, p: f64) -> f64 {
    let ways = (0..errors).fold(1.0, |ways, i| ways * f64::from(n - i) / f64::from(i + 1));
    ways * p.powi(errors as i32) * (1.0 - p).powi((n - errors) as i32)
}

/// P(two or more wrong bits of `n`).
fn words_with_at_least_two(n: u32, p: f64) -> f64 {
    1.0 - share(n, 0, p) - share(n, 1, p)
}

#[test]
fn five_percent_of_words_have_two_errors_where_the_closed_form_says() {
    for (code, p, digit) in
        [("secded:64", 4.96e-3, 1e-5), ("secded:32", 9.19e-3, 1e-5), ("secded:512", 6.80e-4, 1e-6)]
    {
        let n = named(code).code_bits();
        let around = [p - digit / 2.0, p + digit / 2.0].map(|p| words_with_at_least_two(n, p));
        assert!(around[0] < 0.05 && 0.05 < around[1], "{code}: {around:?}");
    }
}

/// Shares of words by outcome, of `words` words with independent errors.
fn drawn(code: &WordCode, p: f64, words: u32) -> impl Fn(&[Outcome]) -> f64 {
    let mut stream = Stream::new(1, Purpose::named("test of word codes"), 1);
    let mut counts = HashMap::new();
    let mut wrong = Vec::new();
    for _ in 0..words {
        wrong.clear();
        wrong.extend((0..code.code_bits()).filter(|_| stream.next_unit() < p));
        *counts.entry(code.residual(&mut wrong)).or_insert(0u32) += 1;
    }
    move |outcomes| {
        outcomes.iter().filter_map(|o| counts.get(o)).map(|&n| f64::from(n)).sum::<f64>() / f64::from(words)
    }
}

#[test]
fn outcomes_of_random_errors_have_the_shares_of_binomials() {
    use Outcome::{Clean, Corrected, Detected, Miscorrected, Undetected};
    const WORDS: u32 = 200_000;
    // Of its square root: five standard errors.
    let tolerance = |share: f64| 5.0 * (share * (1.0 - share) / f64::from(WORDS)).sqrt();
    for (name, p, corrected) in [
        ("secded:64", 4.96e-3, 1),
        ("secded:64", 5e-2, 1),
        ("secded:32", 9.19e-3, 1),
        ("secded:8", 0.1, 1),
        ("dected:64", 1e-2, 2),
    ] {
        let code = named(name);
        let n = code.code_bits();
        let drawn = drawn(&code, p, WORDS);
        let exact =
            |errors: std::ops::RangeInclusive<u32>| errors.map(|errors| share(n, errors, p)).sum::<f64>();
        let near = |found: f64, low: f64, high: f64, what: &str| {
            assert!(
                low - tolerance(low) <= found && found <= high + tolerance(high),
                "{name} at {p}: {what} {found}, expected {low} to {high}"
            );
        };
        let at = |outcomes: &[Outcome], share: f64, what: &str| near(drawn(outcomes), share, share, what);
        at(&[Clean], exact(0..=0), "clean");
        at(&[Corrected], exact(1..=corrected), "corrected");
        at(&[Detected, Miscorrected, Undetected], exact(corrected + 1..=n), "not corrected");

        // Of three errors it is known what becomes of each pattern; of more it may be anything that parity allows.
        let of_three = outcomes(&code, 3);
        let all: u64 = of_three.values().sum();
        let miscorrected = share(n, 3, p) * *of_three.get(&Miscorrected).unwrap_or(&0) as f64 / all as f64;
        near(drawn(&[Miscorrected]), miscorrected, miscorrected + exact(4..=n), "miscorrected");
        near(drawn(&[Undetected]), 0.0, exact(4..=n), "undetected");
    }
    assert!((words_with_at_least_two(72, 4.96e-3) - 0.05).abs() < 2e-4);
}
