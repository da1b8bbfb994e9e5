//! The CSV interchange: a profile as text, for people, spreadsheets and other programs. Export writes it, and import
//! reads it back to the identical profile.
//!
//! Lines that begin with `#` come first and hold `key: value`. Then follow a header and one row a fault.
//!
//! ```text
//! # geometry: 2x512x64          banks x rows x columns; required
//! # unit: V                     V or V/Vmin; required
//! # name: my chip               required from here on: nothing
//! # vmin: 0.6
//! # voltages: 0.59,0.58         highest first; needed only to list voltages without faults
//! # floorplan: 0 0;1 0          x y of each bank
//! # provenance: {"source":"…"}  JSON, as in the profile
//! voltage,bank,row,column,p_0to1,p_1to0
//! 0.58,0,17,3,0,1
//! ```
//!
//! Every row is a faulty cell at a voltage, with the probabilities, per read, that a stored 0 reads as 1 and that a
//! stored 1 reads as 0. Every voltage lists all its faults. Rows may come in any order.
//!
//! A profile of critical voltages has the keys `read_noise` and `flip_floor`, lists its range in `voltages`, and has the
//! columns `bank,row,column,critical_voltage,kind`, kind being `reads_one`, `reads_zero` or `inverts`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use flip_core::FaultKind;

use crate::fault::{CellFault, FaultMap, FlipProbability};
use crate::geometry::{CellAddress, Floorplan, Geometry};
use crate::import::{ImportError, Place, Row, Table, file_name, file_stem, read};
use crate::profile::{
    Between, Content, ContentKind, CriticalCell, InputFile, Profile, ProfileDraft, ProfileError, Provenance,
};
use crate::voltage::Voltage;

const MEASURED_COLUMNS: [&str; 6] = ["voltage", "bank", "row", "column", "p_0to1", "p_1to0"];
const CRITICAL_COLUMNS: [&str; 5] = ["bank", "row", "column", "critical_voltage", "kind"];

/// Why a profile could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The profile's records are damaged.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The text cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes a whole profile.
///
/// # Errors
/// [`ExportError`] if the profile is damaged or `out` cannot be written.
pub fn export_csv(profile: &Profile, out: &mut impl Write) -> Result<(), ExportError> {
    write_head(profile, &profile.info().voltages, out)?;
    let geometry = profile.info().geometry;
    if let Some(cells) = profile.critical_cells()? {
        writeln!(out, "{}", CRITICAL_COLUMNS.join(","))?;
        for cell in cells {
            let at = geometry.address(cell.cell);
            let kind = kind_name(cell.kind);
            writeln!(out, "{},{},{},{},{kind}", at.bank, at.row, at.column, cell.critical)?;
        }
        return Ok(());
    }
    writeln!(out, "{}", MEASURED_COLUMNS.join(","))?;
    let mut sweep = profile.sweep();
    for &voltage in &profile.info().voltages {
        write_map(&sweep.at(voltage, Between::NextLower)?, out)?;
    }
    Ok(())
}

/// Writes the fault map of one voltage, as a measured profile of just this voltage.
///
/// # Errors
/// If `out` cannot be written.
pub fn export_map_csv(profile: &Profile, map: &FaultMap, out: &mut impl Write) -> io::Result<()> {
    let mut info = profile.info().clone();
    info.content = ContentKind::Measured;
    info.provenance.notes.push(format!("the map at {} {} alone", map.voltage(), info.unit));
    write_keys(&info, profile.floorplan(), &[map.voltage()], out)?;
    writeln!(out, "{}", MEASURED_COLUMNS.join(","))?;
    write_map(map, out)
}

fn write_map(map: &FaultMap, out: &mut impl Write) -> io::Result<()> {
    for fault in map.faults() {
        let CellAddress { bank, row, column } = map.geometry().address(fault.cell);
        writeln!(out, "{},{bank},{row},{column},{},{}", map.voltage(), fault.flip.p01(), fault.flip.p10())?;
    }
    Ok(())
}

fn write_head(profile: &Profile, voltages: &[Voltage], out: &mut impl Write) -> io::Result<()> {
    write_keys(profile.info(), profile.floorplan(), voltages, out)
}

