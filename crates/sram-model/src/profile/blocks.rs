//! Reads blocks of records: a piece at a time, so that memory goes with what the records hold.

use super::Profile;
use super::error::ReadError;
use super::format::{self, Block};
use super::format_error::{FormatError, FormatErrorKind};

/// Bytes that are read at once: a whole number of records of every kind.
const PIECE_BYTES: u64 = 1 << 18;

impl Profile {
    /// The records of a block, checked: sound, in the chip, and ascending.
    pub(super) fn decode_block<T>(
        &self,
        block: &Block,
        decode: impl Fn(&[u8]) -> Result<T, String>,
        cell_of: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>, ReadError> {
        let record_bytes = self.info.content.kind().record_bytes();
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
        format::check_crc(first, FormatErrorKind::BlockChecksum, crc.finalize(), block.crc)?;
        match wrong {
            Some((at, reason)) => {
                let expected = format!("a fault of a cell from {next} on and below {cells}");
                Err(FormatError::new(at, FormatErrorKind::Record, reason, expected).into())
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
