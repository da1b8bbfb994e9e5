//! Integrals over normal numbers, and sums of binomial probabilities, in logarithms.

use crate::normal;

/// Integrals over a standard normal number end at this.
const REACH: f64 = 6.5;
/// Terms with such a logarithm, by the greatest, are left out.
const NEGLIGIBLE: f64 = -40.0;

/// The log of a sum of binomial terms, weight · qᵏ · (1 − q)ⁿ⁻ᵏ, over nodes of weight, ln q and ln(1 − q) with q rising, in parts.
/// A term is greatest where q is next to k/n, and only those near there are added.
pub(super) fn log_binomial_sum(k: f64, n: f64, parts: &[&[(f64, f64, f64)]]) -> f64 {
    let exponent = |node: &(f64, f64, f64)| k * node.1 + (n - k) * node.2;
    let log_share = (k / n).ln();
    let peak = |nodes: &[(f64, f64, f64)]| {
        let after = nodes.partition_point(|node| node.1 < log_share);
        [after.saturating_sub(1), after.min(nodes.len().saturating_sub(1))]
    };
    let most = parts
        .iter()
        .flat_map(|nodes| peak(nodes).into_iter().filter_map(|at| nodes.get(at)))
        .map(exponent)
        .fold(f64::NEG_INFINITY, f64::max);
    let term = |node: &(f64, f64, f64)| {
        let below = exponent(node) - most;
        (below > NEGLIGIBLE).then(|| node.0 * below.exp())
    };
    let near = |nodes: &&[(f64, f64, f64)]| -> f64 {
        let (below, above) = nodes.split_at(peak(nodes)[1]);
        let of = below.iter().rev().map_while(term).sum::<f64>();
        of + above.iter().map_while(term).sum::<f64>()
    };
    most + parts.iter().map(near).sum::<f64>().max(1e-300).ln()
}

/// Nodes and weights of an integral over a standard normal number.
pub(super) fn grid(step: f64) -> Vec<(f64, f64)> {
    let half = (REACH / step) as i32;
    (-half..=half).map(|i| f64::from(i) * step).map(|x| (x, normal::density(x) * step)).collect()
}

/// The log of the sum of exp(values), values being a smooth function at equal steps: where its peak is narrower than the steps,
/// that of the function between them, by cubic interpolation, in steps of a quarter of the peak's width.
pub(super) fn log_integral(values: &[f64]) -> f64 {
    const FINE: i32 = 64;
    let top = (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0) as f64;
    let near = (-2 * FINE..=2 * FINE).map(|k| top + f64::from(k) / f64::from(FINE));
    let peak = near.max_by(|&a, &b| cubic(values, a).total_cmp(&cubic(values, b))).unwrap_or(top);
    let at = |x: f64| cubic(values, x);
    let curvature = (at(peak + 0.125) - 2.0 * at(peak) + at(peak - 0.125)) * 64.0;
    let width = if curvature < 0.0 { (-curvature).sqrt().recip() } else { f64::INFINITY };
    let most = at(peak);
    if values.len() < 5 || width > 1.0 {
        return most + values.iter().map(|value| (value - most).exp()).sum::<f64>().ln();
    }
    let step = width / 4.0;
    let sum: f64 = (-36..=36).map(|k| (at(peak + f64::from(k) * step) - most).exp()).sum();
    most + (sum * step).ln()
}

/// The value between those at whole numbers, by the cubic through the four next to it; at the ends the next one.
fn cubic(values: &[f64], x: f64) -> f64 {
    let first = x.floor() - 1.0;
    if first < 0.0 || first + 3.0 >= values.len() as f64 {
        return values[(x.round().max(0.0) as usize).min(values.len() - 1)];
    }
    let t = x - first;
    let weights = [
        -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0,
        t * (t - 2.0) * (t - 3.0) / 2.0,
        -t * (t - 1.0) * (t - 3.0) / 2.0,
        t * (t - 1.0) * (t - 2.0) / 6.0,
    ];
    weights.iter().zip(&values[first as usize..]).map(|(weight, value)| weight * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_binomial_terms_is_that_of_all_its_nodes() {
        let nodes = |shift: f64| -> Vec<(f64, f64, f64)> {
            let q = |x: f64| normal::cdf(0.8 * x - shift).clamp(1e-300, 1.0 - 1e-15);
            grid(0.03).iter().map(|&(x, w)| (w, q(x).ln(), (-q(x)).ln_1p())).collect()
        };
        let (ones, zeros) = (nodes(2.0), nodes(0.5));
        for (k, n) in
            [(0.0, 512.0), (1.0, 512.0), (40.0, 512.0), (512.0, 512.0), (3000.0, 100_000.0), (0.0, 1.0)]
        {
            for parts in [vec![&ones[..]], vec![&ones[..], &zeros[..]]] {
                let exponents =
                    || parts.iter().copied().flatten().map(|node| (node.0, k * node.1 + (n - k) * node.2));
                let most = exponents().map(|term| term.1).fold(f64::NEG_INFINITY, f64::max);
                let expected = most + exponents().map(|(w, x)| w * (x - most).exp()).sum::<f64>().ln();
                let found = log_binomial_sum(k, n, &parts);
                assert!(
                    (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{k} of {n}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn narrow_peaks_between_nodes_are_integrated_as_well_as_broad_ones() {
        for (width, centre) in [(3.0f64, 40.2), (0.9, 40.5), (0.1, 40.37), (0.02, 40.5)] {
            let values: Vec<f64> =
                (0..80).map(|k| -0.5 * ((f64::from(k) - centre) / width).powi(2) + 700.0).collect();
            let expected = 700.0 + (width * (2.0 * std::f64::consts::PI).sqrt()).ln();
            assert!((log_integral(&values) - expected).abs() < 1e-3, "{width}: {}", log_integral(&values));
        }
        assert_eq!(log_integral(&[3.0]), 3.0);
    }
}
