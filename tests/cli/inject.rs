//! `inject`.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;

use crate::{Bench, shared};

/// All tensors of a file as bytes, and its metadata.
pub(crate) fn tensors(path: &Path) -> (BTreeMap<String, Vec<u8>>, BTreeMap<String, String>) {
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect();
    (tensors, header.metadata().clone().unwrap_or_default().into_iter().collect())
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

/// Flips between two files of codes, as (tensor, bit).
fn flips(bench: &Bench, clean: &str, faulty: &str) -> Vec<(String, usize)> {
    let (clean, faulty) = (tensors(&bench.path(clean)).0, tensors(&bench.path(faulty)).0);
    assert_eq!(clean.keys().collect::<Vec<_>>(), faulty.keys().collect::<Vec<_>>());
    let of = |(name, before): (&String, &Vec<u8>)| {
        let after = &faulty[name];
        let changed = (0..before.len() * 8).filter(|i| (before[i / 8] ^ after[i / 8]) >> (i % 8) & 1 == 1);
        changed.map(|i| (name.clone(), i)).collect::<Vec<_>>()
    };
    clean.iter().flat_map(of).collect()
}

#[test]
fn reported_bit_errors_are_the_popcount_of_clean_xor_faulty_codes() {
    let bench = Bench::new().with_sample_weights();
    for bits in [2, 3, 4, 5, 6, 7, 8, 16, 32] {
        for source in
            ["--chip A --voltage 0.8", "--chip B --voltage 0.79 --offset 12345 --read worst", "--rate 1%"]
        {
            let arguments = format!("inject --weights net.safetensors --bits {bits} {source}");
            let report = bench.json(&format!("{arguments} --codes faulty --clean-codes clean"));
            let found = flips(&bench, "clean", "faulty");
            assert_eq!(report["damage"]["bit_errors"].as_u64(), Some(found.len() as u64), "{arguments}");
            let by_position = report["damage"]["bit_errors_by_position"].as_array().unwrap();
            for (position, count) in by_position.iter().enumerate() {
                let expected = found.iter().filter(|(_, bit)| bit % bits == position).count();
                assert_eq!(count.as_u64(), Some(expected as u64), "{arguments}, bit {position}");
            }
            let hit = report["faults_hit"].as_u64().unwrap();
            assert_eq!(report["raw_bit_errors"].as_u64(), Some(found.len() as u64), "{arguments}");
            assert!(hit >= found.len() as u64 && !found.is_empty(), "{arguments}");
        }
    }
}

#[test]
fn written_weights_are_the_faulty_codes_decoded() {
    let bench = Bench::new().with_sample_weights();
    let arguments = "inject --weights net.safetensors --scheme normal --bits 8 --chip C --voltage 0.78";
    let report = bench.json(&format!("{arguments} --out faulty.safetensors --codes codes"));
    let (codes, about) = tensors(&bench.path("codes"));
    let (weights, metadata) = tensors(&bench.path("faulty.safetensors"));
    let mut largest = 0.0f64;
    let (clean, _) = tensors(&bench.path("net.safetensors"));
    for (name, codes) in &codes {
        let range: serde_json::Value = serde_json::from_str(&about[&format!("tensor {name}")]).unwrap();
        let hi = range["hi"].as_f64().unwrap() as f32;
        let step = range["step"].as_f64().unwrap() as f32;
        let expected: Vec<f32> =
            codes.iter().map(|&code| (f32::from(code.cast_signed()) * step).clamp(-hi, hi)).collect();
        let found = floats(&weights[name]);
        assert_eq!(found, expected, "{name}");
        let step = f64::from(step);
        for (before, after) in floats(&clean[name]).iter().zip(&found) {
            largest = largest.max(f64::from((before - after).abs()) - step);
        }
    }
    // The change counts from the quantised weights, which lie within a step of the float ones.
    assert!(largest <= report["l_inf"].as_f64().unwrap() + 1e-6);
    assert!(
        metadata["sram_sim"].contains("\"voltage\":0.78") && metadata["made_by"].contains("xtask sample")
    );
}

#[test]
fn the_seed_decides_every_byte_written() {
    let bench = Bench::new().with_sample_weights();
    let run = |seed: u32| {
        bench.ok(&format!(
            "inject --weights net.safetensors --chip A --voltage 0.8 --seed {seed} --codes codes"
        ));
        tensors(&bench.path("codes")).0
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn written_weights_keep_the_order_of_the_file() {
    let bench = Bench::new().with_sample_weights();
    // The same tensors, last ones first.
    let bytes = bench.read("net.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    names.sort_by(|a, b| b.cmp(a));
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for name in &names {
        let view = file.tensor(name).unwrap();
        let start = data.len();
        data.extend_from_slice(view.data());
        let entry =
            serde_json::json!({"dtype": "F32", "shape": view.shape(), "data_offsets": [start, data.len()]});
        header.insert(name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    bench.write(
        "net.safetensors",
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat(),
    );
    let report = bench.json("inject --weights net.safetensors --rate 1% --order file --out out");
    let out = bench.read("out");
    let (_, header) = SafeTensors::read_metadata(&out).unwrap();
    assert_eq!(header.offset_keys(), names);
    let laid_out: Vec<_> =
        report["damage"]["tensors"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(laid_out, names);
}

#[test]
fn what_fails_at_a_voltage_fails_below_it_with_the_same_seed() {
    let bench = Bench::new().with_sample_weights();
    let at = |source: &str| {
        bench.ok(&format!("inject --weights net.safetensors {source} --codes faulty --clean-codes clean"));
        flips(&bench, "clean", "faulty").into_iter().collect::<std::collections::BTreeSet<_>>()
    };
    let sweep = |sources: [&str; 3]| {
        let sets = sources.map(at);
        assert!(sets[0].is_subset(&sets[1]) && sets[1].is_subset(&sets[2]), "{sources:?}");
        assert!(sets[0].len() < sets[1].len() && sets[1].len() < sets[2].len(), "{sources:?}");
    };
    sweep(["--chip A --voltage 0.85", "--chip A --voltage 0.84", "--chip A --voltage 0.8"]);
    sweep(["--chip B --voltage 0.85", "--chip B --voltage 0.83", "--chip B --voltage 0.8"]);
    sweep(["--rate 0.1%", "--rate 1%", "--rate 0.05"]);
}

#[test]
fn protected_bits_keep_what_was_stored() {
    let bench = Bench::new().with_sample_weights();
    let arguments = "inject --weights net.safetensors --bits 4 --chip A --voltage 0.78 --protect-msb 2";
    let report = bench.json(arguments);
    let counts: Vec<_> = report["damage"]["bit_errors_by_position"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    assert!(counts[0] > 0 && counts[1] > 0 && counts[2..] == [0, 0], "{counts:?}");
}

/// The rows of a CSV, by column.
fn rows(csv: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|cells| header.iter().copied().zip(cells).collect()).collect()
}

#[test]
fn csv_has_a_row_a_tensor_and_each_says_where_its_errors_come_from() {
    let bench = Bench::new().with_sample_weights();
    for (source, said) in [
        (
            "--chip A --voltage 0.8",
            [("chip", "A"), ("unit", "V/Vmin"), ("voltage", "0.8"), ("map_voltage", "0.8")],
        ),
        ("--rate 1% --seed 3", [("chip", ""), ("expected_ber", "0.01"), ("fault_rate", ""), ("seed", "3")]),
    ] {
        let inject = format!("inject --weights net.safetensors {source}");
        let (csv, report) = (bench.ok(&format!("{inject} --format csv")), bench.json(&inject));
        let rows = rows(&csv);
        assert_eq!(rows.len(), 10);
        assert!(rows.iter().all(|row| !row["tensor"].is_empty()));
        assert!(rows.iter().all(|row| said.iter().all(|(column, cell)| row[column] == *cell)), "{csv}");
        let sum = |column: &str| rows.iter().map(|row| row[column].parse::<f64>().unwrap()).sum::<f64>();
        assert_eq!(Some(sum("bit_errors")), report["damage"]["bit_errors"].as_f64());
        // Weighted by their bits, the rates of tensors make that of all.
        for column in ["expected_ber", "realised_ber"] {
            let of = |row: &BTreeMap<&str, &str>, column: &str| row[column].parse::<f64>().unwrap();
            let all =
                rows.iter().map(|row| of(row, column) * of(row, "weights")).sum::<f64>() / sum("weights");
            assert!((all - report[column].as_f64().unwrap()).abs() < 1e-12, "{column}");
        }
    }
}

#[test]
fn expected_errors_are_those_of_the_read_model_the_rate_and_the_protected_bits() {
    let bench = Bench::new().with_sample_weights();
    let ber = |rest: &str| {
        let report = bench.json(&format!("inject --weights net.safetensors --bits 8 {rest}"));
        ["expected_ber", "realised_ber"].map(|key| report[key].as_f64().unwrap())
    };
    // Reads that are not drawn err just as expected.
    for read in ["worst", "persistent"] {
        let [expected, realised] = ber(&format!("--chip B --voltage 0.8 --read {read}"));
        assert!(expected > 0.0 && (expected - realised).abs() < 1e-12, "{read}");
        let [expected, realised] = ber(&format!("--chip B --voltage 0.8 --read {read} --protect-msb 3"));
        assert!(expected > 0.0 && (expected - realised).abs() < 1e-12, "{read}, protected");
    }
    assert!((ber("--rate 4%")[0] - 0.04).abs() < 1e-12);
    assert!((ber("--rate 4% --protect-msb 2")[0] - 0.03).abs() < 1e-12);
    let [expected, realised] = ber("--chip A --voltage 0.8");
    assert!((expected / realised - 1.0).abs() < 0.05, "{expected} {realised}");
}

#[test]
fn a_clean_read_changes_nothing() {
    let bench = Bench::new().with_sample_weights();
    let report = bench
        .json("inject --weights net.safetensors --chip A --voltage 1 --codes faulty --clean-codes clean");
    assert_eq!(report["damage"]["bit_errors"].as_u64(), Some(0));
    assert!(flips(&bench, "clean", "faulty").is_empty());
}

#[test]
fn a_real_network_on_every_chip_has_the_errors_that_its_data_makes_of_the_fault_rate() {
    let (Some(weights), Some(dumps)) =
        (shared("models/resnet20.safetensors"), shared("bram_undervolting/kc705b"))
    else {
        return;
    };
    let bench = Bench::new();
    bench.ok(&format!("import hex {} --out kc705b.sfp", dumps.display()));
    for (chip, voltage) in [("A", 0.8), ("B", 0.8), ("C", 0.8), ("kc705b.sfp", 0.53)] {
        let inject = format!("inject --weights {} --chip {chip} --voltage {voltage}", weights.display());
        let report = bench.json(&format!("{inject} --out faulty.safetensors"));
        let damage = &report["damage"];
        let parameters: u64 =
            damage["tensors"].as_array().unwrap().iter().map(|t| t["weights"].as_u64().unwrap()).sum();
        assert_eq!(parameters, 269_722);
        let (expected, realised) =
            (report["expected_ber"].as_f64().unwrap(), report["realised_ber"].as_f64().unwrap());
        assert!((realised / expected - 1.0).abs() < 0.05, "{chip}: {realised}, expected {expected}");
        let (before, after) = (tensors(&weights).0, tensors(&bench.path("faulty.safetensors")).0);
        for (name, bytes) in &before {
            if name.contains("running") {
                assert_eq!(bytes, &after[name], "statistics stay clean");
            }
            assert_eq!(bytes.len(), after[name].len());
        }
    }
}
