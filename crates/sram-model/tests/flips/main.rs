//! Maps of cells in all forms: exactly the cells that fail, or a refusal that names the place.

mod any_bytes;
mod arrays;
mod cases;
mod forms;
mod refusals;

use std::io::Write;
use std::path::PathBuf;

use sram_model::import::ImportError;
use sram_model::import::flips::{FlipOptions, FlipReport, UnknownDirection, import_flips};
use sram_model::{Content, Geometry, ProfileDraft, Voltage, VoltageUnit};

/// A faulty cell: its number, `p_0to1`, `p_1to0`.
type Fault = (u64, f32, f32);

/// Options by which cells without a direction fail from 0 to 1, and nothing is told of the chip.
fn options() -> FlipOptions {
    FlipOptions {
        name: None,
        geometry: None,
        unit: VoltageUnit::Volt,
        vmin: None,
        unknown: UnknownDirection::ReadsOne,
        reads: None,
        axes: None,
        array: None,
        anyway: true,
    }
}

/// The same with a size of the chip.
fn of_size(banks: u64, rows: u64, columns: u64) -> FlipOptions {
    FlipOptions { geometry: Some(Geometry::new(banks, rows, columns).unwrap()), ..options() }
}

/// Imports maps at these voltages.
fn import_all(
    files: &[(&str, &str, &[u8])],
    options: &FlipOptions,
) -> Result<(ProfileDraft, FlipReport), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let write = |(voltage, name, bytes): &(&str, &str, &[u8])| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (path, voltage.parse().unwrap())
    };
    let files: Vec<(PathBuf, Voltage)> = files.iter().map(write).collect();
    import_flips(&files, options)
}

/// Imports a map whose name says nothing.
fn import(bytes: &[u8], options: &FlipOptions) -> Result<(ProfileDraft, FlipReport), ImportError> {
    import_all(&[("0.6", "map", bytes)], options)
}

fn faults_of(draft: &ProfileDraft) -> Vec<Fault> {
    let Content::Measured(levels) = &draft.content else { panic!("not measured") };
    levels.iter().flat_map(|(_, faults)| faults).map(|f| (f.cell, f.flip.p01(), f.flip.p10())).collect()
}

fn faults(bytes: &[u8], options: &FlipOptions) -> Vec<Fault> {
    match import(bytes, options) {
        Ok((draft, _)) => faults_of(&draft),
        Err(error) => panic!("{error}\n{}", String::from_utf8_lossy(bytes)),
    }
}

/// What a refusal says.
fn refused(bytes: &[u8], options: &FlipOptions) -> String {
    match import(bytes, options) {
        Ok((draft, report)) => panic!("not refused: {:?} {:?}", faults_of(&draft), report.maps[0].form),
        Err(error) => error.to_string(),
    }
}

/// An array file.
fn npy(descr: &str, is_fortran: bool, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let order = if is_fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}

/// A file of arrays by name.
fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, array) in arrays {
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(array).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
