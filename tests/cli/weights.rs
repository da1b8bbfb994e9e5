//! Weight files as people have them: what is stored, what is kept apart, what is refused.

use crate::{Bench, root};

fn case(name: &str) -> String {
    root().join("tests/cases").join(name).display().to_string()
}

#[test]
fn packed_integers_are_refused_by_name_type_and_share() {
    let bench = Bench::new();
    for (file, parts) in [
        ("gptq", &["3 tensors cannot", "88.1 %", "qweight (I32, 76.2 %)", "g_idx (I32", "qzeros (I32"][..]),
        ("nf4", &["1 tensor cannot", "fc.weight (U8, 86.5 %)"]),
        ("ints_only", &["fc.weight (I8, 100 %)"]),
    ] {
        let weights = case(&format!("packed-integers/{file}.safetensors"));
        let said = bench.fails(&format!("inject --weights {weights} --rate 1% --out out"));
        let common = ["--keep-apart", "--exclude GLOB", "packed-integers"];
        assert!(parts.iter().chain(&common).all(|part| said.contains(part)), "{said}");
        assert!(!bench.path("out").exists());
    }
}

#[test]
fn what_is_kept_apart_is_said_with_names_and_share_in_every_output() {
    let bench = Bench::new();
    let weights = case("packed-integers/gptq.safetensors");
    let inject = format!("inject --weights {weights} --rate 1% --exclude norm.* --keep-apart --out out");
    let text = bench.ok(&inject);
    assert!(text.contains("3 tensors, 88.1 % of the bytes, free of errors: of type I32"), "{text}");
    assert!(text.contains("free of errors: named by --exclude (norm.weight)"), "{text}");
    let report = bench.json(&inject);
    let out = bench.read("out");
    let (_, header) = safetensors::SafeTensors::read_metadata(&out).unwrap();
    let about: serde_json::Value =
        serde_json::from_str(&header.metadata().as_ref().unwrap()["sram_sim"]).unwrap();
    for kept in [&report["kept_apart"], &about["kept_apart"]] {
        let integers = &kept[0];
        let names = ["layers.0.up.qweight", "layers.0.up.qzeros", "layers.0.up.g_idx"];
        assert_eq!(integers["tensors"], serde_json::json!(names));
        assert_eq!((&integers["bytes"], &kept[1]["bytes"]), (&4736.into(), &128.into()));
        assert!((integers["share_of_bytes"].as_f64().unwrap() - 4736.0 / 5376.0).abs() < 1e-12);
    }
    assert_eq!(report["tensors_kept_apart"], 4);
}

#[test]
fn buffers_are_kept_apart_by_name() {
    let bench = Bench::new();
    let text = bench.ok(&format!("inject --weights {} --rate 0", case("buffers/buffers.safetensors")));
    for name in ["masked_bias", "h.0.attn.bias", "rotary_emb.inv_freq", "position_ids", "blocks.1.attn_mask"]
    {
        assert!(text.lines().any(|line| line.starts_with("kept apart") && line.contains(name)), "{text}");
    }
    assert!(text.contains(": 512 in 1 tensor, by name"), "{text}");
    let masked = bench.ok(&format!("inject --weights {} --rate 0", case("buffers/inf.safetensors")));
    assert!(masked.contains("masks (attn_mask)"), "{masked}");
    let only =
        bench.ok(&format!("inject --weights {} --rate 0 --only *.c_attn.*", case("buffers/inf.safetensors")));
    assert!(only.contains("not named by --only (attn_mask)"), "{only}");
}

#[test]
fn a_glob_must_name_something_and_be_one() {
    let bench = Bench::new().with_sample_weights();
    let said = bench.fails("inject --weights net.safetensors --rate 1% --exclude conv9.*");
    assert!(said.contains("--exclude conv9.* matches none of the 10 tensors, such as "), "{said}");
    assert_eq!(bench.run("inject --weights net.safetensors --rate 1% --only [").code, Some(2));
}

#[test]
fn other_files_are_named_with_the_next_command() {
    let bench = Bench::new();
    for (file, parts) in [
        ("ckpt.pth", ["a checkpoint of PyTorch", "save model.state_dict()"]),
        ("legacy.th", ["a Python pickle", "torch.load"]),
        ("m.onnx", ["an ONNX model", "onnx.load"]),
        ("page.safetensors", ["a web page", "browser"]),
        ("pointer.safetensors", ["a git LFS pointer", "lfs pull"]),
        ("q8.gguf", ["a GGUF model", "GGUFReader"]),
        ("w.npy", ["weight (I8, 100 %)", "--as-stored"]),
    ] {
        let said =
            bench.fails(&format!("inject --weights {} --rate 1%", case(&format!("foreign-files/{file}"))));
        assert!(parts.iter().all(|part| said.contains(part)) && said.contains(file), "{said}");
    }
}

#[test]
fn a_file_of_many_tensors_is_read_stored_and_written() {
    let bench = Bench::new();
    let count = 30_000;
    let entry = |i: usize| {
        format!("\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{},{}]}}", 4 * i, 4 * i + 4)
    };
    let header = format!("{{{}}}", (0..count).map(entry).collect::<Vec<_>>().join(","));
    let data = (0..count).flat_map(|i| (i as f32).to_le_bytes());
    let file: Vec<u8> =
        (header.len() as u64).to_le_bytes().into_iter().chain(header.bytes()).chain(data).collect();
    bench.write("many.safetensors", &file);
    let report = bench.json("inject --weights many.safetensors --rate 0 --out out.safetensors");
    assert_eq!(report["damage"]["tensors"].as_array().unwrap().len(), count);
    let out = bench.read("out.safetensors");
    assert_eq!(safetensors::SafeTensors::deserialize(&out).unwrap().len(), count);
}
