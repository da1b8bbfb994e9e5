//! `yield`.

use crate::Bench;
#[cfg(feature = "torch")]
use crate::root;

#[test]
fn yields_agree_with_the_chips_that_they_are_of() {
    let bench = Bench::new();
    let report = bench.json(
        "yield --model B --geometry 2x512x64 --chips 12 --max-ber 0.5% --voltage 0.8..0.9:0.01 --seed 3",
    );
    let chips = report["chips"].as_array().unwrap();
    bench.ok("synth --model B --geometry 2x512x64 --seed 5 --out five.sfp");
    for (index, at) in report["voltages"].as_array().unwrap().iter().enumerate() {
        let voltage = at["voltage"].as_f64().unwrap();
        let tolerating = chips
            .iter()
            .filter(|chip| chip["lowest_tolerated"].as_f64().is_some_and(|lowest| lowest <= voltage))
            .count();
        assert_eq!(at["tolerating_chips"]["count"].as_u64().unwrap(), tolerating as u64);
        let profile = bench.json(&format!("profile --chip five.sfp --voltage {voltage}"));
        let ber = profile["answers"][0]["expected_ber_balanced_data"].as_f64().unwrap();
        assert!(
            (chips[2]["expected_ber_balanced_data"][index].as_f64().unwrap() - ber).abs()
                < 1e-9 * ber.max(1e-9),
            "{voltage}"
        );
    }
    let arguments = "yield --model B --geometry 2x512x64 --chips 5 --max-ber 0.5% --plot shmoo";
    let text = bench.ok(&format!("{arguments}.svg"));
    assert!(text.contains("chips that tolerate it") && text.contains("#####"), "{text}");
    bench.ok(&format!("{arguments}.png --spare-columns 2"));
    assert!(bench.read("shmoo.png").starts_with(b"\x89PNG") && bench.read("shmoo.svg").starts_with(b"<svg"));
}

#[test]
fn a_yield_of_chips_that_do_not_differ_is_said_to_be_a_step() {
    let bench = Bench::new();
    let yields = "yield --geometry 1x128x64 --chips 3 --max-ber 1% --model";
    let text = bench.ok(&format!("{yields} B"));
    assert!(
        text.contains("differ only by the chance of their cells") && text.contains("rates = \"chip\""),
        "{text}"
    );
    assert_eq!(bench.json(&format!("{yields} B"))["chips_differ"], false);
    let model = std::fs::read_to_string(crate::root().join("profiles/B.toml")).unwrap();
    bench.write("b.toml", model.replace("rates = \"chip\"", "rates = \"population\""));
    assert!(!bench.ok(&format!("{yields} b.toml")).contains("differ only"));
    let report = bench.json(&format!("{yields} b.toml"));
    assert!(report["chips_differ"] == true && report["rates"] == "population");
    // Independent cells: each chip is like the next, too.
    bench.write("a.toml", model.replace("rates = \"chip\"", "").replace("column = 0.75", "column = 0"));
    assert!(bench.ok(&format!("{yields} a.toml")).contains("have nothing in common"));
}

/// Chips that differ, of 65,536 cells: more than the weights that are asked about.
#[cfg(feature = "torch")]
fn population(bench: &Bench) {
    let model = std::fs::read_to_string(root().join("profiles/B.toml")).unwrap();
    bench.write(
        "b.toml",
        model.replace("rates = \"chip\"", "rates = \"population\"").replace("banks = 32", "banks = 2"),
    );
}

/// What a command that runs a network prints; on standard error it says how long that took.
#[cfg(feature = "torch")]
fn out(bench: &Bench, arguments: &str) -> String {
    let said = bench.run(arguments);
    assert_eq!(said.code, Some(0), "sram-sim {arguments}\n{}{}", said.out, said.err);
    said.out
}

#[cfg(feature = "torch")]
fn json(bench: &Bench, arguments: &str) -> serde_json::Value {
    serde_json::from_str(&out(bench, &format!("{arguments} --format json"))).unwrap()
}

#[cfg(feature = "torch")]
fn network() -> String {
    format!("--network {} --images 200 --only conv*", root().join("data/lenet5-digits.safetensors").display())
}

