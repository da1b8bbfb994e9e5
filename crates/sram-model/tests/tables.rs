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
        axes: None,
        array: None,
        anyway: false,
    };
    import_flips(&[(path, Voltage::ONE)], &options).unwrap_err().to_string()
}

#[test]
fn a_table_of_another_form_is_refused_with_those_that_are_read() {
    let forms = "`import csv` reads one line a cell and voltage, with the columns voltage,bank,row,column,p_0to1,p_1to0, \
                 `import flips` one line a cell of one voltage, or an array or matrix of cells, and `import log` the log of a tester";
    let columns = format!("{}c\n", "c,".repeat(127));
    let found = said(&columns);
    assert!(found.contains("128 in all"), "{found}");
    assert!(found.contains(forms) && found.len() < 600, "{found}");
    let found = said("voltage,address,expected,actual\n0.6,3,ffff,fffe\n");
    assert!(
        found.contains("found the columns voltage,address,expected,actual, expected row,col,p_flip"),
        "{found}"
    );
    assert!(found.contains(forms), "{found}");
}
