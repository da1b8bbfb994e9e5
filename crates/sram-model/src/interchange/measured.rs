//! Measured maps as text.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::reading::{Reading, place, require_columns};
use super::{ExportError, Text};
use crate::fault::{CellFault, Direction, FaultMap, FlipProbability};
use crate::geometry::CellAddress;
use crate::import::log::command;
use crate::import::{ImportError, ImportErrorKind, Place, Table};
use crate::profile::{Between, Content, Profile};
use crate::voltage::Voltage;

pub(super) const COLUMNS: [&str; 6] = ["voltage", "bank", "row", "column", "p_0to1", "p_1to0"];

/// The text of measured maps.
pub(super) struct Maps;

impl Text for Maps {
    fn write_table(&self, profile: &Profile, out: &mut dyn Write) -> Result<(), ExportError> {
        write_header(out)?;
        let mut sweep = profile.sweep();
        for voltage in profile.info().voltages() {
            write_map(&sweep.at(voltage, Between::NextLower)?, out)?;
        }
        Ok(())
    }
}

pub(super) fn write_header(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))
}

pub(super) fn write_map(map: &FaultMap, out: &mut dyn Write) -> io::Result<()> {
    for fault in map.faults() {
        let CellAddress { bank, row, column } = map.geometry().address(fault.cell);
        let (p01, p10) = (fault.flip.p01(), fault.flip.p10());
        writeln!(out, "{},{bank},{row},{column},{p01},{p10}", map.voltage().voltage)?;
    }
    Ok(())
}

/// What is expected in place of a cell on two lines; these may be of one direction each.
fn once(before: FlipProbability, again: FlipProbability, path: &Path) -> String {
    let expected = "each cell once a voltage";
    let share = |direction| before.p(direction) > 0.0 && again.p(direction) > 0.0;
    if Direction::ALL.into_iter().any(share) {
        return expected.to_owned();
    }
    format!("{expected}; lines of one direction each are what another command reads: {}", command(path))
}

pub(super) fn read(table: Table<'_>, file: &mut Reading<'_>) -> Result<Content, ImportError> {
    let [voltage, bank, row_at, column, p01, p10] = require_columns(&table, COLUMNS)?;
    let listed = file.keys.voltages()?.unwrap_or_default();
    let mut levels: BTreeMap<Voltage, BTreeMap<u64, FlipProbability>> =
        listed.iter().map(|&voltage| (voltage, BTreeMap::new())).collect();
    table.for_each(|row| {
        let cell = file.cell(row, [bank, row_at, column])?;
        let (p01, p10) = (row.probability(p01, file.reads)?, row.probability(p10, file.reads)?);
        let flip = FlipProbability::new(p01, p10).ok_or_else(|| {
            row.wrong(
                ImportErrorKind::Value,
                format!("probabilities {p01} and {p10}"),
                "probabilities from 0 to 1",
            )
        })?;
        file.doubts.never_failing += u64::from(flip.is_none());
        let voltage = row.voltage(voltage)?;
        match levels.entry(voltage).or_default().insert(cell, flip) {
            Some(before) => {
                let found = format!("{} at {voltage} again", place(row, [bank, row_at, column]));
                Err(row.wrong(ImportErrorKind::Twice, found, once(before, flip, file.path)))
            }
            None => Ok(()),
        }
    })?;
    if levels.is_empty() {
        let expected = "rows of faults, or a line `# voltages: …`";
        return Err(ImportError::content(
            ImportErrorKind::Incomplete,
            file.path,
            Place::File,
            "no voltage",
            expected,
        ));
    }
    let faults = |cells: BTreeMap<u64, FlipProbability>| {
        cells.into_iter().map(|(cell, flip)| CellFault { cell, flip }).collect()
    };
    Ok(Content::Measured(levels.into_iter().rev().map(|(voltage, cells)| (voltage, faults(cells))).collect()))
}
