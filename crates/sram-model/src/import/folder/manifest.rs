//! A table of the dumps in a folder, in place of what their names say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::voltage_name::Named;
use super::super::written::{Pattern, Patterns, Written};
use super::super::{ImportError, ImportErrorKind, Place, Row, Table, file_name, read};
use super::is::Is;
use super::{DumpFile, FLOORPLAN, Found, Ignored, WRITTEN, number_of, paths_in, sort};
use crate::profile::InputFile;

/// The columns of a manifest.
const COLUMNS: &str = "the columns file,voltage and, if need be, temperature, run and written, and no others";

/// Where the columns stand.
struct Columns {
    file: usize,
    voltage: usize,
    temperature: Option<usize>,
    run: Option<usize>,
    written: Option<usize>,
}

/// The dumps of a folder that a manifest lists, which are all that there are. `written` is what was written, if the manifest does not say it.
///
/// Voltages are in V, temperatures in °C; `run` is the number of a read, and `written` a [`Pattern`] by its name or file.
pub(in crate::import) fn listed(
    folder: &Path,
    manifest: &Path,
    written: &Written,
) -> Result<Found, ImportError> {
    let bytes = read(manifest)?;
    let table = Table::new(manifest, &bytes, "file,voltage,run")?;
    let columns = Columns::of(&table)?;
    if columns.written.is_some() && *written != Written::default() {
        let (found, expected) = ("a column `written`, and --written", "what was written in one of them");
        return Err(ImportError::content(ImportErrorKind::Options, manifest, Place::File, found, expected));
    }
    let there = paths_in(folder)?.into_iter().map(|path| (file_name(&path), path)).collect();
    let listing = Listing { folder, columns, there };
    let (mut rows, mut lines): (Vec<Listed>, _) = (Vec::new(), BTreeMap::new());
    table.for_each(|row| {
        let listed = listing.row(&row)?;
        if let Some(first) = lines.insert(listed.path.clone(), listed.line) {
            let found = format!("{} again, as in line {first}", file_name(&listed.path));
            return Err(row.wrong(ImportErrorKind::Twice, found, "each file once"));
        }
        rows.push(listed);
        Ok(())
    })?;
    found(folder, manifest, &bytes, rows, &listing, written)
}

/// A row of a manifest.
struct Listed {
    line: u64,
    path: PathBuf,
    file: DumpFile,
    written: Option<Pattern>,
    /// In °C, as it is written.
    temperature: Option<(f64, String)>,
}

/// A manifest's columns, and the files that it may name.
struct Listing<'a> {
    folder: &'a Path,
    columns: Columns,
    /// All that lies in the folder, by name.
    there: BTreeMap<String, PathBuf>,
}

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ImportError> {
        let at = |name: &str| table.position(&[name]);
        let (file, voltage) = (at("file")?, at("voltage")?);
        let [temperature, run, written] = [at("temperature")?, at("run")?, at("written")?];
        let known = [file, voltage, temperature, run, written];
        let other = (0..table.columns().len()).any(|column| !known.contains(&Some(column)));
        match (file, voltage) {
            (Some(file), Some(voltage)) if !other => Ok(Self { file, voltage, temperature, run, written }),
            _ => Err(table.wrong_header(COLUMNS)),
        }
    }
}

impl Listing<'_> {
    /// The file of this name.
    fn file(&self, name: &str) -> Option<PathBuf> {
        self.there.get(name).filter(|path| path.is_file()).cloned()
    }

    fn row(&self, row: &Row<'_>) -> Result<Listed, ImportError> {
        let Columns { file, voltage, temperature, run, written } = self.columns;
        let name = row.text(file);
        let Some(path) = self.file(name) else {
            let expected = format!("the name of a file in {}", self.folder.display());
            return Err(row.wrong_value(file, &expected));
        };
        let voltage = row.voltage(voltage)?;
        let run = run.map(|run| row.whole::<u64>(run)).transpose()?;
        let written = written.map(|column| self.pattern(row, column)).transpose()?;
        let named = Named { run, ..Named::default() };
        let temperature = temperature.map(|column| celsius(row, column)).transpose()?;
        let file =
            DumpFile { path: path.clone(), voltage, pattern: 0, told: true, named, of_pattern: Vec::new() };
        Ok(Listed { line: row.line(), path, file, written, temperature })
    }

    /// What was written, by its name, or a file of the folder.
    fn pattern(&self, row: &Row<'_>, column: usize) -> Result<Pattern, ImportError> {
        match Pattern::of(row.text(column)) {
            Pattern::Dump(file) => {
                let path = file.to_str().and_then(|name| self.file(name));
                let expected =
                    format!("{}, or the name of a file in {}", Pattern::names(), self.folder.display());
                path.map(Pattern::Dump).ok_or_else(|| row.wrong_value(column, &expected))
            }
            named => Ok(named),
        }
    }
}

