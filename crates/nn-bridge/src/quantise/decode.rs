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
        let Grid { lo, hi, .. } = self.grid;
        if self.grid.asymmetric {
            self.signed(|x| (x.clamp(-F::ONE, F::ONE) + F::ONE) / F::TWO * (hi - lo) + lo);
        } else {
            self.signed(|x| x);
        }
    }
}

impl<F: Float> Decode<'_, F> {
    #[inline(always)]
    fn signed(self, map: impl Fn(F) -> F) {
        let (unused, offset) = (32 - self.grid.bits, self.grid.offset);
        if offset > F::ZERO {
            self.decode(|code| F::unsigned(code << unused >> unused) - offset, map);
        } else {
            self.decode(|code| F::signed((code << unused).cast_signed() >> unused), map);
        }
    }

    #[inline(always)]
    fn decode(self, steps: impl Fn(u32) -> F, map: impl Fn(F) -> F) {
        let Self { grid, codes, values } = self;
        let Grid { delta, lo, hi, .. } = grid;
        let decode = |codes: &[u32], values: &mut [f32]| {
            for (&code, value) in codes.iter().zip(values) {
                *value = map(steps(code) * delta).clamp(lo, hi).to_f32();
            }
        };
        let (rows, rest) = codes.as_chunks::<ROW>();
        let (rows_of_values, rest_of_values) = values.as_chunks_mut::<ROW>();
        for (codes, values) in rows.iter().zip(rows_of_values) {
            fetch_ahead(codes, FETCH_AHEAD);
            fetch_ahead(values, FETCH_AHEAD);
            decode(codes, values);
        }
        decode(rest, rest_of_values);
    }
}
