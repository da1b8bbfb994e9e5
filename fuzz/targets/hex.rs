//! A dump of any bytes is imported or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_fuzz::file;
use sram_model::Profile;
use sram_model::import::hex::{HexOptions, import_hex};

fuzz_target!(|bytes: &[u8]| {
    file("chip-0.6V.hex", bytes, |path| {
        let options = HexOptions { rows: 4, ..HexOptions::default() };
        let folder = path.parent().expect("a file has a folder");
        if let Ok(bytes) = import_hex(folder, &options).map_err(drop).and_then(|(draft, _)| draft.encode().map_err(drop)) {
            Profile::from_bytes(bytes, "fuzz").expect("what was encoded is a profile");
        }
    });
});
