//! Hex dumps: the content of a memory, written with all ones (or zeros) at a safe voltage and read back at lower ones.
//!
//! A folder holds one dump a voltage, or several reads of one, each all banks one after the other, word by word. The name
//! says the voltage, as in `chip-0.53.bin` or `chip_run2_530mV.hex`.
//!
//! The text of a dump is read by a strict rule: **one token is one word of the declared width**, all its hex digits, most
//! significant first. Beside words there may be addresses (`ADDR:`, `@ADDR`, or a first column that counts up), which must
//! agree with the words, comments, and `_` and `0x` as for `$readmemh`. Two forms are not of this rule: digits of words
//! without anything between, as a single row of digits or rows of more than 1,024 (so come the block-RAM dumps of Salami
//! et al., MICRO 2018), or with [`HexOptions::packed`]; and bytes in the order of their addresses, with
//! [`HexOptions::byte_order`]. Whatever could be read in two ways is refused.
//!
//! A bit that differs from the one written is a fault. If it was read once, it counts as failing always; of several reads,
//! the share in which it differed is its flip probability.

mod address;
mod advice;
mod agreement;
mod alike;
mod characters;
mod copies;
mod doubts;
mod dump;
mod duplicates;
mod faults;
mod foreign;
mod halves;
mod lines;
mod narrow;
mod octal;
mod proof;
mod reading;
mod reads;
mod report;
mod stray;
mod sums;
mod survey;
mod token;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use copies::Blocks;
pub use duplicates::{Duplication, Repeats};
pub use report::{DumpReport, HexReport};

use self::doubts::Copies;
use self::dump::Dump;
use super::floorplan::read_floorplan;
use super::folder::{self, DumpFile, Found};
use super::plausible::{self, Evidence};
use super::{Doubt, DoubtKind};
use super::{ImportError, ImportErrorKind, Place, file_name};
use crate::fault::{CellFault, FlipProbability};
use crate::geometry::Geometry;
use crate::profile::{Content, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// How to read a folder of dumps.
#[derive(Clone, Debug)]
pub struct HexOptions {
    /// The chip's name; that of the folder if `None`.
    pub name: Option<String>,
    /// Words of a bank.
    pub rows: u32,
    /// Bits of a word, at most [`MAX_WORD_BITS`].
    pub word_bits: u32,
    /// If tokens are bytes by ascending address: how words are put together from them.
    pub byte_order: Option<ByteOrder>,
    /// Hex digits of each word, if more than its bits need: the bits above them are zeros of the text. If `None`, as many as its bits
    /// need, or those of a machine word, if they cannot be several words.
    pub digits: Option<u32>,
    /// Whether the digits of words stand without anything between, over lines.
    pub packed: bool,
    /// What the first column is; found out if `None`.
    pub first_column: Option<FirstColumn>,
    /// Voltages in V of files by their names, where the name does not say them.
    pub voltages: Vec<(String, Voltage)>,
    /// The bit that was written everywhere.
    pub written: bool,
    /// What to do if each cell turns out to be dumped several times. If `None`, once if that is beyond doubt, else it is refused.
    pub count: Option<CountCells>,
    /// The floorplan: a CSV file with the columns bram (or bank), x, y. If `None`, `floorplan.csv` in the folder is
    /// taken if it is there.
    pub floorplan: Option<PathBuf>,
    /// Vmin in V, if it is known. A dump without faults shows it, too.
    pub vmin: Option<Voltage>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// The widest word of a dump, in bits.
pub const MAX_WORD_BITS: u32 = 128;

/// Which byte of a word comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The most significant one.
    Big,
    /// The least significant one.
    Little,
}

/// What the first token of each line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstColumn {
    /// An address.
    Address,
    /// A word as the others.
    Word,
}

impl Default for HexOptions {
    /// Block RAMs of 1024 words of 16 bits, written with ones.
    fn default() -> Self {
        Self {
            name: None,
            rows: 1024,
            word_bits: 16,
            byte_order: None,
            digits: None,
            packed: false,
            first_column: None,
            voltages: Vec::new(),
            written: true,
            count: None,
            floorplan: None,
            vmin: None,
            anyway: false,
        }
    }
}

/// How often to count a cell that is dumped several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountCells {
    /// Once: the profile has the cells that there are.
    Once,
    /// As the dump has it.
    AsPublished,
}

/// The dumps of one voltage.
struct Level {
    voltage: Voltage,
    /// Reads of the same cells, at least one.
    dumps: Vec<Dump>,
}

