//! From weights to codes and back, one tensor at a time.
//!
//! With m bits, and r the range:
//!
//! * symmetric: r = max|w| + 0.001, δ = r / (2^(m−1) − 1); code = w/δ, value = code·δ clamped to ±r. With a global range
//!   δ = (r + 0.001) / (2^(m−1) − 1).
//! * unsigned: 2^(m−1) is added to w/δ, and the sum is capped at 2^m − 1, before it becomes an integer.
//! * asymmetric: x = 2·(w − lo)/(hi − lo) − 1 is quantised with the global range 1, so δ = 1.001 / (2^(m−1) − 1); the value is
//!   mapped back and clamped to lo..hi. A tensor of one value keeps it.
//! * clipping at c: weights are clamped to ±c; the symmetric range is then min(max|w| + 0.001, c).
//!
//! As in the paper's code, which computes with numbers of Python and tensors of float32: what there is one of for a tensor (r, δ, c,
//! with 0.001 and the scheme's own numbers) is computed in float64 and rounded to float32 once, where it meets the weights; what
//! there is for each weight (w/δ, x, code·δ) is computed in float32, each step rounded. For m = 32 all of it is float64,
//! since 2^31 − 1 is no float32; there w/δ is also held within ±(2^31 − 1), as a c rounded up would take it beyond.
//!
//! A [`Quantizer`] holds the range. It is made from clean weights and decodes faulty codes, too, so that a bit error
//! never changes a range (Stutz et al., MLSys 2021, section 3.1).

mod extent;
mod grid;

use flip_core::{Kernel, PackedInts};
use thiserror::Error;

use self::extent::Extent;
use self::grid::{double, single};
use crate::scheme::{RangeRule, Scheme, Symmetry};

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

/// Why a tensor cannot be quantised.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum QuantiseError {
    /// A weight is no number.
    #[error("weight {index} is {found}: expected a finite number")]
    NotFinite {
        /// Position in the tensor.
        index: usize,
        /// The weight.
        found: f32,
    },
    /// A weight lies outside what codes can say.
    #[error(
        "weight {index} is {found}, which {scheme} cannot represent: the range is {lo} to {hi}; use a range per \
         tensor, a larger global range, or clipping"
    )]
    OutOfRange {
        /// Position in the tensor.
        index: usize,
        /// The weight.
        found: f32,
        /// Lower end of the range.
        lo: f32,
        /// Upper end of the range.
        hi: f32,
        /// The scheme.
        scheme: Box<Scheme>,
    },
    /// The weights lie too far apart for float32.
    #[error("weights from {lo} to {hi} lie too far apart to be quantised")]
    TooWide {
        /// Least weight.
        lo: f32,
        /// Greatest weight.
        hi: f32,
    },
}

impl Quantizer {
    /// The quantizer of a tensor with these clean weights. An empty tensor gets an empty range.
    ///
    /// # Errors
    /// [`QuantiseError`] if a weight is not finite or they lie too far apart.
    pub fn fit(scheme: Scheme, weights: &[f32]) -> Result<Self, QuantiseError> {
        Self::fit_with(Kernel::best(), scheme, weights)
    }

