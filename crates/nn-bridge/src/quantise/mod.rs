//! From weights to codes and back, one tensor at a time.
//!
//! With m bits, and r the range:
//!
//! * symmetric: r = max|w| + 0.001, δ = r / (2^(m−1) − 1); code = w/δ, value = code·δ clamped to ±r. With a global range
//!   δ = (r + 0.001) / (2^(m−1) − 1).
//! * unsigned: 2^(m−1) is added to w/δ, and the sum is capped at 2^m − 1, before it becomes an integer.
//! * asymmetric: x = 2·(w − lo)/(hi − lo) − 1 is quantised with the global range 1, so δ = 1.001 / (2^(m−1) − 1); the value is
//!   mapped back and clamped to lo..hi. A tensor of one value keeps it.
//! * stored: weights that are k·δ already, with integers k, keep them as codes; unsigned, counted from the least weight. Values are k·δ in
//!   float64, rounded once.
//! * clipping at c: weights are clamped to ±c; the symmetric range is then min(max|w| + 0.001, c).
//!
//! As in the paper's code, which computes with numbers of Python and tensors of float32: what there is one of for a tensor (r, δ, c,
//! with 0.001 and the scheme's own numbers) is computed in float64 and rounded to float32 once, where it meets the weights; what
//! there is for each weight (w/δ, x, code·δ) is computed in float32, each step rounded. For m = 32 all of it is float64,
//! since 2^31 − 1 is no float32; there w/δ is also held within ±(2^31 − 1), as a c rounded up would take it beyond.
//!
//! A [`Quantizer`] holds the range. It is made from clean weights and decodes faulty codes, too, so that a bit error
//! never changes a range (Stutz et al., MLSys 2021, section 3.1).

mod coded;
mod decode;
mod encode;
mod error;
mod extent;
mod float;
mod grid;
mod quotient;
mod stored;
mod zero;

pub use coded::Coded;
pub use error::QuantiseError;
pub use zero::Zero;

use flip_core::{Kernel, PackedInts};

use self::decode::Decode;
use self::encode::encode;
use self::extent::Extent;
use self::grid::Grid;
use self::stored::StoredGrid;
use crate::scheme::{RangeRule, Scheme, Sign, Symmetry};

/// Codes that are converted at a time: what is between the steps stays in the first-level cache.
const CHUNK: usize = 1 << 11;

/// Added to a range so that the greatest weight lies inside.
pub const MARGIN: f64 = 0.001;

/// Quantises the weights of one tensor by its clean range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantizer {
    scheme: Scheme,
    /// Values are clamped to lo..=hi.
    lo: f32,
    hi: f32,
    /// What 2^(m−1) − 1 steps make: the range in weights, or in −1..1 if asymmetric.
    reach: f64,
}

impl Quantizer {
    /// The quantizer of a tensor with these clean weights. An empty tensor gets an empty range.
    ///
    /// # Errors
    /// [`QuantiseError`] if a weight is not finite or their range is too wide for float32.
    pub fn fit(scheme: Scheme, weights: &[f32]) -> Result<Self, QuantiseError> {
        Self::fit_with(Kernel::best(), scheme, weights)
    }

    /// The quantizer of a range that was written down, with its step, and is not known to be any weights'; `None` if the scheme has no
    /// such range.
    pub(crate) fn of_range(scheme: Scheme, lo: f32, hi: f32, step: f64) -> Option<Self> {
        let steps = ((1u64 << (scheme.bits().bits() - 1)) - 1) as f64;
        let reach = match (scheme.range(), scheme.symmetry) {
            (RangeRule::Global(_) | RangeRule::PerTensor, Symmetry::Asymmetric) => 1.0 + MARGIN,
            (RangeRule::Global(range), Symmetry::Symmetric) => range + MARGIN,
            (RangeRule::PerTensor, Symmetry::Symmetric) | (RangeRule::Stored, _) => step * steps,
        };
        let quantizer = Self { scheme, lo, hi, reach };
        let is_one = step > 0.0 && quantizer.step() == step && quantizer.has_a_range();
        is_one.then_some(quantizer)
    }

