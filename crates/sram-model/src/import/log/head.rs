//! What stands before the rows of logs: `# key: value` lines, and what the options say of the same.

use std::path::{Path, PathBuf};

use super::LogOptions;
use crate::geometry::{Floorplan, Geometry};
use crate::import::flips::geometry_of;
use crate::import::{ImportError, ImportErrorKind, Keys, Place, Table, read, refuse_foreign};
use crate::voltage::{Voltage, VoltageUnit};

/// A log in memory.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) bytes: Vec<u8>,
    /// The voltage that was given with the file.
    pub(super) told: Option<Voltage>,
}

/// What is known of the chip before any row is read.
pub(super) struct Head {
    pub(super) geometry: Option<Geometry>,
    pub(super) unit: Option<VoltageUnit>,
    pub(super) name: Option<String>,
    pub(super) vmin: Option<Voltage>,
    pub(super) floorplan: Option<Floorplan>,
}

/// The header that is shown where one is missing.
const HEADER: &str = "voltage,address,expected,actual, or names for a file without one (--columns voltage,address,expected,actual)";

/// Keys of the interchange that say nothing of measured fails.
const FOREIGN_KEYS: [&str; 4] = ["measured", "read_noise", "flip_floor", "provenance"];

impl<'a> Source<'a> {
    pub(super) fn read((path, told): &'a (PathBuf, Option<Voltage>)) -> Result<Self, ImportError> {
        Ok(Self { path, bytes: read(path)?, told: *told })
    }

    /// The table of the log.
    pub(super) fn table(&self, options: &LogOptions) -> Result<Table<'_>, ImportError> {
        let Some(columns) = &options.columns else {
            refuse_foreign(self.path, &self.bytes)?;
            return Table::new(self.path, &self.bytes, HEADER);
        };
        let name = |name: &String| match name.trim() {
            "-" | "_" => String::new(),
            name => name.to_ascii_lowercase(),
        };
        Table::without_header(self.path, &self.bytes, columns.iter().map(name).collect())
    }
}

impl Head {
    /// What the options say.
    pub(super) fn new(options: &LogOptions) -> Self {
        Self {
            geometry: options.geometry,
            unit: options.unit,
            name: options.name.clone(),
            vmin: options.vmin,
            floorplan: None,
        }
    }

    /// Adds what a file says, and returns the voltages that it lists.
    pub(super) fn add(
        &mut self,
        source: &Source<'_>,
        options: &LogOptions,
    ) -> Result<Vec<Voltage>, ImportError> {
        let path = source.path;
        let table = source.table(options);
        let keys = Keys::read(path, &source.bytes, table.as_ref().ok())?;
        if let Some((key, line)) = FOREIGN_KEYS.iter().find_map(|key| Some((key, keys.line(key)?))) {
            let expected = "a log of fails; `sram-sim import csv` reads what `export` wrote";
            let found = format!("the key `{key}` of an exported profile");
            return Err(ImportError::content(ImportErrorKind::Key, path, Place::Line(line), found, expected));
        }
        let (geometry, unit) =
            (keys.optional("geometry", "BANKSxROWSxCOLUMNS")?, keys.optional("unit", "V or V/Vmin")?);
        let settled = |key| Settled { path, key, line: keys.line(key) };
        settled("geometry").settle(&mut self.geometry, geometry, ToString::to_string)?;
        settled("unit").settle(&mut self.unit, unit, ToString::to_string)?;
        settled("vmin").settle(&mut self.vmin, keys.optional("vmin", "a voltage")?, ToString::to_string)?;
        settled("floorplan").settle(&mut self.floorplan, keys.floorplan()?, |plan| {
            let sites = plan.sites().iter().map(|(x, y)| format!("{x} {y}"));
            sites.collect::<Vec<_>>().join("; ")
        })?;
        // A name is a label: that of the options, or of the first file that has one.
        self.name = self.name.take().or_else(|| keys.name());
        let listed = keys.voltages()?.unwrap_or_default();
        table.map(|_| listed)
    }

    /// The chip's size: as told, or as the first file's name says.
    pub(super) fn geometry(&self, first: &Path) -> Result<Geometry, ImportError> {
        self.geometry.map_or_else(|| geometry_of(first), Ok).map_err(|_| {
            let found = "nothing that says the chip's size";
            let expected = "--geometry BANKSxROWSxCOLUMNS; or a line `# geometry: 1x1024x16` before the header; or a name like \
                            chip_1024x16.csv (one bank)";
            ImportError::content(ImportErrorKind::Name, first, Place::File, found, expected)
        })
    }
}

/// A key of a file, which may say what is known.
struct Settled<'a> {
    path: &'a Path,
    key: &'a str,
    line: Option<u64>,
}

impl Settled<'_> {
    /// Takes what a file says, if it says something; it has to be what is known, if that is.
    fn settle<T: PartialEq>(
        &self,
        known: &mut Option<T>,
        found: Option<T>,
        words: impl Fn(&T) -> String,
    ) -> Result<(), ImportError> {
        match (&known, found) {
            (_, None) => Ok(()),
            (Some(known), Some(found)) if *known == found => Ok(()),
            (Some(known), Some(found)) => {
                let (found, known) = (words(&found), words(known));
                let found = format!("the {} {found}, and an option or a file before says {known}", self.key);
                let (place, expected) =
                    (self.line.map_or(Place::File, Place::Line), format!("one {}", self.key));
                Err(ImportError::content(ImportErrorKind::Key, self.path, place, found, expected))
            }
            (None, found) => {
                *known = found;
                Ok(())
            }
        }
    }
}
