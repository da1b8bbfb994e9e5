//! Damaged and hostile bytes.

use std::collections::BTreeSet;

use flip_core::FaultKind;
use sram_model::{Between, Content, CriticalCell, CriticalContent, Profile, ProfileError};

use crate::made::{at, critical, draft, faults, measured, volts};
use crate::mend::mend;

/// Everything a reader can ask, so that damage anywhere is met.
fn ask_all(bytes: Vec<u8>) -> Result<(), ProfileError> {
    let profile = Profile::from_bytes(bytes, "test")?;
    for voltage in profile.info().voltages() {
        profile.at(voltage, Between::NextLower)?;
    }
    profile.critical_cells()?;
    Ok(())
}

#[test]
fn opening_reads_no_records() {
    let mut bytes = measured();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    let profile = Profile::from_bytes(bytes, "test").unwrap();
    assert_eq!(faults(&profile, 0.6).len(), 2, "the damaged block is another one");
    let error = profile.at(at(0.55), Between::NextLower).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("checksum of a record block") && source.contains("at byte"), "{source}");
}

#[test]
fn a_sweep_goes_on_above_a_damaged_block() {
    let cell = |cell, critical| CriticalCell { cell, critical: volts(critical), kind: FaultKind::ReadsOne };
    // Of three blocks the last is damaged; in the others cells do not ascend from one to the next.
    let content = CriticalContent {
        voltages: vec![volts(0.6), volts(0.57), volts(0.55), volts(0.53)],
        read_noise: 0.0,
        flip_floor: 0.001,
        cells: vec![cell(40, 0.58), cell(5, 0.56), cell(41, 0.54)],
    };
    let mut bytes = draft(Content::Critical(content)).encode().unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    let profile = Profile::from_bytes(bytes, "test").unwrap();
    let mut sweep = profile.sweep();
    for _ in 0..2 {
        assert!(sweep.at(at(0.53), Between::NextLower).is_err());
        let map = sweep.at(at(0.555), Between::NextLower).unwrap();
        assert_eq!(map.faults().iter().map(|fault| fault.cell).collect::<Vec<_>>(), [5, 40]);
    }
}

#[test]
fn damage_to_any_byte_is_an_error_unless_the_byte_is_padding() {
    for good in [measured(), critical()] {
        ask_all(good.clone()).unwrap();
        let mut harmless = BTreeSet::new();
        for position in 0..good.len() {
            let mut bytes = good.clone();
            bytes[position] ^= 0x10;
            if ask_all(bytes).is_ok() {
                harmless.insert(position);
            }
        }
        // Up to 7 padding bytes after each of the sections.
        assert!(harmless.iter().all(|&i| good[i] == 0) && harmless.len() <= 21, "{harmless:?}");
    }
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    for good in [measured(), critical()] {
        for len in 0..good.len() {
            let error = Profile::from_bytes(good[..len].to_vec(), "test").unwrap_err();
            assert!(matches!(error, ProfileError::Format { .. }), "{error}");
        }
    }
}

/// A change of one byte of the records, checksums mended: what the reader makes of it.
fn with_record_byte(good: &[u8], from_end: usize, change: u8) -> Result<(), ProfileError> {
    let mut bytes = good.to_vec();
    let at = bytes.len() - from_end;
    bytes[at] ^= change;
    mend(&mut bytes);
    ask_all(bytes)
}

#[test]
fn records_that_do_not_fit_their_block_are_refused() {
    // The last record is cell 41 at 0.549 V, in a block of its own; cell and voltage begin at bytes 3 and 0.
    let good = critical();
    let message = |from_end, change| {
        let error = with_record_byte(&good, from_end, change).unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    assert!(message(8 - 2, 0x04).contains("in a block of others"), "a voltage above its block");
    assert!(message(8 - 3, 0x29 ^ 0x28).contains("cell 40 in two blocks"));
    assert!(message(8 - 3, 0x29 ^ 0x41).contains("below 64"));
    assert!(message(8, 3).contains("kind 0"));
}

#[test]
fn hostile_files_with_sound_checksums_never_panic() {
    for good in [measured(), critical()] {
        for position in 0..good.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[position] ^= change;
                mend(&mut bytes);
                let _ = ask_all(bytes);
            }
        }
    }
}
