//! Reads blocks of records: a piece at a time, so that memory goes with what the records hold.

use super::Profile;
use super::error::{FormatError, ReadError};
use super::format::{self, Block};
use super::records::{self, CriticalCell};
use crate::fault::CellFault;
use crate::voltage::{Voltage, VoltageUnit};

/// Bytes that are read at once: a whole number of records of either kind.
const PIECE_BYTES: u64 = 1 << 18;

impl Profile {
    /// The cells whose critical voltage may be above `bound`, ascending.
    pub(super) fn critical_above(&self, bound: Option<f64>) -> Result<Vec<CriticalCell>, ReadError> {
        let mut cells = Vec::new();
        let mut upper_micro = u32::MAX;
        for block in &self.blocks {
            if bound.is_some_and(|bound| f64::from(upper_micro) * 1e-6 < bound) {
                break;
            }
            let decode = |bytes: &[u8]| {
                let cell = records::decode_critical(format::u64_at(bytes, 0))?;
                let critical = cell.critical.micro();
                if critical < block.voltage_micro || critical >= upper_micro {
                    return Err(format!("critical voltage {} in a block of others", cell.critical));
                }
                self.check_below_vmin(cell.critical)?;
                Ok(cell)
            };
            cells.extend(self.decode_block(block, decode, |cell| cell.cell)?);
            upper_micro = block.voltage_micro;
        }
        // The stable sort finds the blocks' own order and merges them.
        cells.sort_by_key(|cell: &CriticalCell| cell.cell);
        match cells.windows(2).find(|pair| pair[0].cell == pair[1].cell) {
            Some(pair) => {
                let found = format!("cell {} in two blocks", pair[0].cell);
                Err(FormatError::new(self.records.offset, "fault records", found, "each cell once").into())
            }
            None => Ok(cells),
        }
    }

    /// The changes of the measured level number `level`, from the level above.
    pub(super) fn changes_of(&self, level: usize) -> Result<Vec<CellFault>, ReadError> {
        self.decode_block(&self.blocks[level], records::decode_measured, |fault| fault.cell)
    }

    /// A cell that fails at Vmin or above contradicts the profile.
    fn check_below_vmin(&self, critical: Voltage) -> Result<(), String> {
        match self.info.vmin {
            Some(vmin) if self.info.unit == VoltageUnit::Volt && critical >= vmin => {
                Err(format!("critical voltage {critical}, not below Vmin, which is {vmin}"))
            }
            _ => Ok(()),
        }
    }

    /// The records of a block, checked: sound, in the chip, and ascending.
    fn decode_block<T>(
        &self,
        block: &Block,
        decode: impl Fn(&[u8]) -> Result<T, String>,
        cell_of: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, ReadError> {
        let record_bytes = records::bytes_of(self.info.content);
        let first = self.records.offset + block.first * record_bytes;
        let (mut at, end) = (first, first + block.count * record_bytes);
        let mut piece = vec![0; PIECE_BYTES.min(end - first) as usize];
        let mut crc = crc32fast::Hasher::new();
        let cells = self.info.geometry.cells();
        let (mut found, mut next, mut wrong) = (Vec::new(), 0, None);
        while at < end {
            let bytes = &mut piece[..PIECE_BYTES.min(end - at) as usize];
            self.source.read_into(at, bytes)?;
            crc.update(bytes);
            for record in bytes.chunks_exact(record_bytes as usize) {
                // What is wrong is told when the checksum, which may explain it, is known.
                if wrong.is_none() {
                    match decode(record).and_then(|record| check_cell(record, &cell_of, next, cells)) {
                        Ok(record) => {
                            next = cell_of(&record) + 1;
                            found.push(record);
                        }
                        Err(reason) => wrong = Some((at, reason)),
                    }
                }
                at += record_bytes;
            }
        }
        format::check_crc(first, "checksum of a record block", crc.finalize(), block.crc)?;
        match wrong {
            Some((at, reason)) => {
                let expected = format!("a fault of a cell from {next} on and below {cells}");
                Err(FormatError::new(at, "fault record", reason, expected).into())
            }
            None => Ok(found),
        }
    }
}

/// A record whose cell is not below `next` and lies in a chip of `cells` cells.
fn check_cell<T>(record: T, cell_of: impl Fn(&T) -> u64, next: u64, cells: u64) -> Result<T, String> {
    let cell = cell_of(&record);
    if (next..cells).contains(&cell) { Ok(record) } else { Err(format!("cell {cell}")) }
}
