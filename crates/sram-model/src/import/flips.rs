//! Maps of flip probabilities: CSV files with one row a cell that ever failed, one file an operating point.
//!
//! Columns: `row`, `col` (or `column`), optionally `bank`, and either `p_0to1` and `p_1to0`, or `p_flip` alone. So are
//! the digitised maps of the chips of Stutz et al. (MLSys 2021).
//!
//! `p_flip` does not say which way a cell fails. Measured cells fail one way only, so each cell gets one
//! direction: that which another map of the same import shows, else one by [`UnknownDirection`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flip_core::{FaultKind, Purpose, Stream};

use super::{ImportError, Place, Row, Table, TableDoubts, check_profile, file_name, file_stem, read};
use crate::fault::{CellFault, FlipProbability, recovered};
use crate::geometry::{CellAddress, Geometry};
use crate::profile::{Content, InputFile, ProfileDraft, Provenance};
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
    /// Vmin, if it is known.
    pub vmin: Option<Voltage>,
    /// The direction of cells for which no file says it.
    pub unknown: UnknownDirection,
    /// If probabilities are counts: of how many reads.
    pub reads: Option<u32>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// Stands in the notes of a profile some of whose directions were drawn.
pub(crate) const DIRECTIONS_DRAWN: &str = "have directions drawn";

/// The direction of a fault that only has a flip probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownDirection {
    /// Half of the cells read one, half read zero, by a coin of this seed for each cell: the same at every voltage.
    Drawn {
        /// Seed of the coins.
        seed: u64,
    },
    /// All read one.
    ReadsOne,
    /// All read zero.
    ReadsZero,
    /// All invert; the fault rate then counts `p_flip` for both directions.
    Inverts,
}

/// What an import of maps found.
#[derive(Clone, Debug)]
pub struct FlipReport {
    /// The maps, highest voltage first.
    pub maps: Vec<FlipMapReport>,
}

/// What one map holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipMapReport {
    /// The file's name.
    pub file: String,
    /// Its voltage.
    pub voltage: Voltage,
    /// Faulty cells.
    pub faulty_cells: u64,
    /// Those whose direction another map of the import showed.
    pub directions_from_other_maps: u64,
    /// Those whose direction no map showed.
    pub directions_unknown: u64,
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
    /// What may be a mistake.
    pub doubts: TableDoubts,
}

/// What a file says of a cell.
#[derive(Clone, Copy)]
enum Entry {
    Directed(FlipProbability),
    Undirected(f32),
}

impl Entry {
    /// Whether the cell never fails.
    fn is_none(self) -> bool {
        match self {
            Self::Directed(flip) => flip.is_none(),
            Self::Undirected(p) => p == 0.0,
        }
    }
}

struct FlipMap {
    voltage: Voltage,
    input: InputFile,
    entries: BTreeMap<u64, Entry>,
    doubts: TableDoubts,
}

const COINS: Purpose = Purpose::named("sram-model unknown directions");

