//! Which files of a folder are dumps of one chip, by their names.

use sram_model::import::hex::HexReport;

use crate::{import_files, options};

const ROWS: usize = 1024;

/// A dump of a memory of ones whose words number `from` to `to` have one faulty bit each.
fn dump(faulty: std::ops::Range<usize>) -> String {
    let word = |word: usize| if faulty.contains(&word) { 0xffff ^ 1 << (word * word % 16) } else { 0xffff };
    (0..ROWS).map(|number| format!("{:04x}\n", word(number))).collect()
}

fn import(files: &[(&str, String)]) -> Result<HexReport, String> {
    import_files(files, &options(16)).map(|(_, report)| report)
}

#[test]
fn what_has_the_voltage_of_a_dump_that_is_there_is_named_and_left_out() {
    for beside in ["c_0.60V.log", "c_0.60V.csv", "c_600mV", "counts_0.60V.json"] {
        let report = import(&[("c_0.60V.txt", dump(0..0)), (beside, "no dump".to_owned())]).unwrap();
        let ignored: Vec<(&str, &str)> =
            report.ignored.iter().map(|ignored| (&ignored.file[..], ignored.reason)).collect();
        assert_eq!(ignored, [(beside, "another kind of file")]);
    }
    for script in ["readout_v1.2.tcl", "top_1.0.sv", "flow_0.9.bat"] {
        let report = import(&[("c_0.60V.txt", dump(0..0)), (script, "no dump".to_owned())]).unwrap();
        assert_eq!(report.ignored[0].reason, "no dump, by its extension", "{script}");
    }
    let said = import(&[("c_0.60V.txt", dump(0..0)), ("c_0.55V.log", String::new())]).unwrap_err();
    assert!(said.contains("c_0.55V.log: found a name with a voltage, as a dump has"), "{said}");
    assert!(said.contains("and no dump of this voltage"), "{said}");
    let said = import(&[("c_run1_0.60V.hex", dump(0..0)), ("c_run2_0.60V.lst", dump(0..0))]).unwrap_err();
    assert!(said.contains("c_run2_0.60V.lst") && said.contains("and no dump of this read"), "{said}");
    assert!(import(&[("c_run1_0.60V.hex", dump(0..0)), ("c_run1_0.60V.lst", dump(0..0))]).is_ok());
}

#[test]
fn ten_cells_of_which_none_fails_again_at_the_lower_voltage_are_of_another_chip() {
    let two = |high, low| import(&[("c_0.60V.txt", dump(high)), ("c_0.55V.txt", dump(low))]);
    assert!(two(0..9, 100..120).is_ok());
    assert!(two(0..10, 9..40).is_ok());
    let said = two(0..10, 100..120).unwrap_err();
    assert!(said.contains("of 10 cells that fail at 0.6 V, 0 fail at 0.55 V below it"), "{said}");
}

#[test]
fn numbers_after_words_that_do_not_count_tell_chips_apart_unless_the_cells_are_the_same() {
    let two = |high: &str, low: &str| import(&[(high, dump(0..3)), (low, dump(0..5))]);
    for (high, low) in [("specimen3_0.60V.txt", "specimen4_0.55V.txt"), ("a1_0.60.txt", "a2_0.55.txt")] {
        let said = two(high, low).unwrap_err();
        assert!(said.contains("differ in more than the voltage"), "{said}");
        assert!(said.contains(&format!("--voltage {low}=")), "{said}");
        // What fails in both is of both.
        assert!(import(&[(high, dump(0..8)), (low, dump(0..12))]).is_ok(), "{high}");
    }
    for (high, low) in
        [("scan1_0.60V.txt", "scan2_0.55V.txt"), ("d_20240507_0.60.txt", "d_20240508_0.55.txt")]
    {
        assert!(two(high, low).is_ok(), "{high}");
    }
}

#[test]
fn temperatures_without_a_unit_are_told_apart() {
    let said = import(&[("T25_0.60V.txt", dump(0..0)), ("T85_0.55V.txt", dump(0..0))]).unwrap_err();
    assert!(said.contains("the temperature 25 and others"), "{said}");
    assert!(import(&[("temp25_0.60V.txt", dump(0..0)), ("25C_temp_0.55V.txt", dump(0..0))]).is_ok());
}