#[cfg(feature = "torch")]
#[test]
fn a_yield_by_a_network_is_that_of_its_errors_on_each_chip() {
    let bench = Bench::new();
    population(&bench);
    let of = network();
    let voltages = "0.84,0.8,0.78,0.77,0.76,0.75";
    let report = json(
        &bench,
        &format!(
            "yield {of} --max-error +2% --model b.toml --chips 6 --seed 3 --maps 2 --voltage {voltages}"
        ),
    );
    let limit = report["max_rerr"].as_f64().unwrap();
    assert!((limit - report["err"].as_f64().unwrap() - 0.02).abs() < 1e-12);
    let chips = report["chips"].as_array().unwrap();
    assert_eq!(chips.len(), 6);

    // By `eval`, which asks each chip at every voltage.
    let eval = json(
        &bench,
        &format!(
            "eval {} --chip b.toml#3..8 --seed 3 --maps 2 --voltage {voltages}",
            of.replace("--network", "--weights")
        ),
    );
    let points = eval["points"].as_array().unwrap();
    let mut lowest_of = Vec::new();
    for (number, chip) in chips.iter().enumerate() {
        let of_chip = &points[6 * number..6 * number + 6];
        let kept = of_chip.iter().take_while(|at| at["rerr"]["worst"].as_f64().unwrap() <= limit + 1e-9);
        let kept: Vec<f64> = kept.map(|at| at["voltage"].as_f64().unwrap()).collect();
        assert_eq!(chip["lowest_kept"].as_f64(), kept.last().copied(), "{}", chip["chip"]);
        // It is asked up to the first voltage at which it fails.
        let asked = chip["points"].as_array().unwrap();
        assert_eq!(asked.len(), (kept.len() + 1).min(6));
        for (here, there) in asked.iter().zip(of_chip) {
            assert_eq!(here["rerr"], there["rerr"], "{}", chip["chip"]);
        }
        lowest_of.push(kept.last().copied().unwrap_or(f64::INFINITY));
    }
    // Some chips fail where others do not, or this tests nothing.
    lowest_of.sort_by(f64::total_cmp);
    assert!(lowest_of[0] < lowest_of[5], "{lowest_of:?}");
    for at in report["voltages"].as_array().unwrap() {
        let voltage = at["voltage"].as_f64().unwrap();
        let kept = lowest_of.iter().filter(|lowest| **lowest <= voltage).count() as u64;
        assert_eq!(at["keeping_chips"]["count"].as_u64(), Some(kept));
    }
    // All six are needed for 95 %; three of six are half of them.
    let lowest = |share: &str| {
        json(&bench, &format!(
            "yield {of} --max-error +2% --chip b.toml#3..8 --seed 3 --maps 2 --voltage {voltages} --share {share}"
        ))["lowest_voltage"]
            .as_f64()
    };
    assert_eq!(lowest("95%"), Some(lowest_of[5]).filter(|lowest| lowest.is_finite()));
    assert_eq!(lowest("0.5"), Some(lowest_of[2]));
}

#[cfg(feature = "torch")]
#[test]
fn a_yield_says_what_few_chips_cannot_show() {
    let bench = Bench::new();
    population(&bench);
    let yields = format!("yield {} --max-error +100% --model b.toml --voltage 0.9,0.88", network());
    // Of n chips that all keep the error, 95 % is shown by 0.025^(1/n) >= 0.95, from n = 72 on.
    let text = out(&bench, &format!("{yields} --chips 3"));
    assert!(text.contains("95 % of the chips keep the error down to 0.88 V/Vmin or lower"), "{text}");
    assert!(text.contains("without an upper end: to show it, 72 chips are needed"), "{text}");
    let interval = |chips: u32| {
        let report = json(&bench, &format!("{yields} --chips {chips}"));
        report["lowest_voltage_interval"].clone()
    };
    assert!(interval(71)[1].is_null());
    assert_eq!(interval(72)[1].as_f64(), Some(0.88));
    assert!(
        out(&bench, &format!("{yields} --chips 72")).contains("from 0.88 V/Vmin or lower to 0.88 V/Vmin")
    );
}

#[cfg(feature = "torch")]
#[test]
fn a_yield_by_a_network_goes_on_from_its_journal_and_is_plotted() {
    let bench = Bench::new();
    population(&bench);
    let yields = format!(
        "yield {} --max-error +5% --model b.toml --chips 4 --voltage 0.84,0.8 --journal maps --plot shmoo.svg",
        network()
    );
    let first = out(&bench, &yields);
    let journal = bench.read("maps");
    assert!(first.contains("wrote shmoo.svg") && bench.read("shmoo.svg").starts_with(b"<svg"), "{first}");
    assert_eq!(out(&bench, &yields), first);
    assert_eq!(bench.read("maps"), journal);
    let csv = out(&bench, &format!("{yields} --format csv"));
    assert!(
        csv.starts_with("chip,voltage,unit,")
            && csv.lines().next().unwrap().ends_with("max_rerr,kept,chips_differ")
    );
    assert_eq!(csv.lines().count(), String::from_utf8(journal).unwrap().lines().count());
}

