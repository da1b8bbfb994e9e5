//! Maps of flip probabilities, one file an operating point, each in one of these forms, which its content tells:
//!
//! | form | what it holds |
//! |---|---|
//! | table (CSV) | a row for each cell that ever failed: `row`, `col`, perhaps `bank`, and `p_0to1` and `p_1to0`, or `p_flip` alone |
//! | array (npy) | a value for each cell, or for each read of it: whether it fails, how often, or how probably; see [`Axes`] |
//! | arrays (npz) | the same, by name: `p_0to1` and `p_1to0`, or `p_flip`, or one |
//! | matrix (text) | the same as an array, a line for each row, banks with a blank line between them |
//! | list (text) | the numbers of the cells that fail, from 0 by bank, row and column, the column fastest |
//! | JSON | the cells that fail, in a list, or by row |
//!
//! The digitised maps of the chips of Stutz et al. (MLSys 2021) are tables.
//!
//! A map that has one value for a cell does not say which way a cell fails. Measured cells fail one way only, so each cell gets one
//! direction: that which another map of the same import shows, else one by [`UnknownDirection`].

mod direction;
mod entry;
mod form;
mod map;
mod report;
mod size;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flip_core::FaultKind;

pub(crate) use self::direction::DIRECTIONS_DRAWN;
pub use self::direction::UnknownDirection;
use self::direction::{known_directions, of_kind};
use self::entry::Entry;
pub use self::form::{Axes, AxesError};
use self::map::{FlipMap, read_map};
pub use self::report::{FlipMapReport, FlipReport};
pub(super) use self::size::geometry_of;
use super::{ImportError, ImportErrorKind, Place, check_profile, file_stem};
use crate::fault::{CellFault, recovered};
use crate::geometry::Geometry;
use crate::profile::{Content, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// How to read maps of flip probabilities.
#[derive(Clone, Debug)]
pub struct FlipOptions {
    /// The chip's name; that of the first file if `None`.
    pub name: Option<String>,
    /// The chip's size. If `None`, that of the first file's array or matrix, or else the last part ROWSxCOLUMNS in its name, one
    /// bank.
    pub geometry: Option<Geometry>,
    /// The unit of the voltages given with the files.
    pub unit: VoltageUnit,
    /// Vmin in `unit`, if it is known.
    pub vmin: Option<Voltage>,
    /// The direction of cells for which no file says it.
    pub unknown: UnknownDirection,
    /// If probabilities are counts: of how many reads.
    pub reads: Option<u32>,
    /// The axes of arrays. If `None`, those that the number of sides and the chip's size leave.
    pub axes: Option<Axes>,
    /// The array to read of a file that has several.
    pub array: Option<String>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// Imports maps of one chip, each a file and its voltage in the unit of the options.
///
/// # Errors
/// [`ImportError`], with the line or the index, if a file is in no form that is known or in two, the size is unknown, a cell lies
/// outside or is given twice, or a number makes no sense.
pub fn import_flips(
    files: &[(PathBuf, Voltage)],
    options: &FlipOptions,
) -> Result<(ProfileDraft, FlipReport), ImportError> {
    let Some((first, _)) = files.first() else { return Err(no_map()) };
    let (maps, geometry) = read_maps(files, options)?;
    check_used(first, &maps, options)?;
    let known = known_directions(&maps);
    let mut levels: Vec<(Voltage, Vec<CellFault>)> = Vec::new();
    let mut reports = Vec::new();
    for map in &maps {
        let (faults, mut report) = level(map, &known, options.unknown);
        report.recovered_cells = levels.last().map_or(0, |(_, above)| recovered(above, &faults));
        levels.push((map.voltage, faults));
        reports.push(report);
    }
    let report = FlipReport { maps: reports };
    let mut provenance = Provenance::new("maps of flip probabilities");
    provenance.notes = report.notes(options.unknown);
    provenance.inputs = maps.into_iter().map(|map| map.input).collect();
    let mut draft = ProfileDraft {
        name: options.name.clone().unwrap_or_else(|| file_stem(first)),
        unit: options.unit,
        geometry,
        floorplan: None,
        vmin: options.vmin,
        measured: None,
        content: Content::Measured(levels),
        provenance,
    };
    check_profile(first, &mut draft, options.anyway)?;
    Ok((draft, report))
}

fn no_map() -> ImportError {
    ImportError::content(
        ImportErrorKind::Files,
        Path::new("(no file)"),
        Place::File,
        "no map",
        "at least one map",
    )
}

/// The maps, highest voltage first, and the size of the chip that they are of.
fn read_maps(
    files: &[(PathBuf, Voltage)],
    options: &FlipOptions,
) -> Result<(Vec<FlipMap>, Geometry), ImportError> {
    let mut geometry = options.geometry;
    let mut maps: Vec<FlipMap> = Vec::with_capacity(files.len());
    for (path, voltage) in files {
        let map = read_map(path, *voltage, geometry, options)?;
        geometry = Some(map.cells.geometry);
        maps.push(map);
    }
    maps.sort_by_key(|map| std::cmp::Reverse(map.voltage));
    if let Some(pair) = maps.windows(2).find(|pair| pair[0].voltage == pair[1].voltage) {
        let found = format!("{} and {} both at {}", pair[0].input.name, pair[1].input.name, pair[0].voltage);
        let path = files.first().map_or(Path::new(""), |(path, _)| path);
        return Err(ImportError::content(
            ImportErrorKind::Files,
            path,
            Place::File,
            found,
            "one map a voltage",
        ));
    }
    Ok((maps, geometry.ok_or_else(no_map)?))
}

/// Refuses options that had nothing to act on: they were meant for something.
fn check_used(first: &Path, maps: &[FlipMap], options: &FlipOptions) -> Result<(), ImportError> {
    let given = [("--axes", options.axes.is_some()), ("--array", options.array.is_some())];
    let is_used = |option: &str| maps.iter().any(|map| map.cells.takes.contains(&option));
    match given.into_iter().find(|&(option, is_given)| is_given && !is_used(option)) {
        Some((option, _)) => {
            let found = format!("{option}, but no file that it is for");
            let expected = "arrays (npy, npz) or a matrix for --axes, arrays by name (npz) for --array";
            Err(ImportError::content(ImportErrorKind::Options, first, Place::File, found, expected))
        }
        None => Ok(()),
    }
}

/// The faults of a map, each with a direction: its own, that of another map, or one for cells of which none is known.
fn level(
    map: &FlipMap,
    known: &BTreeMap<u64, FaultKind>,
    unknown: UnknownDirection,
) -> (Vec<CellFault>, FlipMapReport) {
    let (mut of_others, mut of_none) = (0, 0);
    let fault = |&(cell, entry): &(u64, Entry)| {
        let flip = match (entry, known.get(&cell)) {
            (Entry::Directed(flip), _) => flip,
            (Entry::Undirected(p), Some(&kind)) => {
                of_others += 1;
                of_kind(kind, p)
            }
            (Entry::Undirected(p), None) => {
                of_none += 1;
                unknown.of(cell, p)
            }
        };
        CellFault { cell, flip }
    };
    let mut faults: Vec<CellFault> = map.cells.entries.iter().map(fault).collect();
    faults.retain(|fault| !fault.flip.is_none());
    let report = FlipMapReport {
        file: map.input.name.clone(),
        voltage: map.voltage,
        faulty_cells: faults.len() as u64,
        directions_from_other_maps: of_others,
        directions_unknown: of_none,
        recovered_cells: 0,
        form: map.cells.form.clone(),
        reads: map.cells.reads,
        doubts: map.cells.doubts,
    };
    (faults, report)
}
