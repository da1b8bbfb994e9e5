//! What an import of maps found.

use std::collections::BTreeSet;

use super::direction::{DIRECTIONS_DRAWN, UnknownDirection};
use crate::import::TableDoubts;
use crate::voltage::Voltage;

/// What an import of maps found.
#[derive(Clone, Debug)]
pub struct FlipReport {
    /// The maps, highest voltage first.
    pub maps: Vec<FlipMapReport>,
}

/// What one map holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipMapReport {
    /// The file's name.
    pub file: String,
    /// Its voltage, in the unit of the options.
    pub voltage: Voltage,
    /// Faulty cells.
    pub faulty_cells: u64,
    /// Those whose direction another map of the import showed.
    pub directions_from_other_maps: u64,
    /// Those whose direction no map showed.
    pub directions_unknown: u64,
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
    /// What the file was read as.
    pub form: String,
    /// Of how many reads flip probabilities are shares, if that is known.
    pub reads: Option<u32>,
    /// What may be a mistake.
    pub doubts: TableDoubts,
}

impl FlipReport {
    /// What was decided and found: kept in the profile's provenance.
    pub(super) fn notes(&self, unknown: UnknownDirection) -> Vec<String> {
        let of_map = |map: &FlipMapReport| {
            let undirected = map.directions_from_other_maps + map.directions_unknown;
            (undirected > 0).then(|| {
                let unknown = match unknown {
                    UnknownDirection::Drawn { seed } => format!("{DIRECTIONS_DRAWN} with seed {seed}"),
                    UnknownDirection::ReadsOne => "are taken to fail from 0 to 1".to_owned(),
                    UnknownDirection::ReadsZero => "are taken to fail from 1 to 0".to_owned(),
                    UnknownDirection::Inverts => "are taken to fail both ways".to_owned(),
                };
                format!(
                    "{}: {undirected} cells without direction; {} have that of another voltage, {} {unknown}",
                    map.file, map.directions_from_other_maps, map.directions_unknown,
                )
            })
        };
        let recovered = self.maps.iter().filter(|map| map.recovered_cells > 0).map(|map| {
            let next = "cells that fail at the next higher voltage do not fail at";
            format!("{} {next} {}", map.recovered_cells, map.voltage)
        });
        let reads =
            self.reads().into_iter().map(|reads| format!("flip probabilities are counts of {reads} reads"));
        let forms = self.maps.iter().map(|map| format!("{}: read as {}", map.file, map.form));
        let found = self.maps.iter().filter_map(of_map).chain(recovered).chain(self.doubts());
        forms.chain(found).chain(reads).collect()
    }

    /// The numbers of reads of which flip probabilities are shares, where they are known.
    pub fn reads(&self) -> BTreeSet<u32> {
        self.maps.iter().filter_map(|map| map.reads).collect()
    }

    /// What of the maps may be a mistake, in words.
    pub fn doubts(&self) -> Vec<String> {
        self.maps.iter().flat_map(|map| map.doubts.notes(&map.file)).collect()
    }
}
