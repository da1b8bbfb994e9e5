//! Tables of dumps of any bytes list the dumps of a folder or are refused; what is imported by one is imported without it, too, where
//! it says nothing but voltages. The first byte says whether the dumps are of power-up states.

use std::path::Path;

use sram_fuzz::{bounded, file, folder, profile, said, sound};
use sram_model::import::hex::{HexOptions, Pattern, import_hex, import_powerup};
use sram_model::{Between, Profile, Voltage};

/// What lies in the folder: dumps, and what is none.
const FILES: [(&str, &[u8]); 4] = [
    ("a.hex", b"ffff\nfffe\nffff\n7fff\n"),
    ("b.hex", b"ffff\nfffc\nffff\n7fff\n"),
    ("c.txt", b"ffff\nfffe\nfffd\n3fff\n"),
    ("notes.md", b"# Of one chip\n"),
];

pub(crate) fn run(bytes: &[u8]) {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    bounded(bytes.len(), || {
        file("dumps.csv", bytes, |manifest| {
            folder(FILES, |folder| {
                let options = HexOptions {
                    rows: 2,
                    manifest: Some(manifest.to_owned()),
                    anyway: true,
                    ..HexOptions::default()
                };
                if kind == b'p' {
                    let draft = said(import_powerup(folder, &options)).map(|(draft, _)| draft);
                    if draft.and_then(profile).is_some() {
                        sound();
                    }
                } else {
                    written(folder, &options);
                }
            });
        });
    });
}

fn written(folder: &Path, options: &HexOptions) {
    let Some((draft, report)) = said(import_hex(folder, options)) else { return };
    let Some((_, profile)) = profile(draft) else { return };
    sound();
    let listed: Vec<(String, Voltage)> =
        report.dumps.iter().map(|dump| (dump.file.clone(), dump.voltage)).collect();
    let is_plain = report.dumps.iter().all(|dump| dump.written == Pattern::Ones) && report.series.is_empty();
    if !is_plain || listed.len() + 1 < FILES.len() {
        return;
    }
    let told = HexOptions { manifest: None, voltages: listed, ..options.clone() };
    let draft = import_hex(folder, &told).expect("the same without a manifest").0;
    let again = Profile::from_bytes(draft.encode().expect("it is a profile"), "again").expect("a sound one");
    for voltage in profile.info().voltages() {
        let [one, other] = [&profile, &again].map(|of| of.at(voltage, Between::NextLower).expect("a map"));
        assert_eq!(one, other, "at {voltage}");
    }
}
