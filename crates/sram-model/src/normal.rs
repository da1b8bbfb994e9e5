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
pub(crate) fn upper_quantile(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 9.0);
    while high - low > 1e-13 {
        let middle = 0.5 * (low + high);
        if cdf(-middle) > tail { low = middle } else { high = middle }
    }
    0.5 * (low + high)
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
        for x in [-5.0, -1.5, 0.0, 0.3, 4.0] {
            assert!((quantile(cdf(x)) - x).abs() < 1e-8, "{x}");
        }
        assert!((cdf(1.0) + cdf(-1.0) - 1.0).abs() < 1e-15);
        assert!((density(0.0) - 0.398_942_280_4).abs() < 1e-10);
    }
}
