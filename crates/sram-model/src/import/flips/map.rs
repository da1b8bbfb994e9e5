//! A map as its file holds it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fault::FlipProbability;
use crate::geometry::{CellAddress, Geometry};
use crate::import::{
    ImportError, ImportErrorKind, Place, Row, Table, TableDoubts, file_name, file_stem, read,
};
use crate::profile::InputFile;
use crate::voltage::Voltage;

/// What a file says of a cell.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    Directed(FlipProbability),
    Undirected(f32),
}

impl Entry {
    /// Whether the cell never fails.
    fn is_none(self) -> bool {
        match self {
            Self::Directed(flip) => flip.is_none(),
            Self::Undirected(p) => p == 0.0,
        }
    }
}

pub(super) struct FlipMap {
    pub(super) voltage: Voltage,
    pub(super) input: InputFile,
    pub(super) entries: BTreeMap<u64, Entry>,
    pub(super) doubts: TableDoubts,
}

const HEADER: &str = "row,col,p_flip, or row,col,p_0to1,p_1to0";

pub(super) fn read_map(
    path: &Path,
    voltage: Voltage,
    geometry: Option<Geometry>,
    reads: Option<u32>,
) -> Result<(FlipMap, Geometry), ImportError> {
    let bytes = read(path)?;
    // Whether there is such a file goes before what its name says.
    let geometry = geometry.map_or_else(|| geometry_of(path), Ok)?;
    let table = Table::new(path, &bytes, HEADER)?;
    let columns = Columns::find(&table)?;
    let mut entries = BTreeMap::new();
    let mut doubts = TableDoubts { never_failing: 0, open_line: table.open_line() };
    table.for_each(|row| {
        let at = CellAddress {
            bank: columns.bank.map_or(Ok(0), |bank| row.whole(bank))?,
            row: row.whole(columns.row)?,
            column: row.whole(columns.column)?,
        };
        let place = format!("bank {} row {} column {}", at.bank, at.row, at.column);
        let Some(cell) = geometry.cell(at) else {
            return Err(row.wrong(
                ImportErrorKind::OutsideChip,
                place,
                format!("a cell of a chip of {geometry} (banks x rows x columns)"),
            ));
        };
        let entry = columns.entry(row, reads)?;
        doubts.never_failing += u64::from(entry.is_none());
        match entries.insert(cell, entry) {
            Some(_) => Err(row.wrong(ImportErrorKind::Twice, format!("{place} again"), "each cell once")),
            None => Ok(()),
        }
    })?;
    Ok((FlipMap { voltage, input: InputFile::new(file_name(path), &bytes), entries, doubts }, geometry))
}

/// Where the columns of a map stand.
struct Columns {
    bank: Option<usize>,
    row: usize,
    column: usize,
    flips: Flips,
}

enum Flips {
    Directed { p01: usize, p10: usize },
    Undirected(usize),
}

impl Columns {
    fn find(table: &Table<'_>) -> Result<Self, ImportError> {
        let at = |names: &[&str]| table.position(names);
        let directed = at(&["p_0to1"])?.zip(at(&["p_1to0"])?).map(|(p01, p10)| Flips::Directed { p01, p10 });
        let flips = directed.or(at(&["p_flip"])?.map(Flips::Undirected));
        let (Some(row), Some(column), Some(flips)) = (at(&["row"])?, at(&["col", "column"])?, flips) else {
            return Err(table.wrong_columns(HEADER));
        };
        let bank = at(&["bank"])?;
        let read = match flips {
            Flips::Directed { p01, p10 } => [p01, p10],
            Flips::Undirected(p_flip) => [p_flip; 2],
        };
        let read: Vec<usize> = bank.into_iter().chain([row, column]).chain(read).collect();
        table.only(&read, &format!("{HEADER}, with bank where there are several"))?;
        Ok(Self { bank, row, column, flips })
    }

    fn entry(&self, row: Row<'_>, reads: Option<u32>) -> Result<Entry, ImportError> {
        Ok(match self.flips {
            Flips::Directed { p01, p10 } => {
                let (p01, p10) = (row.probability(p01, reads)?, row.probability(p10, reads)?);
                Entry::Directed(FlipProbability::new(p01, p10).unwrap_or(FlipProbability::NONE))
            }
            Flips::Undirected(p_flip) => Entry::Undirected(row.probability(p_flip, reads)?),
        })
    }
}

/// The last ROWSxCOLUMNS in a file's name, as one bank.
pub(in crate::import) fn geometry_of(path: &Path) -> Result<Geometry, ImportError> {
    let name = file_stem(path);
    let size = |part: &str| {
        let (rows, columns) = part.split_once('x')?;
        Geometry::new(1, rows.parse().ok()?, columns.parse().ok()?).ok()
    };
    name.split(['_', '-', '.', ' ']).rev().find_map(size).ok_or_else(|| {
        let found = format!("no size in the name `{name}`");
        ImportError::content(
            ImportErrorKind::Name,
            path,
            Place::File,
            found,
            "a name like chip1_64x128.csv, or a geometry given with it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_from_the_name() {
        let size = |name: &str| geometry_of(Path::new(name)).ok().map(|g| g.to_string());
        assert_eq!(size("chip1_64x128_lowV.csv").as_deref(), Some("1x64x128"));
        assert_eq!(size("a/256x128.csv").as_deref(), Some("1x256x128"));
        assert_eq!(size("chip1.csv"), None);
        assert_eq!(size("0x128.csv"), None);
    }
}