/// Imports a folder of dumps.
///
/// # Errors
/// [`ImportError`] if there are no dumps, a name does not tell one voltage, a dump can be read in no way or in two, sizes do
/// not fit, or what was read is not plausible.
pub fn import_hex(folder: &Path, options: &HexOptions) -> Result<(ProfileDraft, HexReport), ImportError> {
    check_options(folder, options)?;
    let Found { files, ignored, notes } = folder::find(folder, &options.voltages)?;
    let dumps = read_levels(&files, options)?;
    let banks = dumps[0].dumps[0].words / u64::from(options.rows);
    let seen = doubts::faults(&dumps, options);
    let copies = Copies::find(&seen);
    if options.count == Some(CountCells::Once) && copies.repeats.is_none() && copies.blocks.is_none() {
        let found = "no cells that are to be seen to stand several times";
        let expected = "some to count once: leave --count away, or dump each cell once";
        return Err(ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected));
    }
    let duplication = copies.repeats.map(Duplication::Bits).or(copies.blocks.map(Duplication::Words));
    let once = copies.counted_once(options);
    let columns = once.map_or(options.word_bits, |found| found.period_bits);
    let whole = |_| {
        let found = format!("{banks} banks of {} words", options.rows);
        let expected = "a chip of at most 2^40 cells and 2^20 banks (--rows: words of a bank)";
        ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected)
    };
    let geometry = Geometry::new(banks, options.rows.into(), columns.into()).map_err(whole)?;
    let plan = match floorplan_of(folder, options) {
        Some(path) => Some(read_floorplan(&path, geometry)?),
        None => None,
    };
    let (floorplan, plan_file) = plan.unzip();

    let faults = |level: &Level| (level.voltage, faults(level, columns, options.written));
    let levels: Vec<(Voltage, Vec<CellFault>)> = dumps.iter().map(faults).collect();
    let unit = VoltageUnit::Volt;
    let evidence = Evidence::Bits { written: options.written };
    let mut doubts = doubts::doubts(&dumps, &seen, options, copies);
    doubts.extend(doubts::of_names(&dumps, options, folder::of_two_things(&files)));
    doubts.extend(plausible::doubts(geometry, unit, &levels, evidence));
    let doubts = plausible::check(folder, doubts, options.anyway)?;
    let report = HexReport::new(&dumps, &levels, duplication, once.is_some(), ignored);
    let mut provenance = Provenance::new(format!("hex dumps in folder {}", folder_name(folder)));
    provenance.notes = report.notes(options.written);
    provenance.notes.extend(notes);
    provenance.notes.extend(doubts);
    let inputs = dumps.into_iter().flat_map(|level| level.dumps).map(|dump| dump.input);
    provenance.inputs = inputs.chain(plan_file).collect();
    let draft = ProfileDraft {
        name: options.name.clone().unwrap_or_else(|| folder_name(folder)),
        unit,
        geometry,
        floorplan,
        vmin: options.vmin.or(report.clean_voltage()),
        content: Content::Measured(levels),
        measured: None,
        provenance,
    };
    Ok((draft, report))
}

/// Reads all dumps, which must be of the same cells.
fn read_levels(files: &[DumpFile], options: &HexOptions) -> Result<Vec<Level>, ImportError> {
    let mut levels: Vec<Level> = Vec::new();
    for file in files {
        let dump = Dump::read(&file.path, options)?;
        if let Some(first) = levels.first().map(|level| &level.dumps[0]) {
            let wrong = |found: String, expected: String| {
                let expected = format!("{expected} as in {}", first.input.name);
                Err(ImportError::content(ImportErrorKind::Files, &file.path, Place::File, found, expected))
            };
            if dump.words != first.words {
                return wrong(format!("{} words", dump.words), format!("{} words", first.words));
            }
            if let (Some(base), Some(expected)) = (dump.base, first.base)
                && base != expected
            {
                return wrong(format!("addresses from {base:#x} on"), format!("from {expected:#x} on"));
            }
        }
        match levels.last_mut().filter(|level| level.voltage == file.voltage) {
            Some(level) => level.dumps.push(dump),
            None => levels.push(Level { voltage: file.voltage, dumps: vec![dump] }),
        }
    }
    Ok(levels)
}

/// The folder's own name, even if it was given as `.`.
fn folder_name(folder: &Path) -> String {
    folder.canonicalize().map_or_else(|_| file_name(folder), |path| file_name(&path))
}

fn check_options(folder: &Path, options: &HexOptions) -> Result<(), ImportError> {
    let wrong = |found: String, expected: &str| {
        Err(ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected))
    };
    let HexOptions { word_bits, byte_order, digits, packed, .. } = *options;
    if word_bits == 0 || word_bits > MAX_WORD_BITS {
        return wrong(format!("words of {word_bits} bits"), "1 to 128");
    }
    if byte_order.is_some() && !word_bits.is_multiple_of(8) {
        return wrong(
            format!("bytes for words of {word_bits} bits"),
            "words of whole bytes, such as 16 or 32 bits",
        );
    }
    if byte_order.is_some() && packed {
        return wrong("a byte order for packed digits".to_owned(), "either");
    }
    if let Some(digits) = digits {
        if byte_order.is_some() {
            return wrong("digits of a word for bytes".to_owned(), "--digits or --byte-order");
        }
        let (least, most) = (word_bits.div_ceil(4), MAX_WORD_BITS / 4);
        if !(least..=most).contains(&digits) {
            let expected = format!("{least} to {most} for words of {word_bits} bits (--digits)");
            return wrong(format!("words of {digits} digits"), &expected);
        }
    }
    if options.rows == 0 {
        return wrong("banks of 0 rows".to_owned(), "at least 1");
    }
    Ok(())
}

/// The faults of a voltage, bits from `columns` on left out. Of several reads, a cell's share of those in which it differs is
/// its flip probability.
fn faults(level: &Level, columns: u32, written: bool) -> Vec<CellFault> {
    let reads = level.dumps.len() as f64;
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for (word, bits) in level.dumps.iter().flat_map(|dump| &dump.faulty_words) {
        for column in (0..columns).filter(|column| bits >> column & 1 == 1) {
            *counts.entry(word * u64::from(columns) + u64::from(column)).or_default() += 1;
        }
    }
    let flip = |count: u32| {
        let p = (f64::from(count) / reads) as f32;
        let flip = if written { FlipProbability::new(0.0, p) } else { FlipProbability::new(p, 0.0) };
        flip.unwrap_or(FlipProbability::NONE)
    };
    counts.into_iter().map(|(cell, count)| CellFault { cell, flip: flip(count) }).collect()
}

/// The floorplan's file: as it was given, or that in the folder.
fn floorplan_of(folder: &Path, options: &HexOptions) -> Option<PathBuf> {
    let beside = folder.join(folder::FLOORPLAN);
    options.floorplan.clone().or_else(|| beside.is_file().then_some(beside))
}
