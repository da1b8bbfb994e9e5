//! Hex dumps: the content of a memory, written with all ones (or zeros) at a safe voltage and read back at lower ones.
//!
//! A folder holds one dump a voltage, named `ANYTHING-0.53.bin` (or `.hex`, `.txt`, `.dump`; the number at the end of
//! the name is the voltage), each all banks one after the other, word by word, hex digits most significant first, white
//! space ignored. So come, for instance, the block-RAM dumps of Salami et al. (MICRO 2018). A bit that differs from the
//! one written is a fault; it was read once, so it counts as failing always.

mod dump;
mod duplicates;

use std::path::{Path, PathBuf};

pub use duplicates::Duplication;

use self::dump::Dump;
use super::{ImportError, Place, Table, file_name, read};
use crate::fault::{CellFault, FlipProbability, recovered};
use crate::geometry::{Floorplan, Geometry};
use crate::profile::{Content, InputFile, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// How to read a folder of dumps.
#[derive(Clone, Debug)]
pub struct HexOptions {
    /// The chip's name; that of the folder if `None`.
    pub name: Option<String>,
    /// Words of a bank.
    pub rows: u32,
    /// Bits of a word, a multiple of 4, at most 64.
    pub word_bits: u32,
    /// The bit that was written everywhere.
    pub written: bool,
    /// What to do if each cell turns out to be dumped several times.
    pub count: CountCells,
    /// The floorplan: a CSV file with the columns bram (or bank), x, y. If `None`, `floorplan.csv` in the folder is
    /// taken if it is there.
    pub floorplan: Option<PathBuf>,
    /// Vmin, if it is known. A dump without faults shows it, too.
    pub vmin: Option<Voltage>,
}

impl Default for HexOptions {
    /// Block RAMs of 1024 words of 16 bits, written with ones.
    fn default() -> Self {
        Self {
            name: None,
            rows: 1024,
            word_bits: 16,
            written: true,
            count: CountCells::Once,
            floorplan: None,
            vmin: None,
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

/// What an import of dumps found.
#[derive(Clone, Debug)]
pub struct HexReport {
    /// The dumps, highest voltage first.
    pub dumps: Vec<DumpReport>,
    /// Whether words repeat themselves.
    pub duplication: Option<Duplication>,
    /// Whether the profile counts cells once.
    pub counted_once: bool,
}

/// What one dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpReport {
    /// The file's name.
    pub file: String,
    /// Its voltage.
    pub voltage: Voltage,
    /// Faulty bits in the dump, as published.
    pub faulty_bits: u64,
    /// Faulty cells in the profile.
    pub faulty_cells: u64,
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
}

/// Imports a folder of dumps.
///
/// # Errors
/// [`ImportError`] if there are no dumps, a name has no voltage or two have the same one, a character is no hex digit,
/// or sizes do not fit.
pub fn import_hex(folder: &Path, options: &HexOptions) -> Result<(ProfileDraft, HexReport), ImportError> {
    check_options(folder, options)?;
    let dumps = dump::read_folder(folder, options)?;
    let banks = dumps[0].words / u64::from(options.rows);
    let duplication = Duplication::find(options.word_bits, dumps.iter().map(|dump| &dump.faulty_words[..]));
    let once = options.count == CountCells::Once;
    let columns = match duplication {
        Some(found) if once => found.period_bits,
        _ => options.word_bits,
    };
    let whole = |_| {
        let found = format!("{banks} banks of {} words", options.rows);
        ImportError::content(folder, Place::File, found, "a chip of at most 2^40 cells")
    };
    let geometry = Geometry::new(banks, options.rows.into(), columns.into()).map_err(whole)?;
    let (floorplan, plan_file) = find_floorplan(folder, options, geometry)?;

    let levels: Vec<(Voltage, Vec<CellFault>)> =
        dumps.iter().map(|dump| (dump.voltage, faults(dump, columns, options.written))).collect();
    let report = HexReport {
        dumps: report_dumps(&dumps, &levels),
        duplication,
        counted_once: once && duplication.is_some(),
    };
    let mut provenance = Provenance::new(format!("hex dumps in folder {}", folder_name(folder)));
    provenance.inputs = dumps.into_iter().map(|dump| dump.input).chain(plan_file).collect();
    provenance.notes = report.notes(options.written);
    // The lowest voltage above which, too, no cell fails.
    let clean = report.dumps.iter().take_while(|dump| dump.faulty_bits == 0).map(|dump| dump.voltage).last();
    let draft = ProfileDraft {
        name: options.name.clone().unwrap_or_else(|| folder_name(folder)),
        unit: VoltageUnit::Volt,
        geometry,
        floorplan,
        vmin: options.vmin.or(clean),
        content: Content::Measured(levels),
        measured: None,
        provenance,
    };
    Ok((draft, report))
}

/// The folder's own name, even if it was given as `.`.
fn folder_name(folder: &Path) -> String {
    folder.canonicalize().map_or_else(|_| file_name(folder), |path| file_name(&path))
}

impl HexReport {
    fn notes(&self, written: bool) -> Vec<String> {
        let mut notes = vec![format!(
            "written with {}s, so only {} failures could be seen; each was read once and counts as certain",
            u8::from(written),
            if written { "1→0" } else { "0→1" },
        )];
        notes.extend(self.duplication.map(|found| {
            format!("{found}; cells are counted {}", if self.counted_once { "once" } else { "as published" })
        }));
        let recovered = self.dumps.iter().filter(|dump| dump.recovered_cells > 0);
        notes.extend(recovered.map(|dump| {
            let next = "cells that fail at the next higher voltage do not fail at";
            format!("{} {next} {} V", dump.recovered_cells, dump.voltage)
        }));
        notes
    }
}

fn check_options(folder: &Path, options: &HexOptions) -> Result<(), ImportError> {
    let wrong =
        |found: String, expected: &str| Err(ImportError::content(folder, Place::File, found, expected));
    if options.word_bits == 0 || options.word_bits > 64 || !options.word_bits.is_multiple_of(4) {
        return wrong(format!("words of {} bits", options.word_bits), "a multiple of 4 from 4 to 64");
    }
    if options.rows == 0 {
        return wrong("banks of 0 rows".to_owned(), "at least 1");
    }
    Ok(())
}

/// The faults of a dump, bits from `columns` on left out.
fn faults(dump: &Dump, columns: u32, written: bool) -> Vec<CellFault> {
    let flip = if written { FlipProbability::ALWAYS_1TO0 } else { FlipProbability::ALWAYS_0TO1 };
    let in_word = |&(word, bits): &(u64, u64)| {
        let failing = (0..columns).filter(move |&column| bits >> column & 1 == 1);
        failing.map(move |column| CellFault { cell: word * u64::from(columns) + u64::from(column), flip })
    };
    dump.faulty_words.iter().flat_map(in_word).collect()
}

fn report_dumps(dumps: &[Dump], levels: &[(Voltage, Vec<CellFault>)]) -> Vec<DumpReport> {
    let recovered_at =
        |index: usize| index.checked_sub(1).map_or(0, |above| recovered(&levels[above].1, &levels[index].1));
    let report = |(index, dump): (usize, &Dump)| DumpReport {
        file: dump.input.name.clone(),
        voltage: dump.voltage,
        faulty_bits: dump.faulty_words.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum(),
        faulty_cells: levels[index].1.len() as u64,
        recovered_cells: recovered_at(index),
    };
    dumps.iter().enumerate().map(report).collect()
}

fn find_floorplan(
    folder: &Path,
    options: &HexOptions,
    geometry: Geometry,
) -> Result<(Option<Floorplan>, Option<InputFile>), ImportError> {
    let beside = folder.join("floorplan.csv");
    let path = match &options.floorplan {
        Some(path) => path,
        None if beside.is_file() => &beside,
        None => return Ok((None, None)),
    };
    let bytes = read(path)?;
    let plan = read_floorplan(path, &bytes, geometry)?;
    Ok((Some(plan), Some(InputFile::new(file_name(path), &bytes))))
}

fn read_floorplan(path: &Path, bytes: &[u8], geometry: Geometry) -> Result<Floorplan, ImportError> {
    let table = Table::new(path, bytes)?;
    let named = |names: &[&str]| table.position(names);
    let (Some(bank), Some(x), Some(y)) = (named(&["bank", "bram"]), named(&["x"]), named(&["y"])) else {
        let found = format!("the columns {}", table.columns().join(","));
        return Err(ImportError::content(path, Place::Line(1), found, "the columns bank (or bram), x, y"));
    };
    let mut sites: Vec<Option<(u32, u32)>> = vec![None; geometry.banks() as usize];
    table.for_each(|row| {
        let number: usize = row.parse(bank, "the number of a bank")?;
        let site = (row.parse(x, "a whole number")?, row.parse(y, "a whole number")?);
        match sites.get_mut(number) {
            Some(slot @ None) => *slot = Some(site),
            Some(Some(_)) => return Err(row.wrong(format!("bank {number} again"), "each bank once")),
            None => {
                return Err(row.wrong(format!("bank {number}"), format!("a bank below {}", geometry.banks())));
            }
        }
        Ok(())
    })?;
    let missing = sites.iter().position(Option::is_none);
    let complete: Option<Vec<_>> = sites.into_iter().collect();
    match complete.map(Floorplan::new) {
        Some(Ok(plan)) => Ok(plan),
        Some(Err(error)) => {
            Err(ImportError::content(path, Place::File, error.to_string(), "one bank a site"))
        }
        None => {
            let found = format!("no site of bank {}", missing.unwrap_or(0));
            Err(ImportError::content(path, Place::File, found, format!("all {} banks", geometry.banks())))
        }
    }
}
