//! Profiles: what was measured of one chip, or made for it, as a file that is read in parts.

mod blocks;
mod content;
mod draft;
mod error;
pub mod format;
mod format_error;
mod info;
mod parts;
mod stored;
mod sweep;

use std::path::Path;

pub use content::{Content, ContentKind, CriticalCell, CriticalContent, CriticalKind};
pub use draft::ProfileDraft;
pub use error::{DraftError, ProfileError};
pub use format_error::{FormatError, FormatErrorKind};
pub use info::{InputFile, ProfileInfo, Provenance};
pub use stored::{STORED, StoredProfile};
pub use sweep::Sweep;

use self::error::ReadError;
use self::format::{Block, Section};
use self::parts::Parts;
use crate::bytes::Bytes;
use crate::fault::FaultMap;
use crate::geometry::Floorplan;
use crate::voltage::{QuantifiedVoltage, Voltage};

/// What to answer between two profiled voltages of a measured chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Between {
    /// The map of the next lower profiled voltage, which has more faults: the pessimistic answer.
    #[default]
    NextLower,
    /// The map of the nearest profiled voltage, the lower one if two are equally near.
    Nearest,
}

/// A profiled chip.
///
/// ```
/// use sram_model::{Between, STORED};
/// let chip = STORED[0].open()?;
/// let map = chip.at("0.8 V/Vmin".parse()?, Between::NextLower)?;
/// println!("{}: fault rate {:.2} %", chip.info().name, map.rates().p() * 100.0);
/// # assert!((0.03..0.05).contains(&map.rates().p()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Profile {
    /// The file, or what else to call the profile in messages.
    name: String,
    source: Bytes,
    info: ProfileInfo,
    floorplan: Option<Floorplan>,
    blocks: Vec<Block>,
    records: Section,
}

impl Profile {
    /// Opens a profile file. It is read when and where it is needed, so it must not be changed while the profile is in
    /// use: then answers are errors. Replacing it by renaming is safe.
    ///
    /// # Errors
    /// [`ProfileError::Read`] if it cannot be read, [`ProfileError::Format`] if it is no sound profile. Records are
    /// checked later, when they are needed.
    pub fn open(path: &Path) -> Result<Self, ProfileError> {
        let source = Bytes::open(path, format::HEADER_BYTES as u64, format::told_len)
            .map_err(|source| ProfileError::Read { path: path.to_owned(), source })?;
        Self::of_bytes(source, path.display().to_string())
    }

    /// The profile with these bytes; `name` stands for it in messages.
    ///
    /// # Errors
    /// [`ProfileError::Format`] if the bytes are no sound profile.
    pub fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Self, ProfileError> {
        Self::of_bytes(Bytes::Memory(bytes.into()), name.to_owned())
    }

    fn of_bytes(source: Bytes, name: String) -> Result<Self, ProfileError> {
        match Parts::decode(&source) {
            Ok(Parts { info, floorplan, blocks, records }) => {
                Ok(Self { name, source, info, floorplan, blocks, records })
            }
            Err(error) => Err(error.of(&name, source.len())),
        }
    }

    /// What the profile says of itself.
    pub fn info(&self) -> &ProfileInfo {
        &self.info
    }

    /// Where the banks lie on the die, if that is known.
    pub fn floorplan(&self) -> Option<&Floorplan> {
        self.floorplan.as_ref()
    }

    /// The lowest and the highest voltage that the profile answers for.
    pub fn range(&self) -> (QuantifiedVoltage, QuantifiedVoltage) {
        self.info.range().unwrap_or(self.info.unit.of_both((Voltage::MAX, Voltage::MAX)))
    }

    /// Vmin as the profile knows it, or as it was given for one that does not.
    ///
    /// # Errors
    /// [`ProfileError::OtherUnit`] if it is given in another unit than the profile's, [`ProfileError::KnownVmin`] if the profile
    /// knows another than was given, [`ProfileError::FaultyVmin`] if cells fail at the one given or above, or as of
    /// [`at`](Self::at).
    pub fn vmin_or(
        &self,
        given: Option<QuantifiedVoltage>,
    ) -> Result<Option<QuantifiedVoltage>, ProfileError> {
        let (known, unit, name) = (self.info.vmin, self.info.unit, &self.name);
        let Some(given) = given.map(|given| self.own(given)).transpose()? else {
            return Ok(self.info.vmin());
        };
        match known {
            Some(known) if known != given => {
                return Err(ProfileError::KnownVmin { name: name.clone(), known, unit });
            }
            Some(known) => return Ok(Some(unit.of(known))),
            None => {}
        }
        let faulty = self.highest_faulty()?.filter(|&faulty| given <= faulty);
        match faulty {
            Some(faulty) => Err(ProfileError::FaultyVmin { name: name.clone(), faulty, unit }),
            None => Ok(Some(unit.of(given))),
        }
    }

    /// A voltage in the profile's unit.
    fn own(&self, voltage: QuantifiedVoltage) -> Result<Voltage, ProfileError> {
        let expected = self.info.unit;
        voltage.in_unit(expected).map_err(|_| ProfileError::OtherUnit {
            name: self.name.clone(),
            found: voltage,
            expected,
        })
    }

    /// A voltage at which cells fail, and above which none is known to.
    fn highest_faulty(&self) -> Result<Option<Voltage>, ProfileError> {
        let (_, highest) = self.range();
        if !self.at(highest, Between::NextLower)?.faults().is_empty() {
            return Ok(Some(highest.voltage));
        }
        // Of critical voltages a block tells the lowest.
        let faulty = self.blocks.iter().find(|block| block.count > 0);
        Ok(faulty.and_then(|block| Voltage::from_micro(block.voltage_micro)))
    }

    /// The faults at `voltage`.
    ///
    /// # Errors
    /// [`ProfileError::OtherUnit`] for a voltage in another unit than the profile's, [`ProfileError::OutOfRange`] for one outside
    /// its range, [`ProfileError::Format`] if its records are damaged, [`ProfileError::Changed`] or [`ProfileError::Read`] if
    /// they cannot be read any more.
    pub fn at(&self, voltage: QuantifiedVoltage, between: Between) -> Result<FaultMap, ProfileError> {
        self.sweep().at(voltage, between)
    }

    /// A walk down the voltages: going from a measured map to a lower one costs only what differs.
    pub fn sweep(&self) -> Sweep<'_> {
        Sweep::new(self)
    }

    /// All cells of a profile of critical voltages, ascending; `None` if the profile holds measured maps.
    ///
    /// # Errors
    /// As of [`at`](Self::at).
    pub fn critical_cells(&self) -> Result<Option<Vec<CriticalCell>>, ProfileError> {
        self.info.content.kind().critical_cells(self).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: ReadError) -> ProfileError {
        error.of(&self.name, self.source.len())
    }
}
