//! Files changed behind the back of their checksums.

/// Rewrites checksums after a change, to get past them.
pub(crate) fn mend(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    mend_blocks(bytes);
    let sections = u16::from_le_bytes([bytes[10], bytes[11]]) as usize;
    for section in 0..sections {
        let entry = 32 + section * 24;
        if entry + 24 > bytes.len() || &bytes[entry..entry + 4] == b"RECS" {
            continue;
        }
        let (offset, len) = (number(bytes, entry + 8), number(bytes, entry + 16));
        if let Some(content) = offset.checked_add(len).and_then(|end| bytes.get(offset..end)) {
            let crc = crc32fast::hash(content);
            bytes[entry + 4..entry + 8].copy_from_slice(&crc.to_le_bytes());
        }
    }
    let table = bytes.get(32..32 + sections * 24).map(crc32fast::hash);
    bytes[12..16].copy_from_slice(&table.unwrap_or(0).to_le_bytes());
    let header = crc32fast::hash(&bytes[..28]);
    bytes[28..32].copy_from_slice(&header.to_le_bytes());
}

/// Rewrites the checksums of record blocks, as far as the directory makes sense.
pub(crate) fn mend_blocks(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let section = |bytes: &[u8], tag: &[u8; 4]| {
        let entry =
            (32..bytes.len().min(32 + 4 * 24)).step_by(24).find(|&at| bytes[at..].starts_with(tag))?;
        let (offset, len) = (number(bytes, entry + 8), number(bytes, entry + 16));
        offset.checked_add(len).filter(|&end| end <= bytes.len()).map(|end| (offset, end))
    };
    let (Some((directory, end)), Some((records, records_end))) =
        (section(bytes, b"BLKS"), section(bytes, b"RECS"))
    else {
        return;
    };
    let entries = || (directory..end).step_by(24).filter(|at| at + 24 <= end);
    let total: usize = entries().map(|at| number(bytes, at + 16)).fold(0, usize::wrapping_add);
    let record_bytes = (records_end - records).checked_div(total).unwrap_or(1);
    for at in entries() {
        let (first, count) = (number(bytes, at + 8), number(bytes, at + 16));
        let from = first.checked_mul(record_bytes).and_then(|n| n.checked_add(records));
        let to = from.and_then(|from| count.checked_mul(record_bytes)?.checked_add(from));
        if let Some(block) = from.zip(to).and_then(|(from, to)| bytes.get(from..to)) {
            let crc = crc32fast::hash(block);
            bytes[at + 4..at + 8].copy_from_slice(&crc.to_le_bytes());
        }
    }
}
