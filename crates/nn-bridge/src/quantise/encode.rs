//! Weights to codes.

use flip_core::{Kernel, Work, fetch_ahead};

use super::float::Float;
use super::grid::{FETCH_AHEAD, Grid, ROW};
use super::quotient::{Divided, Divisor, Multiplied, is_moderate};
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
        if self.multiply { self.mapped::<Multiplied<F>>() } else { self.mapped::<Divided<F>>() }
    }
}

// Each choice is made once, before the loop, which is compiled for it. No closures: see `Divisor`.
impl<F: Float> Encode<'_, F> {
    #[inline(always)]
    fn mapped<D: Divisor<F>>(self) -> bool {
        if self.grid.asymmetric { self.rounded::<D, true>() } else { self.rounded::<D, false>() }
    }

    #[inline(always)]
    fn rounded<D: Divisor<F>, const ASYMMETRIC: bool>(self) -> bool {
        match self.grid.rounding {
            Rounding::Truncate => self.clipped::<D, ASYMMETRIC, true>(),
            Rounding::Nearest => self.clipped::<D, ASYMMETRIC, false>(),
        }
    }

    #[inline(always)]
    fn clipped<D: Divisor<F>, const ASYMMETRIC: bool, const TRUNCATE: bool>(self) -> bool {
        if self.grid.clip == f32::INFINITY {
            self.encode::<D, ASYMMETRIC, TRUNCATE, false>()
        } else {
            self.encode::<D, ASYMMETRIC, TRUNCATE, true>()
        }
    }

    #[inline(always)]
    fn encode<D: Divisor<F>, const ASYMMETRIC: bool, const TRUNCATE: bool, const CLIP: bool>(self) -> bool {
        let divisors = [D::new(self.grid.delta), D::new(self.grid.hi - self.grid.lo)];
        let (rows, rest) = self.weights.as_chunks::<ROW>();
        let (rows_of_codes, rest_of_codes) = self.codes.as_chunks_mut::<ROW>();
        let mut inside = true;
        for (weights, codes) in rows.iter().zip(rows_of_codes) {
            fetch_ahead(weights, FETCH_AHEAD);
            fetch_ahead(codes, FETCH_AHEAD);
            inside &= row::<_, _, ASYMMETRIC, TRUNCATE, CLIP>(&self.grid, divisors, weights, codes);
        }
        inside & row::<_, _, ASYMMETRIC, TRUNCATE, CLIP>(&self.grid, divisors, rest, rest_of_codes)
    }
}

#[inline(always)]
fn row<F: Float, D: Divisor<F>, const ASYMMETRIC: bool, const TRUNCATE: bool, const CLIP: bool>(
    grid: &Grid<F>,
    [steps, widths]: [D; 2],
    weights: &[f32],
    codes: &mut [u32],
) -> bool {
    let Grid { lo, hi, clip, .. } = *grid;
    let mut inside = true;
    for (&weight, code) in weights.iter().zip(codes) {
        let weight = F::from(if CLIP { weight.clamp(-clip, clip) } else { weight });
        inside &= grid.holds(weight);
        let x = match ASYMMETRIC {
            // Any code says the one value that there is.
            true if lo == hi => F::ZERO,
            true => widths.divide(F::TWO * (weight - lo)) - F::ONE,
            false => weight,
        };
        *code = grid.code::<TRUNCATE>(steps.divide(x) + grid.offset);
    }
    inside
}
