//! Campaigns: what their rows say, what their journals keep, which memory they read.

use crate::{Bench, root, sample};

/// Rows of a CSV by column.
struct Rows {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn of(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = cells(reader.headers().unwrap());
        Self { header, rows: reader.records().map(|record| cells(&record.unwrap())).collect() }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.header.iter().position(|column| column == name).unwrap();
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }
}

/// A measured chip of two voltages, and one bank.
const MEASURED: &str = "# geometry: 1x64x64\n# unit: V\n# name: mine\n\
    voltage,bank,row,column,p_0to1,p_1to0\n0.6,0,1,1,1,0\n0.58,0,1,1,1,0\n0.58,0,2,2,1,0\n0.58,0,9,33,0,0.95\n";

fn with_measured_chip() -> Bench {
    let bench = Bench::new();
    bench.write("mine.csv", MEASURED);
    bench.run("import csv mine.csv --out mine.sfp").done();
    bench
}

#[test]
fn a_vmin_that_no_chip_takes_and_seeds_beyond_the_last_are_refused() {
    let bench = with_measured_chip();
    let weights = sample();
    let model = std::fs::read_to_string(root().join("profiles/B.toml")).unwrap();
    let model = model.replace("\"V/Vmin\"", "\"V\"");
    bench.write("open.toml", model.replacen("p_0to1 = 0.0\np_1to0 = 0.0", "p_0to1 = 1e-9\np_1to0 = 1e-9", 1));
    for (rest, expected) in [
        ("--chip open.toml#0..9 --voltage 0.8 --vmin 0.875", "V, where cells of open.toml#0 fail"),
        ("--chip A --voltage 0.8 --vmin 0.5", "Vmin is 1"),
        ("--chip A,B#0..1 --voltage 0.8 --vmin 0.5", "Vmin is 1"),
        ("--chip mine.sfp --voltage 0.58 --vmin 0.6", "expected more than 0.6 V"),
        ("--rate 1% --maps 2 --seed 18446744073709551615", "2 maps from it on need seeds above"),
    ] {
        let said = bench.run(&format!("eval --weights {weights} --images 20 {rest}"));
        assert!(matches!(said.code, Some(1 | 2)) && said.err.contains(expected), "{rest}\n{}", said.err);
    }
}

#[test]
fn places_spread_over_the_whole_chip_however_many_are_asked_for() {
    let bench = Bench::new();
    let weights = sample();
    let asked = format!("eval --weights {weights} --images 20 --chip A --voltage 0.8 --maps 4 --format csv");
    let places = |rest: &str| {
        let rows = Rows::of(&bench.run(&format!("{asked} {rest}")).done());
        rows.column("offset").iter().map(|offset| offset.parse().unwrap()).collect::<Vec<u64>>()
    };
    let quarter = 32 * 512 * 64 / 4;
    assert_eq!(places("--offsets 40"), [0, quarter, 2 * quarter, 3 * quarter]);
    assert_eq!(places(""), places("--offsets 40"));
    assert_eq!(places("--offsets 2"), [0, 2 * quarter, 0, 2 * quarter]);
}

#[test]
fn chips_of_a_model_are_those_that_they_are_alone() {
    let bench = Bench::new();
    let weights = sample();
    let asked = format!("eval --weights {weights} --images 20 --voltage 0.85 --maps 1 --format csv --chip");
    let rows = |chips: &str| bench.run(&format!("{asked} {chips}")).done();
    let together = rows("B#0..1");
    let alone = [rows("B#0"), rows("B#1")].map(|csv| csv.lines().nth(1).unwrap().to_owned());
    assert_eq!(together.lines().skip(1).collect::<Vec<_>>(), alone);
}

