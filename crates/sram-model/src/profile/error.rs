//! What can be wrong with a profile, or with a question to it.

use std::path::PathBuf;

use thiserror::Error;

use super::format_error::FormatError;
use crate::voltage::{QuantifiedVoltage, Voltage, VoltageUnit};

/// Why a profile could not be opened or asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read profile {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is shorter than it was when it was opened.
    #[error(
        "profile {name} was changed while it was in use: found its end before byte {len}, expected the {len} bytes that \
         it had when it was opened"
    )]
    Changed {
        /// The file.
        name: String,
        /// Its length when it was opened.
        len: u64,
    },
    /// The bytes are no profile, or a damaged one.
    #[error("{name} is not a sound profile (.sfp)")]
    Format {
        /// The file, or the name of the stored profile.
        name: String,
        /// Where and what.
        source: FormatError,
    },
    /// A voltage in another unit than the profile's.
    #[error(
        "found {found} for {name}, expected a voltage in {expected}, the unit of its profile: {}",
        match expected {
            VoltageUnit::Volt => "multiply by Vmin in V",
            VoltageUnit::RelativeToVmin => "divide by Vmin in V",
        }
    )]
    OtherUnit {
        /// The profile.
        name: String,
        /// The voltage given.
        found: QuantifiedVoltage,
        /// The profile's unit.
        expected: VoltageUnit,
    },
    /// The profile says nothing of this voltage.
    #[error("{voltage} {unit} is outside the range of {name}: expected {lowest} to {highest} {unit}")]
    OutOfRange {
        /// The profile.
        name: String,
        /// The voltage asked for.
        voltage: Voltage,
        /// The lowest voltage it answers for.
        lowest: Voltage,
        /// The highest.
        highest: Voltage,
        /// Their unit.
        unit: VoltageUnit,
    },
    /// A Vmin was given for a profile that knows another.
    #[error("{name} knows that Vmin is {known} {unit}")]
    KnownVmin {
        /// The profile.
        name: String,
        /// The Vmin that it knows.
        known: Voltage,
        /// Its unit.
        unit: VoltageUnit,
    },
    /// A Vmin was given at or below a voltage at which cells fail.
    #[error("expected more than {faulty} {unit}, where cells of {name} fail")]
    FaultyVmin {
        /// The profile.
        name: String,
        /// Its highest voltage, at which cells fail.
        faulty: Voltage,
        /// Its unit.
        unit: VoltageUnit,
    },
}

/// Why bytes of a profile could not be had: they are wrong, or cannot be read.
#[derive(Debug)]
pub(super) enum ReadError {
    Format(FormatError),
    Io(std::io::Error),
}

impl From<FormatError> for ReadError {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl ReadError {
    /// The same with the profile's name, and the length that its file had.
    pub(super) fn of(self, name: &str, len: u64) -> ProfileError {
        let name = name.to_owned();
        match self {
            Self::Format(source) => ProfileError::Format { name, source },
            Self::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                ProfileError::Changed { name, len }
            }
            Self::Io(source) => ProfileError::Read { path: name.into(), source },
        }
    }
}

/// Why a draft is no profile.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum DraftError {
    /// There is no voltage, or they are not in descending order.
    #[error("profiled voltages must descend: {second} follows {first}")]
    VoltageOrder {
        /// A voltage.
        first: Voltage,
        /// The one after it.
        second: Voltage,
    },
    /// No voltage at all.
    #[error("a profile needs at least one voltage")]
    NoVoltage,
    /// Voltages and provenance take more bytes than a profile has for them.
    #[error("voltages and provenance take {bytes} bytes, expected 1 to {at_most}")]
    Info {
        /// Their size as JSON.
        bytes: usize,
        /// The most that is allowed.
        at_most: usize,
    },
    /// Vmin of a profile whose unit is Vmin.
    #[error("Vmin is {vmin}, but voltages relative to Vmin make it 1")]
    RelativeVmin {
        /// The Vmin given.
        vmin: Voltage,
    },
    /// Vmin at or below a voltage at which cells fail.
    #[error("Vmin is {vmin}, but cells fail at {faulty}: Vmin is the lowest voltage without a fault")]
    FaultyVmin {
        /// The Vmin given.
        vmin: Voltage,
        /// The highest voltage with a fault.
        faulty: Voltage,
    },
    /// The voltages that the cells are known for are out of order.
    #[error("measured from {low} to {high}: expected the lower voltage first")]
    MeasuredRange {
        /// The voltage given as the lowest.
        low: Voltage,
        /// The one given as the highest.
        high: Voltage,
    },
    /// A cell lies outside the chip.
    #[error("cell {cell} lies outside the chip of {cells} cells")]
    CellOutside {
        /// The cell.
        cell: u64,
        /// Cells of the chip.
        cells: u64,
    },
    /// A cell is given twice at one voltage.
    #[error("cell {cell} is given twice")]
    CellTwice {
        /// The cell.
        cell: u64,
    },
    /// The floorplan has the wrong number of sites.
    #[error("the floorplan has {found} sites for {banks} banks")]
    Floorplan {
        /// Sites found.
        found: usize,
        /// Banks of the chip.
        banks: u32,
    },
    /// Read noise or flip floor are not sensible numbers.
    #[error(
        "read noise {read_noise} and flip floor {flip_floor}: expected a number ≥ 0 and one from 0 to 0.5"
    )]
    Noise {
        /// The read noise.
        read_noise: f64,
        /// The flip floor.
        flip_floor: f64,
    },
}
