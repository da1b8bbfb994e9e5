//! Power-up states: dumps of a memory in which nothing was written after its supply came up.
//!
//! Each cell comes up as 1 with a probability of its own, and most do so always or never. In the terms of this program such a cell
//! reads as 1 with probability q whatever is stored: `p_0to1` = q and `p_1to0` = 1 − q. So every cell is a fault, the fault rate is 1,
//! and nothing of what speaks against faults applies.

mod condition;
mod written;

use std::path::Path;

pub use self::condition::PowerupCondition;
use self::condition::Reads;
use super::super::folder::{DumpFile, Ignored};
use super::super::plausible;
use super::super::{Doubt, DoubtKind, ImportError, ImportErrorKind, Place};
use super::clean::Stored;
use super::dump::Dump;
use super::level::check_alike;
use super::{HexOptions, Written, copied, floorplan_of, folder_name, found_in, geometry_of};
use crate::fault::CellFault;
use crate::geometry::Geometry;
use crate::profile::{Content, InputFile, ProfileDraft, Provenance};
use crate::voltage::{Voltage, VoltageUnit};

/// What an import of power-up states found.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerupReport {
    /// Each supply voltage, highest first.
    pub conditions: Vec<PowerupCondition>,
    /// How dumps were read, each with the first file that was.
    pub readings: Vec<(String, String)>,
    /// Files of the folder that were not read.
    pub ignored: Vec<Ignored>,
}

/// Reads of two memories have this share of the distance that chance gives, or more.
const OTHER: f64 = 0.7;
/// With a smaller share of ones, or of zeros, a memory was hardly left alone.
const LEAST_SHARE: f64 = 0.05;
/// Of so many cells some come up otherwise at each read.
const NOISY_CELLS: u64 = 1024;

/// Imports a folder of dumps of power-up states, several reads of one supply voltage or more. Of the options, what was written, how
/// often cells are counted and Vmin mean nothing here.
///
/// # Errors
/// [`ImportError`] as [`import_hex`](super::import_hex) has, but for what is asked of faults: instead, reads of one voltage have to be
/// alike, and neither ones nor zeros may be rare.
pub fn import_powerup(
    folder: &Path,
    options: &HexOptions,
) -> Result<(ProfileDraft, PowerupReport), ImportError> {
    options.check(folder)?;
    refuse_options(folder, options)?;
    let found = found_in(folder, options)?;
    let mut taken = Taken::default();
    for file in &found.files {
        taken.add(file, options)?;
    }
    let geometry =
        geometry_of(folder, options, taken.first.as_ref().map_or(0, |dump| dump.words), options.word_bits)?;
    let plan = floorplan_of(folder, options, geometry)?;
    let (floorplan, plan_file) = plan.unzip();
    let mut levels: Vec<(Voltage, Vec<CellFault>)> = Vec::new();
    let (mut conditions, mut doubts) = (Vec::new(), Vec::new());
    let mut first: Option<Vec<bool>> = None;
    for (voltage, reads) in taken.conditions {
        let counts = reads.counts(geometry.cells());
        let condition = PowerupCondition::of(voltage, &reads, &counts, first.as_deref());
        let likely = reads.likely(&counts);
        let base = taken.first.as_ref().and_then(|dump| dump.base);
        doubts.extend(
            doubt(&condition, &reads, &counts).or_else(|| written::doubt(voltage, &likely, base, options)),
        );
        first.get_or_insert(likely);
        levels.push((voltage, reads.faults(&counts)));
        conditions.push(condition);
    }
    doubts.extend(copied_doubt(&taken.inputs, geometry));
    let doubts = plausible::check(folder, doubts, options.anyway)?;
    let report = PowerupReport { conditions, readings: taken.readings, ignored: found.ignored };
    let kinds = taken.kinds.join(" and ");
    let mut provenance =
        Provenance::new(format!("power-up states, {kinds} dumps in folder {}", folder_name(folder)));
    provenance.notes = report.notes();
    provenance.notes.extend(found.notes);
    provenance.notes.extend(doubts);
    provenance.inputs = taken.inputs.into_iter().chain(found.manifest).chain(plan_file).collect();
    let draft = ProfileDraft {
        name: options.name.clone().unwrap_or_else(|| folder_name(folder)),
        unit: VoltageUnit::Volt,
        geometry,
        floorplan,
        vmin: None,
        content: Content::Measured(levels),
        measured: None,
        provenance,
    };
    Ok((draft, report))
}

