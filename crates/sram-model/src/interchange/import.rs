//! Reads the CSV interchange.

use std::collections::BTreeMap;
use std::path::Path;

use super::keys::Keys;
use super::{CRITICAL_COLUMNS, MEASURED_COLUMNS, kind_of};
use crate::fault::{CellFault, FlipProbability};
use crate::geometry::{CellAddress, Geometry};
use crate::import::{ImportError, Place, Row, Table, TableDoubts, check_profile, file_name, file_stem, read};
use crate::profile::{Content, CriticalCell, InputFile, ProfileDraft, Provenance};
use crate::voltage::Voltage;

/// How to read the CSV of a profile.
#[derive(Clone, Copy, Debug, Default)]
pub struct CsvOptions {
    /// If probabilities are counts: of how many reads.
    pub reads: Option<u32>,
    /// Whether to import what is not plausible, with a note. A file with a provenance, as an export has it, was judged
    /// when it was made.
    pub anyway: bool,
}

/// Reads a profile that [`export_csv`](super::export_csv) wrote, or somebody else.
///
/// # Errors
/// [`ImportError`] with the line if a key or a column is missing or a value makes no sense.
pub fn import_csv(path: &Path, options: &CsvOptions) -> Result<(ProfileDraft, TableDoubts), ImportError> {
    let bytes = read(path)?;
    let table = Table::new(path, &bytes, &MEASURED_COLUMNS.join(","));
    // What stands at the head is read first, so it is what is complained of first.
    let keys = Keys::read(path, &bytes, table.as_ref().ok())?;
    let geometry: Geometry = keys.require("geometry", "BANKSxROWSxCOLUMNS")?;
    let table = table?;
    let known: Option<Provenance> = keys.json("provenance", "the provenance as JSON")?;
    let is_export = known.is_some();
    let mut doubts = TableDoubts { never_failing: 0, open_line: table.open_line() };
    if let Some(line) = doubts.open_line.filter(|_| is_export) {
        let found = "the file's end before the line's";
        return Err(ImportError::content(
            path,
            Place::Line(line),
            found,
            "a line end, as an export has: is it cut short?",
        ));
    }
    let content = read_content(path, table, geometry, &keys, options.reads, &mut doubts)?;
    let provenance = known.unwrap_or_else(|| Provenance {
        inputs: vec![InputFile::new(file_name(path), &bytes)],
        notes: options
            .reads
            .iter()
            .map(|reads| format!("flip probabilities are counts of {reads} reads"))
            .chain(doubts.notes(&file_name(path)))
            .collect(),
        ..Provenance::new("CSV file")
    });
    let mut draft = ProfileDraft {
        name: keys.name().unwrap_or_else(|| file_stem(path)),
        unit: keys.require("unit", "V or V/Vmin")?,
        geometry,
        floorplan: keys.floorplan()?,
        vmin: keys.optional("vmin", "a voltage")?,
        measured: keys.measured()?,
        content,
        provenance,
    };
    if !is_export {
        check_profile(path, &mut draft, options.anyway)?;
    }
    Ok((draft, doubts))
}

fn read_content(
    path: &Path,
    table: Table<'_>,
    geometry: Geometry,
    keys: &Keys<'_>,
    reads: Option<u32>,
    doubts: &mut TableDoubts,
) -> Result<Content, ImportError> {
    if table.position(&["critical_voltage"])?.is_none() {
        return read_measured(path, table, geometry, keys, reads, doubts);
    }
    if let Some(reads) = reads {
        let found = format!("critical voltages, and that numbers are counts of {reads} reads");
        return Err(ImportError::content(
            path,
            Place::File,
            found,
            "no number of reads (--reads) with these",
        ));
    }
    read_critical(table, geometry, keys)
}

fn read_measured(
    path: &Path,
    table: Table<'_>,
    geometry: Geometry,
    keys: &Keys<'_>,
    reads: Option<u32>,
    doubts: &mut TableDoubts,
) -> Result<Content, ImportError> {
    let [voltage, bank, row_at, column, p01, p10] = require_columns(&table, MEASURED_COLUMNS)?;
    let listed = keys.voltages()?.unwrap_or_default();
    let mut levels: BTreeMap<Voltage, BTreeMap<u64, FlipProbability>> =
        listed.iter().map(|&voltage| (voltage, BTreeMap::new())).collect();
    table.for_each(|row| {
        let cell = cell_of(row, geometry, [bank, row_at, column])?;
        let (p01, p10) = (row.probability(p01, reads)?, row.probability(p10, reads)?);
        let flip = FlipProbability::new(p01, p10).ok_or_else(|| {
            row.wrong(format!("probabilities {p01} and {p10}"), "probabilities from 0 to 1")
        })?;
        doubts.never_failing += u64::from(flip.is_none());
        let voltage = row.voltage(voltage)?;
        match levels.entry(voltage).or_default().insert(cell, flip) {
            Some(_) => {
                let found = format!("{} at {voltage} again", place(row, [bank, row_at, column]));
                Err(row.wrong(found, "each cell once a voltage"))
            }
            None => Ok(()),
        }
    })?;
    if levels.is_empty() {
        return Err(ImportError::content(
            path,
            Place::File,
            "no voltage",
            "rows of faults, or a line `# voltages: …`",
        ));
    }
    let faults = |cells: BTreeMap<u64, FlipProbability>| {
        cells.into_iter().map(|(cell, flip)| CellFault { cell, flip }).collect()
    };
    Ok(Content::Measured(levels.into_iter().rev().map(|(voltage, cells)| (voltage, faults(cells))).collect()))
}

fn read_critical(table: Table<'_>, geometry: Geometry, keys: &Keys<'_>) -> Result<Content, ImportError> {
    let [bank, row_at, column, critical, kind] = require_columns(&table, CRITICAL_COLUMNS)?;
    let mut cells = BTreeMap::new();
    table.for_each(|row| {
        let cell = cell_of(row, geometry, [bank, row_at, column])?;
        let kind = kind_of(row.text(kind)).ok_or_else(|| {
            row.wrong(format!("kind `{}`", row.text(kind)), "the kind reads_one, reads_zero or inverts")
        })?;
        let critical = row.voltage(critical)?;
        match cells.insert(cell, CriticalCell { cell, critical, kind }) {
            Some(_) => Err(row.wrong(place(row, [bank, row_at, column]) + " again", "each cell once")),
            None => Ok(()),
        }
    })?;
    let voltages = keys.voltages()?;
    Ok(Content::Critical {
        voltages: voltages.ok_or_else(|| keys.missing("voltages", "the range of voltages"))?,
        read_noise: keys.require("read_noise", "a number")?,
        flip_floor: keys.require("flip_floor", "a number")?,
        cells: cells.into_values().collect(),
    })
}

fn require_columns<const N: usize>(table: &Table<'_>, names: [&str; N]) -> Result<[usize; N], ImportError> {
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

fn cell_of(row: Row<'_>, geometry: Geometry, [bank, row_at, column]: [usize; 3]) -> Result<u64, ImportError> {
    let number = |at| row.whole(at);
    let at = CellAddress { bank: number(bank)?, row: number(row_at)?, column: number(column)? };
    geometry.cell(at).ok_or_else(|| {
        let found = format!("bank {} row {} column {}", at.bank, at.row, at.column);
        row.wrong(found, format!("a cell of a chip of {geometry} (banks x rows x columns)"))
    })
}

fn place(row: Row<'_>, columns: [usize; 3]) -> String {
    let [bank, row_at, column] = columns.map(|column| row.text(column));
    format!("bank {bank} row {row_at} column {column}")
}
