//! Profiles: what was measured of one chip, or made for it, as a file that is mapped and read in parts.

mod draft;
mod error;
pub mod format;
mod info;
mod parts;
mod records;
mod stored;
mod sweep;

use std::path::Path;

pub use draft::{Content, ProfileDraft};
pub use error::{DraftError, FormatError, ProfileError};
pub use info::{ContentKind, InputFile, ProfileInfo, Provenance};
pub use records::CriticalCell;
pub use stored::{STORED, StoredProfile};
pub use sweep::Sweep;

use self::format::{Block, Section};
use self::parts::Parts;
use crate::fault::{CellFault, FaultMap};
use crate::geometry::Floorplan;
use crate::mmap::Bytes;
use crate::normal;
use crate::voltage::Voltage;

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
/// let map = chip.at("0.8".parse()?, Between::NextLower)?;
/// println!("{}: fault rate {:.2} %", chip.info().name, map.rates().p() * 100.0);
/// # assert!((0.03..0.05).contains(&map.rates().p()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Profile {
    /// The file, or what else to call the profile in messages.
    name: String,
    bytes: Bytes,
    info: ProfileInfo,
    floorplan: Option<Floorplan>,
    blocks: Vec<Block>,
    records: Section,
}

impl Profile {
    /// Opens a profile file. The file is mapped, so it must not be cut short while the profile is in use; replacing it
    /// by renaming is safe.
    ///
    /// # Errors
    /// [`ProfileError::Read`] if it cannot be read, [`ProfileError::Format`] if it is no sound profile. Records are
    /// checked later, when they are needed.
    pub fn open(path: &Path) -> Result<Self, ProfileError> {
        let bytes =
            Bytes::map(path).map_err(|source| ProfileError::Read { path: path.to_owned(), source })?;
        Self::from_source(bytes, path.display().to_string())
    }

    /// The profile with these bytes; `name` stands for it in messages.
    ///
    /// # Errors
    /// [`ProfileError::Format`] if the bytes are no sound profile.
    pub fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Self, ProfileError> {
        Self::from_source(Bytes::Owned(bytes), name.to_owned())
    }

    fn from_source(bytes: Bytes, name: String) -> Result<Self, ProfileError> {
        match Parts::decode(&bytes) {
            Ok(Parts { info, floorplan, blocks, records }) => {
                Ok(Self { name, bytes, info, floorplan, blocks, records })
            }
            Err(source) => Err(ProfileError::Format { name, source }),
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
    pub fn range(&self) -> (Voltage, Voltage) {
        self.info.range().unwrap_or((Voltage::MAX, Voltage::MAX))
    }

    /// The faults at `voltage`.
    ///
    /// # Errors
    /// [`ProfileError::OutOfRange`] outside the profile's range, [`ProfileError::Format`] if its records are damaged.
    pub fn at(&self, voltage: Voltage, between: Between) -> Result<FaultMap, ProfileError> {
        self.sweep().at(voltage, between)
    }

    /// A walk down the voltages: going from a measured map to a lower one costs only what differs.
    pub fn sweep(&self) -> Sweep<'_> {
        Sweep { profile: self, levels: 0, faults: Vec::new() }
    }

    /// All cells of a profile of critical voltages, ascending; `None` if the profile holds measured maps.
    ///
    /// # Errors
    /// [`ProfileError::Format`] if its records are damaged.
    pub fn critical_cells(&self) -> Result<Option<Vec<CriticalCell>>, ProfileError> {
        match self.info.content {
            ContentKind::Measured => Ok(None),
            ContentKind::Critical { .. } => {
                self.critical_above(None).map(Some).map_err(|source| self.damaged(source))
            }
        }
    }

    /// The index of the profiled voltage whose map answers for `voltage`, which lies in the range.
    fn level(&self, voltage: Voltage, between: Between) -> usize {
        let voltages = &self.info.voltages;
        let lower = voltages.partition_point(|&profiled| profiled > voltage).min(voltages.len() - 1);
        let above = lower.saturating_sub(1);
        let nearer = voltages[above].micro().abs_diff(voltage.micro())
            < voltage.micro().abs_diff(voltages[lower].micro());
        if between == Between::Nearest && nearer { above } else { lower }
    }

    fn critical(
        &self,
        voltage: Voltage,
        read_noise: f64,
        flip_floor: f64,
    ) -> Result<Vec<CellFault>, FormatError> {
        // A cell flips at least as often as the floor down to this far above its critical voltage.
        let reach = read_noise * normal::upper_quantile(flip_floor);
        let cells = self.critical_above(Some(voltage.get() - reach))?;
        Ok(cells.iter().filter_map(|cell| cell.fault_at(voltage, read_noise, flip_floor)).collect())
    }

    /// The cells whose critical voltage may be above `bound`, ascending.
    fn critical_above(&self, bound: Option<f64>) -> Result<Vec<CriticalCell>, FormatError> {
        let mut cells = Vec::new();
        let mut upper_micro = u32::MAX;
        for block in &self.blocks {
            if bound.is_some_and(|bound| f64::from(upper_micro) * 1e-6 < bound) {
                break;
            }
            let decode = |bytes: &[u8]| {
                let cell = records::decode_critical(self::format::u64_at(bytes, 0))?;
                let critical = cell.critical.micro();
                if critical < block.voltage_micro || critical >= upper_micro {
                    return Err(format!("critical voltage {} in a block of others", cell.critical));
                }
                Ok(cell)
            };
            cells.extend(self.decode_block(block, records::CRITICAL_BYTES, decode, |cell| cell.cell)?);
            upper_micro = block.voltage_micro;
        }
        // The stable sort finds the blocks' own order and merges them.
        cells.sort_by_key(|cell: &CriticalCell| cell.cell);
        match cells.windows(2).find(|pair| pair[0].cell == pair[1].cell) {
            Some(pair) => {
                let found = format!("cell {} in two blocks", pair[0].cell);
                Err(FormatError::new(self.records.offset, "fault records", found, "each cell once"))
            }
            None => Ok(cells),
        }
    }

    /// The records of a block, checked: sound, in the chip, and ascending.
    fn decode_block<T>(
        &self,
        block: &Block,
        record_bytes: usize,
        decode: impl Fn(&[u8]) -> Result<T, String>,
        cell_of: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, FormatError> {
        let first = self.records.offset + block.first as usize * record_bytes;
        let bytes = &self.bytes[first..first + block.count as usize * record_bytes];
        format::check_crc(first, "checksum of a record block", bytes, block.crc)?;
        let cells = self.info.geometry.cells();
        let mut next = 0;
        let record = |(bytes, index): (&[u8], usize)| {
            let wrong = |found, expected: String| {
                FormatError::new(first + index * record_bytes, "fault record", found, expected)
            };
            let record = decode(bytes).map_err(|found| wrong(found, "a fault".to_owned()))?;
            let cell = cell_of(&record);
            if cell < next || cell >= cells {
                return Err(wrong(
                    format!("cell {cell}"),
                    format!("a cell from {next} on and below {cells}"),
                ));
            }
            next = cell + 1;
            Ok(record)
        };
        bytes.chunks_exact(record_bytes).zip(0..).map(record).collect()
    }

    fn damaged(&self, source: FormatError) -> ProfileError {
        ProfileError::Format { name: self.name.clone(), source }
    }
}
