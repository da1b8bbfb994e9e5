//! What an import of dumps found, for people and for the provenance.

use super::super::Ignored;
use super::duplicates::Duplication;
use super::{Dump, Level, Pattern, ReadsAlike};
use crate::fault::{CellFault, recovered};
use crate::voltage::Voltage;

/// What an import of dumps found.
#[derive(Clone, Debug)]
pub struct HexReport {
    /// The dumps, highest voltage first.
    pub dumps: Vec<DumpReport>,
    /// The voltages and patterns that were read several times.
    pub series: Vec<SeriesReport>,
    /// Which directions could be seen, in words: once, or for each voltage.
    pub tested: Vec<String>,
    /// Dumps that are the same byte for byte, though they hold faults, in words.
    pub same_files: Vec<String>,
    /// Whether words repeat themselves.
    pub duplication: Option<Duplication>,
    /// Whether the profile counts cells once.
    pub counted_once: bool,
    /// Files of the folder that were not read.
    pub ignored: Vec<Ignored>,
}

/// Several reads of one voltage after the same was written.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesReport {
    /// Its voltage, in V.
    pub voltage: Voltage,
    /// What was written before.
    pub written: Pattern,
    /// How many reads there are.
    pub reads: u64,
    /// How they compare.
    pub alike: ReadsAlike,
}

/// What one dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpReport {
    /// The file's name.
    pub file: String,
    /// Its voltage, in V.
    pub voltage: Voltage,
    /// What was written before.
    pub written: Pattern,
    /// Words with faulty bits.
    pub faulty_words: u64,
    /// Faulty bits in the dump, as published.
    pub faulty_bits: u64,
    /// Faulty cells at this voltage in the profile.
    pub faulty_cells: u64,
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
    /// How it was read.
    pub reading: String,
    /// What of it is not in the file and taken as written, in words.
    pub missing: Option<String>,
}

/// The dumps, of patterns and with the faults of their voltages.
pub(super) fn dumps(
    dumps: &[Level],
    patterns: &[Pattern],
    levels: &[(Voltage, Vec<CellFault>)],
) -> Vec<DumpReport> {
    let recovered_at =
        |index: usize| index.checked_sub(1).map_or(0, |above| recovered(&levels[above].1, &levels[index].1));
    let of_level = |(index, level): (usize, &Level)| {
        let recovered_cells = recovered_at(index);
        let report = |dump: &Dump| DumpReport {
            file: dump.input.name.clone(),
            voltage: level.voltage,
            written: patterns[dump.pattern].clone(),
            faulty_words: dump.faulty_words.len() as u64,
            faulty_bits: dump.faulty_words.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum(),
            faulty_cells: levels[index].1.len() as u64,
            recovered_cells,
            reading: dump.reading.clone(),
            missing: dump.missing.clone(),
        };
        level.dumps.iter().map(report).collect::<Vec<_>>()
    };
    dumps.iter().enumerate().flat_map(of_level).collect()
}

/// The reads of each voltage and pattern of which there are several; bits from `columns` on are left out.
pub(super) fn series(dumps: &[Level], patterns: &[Pattern], columns: u32) -> Vec<SeriesReport> {
    let of_series = |voltage: Voltage, dumps: &[Dump]| SeriesReport {
        voltage,
        written: patterns[dumps[0].pattern].clone(),
        reads: dumps.len() as u64,
        alike: ReadsAlike::of(dumps, columns),
    };
    let all = dumps.iter().flat_map(|level| level.series().map(|dumps| (level.voltage, dumps)));
    all.filter(|(_, dumps)| dumps.len() > 1).map(|(voltage, dumps)| of_series(voltage, dumps)).collect()
}

/// What kinds of dumps they are, in words.
pub(super) fn kinds(dumps: &[Level]) -> String {
    let mut kinds: Vec<&str> = dumps.iter().flat_map(|level| &level.dumps).map(|dump| dump.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.join(" and ")
}

impl HexReport {
    /// The lowest voltage at and above which no cell fails, if there is one.
    pub(super) fn clean_voltage(&self) -> Option<Voltage> {
        self.dumps.iter().take_while(|dump| dump.faulty_cells == 0).map(|dump| dump.voltage).last()
    }

    /// Whether in some dump enough words fail to tell whether cells stand in it several times.
    pub fn can_tell_copies(&self) -> bool {
        self.dumps.iter().any(|dump| dump.faulty_words >= super::proof::MIN_WORDS as u64)
    }

    /// The ways in which dumps were read, each with the first dump that was.
    pub fn readings(&self) -> Vec<(&str, &str)> {
        let mut readings: Vec<(&str, &str)> = Vec::new();
        for dump in &self.dumps {
            if readings.iter().all(|(reading, _)| *reading != dump.reading) {
                readings.push((&dump.reading, &dump.file));
            }
        }
        readings
    }

    /// What files lack that is taken as written, each with its file.
    pub fn missing(&self) -> Vec<String> {
        let of_dump =
            |dump: &DumpReport| dump.missing.as_ref().map(|missing| format!("{}: {missing}", dump.file));
        self.dumps.iter().filter_map(of_dump).collect()
    }

    /// Whether the same was written before all dumps were read.
    pub fn is_of_one_pattern(&self) -> bool {
        self.dumps.windows(2).all(|pair| pair[0].written == pair[1].written)
    }

    /// What is kept in the profile's provenance.
    pub(super) fn notes(&self) -> Vec<String> {
        let how_sure = if self.series.is_empty() {
            "each cell was read once, so that a fault counts as certain"
        } else {
            "a fault of a cell that was read once counts as certain"
        };
        let mut notes = self.tested.clone();
        notes.push(how_sure.to_owned());
        notes.extend(self.series.iter().map(|series| {
            let SeriesReport { voltage, written, reads, .. } = series;
            let of =
                if self.is_of_one_pattern() { String::new() } else { format!(", written with {written},") };
            format!(
                "{voltage} V{of} was read {reads} times; flip probabilities are shares of these reads; {}",
                series.alike
            )
        }));
        notes
            .extend(self.readings().into_iter().map(|(reading, file)| format!("read as {reading} ({file})")));
        notes.extend(self.missing());
        notes.extend(self.same_files.iter().cloned());
        notes.extend(self.duplication.map(|found| {
            format!("{found}; cells are counted {}", if self.counted_once { "once" } else { "as published" })
        }));
        let recovered = self.dumps.iter().filter(|dump| dump.recovered_cells > 0);
        let mut recovered: Vec<_> = recovered.map(|dump| (dump.voltage, dump.recovered_cells)).collect();
        recovered.dedup();
        notes.extend(recovered.into_iter().map(|(voltage, cells)| {
            format!("{cells} cells that fail at the next higher voltage do not fail at {voltage} V")
        }));
        notes
    }
}