/// Refuses what means nothing where nothing was written.
fn refuse_options(folder: &Path, options: &HexOptions) -> Result<(), ImportError> {
    let asked = [
        (options.written != Written::default(), "a pattern that was written"),
        (options.missing_as_written, "bytes that are missing as written"),
        (options.count.is_some(), "how often to count cells"),
        (options.vmin.is_some(), "a lowest voltage without a fault"),
    ];
    match asked.into_iter().find(|(asked, _)| *asked) {
        Some((_, found)) => {
            let expected = "nothing of it: of power-up states all is as it came";
            Err(ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected))
        }
        None => Ok(()),
    }
}

/// What has been read of a folder.
#[derive(Default)]
struct Taken {
    /// The first dump, without its words.
    first: Option<Dump>,
    conditions: Vec<(Voltage, Reads)>,
    readings: Vec<(String, String)>,
    kinds: Vec<&'static str>,
    inputs: Vec<InputFile>,
}

impl Taken {
    fn add(&mut self, file: &DumpFile, options: &HexOptions) -> Result<(), ImportError> {
        // All bits that are not 0 are there to be seen, as after zeros.
        let mut dump = Dump::read(&file.path, &Stored::nothing(&file.path), options)?;
        if let Some(first) = &self.first {
            check_alike(file, &dump, first)?;
        }
        let words = std::mem::take(&mut dump.faulty_words);
        match self.conditions.last_mut().filter(|(voltage, _)| *voltage == file.voltage) {
            Some((_, reads)) => reads.add(&dump, &words, options.word_bits),
            None => {
                let mut reads = Reads::default();
                reads.add(&dump, &words, options.word_bits);
                self.conditions.push((file.voltage, reads));
            }
        }
        if self.readings.iter().all(|(reading, _)| *reading != dump.reading) {
            self.readings.push((dump.reading.clone(), dump.input.name.clone()));
        }
        if !self.kinds.contains(&dump.kind) {
            self.kinds.push(dump.kind);
        }
        self.inputs.push(dump.input.clone());
        self.first.get_or_insert(dump);
        Ok(())
    }
}

/// What speaks against states of one memory that was left alone.
fn doubt(condition: &PowerupCondition, reads: &Reads, counts: &[u32]) -> Option<Doubt> {
    let PowerupCondition { voltage, ones, from_first, .. } = *condition;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    if !(LEAST_SHARE..=1.0 - LEAST_SHARE).contains(&ones) {
        let text = format!(
            "at {voltage} V {} of all bits came up as 1: was the memory written, or cleared, before it was read?",
            percent(ones)
        );
        return Some(Doubt::new(DoubtKind::Cleared, text));
    }
    let chance = 2.0 * ones * (1.0 - ones);
    let (name, distance) = reads.farthest(counts)?;
    if distance >= OTHER * chance {
        let text = format!(
            "{name} differs from the other reads at {voltage} V in {} of all bits, as one of another memory would: are these \
             of one memory, in one order?",
            percent(distance)
        );
        return Some(Doubt::new(DoubtKind::OtherReads, text));
    }
    from_first.filter(|&distance| distance >= OTHER * chance).map(|distance| {
        let text = format!(
            "the likely states at {voltage} V differ from those of the highest voltage in {} of all cells, as those of another \
             memory would: are these of one memory?",
            percent(distance)
        );
        Doubt::new(DoubtKind::OtherCells, text)
    })
}

/// What speaks against two files that are the same: of so many cells some are noisy.
fn copied_doubt(inputs: &[InputFile], geometry: Geometry) -> Option<Doubt> {
    let [one, other] = copied::first_pair(inputs).filter(|_| geometry.cells() >= NOISY_CELLS)?;
    let text = format!(
        "{one} and {other} hold the same bytes, as no two reads of power-up states do: is one a copy of the other, or was the memory not          powered up anew? Then leave it out"
    );
    Some(Doubt::new(DoubtKind::CopiedFiles, text))
}

impl PowerupReport {
    /// What is kept in the profile's provenance.
    fn notes(&self) -> Vec<String> {
        let meaning = "power-up states, nothing was written: a cell that came up as 1 in k of n reads reads as 1 with probability \
                       k/n whatever is stored (p_0to1 = k/n, p_1to0 = 1 − k/n), so that every cell is a fault and the fault rate is 1";
        let reading = |(reading, file): &(String, String)| format!("read as {reading} ({file})");
        let notes = [meaning.to_owned()].into_iter();
        notes
            .chain(self.conditions.iter().map(ToString::to_string))
            .chain(self.readings.iter().map(reading))
            .collect()
    }
}
