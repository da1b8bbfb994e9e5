//! Small maps as testers have them, in tests/cases/tester-logs.

use std::path::PathBuf;

use sram_model::Voltage;
use sram_model::import::flips::import_flips;
use sram_model::import::log::{LogOptions, import_log};
use sram_model::interchange::{CsvOptions, import_csv};

use crate::{faults_of, npy, of_size, options};

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/tester-logs").join(name)
}

#[test]
fn the_matrix_gives_the_ones_that_it_has() {
    let path = case("matrix_64x128.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let (draft, report) = import_flips(&[(path, Voltage::ONE)], &options()).unwrap();
    assert_eq!(draft.geometry.to_string(), "1x64x128");
    let ones = text.lines().flat_map(|line| line.split(',')).zip(0u64..).filter(|(value, _)| *value == "1");
    assert_eq!(faults_of(&draft), ones.map(|(_, cell)| (cell, 1.0, 0.0)).collect::<Vec<_>>());
    assert!(report.maps[0].form.starts_with("a matrix (text) by rows,columns"), "{}", report.maps[0].form);
}

#[test]
fn json_that_may_be_of_cells_or_of_words_is_refused_with_both() {
    let path = case("bist_1024x16.json");
    let error =
        import_flips(&[(path, Voltage::ONE)], &of_size(1, 1024, 16)).map(|_| ()).unwrap_err().to_string();
    for part in ["`errors_in_rows`", "a column of cells, or a word", "{\"rows\": {\"420\": [2]}}"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn other_imports_show_the_command_that_reads_a_map() {
    for name in ["bist_1024x16.json", "matrix_64x128.csv"] {
        let as_csv = import_csv(&case(name), &CsvOptions::default()).map(|_| ()).unwrap_err().to_string();
        let as_log =
            import_log(&[(case(name), None)], &LogOptions::default()).map(|_| ()).unwrap_err().to_string();
        let command = format!("sram-sim import flips VOLTAGE={} --out chip.sfp", case(name).display());
        assert!(as_csv.contains(&command) && as_log.contains(&command), "{as_csv}\n{as_log}");
    }
}

#[test]
fn other_imports_name_an_array() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.npy");
    std::fs::write(&path, npy("|b1", false, &[1, 2], &[0, 1])).unwrap();
    let said = import_csv(&path, &CsvOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(
        said.contains("found an array of NumPy, expected text; `sram-sim import flips` reads arrays"),
        "{said}"
    );
}
