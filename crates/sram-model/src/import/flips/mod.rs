//! Maps of flip probabilities: CSV files with one row a cell that ever failed, one file an operating point.
//!
//! Columns: `row`, `col` (or `column`), optionally `bank`, and either `p_0to1` and `p_1to0`, or `p_flip` alone. So are
//! the digitised maps of the chips of Stutz et al. (MLSys 2021).
//!
//! `p_flip` does not say which way a cell fails. Measured cells fail one way only, so each cell gets one
//! direction: that which another map of the same import shows, else one by [`UnknownDirection`].

mod direction;
mod map;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flip_core::FaultKind;

pub(crate) use self::direction::DIRECTIONS_DRAWN;
pub use self::direction::UnknownDirection;
use self::direction::{known_directions, of_kind};
pub(super) use self::map::geometry_of;
use self::map::{Entry, FlipMap, read_map};
pub use self::report::{FlipMapReport, FlipReport};
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
    /// The chip's size. If `None`, the last part ROWSxCOLUMNS in the first file's name, one bank.
    pub geometry: Option<Geometry>,
    /// The unit of the voltages given with the files.
    pub unit: VoltageUnit,
    /// Vmin in `unit`, if it is known.
    pub vmin: Option<Voltage>,
    /// The direction of cells for which no file says it.
    pub unknown: UnknownDirection,
    /// If probabilities are counts: of how many reads.
    pub reads: Option<u32>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// Imports maps of one chip, each a file and its voltage in the unit of the options.
///
/// # Errors
/// [`ImportError`] if the size is unknown, a file lacks a column, a cell lies outside or is given twice, or a number
/// makes no sense.
pub fn import_flips(
    files: &[(PathBuf, Voltage)],
    options: &FlipOptions,
) -> Result<(ProfileDraft, FlipReport), ImportError> {
    let Some((first, _)) = files.first() else { return Err(no_map()) };
    let (maps, geometry) = read_maps(files, options)?;
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
    provenance
        .notes
        .extend(options.reads.map(|reads| format!("flip probabilities are counts of {reads} reads")));
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
        let (map, size) = read_map(path, *voltage, geometry, options.reads)?;
        geometry = Some(size);
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

/// The faults of a map, each with a direction: its own, that of another map, or one for cells of which none is known.
fn level(
    map: &FlipMap,
    known: &BTreeMap<u64, FaultKind>,
    unknown: UnknownDirection,
) -> (Vec<CellFault>, FlipMapReport) {
    let (mut of_others, mut of_none) = (0, 0);
    let fault = |(&cell, &entry): (&u64, &Entry)| {
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
    let mut faults: Vec<CellFault> = map.entries.iter().map(fault).collect();
    faults.retain(|fault| !fault.flip.is_none());
    let report = FlipMapReport {
        file: map.input.name.clone(),
        voltage: map.voltage,
        faulty_cells: faults.len() as u64,
        directions_from_other_maps: of_others,
        directions_unknown: of_none,
        recovered_cells: 0,
        doubts: map.doubts,
    };
    (faults, report)
}
