//! Where a profile file is not as the format says.

use std::fmt::{self, Display};

use thiserror::Error;

/// A place in a profile file that is not as the format says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error("at byte {offset}: {kind}: found {found}, expected {expected}")]
pub struct FormatError {
    /// Offset from the start of the file, in bytes.
    pub offset: u64,
    /// What stands there.
    pub kind: FormatErrorKind,
    /// What was found.
    pub found: String,
    /// What the format says.
    pub expected: String,
}

impl FormatError {
    pub(super) fn new(
        offset: u64,
        kind: FormatErrorKind,
        found: impl Display,
        expected: impl Display,
    ) -> Self {
        Self { offset, kind, found: found.to_string(), expected: expected.to_string() }
    }
}

/// What of a profile file is not as the format says. It is shown as what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormatErrorKind {
    /// The file is no profile: it does not begin as one.
    Magic,
    /// A version of the format that this program does not read.
    Version,
    /// The file has another length than its header says.
    Length,
    /// The file ends within its header or its table.
    End,
    /// The header is damaged.
    HeaderChecksum,
    /// The section table is damaged.
    TableChecksum,
    /// A section is damaged.
    SectionChecksum,
    /// A block of records is damaged.
    BlockChecksum,
    /// There are more sections than there may be.
    SectionCount,
    /// A section lies outside the file, or within the table.
    SectionPlace,
    /// A section is there twice.
    SecondSection,
    /// A section is missing.
    MissingSection,
    /// What the profile says of itself makes no sense.
    Information,
    /// The floorplan does not fit the chip.
    Floorplan,
    /// Blocks do not fit the records or the voltages.
    Blocks,
    /// The voltages of blocks do not descend.
    BlockVoltage,
    /// A record is no fault of the chip, or in the wrong place.
    Record,
    /// Records contradict each other.
    Records,
}

impl FormatErrorKind {
    /// Whether bytes are not those that were written: the file is damaged.
    pub const fn is_damage(self) -> bool {
        matches!(
            self,
            Self::HeaderChecksum | Self::TableChecksum | Self::SectionChecksum | Self::BlockChecksum
        )
    }
}

impl Display for FormatErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "magic number",
            Self::Version => "format version",
            Self::Length => "length of the file",
            Self::End => "end of the file",
            Self::HeaderChecksum => "checksum of the header",
            Self::TableChecksum => "checksum of the section table",
            Self::SectionChecksum => "checksum of the section",
            Self::BlockChecksum => "checksum of a record block",
            Self::SectionCount => "number of sections",
            Self::SectionPlace => "place of a section",
            Self::SecondSection => "section",
            Self::MissingSection => "section table",
            Self::Information => "profile information",
            Self::Floorplan => "floorplan",
            Self::Blocks => "block directory",
            Self::BlockVoltage => "voltage of a block",
            Self::Record => "fault record",
            Self::Records => "fault records",
        })
    }
}
