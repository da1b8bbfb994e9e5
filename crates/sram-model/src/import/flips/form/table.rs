//! A table with a row for each cell that ever failed: `row`, `col` (or `column`), perhaps `bank`, and either `p_0to1` and `p_1to0`, or
//! `p_flip` alone.

use std::collections::BTreeMap;

use super::{Cells, Source};
use crate::fault::FlipProbability;
use crate::geometry::CellAddress;
use crate::import::flips::entry::Entry;
use crate::import::{ImportError, ImportErrorKind, Row, Table, TableDoubts};

const HEADER: &str = "row,col,p_flip, or row,col,p_0to1,p_1to0";

pub(super) fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    if source.bytes.trim_ascii().is_empty() {
        let expected = format!("a map of cells; where none fails, a header alone ({HEADER})");
        return Err(source.wrong(ImportErrorKind::Incomplete, "an empty file", expected));
    }
    let table = Table::new(source.path, source.bytes, HEADER)?;
    let columns = Columns::find(&table)?;
    // What is no table should be called so before its size is asked for.
    let (geometry, reads) = (source.size()?, source.options.reads);
    if columns.bank.is_none() && geometry.banks() > 1 {
        let banks = geometry.banks();
        return Err(
            table.wrong_header(&format!("the column bank, too: the chip has {banks} banks ({geometry})"))
        );
    }
    let form = format!("a table of {}", columns.describe(&table));
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
    Ok(Cells { geometry, entries: entries.into_iter().collect(), form, reads, takes: &[], doubts })
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

    /// The names of the columns that are read.
    fn describe(&self, table: &Table<'_>) -> String {
        let flips = match self.flips {
            Flips::Directed { p01, p10 } => vec![p01, p10],
            Flips::Undirected(p_flip) => vec![p_flip],
        };
        let read = self.bank.into_iter().chain([self.row, self.column]).chain(flips);
        read.filter_map(|at| table.columns().get(at).cloned()).collect::<Vec<_>>().join(",")
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
