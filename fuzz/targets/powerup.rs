//! Dumps of power-up states of any bytes are imported or refused; each cell of what is imported comes up as something.
//!
//! The first three bytes are options: flags, bits of a word, rows of a bank. What follows are up to three dumps, parted by a byte 0.

use sram_fuzz::dumps::{NAMES, options};
use sram_fuzz::{folder, profile, said, sound, within};
use sram_model::Between;
use sram_model::import::hex::{HexOptions, import_powerup};

/// Each cell is a fault, so each bit of a file takes some bytes, and as much once more when it is written.
const BYTES_OF_A_BIT: usize = 1 << 10;

pub(crate) fn run(bytes: &[u8]) {
    let Some((&[flags, bits, rows], dumps)) = bytes.split_first_chunk() else { return };
    let options = HexOptions { anyway: true, ..options([flags, bits, rows]) };
    let files = NAMES.into_iter().zip(dumps.splitn(3, |&byte| byte == 0));
    within((16 << 20) + 8 * BYTES_OF_A_BIT * dumps.len(), || {
        folder(files, |folder| {
            let Some((draft, report)) = said(import_powerup(folder, &options)) else { return };
            let Some((bytes, profile)) = profile(draft) else { return };
            sound();
            let careful = HexOptions { anyway: false, ..options.clone() };
            if let Some((draft, _)) = said(import_powerup(folder, &careful)) {
                assert!(draft.encode().expect("it is one anyway") == bytes);
            }
            let cells = profile.info().geometry.cells();
            for condition in &report.conditions {
                let map =
                    profile.at(profile.info().unit.of(condition.voltage), Between::NextLower).expect("a map");
                assert_eq!(map.faults().len() as u64, cells, "each cell is a fault");
                let ones: f64 = map.faults().iter().map(|fault| f64::from(fault.flip.p01())).sum();
                assert!((ones / cells as f64 - condition.ones).abs() < 1e-6, "{condition}");
                let shares =
                    [Some(condition.ones), condition.distance, condition.min_entropy, condition.from_first];
                assert!(
                    shares.into_iter().flatten().all(|share| (0.0..=1.0).contains(&share)),
                    "{condition:?}"
                );
            }
        });
    });
}
