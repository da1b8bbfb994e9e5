//! Where cells are: banks × rows × columns, and where the banks lie on the die.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The size of a chip: `banks` physical arrays of `rows` × `columns` cells.
///
/// Cells are numbered column first, then row, then bank: cell = (bank · rows + row) · columns + column. That is the
/// order in which memory addresses run, too; a row holds the bits of one or more words, LSB in the lowest column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[u64; 3]", into = "[u64; 3]")]
pub struct Geometry {
    banks: u32,
    rows: u32,
    columns: u32,
}

/// One cell by its coordinates, each counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellAddress {
    /// Physical array.
    pub bank: u32,
    /// Row of the array.
    pub row: u32,
    /// Column of the array.
    pub column: u32,
}

impl Geometry {
    /// The most cells that a chip can have.
    pub const MAX_CELLS: u64 = 1 << 40;
    /// The most banks that a chip can have: reports have a number for each.
    pub const MAX_BANKS: u64 = 1 << 20;

    /// `banks` arrays of `rows` × `columns` cells.
    ///
    /// # Errors
    /// [`GeometryError::Size`] if a number is 0 or the chip has more than 2^40 cells.
    pub fn new(banks: u64, rows: u64, columns: u64) -> Result<Self, GeometryError> {
        let wrong = || GeometryError::Size { found: format!("{banks}x{rows}x{columns}") };
        let cells = banks.checked_mul(rows).and_then(|n| n.checked_mul(columns)).ok_or_else(wrong)?;
        let narrow = |n: u64| u32::try_from(n).map_err(|_| wrong());
        if cells == 0 || cells > Self::MAX_CELLS || banks > Self::MAX_BANKS {
            return Err(wrong());
        }
        Ok(Self { banks: narrow(banks)?, rows: narrow(rows)?, columns: narrow(columns)? })
    }

    /// The number of arrays.
    pub fn banks(self) -> u32 {
        self.banks
    }

    /// Rows of an array.
    pub fn rows(self) -> u32 {
        self.rows
    }

    /// Columns of an array.
    pub fn columns(self) -> u32 {
        self.columns
    }

    /// Cells of one array.
    pub fn cells_per_bank(self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Cells of the chip.
    pub fn cells(self) -> u64 {
        self.cells_per_bank() * u64::from(self.banks)
    }

    /// The coordinates of a cell.
    ///
    /// # Panics
    /// If the chip has no such cell.
    pub fn address(self, cell: u64) -> CellAddress {
        assert!(cell < self.cells(), "cell {cell} of {}", self.cells());
        let (columns, rows) = (u64::from(self.columns), u64::from(self.rows));
        CellAddress {
            bank: (cell / columns / rows) as u32,
            row: (cell / columns % rows) as u32,
            column: (cell % columns) as u32,
        }
    }

    /// The number of the cell at these coordinates, or `None` outside the chip.
    pub fn cell(self, at: CellAddress) -> Option<u64> {
        let inside = at.bank < self.banks && at.row < self.rows && at.column < self.columns;
        let row = u64::from(at.bank) * u64::from(self.rows) + u64::from(at.row);
        inside.then(|| row * u64::from(self.columns) + u64::from(at.column))
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}x{}", self.banks, self.rows, self.columns)
    }
}

impl FromStr for Geometry {
    type Err = GeometryError;

    /// Parses `BANKSxROWSxCOLUMNS`.
    fn from_str(text: &str) -> Result<Self, GeometryError> {
        let wrong = || GeometryError::Text { found: text.to_owned() };
        let numbers: Vec<u64> = text
            .split(['x', 'X', '×'])
            .map(|n| n.trim().parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        match numbers[..] {
            [banks, rows, columns] => Self::new(banks, rows, columns),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<[u64; 3]> for Geometry {
    type Error = GeometryError;

    fn try_from([banks, rows, columns]: [u64; 3]) -> Result<Self, GeometryError> {
        Self::new(banks, rows, columns)
    }
}

impl From<Geometry> for [u64; 3] {
    fn from(g: Geometry) -> Self {
        [g.banks.into(), g.rows.into(), g.columns.into()]
    }
}

/// Where each bank lies on the die: the site (x, y) of bank 0, 1, …, in steps of whatever the source counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floorplan {
    sites: Vec<(u32, u32)>,
}

impl Floorplan {
    /// The floorplan with these sites, one a bank.
    ///
    /// # Errors
    /// [`GeometryError::SharedSite`] if two banks have the same one.
    pub fn new(sites: Vec<(u32, u32)>) -> Result<Self, GeometryError> {
        let mut sorted: Vec<_> = sites.iter().copied().zip(0u32..).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => {
                Err(GeometryError::SharedSite { first: pair[0].1, second: pair[1].1, site: pair[0].0 })
            }
            None => Ok(Self { sites }),
        }
    }

    /// Banks row by row, `per_row` side by side.
    pub fn grid(banks: u32, per_row: u32) -> Self {
        let per_row = per_row.max(1);
        Self { sites: (0..banks).map(|bank| (bank % per_row, bank / per_row)).collect() }
    }

    /// The sites, bank by bank.
    pub fn sites(&self) -> &[(u32, u32)] {
        &self.sites
    }
}

/// What is no geometry or floorplan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// Not of the form banks × rows × columns.
    #[error("`{found}` is not a geometry: expected BANKSxROWSxCOLUMNS such as 32x512x64")]
    Text {
        /// What was found.
        found: String,
    },
    /// No cell, or too many.
    #[error(
        "a chip of {found} cells cannot be: expected 1 to 2^40 cells in at most 2^20 banks, rows and columns below 2^32"
    )]
    Size {
        /// What was found.
        found: String,
    },
    /// Two banks on one site.
    #[error("banks {first} and {second} both lie at x = {}, y = {}", site.0, site.1)]
    SharedSite {
        /// The bank found first.
        first: u32,
        /// The bank found again.
        second: u32,
        /// Their site.
        site: (u32, u32),
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_and_coordinates_are_one_to_one(banks in 1u64..20, rows in 1u64..20, columns in 1u64..20) {
            let geometry = Geometry::new(banks, rows, columns).unwrap();
            let mut previous = None;
            for cell in 0..geometry.cells() {
                let at = geometry.address(cell);
                prop_assert_eq!(geometry.cell(at), Some(cell));
                prop_assert!(previous < Some(at), "cells run column first");
                previous = Some(at);
            }
        }
    }

    #[test]
    fn impossible_geometries_are_refused() {
        for text in ["", "1x2", "1x2x3x4", "0x1x1", "ax1x1", "1099511627777x1x1", "4294967296x1x1", "-1x1x1"]
        {
            assert!(text.parse::<Geometry>().is_err(), "{text}");
        }
        let geometry: Geometry = "32x512x64".parse().unwrap();
        assert_eq!((geometry.cells(), geometry.to_string()), (1 << 20, "32x512x64".to_owned()));
        assert_eq!(geometry.cell(CellAddress { bank: 0, row: 512, column: 0 }), None);
    }

    #[test]
    fn a_site_holds_one_bank() {
        assert!(Floorplan::new(vec![(0, 0), (1, 0), (0, 0)]).is_err());
        assert_eq!(Floorplan::grid(3, 2).sites(), [(0, 0), (1, 0), (0, 1)]);
    }
}
