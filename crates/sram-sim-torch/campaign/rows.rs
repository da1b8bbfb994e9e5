//! Rows of CSV: one a map, the same for every command that measures networks.

use sram_sim_cli::memory::{MemoryReport, READ_COLUMNS, read_row};
use sram_sim_cli::output::significant;

use super::{How, Measured};
use crate::networks::Normalised;

/// What CSV rows of maps hold. Rates and errors are fractions; see [`Source`](super::Source) for those of a point.
const COLUMNS: [&str; 22] = [
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
    "mean_squared_change",
];

/// All columns: those of a map, and those of its read.
pub(crate) fn map_columns() -> Vec<String> {
    COLUMNS.iter().chain(&READ_COLUMNS).map(|&name| name.to_owned()).collect()
}

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
    pub(crate) fn clean_row(&self) -> Vec<String> {
        let mut row = vec![String::new(); COLUMNS.len() + READ_COLUMNS.len()];
        row[13] = self.err.to_string();
        row[16..20].clone_from_slice(&self.last(false));
        row
    }

    fn last(&self, on_chip: bool) -> [String; 4] {
        let read = if on_chip { self.how.read } else { "" };
        let memory = self.memory.label.clone();
        [self.scheme.to_owned(), read.to_owned(), memory, self.normalised.to_string()]
    }
}

/// Nothing for nothing.
fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Measured {
    /// A row of CSV for each map, under [`map_columns`].
    pub(crate) fn map_rows(&self, of: OfNetwork<'_>) -> impl Iterator<Item = Vec<String>> {
        let source = &self.source;
        self.maps.iter().map(move |map| {
            let [scheme, read, memory, normalised] = of.last(source.chip.is_some());
            let row = [
                text(source.chip.as_ref()),
                text(source.voltage),
                text(source.unit),
                text(source.map_voltage),
                source.extrapolated.to_string(),
                text(source.fault_rate),
                map.read.expected_ber.to_string(),
                map.read.realised_ber.to_string(),
                map.read.bit_errors.to_string(),
                text(map.read.energy_relative_to_vmin.map(|energy| significant(energy, 6))),
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
                map.read.mean_squared_change.to_string(),
            ];
            row.into_iter().chain(read_row(&map.read.counts)).collect()
        })
    }
}
