//! Small inputs that once cost minutes or gigabytes.

use crate::{Bench, Said};

/// Runs the program with a gigabyte of addresses and a minute of processor time, of which each of these needs a small part.
fn bounded(bench: &Bench, arguments: &str) -> Said {
    let mut shell = std::process::Command::new("sh");
    shell.args([
        "-c",
        r#"ulimit -v 1000000 && ulimit -t 60 && exec "$0" "$@""#,
        env!("CARGO_BIN_EXE_sram-sim"),
    ]);
    Said::from(shell.args(arguments.split_whitespace()).current_dir(bench.path("")).output().unwrap())
}

fn ok(bench: &Bench, arguments: &str) -> String {
    let said = bounded(bench, arguments);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{arguments}");
    said.out
}

fn fails(bench: &Bench, arguments: &str) -> String {
    let said = bounded(bench, arguments);
    assert_eq!(said.code, Some(1), "{arguments}: {}", said.err);
    said.err
}

fn with_hostile() -> Bench {
    let bench = Bench::new();
    let folder = crate::root().join("tests/cases/hostile");
    for name in ["curve300.toml", "slow-solve-1851-bytes.toml", "fit-banks.sfp"] {
        std::fs::copy(folder.join(name), bench.path(name)).unwrap();
    }
    bench
}

#[test]
fn models_cost_what_they_say_however_fine_their_noise() {
    let bench = with_hostile();
    let curve = std::fs::read_to_string(bench.path("curve300.toml")).unwrap();
    bench.write("finer.toml", curve.replace("read_noise = 1e-6", "read_noise = 2.3e-6"));
    let a = std::fs::read_to_string(crate::root().join("profiles/A.toml")).unwrap();
    bench.write("fine.toml", a.replace("read_noise = 0.0039", "read_noise = 0.0001"));
    for model in ["curve300.toml", "finer.toml", "slow-solve-1851-bytes.toml", "fine.toml"] {
        let said = bounded(&bench, &format!("synth --model {model} --geometry 1x4x4 --out chip.sfp"));
        assert!(said.code == Some(0) && said.out.contains("16 cells"), "{model}: {}", said.err);
    }
}

#[test]
fn a_fit_costs_the_faults_and_not_the_banks() {
    let bench = with_hostile();
    let text = ok(&bench, "fit --profile fit-banks.sfp --out model.toml");
    assert!(text.contains("shared.bank: none found"), "{text}");
    ok(&bench, "predict --model model.toml");
}

#[test]
fn a_model_file_is_read_up_to_a_size() {
    let bench = Bench::new();
    for command in [
        "predict --model /dev/zero",
        "yield --model /dev/zero --max-ber 1%",
        "synth --model /dev/zero --out x.sfp",
    ] {
        let error = fails(&bench, command);
        assert!(error.contains("/dev/zero: it has more than 4194304 bytes"), "{command}: {error}");
    }
    let curve: String = (0..20_000)
        .map(|k| format!("[[curve]]\nvoltage = {}\np_0to1 = 0.1\np_1to0 = 0.1\n", 4.0 - f64::from(k) * 1e-4))
        .collect();
    let head = std::fs::read_to_string(crate::root().join("profiles/B.toml")).unwrap();
    let head = head.split("[[curve]]").next().unwrap().to_owned();
    bench.write("long.toml", head + &curve);
    let error = fails(&bench, "predict --model long.toml");
    assert!(error.contains("`curve`: found 20000, expected at most 10000 points"), "{error}");
}

#[test]
fn a_chip_that_no_memory_holds_is_refused_before_it_is_made() {
    let bench = Bench::new();
    for command in [
        "synth --model B --geometry 2048x1024x1024 --out x.sfp",
        "yield --model B --geometry 2048x1024x1024 --max-ber 1%",
    ] {
        let error = fails(&bench, command);
        for part in ["2048x1024x1024", "cells that fail down to 0.75 V/Vmin", "GB", "--geometry"] {
            assert!(error.contains(part), "{command}: {error}");
        }
    }
    let error = fails(&bench, "yield --model B --geometry 1048576x2x2 --chips 1000 --max-ber 1%");
    assert!(error.contains("voltages and banks"), "{error}");
}

#[test]
fn march_tests_have_a_length_and_reads_cost_little() {
    let bench = Bench::new();
    let long = format!("any(w0);any(r0{})", ",r0".repeat(1_200));
    let said = bounded(&bench, &format!("mbist --chip A --voltage 0.8 --algorithm {long}"));
    assert!(said.code == Some(2) && said.err.contains("1202 operations"), "{}", said.err);
    let most = format!("any(w0);any(r0{})", ",r0".repeat(998));
    let report =
        ok(&bench, &format!("mbist --chip A --voltage 0.85 --reads 10000 --format json --algorithm {most}"));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let at = &report["voltages"][0];
    let expected = at["expected_found_cells"].as_f64().unwrap();
    // After ten million reads, every cell that can fail from 0 to 1 is found.
    assert!((at["found_cells"].as_f64().unwrap() - expected).abs() < 1.0, "{at}");
}
