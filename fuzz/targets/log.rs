//! Logs of fails of any bytes are imported or refused; what is imported comes back from a log of flip probabilities.
//!
//! The first three bytes are options: flags, further flags, a number of reads. What follows are up to two logs, parted by a byte 0.

use std::fmt::Write;
use std::path::PathBuf;

use sram_fuzz::{bounded, folder, profile, said, sound};
use sram_model::import::log::{AddressUnit, LogOptions, Radix, import_log};
use sram_model::{Between, Geometry, Profile, Voltage, VoltageUnit};

const NAMES: [&str; 2] = ["chip_16x16.csv", "more.log"];
/// Faults that are written again.
const MOST_FAULTS: usize = 1 << 12;

pub(crate) fn run(bytes: &[u8]) {
    let Some((&[flags, more, reads], logs)) = bytes.split_first_chunk() else { return };
    let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let radix = |bits: u8| match bits & 3 {
        1 => Some(Radix::Hex),
        2 => Some(Radix::Decimal),
        3 => Some(Radix::Binary),
        _ => None,
    };
    let options = LogOptions {
        name: None,
        geometry: (flags & 1 != 0).then(|| Geometry::new(2, 8, 16).expect("a size")),
        unit: (flags & 2 != 0).then_some(VoltageUnit::Volt),
        vmin: None,
        columns: (flags & 4 != 0).then(|| texts(&["voltage", "address", "expected", "actual"])),
        ignore: if flags & 8 == 0 { Vec::new() } else { texts(&["comment"]) },
        radix: radix(more),
        address_radix: radix(more >> 2),
        word_bits: (flags & 16 != 0).then_some(8),
        interleave: flags & 32 != 0,
        scramble: if flags & 64 == 0 { Default::default() } else { "xor:0x1".parse().expect("a mask") },
        address_unit: if flags & 128 == 0 { AddressUnit::Words } else { AddressUnit::Bytes },
        reads: (more & 16 != 0).then_some(reads.into()),
        anyway: true,
    };
    let voltage: Option<Voltage> = (more & 32 != 0).then(|| "0.61".parse().expect("a voltage"));
    let files: Vec<(&str, &[u8])> = NAMES.into_iter().zip(logs.splitn(2, |&byte| byte == 0)).collect();
    bounded(logs.len(), || {
        folder(files.iter().copied(), |folder| {
            let paths: Vec<(PathBuf, Option<Voltage>)> =
                files.iter().map(|(name, _)| (folder.join(name), voltage)).collect();
            let Some((draft, report)) = said(import_log(&paths, &options)) else { return };
            let Some((bytes, profile)) = profile(draft) else { return };
            sound();
            assert!(report.doubts().iter().all(|doubt| !doubt.is_empty()));
            let careful = LogOptions { anyway: false, ..options.clone() };
            if let Some((draft, _)) = said(import_log(&paths, &careful)) {
                assert!(draft.encode().expect("it is one anyway") == bytes);
            }
            for level in &report.levels {
                let map =
                    profile.at(profile.info().unit.of(level.voltage), Between::NextLower).expect("a map");
                assert_eq!(level.faulty_cells, map.faults().len() as u64);
            }
            log_again(&profile);
        });
    });
}

/// Writes the faults as a log of flip probabilities, and reads it back.
fn log_again(profile: &Profile) {
    let (info, mut sweep) = (profile.info(), profile.sweep());
    let geometry = info.geometry;
    let listed: Vec<String> = info.voltages().map(|known| known.voltage.to_string()).collect();
    let mut text =
        format!("# geometry: {geometry}\n# unit: {}\n# voltages: {}\n", info.unit, listed.join(","));
    text += "voltage,bank,row,column,p_0to1,p_1to0\n";
    let mut levels = Vec::new();
    for known in info.voltages() {
        let faults = sweep.at(known, Between::NextLower).expect("a map").faults().to_vec();
        if faults.len() > MOST_FAULTS {
            return;
        }
        for fault in &faults {
            let (at, up, down) = (geometry.address(fault.cell), fault.flip.p01(), fault.flip.p10());
            writeln!(text, "{},{},{},{},{up},{down}", known.voltage, at.bank, at.row, at.column)
                .expect("a text takes it");
        }
        levels.push((known, faults));
    }
    let options = LogOptions { anyway: true, ..LogOptions::default() };
    let read = folder([("log.csv", text.as_bytes())], |folder| {
        import_log(&[(folder.join("log.csv"), None)], &options).expect("what was written is read").0
    });
    let again =
        Profile::from_bytes(read.encode().expect("and makes a profile"), "again").expect("a sound one");
    for (known, faults) in levels {
        assert_eq!(again.at(known, Between::NextLower).expect("a map").faults(), faults, "at {known}");
    }
}
