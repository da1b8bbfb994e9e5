//! `inject --as-stored`.

use crate::Bench;

/// A safetensors file of one tensor.
fn file(dtype: &str, elements: usize, bytes: &[u8]) -> Vec<u8> {
    let header =
        format!(r#"{{"w":{{"dtype":"{dtype}","shape":[{elements}],"data_offsets":[0,{}]}}}}"#, bytes.len());
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}

/// Bits that differ.
fn differing(a: &[u8], b: &[u8]) -> u64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}

#[test]
fn only_bits_in_error_differ_and_the_report_counts_them() {
    let bench = Bench::new().with_sample_weights();
    let clean = bench.read("net.safetensors");
    for source in [
        "--rate 0",
        "--rate 1%",
        "--chip B --voltage 0.8",
        "--rate 1% --ecc secded:64",
        "--rate 1% --order file",
    ] {
        let report = bench
            .json(&format!("inject --weights net.safetensors --as-stored {source} --out out.safetensors"));
        let faulty = bench.read("out.safetensors");
        let bits = report["damage"]["bit_errors"].as_u64().unwrap();
        assert_eq!(differing(&clean, &faulty), bits, "{source}");
        assert_eq!(report["scheme"], "32 bits, as the file has them");
        let header = 8 + u64::from_le_bytes(clean[..8].try_into().unwrap()) as usize;
        assert!(clean[..header] == faulty[..header], "{source}");
        assert!((bits == 0) == (source == "--rate 0"), "{source}: {bits}");
    }
}

#[test]
fn packed_layers_are_hit_where_they_are_stored_and_judged_by_their_weights() {
    let bench = Bench::new();
    for (name, format, roles) in
        [("gptq", "GPTQ", 4), ("nf4", "bitsandbytes, 4 bits", 3), ("ints_only", "", 0)]
    {
        let weights = crate::root().join(format!("tests/cases/packed-integers/{name}.safetensors"));
        let report = bench.json(&format!("inject --weights {} --as-stored --rate 1%", weights.display()));
        assert!(report["tensors_kept_apart"] == 0 && report["raw_bit_errors"].as_u64() > Some(100), "{name}");
        let layers = report["layers"].as_array().unwrap();
        assert_eq!(layers.len(), usize::from(roles > 0), "{name}");
        for layer in layers {
            assert_eq!(
                (layer["format"].as_str(), layer["roles"].as_array().map(Vec::len)),
                (Some(format), Some(roles))
            );
            assert!(layer["all"]["changed_weights"].as_u64() > Some(50), "{name}: {layer}");
        }
        let text = bench.ok(&format!("inject --weights {} --as-stored --rate 1%", weights.display()));
        assert_eq!(text.contains("quantised layer"), roles > 0, "{text}");
    }
}

