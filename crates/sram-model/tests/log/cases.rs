//! Small logs as testers have them, in tests/cases/tester-logs.

use std::path::PathBuf;

use sram_model::import::log::{LogOptions, import_log};
use sram_model::interchange::{CsvOptions, import_csv};

use crate::{Fault, faults_of};

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/tester-logs").join(name)
}

fn of(name: &str) -> Vec<Fault> {
    faults_of(import_log(&[(case(name), None)], &LogOptions::default()).unwrap().0)
}

fn fault(voltage: &str, row: u32, column: u32, p01: f32, p10: f32) -> Fault {
    (voltage.to_owned(), 0, row, column, p01, p10)
}

#[test]
fn each_log_gives_its_cells() {
    let stuck = [fault("0.6", 420, 2, 0.0, 1.0), fault("0.6", 563, 15, 1.0, 0.0)];
    let low = [fault("0.55", 420, 0, 1.0, 0.0), fault("0.55", 420, 2, 0.0, 1.0)];
    assert_eq!(of("fails.csv"), [&stuck[..], &low[..]].concat());
    assert_eq!(of("stuck.csv"), stuck);
    assert_eq!(of("counts.csv"), [fault("0.6", 420, 2, 0.0, 0.7)]);
    assert_eq!(of("two_lines_a_cell.csv"), [fault("0.6", 420, 2, 1.0, 1.0)]);
}

#[test]
fn import_csv_shows_the_command_that_reads_a_log() {
    for name in ["fails.csv", "stuck.csv", "counts.csv", "two_lines_a_cell.csv"] {
        let said = import_csv(&case(name), &CsvOptions::default()).unwrap_err().to_string();
        let command = format!("sram-sim import log {} --out chip.sfp", case(name).display());
        let line = if name.starts_with("two") { "line 5: " } else { "line 3: " };
        assert!(said.contains(&command) && said.contains(line), "{said}");
    }
}

#[test]
fn json_and_a_matrix_are_named() {
    for (name, what) in
        [("bist_1024x16.json", "JSON"), ("matrix_64x128.csv", "a matrix of 0 and 1 (128 columns)")]
    {
        let as_csv = import_csv(&case(name), &CsvOptions::default()).map(|_| ()).unwrap_err().to_string();
        let as_log =
            import_log(&[(case(name), None)], &LogOptions::default()).map(|_| ()).unwrap_err().to_string();
        for said in [as_csv, as_log] {
            assert!(said.contains(&format!("line 1: found {what}")), "{said}");
        }
    }
}
