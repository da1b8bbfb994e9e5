//! Decodes all of a profile but its records, and checks it.

use super::draft::check_vmin;
use super::error::ReadError;
use super::format::{
    self, BLOCK_BYTES, BLOCKS, Block, INFO, MAX_INFO_BYTES, PLAN, RECORDS, SITE_BYTES, Section,
};
use super::format_error::{FormatError, FormatErrorKind};
use super::info::ProfileInfo;
use crate::bytes::Bytes;
use crate::geometry::Floorplan;
use crate::voltage::Voltage;

/// A profile's bytes, decoded but for the records.
pub(super) struct Parts {
    pub(super) info: ProfileInfo,
    pub(super) floorplan: Option<Floorplan>,
    pub(super) blocks: Vec<Block>,
    pub(super) records: Section,
}

impl Parts {
    pub(super) fn decode(source: &Bytes) -> Result<Self, ReadError> {
        let sections = format::decode_table(source)?;
        let at = format::require(&sections, INFO)?;
        let mut info = decode_info(source, at)?;
        let floorplan = match format::find(&sections, PLAN)? {
            Some(section) => Some(decode_plan(source, section, &info)?),
            None => None,
        };
        let records = format::require(&sections, RECORDS)?;
        let blocks = decode_blocks(source, format::require(&sections, BLOCKS)?, &info, records)?;
        // Of critical voltages a block only tells the lowest; each record is checked when it is read.
        let faulty = blocks.iter().find(|block| block.count > 0).map(|block| block.voltage_micro);
        info.vmin =
            check_vmin(info.unit, info.vmin, faulty.and_then(Voltage::from_micro)).map_err(|error| {
                FormatError::new(
                    at.offset,
                    FormatErrorKind::Information,
                    error,
                    "the lowest voltage without a fault",
                )
            })?;
        Ok(Self { info, floorplan, blocks, records })
    }
}

fn decode_info(source: &Bytes, section: Section) -> Result<ProfileInfo, ReadError> {
    let wrong = |found: String, expected: &str| {
        FormatError::new(section.offset, FormatErrorKind::Information, found, expected)
    };
    if section.len > MAX_INFO_BYTES as u64 {
        return Err(wrong(format!("{} bytes", section.len), "at most 4 MiB").into());
    }
    let json = section.checked(source)?;
    let info: ProfileInfo = serde_json::from_slice(&json)
        .map_err(|error| wrong(error.to_string(), "a JSON object of the format"))?;
    if info.voltages.is_empty() || !info.voltages.is_sorted_by(|a, b| a > b) {
        return Err(wrong("voltages out of order, or none".to_owned(), "voltages, highest first").into());
    }
    if let Some((low, high)) = info.measured.filter(|(low, high)| low > high) {
        return Err(wrong(format!("measured {low} to {high}"), "the lower voltage first").into());
    }
    info.content.kind().check().map_err(|(found, expected)| wrong(found, expected))?;
    Ok(info)
}

fn decode_plan(source: &Bytes, section: Section, info: &ProfileInfo) -> Result<Floorplan, ReadError> {
    let expected = info.geometry.banks() as usize * SITE_BYTES;
    if section.len != expected as u64 {
        let found = format!("{} bytes", section.len);
        let expected = format!("{expected} bytes, 8 a bank");
        return Err(FormatError::new(section.offset, FormatErrorKind::Floorplan, found, expected).into());
    }
    let bytes = section.checked(source)?;
    let sites = bytes.chunks_exact(SITE_BYTES).map(|site| (format::u32_at(site, 0), format::u32_at(site, 4)));
    Ok(Floorplan::new(sites.collect()).map_err(|error| {
        FormatError::new(section.offset, FormatErrorKind::Floorplan, error, "one bank a site")
    })?)
}

/// The most blocks that a directory can have: as many as there are voltages.
const MAX_DIRECTORY_BYTES: u64 = Voltage::MAX.micro() as u64 * BLOCK_BYTES as u64;

fn decode_blocks(
    source: &Bytes,
    section: Section,
    info: &ProfileInfo,
    records: Section,
) -> Result<Vec<Block>, ReadError> {
    let wrong = |found: String, expected: String| {
        ReadError::from(FormatError::new(section.offset, FormatErrorKind::Blocks, found, expected))
    };
    let record_bytes = info.content.kind().record_bytes();
    let all = records.len / record_bytes;
    if !section.len.is_multiple_of(BLOCK_BYTES as u64) || section.len > MAX_DIRECTORY_BYTES {
        let expected = format!("24 bytes a block, and at most {MAX_DIRECTORY_BYTES}");
        return Err(wrong(format!("{} bytes", section.len), expected));
    }
    let bytes = section.checked(source)?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut next = 0;
    for (entry, index) in bytes.chunks_exact(BLOCK_BYTES).zip(0u64..) {
        let at = section.offset + index * BLOCK_BYTES as u64;
        let block = Block::decode(entry);
        let end = block.first.checked_add(block.count).and_then(|end| end.checked_mul(record_bytes));
        if block.first != next || end.is_none_or(|end| end > records.len) {
            let found = format!("{} records from {} on", block.count, block.first);
            let expected = format!("from {next} on, within {all} records");
            return Err(FormatError::new(at, FormatErrorKind::Blocks, found, expected).into());
        }
        if blocks.last().is_some_and(|last| last.voltage_micro <= block.voltage_micro) {
            let expected = "less than that before it";
            return Err(
                FormatError::new(at, FormatErrorKind::BlockVoltage, block.voltage_micro, expected).into()
            );
        }
        next = block.first + block.count;
        blocks.push(block);
    }
    if next * record_bytes != records.len {
        return Err(wrong(format!("blocks of {next} records"), format!("all {all} of them")));
    }
    info.content.kind().check_blocks(info, &blocks).map_err(|(found, expected)| wrong(found, expected))?;
    Ok(blocks)
}
