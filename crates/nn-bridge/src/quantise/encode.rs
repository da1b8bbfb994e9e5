//! Weights to codes.

use flip_core::{Kernel, Work, fetch_ahead};

use super::float::Float;
use super::grid::{FETCH_AHEAD, Grid, ROW};
use super::quotient::{divided, is_moderate, multiplied};
use crate::scheme::Rounding;

/// Encodes, or gives the position of the first weight outside the range, which no code can say.
pub(super) fn encode<F: Float>(
    kernel: Kernel,
    grid: &Grid<F>,
    weights: &[f32],
    codes: &mut [u32],
) -> Result<(), usize> {
    let width = if grid.asymmetric { grid.hi - grid.lo } else { grid.delta };
    let multiply = kernel.multiplies_and_adds() && is_moderate(grid.delta) && is_moderate(width);
    if kernel.run(Encode { grid: *grid, multiply, weights, codes }) {
        return Ok(());
    }
    let outside = |&weight: &f32| !grid.holds(F::from(weight.clamp(-grid.clip, grid.clip)));
    Err(weights.iter().position(outside).unwrap_or(0))
}

struct Encode<'a, F> {
    grid: Grid<F>,
    /// Divide by multiplications.
    multiply: bool,
    weights: &'a [f32],
    codes: &'a mut [u32],
}

impl<F: Float> Work for Encode<'_, F> {
    /// Whether all weights lie in the range.
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        if self.multiply { self.mapped(multiplied) } else { self.mapped(divided) }
    }
}

// Each choice is made once, before the loop, which is compiled for it.
impl<F: Float> Encode<'_, F> {
    #[inline(always)]
    fn mapped<D: Fn(F) -> F>(self, by: impl Fn(F) -> D) -> bool {
        let Grid { lo, hi, delta, .. } = self.grid;
        let steps = by(delta);
        if !self.grid.asymmetric {
            self.rounded(steps)
        } else if lo == hi {
            // Any code says the one value that there is.
            self.rounded(|_| F::ZERO)
        } else {
            let widths = by(hi - lo);
            self.rounded(|weight| steps(widths(F::TWO * (weight - lo)) - F::ONE))
        }
    }

    #[inline(always)]
    fn rounded(self, steps: impl Fn(F) -> F) -> bool {
        match self.grid.rounding {
            Rounding::Truncate => self.clipped(steps, F::trunc),
            // As the sum with `INTEGERS` is.
            Rounding::Nearest => self.clipped(steps, |steps| steps),
        }
    }

    #[inline(always)]
    fn clipped(self, steps: impl Fn(F) -> F, round: impl Fn(F) -> F) -> bool {
        let clip = self.grid.clip;
        if clip == f32::INFINITY {
            self.encode(|weight| weight, steps, round)
        } else {
            self.encode(|weight| weight.clamp(-clip, clip), steps, round)
        }
    }

    #[inline(always)]
    fn encode(self, clipped: impl Fn(f32) -> f32, steps: impl Fn(F) -> F, round: impl Fn(F) -> F) -> bool {
        let Self { grid, weights, codes, .. } = self;
        let code = |weight: f32, inside: &mut bool| {
            let weight = F::from(clipped(weight));
            *inside &= grid.holds(weight);
            // Comparisons, since `min` and `max` take three times the instructions for the sake of NaN.
            let steps = steps(weight) + grid.offset;
            let steps = if F::WIDE && steps < grid.floor { grid.floor } else { steps };
            let steps = if steps < grid.cap { steps } else { grid.cap };
            // A cast, which saturates, would not be vectorised.
            (round(steps) + F::INTEGERS).low_bits() & u32::MAX >> (32 - grid.bits)
        };
        let (rows, rest) = weights.as_chunks::<ROW>();
        let (rows_of_codes, rest_of_codes) = codes.as_chunks_mut::<ROW>();
        let mut inside = true;
        for (weights, codes) in rows.iter().zip(rows_of_codes) {
            fetch_ahead(weights, FETCH_AHEAD);
            fetch_ahead(codes, FETCH_AHEAD);
            encode_each(weights, codes, |weight| code(weight, &mut inside));
        }
        encode_each(rest, rest_of_codes, |weight| code(weight, &mut inside));
        inside
    }
}

#[inline(always)]
fn encode_each(weights: &[f32], codes: &mut [u32], mut encode: impl FnMut(f32) -> u32) {
    for (&weight, code) in weights.iter().zip(codes) {
        *code = encode(weight);
    }
}
