//! Many divisions by one number.

use super::float::Float;

/// What numbers are divided by. A trait, as closures that are called twice are not inlined, and so not compiled for the kernel.
pub(super) trait Divisor<F>: Copy {
    fn new(by: F) -> Self;
    fn divide(self, number: F) -> F;
}

/// Divides.
#[derive(Clone, Copy)]
pub(super) struct Divided<F>(F);

impl<F: Float> Divisor<F> for Divided<F> {
    #[inline(always)]
    fn new(by: F) -> Self {
        Self(by)
    }

    #[inline(always)]
    fn divide(self, number: F) -> F {
        number / self.0
    }
}

/// Divides in multiplications that are rounded together with an addition, with the same result, in a third of the time, if the
/// divisor is [moderate](is_moderate).
///
/// The first product, with a reciprocal of two floats, is off by less than the last digit of the quotient. What is left of the number
/// then fits a float, and with the rounded reciprocal it makes the quotient rounded once (Markstein, "Computation of elementary
/// functions on the IBM RISC System/6000 processor", 1990, theorem 5). Only quotients below 2⁻⁴⁰ may have other last digits, as what
/// is left may be too small for a float.
#[derive(Clone, Copy)]
pub(super) struct Multiplied<F> {
    by: F,
    high: F,
    low: F,
}

impl<F: Float> Divisor<F> for Multiplied<F> {
    #[inline(always)]
    fn new(by: F) -> Self {
        let high = F::ONE / by;
        Self { by, high, low: (-high).mul_add(by, F::ONE) * high }
    }

    #[inline(always)]
    fn divide(self, number: F) -> F {
        let near = number.mul_add(self.high, number * self.low);
        (-near).mul_add(self.by, number).mul_add(self.high, near)
    }
}

/// Whether neither a number's reciprocal nor a number of steps from it comes near the ends of float32.
pub(super) fn is_moderate<F: Float>(by: F) -> bool {
    (F::rounded(2f64.powi(-60))..F::rounded(2f64.powi(60))).contains(&by)
}

#[cfg(test)]
mod tests {
    use flip_core::{Purpose, Stream};

    use super::*;

    /// Numbers, and numbers to divide by, whose quotients lie as near to the middle between two floats as any can, and others.
    fn hard(digits: u32) -> impl Iterator<Item = (u64, u64)> {
        let mut stream = Stream::new(1, Purpose::named("nn-bridge test of quotients"), 0);
        (0..300_000).flat_map(move |_| {
            let mut number = |bits: u32| 1u64 << (bits - 1) | stream.next_u64() >> (65 - bits);
            let (by, middle) = (number(digits), number(digits + 1) | 1);
            let near = ((u128::from(middle) * u128::from(by)) >> (digits + 1)) as u64;
            [near, near + 1, number(digits)].map(|number| (number, by))
        })
    }

    #[test]
    fn products_are_the_quotients() {
        for (number, by) in hard(24) {
            for scale in [-70, -24, 0, 30] {
                let (number, by) = (number as f32 * 2f32.powi(scale), by as f32 * 2f32.powi(-20));
                assert_eq!(
                    Multiplied::new(by).divide(number).to_bits(),
                    (number / by).to_bits(),
                    "{number} / {by}"
                );
                assert_eq!(Multiplied::new(by).divide(-number).to_bits(), (-number / by).to_bits());
            }
        }
        for (number, by) in hard(53) {
            let (number, by) = (number as f64 * 2f64.powi(-30), by as f64 * 2f64.powi(-50));
            assert_eq!(
                Multiplied::new(by).divide(number).to_bits(),
                (number / by).to_bits(),
                "{number} / {by}"
            );
        }
    }

    #[test]
    fn all_digits_divided_by_steps_of_networks() {
        for by in [1.001 / 127.0, 1.001 / 7.0, 0.1 / 127.0, 0.7, 1.0, 3.0, 1.999_999_9, 2f32.powi(-60)] {
            let by_products = Multiplied::new(by);
            for digits in 0x3f80_0000..0x4000_0000 {
                let number = f32::from_bits(digits);
                assert_eq!(by_products.divide(number).to_bits(), (number / by).to_bits(), "{number} / {by}");
            }
            for small in [0.0, 1e-45, 1e-38, 1e-33] {
                let quotient = by_products.divide(small);
                assert!((0.0..=small / by * 1.001 + 1e-40).contains(&quotient), "{small} / {by}: {quotient}");
            }
        }
    }
}
