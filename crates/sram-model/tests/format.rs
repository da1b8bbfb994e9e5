//! Profile files: what is refused, and what need not be read.

use std::collections::BTreeSet;

use flip_core::FaultKind;
use sram_model::{
    Between, CellFault, Content, CriticalCell, DraftError, FlipProbability, Floorplan, Geometry, Profile,
    ProfileDraft, ProfileError, Provenance, Voltage, VoltageUnit,
};

fn volts(units: f64) -> Voltage {
    Voltage::new(units).unwrap()
}

fn fault(cell: u64, p01: f32, p10: f32) -> CellFault {
    CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() }
}

fn draft(content: Content) -> ProfileDraft {
    ProfileDraft {
        name: "test chip".to_owned(),
        unit: VoltageUnit::Volt,
        geometry: Geometry::new(2, 8, 4).unwrap(),
        floorplan: Some(Floorplan::grid(2, 2)),
        vmin: Some(volts(0.62)),
        measured: None,
        content,
        provenance: Provenance::new("a test"),
    }
}

/// Three levels; cell 3 recovers at 0.58 and cell 9 changes.
fn levels() -> Vec<(Voltage, Vec<CellFault>)> {
    vec![
        (volts(0.6), vec![fault(9, 0.5, 0.0), fault(3, 1.0, 0.0)]),
        (volts(0.58), vec![fault(9, 0.75, 0.0)]),
        (volts(0.55), vec![fault(0, 0.0, 1.0), fault(9, 1.0, 0.0), fault(63, 0.25, 0.125)]),
    ]
}

fn measured() -> Vec<u8> {
    draft(Content::Measured(levels())).encode().unwrap()
}

fn critical() -> Vec<u8> {
    let cell = |cell, critical, kind| CriticalCell { cell, critical: volts(critical), kind };
    let cells = vec![
        cell(40, 0.57, FaultKind::ReadsOne),
        cell(5, 0.59, FaultKind::ReadsZero),
        cell(41, 0.549, FaultKind::Inverts),
    ];
    let voltages = vec![volts(0.6), volts(0.55)];
    draft(Content::Critical { voltages, read_noise: 0.002, flip_floor: 0.001, cells }).encode().unwrap()
}

fn faults(profile: &Profile, voltage: f64) -> Vec<CellFault> {
    profile.at(volts(voltage), Between::NextLower).unwrap().faults().to_vec()
}

#[test]
fn every_measured_map_comes_back_even_if_they_do_not_nest() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    // A sweep gives the same, down, up and twice.
    let mut sweep = profile.sweep();
    for level in [0, 1, 2, 2, 0, 1] {
        let voltage = levels()[level].0;
        let map = sweep.at(voltage, Between::NextLower).unwrap();
        assert_eq!(map, profile.at(voltage, Between::NextLower).unwrap());
    }
    for (voltage, mut expected) in levels() {
        expected.sort_by_key(|fault| fault.cell);
        assert_eq!(faults(&profile, voltage.get()), expected);
    }
    assert_eq!(profile.floorplan().unwrap().sites(), [(0, 0), (1, 0)]);
    assert_eq!(profile.info().vmin, Some(volts(0.62)));
}

#[test]
fn between_profiled_voltages_the_next_lower_map_answers_unless_the_nearest_is_asked_for() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    let answer = |voltage, between| profile.at(volts(voltage), between).unwrap().voltage().get();
    assert_eq!(answer(0.599, Between::NextLower), 0.58);
    assert_eq!(answer(0.599, Between::Nearest), 0.6);
    assert_eq!(answer(0.59, Between::Nearest), 0.58);
    assert_eq!(answer(0.551, Between::Nearest), 0.55);
    assert_eq!(answer(0.58, Between::Nearest), 0.58);
}

#[test]
fn outside_its_range_a_profile_refuses_and_says_the_range() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    for voltage in [0.549, 0.601] {
        let error = profile.at(volts(voltage), Between::NextLower).unwrap_err();
        assert!(matches!(error, ProfileError::OutOfRange { .. }));
        assert!(error.to_string().contains("0.55 to 0.6 V"), "{error}");
    }
}

#[test]
fn critical_voltages_flip_by_their_margin_over_the_read_noise() {
    let profile = Profile::from_bytes(critical(), "test").unwrap();
    // Margins in units of read noise at 0.57 V: cell 5 +10, cell 40 0, cell 41 −10.5.
    assert_eq!(faults(&profile, 0.57), [fault(5, 0.0, 1.0), fault(40, 0.5, 0.0)]);
    let low = faults(&profile, 0.55);
    assert_eq!(low.iter().map(|fault| fault.cell).collect::<Vec<_>>(), [5, 40, 41]);
    // Φ(−0.5) in both directions.
    assert!((low[2].flip.p01() - 0.308_54).abs() < 1e-4 && low[2].flip.p01() == low[2].flip.p10());
    assert!(faults(&profile, 0.6).is_empty());
}

