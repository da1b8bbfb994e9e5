//! The kinds of content of a profile: what is stored of a chip's cells. Each has a file here, behind two interfaces, and is
//! told from the others here alone: [`Kind`] is what a profile file needs to know of it, [`Cells`] what a draft does.

mod critical;
mod measured;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::critical::{CriticalCell, CriticalContent, CriticalKind};
use self::measured::Measured;
use super::error::{DraftError, ReadError};
use super::format::Block;
use super::{Between, Profile, ProfileInfo};
use crate::fault::{CellFault, FaultMap};
use crate::geometry::Geometry;
use crate::voltage::Voltage;

/// What is stored of each cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// The faults at each profiled voltage, as they were measured.
    Measured,
    /// The critical voltage of each failing cell.
    Critical(CriticalKind),
}

impl ContentKind {
    pub(super) fn kind(&self) -> &dyn Kind {
        match self {
            Self::Measured => &Measured,
            Self::Critical(kind) => kind,
        }
    }
}

/// The cells of a chip. Voltages are in the unit of the [`ProfileDraft`](crate::ProfileDraft).
#[derive(Clone, Debug)]
pub enum Content {
    /// The faults at each voltage, highest voltage first; cells in any order.
    Measured(Vec<(Voltage, Vec<CellFault>)>),
    /// Critical voltages.
    Critical(CriticalContent),
}

/// A voltage and the faults there.
pub(crate) type Level = (Voltage, Vec<CellFault>);

impl Content {
    /// How many cells fail at the lowest voltage, or somewhere in the chip's range.
    pub fn faulty_cells(&self) -> u64 {
        self.cells().faulty_cells()
    }

    /// Maps that show whether the content is plausible, highest voltage first: all that were measured, or those of the ends.
    pub(crate) fn judged_by(&self) -> Cow<'_, [Level]> {
        self.cells().judged_by()
    }

    /// The highest voltage at which a cell is known to fail.
    pub(super) fn highest_faulty(&self) -> Option<Voltage> {
        self.cells().highest_faulty()
    }

    fn cells(&self) -> &dyn Cells {
        match self {
            Self::Measured(levels) => levels,
            Self::Critical(content) => content,
        }
    }

    /// Checks and encodes the content of a chip of this size.
    pub(super) fn encode(self, geometry: Geometry) -> Result<Encoded, DraftError> {
        match self {
            Self::Measured(levels) => measured::encode(geometry, levels),
            Self::Critical(content) => content.encode(geometry),
        }
    }
}

/// A kind of content, as a profile file has it.
pub(super) trait Kind {
    /// Bytes of a record.
    fn record_bytes(&self) -> u64;

    /// Checks what the profile says of the content; an error is what was found and what was expected.
    fn check(&self) -> Result<(), (String, &'static str)> {
        Ok(())
    }

    /// Checks the directory of blocks; an error is what was found and what was expected.
    fn check_blocks(&self, _info: &ProfileInfo, _blocks: &[Block]) -> Result<(), (String, String)> {
        Ok(())
    }

    /// A walk over the voltages of a profile of this kind.
    fn walk<'a>(&self, profile: &'a Profile) -> Box<dyn Walk + 'a>;

    /// All cells of a profile of this kind, ascending, if it is one of critical voltages.
    fn critical_cells(&self, _profile: &Profile) -> Result<Option<Vec<CriticalCell>>, ReadError> {
        Ok(None)
    }
}

/// A walk over the voltages of a profile.
pub(super) trait Walk: fmt::Debug + Send + Sync {
    /// The faults at a voltage of the profile's range.
    fn at(&mut self, voltage: Voltage, between: Between) -> Result<FaultMap, ReadError>;
}

/// The content of a draft.
trait Cells {
    fn faulty_cells(&self) -> u64;
    fn judged_by(&self) -> Cow<'_, [Level]>;
    fn highest_faulty(&self) -> Option<Voltage>;
}

/// A content that was checked and encoded.
pub(super) struct Encoded {
    /// The voltages of the profile, highest first.
    pub(super) voltages: Vec<Voltage>,
    pub(super) kind: ContentKind,
    pub(super) blocks: Vec<EncodedBlock>,
}

/// The records of one block, encoded.
pub(super) struct EncodedBlock {
    pub(super) voltage: Voltage,
    pub(super) records: Vec<u8>,
    pub(super) count: u64,
}

fn check_voltages(voltages: &[Voltage]) -> Result<(), DraftError> {
    if voltages.is_empty() {
        return Err(DraftError::NoVoltage);
    }
    match voltages.windows(2).find(|pair| pair[0] <= pair[1]) {
        Some(pair) => Err(DraftError::VoltageOrder { first: pair[0], second: pair[1] }),
        None => Ok(()),
    }
}

/// Checks that cells lie in the chip and are distinct; `cells` is sorted.
fn check_cells(geometry: Geometry, cells: impl Iterator<Item = u64>) -> Result<(), DraftError> {
    let mut previous = None;
    for cell in cells {
        if cell >= geometry.cells() {
            return Err(DraftError::CellOutside { cell, cells: geometry.cells() });
        }
        if previous == Some(cell) {
            return Err(DraftError::CellTwice { cell });
        }
        previous = Some(cell);
    }
    Ok(())
}