#[cfg(feature = "torch")]
#[test]
fn a_yield_says_which_maps_answered() {
    let bench = Bench::new();
    let head = "# geometry: 1x64x64\n# unit: V\n";
    let rows = "voltage,bank,row,column,p_0to1,p_1to0\n0.6,0,1,3,0,1\n0.55,0,1,3,0,1\n0.55,0,2,3,0,1\n";
    bench.write("m.csv", format!("{head}{rows}"));
    bench.ok("import csv m.csv --out m.sfp");
    let yields = format!("yield {} --max-error +50% --chip m.sfp --voltage 0.6,0.59", network());
    let text = out(&bench, &yields);
    assert!(text.lines().any(|line| line.starts_with("0.59 (map of 0.55) ")), "{text}");
    assert!(text.contains("keep the error down to 0.59 (map of 0.55) V or lower"), "{text}");
    let report = json(&bench, &yields);
    assert_eq!(report["voltages"][0]["map_voltages"], serde_json::json!([0.6]));
    assert_eq!(report["voltages"][1]["map_voltages"], serde_json::json!([0.55]));
}

#[test]
fn what_is_tolerated_is_asked_for_once() {
    let bench = Bench::new();
    for (arguments, expected) in [
        ("yield --model B", "--max-ber"),
        ("yield --max-ber 1%", "--model"),
        ("yield --model B --network x", "--max-error"),
        ("yield --model B --max-error +1%", "--network"),
        ("yield --model B --maps 3", "--network"),
        ("yield --model B --max-ber 1% --max-error +1%", "--network"),
        ("yield --model B --max-ber 1% --maps 3", "--network"),
        ("yield --model B --max-ber 1% --protect-msb 1", "--network"),
        ("yield --model B --max-ber 1% --images 10", "--network"),
        ("yield --model B --network x --max-error +1% --max-ber 1%", "cannot be used with"),
        ("yield --model B --network x --max-error +1% --spare-rows 1", "cannot be used with"),
        ("yield --model B --chip A --network x --max-error +1%", "cannot be used with"),
        ("yield --model B --network x --max-error +1", "can be read in two ways: say +1% for a percentage"),
        ("yield --model B --network x --max-error 10", "say 10% for a percentage, or a fraction below 1"),
        ("yield --model B --network x --max-error much", "expected +1% for a point above"),
    ] {
        let said = bench.run(arguments);
        assert!(said.code == Some(2) && said.err.contains(expected), "{arguments}\n{}", said.err);
    }
}

#[cfg(feature = "torch")]
#[test]
fn a_network_that_cannot_be_held_to_an_error_is_refused() {
    let bench = Bench::new();
    population(&bench);
    bench.write(
        "v.csv",
        "# geometry: 1x4x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.58,0,1,3,0,1\n",
    );
    bench.ok("import csv v.csv --out v.sfp");
    let one = String::from_utf8(bench.read("v.csv"))
        .unwrap()
        .replace("unit: V", "unit: V/Vmin")
        .replace("0.58", "0.8");
    bench.write("one.csv", one);
    bench.ok("import csv one.csv --out one.sfp");
    let model = String::from_utf8(bench.read("b.toml")).unwrap();
    let model = model.replace("\"V/Vmin\"", "\"V\"");
    bench.write("open.toml", model.replacen("p_0to1 = 0.0\np_1to0 = 0.0", "p_0to1 = 1e-9\np_1to0 = 1e-9", 1));
    let of = network();
    for (arguments, expected) in [
        ("--max-error 0% --model b.toml --chips 2", "without bit errors is"),
        ("--max-error +1% --chip A,v.sfp --voltage 0.8", "v.sfp has voltages in V, A in V/Vmin"),
        ("--max-error +1% --chip A,one.sfp", "were profiled at different voltages"),
        ("--max-error +1% --chip A,one.sfp --voltage 0.85", "0.85 V/Vmin is outside"),
        ("--max-error +1% --model open.toml --chips 3 --voltage 0.8 --vmin 0.85", "V, where cells of B#"),
        ("--max-error +1% --chip b.toml#1 --voltage 0.1", "0.1"),
        ("--max-error +1% --model b.toml --protect-msb 9", "at most the 8 bits"),
        ("--max-error +1% --chip A,B,A --voltage 0.8", "A is named twice"),
        ("--max-error +1% --chip b.toml#1..2,b.toml#2..3", "b.toml#2 is named twice"),
        ("--max-error +1% --chip A,stored:A --voltage 0.8", "A is named twice, as A and stored:A"),
        ("--max-error +1% --chip A --voltage 0.8 --vmin 0.5", "Vmin is 1"),
        ("--max-error +1% --chip A --voltage 0.8 --maps 2 --seed 18446744073709551615", "2 maps from it on"),
        ("--max-error +1% --model b.toml --chips 100001", "at most 100000 chips"),
        ("--max-error +1% --model b.toml --share 0", "a share above 0"),
    ] {
        let said = bench.run(&format!("yield {of} {arguments}"));
        assert!(said.out.is_empty(), "{arguments}\n{}", said.out);
        assert!(matches!(said.code, Some(1 | 2)) && said.err.contains(expected), "{arguments}\n{}", said.err);
    }
}