    /// Whether the range is one that its scheme gives some weights.
    fn has_a_range(&self) -> bool {
        let Self { scheme, lo, hi, reach } = *self;
        let of_tensor = scheme.clip().filter(|_| scheme.range() == RangeRule::PerTensor);
        let bound = of_tensor.map_or(f32::MAX, |limit| limit as f32);
        let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
        -bound <= lo
            && lo <= hi
            && hi <= bound
            && match (scheme.range(), scheme.symmetry) {
                (RangeRule::Global(range), _) => (lo, hi) == (-range as f32, range as f32),
                // An empty tensor has no range.
                (RangeRule::PerTensor, Symmetry::Symmetric) => {
                    lo == -hi && (is_near(reach, hi.into()) || hi == 0.0)
                }
                (RangeRule::PerTensor, Symmetry::Asymmetric) => (2.0 * (hi - lo)).is_finite(),
                (RangeRule::Stored, _) => {
                    let step = self.step();
                    let zero = if scheme.sign == Sign::Unsigned {
                        (f64::from(lo) / -step).round() as u32
                    } else {
                        0
                    };
                    let of_grid = Self::of_grid(scheme, StoredGrid { step, zero });
                    (lo, hi) == (of_grid.lo, of_grid.hi)
                }
            }
    }

    fn fit_with(kernel: Kernel, scheme: Scheme, weights: &[f32]) -> Result<Self, QuantiseError> {
        let (least, greatest, finite) = kernel.run(Extent(weights));
        if !finite && let Some(index) = weights.iter().position(|w| !w.is_finite()) {
            return Err(QuantiseError::NotFinite { index, found: weights[index] });
        }
        let limit = scheme.clip().unwrap_or(f64::INFINITY);
        let clipped = |weight: f32| weight.clamp(-limit as f32, limit as f32);
        let (lo, hi, reach) = match (scheme.range(), scheme.symmetry) {
            (RangeRule::Global(range), Symmetry::Symmetric) => (-range as f32, range as f32, range + MARGIN),
            (RangeRule::Global(range), Symmetry::Asymmetric) => (-range as f32, range as f32, 1.0 + MARGIN),
            (RangeRule::Stored, _) => return Ok(Self::of_grid(scheme, StoredGrid::of(scheme, weights)?)),
            (RangeRule::PerTensor, _) if weights.is_empty() => (0.0, 0.0, 1.0 + MARGIN),
            (RangeRule::PerTensor, Symmetry::Symmetric) => {
                let range = (f64::from(greatest.max(-least).max(0.0)) + MARGIN).min(limit);
                (-range as f32, range as f32, range)
            }
            (RangeRule::PerTensor, Symmetry::Asymmetric) => (clipped(least), clipped(greatest), 1.0 + MARGIN),
        };
        // The mapping to −1..1 takes twice the width.
        let widest = if scheme.symmetry == Symmetry::Asymmetric { 2.0 * (hi - lo) } else { hi };
        if !widest.is_finite() {
            return Err(QuantiseError::TooWide { lo, hi });
        }
        Ok(Self { scheme, lo, hi, reach })
    }

