//! How unevenly faulty cells spread over the units of a chip.

use crate::counts::Counts;
use crate::fault::CellFault;
use crate::geometry::Geometry;
use serde::Serialize;

/// A kind of unit that a chip's cells belong to, each to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A bank.
    Bank,
    /// A row of a bank.
    Row,
    /// A column of a bank.
    Column,
    /// A column of cells as they lie on the die. Where a column select chooses between `mux` of them by the lowest bits of
    /// the row, each logical column is `mux` physical ones.
    PhysicalColumn {
        /// Physical columns of a logical one: a power of two.
        mux: u32,
    },
}

impl Unit {
    /// How many units a chip has.
    pub fn count(self, geometry: Geometry) -> u64 {
        let of_bank = match self {
            Self::Bank => 1,
            Self::Row => u64::from(geometry.rows()),
            Self::Column => u64::from(geometry.columns()),
            Self::PhysicalColumn { mux } => {
                u64::from(geometry.columns()) * u64::from(mux.min(geometry.rows()))
            }
        };
        of_bank * u64::from(geometry.banks())
    }

    /// The unit of a cell, as a number below [`count`](Self::count).
    ///
    /// # Panics
    /// If the chip has no such cell.
    pub fn of(self, geometry: Geometry, cell: u64) -> u64 {
        let at = geometry.address(cell);
        let (bank, row, column) = (u64::from(at.bank), u64::from(at.row), u64::from(at.column));
        match self {
            Self::Bank => bank,
            Self::Row => bank * u64::from(geometry.rows()) + row,
            Self::Column => bank * u64::from(geometry.columns()) + column,
            Self::PhysicalColumn { mux } => {
                let mux = u64::from(mux.min(geometry.rows()));
                (bank * u64::from(geometry.columns()) + column) * mux + row % mux
            }
        }
    }
}

/// How unevenly faulty cells spread over units of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dispersion {
    /// The kind.
    pub unit: Unit,
    /// How many there are.
    pub units: u64,
    /// How many have a faulty cell.
    pub units_hit: u64,
    /// Variance of the counts of faulty cells by their mean, over all units: 1 for independent cells, more where they
    /// cluster. `None` without faults or with one unit.
    pub dispersion: Option<f64>,
    /// The share of the faulty cells in the worst hundredth of the units, rounded up to whole units. `None` without faults.
    pub top_1_percent: Option<f64>,
    /// The same for the worst tenth.
    pub top_10_percent: Option<f64>,
}

impl Dispersion {
    pub(crate) fn of(unit: Unit, geometry: Geometry, faults: &[CellFault]) -> Self {
        let counts = Counts::of(faults.iter().map(|fault| unit.of(geometry, fault.cell)));
        let units = unit.count(geometry);
        Self {
            unit,
            units,
            units_hit: counts.distinct(),
            dispersion: counts.dispersion(units),
            top_1_percent: counts.share_of_worst(units.div_ceil(100)),
            top_10_percent: counts.share_of_worst(units.div_ceil(10)),
        }
    }
}
