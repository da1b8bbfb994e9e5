//! Searches for the greatest likelihood.

/// Where a function with one maximum between `low` and `high` is greatest, to `tolerance`: golden-section search
/// (Kiefer 1953). `argmin` crates bring far more than these lines.
pub(super) fn maximise(low: f64, high: f64, tolerance: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let ratio = 0.5 * (5.0f64.sqrt() - 1.0);
    let (mut a, mut b) = (low, high);
    let (mut x0, mut x1) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut f0, mut f1) = (f(x0), f(x1));
    while b - a > tolerance {
        if f0 > f1 {
            (b, x1, f1) = (x1, x0, f0);
            x0 = b - ratio * (b - a);
            f0 = f(x0);
        } else {
            (a, x0, f0) = (x0, x1, f1);
            x1 = a + ratio * (b - a);
            f1 = f(x1);
        }
    }
    0.5 * (a + b)
}

/// The standard error of a maximum-likelihood estimate: from the curvature of the log-likelihood there.
pub(super) fn standard_error(at: f64, step: f64, mut f: impl FnMut(f64) -> f64) -> Option<f64> {
    let curvature = (f(at + step) - 2.0 * f(at) + f(at - step)) / (step * step);
    (curvature < 0.0).then(|| (-1.0 / curvature).sqrt())
}

/// A log-likelihood that is greater by this is significant at 5 %, one-sided: half of the square of 1.645.
pub(super) const SIGNIFICANT: f64 = 1.35;

/// The value above `low` at which the log-likelihood has fallen by [`SIGNIFICANT`] below its value at `low`: the upper end of a
/// one-sided 95 % interval of an estimate on its bound.
pub(super) fn upper_limit(low: f64, high: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let least = f(low) - SIGNIFICANT;
    let (mut a, mut b) = (low, high);
    for _ in 0..30 {
        let middle = 0.5 * (a + b);
        if f(middle) > least { a = middle } else { b = middle }
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_known() {
        let f = |x: f64| -2.0 * (x - 0.3).powi(2);
        assert!((maximise(0.0, 1.0, 1e-6, f) - 0.3).abs() < 1e-5);
        assert!((maximise(0.5, 1.0, 1e-6, f) - 0.5).abs() < 1e-5);
        assert!((standard_error(0.3, 0.01, f).unwrap() - 0.5).abs() < 1e-6);
        assert!(standard_error(0.3, 0.01, |x| -f(x)).is_none());
        assert!((upper_limit(0.3, 2.0, f) - (0.3 + 0.675f64.sqrt())).abs() < 1e-6);
    }
}