/// The temperature in a column, in °C, as a number and as it is written.
fn celsius(row: &Row<'_>, column: usize) -> Result<(f64, String), ImportError> {
    let text = row.text(column);
    let number = row.decimal_of(text, column).and_then(|number| number.parse::<f64>().ok());
    let number = number.filter(|number| number.is_finite());
    number
        .map(|number| (number, text.to_owned()))
        .ok_or_else(|| row.wrong_value(column, "a temperature in °C"))
}

/// The dumps of all rows, if they are all that there are and belong together.
fn found(
    folder: &Path,
    manifest: &Path,
    bytes: &[u8],
    rows: Vec<Listed>,
    listing: &Listing<'_>,
    written: &Written,
) -> Result<Found, ImportError> {
    let wrong = |line: u64, kind, found: String, expected: &str| {
        Err(ImportError::content(kind, manifest, Place::Line(line), found, expected))
    };
    let Some(first) = rows.first() else {
        return Err(incomplete(manifest, "no dump", "a line for each dump of the folder"));
    };
    let celsius = |listed: &Listed| listed.temperature.as_ref().map(|(celsius, _)| *celsius);
    if let Some(other) = rows.iter().find(|row| celsius(row) != celsius(first)) {
        let shown = |listed: &Listed| listed.temperature.clone().unwrap_or_default().1;
        let found = format!("{} °C, and {} °C in line {}", shown(other), shown(first), first.line);
        return wrong(
            other.line,
            ImportErrorKind::Files,
            found,
            "dumps of one temperature; import each into a profile of its own",
        );
    }
    let temperature = first.temperature.clone();
    let own =
        rows.iter().filter_map(|row| Some((file_name(&row.path), row.written.clone()?))).collect::<Vec<_>>();
    let own = if own.is_empty() { written.clone() } else { Written { of: own, rest: None } };
    let mut written = Patterns::new(folder, &own)?;
    written.check_match(&rows.iter().map(|row| row.path.clone()).collect::<Vec<_>>())?;
    let ignored = others(manifest, &rows, listing, &written)?;
    let (mut files, mut patterns, mut lines) = (Vec::new(), Vec::new(), BTreeMap::new());
    for Listed { line, path, mut file, .. } in rows {
        file.pattern = number_of(written.of(&path)?, &mut patterns);
        let read = (file.voltage, file.pattern, file.named.run);
        if let Some(first) = lines.insert(read, line) {
            let found = format!("a dump of {} V after the same pattern, as in line {first}", file.voltage);
            return wrong(
                line,
                ImportErrorKind::Twice,
                found,
                "a number of its own in the column run, if it is a read of it",
            );
        }
        files.push(file);
    }
    written.check_used()?;
    sort(&mut files);
    let source = InputFile::new(file_name(manifest), bytes);
    let notes = temperature.map(|(_, shown)| format!("all dumps are of {shown} °C ({})", source.name));
    Ok(Found { files, patterns, ignored, notes: notes.into_iter().collect(), manifest: Some(source) })
}

fn incomplete(manifest: &Path, found: impl Into<String>, expected: &str) -> ImportError {
    ImportError::content(ImportErrorKind::Incomplete, manifest, Place::File, found, expected)
}

/// What lies in the folder and is not listed, if none of it is a dump.
fn others(
    manifest: &Path,
    rows: &[Listed],
    listing: &Listing<'_>,
    written: &Patterns<'_>,
) -> Result<Vec<Ignored>, ImportError> {
    let manifest_at = manifest.canonicalize().ok();
    let mut ignored = Vec::new();
    let listed: BTreeSet<&Path> = rows.iter().map(|row| row.path.as_path()).collect();
    for (file, path) in listing.there.iter().filter(|(_, path)| !listed.contains(path.as_path())) {
        if file == FLOORPLAN || path.canonicalize().ok() == manifest_at {
            continue;
        }
        let reason = match Is::of(path, false)? {
            _ if written.is_reference(path) => WRITTEN,
            Is::Dump => {
                let found = format!("no line for {file}, which looks like a dump");
                let expected = "all dumps of the folder; what is none should lie elsewhere";
                return Err(incomplete(manifest, found, expected));
            }
            Is::Other(reason) | Is::Named(reason) => reason,
        };
        ignored.push(Ignored { file: file.clone(), reason });
    }
    Ok(ignored)
}