    /// That of a grid: its range is what codes can say.
    fn of_grid(scheme: Scheme, StoredGrid { step, zero }: StoredGrid) -> Self {
        let half = 1i64 << (scheme.bits().bits() - 1);
        let least = if scheme.sign == Sign::Unsigned { -i64::from(zero) } else { -half };
        // Codes that no weight had may stand for more than float32 can say.
        let value = |steps: i64| ((steps as f64 * step) as f32).clamp(f32::MIN, f32::MAX);
        Self { scheme, lo: value(least), hi: value(least + 2 * half - 1), reach: step * (half - 1) as f64 }
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The clean range: no decoded value lies outside.
    pub fn range(&self) -> (f32, f32) {
        (self.lo, self.hi)
    }

    /// The step δ between two codes, as it is used: a float32, but for 32 bits. An asymmetric range counts it in −1..1.
    pub fn step(&self) -> f64 {
        if self.double() { Grid::<f64>::new(self).delta } else { f64::from(Grid::<f32>::new(self).delta) }
    }

    /// Quantises weights of the tensor from number `first` on. Codes of m bits; signed ones in two's complement.
    ///
    /// # Errors
    /// [`QuantiseError`] if a weight is not finite or lies outside what codes can say.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn encode(&self, first: usize, weights: &[f32], codes: &mut [u32]) -> Result<(), QuantiseError> {
        self.encode_with(Kernel::best(), first, weights, codes)
    }

    fn encode_with(
        &self,
        kernel: Kernel,
        first: usize,
        weights: &[f32],
        codes: &mut [u32],
    ) -> Result<(), QuantiseError> {
        assert_eq!(weights.len(), codes.len(), "as many codes as weights");
        let encoded = if self.double() {
            encode::<f64>(kernel, &Grid::new(self), weights, codes)
        } else {
            encode::<f32>(kernel, &Grid::new(self), weights, codes)
        };
        encoded.map_err(|offset| {
            let (index, found) = (first + offset, weights[offset]);
            if found.is_finite() {
                QuantiseError::OutOfRange {
                    index,
                    found,
                    lo: self.lo,
                    hi: self.hi,
                    scheme: Box::new(self.scheme),
                }
            } else {
                QuantiseError::NotFinite { index, found }
            }
        })
    }

    /// The values of codes, clamped to the clean range. Bits above m are ignored.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn decode(&self, codes: &[u32], values: &mut [f32]) {
        self.decode_with(Kernel::best(), codes, values);
    }

    fn decode_with(&self, kernel: Kernel, codes: &[u32], values: &mut [f32]) {
        assert_eq!(values.len(), codes.len(), "as many values as codes");
        if self.double() {
            kernel.run(Decode::<f64> { grid: Grid::new(self), codes, values });
        } else {
            kernel.run(Decode::<f32> { grid: Grid::new(self), codes, values });
        }
    }

    /// Quantises weights and packs their codes from number `first` on.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), with positions in `weights`; some codes may then have been written.
    ///
    /// # Panics
    /// If the codes have another width than the scheme, or there are fewer than `first + weights.len()`.
    pub fn pack(&self, weights: &[f32], codes: &mut PackedInts, first: usize) -> Result<(), QuantiseError> {
        assert_eq!(codes.width(), self.scheme.bits(), "codes of the width of the scheme");
        let mut buffer = [0; CHUNK];
        for (chunk, offset) in weights.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
            let buffer = &mut buffer[..chunk.len()];
            self.encode(offset, chunk, buffer)?;
            // The quantizer's codes have its width.
            let _ = codes.write(first + offset, buffer);
        }
        Ok(())
    }

    /// The values of packed codes from number `first` on, clamped to the clean range.
    ///
    /// # Panics
    /// If the codes have another width than the scheme, or there are fewer than `first + values.len()`.
    pub fn unpack(&self, codes: &PackedInts, first: usize, values: &mut [f32]) {
        assert_eq!(codes.width(), self.scheme.bits(), "codes of the width of the scheme");
        let mut buffer = [0; CHUNK];
        for (chunk, offset) in values.chunks_mut(CHUNK).zip((0..).step_by(CHUNK)) {
            let buffer = &mut buffer[..chunk.len()];
            codes.read(first + offset, buffer);
            self.decode(buffer, chunk);
        }
    }

    fn double(&self) -> bool {
        // Integers times a scale of float64 are rounded once.
        self.scheme.bits().bits() > 24 || self.scheme.range() == RangeRule::Stored
    }
}

#[cfg(test)]
mod tests;