#[test]
fn rows_say_which_map_answered_and_in_which_unit() {
    let bench = with_measured_chip();
    let eval = |rest: &str| {
        let weights = sample();
        bench.run(&format!("eval --weights {weights} --images 20 --maps 1 {rest}"))
    };
    let asked = "--chip mine.sfp,A --voltage 0.59,0.6 --vmin 0.61";
    // A is in V/Vmin and does not answer at 0.6.
    let refused = eval(asked);
    assert!(refused.code == Some(1) && refused.err.contains("0.6 V/Vmin is outside"), "{}", refused.err);
    let asked = "--chip mine.sfp --voltage 0.59,0.6 --vmin 0.61";
    let rows = Rows::of(&eval(&format!("{asked} --format csv")).done());
    assert_eq!(rows.column("voltage"), ["0.6", "0.59"]);
    assert_eq!(rows.column("map_voltage"), ["0.6", "0.58"]);
    assert_eq!(rows.column("unit"), ["V", "V"]);
    assert_eq!(rows.column("extrapolated"), ["false", "false"]);
    let energy: f64 = rows.column("energy")[1].parse().unwrap();
    assert!((energy - (0.59f64 / 0.61).powi(2)).abs() < 1e-5);
    let text = eval(asked).done();
    assert!(text.contains("of map: the profiled voltage whose map answered"), "{text}");
    let row = |line: &str| line.split_whitespace().take(3).collect::<Vec<_>>() == ["mine", "0.59", "0.58"];
    assert!(text.lines().any(row), "{text}");
    // Voltages of two units stand in no column together.
    let both = eval("--chip mine.sfp,A --voltage all").done();
    let heads: Vec<&str> = both.lines().filter(|line| line.starts_with("chip ")).collect();
    assert_eq!(heads.len(), 2, "{both}");
    let unit = |head: &str| head.split_whitespace().nth(1).unwrap().to_owned();
    assert_eq!([unit(heads[0]), unit(heads[1])], ["V", "V/Vmin"]);
    let json: serde_json::Value =
        serde_json::from_str(&eval(&format!("{asked} --format json")).done()).unwrap();
    assert_eq!(json["points"][1]["map_voltage"].as_f64(), Some(0.58));
    assert_eq!(json["points"][1]["unit"], "V");
}

#[test]
fn units_that_differ_share_no_axis() {
    let bench = with_measured_chip();
    let weights = sample();
    bench.write("b.csv", MEASURED.replace("# unit: V", "# unit: V/Vmin").replace("0.58", "0.59"));
    bench.run("import csv b.csv --out b.sfp").done();
    let asked = format!("eval --weights {weights} --images 20 --maps 1 --chip mine.sfp,b.sfp --voltage 0.6");
    let refused = bench.run(&format!("{asked} --plot plot.svg"));
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("V/Vmin") && !bench.path("plot.svg").exists(), "{}", refused.err);
    let rows = Rows::of(&bench.run(&format!("{asked} --format csv")).done());
    assert_eq!(rows.column("unit"), ["V", "V/Vmin"]);
}

#[test]
fn expected_ber_is_the_rate_of_random_errors_and_by_the_stored_bits_of_a_chip() {
    let bench = with_measured_chip();
    let weights = sample();
    let eval = |rest: &str| {
        let text = format!("eval --weights {weights} --images 20 --format csv {rest}");
        Rows::of(&bench.run(&text).done())
    };
    let random = eval("--rate 0.04 --maps 2");
    assert_eq!(random.column("expected_ber"), ["0.04", "0.04"]);
    // Every fault of the measured chip but one is certain, so a read without it has just the errors that are expected.
    let certain = eval("--chip mine.sfp --voltage 0.6 --maps 2");
    assert_eq!(certain.column("expected_ber"), certain.column("realised_ber"));
    assert_eq!(certain.column("fault_rate")[0].parse(), Ok(1.0 / 4096.0));
    let protected = eval("--rate 0.04 --maps 1 --protect-msb 6");
    assert_eq!(protected.column("expected_ber")[0].parse(), Ok(0.01));
    let realised: f64 = protected.column("realised_ber")[0].parse().unwrap();
    // 44,426 weights of 8 bits, of which 2 may fail.
    assert!((realised - 0.01).abs() < 5.0 * (0.04f64 * 2.0 * 44426.0).sqrt() / (8.0 * 44426.0), "{realised}");
    let none = eval("--rate 0.5 --maps 1 --protect-msb 8");
    assert_eq!(none.column("bit_errors"), ["0"]);
    assert_eq!(none.column("rerr"), none.column("err"));
}

