//! The fails of all rows, cell by cell: those of repeated reads become flip probabilities.

use std::collections::{BTreeMap, BTreeSet};

use super::words::way;
use crate::fault::{CellFault, Direction, FlipProbability};
use crate::geometry::Geometry;
use crate::import::{ImportError, ImportErrorKind, Row};
use crate::voltage::Voltage;

/// How much of a fail a row tells.
#[derive(Clone, Copy)]
pub(super) enum Amount {
    /// A read failed: that of this number, if reads are numbered.
    Read { run: Option<u64> },
    /// The share of reads that failed.
    Share(f32),
}

/// Where a row stands: the number of its file, and its line.
#[derive(Clone, Copy)]
struct Seen {
    file: usize,
    line: u64,
}

/// A word, or a cell alone, as it was written and read once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Visit {
    /// The cell, or that of the word's bit 0.
    pub(super) cell: u64,
    pub(super) written: u128,
    /// The number of the pattern's name, if rows have one.
    pub(super) pattern: Option<usize>,
}

/// What rows said of one direction of a cell at a voltage.
struct Fail {
    first: Seen,
    share: Option<f32>,
    /// Failing reads without a number.
    reads: u32,
    /// Numbers of failing reads, each with its file.
    runs: BTreeMap<u64, usize>,
}

#[derive(Default)]
struct Level {
    fails: BTreeMap<(u64, Direction), Fail>,
    /// The numbers of reads of all rows.
    runs: BTreeSet<u64>,
    /// Where each visit was told, and whether a bit failed in it.
    visits: BTreeMap<Visit, (Seen, bool)>,
}

/// Faults at each voltage, highest first.
pub(super) type Levels = Vec<(Voltage, Vec<CellFault>)>;

/// The fails of all files.
pub(super) struct Tally {
    geometry: Geometry,
    reads: Option<u32>,
    files: Vec<String>,
    levels: BTreeMap<Voltage, Level>,
    /// Names of patterns, each with its number.
    patterns: BTreeMap<String, usize>,
    /// Fails that were seen under several words or patterns.
    several: BTreeSet<(Voltage, u64, Direction)>,
}

impl Tally {
    pub(super) fn new(geometry: Geometry, reads: Option<u32>) -> Self {
        let (levels, patterns) = (BTreeMap::new(), BTreeMap::new());
        Self { geometry, reads, files: Vec::new(), levels, patterns, several: BTreeSet::new() }
    }

    /// Goes on to the next file.
    pub(super) fn begin(&mut self, file: String) {
        self.files.push(file);
    }

    /// Takes note that there was a test at a voltage, whether a cell failed or not.
    pub(super) fn tested(&mut self, voltage: Voltage) {
        self.levels.entry(voltage).or_default();
    }

    /// Takes note of the number of the read that a row is of.
    pub(super) fn run(&mut self, row: Row<'_>, voltage: Voltage, run: u64) -> Result<(), ImportError> {
        let runs = &mut self.levels.entry(voltage).or_default().runs;
        runs.insert(run);
        let Some(reads) = self.reads else { return Ok(()) };
        if runs.len() as u64 > u64::from(reads) {
            let found =
                format!("read {run}, which makes {} different numbers of reads at {voltage}", runs.len());
            let expected = format!("at most the {reads} reads of --reads {reads}");
            return Err(row.wrong(ImportErrorKind::Value, found, expected));
        }
        Ok(())
    }

    /// The number of a pattern's name.
    pub(super) fn pattern(&mut self, name: &str) -> usize {
        let next = self.patterns.len();
        *self.patterns.entry(name.to_owned()).or_insert(next)
    }

    /// Takes note of a word that was read, if reads are neither numbered nor repeated: a second read of it that tells of a fail,
    /// or comes after one, shows that there were several.
    pub(super) fn visit(
        &mut self,
        row: Row<'_>,
        voltage: Voltage,
        visit: Visit,
        failed: bool,
    ) -> Result<(), ImportError> {
        if self.reads.is_some() {
            return Ok(());
        }
        let seen = Seen { file: self.files.len().saturating_sub(1), line: row.line() };
        let visits = &mut self.levels.entry(voltage).or_default().visits;
        let (first, before) = *visits.entry(visit).or_insert((seen, failed));
        if (first.file, first.line) == (seen.file, seen.line) || !(failed || before) {
            return Ok(());
        }
        let at = self.geometry.address(visit.cell);
        let verdict = |failed| if failed { "failed" } else { "passed" };
        let found = format!(
            "bank {} row {} column {} at {voltage} again, after {}, with the same written: it {} before, and {} now",
            at.bank,
            at.row,
            at.column,
            line_of(&self.files, first),
            verdict(before),
            verdict(failed),
        );
        let expected = "each fail once a voltage and pattern written; if there were several reads, say how many (--reads N): each line \
                        of a fail is then a read that failed; if there were several patterns, a column background with their names";
        Err(row.wrong(ImportErrorKind::Twice, found, expected))
    }

