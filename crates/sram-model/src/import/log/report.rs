//! What an import of logs found.

use crate::import::TableDoubts;
use crate::voltage::Voltage;

/// What an import of logs found.
#[derive(Clone, Debug)]
pub struct LogReport {
    /// The logs, in the order given.
    pub files: Vec<LogFileReport>,
    /// The voltages, highest first.
    pub levels: Vec<LogLevelReport>,
    /// What was assumed, and what logs of fails cannot say.
    pub assumed: Vec<String>,
    /// What may be a mistake, but for doubts of the files' own.
    pub(super) doubts: Vec<String>,
}

/// What one log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFileReport {
    /// The file's name.
    pub file: String,
    /// What its rows are of, and how they were read.
    pub form: String,
    /// Its rows.
    pub rows: u64,
    /// Rows of tests that passed.
    pub passes: u64,
    /// Columns that were not read, as asked.
    pub ignored: Vec<String>,
    /// What may be a mistake.
    pub doubts: TableDoubts,
}

/// The faults at one voltage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLevelReport {
    /// The voltage.
    pub voltage: Voltage,
    /// Faulty cells.
    pub faulty_cells: u64,
    /// Those that fail from 0 to 1, and those that fail from 1 to 0; some may do both.
    pub directions: [u64; 2],
    /// Cells that fail at the next higher voltage but not at this one.
    pub recovered_cells: u64,
}

impl LogFileReport {
    /// What its rows are, in words.
    pub fn summary(&self) -> String {
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        let passed = if self.passes == 0 { "none".to_owned() } else { self.passes.to_string() };
        format!("{rows} of {}; {passed} passed", self.form)
    }
}

impl LogReport {
    /// What was read, assumed and found: kept in the profile's provenance.
    pub(super) fn notes(&self) -> Vec<String> {
        let of_file = |log: &LogFileReport| {
            let rows = format!("{}: {}", log.file, log.summary());
            let ignored = (!log.ignored.is_empty())
                .then(|| format!("{}: not read: {}", log.file, log.ignored.join(", ")));
            [Some(rows), ignored].into_iter().flatten()
        };
        let recovered = self.levels.iter().filter(|level| level.recovered_cells > 0).map(|level| {
            let next = "cells that fail at the next higher voltage do not fail at";
            format!("{} {next} {}", level.recovered_cells, level.voltage)
        });
        let files = self.files.iter().flat_map(of_file);
        files.chain(self.assumed.iter().cloned()).chain(recovered).chain(self.doubts()).collect()
    }

    /// What may be a mistake, in words.
    pub fn doubts(&self) -> Vec<String> {
        let of_files = self.files.iter().flat_map(|log| log.doubts.notes(&log.file));
        of_files.chain(self.doubts.iter().cloned()).collect()
    }
}