/// Imports maps of one chip, each a file and its voltage.
///
/// # Errors
/// [`ImportError`] if the size is unknown, a file lacks a column, a cell lies outside or is given twice, or a number
/// makes no sense.
pub fn import_flips(
    files: &[(PathBuf, Voltage)],
    options: &FlipOptions,
) -> Result<(ProfileDraft, FlipReport), ImportError> {
    let no_map = || ImportError::content(Path::new("(no file)"), Place::File, "no map", "at least one map");
    let Some((first, _)) = files.first() else { return Err(no_map()) };
    let mut geometry = options.geometry;
    let mut maps: Vec<FlipMap> = Vec::with_capacity(files.len());
    for (path, voltage) in files {
        let (map, size) = read_map(path, *voltage, geometry, options.reads)?;
        geometry = Some(size);
        maps.push(map);
    }
    let Some(geometry) = geometry else { return Err(no_map()) };
    maps.sort_by_key(|map| std::cmp::Reverse(map.voltage));
    if let Some(pair) = maps.windows(2).find(|pair| pair[0].voltage == pair[1].voltage) {
        let found = format!("{} and {} both at {}", pair[0].input.name, pair[1].input.name, pair[0].voltage);
        return Err(ImportError::content(first, Place::File, found, "one map a voltage"));
    }

    let known = known_directions(&maps);
    let mut levels: Vec<(Voltage, Vec<CellFault>)> = Vec::new();
    let mut reports = Vec::new();
    for map in &maps {
        let mut report = FlipMapReport {
            file: map.input.name.clone(),
            voltage: map.voltage,
            faulty_cells: 0,
            directions_from_other_maps: 0,
            directions_unknown: 0,
            recovered_cells: 0,
            doubts: map.doubts,
        };
        let fault = |(&cell, &entry): (&u64, &Entry)| {
            let flip = match entry {
                Entry::Directed(flip) => flip,
                Entry::Undirected(p) => match known.get(&cell) {
                    Some(&kind) => {
                        report.directions_from_other_maps += 1;
                        of_kind(kind, p)
                    }
                    None => {
                        report.directions_unknown += 1;
                        options.unknown.of(cell, p)
                    }
                },
            };
            CellFault { cell, flip }
        };
        let mut faults: Vec<CellFault> = map.entries.iter().map(fault).collect();
        faults.retain(|fault| !fault.flip.is_none());
        report.faulty_cells = faults.len() as u64;
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

impl FlipReport {
    /// What was decided and found: kept in the profile's provenance.
    fn notes(&self, unknown: UnknownDirection) -> Vec<String> {
        let of_map = |map: &FlipMapReport| {
            let undirected = map.directions_from_other_maps + map.directions_unknown;
            (undirected > 0).then(|| {
                let unknown = match unknown {
                    UnknownDirection::Drawn { seed } => format!("{DIRECTIONS_DRAWN} with seed {seed}"),
                    UnknownDirection::ReadsOne => "are taken to fail from 0 to 1".to_owned(),
                    UnknownDirection::ReadsZero => "are taken to fail from 1 to 0".to_owned(),
                    UnknownDirection::Inverts => "are taken to fail both ways".to_owned(),
                };
                format!(
                    "{}: {undirected} cells without direction; {} have that of another voltage, {} {unknown}",
                    map.file, map.directions_from_other_maps, map.directions_unknown,
                )
            })
        };
        let recovered = self.maps.iter().filter(|map| map.recovered_cells > 0).map(|map| {
            let next = "cells that fail at the next higher voltage do not fail at";
            format!("{} {next} {}", map.recovered_cells, map.voltage)
        });
        self.maps.iter().filter_map(of_map).chain(recovered).chain(self.doubts()).collect()
    }

    /// What of the maps may be a mistake, in words.
    pub fn doubts(&self) -> Vec<String> {
        self.maps.iter().flat_map(|map| map.doubts.notes(&map.file)).collect()
    }
}

impl UnknownDirection {
    fn of(self, cell: u64, p: f32) -> FlipProbability {
        let kind = match self {
            Self::Drawn { seed } if Stream::new(seed, COINS, cell).next_u64() >> 63 == 1 => {
                FaultKind::ReadsOne
            }
            Self::Drawn { .. } | Self::ReadsZero => FaultKind::ReadsZero,
            Self::ReadsOne => FaultKind::ReadsOne,
            Self::Inverts => FaultKind::Inverts,
        };
        of_kind(kind, p)
    }
}

/// A fault of this kind; `p` was checked when it was read.
fn of_kind(kind: FaultKind, p: f32) -> FlipProbability {
    FlipProbability::of_kind(kind, p).unwrap_or(FlipProbability::NONE)
}

/// For each cell with a direction in some map: how it fails. The lowest voltage, which shows it best, decides.
fn known_directions(maps: &[FlipMap]) -> BTreeMap<u64, FaultKind> {
    let directed = |(&cell, entry): (&u64, &Entry)| match entry {
        Entry::Directed(flip) => Some((cell, flip.kind()?)),
        Entry::Undirected(_) => None,
    };
    maps.iter().flat_map(|map| &map.entries).filter_map(directed).collect()
}

const HEADER: &str = "row,col,p_flip, or row,col,p_0to1,p_1to0";

fn read_map(
    path: &Path,
    voltage: Voltage,
    geometry: Option<Geometry>,
    reads: Option<u32>,
) -> Result<(FlipMap, Geometry), ImportError> {
    let bytes = read(path)?;
    // Whether there is such a file goes before what its name says.
    let geometry = geometry.map_or_else(|| geometry_of(path), Ok)?;
    let table = Table::new(path, &bytes, HEADER)?;
    let columns = Columns::find(&table)?;
    let mut entries = BTreeMap::new();
    let mut doubts = TableDoubts { never_failing: 0, open_line: table.open_line() };
    table.for_each(|row| {
        let at = CellAddress {
            bank: columns.bank.map_or(Ok(0), |bank| row.whole(bank))?,
            row: row.whole(columns.row)?,
            column: row.whole(columns.column)?,
        };
        let place = format!("bank {} row {} column {}", at.bank, at.row, at.column);
        let Some(cell) = geometry.cell(at) else {
            return Err(row.wrong(place, format!("a cell of a chip of {geometry} (banks x rows x columns)")));
        };
        let entry = columns.entry(row, reads)?;
        doubts.never_failing += u64::from(entry.is_none());
        match entries.insert(cell, entry) {
            Some(_) => Err(row.wrong(format!("{place} again"), "each cell once")),
            None => Ok(()),
        }
    })?;
    Ok((FlipMap { voltage, input: InputFile::new(file_name(path), &bytes), entries, doubts }, geometry))
}

/// Where the columns of a map stand.
struct Columns {
    bank: Option<usize>,
    row: usize,
    column: usize,
    flips: Flips,
}

enum Flips {
    Directed { p01: usize, p10: usize },
    Undirected(usize),
}

impl Columns {
    fn find(table: &Table<'_>) -> Result<Self, ImportError> {
        let at = |names: &[&str]| table.position(names);
        let directed = at(&["p_0to1"])?.zip(at(&["p_1to0"])?).map(|(p01, p10)| Flips::Directed { p01, p10 });
        let flips = directed.or(at(&["p_flip"])?.map(Flips::Undirected));
        let (Some(row), Some(column), Some(flips)) = (at(&["row"])?, at(&["col", "column"])?, flips) else {
            return Err(table.wrong_columns(HEADER));
        };
        let bank = at(&["bank"])?;
        let read = match flips {
            Flips::Directed { p01, p10 } => [p01, p10],
            Flips::Undirected(p_flip) => [p_flip; 2],
        };
        let read: Vec<usize> = bank.into_iter().chain([row, column]).chain(read).collect();
        table.only(&read, &format!("{HEADER}, with bank where there are several"))?;
        Ok(Self { bank, row, column, flips })
    }

    fn entry(&self, row: Row<'_>, reads: Option<u32>) -> Result<Entry, ImportError> {
        Ok(match self.flips {
            Flips::Directed { p01, p10 } => {
                let (p01, p10) = (row.probability(p01, reads)?, row.probability(p10, reads)?);
                Entry::Directed(FlipProbability::new(p01, p10).unwrap_or(FlipProbability::NONE))
            }
            Flips::Undirected(p_flip) => Entry::Undirected(row.probability(p_flip, reads)?),
        })
    }
}

/// The last ROWSxCOLUMNS in a file's name, as one bank.
fn geometry_of(path: &Path) -> Result<Geometry, ImportError> {
    let name = file_stem(path);
    let size = |part: &str| {
        let (rows, columns) = part.split_once('x')?;
        Geometry::new(1, rows.parse().ok()?, columns.parse().ok()?).ok()
    };
    name.split(['_', '-', '.', ' ']).rev().find_map(size).ok_or_else(|| {
        let found = format!("no size in the name `{name}`");
        ImportError::content(
            path,
            Place::File,
            found,
            "a name like chip1_64x128.csv, or a geometry given with it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_from_the_name() {
        let size = |name: &str| geometry_of(Path::new(name)).ok().map(|g| g.to_string());
        assert_eq!(size("chip1_64x128_lowV.csv").as_deref(), Some("1x64x128"));
        assert_eq!(size("a/256x128.csv").as_deref(), Some("1x256x128"));
        assert_eq!(size("chip1.csv"), None);
        assert_eq!(size("0x128.csv"), None);
    }

    #[test]
    fn a_drawn_direction_depends_on_the_cell_alone_and_is_fair() {
        let drawn = UnknownDirection::Drawn { seed: 3 };
        let ones = (0..10_000).filter(|&cell| drawn.of(cell, 0.5).p01() > 0.0).count();
        assert!((4_700..5_300).contains(&ones));
        assert!((0..100).all(|cell| drawn.of(cell, 0.1).kind() == drawn.of(cell, 0.9).kind()));
    }
}