#[test]
fn one_place_has_no_standard_error_over_places() {
    let bench = Bench::new();
    let weights = sample();
    let eval = |rest: &str| {
        let text = format!("eval --weights {weights} --images 200 --chip B --voltage 0.8 --maps 6 {rest}");
        let json = bench.run(&format!("{text} --format json")).done();
        (bench.run(&text).done(), serde_json::from_str::<serde_json::Value>(&json).unwrap())
    };
    let (text, one) = eval("--offsets 1");
    let point = &one["points"][0];
    assert!(point["rerr"]["standard_error"].is_null() && point["rerr"]["std"].as_f64().is_some());
    assert!(text.contains("SE: standard error of the mean over places on the chip"), "{text}");
    let (_, three) = eval("--offsets 3");
    let rerr = &three["points"][0]["rerr"];
    assert_eq!(rerr["clusters"], 3);
    // As if the mean of each place were all that was measured.
    let maps = three["points"][0]["maps"].as_array().unwrap();
    let value = |map: usize| maps[map]["rerr"].as_f64().unwrap();
    let means: Vec<f64> = (0..3).map(|place| f64::midpoint(value(place), value(place + 3))).collect();
    let mean = means.iter().sum::<f64>() / 3.0;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 2.0;
    assert!((rerr["standard_error"].as_f64().unwrap() - (variance / 3.0).sqrt()).abs() < 1e-12);
}

#[test]
fn eval_reads_the_memory_that_inject_reads() {
    let bench = Bench::new();
    let weights = sample();
    for rest in [
        "--protect-msb 3 --chip B --voltage 0.78 --offset 4711",
        "--order file --chip B --voltage 0.8",
        "--order file --rate 1% --protect-msb 1",
        "--chip A --voltage 0.8 --read persistent --offset 99999999",
        "--chip A#5 --voltage 0.8 --read worst",
    ] {
        let inject = bench.run(&format!("inject --weights {weights} {rest} --seed 3 --format json")).done();
        let inject: serde_json::Value = serde_json::from_str(&inject).unwrap();
        let place = if rest.contains("--rate") || rest.contains("--offset") { "" } else { "--offset 0" };
        let eval = bench
            .run(&format!(
                "eval --weights {weights} {rest} {place} --seed 3 --maps 1 --images 10 --format json"
            ))
            .done();
        let eval: serde_json::Value = serde_json::from_str(&eval).unwrap();
        let errors = &eval["points"][0]["maps"][0]["bit_errors"];
        assert!(errors.as_u64().unwrap() > 50, "{rest}");
        assert_eq!(&inject["damage"]["bit_errors"], errors, "{rest}");
    }
}

#[test]
fn modules_and_ranges_of_chips_go_where_networks_and_chips_go() {
    let bench = Bench::new();
    let module = root().join("data/lenet5-digits.pt").display().to_string();
    let weights = sample();
    let campaign = "--data digits --chip A#0..2 --voltage 0.8 --maps 1 --images 100";
    let table = bench.run(&format!(
        "generalize --weights module={module} file={weights} {campaign} --normalise data --clip 0.1 --format csv"
    )).done();
    let rows = Rows::of(&table);
    assert_eq!(rows.column("chip"), ["A#0", "A#1", "A#2", "A#0", "A#1", "A#2"]);
    // The same network, whether as a module or as weights.
    let rerr = rows.column("rerr");
    assert_eq!(rerr[..3], rerr[3..]);
    let eval = bench.run(&format!("eval --weights {module} {campaign} --clip 0.1 --format csv")).done();
    assert_eq!(Rows::of(&eval).column("rerr"), rerr[..3]);
    let refused = bench.run(&format!("eval --weights {module} --model lenet5 --data digits"));
    assert_eq!(refused.code, Some(2));
    let refused = bench.run(&format!("eval --weights {module} --data digits --with-statistics"));
    assert!(refused.code == Some(1) && refused.err.contains("cannot be stored"), "{}", refused.err);
}

