//! The grid that weights already lie on: whole multiples of one step, as of integers times a scale.

use super::QuantiseError;
use crate::scheme::{Scheme, Sign};

/// A step, and the code that stands for 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StoredGrid {
    pub(super) step: f64,
    pub(super) zero: u32,
}

impl StoredGrid {
    /// The grid of some weights, finite all of them. The greatest number of steps is tried first that a symmetric scheme gives the greatest
    /// weight, 2^(m−1) − 1, and that an asymmetric one gives the whole range, 2^m − 1; else the widest step is taken.
    ///
    /// # Errors
    /// [`QuantiseError::NoGrid`] if there is none, or its codes do not fit the bits.
    pub(super) fn of(scheme: Scheme, weights: &[f32]) -> Result<Self, QuantiseError> {
        let codes = 1u64 << scheme.bits().bits();
        let values = distinct(weights, codes).ok_or_else(|| QuantiseError::NoGrid {
            found: codes + 1,
            codes,
            scheme: Box::new(scheme),
        })?;
        let ends = [values.first(), values.last()].map(|end| end.copied().unwrap_or(0.0));
        let (greatest, width) = (ends[1].abs().max(ends[0].abs()), f64::from(ends[1]) - f64::from(ends[0]));
        if greatest == 0.0 {
            // Any step says 0.
            return Ok(Self { step: 1.0, zero: Self::middle(scheme) });
        }
        let of_greatest = |steps: u64| f64::from(greatest) / steps as f64;
        let usual = match scheme.sign {
            Sign::Signed => of_greatest(codes / 2 - 1),
            Sign::Unsigned => width / (codes - 1) as f64,
        };
        // As many steps as there are codes at most, and as there are values at least.
        let steps = (1..codes).map(of_greatest);
        let mut tried = std::iter::once(usual).chain(steps);
        let found = tried.find_map(|step| Self::near(scheme, &values, step, ends));
        found.ok_or_else(|| QuantiseError::NoGrid {
            found: values.len() as u64,
            codes,
            scheme: Box::new(scheme),
        })
    }

    /// The code of 0 if nothing tells it.
    fn middle(scheme: Scheme) -> u32 {
        if scheme.sign == Sign::Unsigned { 1 << (scheme.bits().bits() - 1) } else { 0 }
    }

    /// The grid of about this step, if all values lie on it and have codes.
    fn near(scheme: Scheme, values: &[f32], step: f64, ends: [f32; 2]) -> Option<Self> {
        let codes = 1i64 << scheme.bits().bits();
        let (mut least, mut most) = (0.0f64, f64::INFINITY);
        for &value in values.iter().filter(|&&value| value != 0.0) {
            let steps = (f64::from(value) / step).round();
            if steps == 0.0 || steps.abs() >= codes as f64 {
                return None;
            }
            // Steps whose multiple is rounded to this value.
            let half = f64::from(value.abs().next_up() - value.abs()) / 2.0;
            let size = f64::from(value.abs());
            least = least.max((size - half) / steps.abs());
            most = most.min((size + half) / steps.abs());
            if least > most {
                return None;
            }
        }
        let step = rounded(f64::midpoint(least, most));
        let says = |value: f32| ((f64::from(value) / step).round() * step) as f32 == value;
        if !values.iter().all(|&value| says(value)) {
            return None;
        }
        let [lo, hi] = ends.map(|end| (f64::from(end) / step).round() as i64);
        let zero = match scheme.sign {
            Sign::Signed if lo >= -codes / 2 && hi < codes / 2 => 0,
            Sign::Signed => return None,
            // The least value has code 0, but 0 has a code, too.
            Sign::Unsigned => (-lo).clamp(0, codes - 1),
        };
        let fits = scheme.sign == Sign::Signed || (lo + zero >= 0 && hi + zero < codes);
        fits.then_some(Self { step, zero: zero as u32 })
    }
}

/// A step of so few digits that its products with numbers of codes have no more than a float64: then a range and its number of steps give
/// it back.
fn rounded(step: f64) -> f64 {
    const MORE: u64 = 1 << 17;
    f64::from_bits((step.to_bits() + MORE / 2) & !(MORE - 1))
}

/// The values that weights have, ascending, each once; `None` if they are more than so many.
fn distinct(weights: &[f32], most: u64) -> Option<Vec<f32>> {
    let mut seen: Vec<f32> = Vec::new();
    for chunk in weights.chunks(CHUNK) {
        // 0 and −0 are one number.
        seen.extend(chunk.iter().map(|weight| weight + 0.0));
        seen.sort_unstable_by(f32::total_cmp);
        seen.dedup();
        if seen.len() as u64 > most {
            return None;
        }
    }
    Some(seen)
}

/// Weights that are sorted at a time.
const CHUNK: usize = 1 << 14;
