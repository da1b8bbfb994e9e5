//! Maps of flip probabilities of any bytes are imported or refused. The first byte chooses what is done with cells without a
//! direction, whether the size is given, and whether there is one map or several, parted by a byte 0, which arrays may have.

use std::path::PathBuf;

use sram_fuzz::{bounded, folder, profile, said, sound};
use sram_model::import::flips::{FlipOptions, UnknownDirection, import_flips};
use sram_model::{Between, Geometry, Voltage, VoltageUnit};

const NAMES: [&str; 3] = ["chip_8x8.csv", "lower_8x8.csv", "lowest.csv"];

pub(crate) fn run(bytes: &[u8]) {
    let Some((&choice, maps)) = bytes.split_first() else { return };
    let options = FlipOptions {
        name: None,
        geometry: (choice & 4 != 0).then(|| Geometry::new(2, 64, 16).expect("a size")),
        unit: if choice & 8 == 0 { VoltageUnit::Volt } else { VoltageUnit::RelativeToVmin },
        vmin: None,
        unknown: match choice & 3 {
            0 => UnknownDirection::Drawn { seed: 0 },
            1 => UnknownDirection::ReadsOne,
            2 => UnknownDirection::ReadsZero,
            _ => UnknownDirection::Inverts,
        },
        reads: (choice & 16 != 0).then_some(7),
        axes: (choice & 64 != 0).then(|| "reads,rows,columns".parse().expect("axes")),
        array: None,
        anyway: true,
    };
    let most = if choice & 32 == 0 { 3 } else { 1 };
    let files: Vec<(&str, &[u8])> = NAMES.into_iter().zip(maps.splitn(most, |&byte| byte == 0)).collect();
    let voltage = |number: u32| Voltage::from_micro(800_000 - 100_000 * number).expect("a voltage");
    bounded(bytes.len(), || {
        folder(files.iter().copied(), |folder| {
            let paths: Vec<(PathBuf, Voltage)> =
                files.iter().zip(0..).map(|((name, _), n)| (folder.join(name), voltage(n))).collect();
            let Some((draft, report)) = said(import_flips(&paths, &options)) else { return };
            let Some((bytes, profile)) = profile(draft) else { return };
            sound();
            for map in report.maps {
                let faults = profile.at(options.unit.of(map.voltage), Between::NextLower).expect("a map");
                assert_eq!(faults.faults().len() as u64, map.faulty_cells);
            }
            let strict = said(import_flips(&paths, &FlipOptions { anyway: false, ..options.clone() }));
            if let Some((draft, _)) = strict {
                assert!(draft.encode().expect("it is one anyway") == bytes);
            }
        });
    });
}
