//! All targets in one program, so that what they are made of is compiled with instrumentation once. The variable
//! `SRAM_FUZZ_TARGET` says which of them gets the cases.
#![no_main]

mod checkpoint;
mod cifar;
mod flips;
mod hex;
mod idx;
mod images;
mod interchange;
mod journal;
mod log;
mod manifest;
mod march;
mod memory;
mod model;
mod powerup;
mod profile;
mod stored;
mod typed;
mod weights;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 18] = [
    ("checkpoint", checkpoint::run),
    ("cifar", cifar::run),
    ("flips", flips::run),
    ("hex", hex::run),
    ("idx", idx::run),
    ("images", images::run),
    ("interchange", interchange::run),
    ("journal", journal::run),
    ("log", log::run),
    ("manifest", manifest::run),
    ("march", march::run),
    ("memory", memory::run),
    ("model", model::run),
    ("powerup", powerup::run),
    ("profile", profile::run),
    ("stored", stored::run),
    ("typed", typed::run),
    ("weights", weights::run),
];

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("SRAM_FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| {
            panic!("SRAM_FUZZ_TARGET is `{name}`: expected {}", TARGETS.map(|(known, _)| known).join(", "))
        })
        .1
});

fuzz_target!(|bytes: &[u8]| CHOSEN(bytes));

/// Bytes as text, as far as they are some.
fn text(bytes: &[u8]) -> &str {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    std::str::from_utf8(&bytes[..valid]).unwrap_or_default()
}
