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