fn write_keys(
    info: &crate::profile::ProfileInfo,
    floorplan: Option<&Floorplan>,
    voltages: &[Voltage],
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "# geometry: {}", info.geometry)?;
    writeln!(out, "# unit: {}", info.unit)?;
    // A name on one line, as JSON text, so that any name comes back.
    writeln!(out, "# name: {}", serde_json::to_string(&info.name)?)?;
    if let Some(vmin) = info.vmin {
        writeln!(out, "# vmin: {vmin}")?;
    }
    if let ContentKind::Critical { read_noise, flip_floor } = info.content {
        writeln!(out, "# read_noise: {read_noise}")?;
        writeln!(out, "# flip_floor: {flip_floor}")?;
    }
    writeln!(out, "# voltages: {}", voltages.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))?;
    if let Some(plan) = floorplan {
        let sites: Vec<String> = plan.sites().iter().map(|(x, y)| format!("{x} {y}")).collect();
        writeln!(out, "# floorplan: {}", sites.join(";"))?;
    }
    writeln!(out, "# provenance: {}", serde_json::to_string(&info.provenance)?)
}

/// Reads a profile that [`export_csv`] wrote, or somebody else.
///
/// # Errors
/// [`ImportError`] with the line if a key or a column is missing or a value makes no sense.
pub fn import_csv(path: &Path) -> Result<ProfileDraft, ImportError> {
    let bytes = read(path)?;
    let keys = Keys::read(path, &bytes)?;
    let geometry: Geometry = keys.require("geometry", "BANKSxROWSxCOLUMNS")?;
    let table = Table::new(path, &bytes)?;
    let content = if table.position(&["critical_voltage"]).is_some() {
        read_critical(path, table, geometry, &keys)?
    } else {
        read_measured(path, table, geometry, &keys)?
    };
    let provenance = match keys.json("provenance", "the provenance as JSON")? {
        Some(provenance) => provenance,
        None => {
            let mut provenance = Provenance::new("CSV file");
            provenance.inputs.push(InputFile::new(file_name(path), &bytes));
            provenance
        }
    };
    Ok(ProfileDraft {
        name: keys.name().unwrap_or_else(|| file_stem(path)),
        unit: keys.require("unit", "V or V/Vmin")?,
        geometry,
        floorplan: keys.floorplan()?,
        vmin: keys.optional("vmin", "a voltage")?,
        measured: None,
        content,
        provenance,
    })
}

