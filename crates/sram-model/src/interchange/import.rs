//! Reads the CSV interchange.

use std::path::Path;

use super::{Reading, measured};
use crate::geometry::Geometry;
use crate::import::log::refuse_log;
use crate::import::{
    ImportError, ImportErrorKind, Keys, Place, Table, TableDoubts, check_profile, file_name, file_stem, read,
    refuse_foreign,
};
use crate::profile::{InputFile, ProfileDraft, Provenance};

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
    refuse_foreign(path, &bytes)?;
    let table = Table::new(path, &bytes, &measured::COLUMNS.join(","));
    // What stands at the head is read first, so it is what is complained of first.
    let keys = Keys::read(path, &bytes, table.as_ref().ok())?;
    if let Ok(table) = &table {
        refuse_log(path, table)?;
    }
    let geometry: Geometry = keys.require("geometry", "BANKSxROWSxCOLUMNS")?;
    let table = table?;
    let known: Option<Provenance> = keys.json("provenance", "the provenance as JSON")?;
    let is_export = known.is_some();
    let mut doubts = TableDoubts { never_failing: 0, open_line: table.open_line() };
    if let Some(line) = doubts.open_line.filter(|_| is_export) {
        let found = "the file's end before the line's";
        return Err(ImportError::content(
            ImportErrorKind::Incomplete,
            path,
            Place::Line(line),
            found,
            "a line end, as an export has: is it cut short?",
        ));
    }
    let mut file = Reading { path, geometry, keys: &keys, reads: options.reads, doubts: &mut doubts };
    let content = super::read(table, &mut file)?;
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
