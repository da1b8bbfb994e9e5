//! The faults of a dump, looked at once for all that is asked of them.

use super::agreement::Density;
use super::proof::living;
use super::stray::Shape;

/// The faults of a dump.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    pub(super) shape: Shape<'a>,
    /// Words of a bank.
    pub(super) rows: u64,
    /// Those that speak for copies or against them: see [`living`].
    pub(super) living: Vec<(u64, u128)>,
    /// What chance makes of them.
    pub(super) density: Density,
}

impl<'a> Faults<'a> {
    pub(super) fn of(shape: Shape<'a>, rows: u64) -> Self {
        Self { shape, rows, living: living(&shape, rows), density: Density::of(&shape, rows) }
    }
}
