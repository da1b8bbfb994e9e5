//! The profile file, `.sfp`, version 1. All numbers are little-endian and unsigned unless said otherwise.
//!
//! ```text
//! header, 32 bytes
//!    0   8  magic 89 53 46 50 0D 0A 1A 0A (‹89›SFP, CR LF, ‹1A› LF: shows damage by text transfers)
//!    8   2  version, 1
//!   10   2  number of sections, n ≤ 16
//!   12   4  CRC-32 of the section table
//!   16   8  length of the file in bytes
//!   24   4  0
//!   28   4  CRC-32 of bytes 0..28
//! section table, n × 24 bytes
//!    0   4  tag, ASCII; sections of unknown tag are passed over
//!    4   4  CRC-32 of the section; 0 for RECS
//!    8   8  offset of the section from the start of the file, a multiple of 8, not before the end of the table
//!   16   8  its length in bytes
//! sections, each padded with zeros to a multiple of 8
//!   INFO    JSON object, UTF-8, at most 4 MiB: name, unit ("V" | "V/Vmin"), geometry [banks, rows, columns],
//!           vmin (may be absent; 1 in V/Vmin, above every voltage with a fault in V), measured (may be absent: lowest and
//!           highest voltage that is known, beyond which answers are extrapolated), voltages (highest first), content,
//!           provenance
//!   PLAN    the floorplan, may be absent: for each bank x (4 bytes), y (4 bytes)
//!   BLKS    the directory of record blocks, 24 bytes a block, voltages strictly descending:
//!              0   4  voltage in millionths of a unit
//!              4   4  CRC-32 of the block's records
//!              8   8  number of its first record; blocks follow each other without gap
//!             16   8  number of its records
//!   RECS    the records, by ascending cell within a block
//! ```
//!
//! Cells are numbered as [`Geometry`](crate::Geometry) says. What a block and a record are depends on `content`:
//!
//! * `"measured"`: one block a profiled voltage. A record, 16 bytes, is a cell whose fault differs from the one at the
//!   next higher voltage (at the highest: from no fault): cell (8 bytes), probability that a stored 0 reads as 1 and
//!   that a stored 1 reads as 0 (4 bytes each, IEEE 754). Both 0: the cell no longer fails.
//! * `{"critical": {"read_noise": σ, "flip_floor": f}}`: a block holds the cells whose critical voltage is at least the
//!   block's voltage and below that of the block before. A record, 8 bytes, is one number: cell · 2^24 + critical
//!   voltage in millionths · 4 + kind (1 reads one, 2 reads zero, 3 inverts).
//!
//! Opening checks everything but the records, which are checked when they are read; so a profile of 2^30 cells opens
//! as fast as a small one.

use super::error::ReadError;
use super::format_error::{FormatError, FormatErrorKind};
use crate::bytes::Bytes;

pub(super) const MAGIC: [u8; 8] = *b"\x89SFP\r\n\x1a\n";
pub(super) const VERSION: u16 = 1;
pub(super) const HEADER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
const MAX_SECTIONS: u16 = 16;
pub(super) const MAX_INFO_BYTES: usize = 4 << 20;
pub(super) const BLOCK_BYTES: usize = 24;
pub(super) const SITE_BYTES: usize = 8;

pub(super) const INFO: Tag = *b"INFO";
pub(super) const PLAN: Tag = *b"PLAN";
pub(super) const BLOCKS: Tag = *b"BLKS";
pub(super) const RECORDS: Tag = *b"RECS";

pub(super) type Tag = [u8; 4];

/// A section as the table describes it, checked to lie in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    tag: Tag,
    crc: u32,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl Section {
    /// The bytes of a section whose length was found to make sense, after their checksum was checked.
    pub(super) fn checked(&self, source: &Bytes) -> Result<Vec<u8>, ReadError> {
        let bytes = source.read(self.offset, self.len as usize)?;
        check_crc(self.offset, FormatErrorKind::SectionChecksum, crc32fast::hash(&bytes), self.crc)?;
        Ok(bytes)
    }
}

/// One block of records, as the directory describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) voltage_micro: u32,
    pub(super) crc: u32,
    pub(super) first: u64,
    pub(super) count: u64,
}

