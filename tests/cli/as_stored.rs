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
