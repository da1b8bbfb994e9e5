//! What reading the table of a profile needs, and what the tables of all kinds have in common.

use std::path::Path;

use crate::geometry::{CellAddress, Geometry};
use crate::import::{ImportError, ImportErrorKind, Keys, Row, Table, TableDoubts};

/// A file that is read, but for its table.
pub(super) struct Reading<'a> {
    pub(super) path: &'a Path,
    pub(super) geometry: Geometry,
    pub(super) keys: &'a Keys<'a>,
    /// If probabilities are counts: of how many reads.
    pub(super) reads: Option<u32>,
    pub(super) doubts: &'a mut TableDoubts,
}

impl Reading<'_> {
    /// The cell whose bank, row and column stand in these columns.
    pub(super) fn cell(&self, row: Row<'_>, [bank, row_at, column]: [usize; 3]) -> Result<u64, ImportError> {
        let number = |at| row.whole(at);
        let at = CellAddress { bank: number(bank)?, row: number(row_at)?, column: number(column)? };
        self.geometry.cell(at).ok_or_else(|| {
            let found = format!("bank {} row {} column {}", at.bank, at.row, at.column);
            row.wrong(
                ImportErrorKind::OutsideChip,
                found,
                format!("a cell of a chip of {} (banks x rows x columns)", self.geometry),
            )
        })
    }
}

/// The same cell as text.
pub(super) fn place(row: Row<'_>, columns: [usize; 3]) -> String {
    let [bank, row_at, column] = columns.map(|column| row.text(column));
    format!("bank {bank} row {row_at} column {column}")
}

pub(super) fn require_columns<const N: usize>(
    table: &Table<'_>,
    names: [&str; N],
) -> Result<[usize; N], ImportError> {
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(names) {
        let spelt: &[&str] = if name == "column" { &["column", "col"] } else { &[name] };
        *position = table
            .position(spelt)?
            .ok_or_else(|| table.wrong_columns(&format!("the columns {}", names.join(","))))?;
    }
    table.only(&positions, &format!("the columns {}", names.join(",")))?;
    Ok(positions)
}