#[test]
fn zeros_of_gptq_are_read_as_files_beside_the_weights_say() {
    let bench = Bench::new();
    let weights = std::fs::read(crate::root().join("tests/cases/packed-integers/gptq.safetensors")).unwrap();
    bench.write("gptq.safetensors", weights);
    let command = "inject --weights gptq.safetensors --as-stored --rate 1%";
    let layer = || bench.json(command)["layers"][0].clone();
    let first = layer();
    assert!(first["assumed"].as_str().is_some_and(|said| said.contains("checkpoint_format")), "{first}");
    assert!(bench.ok(command).contains("stored less 1"));
    bench.write("quantize_config.json", r#"{"bits": 4, "group_size": 128, "checkpoint_format": "gptq_v2"}"#);
    let second = layer();
    assert_eq!((second["format"].as_str(), second["assumed"].is_null()), (Some("GPTQ, second format"), true));
    // A scale in error changes a weight by as much more or less as its zero differs.
    assert_ne!(first["roles"][1], second["roles"][1]);
    bench.write("config.json", r#"{"quantization_config": {"checkpoint_format": "gptq"}}"#);
    let said = bench.fails(command);
    assert!(said.contains("\"gptq_v2\" in quantize_config.json and \"gptq\" in config.json"), "{said}");
    bench.write("config.json", "// of another program");
    assert!(bench.fails(command).contains("config.json beside the weights"));
    let said = bench.run(&format!("{command} --out config.json"));
    assert!(said.code == Some(2) && said.err.contains("would be overwritten"), "{}", said.err);
    // Where it does not matter, it is not looked at.
    std::fs::copy(
        crate::root().join("tests/cases/packed-integers/nf4.safetensors"),
        bench.path("nf4.safetensors"),
    )
    .unwrap();
    bench.ok("inject --weights nf4.safetensors --as-stored --rate 1%");
}

#[test]
fn numbers_that_become_none_are_counted() {
    let bench = Bench::new();
    // Ones of BF16; an error of the second highest bit makes them infinite.
    bench.write("ones.safetensors", file("BF16", 1000, &[0x80, 0x3f].repeat(1000)));
    let report = bench.json("inject --weights ones.safetensors --as-stored --rate 3% --out hit.safetensors");
    let hit = bench.read("hit.safetensors");
    let values = hit[hit.len() - 2000..].as_chunks::<2>().0.iter();
    let broken = values.filter(|bytes| u16::from_le_bytes(**bytes) & 0x7f80 == 0x7f80).count();
    assert!(
        broken > 5 && report["not_finite"].as_u64() == Some(broken as u64),
        "{broken} {}",
        report["not_finite"]
    );
    // Not finite before is no error: it is stored as it is.
    bench.write("nan.safetensors", file("F16", 2, &[0x00, 0x7e, 0x00, 0x3c]));
    bench.ok("inject --weights nan.safetensors --as-stored --rate 1%");
}

#[test]
fn what_quantises_is_refused() {
    let bench = Bench::new().with_sample_weights();
    for option in ["--bits 8", "--scheme rquant", "--clip 0.1", "--range 1", "--codes c", "--protect-msb 1"] {
        let said = bench.run(&format!("inject --weights net.safetensors --as-stored --rate 1% {option}"));
        assert!(said.code == Some(2) && said.err.contains("--as-stored"), "{option}: {}", said.err);
    }
    let said = bench.fails("inject --weights net.safetensors --as-stored --rate 1% --ecc in-place");
    assert!(said.contains("stored as it is"), "{said}");
    // Which 3 of 64 bits?
    bench.write("wide.safetensors", file("F64", 2, &[0; 16]));
    bench.write("planes.toml", "format = 1\n[[region]]\nrobust = \"msb:3\"\nrate = 0.01\n");
    let said = bench.run("inject --weights wide.safetensors --as-stored --memory planes.toml");
    assert!(said.code == Some(2) && said.err.contains("tensor w"), "{}", said.err);
    bench.ok("inject --weights net.safetensors --as-stored --memory planes.toml");
    bench.write("memory.toml", "format = 1\n[[region]]\nbits = 4\nrate = 0.01\n");
    let said = bench.fails("inject --weights net.safetensors --as-stored --memory memory.toml");
    assert!(said.contains("as the file has them"), "{said}");
}

/// A log of errors, row by row.
fn log(bench: &Bench, name: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(bench.path(name)).unwrap();
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn a_log_has_each_bit_error_where_it_lies_in_the_file() {
    let bench = Bench::new();
    for (file, out, roles) in [
        ("tests/cases/gguf/blocks.gguf", "out.gguf", true),
        ("tests/cases/packed-integers/gptq.safetensors", "out.safetensors", true),
        ("tests/cases/pytorch/checkpoint.pth", "out.pth", false),
    ] {
        let path = crate::root().join(file);
        let report = bench.json(&format!(
            "inject --weights {} --as-stored --rate 1% --seed 3 --out {out} --error-log log.csv",
            path.display()
        ));
        let (clean, faulty) = (std::fs::read(&path).unwrap(), bench.read(out));
        let rows = log(&bench, "log.csv");
        assert_eq!(Some(rows.len() as u64), report["damage"]["bit_errors"].as_u64(), "{file}");
        assert!(!rows.is_empty());
        // In a checkpoint the checksums differ, too.
        let mut expected = clean.clone();
        for row in &rows {
            let (byte, bit): (usize, u8) = (row[7].parse().unwrap(), row[8].parse().unwrap());
            expected[byte] ^= 1 << bit;
            assert_eq!((clean[byte] ^ faulty[byte]) >> bit & 1, 1, "{row:?}");
            assert_eq!(&row[6], path.file_name().unwrap().to_str().unwrap());
            let of = |at: usize| u64::from_str_radix(row[at].trim_start_matches("0x"), 16).unwrap();
            assert_eq!((of(3) ^ of(4)) >> row[2].parse::<u32>().unwrap() & 1, 1, "{row:?}");
        }
        assert!(expected == faulty || out == "out.pth", "{file}");
        assert_eq!(rows.iter().any(|row| !row[5].is_empty()), roles, "{file}");
        // The list gives the same file again, and of the damaged file nothing: other bits stand there.
        let again = format!("again-{out}");
        let replayed = format!("inject --weights {} --as-stored --replay log.csv", path.display());
        let report_again = bench.json(&format!("{replayed} --out {again} --faultlist log-again.csv"));
        assert!(bench.read(&again) == faulty, "{file}");
        assert_eq!(report["damage"], report_again["damage"], "{file}");
        let again = log(&bench, "log-again.csv");
        assert_eq!(again.len(), rows.len());
        for (row, before) in again.iter().zip(&rows) {
            assert!(row.iter().take(12).eq(before.iter().take(12)), "{row:?}, {before:?}");
            assert_eq!((&row[18], &before[18]), ("list", "random"));
        }
        let said = bench.fails(&format!("inject --weights {out} --as-stored --replay log.csv"));
        assert!(said.contains("line 3: found") && said.contains("the list is of others"), "{said}");
    }
}

#[test]
fn a_log_names_the_cell_of_each_error() {
    let bench = Bench::new();
    bench.write("w.safetensors", file("U8", 100_000, &vec![0x5a; 100_000]));
    bench.json(
        "inject --weights w.safetensors --as-stored --chip B --voltage 0.8 --offset 70 --error-log log.csv",
    );
    let rows = log(&bench, "log.csv");
    assert!(rows.len() > 100);
    let mut causes = std::collections::BTreeMap::new();
    for row in rows {
        let number = |at: usize| row[at].parse::<u64>().unwrap();
        // One region, linear: bit after bit, from the offset on, in banks of 512 rows of 64 columns.
        let cell = (number(13) * 512 + number(14)) * 64 + number(15);
        assert_eq!(cell, number(1) * 8 + number(2) + 70, "{row:?}");
        assert_eq!((&row[5], &row[12]), ("", "0"));
        assert_eq!((&row[16], &row[17]), ("B", "0.8"));
        // A cell that reads one only makes ones of zeros.
        let (before, bit) = (u64::from_str_radix(&row[3][2..], 16).unwrap(), number(2));
        match &row[18] {
            "reads-one" => assert_eq!(before >> bit & 1, 0, "{row:?}"),
            "reads-zero" => assert_eq!(before >> bit & 1, 1, "{row:?}"),
            other => assert_eq!(other, "inverts", "{row:?}"),
        }
        *causes.entry(row[18].to_owned()).or_insert(0) += 1;
    }
    assert!(causes.len() > 1, "{causes:?}");
    // The same of quantised weights, which lie in no file.
    let bench = Bench::new().with_sample_weights();
    let report = bench.json("inject --weights net.safetensors --rate 0.1% --error-log log.csv");
    let rows = log(&bench, "log.csv");
    assert_eq!(Some(rows.len() as u64), report["damage"]["bit_errors"].as_u64());
    assert!(rows.iter().all(|row| row[7].is_empty() && row[13].is_empty() && !row[10].is_empty()));
    assert!(rows.iter().all(|row| &row[18] == "random"));
    bench.ok("inject --weights net.safetensors --rate 2% --ecc secded:16 --faultlist decoded.csv");
    assert!(log(&bench, "decoded.csv").iter().all(|row| row[18].is_empty()), "nobody knows");
    bench.ok(
        "inject --weights net.safetensors --chip B --voltage 0.75 --ecc secded:16 --faultlist decoded.csv",
    );
    let decoded = log(&bench, "decoded.csv");
    let of = |cause: &str| decoded.iter().filter(|row| &row[18] == cause).count();
    assert!(of("decoding") > 0 && of("reads-one") > 0 && of("list") + of("random") == 0);
    // Put into the same weights, the list makes the same of them; of other codes it is none.
    let made = "--out faulty.safetensors --codes codes";
    bench.json(&format!("inject --weights net.safetensors --rate 0.1% {made}"));
    let (faulty, codes) = (bench.read("faulty.safetensors"), bench.read("codes"));
    let replayed = bench.json(&format!("inject --weights net.safetensors --replay log.csv {made}"));
    // Their metadata say that they come from a list.
    let data =
        |bytes: &[u8]| bytes[8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize..].to_vec();
    assert!(data(&faulty) == data(&bench.read("faulty.safetensors")));
    assert!(data(&codes) == data(&bench.read("codes")));
    assert_eq!(report["damage"], replayed["damage"]);
    assert_eq!(replayed["faults"]["list"], "log.csv");
    assert_eq!(replayed["expected_ber"], replayed["realised_ber"]);
    let said = bench.fails("inject --weights net.safetensors --bits 7 --replay log.csv");
    assert!(said.contains("log.csv: line 3: found"), "{said}");
    let said = bench.fails("inject --weights net.safetensors --scheme normal --replay log.csv");
    assert!(said.contains("another quantisation"), "{said}");
    let text = bench.ok("inject --weights net.safetensors --replay log.csv");
    assert!(text.contains("bit errors of  log.csv"), "{text}");
    let said = bench.misused("inject --weights net.safetensors --replay log.csv --rate 1%");
    assert!(said.contains("--rate"), "{said}");
}

#[test]
fn memory_says_where_an_element_lies_as_the_list_does() {
    let bench = Bench::new();
    for (dtype, bytes) in [("F64", 8), ("C64", 8), ("BF16", 2), ("I8", 1)] {
        bench.write("w.safetensors", file(dtype, 4000, &vec![0x5a; 4000 * bytes]));
        let on = "--as-stored --chip B --voltage 0.8 --offset 70 --layout tile:64x8";
        bench.ok(&format!("inject --weights w.safetensors {on} --faultlist list.csv"));
        let rows = log(&bench, "list.csv");
        let high = rows.iter().filter(|row| row[2].parse::<usize>().unwrap() >= 4 * bytes).take(3);
        for row in rows.iter().take(3).chain(high) {
            let (element, bit) = (&row[1], &row[2]);
            let found =
                bench.json(&format!("memory --weights w.safetensors {on} --explain w {element} {bit}"));
            let (at, cell) = (&found["explained"], &found["explained"]["cell"]);
            for (place, column) in [
                (&at["word"], 10),
                (&at["bit_of_word"], 11),
                (&cell["bank"], 13),
                (&cell["row"], 14),
                (&cell["column"], 15),
            ] {
                assert_eq!(place.to_string(), row[column], "{dtype}: {row:?}");
            }
            let held = bench.ok(&format!(
                "memory --weights w.safetensors {on} --cell {} {} {}",
                &row[13], &row[14], &row[15]
            ));
            assert!(
                held.contains(&format!("bit {bit} of element {element} of w")),
                "{dtype} {row:?}: {held}"
            );
        }
        let said = bench.misused(&format!("memory --weights w.safetensors {on} --explain w 0 {}", 8 * bytes));
        assert!(said.contains(&format!("expected 0 to {}", 8 * bytes - 1)), "{said}");
    }
    let gguf = crate::root().join("tests/cases/gguf/blocks.gguf");
    let report = bench.json(&format!("memory --weights {} --as-stored --keep-apart", gguf.display()));
    assert!(report["memory"]["bits"].as_u64().or(report["bits"].as_u64()).unwrap() > 0, "{report}");
}

#[test]
fn a_model_in_several_files_is_written_to_a_folder_and_no_file_of_it_is_overwritten() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("model")).unwrap();
    bench.write("model/m-00001-of-00002.safetensors", file("F16", 500, &[0x3c; 1000]));
    let second = file("I8", 300, &[7; 300]);
    let second: Vec<u8> = String::from_utf8_lossy(&second).replace("\"w\"", "\"v\"").into_bytes();
    bench.write("model/m-00002-of-00002.safetensors", &second);
    let report = bench.json("inject --weights model --as-stored --rate 1% --out faulty");
    let mut differ = 0;
    for name in ["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"] {
        differ += differing(&bench.read(&format!("model/{name}")), &bench.read(&format!("faulty/{name}")));
    }
    assert_eq!(Some(differ), report["damage"]["bit_errors"].as_u64());
    for out in ["model", "./model/../model"] {
        let said = bench.misused(&format!("inject --weights model --as-stored --rate 1% --out {out}"));
        assert!(said.contains("would be overwritten"), "{said}");
    }
    let said = bench.misused("inject --weights model --as-stored --rate 1% --out -");
    assert!(said.contains("expected a folder"), "{said}");
    std::fs::remove_file(bench.path("model/m-00001-of-00002.safetensors")).unwrap();
    let said = bench.fails("inject --weights model --as-stored --rate 1%");
    assert!(said.contains("number 1 of 2 is missing"), "{said}");
}

#[test]
fn what_is_quantised_is_not_written_under_the_name_of_another_kind() {
    let bench = Bench::new();
    let path = crate::root().join("tests/cases/pytorch/checkpoint.pth");
    let inject = format!("inject --weights {} --keep-apart --rate 1% ", path.display());
    let said = bench.misused(&format!("{inject} --out faulty.pth"));
    assert!(said.contains("written as safetensors"), "{said}");
    let report = bench.json(&format!("{inject} --out faulty.safetensors"));
    assert_eq!(report["tied"]["head.weight"], "embed.weight");
}
