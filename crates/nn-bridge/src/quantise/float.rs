//! The two types of numbers to quantise in.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// float32, or float64 for codes that have more digits than a float32.
pub(super) trait Float:
    Copy
    + PartialOrd
    + From<f32>
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    const TWO: Self;
    const INFINITY: Self;

    /// One and a half times the number from which on a float has no fraction: added to a number, it leaves the nearest whole number
    /// (of two the even one) in the low bits of the sum, in two's complement. Codes have far fewer bits than a fraction.
    const INTEGERS: Self;

    /// Whether a bound rounded to float32 may lie beyond the last code: that number of steps has more digits than it.
    const WIDE: bool;

    /// Rounded once.
    fn rounded(number: f64) -> Self;
    fn unsigned(number: u32) -> Self;
    fn signed(number: i32) -> Self;
    fn mul_add(self, by: Self, plus: Self) -> Self;
    fn trunc(self) -> Self;
    fn clamp(self, lo: Self, hi: Self) -> Self;
    fn low_bits(self) -> u32;
    fn to_f32(self) -> f32;
}

macro_rules! float {
    ($float:ty) => {
        #[allow(
            clippy::cast_lossless,
            clippy::allow_attributes,
            reason = "lossless for one of the two types"
        )]
        impl Float for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const TWO: Self = 2.0;
            const INFINITY: Self = <$float>::INFINITY;
            const INTEGERS: Self = 1.5 * (1u64 << (<$float>::MANTISSA_DIGITS - 1)) as Self;
            const WIDE: bool = <$float>::MANTISSA_DIGITS > f32::MANTISSA_DIGITS;

            #[inline(always)]
            fn rounded(number: f64) -> Self {
                number as Self
            }

            #[inline(always)]
            fn unsigned(number: u32) -> Self {
                number as Self
            }

            #[inline(always)]
            fn signed(number: i32) -> Self {
                number as Self
            }

            #[inline(always)]
            fn mul_add(self, by: Self, plus: Self) -> Self {
                <$float>::mul_add(self, by, plus)
            }

            #[inline(always)]
            fn trunc(self) -> Self {
                <$float>::trunc(self)
            }

            #[inline(always)]
            fn clamp(self, lo: Self, hi: Self) -> Self {
                <$float>::clamp(self, lo, hi)
            }

            #[inline(always)]
            fn low_bits(self) -> u32 {
                self.to_bits() as u32
            }

            #[inline(always)]
            fn to_f32(self) -> f32 {
                self as f32
            }
        }
    };
}

float!(f32);
float!(f64);
