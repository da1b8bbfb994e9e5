//! Rows of CSV: one a map, the same for every command that measures networks.

use sram_sim_cli::output::significant;

use super::Measured;

/// What CSV rows of maps hold. Rates and errors are fractions; see [`Source`](super::Source) for those of a point.
pub(crate) const MAP_COLUMNS: [&str; 16] = [
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
];

/// Nothing for nothing.
fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Measured {
    /// A row of CSV for each map, under [`MAP_COLUMNS`]; `err` is the clean test error.
    pub(crate) fn map_rows(&self, err: f64) -> impl Iterator<Item = [String; 16]> {
        let source = &self.source;
        self.maps.iter().map(move |map| {
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
                text(source.energy_relative_to_vmin.map(|energy| significant(energy, 6))),
                map.map.to_string(),
                map.seed.to_string(),
                text(map.offset),
                err.to_string(),
                map.rerr.to_string(),
                map.rerr_paper.to_string(),
            ]
        })
    }
}
