//! CSV of any bytes is imported or refused; what is imported comes back from a profile's CSV bit for bit.

use sram_fuzz::{bounded, file, profile, said, sound};
use sram_model::interchange::{CsvOptions, import_csv};

pub(crate) fn run(bytes: &[u8]) {
    bounded(bytes.len(), || {
        file("profile.csv", bytes, |path| {
            let import =
                |reads, anyway| said(import_csv(path, &CsvOptions { reads, anyway })).map(|(draft, _)| draft);
            let _ = import(Some(7), true).map(profile);
            let Some((anyway, _)) = import(None, true).and_then(profile) else { return };
            sound();
            if let Some(draft) = import(None, false) {
                assert!(draft.encode().expect("it is one anyway") == anyway);
            }
        });
    });
}
