//! Whether faults lie beside faults.

use super::proportion::Proportion;
use crate::fault::CellFault;
use crate::geometry::{CellAddress, Geometry};
use serde::Serialize;

/// Where a neighbour lies, in rows and columns of the same bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbour {
    /// A row less.
    Above,
    /// Two rows less, which is the cell above where two physical columns share a logical one.
    TwoAbove,
    /// A row more.
    Below,
    /// A column less.
    Left,
    /// A column more.
    Right,
}

impl Neighbour {
    /// Every place there is.
    pub const ALL: [Self; 5] = [Self::Above, Self::TwoAbove, Self::Below, Self::Left, Self::Right];

    /// The cell that has the one at `at` as this neighbour, if there can be one.
    fn owner(self, at: CellAddress) -> Option<CellAddress> {
        let CellAddress { bank, row, column } = at;
        let (row, column) = match self {
            Self::Above => (row.checked_add(1)?, column),
            Self::TwoAbove => (row.checked_add(2)?, column),
            Self::Below => (row.checked_sub(1)?, column),
            Self::Left => (row, column.checked_add(1)?),
            Self::Right => (row, column.checked_sub(1)?),
        };
        Some(CellAddress { bank, row, column })
    }
}

/// P(fault | a neighbour is faulty).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NeighbourFaults {
    /// Which neighbour.
    pub neighbour: Neighbour,
    /// Of the cells whose neighbour is faulty, those that are faulty.
    pub faulty: Proportion,
}

impl NeighbourFaults {
    pub(crate) fn of(neighbour: Neighbour, geometry: Geometry, faults: &[CellFault]) -> Self {
        let beside =
            faults.iter().filter_map(|fault| geometry.cell(neighbour.owner(geometry.address(fault.cell))?));
        let (mut count, mut trials) = (0, 0);
        for cell in beside {
            trials += 1;
            count += u64::from(faults.binary_search_by_key(&cell, |fault| fault.cell).is_ok());
        }
        Self { neighbour, faulty: Proportion { count, trials } }
    }
}
