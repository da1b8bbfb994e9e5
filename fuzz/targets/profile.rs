//! A profile of any bytes answers or is refused; one that is sound comes back through CSV as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_fuzz::file;
use sram_model::interchange::{export_csv, import_csv};
use sram_model::{Between, Profile, summarise};

fuzz_target!(|bytes: &[u8]| {
    let Ok(profile) = Profile::from_bytes(bytes.to_vec(), "fuzz") else { return };
    let mut sound = true;
    for &voltage in profile.info().voltages.iter().take(8) {
        match profile.at(voltage, Between::NextLower) {
            Ok(map) => drop(summarise(&profile, &map, None)),
            Err(_) => sound = false,
        }
    }
    let mut text = Vec::new();
    if export_csv(&profile, &mut text).is_err() || !sound {
        return;
    }
    let again = file("profile.csv", &text, import_csv).expect("what was exported is imported");
    let again = Profile::from_bytes(again.encode().expect("and makes a profile"), "again").expect("a sound one");
    assert_eq!(again.info(), profile.info());
    for &voltage in &profile.info().voltages {
        let maps = [&profile, &again].map(|profile| profile.at(voltage, Between::NextLower).ok());
        assert_eq!(maps[0], maps[1]);
    }
});
