//! `stats`.

use crate::Bench;

#[test]
fn one_voltage_gives_detail_and_several_a_table() {
    let bench = Bench::new();
    let one = bench.ok("stats --chip B --voltage 0.8");
    for part in ["95 % interval", "physical columns", "two above", "64 bits"] {
        assert!(one.contains(part), "{part}: {one}");
    }
    let all = bench.ok("stats --chip B");
    assert!(all.contains("0.958333") && all.contains("critical voltages: normal with mean"), "{all}");
}

#[test]
fn json_and_csv_say_the_same_and_intervals_hold_their_share() {
    let bench = Bench::new();
    let report = bench.json("stats --chip A --voltage 0.8,0.85");
    let csv = bench.ok("stats --chip A --voltage 0.85,0.8 --format csv");
    let shares: Vec<Vec<&str>> = csv
        .lines()
        .map(|line| line.split(',').collect())
        .filter(|cells: &Vec<_>| cells[5] == "faulty_share")
        .collect();
    for (at, cells) in report["voltages"].as_array().unwrap().iter().zip(shares) {
        let number = |index: usize| cells[index].parse::<f64>().unwrap();
        assert_eq!(number(7), at["faulty_share"].as_f64().unwrap());
        assert_eq!(number(8), at["faulty_interval"][0].as_f64().unwrap());
        assert!(number(8) < number(7) && number(7) < number(9), "{cells:?}");
        // Chip A nests: what fails at 0.85 fails at 0.8.
        if let Some(kept) = at["inclusion"]["kept"].as_object() {
            assert_eq!(kept["count"], kept["trials"]);
        }
    }
    assert_eq!(report["confidence"], 0.95);
}

#[test]
fn a_chip_is_counted_from_a_flip_probability_on() {
    let bench = Bench::new();
    let faulty = |arguments: &str| {
        let report = bench.json(&format!("stats --chip A --voltage 0.8 {arguments}"));
        report["voltages"][0]["faulty"]["count"].as_u64().unwrap()
    };
    let (all, most, persistent) = (faulty(""), faulty("--flip-from 50%"), faulty("--flip-from 0.9"));
    assert!(all > most && most > persistent && persistent > 0);
    let profile = bench.json("profile --chip A --voltage 0.8");
    assert_eq!(profile["answers"][0]["persistent_cells"].as_u64(), Some(persistent));
}

/// A measured map that answers at several voltages is one point of a chart, and no cell fails between it and itself.
#[test]
fn charts_have_each_map_once() {
    let bench = Bench::new();
    bench.write(
        "mine.csv",
        "# geometry: 1x64x64\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n\
         0.6,0,1,1,1,0\n0.58,0,1,1,1,0\n0.58,0,2,2,1,0\n0.55,0,1,1,1,0\n0.55,0,2,2,1,0\n0.55,0,3,3,0,0.5\n",
    );
    bench.ok("import csv mine.csv --out mine.sfp");
    bench.ok("stats --chip mine.sfp --voltage 0.6,0.58,0.55 --plots maps");
    bench.ok("stats --chip mine.sfp --voltage 0.6,0.59,0.585,0.58,0.57,0.56,0.55 --plots between");
    for chart in ["ber", "critical-voltages", "columns"] {
        assert_eq!(
            bench.read(&format!("between/{chart}.svg")),
            bench.read(&format!("maps/{chart}.svg")),
            "{chart}"
        );
    }
    bench.ok("stats --chip mine.sfp --voltage 0.6,0.58,0.55 --flip-from 0.9 --plots often");
    let often = String::from_utf8(bench.read("often/ber.svg")).unwrap();
    assert!(often.contains("cells that flip at 0.9 or more"), "{often}");
    let csv = bench.ok("stats --chip mine.sfp --voltage 0.55 --flip-from 0.9 --format csv");
    let (header, row) = (csv.lines().next().unwrap(), csv.lines().nth(1).unwrap());
    let at = header.split(',').position(|column| column == "flip_from").unwrap();
    assert_eq!(row.split(',').nth(at), Some("0.9"));
    let against = bench.ok("stats --chip mine.sfp --against mine.sfp --flip-from 0.9");
    assert!(against.contains("only cells with a flip probability of 0.9 or more are counted"), "{against}");
}
