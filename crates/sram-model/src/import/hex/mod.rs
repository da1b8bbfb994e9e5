//! Dumps: the content of a memory, written with a pattern at a safe voltage and read back at lower ones.
//!
//! A folder holds one dump a voltage, or several reads of one, each all banks one after the other, word by word. The name
//! says the voltage, as in `chip-0.53.bin` or `chip_run2_530mV.hex`.
//!
//! A dump is text of hex or binary digits, Intel HEX, S-records, or raw bytes ([`HexOptions::raw`]). Text of words is read by a strict rule: **one token is one word of the declared width**, all its digits, most
//! significant first. Beside words there may be addresses (`ADDR:`, `@ADDR`, or a first column that counts up), which must
//! agree with the words, comments, and `_` and `0x` as for `$readmemh`. Two forms are not of this rule: digits of words
//! without anything between, as a single row of digits or rows of more than 1,024 (so come the block-RAM dumps of Salami
//! et al., MICRO 2018), or with [`HexOptions::packed`]; and bytes in the order of their addresses, with
//! [`HexOptions::byte_order`]. Whatever could be read in two ways is refused.
//!
//! A bit that differs from the one written ([`Written`]) is a fault. If it was read once, it counts as failing always; of several
//! reads after the same bit was written, the share in which it differed is its flip probability in that direction. A direction that
//! no pattern tested is taken as good, and the provenance says so.

mod address;
mod advice;
mod agreement;
mod alike;
mod characters;
mod clean;
mod collector;
mod copied;
mod copies;
mod doubts;
mod dump;
mod duplicates;
mod faults;
mod foreign;
mod golden;
mod halves;
mod kind;
mod level;
mod lines;
mod narrow;
mod octal;
mod options;
mod powerup;
mod proof;
mod reading;
mod reads;
mod report;
mod steady;
mod stray;
mod sums;
mod survey;
mod tested;
mod token;

use std::path::Path;

pub use super::written::{Pattern, Written};
pub use copies::Blocks;
pub use duplicates::{Duplication, Repeats};
pub use options::{ByteOrder, CountCells, FirstColumn, HexOptions, MAX_WORD_BITS, Radix};
pub use powerup::{PowerupCondition, PowerupReport, import_powerup};
pub use report::{DumpReport, HexReport, SeriesReport};
pub use steady::{DifferentRead, ReadsAlike};

