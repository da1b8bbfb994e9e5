//! What is typed — voltages, rates, sizes, digests, data, globs, schemes — is understood or refused, and comes back from its own
//! text; so are names of files of dumps.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use campaign::Digest;
use flip_core::Rate;
use nn_bridge::data::DataSource;
use nn_bridge::{NameGlob, SchemeName};
use sram_fuzz::{bounded, folder, said, sound};
use sram_model::import::hex::{HexOptions, import_hex};
use sram_model::{Geometry, QuantifiedVoltage, Voltage, VoltageUnit};

pub(crate) fn run(bytes: &[u8]) {
    let text = crate::text(bytes);
    bounded(text.len(), || {
        back::<Voltage>(text);
        back::<VoltageUnit>(text);
        back::<QuantifiedVoltage>(text);
        back::<Rate>(text);
        back::<Geometry>(text);
        back::<Digest>(text);
        back::<DataSource>(text);
        back::<SchemeName>(text);
        if let Some(glob) = said(text.parse::<NameGlob>()) {
            let _ = ["", "features.0.weight", text].map(|name| glob.matches(name));
            assert_eq!(glob.to_string(), text);
        }
        dump_of(text);
    });
}

fn back<T: FromStr<Err: Error> + Display + Debug + PartialEq>(text: &str) {
    let Some(value) = said(text.parse::<T>()) else { return };
    sound();
    assert_eq!(said(value.to_string().parse::<T>()), Some(value));
}

/// A dump whose file has this name.
fn dump_of(name: &str) {
    if name.len() > 200 || name.is_empty() || name.contains(['/', '\0']) {
        return;
    }
    let options = HexOptions { rows: 2, ..HexOptions::default() };
    let imported = folder([(&*format!("{name}.hex"), &b"ffff\nfffe\n"[..])], |folder| {
        said(import_hex(folder, &options))
    });
    if imported.is_some() {
        sound();
    }
}
