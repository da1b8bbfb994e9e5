//! Weights to codes of a grid and back, in loops that are compiled for the CPU at hand.

/// The arithmetic, once for each float type.
macro_rules! grid {
    ($module:ident, $float:ty) => {
        #[allow(
            clippy::cast_lossless,
            clippy::allow_attributes,
            reason = "lossless for one of the two types"
        )]
        pub(super) mod $module {
            use flip_core::{Kernel, Work};

            use super::super::Quantizer;
            use crate::scheme::{Rounding, Sign, Symmetry};

            type Float = $float;

            /// One and a half times the number from which on a float has no fraction: added to a whole number, it leaves
            /// the number in the low bits of the sum, in two's complement. Codes have far fewer bits than a fraction.
            const INTEGERS: Float = 1.5 * (1u64 << (Float::MANTISSA_DIGITS - 1)) as Float;

            /// Whether a bound rounded to float32 may lie beyond the last code: that number of steps has more digits than it.
            const WIDE: bool = Float::MANTISSA_DIGITS > f32::MANTISSA_DIGITS;

            /// The steps between a quantizer's values.
            #[derive(Clone, Copy)]
            pub(in crate::quantise) struct Grid {
                bits: u32,
                /// Step between two codes.
                delta: Float,
                /// Added to unsigned codes.
                offset: Float,
                /// The least and the greatest code before it is rounded, where there is a bound.
                floor: Float,
                cap: Float,
                /// Bound of the weights before they are encoded.
                clip: f32,
                lo: Float,
                hi: Float,
                asymmetric: bool,
                rounding: Rounding,
            }

            impl Grid {
                pub(in crate::quantise) fn new(quantizer: &Quantizer) -> Self {
                    let scheme = quantizer.scheme;
                    let bits = scheme.bits().bits();
                    let steps = (1u64 << (bits - 1)) - 1;
                    let asymmetric = scheme.symmetry == Symmetry::Asymmetric;
                    let unsigned = scheme.sign == Sign::Unsigned;
                    let offset = if unsigned { (1u64 << (bits - 1)) as Float } else { 0.0 };
                    Self {
                        bits,
                        // Rounded once.
                        delta: (quantizer.reach / steps as f64) as Float,
                        offset,
                        floor: if WIDE { offset - steps as Float } else { -Float::INFINITY },
                        cap: match (unsigned, WIDE) {
                            (true, _) => ((1u64 << bits) - 1) as Float,
                            (false, true) => steps as Float,
                            (false, false) => Float::INFINITY,
                        },
                        clip: scheme.clip().unwrap_or(f64::INFINITY) as f32,
                        lo: Float::from(quantizer.lo),
                        hi: Float::from(quantizer.hi),
                        asymmetric,
                        rounding: scheme.rounding,
                    }
                }

                pub(in crate::quantise) fn step(&self) -> f64 {
                    f64::from(self.delta)
                }

                #[inline(always)]
                fn clipped(&self, weight: f32) -> Float {
                    Float::from(weight.clamp(-self.clip, self.clip))
                }

                /// Whether a weight lies in the range, as NaN does not. Codes of weights in the range fit the bits: the
                /// range is at most 2^(m−1) − 1 steps.
                #[inline(always)]
                fn holds(&self, weight: Float) -> bool {
                    weight >= self.lo && weight <= self.hi
                }
            }

            /// Encodes, or gives the position of the first weight outside the range, which no code can say.
            pub(in crate::quantise) fn encode(
                kernel: Kernel,
                grid: &Grid,
                weights: &[f32],
                codes: &mut [u32],
            ) -> Result<(), usize> {
                let sound = kernel.run(Encode { grid: *grid, weights, codes });
                let unsound = |&weight: &f32| !grid.holds(grid.clipped(weight));
                if sound { Ok(()) } else { Err(weights.iter().position(unsound).unwrap_or(0)) }
            }

            struct Encode<'a> {
                grid: Grid,
                weights: &'a [f32],
                codes: &'a mut [u32],
            }

            impl Work for Encode<'_> {
                /// Whether all weights lie in the range.
                type Output = bool;

                #[inline(always)]
                fn run(self) -> bool {
                    let Grid { lo, hi, .. } = self.grid;
                    if !self.grid.asymmetric {
                        self.rounded(|weight| weight)
                    } else if lo == hi {
                        // Any code says the one value that there is.
                        self.rounded(|_| 0.0)
                    } else {
                        self.rounded(|weight| 2.0 * (weight - lo) / (hi - lo) - 1.0)
                    }
                }
            }

            impl Encode<'_> {
                #[inline(always)]
                fn rounded(self, map: impl Fn(Float) -> Float) -> bool {
                    match self.grid.rounding {
                        Rounding::Truncate => self.encode(map, |steps| steps.trunc()),
                        Rounding::Nearest => self.encode(map, |steps| steps.round_ties_even()),
                    }
                }

                #[inline(always)]
                fn encode(self, map: impl Fn(Float) -> Float, round: impl Fn(Float) -> Float) -> bool {
                    let grid = self.grid;
                    let mask = u32::MAX >> (32 - grid.bits);
                    let mut outside = 0u32;
                    for (&weight, code) in self.weights.iter().zip(self.codes) {
                        let weight = grid.clipped(weight);
                        outside |= u32::from(!grid.holds(weight));
                        let steps = map(weight) / grid.delta + grid.offset;
                        // A whole number in the low bits of a float: a cast, which saturates, would not be vectorised.
                        *code =
                            (round(steps.max(grid.floor).min(grid.cap)) + INTEGERS).to_bits() as u32 & mask;
                    }
                    outside == 0
                }
            }

            /// Decodes codes; bits above those of the grid are ignored.
            pub(in crate::quantise) struct Decode<'a> {
                pub(in crate::quantise) grid: Grid,
                pub(in crate::quantise) codes: &'a [u32],
                pub(in crate::quantise) values: &'a mut [f32],
            }

            impl Work for Decode<'_> {
                type Output = ();

                #[inline(always)]
                fn run(self) {
                    let Grid { lo, hi, .. } = self.grid;
                    if self.grid.asymmetric {
                        self.signed(|x| (x.clamp(-1.0, 1.0) + 1.0) / 2.0 * (hi - lo) + lo);
                    } else {
                        self.signed(|x| x);
                    }
                }
            }

            impl Decode<'_> {
                #[inline(always)]
                fn signed(self, map: impl Fn(Float) -> Float) {
                    let (unused, offset) = (32 - self.grid.bits, self.grid.offset);
                    if offset != 0.0 {
                        self.decode(|code| (code << unused >> unused) as Float - offset, map);
                    } else {
                        self.decode(|code| ((code << unused) as i32 >> unused) as Float, map);
                    }
                }

                #[inline(always)]
                fn decode(self, steps: impl Fn(u32) -> Float, map: impl Fn(Float) -> Float) {
                    let Grid { delta, lo, hi, .. } = self.grid;
                    for (&code, value) in self.codes.iter().zip(self.values) {
                        *value = map(steps(code) * delta).clamp(lo, hi) as f32;
                    }
                }
            }
        }
    };
}

grid!(single, f32);
grid!(double, f64);
