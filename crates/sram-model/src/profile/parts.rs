//! Decodes all of a profile but its records, and checks it.

use super::error::FormatError;
use super::format::{
    self, BLOCK_BYTES, BLOCKS, Block, INFO, MAX_INFO_BYTES, PLAN, RECORDS, SITE_BYTES, Section,
};
use super::info::{ContentKind, ProfileInfo};
use super::records;
use crate::geometry::Floorplan;

/// A profile's bytes, decoded but for the records.
pub(super) struct Parts {
    pub(super) info: ProfileInfo,
    pub(super) floorplan: Option<Floorplan>,
    pub(super) blocks: Vec<Block>,
    pub(super) records: Section,
}

impl Parts {
    pub(super) fn decode(file: &[u8]) -> Result<Self, FormatError> {
        let sections = format::decode_table(file)?;
        let info = decode_info(file, format::require(&sections, INFO)?)?;
        let floorplan = match format::find(&sections, PLAN)? {
            Some(section) => Some(decode_plan(file, section, &info)?),
            None => None,
        };
        let records = format::require(&sections, RECORDS)?;
        let blocks = decode_blocks(file, format::require(&sections, BLOCKS)?, &info, records)?;
        Ok(Self { info, floorplan, blocks, records })
    }
}

fn decode_info(file: &[u8], section: Section) -> Result<ProfileInfo, FormatError> {
    let wrong = |found: String, expected: &str| {
        FormatError::new(section.offset, "profile information", found, expected)
    };
    if section.len > MAX_INFO_BYTES {
        return Err(wrong(format!("{} bytes", section.len), "at most 4 MiB"));
    }
    let json = section.checked(file)?;
    let info: ProfileInfo = serde_json::from_slice(json)
        .map_err(|error| wrong(error.to_string(), "a JSON object of the format"))?;
    if info.voltages.is_empty() || !info.voltages.is_sorted_by(|a, b| a > b) {
        return Err(wrong("voltages out of order, or none".to_owned(), "voltages, highest first"));
    }
    match info.content {
        ContentKind::Critical { read_noise, flip_floor }
            if !(read_noise >= 0.0 && (0.0..=0.5).contains(&flip_floor)) =>
        {
            let found = format!("read_noise {read_noise}, flip_floor {flip_floor}");
            Err(wrong(found, "a number ≥ 0 and one from 0 to 0.5"))
        }
        _ => Ok(info),
    }
}

fn decode_plan(file: &[u8], section: Section, info: &ProfileInfo) -> Result<Floorplan, FormatError> {
    let bytes = section.checked(file)?;
    let expected = info.geometry.banks() as usize * SITE_BYTES;
    if bytes.len() != expected {
        let found = format!("{} bytes", bytes.len());
        return Err(FormatError::new(
            section.offset,
            "floorplan",
            found,
            format!("{expected} bytes, 8 a bank"),
        ));
    }
    let sites = bytes.chunks_exact(SITE_BYTES).map(|site| (format::u32_at(site, 0), format::u32_at(site, 4)));
    Floorplan::new(sites.collect())
        .map_err(|error| FormatError::new(section.offset, "floorplan", error, "one bank a site"))
}

fn decode_blocks(
    file: &[u8],
    section: Section,
    info: &ProfileInfo,
    records: Section,
) -> Result<Vec<Block>, FormatError> {
    let bytes = section.checked(file)?;
    let record_bytes = match info.content {
        ContentKind::Measured => records::MEASURED_BYTES,
        ContentKind::Critical { .. } => records::CRITICAL_BYTES,
    } as u64;
    let mut blocks: Vec<Block> = Vec::new();
    let mut next = 0;
    for (entry, index) in bytes.chunks_exact(BLOCK_BYTES).zip(0..) {
        let at = section.offset + index * BLOCK_BYTES;
        let block = Block::decode(entry);
        let end = block.first.checked_add(block.count).and_then(|end| end.checked_mul(record_bytes));
        if block.first != next || end.is_none_or(|end| end > records.len as u64) {
            let found = format!("{} records from {} on", block.count, block.first);
            let expected = format!("from {next} on, within {} records", records.len as u64 / record_bytes);
            return Err(FormatError::new(at, "block directory", found, expected));
        }
        if blocks.last().is_some_and(|last| last.voltage_micro <= block.voltage_micro) {
            return Err(FormatError::new(
                at,
                "voltage of a block",
                block.voltage_micro,
                "less than that before it",
            ));
        }
        next = block.first + block.count;
        blocks.push(block);
    }
    if !bytes.len().is_multiple_of(BLOCK_BYTES) || next * record_bytes != records.len as u64 {
        let found =
            format!("{} bytes for {next} of {} records", bytes.len(), records.len as u64 / record_bytes);
        return Err(FormatError::new(
            section.offset,
            "block directory",
            found,
            "24 bytes a block, and all records",
        ));
    }
    let measured = info.content == ContentKind::Measured;
    if measured && !blocks.iter().map(|b| b.voltage_micro).eq(info.voltages.iter().map(|v| v.micro())) {
        let expected = format!("one for each of the {} profiled voltages", info.voltages.len());
        return Err(FormatError::new(
            section.offset,
            "block directory",
            "blocks of other voltages",
            expected,
        ));
    }
    Ok(blocks)
}
