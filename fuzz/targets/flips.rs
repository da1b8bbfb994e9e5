//! A map of flip probabilities of any bytes is imported or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_fuzz::file;
use sram_model::Profile;
use sram_model::import::flips::{FlipOptions, UnknownDirection, import_flips};

fuzz_target!(|bytes: &[u8]| {
    file("chip_8x8.csv", bytes, |path| {
        let options = FlipOptions {
            name: None,
            geometry: None,
            unit: sram_model::VoltageUnit::RelativeToVmin,
            vmin: None,
            unknown: UnknownDirection::Drawn { seed: 0 },
        };
        let files = [(path.to_owned(), "0.8".parse().expect("a voltage"))];
        if let Ok(bytes) = import_flips(&files, &options).map_err(drop).and_then(|(draft, _)| draft.encode().map_err(drop)) {
            Profile::from_bytes(bytes, "fuzz").expect("what was encoded is a profile");
        }
    });
});
