//! Fail logs of testers: exactly the cells that failed, from all forms and dialects, or a refusal.

mod addresses;
mod any_text;
mod cases;
mod forms;
mod reads;
mod refusals;

use std::path::PathBuf;

use sram_model::import::ImportError;
use sram_model::import::log::{LogOptions, LogReport, import_log};
use sram_model::{Between, Profile, ProfileDraft, Voltage};

/// A fault: voltage, bank, row, column, `p_0to1`, `p_1to0`.
type Fault = (String, u32, u32, u32, f32, f32);

fn import_files(
    files: &[(&str, Option<&str>, &str)],
    options: &LogOptions,
) -> Result<(ProfileDraft, LogReport), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, voltage, text): &(&str, Option<&str>, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (path, voltage.map(|voltage| voltage.parse::<Voltage>().unwrap()))
    };
    let files: Vec<(PathBuf, Option<Voltage>)> = files.iter().map(write).collect();
    import_log(&files, options)
}

fn import(text: &str, options: &LogOptions) -> Result<(ProfileDraft, LogReport), ImportError> {
    import_files(&[("log.csv", None, text)], options)
}

/// The faults of a draft, highest voltage first, by the order of cells.
fn faults_of(draft: ProfileDraft) -> Vec<Fault> {
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    let maps = profile.info().voltages().map(|voltage| profile.at(voltage, Between::NextLower).unwrap());
    let of_map = |map: sram_model::FaultMap| -> Vec<Fault> {
        let fault = |fault: &sram_model::CellFault| {
            let at = map.geometry().address(fault.cell);
            let voltage = map.voltage().voltage.to_string();
            (voltage, at.bank, at.row, at.column, fault.flip.p01(), fault.flip.p10())
        };
        map.faults().iter().map(fault).collect()
    };
    maps.flat_map(of_map).collect()
}

fn faults(text: &str, options: &LogOptions) -> Vec<Fault> {
    match import(text, options) {
        Ok((draft, _)) => faults_of(draft),
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// What a refusal says.
fn refused(text: &str, options: &LogOptions) -> String {
    match import(text, options) {
        Ok(_) => panic!("not refused:\n{text}"),
        Err(error) => error.to_string(),
    }
}

/// A fault at 0.6 V of bank 0.
fn at(row: u32, column: u32, p01: f32, p10: f32) -> Fault {
    ("0.6".to_owned(), 0, row, column, p01, p10)
}
