//! A profile of any bytes answers or is refused; one that is sound comes back from its CSV as it was. Few bytes have the right
//! checksums, so each input is tried once more with these set right.

use sram_fuzz::{assert_same, bounded, said, sound, through_csv};
use sram_model::{Between, Profile, Voltage, VoltageUnit, summarise};

pub(crate) fn run(bytes: &[u8]) {
    bounded(bytes.len(), || {
        check(bytes);
        if let Some(mended) = mended(bytes).filter(|mended| mended != bytes) {
            check(&mended);
        }
    });
}

fn check(bytes: &[u8]) {
    let Some(profile) = said(Profile::from_bytes(bytes.to_vec(), "fuzz")) else { return };
    let mut sweep = profile.sweep();
    let mut is_sound = said(profile.critical_cells()).is_some();
    for voltage in profile.info().voltages() {
        let map = said(sweep.at(voltage, Between::NextLower));
        is_sound &= map.map(|map| summarise(&map)).is_some();
    }
    let (lowest, highest) = profile.range();
    let (low, high) = (lowest.voltage.get(), highest.voltage.get());
    for voltage in [(low + high) / 2.0, low / 2.0, high * 2.0] {
        let Some(voltage) = said(Voltage::new(voltage)) else { continue };
        for unit in [VoltageUnit::Volt, VoltageUnit::RelativeToVmin] {
            for between in [Between::NextLower, Between::Nearest] {
                let _ = said(profile.at(unit.of(voltage), between));
            }
        }
    }
    if !is_sound {
        return;
    }
    sound();
    let again = through_csv(&profile).encode().expect("a sound profile comes back from its CSV");
    let again_opened = Profile::from_bytes(again.clone(), "again").expect("what was written is a profile");
    assert_same(&again_opened, &profile);
    let canonical = through_csv(&again_opened).encode().expect("it comes back again");
    assert!(canonical == again, "equal drafts give equal bytes");
}

/// The file with its length and checksums set right, as far as its sections lie inside.
fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let len = bytes.len();
    let count = usize::from(u16::from_le_bytes(bytes.get(10..12)?.try_into().ok()?));
    let table = 32..32 + 24 * count;
    bytes.get(table.clone())?;
    let u64_at = |bytes: &[u8], at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?)).ok()
    };
    let section = |bytes: &[u8], at: usize| -> Option<std::ops::Range<usize>> {
        let (offset, len) = (u64_at(bytes, at + 8)?, u64_at(bytes, at + 16)?);
        let range = offset..offset.checked_add(len)?;
        bytes.get(range.clone()).map(|_| range)
    };
    let entries = || table.clone().step_by(24);
    let find = |bytes: &[u8], tag: &[u8]| {
        let at = entries().find(|&at| &bytes[at..at + 4] == tag)?;
        section(bytes, at)
    };
    let size = if bytes.windows(10).any(|text| text == b"\"critical\"") { 8 } else { 16 };
    if let (Some(blocks), Some(records)) = (find(&bytes, b"BLKS"), find(&bytes, b"RECS")) {
        for at in blocks.clone().step_by(24).filter(|at| at + 24 <= blocks.end) {
            let (first, count) = (u64_at(&bytes, at + 8)?, u64_at(&bytes, at + 16)?);
            let begin = first.checked_mul(size).and_then(|first| first.checked_add(records.start));
            let end = begin.zip(count.checked_mul(size)).and_then(|(begin, len)| begin.checked_add(len));
            let Some(records) = begin.zip(end).and_then(|(begin, end)| bytes.get(begin..end)) else {
                continue;
            };
            let sum = crc32fast::hash(records);
            bytes[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
        }
    }
    for at in entries() {
        let Some(range) = section(&bytes, at) else { continue };
        let sum = if &bytes[at..at + 4] == b"RECS" { 0 } else { crc32fast::hash(&bytes[range]) };
        bytes[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[table]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    bytes[16..24].copy_from_slice(&(len as u64).to_le_bytes());
    let sum = crc32fast::hash(&bytes[..28]);
    bytes[28..32].copy_from_slice(&sum.to_le_bytes());
    Some(bytes)
}
