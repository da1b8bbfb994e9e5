//! CSV of any bytes is imported or refused; what is imported makes a profile or says why not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_fuzz::file;
use sram_model::Profile;
use sram_model::interchange::import_csv;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(bytes) = file("profile.csv", bytes, import_csv).and_then(|draft| draft.encode().map_err(drop)) {
        Profile::from_bytes(bytes, "fuzz").expect("what was encoded is a profile");
    }
});