#[test]
fn opening_reads_no_records() {
    let mut bytes = measured();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    let profile = Profile::from_bytes(bytes, "test").unwrap();
    assert_eq!(faults(&profile, 0.6).len(), 2, "the damaged block is another one");
    let error = profile.at(volts(0.55), Between::NextLower).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("checksum of a record block") && source.contains("at byte"), "{source}");
}

#[test]
fn a_profile_of_2_to_the_30_cells_opens_and_answers() {
    let geometry = Geometry::new(1 << 15, 512, 64).unwrap();
    let faults: Vec<CellFault> = (0..1000).map(|i| fault(i * 1_073_741, 1.0, 0.0)).collect();
    let content = Content::Measured(vec![(volts(0.6), faults.clone())]);
    let bytes = ProfileDraft { geometry, floorplan: None, ..draft(content) }.encode().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.sfp");
    std::fs::write(&path, &bytes).unwrap();
    let profile = Profile::open(&path).unwrap();
    assert_eq!(profile.info().geometry.cells(), 1 << 30);
    assert_eq!(profile.at(volts(0.6), Between::NextLower).unwrap().faults(), faults);
}

/// Everything a reader can ask, so that damage anywhere is met.
fn ask_all(bytes: Vec<u8>) -> Result<(), ProfileError> {
    let profile = Profile::from_bytes(bytes, "test")?;
    for voltage in profile.info().voltages.clone() {
        profile.at(voltage, Between::NextLower)?;
    }
    profile.critical_cells()?;
    Ok(())
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

/// Rewrites checksums after a change, to get past them.
fn mend(bytes: &mut [u8]) {
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
fn mend_blocks(bytes: &mut [u8]) {
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

#[test]
fn a_file_of_another_kind_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.sfp");
    std::fs::write(&path, [b'x'; 100]).unwrap();
    let error = Profile::open(&path).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        error.to_string().contains("weights.sfp") && source.contains("magic number"),
        "{error}: {source}"
    );
    assert!(matches!(Profile::open(folder.path()), Err(ProfileError::Read { .. })), "a folder");
    assert!(matches!(Profile::open(&folder.path().join("none")), Err(ProfileError::Read { .. })));
    std::fs::write(&path, []).unwrap();
    assert!(matches!(Profile::open(&path), Err(ProfileError::Format { .. })), "an empty file");
}

#[test]
fn drafts_that_make_no_sense_are_refused() {
    let refused = |content| draft(content).encode().unwrap_err();
    assert_eq!(refused(Content::Measured(vec![])), DraftError::NoVoltage);
    let twice = vec![(volts(0.6), vec![]), (volts(0.6), vec![])];
    assert!(matches!(refused(Content::Measured(twice)), DraftError::VoltageOrder { .. }));
    let outside = vec![(volts(0.6), vec![fault(64, 1.0, 0.0)])];
    assert_eq!(refused(Content::Measured(outside)), DraftError::CellOutside { cell: 64, cells: 64 });
    let doubled = vec![(volts(0.6), vec![fault(7, 1.0, 0.0), fault(7, 0.5, 0.0)])];
    assert_eq!(refused(Content::Measured(doubled)), DraftError::CellTwice { cell: 7 });
    let plan = ProfileDraft { floorplan: Some(Floorplan::grid(3, 3)), ..draft(Content::Measured(levels())) };
    assert!(matches!(plan.encode(), Err(DraftError::Floorplan { found: 3, banks: 2 })));
}

/// The profile with these bytes of its JSON exchanged for others of the same length, checksums mended.
fn with_info(good: &[u8], from: &str, to: &str) -> Result<Profile, ProfileError> {
    let mut bytes = good.to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    mend(&mut bytes);
    Profile::from_bytes(bytes, "test")
}

#[test]
fn what_a_writer_refuses_of_vmin_the_reader_refuses_too() {
    let relative =
        ProfileDraft { unit: VoltageUnit::RelativeToVmin, vmin: None, ..draft(Content::Measured(levels())) };
    let other = ProfileDraft { vmin: Some(volts(0.9)), ..relative.clone() };
    assert_eq!(other.encode(), Err(DraftError::RelativeVmin { vmin: volts(0.9) }));
    let relative = relative.encode().unwrap();
    assert_eq!(Profile::from_bytes(relative.clone(), "test").unwrap().info().vmin, Some(volts(1.0)));
    let message = |found: Result<Profile, ProfileError>| {
        std::error::Error::source(&found.unwrap_err()).unwrap().to_string()
    };
    let said = message(with_info(&relative, r#""vmin":1.0"#, r#""vmin":0.9"#));
    assert!(said.contains("Vmin is 0.9, but voltages relative to Vmin make it 1"), "{said}");

    // Of critical voltages a block bounds from below only, so that a record above Vmin shows when it is read.
    let said = message(with_info(&measured(), r#""vmin":0.62"#, r#""vmin":0.57"#));
    assert!(said.contains("Vmin is 0.57, but cells fail at 0.6"), "{said}");
    let opened = with_info(&critical(), r#""vmin":0.62"#, r#""vmin":0.59"#).unwrap();
    let said = std::error::Error::source(&opened.critical_cells().unwrap_err()).unwrap().to_string();
    assert!(said.contains("critical voltage 0.59, not below Vmin, which is 0.59"), "{said}");
}

#[test]
fn a_file_that_is_cut_short_while_it_is_in_use_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinking.sfp");
    for good in [measured(), critical()] {
        for keep in [0, 32, good.len() as u64 - 8] {
            std::fs::write(&path, &good).unwrap();
            let profile = Profile::open(&path).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_len(keep).unwrap();
            let error = profile.at(volts(0.55), Between::NextLower).unwrap_err();
            assert!(
                matches!(error, ProfileError::Changed { len, .. } if len == good.len() as u64),
                "{error}"
            );
            assert!(error.to_string().contains("shrinking.sfp was changed"), "{error}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_profile_comes_through_a_pipe_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, measured()).unwrap()
    });
    let profile = Profile::open(&path).unwrap();
    writer.join().unwrap();
    assert_eq!(profile.at(volts(0.6), Between::NextLower).unwrap().faults().len(), 2);
    // An endless file that is no profile is given up at its first bytes.
    let error = Profile::open(std::path::Path::new("/dev/zero")).unwrap_err();
    assert!(matches!(error, ProfileError::Format { .. }), "{error}");
}

#[test]
fn a_vmin_is_that_of_the_profile_or_one_above_all_faults() {
    let faults = vec![CellFault { cell: 3, flip: FlipProbability::new(1.0, 0.0).unwrap() }];
    let levels = vec![(volts(0.6), Vec::new()), (volts(0.58), faults.clone()), (volts(0.5), faults)];
    let profile = |vmin| {
        let draft = ProfileDraft { vmin, ..draft(Content::Measured(levels.clone())) };
        Profile::from_bytes(draft.encode().unwrap(), "test").unwrap()
    };
    let (known, unknown) = (profile(Some(volts(0.6))), profile(None));
    assert_eq!(unknown.vmin_or(None).unwrap(), None);
    for given in [None, Some(volts(0.6))] {
        assert_eq!(known.vmin_or(given).unwrap(), Some(volts(0.6)));
    }
    let said = known.vmin_or(Some(volts(0.7))).unwrap_err().to_string();
    assert!(said.contains("test knows that Vmin is 0.6 V"), "{said}");
    assert_eq!(unknown.vmin_or(Some(volts(0.59))).unwrap(), Some(volts(0.59)));
    for given in [0.58, 0.55, 0.3] {
        let said = unknown.vmin_or(Some(volts(given))).unwrap_err().to_string();
        assert!(said.contains("expected more than 0.58 V, where cells of test fail"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn of_a_pipe_no_more_is_read_than_its_header_says() {
    use std::io::Write;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let magic = measured()[..8].to_vec();
    for begin in [magic, measured()] {
        let writer = std::thread::spawn({
            let path = path.clone();
            move || {
                let mut pipe = std::fs::File::options().write(true).open(path).unwrap();
                let _ = pipe.write_all(&begin);
                // Without end, until nobody reads any more.
                (0..1 << 20).take_while(|_| pipe.write_all(&[0; 4096]).is_ok()).count()
            }
        });
        let error = Profile::open(&path).unwrap_err();
        assert!(matches!(error, ProfileError::Format { .. }), "{error}");
        assert!(writer.join().unwrap() < 100, "what nobody needs was read");
    }
}

/// The blocks of a file follow the voltages that it was made for, and say nothing about the chip.
#[test]
fn the_same_cells_in_other_blocks_give_the_same_map() {
    let cells: Vec<CriticalCell> = (0..64)
        .map(|cell| CriticalCell {
            cell,
            critical: volts(0.5 + 0.001 * cell as f64),
            kind: FaultKind::ReadsOne,
        })
        .collect();
    for (read_noise, flip_floor) in [(0.004, 0.0), (0.004, 1e-20), (0.004, 1e-9), (0.001, 0.001), (0.0, 0.0)]
    {
        let with_blocks_of = |voltages: &[f64]| {
            let voltages = voltages.iter().map(|&voltage| volts(voltage)).collect();
            let content = Content::Critical { voltages, read_noise, flip_floor, cells: cells.clone() };
            Profile::from_bytes(draft(content).encode().unwrap(), "test").unwrap()
        };
        let coarse = with_blocks_of(&[0.61, 0.5]);
        let fine = with_blocks_of(&[0.61, 0.6, 0.58, 0.57, 0.565, 0.56, 0.55, 0.54, 0.53, 0.52, 0.51, 0.5]);
        let one = with_blocks_of(&[4.0, 0.5]);
        for micro in (500_000..610_000).step_by(500) {
            let at = |profile: &Profile| {
                profile.at(Voltage::from_micro(micro).unwrap(), Between::NextLower).unwrap()
            };
            assert_eq!(at(&coarse), at(&fine), "floor {flip_floor}, noise {read_noise} at {micro}");
            assert_eq!(at(&coarse), at(&one), "floor {flip_floor}, noise {read_noise} at {micro}");
        }
    }
}