use self::clean::Stored;
use self::doubts::Copies;
use self::dump::Dump;
use self::level::{Level, faults, read_levels};
use super::floorplan::read_floorplan;
use super::folder::{self, Found};
use super::plausible::{self, Evidence};
use super::{Doubt, DoubtKind};
use super::{ImportError, ImportErrorKind, Place, file_name};
use crate::fault::CellFault;
use crate::geometry::{Floorplan, Geometry};
use crate::profile::{Content, InputFile, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// Imports a folder of dumps.
///
/// # Errors
/// [`ImportError`] if there are no dumps, a name does not tell one voltage, a dump can be read in no way or in two, sizes do
/// not fit, or what was read is not plausible.
pub fn import_hex(folder: &Path, options: &HexOptions) -> Result<(ProfileDraft, HexReport), ImportError> {
    options.check(folder)?;
    let found = found_in(folder, options)?;
    let stored = |pattern: &Pattern| golden::stored(pattern, options);
    let stored: Vec<Stored> = found.patterns.iter().map(stored).collect::<Result<_, _>>()?;
    let dumps = read_levels(folder, &found, &stored, options)?;
    let seen = doubts::faults(&dumps, options);
    let copies = Copies::find(&seen);
    check_count(folder, options, &copies)?;
    let duplication = copies.repeats.map(Duplication::Bits).or(copies.blocks.map(Duplication::Words));
    let once = copies.counted_once(options);
    let columns = once.map_or(options.word_bits, |found| found.period_bits);
    let geometry = geometry_of(folder, options, dumps[0].dumps[0].words, columns)?;
    let plan = floorplan_of(folder, options, geometry)?;
    let (floorplan, plan_file) = plan.unzip();

    let levels: Vec<(Voltage, Vec<CellFault>)> =
        dumps.iter().map(|level| (level.voltage, faults(&level.dumps, columns))).collect();
    let mut doubts = doubts::doubts(&dumps, &seen, options, copies);
    doubts.extend(doubts::of_names(&dumps, options, folder::of_two_things(&found.files)));
    let (copied, same_files) = copied::find(&dumps);
    doubts.extend(copied);
    doubts.extend(tested::doubt(&dumps, columns, options.rows));
    doubts.extend(implausible(geometry, &dumps, &found.patterns, &levels));
    let doubts = plausible::check(folder, doubts, options.anyway)?;
    let Found { files: _, patterns, ignored, notes, manifest } = found;
    let names: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    let report = HexReport {
        dumps: report::dumps(&dumps, &patterns, &levels),
        series: report::series(&dumps, &patterns, columns),
        tested: tested::notes(&dumps, columns, options.rows, &names),
        same_files,
        duplication,
        counted_once: once.is_some(),
        ignored,
    };
    let mut provenance =
        Provenance::new(format!("{} dumps in folder {}", report::kinds(&dumps), folder_name(folder)));
    provenance.notes = report.notes();
    provenance.notes.extend(notes);
    provenance.notes.extend(doubts);
    let inputs = dumps.into_iter().flat_map(|level| level.dumps).map(|dump| dump.input);
    let written = stored.into_iter().filter_map(|stored| stored.input);
    provenance.inputs = inputs.chain(written).chain(manifest).chain(plan_file).collect();
    let draft = ProfileDraft {
        name: options.name.clone().unwrap_or_else(|| folder_name(folder)),
        unit: VoltageUnit::Volt,
        geometry,
        floorplan,
        vmin: options.vmin.or(report.clean_voltage()),
        content: Content::Measured(levels),
        measured: None,
        provenance,
    };
    Ok((draft, report))
}

/// The dumps of a folder that are to be read.
fn found_in(folder: &Path, options: &HexOptions) -> Result<Found, ImportError> {
    let mut found = match &options.manifest {
        Some(manifest) => folder::listed(folder, manifest, &options.written)?,
        None => folder::find(folder, &options.voltages, &options.written)?,
    };
    if options.drop_first {
        found.drop_first()?;
    }
    Ok(found)
}

/// The chip that has so many words, of which these columns are counted.
fn geometry_of(
    folder: &Path,
    options: &HexOptions,
    words: u64,
    columns: u32,
) -> Result<Geometry, ImportError> {
    let banks = words / u64::from(options.rows);
    Geometry::new(banks, options.rows.into(), columns.into()).map_err(|_| {
        let found = format!("{banks} banks of {} words", options.rows);
        let expected = "a chip of at most 2^40 cells and 2^20 banks (--rows: words of a bank)";
        ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected)
    })
}

/// Refuses to count once what stands there once.
fn check_count(folder: &Path, options: &HexOptions, copies: &Copies) -> Result<(), ImportError> {
    if options.count == Some(CountCells::Once) && copies.repeats.is_none() && copies.blocks.is_none() {
        let found = "no cells that are to be seen to stand several times";
        let expected = "some to count once: leave --count away, or dump each cell once";
        return Err(ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected));
    }
    Ok(())
}

/// What speaks against the faults: of each pattern for itself, as each shows others.
fn implausible(
    geometry: Geometry,
    dumps: &[Level],
    patterns: &[Pattern],
    levels: &[(Voltage, Vec<CellFault>)],
) -> Vec<Doubt> {
    let doubts = |levels: &[(Voltage, Vec<CellFault>)], pattern: &Pattern| {
        plausible::doubts(geometry, VoltageUnit::Volt, levels, Evidence::Bits(pattern.stripes()))
    };
    if let [pattern] = patterns {
        return doubts(levels, pattern);
    }
    let of_pattern = |(number, pattern): (usize, &Pattern)| {
        let dumps = dumps.iter().map(|level| (level.voltage, level.of_pattern(number)));
        let levels: Vec<_> = dumps
            .filter(|(_, dumps)| !dumps.is_empty())
            .map(|(voltage, dumps)| (voltage, faults(dumps, geometry.columns())))
            .collect();
        let about = format!("written with {pattern}, ");
        doubts(&levels, pattern).into_iter().map(move |doubt| doubt.about(&about)).collect::<Vec<_>>()
    };
    patterns.iter().enumerate().flat_map(of_pattern).collect()
}

/// The folder's own name, even if it was given as `.`.
fn folder_name(folder: &Path) -> String {
    folder.canonicalize().map_or_else(|_| file_name(folder), |path| file_name(&path))
}

/// The floorplan, if there is one: as it was given, or that in the folder.
fn floorplan_of(
    folder: &Path,
    options: &HexOptions,
    geometry: Geometry,
) -> Result<Option<(Floorplan, InputFile)>, ImportError> {
    let beside = folder.join(folder::FLOORPLAN);
    let path = options.floorplan.clone().or_else(|| beside.is_file().then_some(beside));
    path.map(|path| read_floorplan(&path, geometry)).transpose()
}
