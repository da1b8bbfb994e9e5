//! Codes to values.

use flip_core::{Work, fetch_ahead};

use super::float::Float;
use super::grid::{FETCH_AHEAD, Grid, ROW};

/// Decodes codes; bits above those of the grid are ignored.
pub(super) struct Decode<'a, F> {
    pub(super) grid: Grid<F>,
    pub(super) codes: &'a [u32],
    pub(super) values: &'a mut [f32],
}

impl<F: Float> Work for Decode<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.grid.asymmetric { self.mapped::<true>() } else { self.mapped::<false>() }
    }
}

// Each choice is made once, before the loop, which is compiled for it.
impl<F: Float> Decode<'_, F> {
    #[inline(always)]
    fn mapped<const ASYMMETRIC: bool>(self) {
        if self.grid.unsigned {
            self.decode::<ASYMMETRIC, true>();
        } else {
            self.decode::<ASYMMETRIC, false>();
        }
    }

    #[inline(always)]
    fn decode<const ASYMMETRIC: bool, const UNSIGNED: bool>(self) {
        let (rows, rest) = self.codes.as_chunks::<ROW>();
        let (rows_of_values, rest_of_values) = self.values.as_chunks_mut::<ROW>();
        for (codes, values) in rows.iter().zip(rows_of_values) {
            fetch_ahead(codes, FETCH_AHEAD);
            fetch_ahead(values, FETCH_AHEAD);
            row::<_, ASYMMETRIC, UNSIGNED>(&self.grid, codes, values);
        }
        row::<_, ASYMMETRIC, UNSIGNED>(&self.grid, rest, rest_of_values);
    }
}

#[inline(always)]
fn row<F: Float, const ASYMMETRIC: bool, const UNSIGNED: bool>(
    grid: &Grid<F>,
    codes: &[u32],
    values: &mut [f32],
) {
    let Grid { lo, hi, .. } = *grid;
    let unused = 32 - grid.bits;
    for (&code, value) in codes.iter().zip(values) {
        let steps = if UNSIGNED {
            F::unsigned(code << unused >> unused) - grid.offset
        } else {
            F::signed((code << unused).cast_signed() >> unused)
        };
        let x = steps * grid.delta;
        let value_of_x =
            if ASYMMETRIC { (x.clamp(-F::ONE, F::ONE) + F::ONE) / F::TWO * (hi - lo) + lo } else { x };
        *value = value_of_x.clamp(lo, hi).to_f32();
    }
}
