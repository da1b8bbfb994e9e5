//! Tables of chips in forms that are not read: the refusal says which are.

use sram_model::Voltage;
use sram_model::import::flips::{FlipOptions, UnknownDirection, import_flips};

/// What is said of a map of flip probabilities.
fn said(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map_64x128.csv");
    std::fs::write(&path, text).unwrap();
    let options = FlipOptions {
        name: None,
        geometry: None,
        unit: sram_model::VoltageUnit::Volt,
        vmin: None,
        unknown: UnknownDirection::ReadsOne,
        reads: None,
        anyway: false,
    };
    import_flips(&[(path, Voltage::ONE)], &options).unwrap_err().to_string()
}

#[test]
fn a_table_of_another_form_is_refused_with_those_that_are_read() {
    let forms = "`import csv` reads one line a cell and voltage, with the columns voltage,bank,row,column,p_0to1,p_1to0, \
                 `import flips` one line a cell of one voltage, and `import log` the log of a tester";
    let matrix = format!("{}0\n", "0,".repeat(127)).repeat(64);
    let found = said(&matrix);
    assert!(found.contains("0,0,…, 128 in all`") || found.contains("0,0…, 128 in all`"), "{found}");
    assert!(found.contains(forms) && found.len() < 600, "{found}");
    let found = said("voltage,address,expected,actual\n0.6,3,ffff,fffe\n");
    assert!(
        found.contains("found the columns voltage,address,expected,actual, expected row,col,p_flip"),
        "{found}"
    );
    assert!(found.contains(forms), "{found}");
    let found = said("{\"pattern\":\"0xffff\",\"errors_in_rows\":{\"420\":{\"col\":{\"2\":[2]}}}}\n");
    assert!(found.contains("found JSON, expected row,col,p_flip") && found.contains(forms), "{found}");
}