    /// The quantizer of a range that was written down, with its step, and is not known to be any weights'.
    pub(crate) fn of_range(scheme: Scheme, lo: f32, hi: f32, step: f64) -> Self {
        let reach = match (scheme.range(), scheme.symmetry) {
            (_, Symmetry::Asymmetric) => 1.0 + MARGIN,
            (RangeRule::Global(range), Symmetry::Symmetric) => range + MARGIN,
            (RangeRule::PerTensor, Symmetry::Symmetric) => {
                step * (((1u64 << (scheme.bits().bits() - 1)) - 1) as f64)
            }
        };
        Self { scheme, lo, hi, reach }
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
            (RangeRule::PerTensor, _) if weights.is_empty() => (0.0, 0.0, 1.0 + MARGIN),
            (RangeRule::PerTensor, Symmetry::Symmetric) => {
                let range = (f64::from(greatest.max(-least).max(0.0)) + MARGIN).min(limit);
                (-range as f32, range as f32, range)
            }
            (RangeRule::PerTensor, Symmetry::Asymmetric) => (clipped(least), clipped(greatest), 1.0 + MARGIN),
        };
        // The mapping to −1..1 takes twice the width.
        if !(2.0 * (hi - lo)).is_finite() {
            return Err(QuantiseError::TooWide { lo, hi });
        }
        Ok(Self { scheme, lo, hi, reach })
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
        if self.double() { double::Grid::new(self).step() } else { single::Grid::new(self).step() }
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
            double::encode(kernel, &double::Grid::new(self), weights, codes)
        } else {
            single::encode(kernel, &single::Grid::new(self), weights, codes)
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
            kernel.run(double::Decode { grid: double::Grid::new(self), codes, values });
        } else {
            kernel.run(single::Decode { grid: single::Grid::new(self), codes, values });
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
        self.scheme.bits().bits() > 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Rounding;
    use proptest::prelude::*;

    const BITS: [u32; 9] = [2, 3, 4, 5, 6, 7, 8, 16, 32];

    fn schemes(bits: u32) -> Vec<Scheme> {
        let switches = ["", "+asymmetric", "+unsigned", "+asymmetric+unsigned"];
        let rounding = ["", "+rounded"];
        let names = switches.iter().flat_map(|a| rounding.iter().map(move |b| format!("normal{a}{b}")));
        names.map(|name| Scheme::named(&name, bits).unwrap()).collect()
    }

    fn encode(quantizer: &Quantizer, weights: &[f32]) -> Result<Vec<u32>, QuantiseError> {
        let mut codes = vec![0; weights.len()];
        quantizer.encode(0, weights, &mut codes).map(|()| codes)
    }

    fn decode(quantizer: &Quantizer, codes: &[u32]) -> Vec<f32> {
        let mut values = vec![0.0; codes.len()];
        quantizer.decode(codes, &mut values);
        values
    }

    proptest! {
        #[test]
        fn a_value_lies_within_a_step_of_its_weight(weights in prop::collection::vec(-3f32..3.0, 1..40)) {
            for scheme in BITS.into_iter().flat_map(schemes) {
                let quantizer = Quantizer::fit(scheme, &weights).unwrap();
                let (lo, hi) = quantizer.range();
                let steps = ((1u64 << (scheme.bits().bits() - 1)) - 1) as f32;
                // δ in units of the weight, and half of it if rounded; float32 adds its own.
                let step = (hi - lo) / 2.0 * 1.001 / steps + 3e-6;
                let bound = if scheme.rounding == Rounding::Nearest { step / 2.0 + 3e-6 } else { step };
                let values = decode(&quantizer, &encode(&quantizer, &weights).unwrap());
                for (weight, value) in weights.iter().zip(values) {
                    prop_assert!((weight - value).abs() <= bound, "{}: {} became {}", scheme, weight, value);
                }
            }
        }

        #[test]
        fn no_code_leaves_the_clean_range(weights in prop::collection::vec(-3f32..3.0, 1..9), code: u32) {
            for scheme in BITS.into_iter().flat_map(schemes) {
                let quantizer = Quantizer::fit(scheme, &weights).unwrap();
                let (lo, hi) = quantizer.range();
                let value = decode(&quantizer, &[code])[0];
                prop_assert!((lo..=hi).contains(&value), "{}: {}", scheme, value);
            }
        }

        #[test]
        fn a_tensor_of_one_value_keeps_it_whatever_its_codes_become(weight in -1e30f32..1e30, code: u32) {
            for scheme in BITS.into_iter().flat_map(schemes).filter(|s| s.symmetry == Symmetry::Asymmetric) {
                let quantizer = Quantizer::fit(scheme, &[weight; 3]).unwrap();
                prop_assert_eq!(decode(&quantizer, &encode(&quantizer, &[weight; 3]).unwrap()), vec![weight; 3]);
                prop_assert_eq!(decode(&quantizer, &[code]), vec![weight]);
            }
        }

        #[test]
        fn clipping_bounds_the_range(weights in prop::collection::vec(-3f32..3.0, 1..40), limit in 0.05f64..4.0) {
            for scheme in BITS.into_iter().flat_map(schemes) {
                let quantizer = Quantizer::fit(scheme.clipped(limit).unwrap(), &weights).unwrap();
                let (lo, hi) = quantizer.range();
                let limit = limit as f32;
                prop_assert!(lo >= -limit && hi <= limit);
                let clipped: Vec<f32> = weights.iter().map(|w| w.clamp(-limit, limit)).collect();
                prop_assert_eq!(encode(&quantizer, &weights).unwrap(), encode(&quantizer, &clipped).unwrap());
            }
        }
    }

    #[test]
    fn every_kernel_gives_the_same_ranges_codes_and_values() {
        // No multiple of any vector's length.
        let weights: Vec<f32> = (0..1001).map(|i| ((i * i) as f32 * 0.37).sin() * 0.4 + 0.1).collect();
        for scheme in BITS.into_iter().flat_map(schemes) {
            let convert = |kernel: Kernel| {
                let quantizer = Quantizer::fit_with(kernel, scheme, &weights).unwrap();
                let (mut codes, mut values) = (vec![0; weights.len()], vec![0.0; weights.len()]);
                quantizer.encode_with(kernel, 0, &weights, &mut codes).unwrap();
                quantizer.decode_with(kernel, &codes, &mut values);
                (quantizer, codes, values)
            };
            let portable = convert(Kernel::PORTABLE);
            for kernel in Kernel::available() {
                assert_eq!(convert(kernel), portable, "{kernel}, {scheme}");
            }
        }
    }

    /// Codes worked out by hand from the definitions.
    #[test]
    fn codes_are_those_of_the_definition() {
        let weights = [-0.5, 0.0, 0.25, 0.499];
        let codes = |name: &str, bits| {
            let quantizer = Quantizer::fit(Scheme::named(name, bits).unwrap(), &weights).unwrap();
            encode(&quantizer, &weights).unwrap()
        };
        // r = 0.501, δ = 0.501/127: −126.7, 0, 63.4, 126.5.
        assert_eq!(codes("normal", 8), [256 - 126, 0, 63, 126]);
        assert_eq!(codes("normal+rounded", 8), [256 - 127, 0, 63, 126]);
        // 128 added first: 1.25, 128, 191.4, 254.5.
        assert_eq!(codes("normal+unsigned", 8), [1, 128, 191, 254]);
        // x = 2(w + 0.5)/0.999 − 1: −1, 0.001, 0.5015, 1; δ = 1.001/127: −126.87, 0.127, 63.6, 126.87.
        assert_eq!(codes("normal+asymmetric", 8), [256 - 126, 0, 63, 126]);
        assert_eq!(codes("rquant", 8), [1, 128, 192, 255]);
        // δ = 1.001/127 without mapping: −63.4, 0, 31.7, 63.3.
        assert_eq!(codes("global", 8), [256 - 63, 0, 31, 63]);
        // δ = 0.501/7: −6.99, 0, 3.49, 6.97; 4 bits.
        assert_eq!(codes("normal", 4), [16 - 6, 0, 3, 6]);
        assert_eq!(codes("normal+rounded", 4), [16 - 7, 0, 3, 7]);
        // δ = 0.501/1: 2 bits.
        assert_eq!(codes("normal+rounded", 2), [3, 0, 0, 1]);
    }

    #[test]
    fn rquant_of_8_bits_uses_codes_1_to_255() {
        let weights: Vec<f32> = (0..1000).map(|i| i as f32 * 0.001 - 0.3).collect();
        let quantizer = Quantizer::fit(Scheme::rquant(8).unwrap(), &weights).unwrap();
        let codes = encode(&quantizer, &weights).unwrap();
        assert_eq!((codes.iter().min(), codes.iter().max()), (Some(&1), Some(&255)));
    }

    #[test]
    fn what_cannot_be_represented_is_an_error_not_a_wrap() {
        for bits in BITS {
            let quantizer = Quantizer::fit(Scheme::global(bits).unwrap(), &[]).unwrap();
            assert_eq!(encode(&quantizer, &[0.5, -1.0, 1.0]).map(|codes| codes.len()), Ok(3), "{bits} bits");
            for outside in [-1.001, 1.001, -1.5, -2.9, 3.5, 1e30] {
                let error = encode(&quantizer, &[0.5, outside]).unwrap_err();
                assert!(matches!(error, QuantiseError::OutOfRange { index: 1, .. }), "{bits} bits: {error}");
            }
            let clipping = Quantizer::fit(Scheme::global(bits).unwrap().clipped(1.0).unwrap(), &[]).unwrap();
            assert_eq!(encode(&clipping, &[3.5]), encode(&clipping, &[1.0]));
        }
        for found in [f32::NAN, f32::INFINITY] {
            let error = Quantizer::fit(Scheme::rquant(8).unwrap(), &[0.0, found]).unwrap_err();
            assert!(matches!(error, QuantiseError::NotFinite { index: 1, .. }));
            let quantizer = Quantizer::fit(Scheme::rquant(8).unwrap(), &[0.0, 1.0]).unwrap();
            assert!(encode(&quantizer, &[found]).is_err());
        }
        let wide = Quantizer::fit(Scheme::rquant(8).unwrap(), &[f32::MIN, f32::MAX]);
        assert!(matches!(wide, Err(QuantiseError::TooWide { .. })));
    }

    #[test]
    fn large_weights_of_32_bits_keep_23_bits_of_themselves() {
        let weights = [1e6f32, -1e6, 123_456.78, 0.0];
        for scheme in schemes(32) {
            let quantizer = Quantizer::fit(scheme, &weights).unwrap();
            let values = decode(&quantizer, &encode(&quantizer, &weights).unwrap());
            assert!(weights.iter().zip(values).all(|(w, v)| (w - v).abs() <= 0.07), "{scheme}");
        }
    }
}
