//! The dumps of one voltage, and the faults that they show together.

use std::path::Path;

use super::super::folder::{DumpFile, Found};
use super::super::plausible::{self, Evidence};
use super::super::{ImportError, ImportErrorKind, Place};
use super::clean::Stored;
use super::dump::Dump;
use super::{HexOptions, geometry_of};
use crate::fault::{CellFault, FlipProbability};
use crate::voltage::Voltage;

/// The dumps of one voltage.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) voltage: Voltage,
    /// Dumps of the same cells, at least one, those of one pattern one after the other.
    pub(super) dumps: Vec<Dump>,
}

impl Level {
    /// The reads of each pattern.
    pub(super) fn series(&self) -> impl Iterator<Item = &[Dump]> {
        self.dumps.chunk_by(|one, other| one.pattern == other.pattern)
    }

    /// The reads of one pattern; none if it was not written at this voltage.
    pub(super) fn of_pattern(&self, pattern: usize) -> &[Dump] {
        self.series().find(|dumps| dumps[0].pattern == pattern).unwrap_or_default()
    }
}

/// Reads all dumps of a folder, which must be of the same cells. `stored` are the patterns that were written.
pub(super) fn read_levels(
    folder: &Path,
    found: &Found,
    stored: &[Stored],
    options: &HexOptions,
) -> Result<Vec<Level>, ImportError> {
    let mut levels: Vec<Level> = Vec::new();
    for file in &found.files {
        let dump = Dump::read_plausible(&file.path, &stored[file.pattern], options)?;
        if let Some(first) = levels.first().map(|level| &level.dumps[0]) {
            check_alike(file, &dump, first)?;
        }
        if let Some(failing) = dump.not_kept {
            let pattern = &found.patterns[file.pattern];
            let geometry = geometry_of(folder, options, dump.words, options.word_bits)?;
            let evidence = Evidence::Bits(pattern.stripes());
            let doubt = plausible::too_many(geometry, failing, evidence);
            let about = format!("{}, written with {pattern}, read at {} V: ", dump.input.name, file.voltage);
            return Err(ImportError::Implausible {
                path: folder.to_owned(),
                doubts: vec![doubt.about(&about)],
            });
        }
        let dump = Dump { pattern: file.pattern, ..dump };
        match levels.last_mut().filter(|level| level.voltage == file.voltage) {
            Some(level) => level.dumps.push(dump),
            None => levels.push(Level { voltage: file.voltage, dumps: vec![dump] }),
        }
    }
    Ok(levels)
}

/// Refuses a dump of other words than the first.
pub(super) fn check_alike(file: &DumpFile, dump: &Dump, first: &Dump) -> Result<(), ImportError> {
    let wrong = |found: String, expected: String| {
        let expected = format!("{expected} as in {}", first.input.name);
        Err(ImportError::content(ImportErrorKind::Files, &file.path, Place::File, found, expected))
    };
    if dump.words != first.words {
        return wrong(format!("{} words", dump.words), format!("{} words", first.words));
    }
    match (dump.base, first.base) {
        (Some(base), Some(expected)) if base != expected => {
            wrong(format!("addresses from {base:#x} on"), format!("from {expected:#x} on"))
        }
        _ => Ok(()),
    }
}

/// The faults that dumps of one voltage show, bits from `columns` on left out. For each direction, the share of the reads that could
/// show it in which it did is the cell's flip probability.
#[expect(clippy::stable_sort_primitive, reason = "each dump is in order, which a stable sort makes use of")]
pub(super) fn faults(dumps: &[Dump], columns: u32) -> Vec<CellFault> {
    let series: Vec<&[Dump]> = dumps.chunk_by(|one, other| one.pattern == other.pattern).collect();
    // Cells times two, with the bit that was written.
    let mut failing: Vec<u64> = Vec::new();
    for dump in dumps {
        for &(word, bits) in &dump.faulty_words {
            let clean = dump.clean.word(word);
            let cells = (0..columns).filter(|column| bits >> column & 1 == 1);
            failing.extend(cells.map(|column| {
                (word * u64::from(columns) + u64::from(column)) << 1 | u64::from(clean >> column & 1 == 1)
            }));
        }
    }
    failing.sort();
    let of_cell = |same: &[u64]| {
        let cell = same[0] >> 1;
        let (word, column) = (cell / u64::from(columns), cell % u64::from(columns));
        let mut reads = [0u32; 2];
        for dumps in &series {
            let written = dumps[0].clean.word(word) >> column & 1 == 1;
            reads[usize::from(written)] += dumps.len() as u32;
        }
        let ones = same.iter().filter(|&failing| failing & 1 == 1).count();
        let share = |count: usize, reads: u32| (count as f64 / f64::from(reads.max(1))) as f32;
        let flip = FlipProbability::new(share(same.len() - ones, reads[0]), share(ones, reads[1]));
        CellFault { cell, flip: flip.unwrap_or(FlipProbability::NONE) }
    };
    failing.chunk_by(|one, other| one >> 1 == other >> 1).map(of_cell).collect()
}
