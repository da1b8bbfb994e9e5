//! Fail logs of memory testers: tables with a row a fail, in one of several forms.
//!
//! | columns | a row is |
//! |---|---|
//! | address (or bank and row), expected, actual | a word as it was written and as it was read; bits that differ are faults |
//! | bank, row, column (or address and bit), polarity | a cell that is stuck |
//! | the same, fails and polarity, or `fails_read0` and `fails_read1`, with reads | how many reads of a cell failed |
//! | the same, `p_0to1` and `p_1to0` | flip probabilities, on one line a cell or on one a direction |
//!
//! [`column_names`] lists what columns may be called. What could be read in two ways is refused, and so is what would be lost.
//! A cell that fails in the same direction under several words or named patterns fails once.
//! What a log of fails cannot say is noted: cells that no row lists are taken as good.

mod cells;
mod columns;
mod error;
mod file;
mod finish;
mod form;
mod head;
mod hint;
mod number;
mod report;
mod rows;
mod scramble;
mod survey;
mod tally;
mod voltage;
mod words;

use std::path::{Path, PathBuf};

pub use self::cells::AddressUnit;
pub use self::columns::column_names;
pub use self::error::LogOptionError;
use self::file::Logs;
use self::head::{Head, Source};
pub(crate) use self::hint::{command, refuse_log};
pub use self::number::Radix;
pub use self::report::{LogFileReport, LogLevelReport, LogReport};
pub use self::scramble::Scramble;
use super::{ImportError, ImportErrorKind, Place, check_profile, file_name, file_stem};
use crate::fault::{CellFault, Direction, recovered};
use crate::geometry::Geometry;
use crate::profile::{Content, InputFile, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// How to read logs.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// The chip's name; that of a line `# name: …`, or of the first file, if `None`.
    pub name: Option<String>,
    /// The chip's size. If `None`, that of a line `# geometry: …`, or the last part ROWSxCOLUMNS of the first file's name, one
    /// bank.
    pub geometry: Option<Geometry>,
    /// The unit of voltages. If `None`, that of a line `# unit: …`, or volts.
    pub unit: Option<VoltageUnit>,
    /// Vmin, if it is known.
    pub vmin: Option<Voltage>,
    /// The names of columns of files without a header; `-` for one that is passed over.
    pub columns: Option<Vec<String>>,
    /// Columns to pass over.
    pub ignore: Vec<String>,
    /// The base of words, if they do not show it.
    pub radix: Option<Radix>,
    /// The base of addresses, if they do not show it.
    pub address_radix: Option<Radix>,
    /// Bits of a word; those of a row if `None`.
    pub word_bits: Option<u32>,
    /// Whether the words of a row are interleaved: first bit 0 of all words, then bit 1, and so on.
    pub interleave: bool,
    /// Which physical word an address means.
    pub scramble: Scramble,
    /// What addresses count.
    pub address_unit: AddressUnit,
    /// How often each cell was read, if more than once.
    pub reads: Option<u32>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// Imports logs of one chip, each a file with its voltage if its rows have none.
///
/// # Errors
/// [`ImportError`], with the line, if a log is in no form that is known or in two, the chip's size or a voltage or the number of reads
/// is unknown, a cell lies outside, a fail is told twice, or a value makes no sense or could be read in two ways.
pub fn import_log(
    files: &[(PathBuf, Option<Voltage>)],
    options: &LogOptions,
) -> Result<(ProfileDraft, LogReport), ImportError> {
    let Some((first, _)) = files.first() else {
        let path = Path::new("(no file)");
        return Err(ImportError::content(
            ImportErrorKind::Files,
            path,
            Place::File,
            "no log",
            "at least one log",
        ));
    };
    let sources: Vec<Source<'_>> = files.iter().map(Source::read).collect::<Result<_, _>>()?;
    let mut head = Head::new(options);
    let listed: Vec<Vec<Voltage>> =
        sources.iter().map(|source| head.add(source, options)).collect::<Result<_, _>>()?;
    let geometry = head.geometry(first)?;
    let mut logs = Logs::new(first, geometry, head.unit, options)?;
    for (source, listed) in sources.iter().zip(&listed) {
        logs.read(source, listed)?;
    }
    let (levels, mut report) = logs.finish()?;
    report.levels = level_reports(&levels);
    let mut provenance = Provenance::new("fail log of a memory tester");
    provenance.notes = report.notes();
    provenance.inputs =
        sources.iter().map(|source| InputFile::new(file_name(source.path), &source.bytes)).collect();
    let mut draft = ProfileDraft {
        name: head.name.unwrap_or_else(|| file_stem(first)),
        unit: head.unit.unwrap_or(VoltageUnit::Volt),
        geometry,
        floorplan: head.floorplan,
        vmin: head.vmin,
        measured: None,
        content: Content::Measured(levels),
        provenance,
    };
    check_profile(first, &mut draft, options.anyway)?;
    Ok((draft, report))
}

fn level_reports(levels: &[(Voltage, Vec<CellFault>)]) -> Vec<LogLevelReport> {
    let above = std::iter::once(&[][..]).chain(levels.iter().map(|(_, faults)| &faults[..]));
    let report = |((voltage, faults), above): (&(Voltage, Vec<CellFault>), &[CellFault])| LogLevelReport {
        voltage: *voltage,
        faulty_cells: faults.len() as u64,
        directions: Direction::ALL
            .map(|direction| faults.iter().filter(|fault| fault.flip.p(direction) > 0.0).count() as u64),
        recovered_cells: recovered(above, faults),
    };
    levels.iter().zip(above).map(report).collect()
}
