//! The standard normal distribution, from `libm` so that results are the same on every platform.

/// Φ(x): the probability that a standard normal number is at most `x`.
pub(crate) fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// φ(x): the density of the standard normal distribution.
pub(crate) fn density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * std::f64::consts::PI)
}

/// The x ≥ 0 with 1 − Φ(x) = `tail`, for a tail from 0 to ½; at most 9, where the tail is 10⁻¹⁹.
///
/// A rational approximation (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23), good to 4.5·10⁻⁴, and
/// two steps of Halley's method, each of which cubes the error.
pub(crate) fn upper_quantile(tail: f64) -> f64 {
    const HIGHEST: f64 = 9.0;
    if tail <= cdf(-HIGHEST) {
        return HIGHEST;
    }
    let t = libm::sqrt(-2.0 * libm::log(tail.min(0.5)));
    let top = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let bottom = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut x = t - top / bottom;
    for _ in 0..2 {
        let step = (cdf(-x) - tail) / density(x);
        x += step / (1.0 - 0.5 * x * step);
    }
    x.clamp(0.0, HIGHEST)
}

/// Φ⁻¹(p), for 0 < p < 1; from −9 to 9.
pub(crate) fn quantile(p: f64) -> f64 {
    if p <= 0.5 { -upper_quantile(p) } else { upper_quantile(1.0 - p) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (tail, x) in
            [(0.5, 0.0), (0.158_655_254, 1.0), (0.05, 1.644_853_627), (0.001, 3.090_232_306), (0.0, 9.0)]
        {
            assert!((upper_quantile(tail) - x).abs() < 1e-8, "{tail}");
        }
        for x in [-8.5, -5.0, -1.5, -1e-6, 0.0, 0.3, 4.0f64] {
            // Above 0 the share itself is only good to 10⁻¹⁶.
            let lost = 1e-15 / density(x);
            assert!((quantile(cdf(x)) - x).abs() < 1e-11 + lost, "{x}: {}", quantile(cdf(x)));
        }
        assert!((cdf(1.0) + cdf(-1.0) - 1.0).abs() < 1e-15);
        assert!((density(0.0) - 0.398_942_280_4).abs() < 1e-10);
    }
}
