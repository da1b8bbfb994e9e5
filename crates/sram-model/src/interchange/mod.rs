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
//! # measured: 0.54,0.59         lowest and highest voltage that is known, if others are extrapolated
//! # voltages: 0.59,0.58         highest first; needed only to list voltages without faults
//! # floorplan: 0 0;1 0          x y of each bank
//! # provenance: {"source":"…"}  JSON, as in the profile
//! voltage,bank,row,column,p_0to1,p_1to0
//! 0.58,0,17,3,0,1
//! ```
//!
//! Every row is a faulty cell at a voltage, with the probabilities, per read, that a stored 0 reads as 1 and that a
//! stored 1 reads as 0. Every voltage lists all its faults. Rows may come in any order. Fields may be separated by
//! semicolons, tabs or bars, too, and numbers may have decimal commas if that is clear.
//!
//! A profile of critical voltages has the keys `read_noise` and `flip_floor`, lists its range in `voltages`, and has the
//! columns `bank,row,column,critical_voltage,kind`, kind being `reads_one`, `reads_zero` or `inverts`.

mod critical;
mod import;
mod measured;
mod reading;

use std::io::{self, Write};

pub use self::import::{CsvOptions, import_csv};
use self::reading::Reading;
use crate::fault::FaultMap;
use crate::geometry::Floorplan;
use crate::import::{ImportError, Table};
use crate::profile::{Content, ContentKind, Profile, ProfileError, ProfileInfo};
use crate::voltage::Voltage;

/// A kind of content as text: what is written for it. Each has a file, with a function that reads it back.
trait Text {
    /// Writes the lines at the head that this kind alone has.
    fn write_keys(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes the header and the rows of a profile of this kind.
    fn write_table(&self, profile: &Profile, out: &mut dyn Write) -> Result<(), ExportError>;
}

fn text_of(content: &ContentKind) -> &dyn Text {
    match content {
        ContentKind::Measured => &measured::Maps,
        ContentKind::Critical(kind) => kind,
    }
}

/// Reads the table of a profile.
fn read(table: Table<'_>, file: &mut Reading<'_>) -> Result<Content, ImportError> {
    if critical::is_in(&table)? { critical::read(table, file) } else { measured::read(table, file) }
}

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
    write_keys(profile.info(), profile.floorplan(), &profile.info().voltages, out)?;
    text_of(&profile.info().content).write_table(profile, out)
}

/// Writes the fault map of one voltage, as a measured profile of just this voltage; its first line says so.
///
/// # Errors
/// If `out` cannot be written, or the map's voltage has another unit than the profile's.
pub fn export_map_csv(profile: &Profile, map: &FaultMap, out: &mut impl Write) -> io::Result<()> {
    let mut info = profile.info().clone();
    let other_unit = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let voltage = map.voltage().in_unit(info.unit).map_err(other_unit)?;
    let (lowest, highest) = profile.range();
    let extrapolated = if info.extrapolates(map.voltage()) { ", extrapolated" } else { "" };
    let what = format!(
        "one fault map, at {}{extrapolated}, of a chip that answers from {} to {highest}",
        map.voltage(),
        lowest.voltage
    );
    writeln!(out, "# what: {what}")?;
    info.content = ContentKind::Measured;
    info.provenance.notes.push(what);
    write_keys(&info, profile.floorplan(), &[voltage], out)?;
    measured::write_header(out)?;
    measured::write_map(map, out)
}

fn write_keys(
    info: &ProfileInfo,
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
    if let Some((low, high)) = info.measured {
        writeln!(out, "# measured: {low},{high}")?;
    }
    text_of(&info.content).write_keys(out)?;
    writeln!(out, "# voltages: {}", voltages.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))?;
    if let Some(plan) = floorplan {
        let sites: Vec<String> = plan.sites().iter().map(|(x, y)| format!("{x} {y}")).collect();
        writeln!(out, "# floorplan: {}", sites.join(";"))?;
    }
    writeln!(out, "# provenance: {}", serde_json::to_string(&info.provenance)?)
}
