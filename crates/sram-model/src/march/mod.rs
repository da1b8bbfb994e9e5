//! March tests: how memories are tested, and profiled.
//!
//! A march test is a list of elements; each visits every cell in ascending (⇑), descending (⇓) or any (⇕) order and does the
//! same operations to it: w0 and w1 write, r0 and r1 read and expect what was written (van de Goor, Testing Semiconductor
//! Memories, 1991). Cells of this program fail by themselves, whatever their neighbours hold, so the order changes nothing
//! that is found; it is kept for what it says. So is a delay (Del), in which cells that lose their content would do so: those of this
//! program keep it.

mod named;
mod notation;
mod reads;

use std::fmt;

use flip_core::{Purpose, Stream};
use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

pub use named::{NAMED_MARCHES, NamedMarch};

use crate::fault::{CellFault, FaultMap, FlipProbability};

const READS: Purpose = Purpose::named("sram-model march reads");

/// A march test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct March {
    elements: Vec<Element>,
}

/// A part of a march test.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    /// One sweep over all cells.
    Sweep { order: Order, operations: Vec<Operation> },
    /// A wait, of a length that the notation does not say.
    Delay,
}

impl Element {
    /// What is done to each cell.
    fn operations(&self) -> &[Operation] {
        match self {
            Self::Sweep { operations, .. } => operations,
            Self::Delay => &[],
        }
    }
}

/// The order of the cells in a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Up,
    Down,
    Any,
}

/// What is done to a cell, with which value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Write(bool),
    Read(bool),
}

/// What is no march test.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MarchError {
    /// It is not in the notation.
    #[error(
        "march test `{text}`: found `{found}`, expected a name ({}), or elements such as ⇑(r0,w1) or up(r0,w1) of w0, w1, r0 and r1, \
         with ⇕ or any for either order, or Del for a delay, and ; between them",
        named::names()
    )]
    Notation {
        /// The test.
        text: String,
        /// What is not understood.
        found: String,
    },
    /// It is longer than any that is run.
    #[error("march test of {found}: expected at most {at_most}")]
    TooLong {
        /// What there is of it.
        found: String,
        /// What there may be.
        at_most: String,
    },
    /// It never reads.
    #[error("march test: no element reads, so no failure can be seen")]
    NoRead,
    /// It reads another value than was written last.
    #[error("march test: element {element} reads {read}, but the cells hold {stored}")]
    Reads {
        /// The element, counted from 1.
        element: usize,
        /// The value it expects.
        read: u8,
        /// What was written last.
        stored: &'static str,
    },
}

/// What a march test found at one voltage.
#[derive(Clone, Debug, PartialEq)]
pub struct MarchResult {
    /// The cells that failed a read, with the shares of failed reads of a stored 0 and of a stored 1.
    pub found: Vec<CellFault>,
    /// Numbers of it.
    pub counts: MarchCounts,
}

/// Numbers of a march test at one voltage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MarchCounts {
    /// Cells that ever fail.
    #[serde(rename = "faulty_cells")]
    pub faulty: u64,
    /// Those that failed a read of the test.
    #[serde(rename = "found_cells")]
    pub found: u64,
    /// Those to be found on the mean: the sum of 1 − (1 − q₀₁)^(reads of 0) · (1 − q₁₀)^(reads of 1).
    #[serde(rename = "expected_found_cells")]
    pub expected: f64,
    /// Reads that failed, of all cells.
    pub failed_reads: u64,
    /// Faulty cells of flip probability 0.9 or more that were not found.
    #[serde(rename = "missed_persistent_cells")]
    pub missed_persistent: u64,
}

impl March {
    /// How many reads of a stored 0 and of a stored 1 each cell gets.
    pub fn reads(&self) -> [u32; 2] {
        let of = |value: bool| {
            let operations = self.elements.iter().flat_map(Element::operations);
            operations.filter(|&&operation| operation == Operation::Read(value)).count() as u32
        };
        [of(false), of(true)]
    }

    /// Operations on each cell: 10 for a test of length 10n.
    pub fn operations(&self) -> usize {
        self.elements.iter().map(|element| element.operations().len()).sum()
    }

    /// How many delays it has. They change nothing: cells of this program hold what they hold.
    pub fn delays(&self) -> usize {
        self.elements.iter().filter(|element| **element == Element::Delay).count()
    }

    /// Runs the test on cells that fail as this map says, every read repeated `repeats` times. Each cell has a stream of its
    /// own, so that what is found depends only on the seed, the cell and the voltage. Time goes with the faulty cells; beyond
    /// 1,000 reads of a cell in one state not with the reads.
    pub fn run(&self, map: &FaultMap, repeats: u32, seed: u64) -> MarchResult {
        let [zeros, ones] = self.reads().map(|reads| u64::from(reads) * u64::from(repeats));
        let test = |fault: &CellFault| {
            let block = u64::from(map.voltage().voltage.micro()) << 40 | fault.cell;
            let mut stream = Stream::new(seed, READS, block);
            let [p01, p10] = [fault.flip.p01(), fault.flip.p10()].map(f64::from);
            let failed = [reads::failures(&mut stream, p01, zeros), reads::failures(&mut stream, p10, ones)];
            let passes = |p: f64, reads: u64| libm::pow(1.0 - p, reads as f64);
            (failed, 1.0 - passes(p01, zeros) * passes(p10, ones))
        };
        let tested: Vec<([u64; 2], f64)> = map.faults().par_iter().map(test).collect();
        let mut counts = MarchCounts {
            faulty: map.faults().len() as u64,
            found: 0,
            expected: 0.0,
            failed_reads: 0,
            missed_persistent: 0,
        };
        let share = |failed: u64, reads: u64| (failed as f64 / reads.max(1) as f64) as f32;
        let mut found = Vec::new();
        for (fault, (failed, expected)) in map.faults().iter().zip(tested) {
            counts.expected += expected;
            counts.failed_reads += failed[0] + failed[1];
            match FlipProbability::new(share(failed[0], zeros), share(failed[1], ones)) {
                Some(flip) if !flip.is_none() => found.push(CellFault { cell: fault.cell, flip }),
                _ => counts.missed_persistent += u64::from(fault.flip.is_persistent()),
            }
        }
        counts.found = found.len() as u64;
        MarchResult { found, counts }
    }
}

impl fmt::Display for March {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements: Vec<String> = self.elements.iter().map(ToString::to_string).collect();
        write!(f, "{{{}}}", elements.join("; "))
    }
}

#[cfg(test)]
mod tests;
