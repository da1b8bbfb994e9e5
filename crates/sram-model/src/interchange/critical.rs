//! Critical voltages as text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flip_core::FaultKind;

use super::reading::{Reading, place, require_columns};
use super::{ExportError, Text};
use crate::import::{ImportError, ImportErrorKind, Place, Table};
use crate::profile::{Content, CriticalCell, CriticalContent, CriticalKind, Profile};

const COLUMNS: [&str; 5] = ["bank", "row", "column", OWN_COLUMN, "kind"];
/// A table with this column is of critical voltages.
const OWN_COLUMN: &str = "critical_voltage";

impl Text for CriticalKind {
    fn write_keys(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# read_noise: {}", self.read_noise)?;
        writeln!(out, "# flip_floor: {}", self.flip_floor)
    }

    fn write_table(&self, profile: &Profile, out: &mut dyn Write) -> Result<(), ExportError> {
        writeln!(out, "{}", COLUMNS.join(","))?;
        for cell in profile.critical_cells()?.unwrap_or_default() {
            let at = profile.info().geometry.address(cell.cell);
            let kind = kind_name(cell.kind);
            writeln!(out, "{},{},{},{},{kind}", at.bank, at.row, at.column, cell.critical)?;
        }
        Ok(())
    }
}

pub(super) fn is_in(table: &Table<'_>) -> Result<bool, ImportError> {
    Ok(table.position(&[OWN_COLUMN])?.is_some())
}

pub(super) fn read(table: Table<'_>, file: &mut Reading<'_>) -> Result<Content, ImportError> {
    if let Some(reads) = file.reads {
        let found = format!("critical voltages, and that numbers are counts of {reads} reads");
        let expected = "no number of reads (--reads) with these";
        return Err(ImportError::content(ImportErrorKind::Options, file.path, Place::File, found, expected));
    }
    let [bank, row_at, column, critical, kind] = require_columns(&table, COLUMNS)?;
    let mut cells = BTreeMap::new();
    table.for_each(|row| {
        let cell = file.cell(row, [bank, row_at, column])?;
        let kind = kind_of(row.text(kind)).ok_or_else(|| {
            row.wrong(
                ImportErrorKind::Value,
                format!("kind `{}`", row.text(kind)),
                "the kind reads_one, reads_zero or inverts",
            )
        })?;
        let critical = row.voltage(critical)?;
        match cells.insert(cell, CriticalCell { cell, critical, kind }) {
            Some(_) => Err(row.wrong(
                ImportErrorKind::Twice,
                place(row, [bank, row_at, column]) + " again",
                "each cell once",
            )),
            None => Ok(()),
        }
    })?;
    let keys = file.keys;
    Ok(Content::Critical(CriticalContent {
        voltages: keys.voltages()?.ok_or_else(|| keys.missing("voltages", "the range of voltages"))?,
        read_noise: keys.require("read_noise", "a number")?,
        flip_floor: keys.require("flip_floor", "a number")?,
        cells: cells.into_values().collect(),
    }))
}

fn kind_name(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::ReadsOne => "reads_one",
        FaultKind::ReadsZero => "reads_zero",
        FaultKind::Inverts => "inverts",
    }
}

fn kind_of(name: &str) -> Option<FaultKind> {
    FaultKind::ALL.into_iter().find(|&kind| kind_name(kind) == name)
}
