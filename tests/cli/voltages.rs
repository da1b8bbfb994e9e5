//! What answers at which voltage, in which unit: the same in every command and format.

use crate::Bench;

/// A chip measured at 0.6, 0.58 and 0.55 V.
const MEASURED: &str = "# geometry: 8x16x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.6,0,1,2,1,0\n\
     0.58,0,1,2,1,0\n0.58,1,7,3,0,1\n0.55,0,1,2,1,0\n0.55,1,7,3,0,1\n0.55,1,0,0,1,1\n0.55,5,3,3,0.7,0\n";

fn with_measured() -> Bench {
    let bench = Bench::new();
    bench.write("measured.csv", MEASURED);
    bench.ok("import csv measured.csv --out m.sfp");
    bench
}

/// The rows of a CSV by the names of its header.
fn rows(csv: &str) -> Vec<Vec<(String, String)>> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let row = |line: &str| -> Vec<(String, String)> {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{line}");
        header.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect()
    };
    lines.map(row).collect()
}

fn cell<'a>(row: &'a [(String, String)], name: &str) -> &'a str {
    let found = row.iter().find(|cell| cell.0 == name);
    &found.unwrap_or_else(|| panic!("no column {name} in {row:?}")).1
}

#[test]
fn a_range_includes_its_ends_in_every_command() {
    let bench = Bench::new();
    let expected = [0.9, 0.875, 0.833_333, 0.8];
    for (command, key) in [
        ("profile --chip A", "answers"),
        ("stats --chip A", "voltages"),
        ("predict --model A", "rows"),
        ("mbist --chip A", "voltages"),
        ("yield --model A --chips 2 --geometry 1x64x64 --max-ber 1%", "voltages"),
    ] {
        let report = bench.json(&format!("{command} --voltage 0.8..0.9"));
        let found: Vec<f64> =
            report[key].as_array().unwrap().iter().map(|at| at["voltage"].as_f64().unwrap()).collect();
        assert_eq!(found, expected, "{command}");
    }
    // A model answers beyond its own voltages, a chip does not, and says so.
    let report = bench.json("predict --model A --voltage 0.7..0.76");
    assert_eq!(report["rows"].as_array().unwrap().len(), 3);
    let said = bench.run("profile --chip A --voltage 0.7..0.76 --format json");
    assert!(said.code == Some(0) && said.err.contains("end 0.7 V/Vmin is left out"), "{}", said.err);
}

#[test]
fn no_map_of_a_measured_chip_stands_under_two_voltages_without_a_word() {
    let bench = with_measured();
    let said = bench.run("stats --chip m.sfp --voltage 0.56..0.61 --format csv");
    assert!(said.err.contains("end 0.61 V is left out"), "{}", said.err);
    assert!(rows(&said.out).iter().all(|row| cell(row, "voltage") == cell(row, "map_voltage")));
    for command in ["stats --chip m.sfp", "mbist --chip m.sfp"] {
        let text = bench.ok(&format!("{command} --voltage 0.59,0.58,0.57,0.55"));
        for part in
            ["0.59 (map of 0.58)", "\n0.58  ", "0.57 (map of 0.55)", "map of: the measured map of another"]
        {
            assert!(text.contains(part), "{command}: {part}\n{text}");
        }
        let report = bench.json(&format!("{command} --voltage 0.59,0.55"));
        assert_eq!(report["voltages"][0]["map_voltage"], 0.58, "{command}");
        let csv = bench.ok(&format!("{command} --voltage 0.59,0.55 --format csv"));
        assert_eq!(cell(&rows(&csv)[0], "map_voltage"), "0.58", "{command}");
    }
    let text = bench.ok("stats --chip m.sfp --voltage 0.57 --against m.sfp");
    assert!(text.contains("0.57 (map of 0.55)"), "{text}");
    let csv = bench.ok("stats --chip m.sfp --voltage 0.57 --against m.sfp --format csv");
    assert_eq!(cell(&rows(&csv)[0], "second_map_voltage"), "0.55");
    // The log of a test has each map once.
    bench.ok("mbist --chip m.sfp --voltage 0.59,0.58,0.57,0.55 --out tested.sfp");
    assert_eq!(bench.json("profile --chip tested.sfp --voltage all")["answers"].as_array().unwrap().len(), 2);
}

