//! What an import of dumps found, for people and for the provenance.

use super::super::Ignored;
use super::Level;
use super::duplicates::Duplication;
use crate::fault::{CellFault, recovered};
use crate::voltage::Voltage;

/// What an import of dumps found.
#[derive(Clone, Debug)]
pub struct HexReport {
    /// The dumps, highest voltage first.
    pub dumps: Vec<DumpReport>,
    /// Whether words repeat themselves.
    pub duplication: Option<Duplication>,
    /// Whether the profile counts cells once.
    pub counted_once: bool,
    /// Files of the folder that were not read.
    pub ignored: Vec<Ignored>,
}

/// What one dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpReport {
    /// The file's name.
    pub file: String,
    /// Its voltage, in V.
    pub voltage: Voltage,
    /// Reads of this voltage, of which this dump is one.
    pub reads: u64,
    /// Words with faulty bits.
    pub faulty_words: u64,
    /// Faulty bits in the dump, as published.
    pub faulty_bits: u64,
    /// Faulty cells at this voltage in the profile.
    pub faulty_cells: u64,
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
    /// How its text was read.
    pub reading: String,
}

impl HexReport {
    pub(super) fn new(
        dumps: &[Level],
        levels: &[(Voltage, Vec<CellFault>)],
        duplication: Option<Duplication>,
        counted_once: bool,
        ignored: Vec<Ignored>,
    ) -> Self {
        let recovered_at = |index: usize| {
            index.checked_sub(1).map_or(0, |above| recovered(&levels[above].1, &levels[index].1))
        };
        let of_level = |(index, level): (usize, &Level)| {
            let recovered_cells = recovered_at(index);
            let report = |dump: &super::Dump| DumpReport {
                file: dump.input.name.clone(),
                voltage: level.voltage,
                reads: level.dumps.len() as u64,
                faulty_words: dump.faulty_words.len() as u64,
                faulty_bits: dump.faulty_words.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum(),
                faulty_cells: levels[index].1.len() as u64,
                recovered_cells,
                reading: dump.reading.clone(),
            };
            level.dumps.iter().map(report).collect::<Vec<_>>()
        };
        let dumps = dumps.iter().enumerate().flat_map(of_level).collect();
        Self { dumps, duplication, counted_once, ignored }
    }

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

    /// The voltages in V that were read several times, and how often.
    pub fn repeated(&self) -> Vec<(Voltage, u64)> {
        let mut repeated: Vec<_> =
            self.dumps.iter().filter(|dump| dump.reads > 1).map(|dump| (dump.voltage, dump.reads)).collect();
        repeated.dedup();
        repeated
    }

    /// What is kept in the profile's provenance.
    pub(super) fn notes(&self, written: bool) -> Vec<String> {
        let repeated = self.repeated();
        let how_sure = if repeated.is_empty() {
            "each was read once and counts as certain"
        } else {
            "one that was read once counts as certain"
        };
        let mut notes = vec![format!(
            "written with {}s, so only {} failures could be seen; {how_sure}",
            u8::from(written),
            if written { "1→0" } else { "0→1" },
        )];
        notes.extend(repeated.iter().map(|(voltage, reads)| {
            format!("{voltage} V was read {reads} times; flip probabilities are shares of these reads")
        }));
        notes
            .extend(self.readings().into_iter().map(|(reading, file)| format!("read as {reading} ({file})")));
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