fn read_measured(
    path: &Path,
    table: Table<'_>,
    geometry: Geometry,
    keys: &Keys<'_>,
) -> Result<Content, ImportError> {
    let [voltage, bank, row_at, column, p01, p10] = require_columns(path, &table, MEASURED_COLUMNS)?;
    let listed = keys.voltages()?.unwrap_or_default();
    let mut levels: BTreeMap<Voltage, BTreeMap<u64, FlipProbability>> =
        listed.iter().map(|&voltage| (voltage, BTreeMap::new())).collect();
    table.for_each(|row| {
        let cell = cell_of(row, geometry, [bank, row_at, column])?;
        let (p01, p10) = (row.parse(p01, "a probability")?, row.parse(p10, "a probability")?);
        let flip = FlipProbability::new(p01, p10).ok_or_else(|| {
            row.wrong(format!("probabilities {p01} and {p10}"), "probabilities from 0 to 1")
        })?;
        let voltage: Voltage = row.parse(voltage, "a voltage")?;
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

fn read_critical(
    path: &Path,
    table: Table<'_>,
    geometry: Geometry,
    keys: &Keys<'_>,
) -> Result<Content, ImportError> {
    let [bank, row_at, column, critical, kind] = require_columns(path, &table, CRITICAL_COLUMNS)?;
    let mut cells = BTreeMap::new();
    table.for_each(|row| {
        let cell = cell_of(row, geometry, [bank, row_at, column])?;
        let kind = kind_of(row.text(kind)).ok_or_else(|| {
            row.wrong(format!("kind `{}`", row.text(kind)), "the kind reads_one, reads_zero or inverts")
        })?;
        let critical = row.parse(critical, "a voltage")?;
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

fn require_columns<const N: usize>(
    path: &Path,
    table: &Table<'_>,
    names: [&str; N],
) -> Result<[usize; N], ImportError> {
    let mut positions = [0; N];
    for (position, name) in positions.iter_mut().zip(names) {
        *position = table.position(&[name]).ok_or_else(|| {
            let found = format!("the columns {}", table.columns().join(","));
            ImportError::content(path, Place::File, found, format!("the columns {}", names.join(",")))
        })?;
    }
    Ok(positions)
}

fn cell_of(row: Row<'_>, geometry: Geometry, [bank, row_at, column]: [usize; 3]) -> Result<u64, ImportError> {
    let number = |at| row.parse(at, "a whole number");
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

/// The `# key: value` lines of a file.
struct Keys<'a> {
    path: &'a Path,
    values: BTreeMap<&'a str, (u64, &'a str)>,
}

impl<'a> Keys<'a> {
    fn read(path: &'a Path, bytes: &'a [u8]) -> Result<Self, ImportError> {
        let mut values = BTreeMap::new();
        for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
            let Some(comment) = line.strip_prefix(b"#") else { break };
            let text = std::str::from_utf8(comment).map_err(|_| {
                ImportError::content(path, Place::Line(number), "bytes that are no UTF-8", "text in UTF-8")
            })?;
            if let Some((key, value)) = text.split_once(':') {
                values.insert(key.trim(), (number, value.trim()));
            }
        }
        Ok(Self { path, values })
    }

    fn optional<T: std::str::FromStr>(&self, key: &str, expected: &str) -> Result<Option<T>, ImportError> {
        let parse = |&(line, text): &(u64, &str)| {
            text.parse().map_err(|_| {
                ImportError::content(self.path, Place::Line(line), format!("{key} `{text}`"), expected)
            })
        };
        self.values.get(key).map(parse).transpose()
    }

    fn require<T: std::str::FromStr>(&self, key: &str, expected: &str) -> Result<T, ImportError> {
        self.optional(key, expected)?.ok_or_else(|| self.missing(key, expected))
    }

    fn missing(&self, key: &str, expected: &str) -> ImportError {
        ImportError::content(
            self.path,
            Place::File,
            format!("no line `# {key}: …` at its head"),
            format!("{expected} there"),
        )
    }

    fn json<T: serde::de::DeserializeOwned>(
        &self,
        key: &str,
        expected: &str,
    ) -> Result<Option<T>, ImportError> {
        let parse = |&(line, text): &(u64, &str)| {
            serde_json::from_str(text).map_err(|error| {
                ImportError::content(self.path, Place::Line(line), error.to_string(), expected)
            })
        };
        self.values.get(key).map(parse).transpose()
    }

    /// The name, with or without the quotes of JSON.
    fn name(&self) -> Option<String> {
        let (_, text) = self.values.get("name")?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| (*text).to_owned()))
    }

    fn voltages(&self) -> Result<Option<Vec<Voltage>>, ImportError> {
        let parse = |&(line, text): &(u64, &str)| {
            let voltages = text.split(',').map(str::parse).collect::<Result<Vec<Voltage>, _>>();
            voltages.map_err(|error| {
                ImportError::content(
                    self.path,
                    Place::Line(line),
                    error.to_string(),
                    "voltages with commas between",
                )
            })
        };
        self.values.get("voltages").map(parse).transpose()
    }

    fn floorplan(&self) -> Result<Option<Floorplan>, ImportError> {
        let Some(&(line, text)) = self.values.get("floorplan") else { return Ok(None) };
        let wrong = |found: String| {
            ImportError::content(self.path, Place::Line(line), found, "`x y` of each bank, with ; between")
        };
        let site = |site: &str| {
            let parsed = site.split_once(' ').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
            parsed.ok_or_else(|| wrong(format!("site `{site}`")))
        };
        let sites = text.split(';').map(site).collect::<Result<_, _>>()?;
        Floorplan::new(sites).map(Some).map_err(|error| wrong(error.to_string()))
    }
}