    /// How many fails were seen under several words or patterns.
    pub(super) fn under_several(&self) -> usize {
        self.several.len()
    }

    /// Takes note of a fail.
    pub(super) fn add(
        &mut self,
        row: Row<'_>,
        voltage: Voltage,
        (cell, direction): (u64, Direction),
        amount: Amount,
    ) -> Result<(), ImportError> {
        let file = self.files.len().saturating_sub(1);
        let place = NamedFail { geometry: self.geometry, voltage, cell, direction };
        let fails = &mut self.levels.entry(voltage).or_default().fails;
        let mut is_new = false;
        let fail = fails.entry((cell, direction)).or_insert_with(|| {
            is_new = true;
            let first = Seen { file, line: row.line() };
            Fail { first, share: None, reads: 0, runs: BTreeMap::new() }
        });
        let wrong = |found: String, expected: &str| Err(row.wrong(ImportErrorKind::Twice, found, expected));
        let again = |first: Seen| format!("{place} again, after {}", line_of(&self.files, first));
        match (amount, self.reads) {
            (Amount::Share(share), _) if is_new => fail.share = Some(share),
            (Amount::Share(_), _) => {
                return wrong(again(fail.first), "each direction of a cell once a voltage");
            }
            (Amount::Read { .. }, _) if fail.share.is_some() => {
                return wrong(again(fail.first), "each direction of a cell either counted, or by its fails");
            }
            (Amount::Read { run: Some(run) }, _) => match fail.runs.insert(run, file) {
                Some(other) if other != file => {
                    let expected = "the numbers of reads going on from file to file, not anew in each";
                    return wrong(format!("{} in read {run}", again(fail.first)), expected);
                }
                // A read of a march test may visit a cell more than once.
                _ => {}
            },
            // Under another word or pattern: of one read, visits were told apart before.
            (Amount::Read { run: None }, None) if !is_new => {
                self.several.insert((voltage, cell, direction));
            }
            (Amount::Read { run: None }, None) => fail.reads = 1,
            (Amount::Read { run: None }, Some(_)) => fail.reads = fail.reads.saturating_add(1),
        }
        if let Some(reads) = self.reads
            && u64::from(fail.reads) + fail.runs.len() as u64 > u64::from(reads)
        {
            let expected = format!(
                "at most {reads} fails of a cell in a direction, as there were {reads} reads (--reads)"
            );
            return wrong(again(fail.first), &expected);
        }
        Ok(())
    }

    /// Whether no fail was seen twice, though reads were repeated and are not numbered.
    pub(super) fn is_hardly_repeated(&self) -> bool {
        let fails = || self.levels.values().flat_map(|level| level.fails.values());
        self.reads.is_some_and(|reads| reads > 1)
            && fails().any(|fail| fail.reads > 0)
            && fails().all(|fail| fail.reads <= 1 && fail.runs.is_empty())
    }

    /// The faults at each voltage, highest first.
    pub(super) fn levels(self) -> Levels {
        let reads = self.reads.unwrap_or(1);
        let faults = |level: Level| {
            let mut cells: BTreeMap<u64, [f32; 2]> = BTreeMap::new();
            for ((cell, direction), fail) in level.fails {
                let failed = f64::from(fail.reads) + fail.runs.len() as f64;
                let p = fail.share.unwrap_or((failed / f64::from(reads)) as f32);
                let both = cells.entry(cell).or_default();
                if let Some(slot) = both.get_mut(direction.index()) {
                    *slot = p;
                }
            }
            // None is above 1: that was checked row by row.
            let fault = |(cell, [p01, p10]): (u64, [f32; 2])| {
                Some(CellFault { cell, flip: FlipProbability::new(p01, p10)? })
            };
            cells.into_iter().filter_map(fault).collect()
        };
        self.levels.into_iter().rev().map(|(voltage, level)| (voltage, faults(level))).collect()
    }
}

/// A line that was read, with its file if that is not the last.
fn line_of(files: &[String], seen: Seen) -> String {
    let of_file = files.get(seen.file).filter(|_| seen.file + 1 != files.len());
    let of_file = of_file.map_or_else(String::new, |name| format!(" of {name}"));
    format!("line {}{of_file}", seen.line)
}

/// A fail, to be named.
struct NamedFail {
    geometry: Geometry,
    voltage: Voltage,
    cell: u64,
    direction: Direction,
}

impl std::fmt::Display for NamedFail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = self.geometry.address(self.cell);
        let (way, voltage) = (way(self.direction), self.voltage);
        write!(f, "bank {} row {} column {} {way} at {voltage}", at.bank, at.row, at.column)
    }
}