#[test]
fn every_table_for_programs_has_units_and_marks_what_is_extrapolated() {
    let bench = with_measured();
    bench.ok("synth --model B --geometry 2x256x64 --down-to 0.7 --out low.sfp");
    for (command, extrapolates) in [
        ("stats --chip low.sfp --voltage 0.7,0.8", true),
        ("mbist --chip low.sfp --voltage 0.7,0.8", true),
        ("stats --chip low.sfp --voltage 0.7,0.8 --against low.sfp", true),
        ("predict --model B --voltage 0.7,0.8", true),
        ("yield --model B --geometry 1x64x64 --chips 2 --max-ber 1% --voltage 0.7,0.8", true),
        ("validate --profile low.sfp --model B --chips 20", true),
        ("stats --chip m.sfp", false),
        ("mbist --chip m.sfp", false),
    ] {
        let said = bench.run(&format!("{command} --format csv"));
        let found = rows(&said.out);
        assert!(!found.is_empty(), "{command}: {}", said.err);
        let unit = if command.contains("m.sfp") { "V" } else { "V/Vmin" };
        for row in &found {
            assert_eq!(cell(row, "unit"), unit, "{command}");
            let is_low = cell(row, "voltage") == "0.7";
            assert_eq!(cell(row, "extrapolated"), (extrapolates && is_low).to_string(), "{command}: {row:?}");
        }
        assert_eq!(found.iter().any(|row| cell(row, "voltage") == "0.7"), extrapolates, "{command}");
        let text = bench.run(command).out;
        if extrapolates && !command.starts_with("predict") {
            assert!(text.contains("0.7*") && text.contains("*: extrapolated; "), "{command}: {text}");
        }
        assert!(text.contains(unit), "{command}: {text}");
    }
}

#[test]
fn the_fault_rate_and_the_expected_ber_stand_side_by_side() {
    let bench = Bench::new();
    let csv = |command: &str| rows(&bench.ok(&format!("{command} --format csv")));
    let halves = |row: &[(String, String)]| {
        let number = |name| cell(row, name).parse::<f64>().unwrap();
        assert!((number("fault_rate") - 2.0 * number("expected_ber_balanced_data")).abs() < 1e-12, "{row:?}");
        number("fault_rate")
    };
    for row in csv("predict --model B") {
        halves(&row);
    }
    let rates: Vec<f64> =
        csv("yield --model B --geometry 1x256x64 --chips 3 --max-ber 1% --voltage 0.8,0.75")
            .iter()
            .map(|row| halves(row))
            .collect();
    assert!(rates.iter().all(|&rate| rate > 0.01), "{rates:?}");
    let stats = csv("stats --chip A --voltage 0.8");
    let value = |name: &str| -> f64 {
        let row = stats.iter().find(|row| cell(row, "statistic") == name).unwrap();
        cell(row, "value").parse().unwrap()
    };
    assert!((value("fault_rate") - 2.0 * value("expected_ber_balanced_data")).abs() < 1e-12);
    for command in [
        "stats --chip A",
        "predict --model A",
        "yield --model A --geometry 1x64x64 --chips 2 --max-ber 1%",
        "validate --profile A --model A --chips 20",
    ] {
        let text = bench.run(command).out.replace('\n', " ");
        assert!(text.contains("p/2 for balanced data") && text.contains("both flip probabilities"), "{text}");
    }
}

#[test]
fn probabilities_are_in_the_tenth_of_their_fraction() {
    let bench = Bench::new();
    // One cell of each k/10.
    let cells: String = (1..=10).map(|k| format!("0.6,0,{k},0,{},0\n", f64::from(k) / 10.0)).collect();
    let head = "# geometry: 1x16x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    bench.write("tenths.csv", format!("{head}{cells}"));
    bench.ok("import csv tenths.csv --out t.sfp");
    let report = bench.json("stats --chip t.sfp --voltage 0.6");
    let histogram = report["voltages"][0]["flip_histogram"].as_array().unwrap().clone();
    let counts: Vec<u64> = histogram.iter().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
}