impl Block {
    pub(super) fn decode(bytes: &[u8]) -> Self {
        Self {
            voltage_micro: u32_at(bytes, 0),
            crc: u32_at(bytes, 4),
            first: u64_at(bytes, 8),
            count: u64_at(bytes, 16),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let numbers = [self.voltage_micro.to_le_bytes(), self.crc.to_le_bytes()];
        let counts = [self.first.to_le_bytes(), self.count.to_le_bytes()];
        [numbers.concat(), counts.concat()].concat()
    }
}

/// Puts sections together to a file.
pub(super) fn encode_file(sections: &[(Tag, Vec<u8>)]) -> Vec<u8> {
    let padded = |len: usize| len.next_multiple_of(8);
    let mut offset = padded(HEADER_BYTES + sections.len() * ENTRY_BYTES);
    let mut table = Vec::with_capacity(sections.len() * ENTRY_BYTES);
    for (tag, bytes) in sections {
        let crc = if *tag == RECORDS { 0 } else { crc32fast::hash(bytes) };
        table.extend_from_slice(tag);
        table.extend_from_slice(&crc.to_le_bytes());
        table.extend_from_slice(&(offset as u64).to_le_bytes());
        table.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        offset += padded(bytes.len());
    }
    let mut file = Vec::with_capacity(offset);
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&(sections.len() as u16).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    file.extend_from_slice(&(offset as u64).to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&crc32fast::hash(&file).to_le_bytes());
    file.extend_from_slice(&table);
    for (_, bytes) in sections {
        file.resize(padded(file.len()), 0);
        file.extend_from_slice(bytes);
    }
    file.resize(padded(file.len()), 0);
    file
}

/// How many bytes a sound header says that the file has.
pub(super) fn told_len(head: &[u8]) -> Option<u64> {
    let is_sound = head.len() == HEADER_BYTES
        && head.starts_with(&MAGIC)
        && crc32fast::hash(&head[..28]) == u32_at(head, 28);
    is_sound.then(|| u64_at(head, 16))
}

/// Reads the header and the section table.
pub(super) fn decode_table(source: &Bytes) -> Result<Vec<Section>, ReadError> {
    let (head, len) = (read_start(source, 0, HEADER_BYTES)?, source.len());
    if head[..8] != MAGIC {
        return Err(FormatError::new(0, FormatErrorKind::Magic, hex(&head[..8]), hex(&MAGIC)).into());
    }
    let version = u16::from_le_bytes([head[8], head[9]]);
    if version != VERSION {
        let expected = format!("{VERSION}, the version that this program reads");
        return Err(FormatError::new(8, FormatErrorKind::Version, version, expected).into());
    }
    check_crc(28, FormatErrorKind::HeaderChecksum, crc32fast::hash(&head[..28]), u32_at(&head, 28))?;
    if u64_at(&head, 16) != len {
        let found = format!("{len} bytes");
        return Err(FormatError::new(16, FormatErrorKind::Length, found, u64_at(&head, 16)).into());
    }
    let count = u16::from_le_bytes([head[10], head[11]]);
    if count > MAX_SECTIONS {
        let expected = format!("at most {MAX_SECTIONS}");
        return Err(FormatError::new(10, FormatErrorKind::SectionCount, count, expected).into());
    }
    let table = read_start(source, HEADER_BYTES, usize::from(count) * ENTRY_BYTES)?;
    check_crc(12, FormatErrorKind::TableChecksum, crc32fast::hash(&table), u32_at(&head, 12))?;
    let table_end = (HEADER_BYTES + table.len()) as u64;
    let entries = table.chunks_exact(ENTRY_BYTES).zip(0..);
    Ok(entries.map(|(entry, i)| decode_entry(len, table_end, entry, i)).collect::<Result<_, _>>()?)
}

/// The bytes of the header or the section table.
fn read_start(source: &Bytes, offset: usize, len: usize) -> Result<Vec<u8>, ReadError> {
    let end = (offset + len) as u64;
    if source.len() < end {
        let found = format!("{} bytes", source.len());
        let expected = format!("at least {end}");
        return Err(FormatError::new(source.len(), FormatErrorKind::End, found, expected).into());
    }
    Ok(source.read(offset as u64, len)?)
}

fn decode_entry(file_len: u64, table_end: u64, entry: &[u8], index: usize) -> Result<Section, FormatError> {
    let (offset, len) = (u64_at(entry, 8), u64_at(entry, 16));
    let inside =
        offset % 8 == 0 && offset >= table_end && offset.checked_add(len).is_some_and(|end| end <= file_len);
    if !inside {
        let at = HEADER_BYTES + index * ENTRY_BYTES + 8;
        let found = format!("{len} bytes from {offset} on");
        let expected = format!("a multiple of 8 from {table_end} on and an end within {file_len} bytes");
        return Err(FormatError::new(at as u64, FormatErrorKind::SectionPlace, found, expected));
    }
    let tag = [entry[0], entry[1], entry[2], entry[3]];
    Ok(Section { tag, crc: u32_at(entry, 4), offset, len })
}

/// The section with this tag, or `None`; two are an error.
pub(super) fn find(sections: &[Section], tag: Tag) -> Result<Option<Section>, FormatError> {
    let mut with_tag = sections.iter().filter(|section| section.tag == tag);
    let first = with_tag.next().copied();
    match with_tag.next() {
        Some(second) => Err(FormatError::new(
            second.offset,
            FormatErrorKind::SecondSection,
            format!("a second {}", name(tag)),
            "one only",
        )),
        None => Ok(first),
    }
}

/// The section with this tag.
pub(super) fn require(sections: &[Section], tag: Tag) -> Result<Section, FormatError> {
    find(sections, tag)?.ok_or_else(|| {
        FormatError::new(
            HEADER_BYTES as u64,
            FormatErrorKind::MissingSection,
            format!("no {}", name(tag)),
            name(tag),
        )
    })
}

pub(super) fn check_crc(
    offset: u64,
    kind: FormatErrorKind,
    found: u32,
    expected: u32,
) -> Result<(), FormatError> {
    if found == expected {
        Ok(())
    } else {
        let expected = format!("{expected:08x} (the file is damaged)");
        Err(FormatError::new(offset, kind, format!("{found:08x}"), expected))
    }
}

/// Number at `at` of a slice that the caller knows to be long enough.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// Number at `at` of a slice that the caller knows to be long enough.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

fn name(tag: Tag) -> String {
    format!("section {}", tag.escape_ascii())
}