#[test]
fn the_normalisation_is_shown_and_can_be_chosen() {
    let bench = Bench::new();
    let weights = sample();
    let eval = |rest: &str| bench.run(&format!("eval --weights {weights} --images 500 {rest}"));
    let trained = eval("").done();
    assert!(
        trained.contains("normalised  mean 0.") && trained.contains("as the weights were trained"),
        "{trained}"
    );
    let line = trained.lines().find(|line| line.starts_with("normalised")).unwrap();
    let numbers: Vec<&str> = line.split([' ', ';', ',']).filter(|word| word.parse::<f32>().is_ok()).collect();
    let by = format!("--normalise {}/{}", numbers[0], numbers[1]);
    let err = |text: &str| text.lines().find(|line| line.starts_with("Err")).unwrap().to_owned();
    assert_eq!(err(&eval(&by).done()), err(&trained));
    let none = eval("--normalise none").done();
    assert!(none.contains("normalised  mean 0; deviation 1 (none, as asked)"), "{none}");
    assert_ne!(err(&none), err(&trained));
    let two = eval("--normalise 0.5,0.5/0.2,0.2");
    assert!(two.code == Some(1) && two.err.contains("expected 1 finite numbers"), "{}", two.err);
    for wrong in ["0.5", "0.5/0", "x/1", "0.5,1/0.5", "nan/1"] {
        assert_eq!(eval(&format!("--normalise {wrong}")).code, Some(2), "{wrong}");
    }
}

/// A table of several networks says what was tested, not what would be without protection or of balanced data.
#[test]
fn generalize_says_how_memory_was_read_and_what_that_makes_of_the_ber() {
    let bench = Bench::new();
    let weights = sample();
    let generalize =
        |rest: &str| bench.run(&format!("generalize --weights {weights} --images 20 {rest}")).done();
    let random = "--rate 5% --maps 1 --protect-msb 7";
    let text = generalize(random);
    let line = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        line.unwrap_or_else(|| panic!("{name} in {text}")).split_whitespace().last().unwrap().to_owned()
    };
    // One bit of eight is open.
    assert_eq!(line(&text, "expected BER, %"), "0.625");
    assert!(text.contains("msb:7 protected"), "{text}");
    assert_eq!(Rows::of(&generalize(&format!("{random} --format csv"))).column("expected_ber"), ["0.00625"]);

    for read in ["sampled", "persistent", "worst"] {
        let chip = format!("--chip A --voltage 0.8 --maps 2 --bits 4 --read {read}");
        let rows = Rows::of(&generalize(&format!("{chip} --format csv")));
        let of_maps: Vec<f64> = rows.column("expected_ber").iter().map(|ber| ber.parse().unwrap()).collect();
        let mean = of_maps.iter().sum::<f64>() / of_maps.len() as f64;
        let text = generalize(&chip);
        let shown: f64 = line(&text, "expected BER, %").parse().unwrap();
        assert!((shown / 100.0 - mean).abs() < 1e-3 * mean, "{read}: {shown} % {mean}");
        assert!(
            text.contains(&format!("reads       {read}: ")) && text.contains("stored as 4 bits"),
            "{text}"
        );
        assert!(rows.column("read").iter().all(|of| *of == read), "{:?}", rows.column("read"));
        assert!(
            rows.column("scheme").iter().all(|of| of.starts_with("4 bits")),
            "{:?}",
            rows.column("scheme")
        );
    }
}

#[test]
fn a_network_without_bit_errors_has_a_row_and_no_options_of_these() {
    let bench = Bench::new();
    let weights = sample();
    let rows = Rows::of(&bench.run(&format!("eval --weights {weights} --images 200 --format csv")).done());
    let report: serde_json::Value = serde_json::from_str(
        &bench.run(&format!("eval --weights {weights} --images 200 --format json")).done(),
    )
    .unwrap();
    assert_eq!(rows.column("err"), [report["err"].to_string()]);
    assert_eq!(rows.column("rerr"), [""]);
    for option in ["--maps 7", "--seed 3", "--journal j"] {
        let said = bench.run(&format!("eval --weights {weights} --images 20 {option}"));
        assert!(said.code == Some(2) && said.err.contains("--rate"), "{option}: {}", said.err);
        assert!(!bench.path("j").exists());
    }
}
