//! Rows of CSV: one a map, the same for every command that measures networks.

use sram_sim_cli::memory::MemoryReport;
use sram_sim_cli::output::significant;

use super::{How, Measured};
use crate::networks::Normalised;

/// What CSV rows of maps hold. Rates and errors are fractions; see [`Source`](super::Source) for those of a point.
pub(crate) const MAP_COLUMNS: [&str; 27] = [
    "chip",
    "voltage",
    "unit",
    "map_voltage",
    "extrapolated",
    "fault_rate",
    "expected_ber",
    "realised_ber",
    "bit_errors",
    "energy",
    "map",
    "seed",
    "offset",
    "err",
    "rerr",
    "rerr_paper",
    "scheme",
    "read",
    "memory",
    "normalised",
    "area",
    "raw_bit_errors",
    "corrected_words",
    "detected_words",
    "miscorrected_words",
    "undetected_words",
    "reread_words",
];

/// What all rows of a network have.
#[derive(Clone, Copy)]
pub(crate) struct OfNetwork<'a> {
    /// Clean test error.
    pub(crate) err: f64,
    pub(crate) scheme: &'a str,
    pub(crate) how: &'a How,
    pub(crate) memory: &'a MemoryReport,
    /// How images are normalised.
    pub(crate) normalised: &'a Normalised,
}

impl OfNetwork<'_> {
    /// The row of a network without bit errors, where none were asked for.
    pub(crate) fn clean_row(&self) -> [String; 27] {
        let mut row = [const { String::new() }; 27];
        row[13] = self.err.to_string();
        row[16..21].clone_from_slice(&self.last(false));
        row
    }

    fn last(&self, on_chip: bool) -> [String; 5] {
        let read = if on_chip { self.how.read } else { "" };
        let memory = self.memory.label.clone();
        let area = significant(self.memory.area, 6);
        [self.scheme.to_owned(), read.to_owned(), memory, self.normalised.to_string(), area]
    }
}

/// Nothing for nothing.
fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Measured {
    /// A row of CSV for each map, under [`MAP_COLUMNS`].
    pub(crate) fn map_rows(&self, of: OfNetwork<'_>) -> impl Iterator<Item = [String; 27]> {
        let source = &self.source;
        self.maps.iter().map(move |map| {
            let [scheme, read, memory, normalised, _] = of.last(source.chip.is_some());
            [
                text(source.chip.as_ref()),
                text(source.voltage),
                text(source.unit),
                text(source.map_voltage),
                source.extrapolated.to_string(),
                text(source.fault_rate),
                map.expected_ber.to_string(),
                map.realised_ber.to_string(),
                map.bit_errors.to_string(),
                text(map.energy_relative_to_vmin.map(|energy| significant(energy, 6))),
                map.map.to_string(),
                map.seed.to_string(),
                text(map.offset),
                of.err.to_string(),
                map.rerr.to_string(),
                map.rerr_paper.to_string(),
                scheme,
                read,
                memory,
                normalised,
                significant(self.area, 6),
                map.read.raw_bit_errors.to_string(),
                map.read.words.corrected.to_string(),
                map.read.words.detected.to_string(),
                map.read.words.miscorrected.to_string(),
                map.read.words.undetected.to_string(),
                map.read.reread_words.to_string(),
            ]
        })
    }
}
