//! `chips`, `profile` and `export`.

use crate::Bench;

#[test]
fn the_three_stored_chips_are_listed() {
    let listing = Bench::new().json("chips");
    let names: Vec<_> =
        listing["chips"].as_array().unwrap().iter().map(|chip| chip["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn a_profile_says_rates_energy_and_places_that_agree() {
    let bench = Bench::new();
    for chip in ["A", "B", "C"] {
        let report = bench.json(&format!("profile --chip {chip} --voltage 0.8"));
        let answer = &report["answers"][0];
        let number = |key: &str| answer[key].as_f64().unwrap();
        let sum =
            |key: &str| answer[key].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
        assert_eq!(sum("faulty_cells_by_bank"), answer["faulty_cells"].as_u64().unwrap());
        assert!((number("fault_rate") - number("fault_rate_0to1") - number("fault_rate_1to0")).abs() < 1e-12);
        assert!((number("expected_ber_balanced_data") * 2.0 - number("fault_rate")).abs() < 1e-12);
        assert!((number("energy_relative_to_vmin") - 0.64).abs() < 1e-12);
        assert!((number("energy_saving") - 0.36).abs() < 1e-12);
        assert_eq!(report["made_by"]["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[test]
fn text_json_and_csv_say_the_same() {
    let bench = Bench::new();
    let report = bench.json("profile --chip b --voltage 0.85,0.8");
    let csv = bench.ok("profile --chip B --voltage 0.8,0.85 --format csv");
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = header.iter().position(|&name| name == "fault_rate").unwrap();
    for (line, answer) in lines.zip(report["answers"].as_array().unwrap()) {
        let rate: f64 = line.split(',').nth(column).unwrap().parse().unwrap();
        assert_eq!(rate, answer["fault_rate"].as_f64().unwrap());
    }
    let text = bench.ok("profile --chip B --voltage 0.85,0.8");
    let rate = report["answers"][1]["fault_rate"].as_f64().unwrap() * 100.0;
    assert!(text.contains(&format!("{rate:.3}")), "{text}");
}

#[test]
fn voltages_may_be_a_list_a_range_or_all() {
    let bench = Bench::new();
    let count = |voltages: &str| {
        let report = bench.json(&format!("profile --chip A --voltage {voltages}"));
        report["answers"].as_array().unwrap().len()
    };
    assert_eq!([count("all"), count("0.75..0.9"), count("0.75..1:0.05"), count("0.8,0.9,0.8")], [7, 5, 6, 2]);
}

#[test]
fn a_map_written_as_csv_is_a_profile_again() {
    let bench = Bench::new();
    bench.ok("profile --chip C --voltage 0.81 --map map.csv");
    bench.ok("import csv map.csv --out map.sfp");
    let (whole, alone) =
        (bench.json("profile --chip C --voltage 0.81"), bench.json("profile --chip map.sfp --voltage 0.81"));
    assert_eq!(whole["answers"], alone["answers"]);
}

#[test]
fn a_map_written_as_picture_is_a_png_that_names_its_chip() {
    let bench = Bench::new();
    let text = bench.ok("profile --chip B --voltage 0.8 --map map.png");
    assert!(text.contains("wrote map.png"));
    let decoder = png::Decoder::new(std::io::Cursor::new(bench.read("map.png")));
    let reader = decoder.read_info().unwrap();
    assert!(reader.info().width > 500 && reader.info().height > 500);
    let texts = &reader.info().utf8_text;
    assert!(texts.iter().any(|text| text.get_text().is_ok_and(|t| t == "Fault map of chip B at 0.8 V/Vmin")));
}

#[test]
fn export_and_import_give_the_stored_file() {
    let bench = Bench::new();
    bench.ok("export --chip A --out A.csv");
    bench.ok("import csv A.csv --out A.sfp");
    assert!(bench.read("A.sfp") == std::fs::read(crate::root().join("profiles/A.sfp")).unwrap());
    assert!(bench.ok("export --chip A.sfp").into_bytes() == bench.read("A.csv"), "to standard output, too");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let bench = Bench::new();
    let mut child = bench.command("export --chip A").stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// The export is killed at many moments; whatever stands under its name is whole.
#[test]
fn a_killed_export_leaves_no_part_of_its_file() {
    let bench = Bench::new();
    bench.ok("export --chip A --out whole.csv");
    let whole = bench.read("whole.csv");
    for milliseconds in [0, 2, 5, 10, 20, 40, 80] {
        let mut child = bench
            .command("export --chip A --out killed.csv")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let _ = child.kill();
        child.wait().unwrap();
        if let Ok(found) = std::fs::read(bench.path("killed.csv")) {
            assert!(found == whole, "after {milliseconds} ms");
            std::fs::remove_file(bench.path("killed.csv")).unwrap();
        }
    }
}

/// The map that answers, its unit and whether it is extrapolated stand beside the numbers in every format, of one voltage
/// and of several.
#[test]
fn every_format_says_which_map_answers_in_which_unit_and_whether_it_is_extrapolated() {
    let bench = Bench::new();
    let head = "# geometry: 1x4x4\n# unit: V\n# measured: 0.58,0.6\n# voltages: 0.6,0.58,0.5\n";
    let rows = "voltage,bank,row,column,p_0to1,p_1to0\n0.58,0,0,0,0,1\n0.5,0,0,0,0,1\n0.5,0,0,1,0,1\n";
    bench.write("chip.csv", format!("{head}{rows}"));
    bench.ok("import csv chip.csv --out chip.sfp");
    let run = |arguments: &str| {
        let said = bench.run(&format!("profile --chip chip.sfp {arguments}"));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    // 0.59 V is answered by the map at 0.58 V, and 0.5 V lies below what was measured.
    let one = run("--voltage 0.59");
    assert!(one.contains("at 0.59 V") && one.contains("map used              0.58 V"), "{one}");
    assert!(run("--voltage 0.5").contains("extrapolated          yes"));
    let many: Vec<Vec<String>> = run("--voltage 0.59,0.5")
        .lines()
        .skip(1)
        .take(3)
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect();
    assert_eq!(many[0][..4], ["V", "map", "V", "extrapolated"]);
    assert_eq!(
        (&many[1][..3], &many[2][..3]),
        (&["0.59", "0.58", "false"].map(String::from)[..], &["0.5", "0.5", "true"].map(String::from)[..])
    );
    let csv = run("--voltage 0.59,0.5 --format csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("chip,unit,voltage,map_voltage,extrapolated,"), "{csv}");
    assert!(lines[1].starts_with("chip,V,0.59,0.58,false,"), "{csv}");
    assert!(lines[2].starts_with("chip,V,0.5,0.5,true,"), "{csv}");
    let json: serde_json::Value = serde_json::from_str(&run("--voltage 0.59,0.5 --format json")).unwrap();
    let said =
        |i: usize| (json["answers"][i]["map_voltage"].as_f64(), json["answers"][i]["extrapolated"].as_bool());
    assert_eq!((said(0), said(1)), ((Some(0.58), Some(false)), (Some(0.5), Some(true))));
    assert_eq!(json["chip"]["unit"], "V");
}

/// 38 kB of a file that claims 2^20 banks at 150 voltages: what is printed and held follows the faults, not the claim.
#[test]
fn a_chip_of_many_banks_is_answered_by_its_faults() {
    let bench = Bench::new();
    let voltages: Vec<String> = (0..150).rev().map(|i| (f64::from(500 + i) / 1000.0).to_string()).collect();
    let head = format!("# geometry: 1048576x1x1\n# unit: V\n# voltages: {}\n", voltages.join(","));
    bench.write("banks.csv", head + "voltage,bank,row,column,p_0to1,p_1to0\n0.55,7,0,0,0,1\n0.5,7,0,0,0,1\n");
    bench.ok("import csv banks.csv --out banks.sfp");
    let answers = bench.ok("profile --chip banks.sfp --voltage all --format json");
    assert!(answers.len() < 500_000, "{} bytes", answers.len());
    let answers: serde_json::Value = serde_json::from_str(&answers).unwrap();
    assert_eq!(
        answers["answers"][149]["faulty_banks"],
        serde_json::json!([{ "bank": 7, "faulty_cells": 1 }])
    );
    let said = bench.ok("profile --chip banks.sfp --voltage 0.5");
    assert!(said.contains("least 0, median 0, most 1; 1048575 without"), "{said}");
}
