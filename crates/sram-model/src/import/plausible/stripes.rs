//! Patterns that are the same along each second row or column: what a memory may have been written with.

use std::fmt;

use super::probability;
use crate::fault::CellFault;
use crate::geometry::Geometry;

/// The cell of row r and column c holds `rows`·r + `columns`·c + `one` mod 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) struct Stripes {
    rows: bool,
    columns: bool,
    one: bool,
}

impl Stripes {
    pub(in crate::import) const ZEROS: Self = Self { rows: false, columns: false, one: false };
    pub(in crate::import) const ONES: Self = Self::ZEROS.inverted();
    pub(in crate::import) const CHECKER: Self = Self { rows: true, columns: true, one: true };

    pub(in crate::import) const fn inverted(self) -> Self {
        Self { one: !self.one, ..self }
    }

    /// What a memory holds that was written with these and differs from it in those cells where `failing` is 1.
    pub(super) fn but_for(self, failing: Self) -> Self {
        Self {
            rows: self.rows != failing.rows,
            columns: self.columns != failing.columns,
            one: self.one != failing.one,
        }
    }

    /// The option that says that a memory was written so, if there is one.
    pub(super) fn option(self) -> Option<&'static str> {
        match (self.rows, self.columns, self.one) {
            (false, false, true) => Some("--written ones"),
            (false, false, false) => Some("--written zeros"),
            (true, true, true) => Some("--written checker"),
            (true, true, false) => Some("--written checker-inverse"),
            (true, false, _) | (false, true, _) => None,
        }
    }

    /// The stripes, of those that are not the same everywhere, which the faults fit best, and the share of the cells that differ.
    pub(super) fn best(geometry: Geometry, faults: Failing) -> (Self, f64) {
        let cells = geometry.cells() as f64;
        let halves = [geometry.columns(), geometry.rows()].map(|n| f64::from(n / 2) / f64::from(n));
        // The cells of a checkerboard's second colour.
        let odd = halves[0] * (1.0 - halves[1]) + halves[1] * (1.0 - halves[0]);
        let [[_, column], [row, both]] = faults.0;
        let inside = [column + both, row + both, row + column];
        let kinds = [(false, true, halves[0]), (true, false, halves[1]), (true, true, odd)];
        let fits = kinds.into_iter().zip(inside).flat_map(|((rows, columns, share), inside)| {
            // Faults in the second class and none elsewhere, or the other way round.
            let second = (share * cells - inside + faults.all() - inside) / cells;
            [(false, second), (true, 1.0 - second)]
                .map(|(one, differs)| (Self { rows, columns, one }, differs))
        });
        fits.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((Self::ZEROS, 1.0))
    }
}

/// How many cells fail in a read: in even and odd rows, and of each in even and odd columns.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::import) struct Failing(pub(in crate::import) [[f64; 2]; 2]);

impl Failing {
    pub(super) fn of(geometry: Geometry, faults: &[CellFault]) -> Self {
        let mut failing = Self::default();
        for fault in faults {
            let at = geometry.address(fault.cell);
            failing.0[(at.row & 1) as usize][(at.column & 1) as usize] += probability(fault);
        }
        failing
    }

    pub(in crate::import) fn all(self) -> f64 {
        self.0.iter().flatten().sum()
    }
}

impl fmt::Display for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.rows, self.columns) {
            (true, true) => "a checkerboard",
            (true, false) => "rows written in turn with ones and zeros",
            (false, true) => "columns written in turn with ones and zeros",
            (false, false) if self.one => "all ones",
            (false, false) => "all zeros",
        })
    }
}
