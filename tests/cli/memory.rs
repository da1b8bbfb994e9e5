//! Memories: the same in every command that stores weights.

use crate::Bench;

/// Flags of memory and reads, and the commands that store weights.
const FLAGS: [&str; 14] = [
    "--memory",
    "--ecc",
    "--on-detected",
    "--layout",
    "--protect-msb",
    "--bits-by-layer",
    "--offset",
    "--read",
    "--between",
    "--only",
    "--exclude",
    "--keep-apart",
    "--with-statistics",
    "--order",
];
const COMMANDS: [&str; 5] = ["inject", "eval", "generalize", "train", "yield"];

/// Why a command lacks a flag.
fn reason(command: &str, flag: &str) -> Option<&'static str> {
    let selects = ["--only", "--exclude", "--keep-apart", "--with-statistics", "--order"];
    (command == "train" && selects.contains(&flag)).then_some(
        "a training stores all parameters, by their names; a memory file can put some in safe cells",
    )
}

#[test]
fn every_flag_is_in_every_command_or_has_a_reason_not_to_be() {
    let bench = Bench::new();
    for command in COMMANDS {
        let help = bench.run(&format!("{command} --help")).out;
        for flag in FLAGS {
            let is_there = help.lines().any(|line| {
                line.trim_start()
                    .strip_prefix(flag)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            assert_eq!(is_there, reason(command, flag).is_none(), "{command} {flag}");
        }
    }
}

#[test]
fn the_file_that_explains_itself_is_the_memory_without_flags() {
    let bench = Bench::new().with_sample_weights();
    let init = bench.run("memory --init");
    assert_eq!(init.code, Some(0));
    bench.write("memory.toml", &init.out);
    let with = |memory: &str| {
        let report = bench.json(&format!(
            "inject --weights net.safetensors --bits 4 --chip B --voltage 0.8 {memory} --codes c"
        ));
        (
            report["damage"].clone(),
            report["energy_relative_to_vmin"].clone(),
            std::fs::read(bench.path("c")).unwrap().len(),
        )
    };
    let (damage, energy, _) = with("");
    let (of_file, energy_of_file, _) = with("--memory memory.toml");
    assert_eq!((damage, &energy), (of_file, &energy_of_file));
    assert!((energy.as_f64().unwrap() - 0.64).abs() < 1e-9);
}

/// Regions, layouts, codes, detectors and lines in turn.
#[cfg(feature = "torch")]
const MEMORIES: [&str; 7] = [
    "[[region]]\ncode = \"secded:64\"\non_detected = \"zero-word\"\n",
    "[[region]]\nlayout = \"permute:3+column-mux:2\"\nword = 8\nrobust = \"msb:1\"\n",
    "[[region]]\nplanes = \"msb:2\"\nboost = 0.05\nbanks = [0, 16]\n[[region]]\nplanes = \"rest\"\nbanks = [16, 32]\n",
    "[[region]]\ntensors = [\"conv*\"]\nsafe = true\n[[region]]\ntensors = [\"fc*\"]\ncode = \"parity-zero\"\n",
    "[[region]]\ndetector = { profile = {} }\non_detected = \"zero-weights\"\nspare_columns = 2\n",
    "[[region]]\ncode = \"in-place\"\nlayout = \"tile:8x8\"\n",
    "[[region]]\nkilli = { lines_per_entry = 4 }\n",
];

#[cfg(feature = "torch")]
#[test]
fn inject_and_eval_make_the_same_bit_errors() {
    let bench = Bench::new();
    let net = crate::sample();
    for memory in MEMORIES {
        bench.write("memory.toml", format!("format = 1\n{memory}"));
        for read in ["sampled", "persistent", "worst"] {
            let common = format!(
                "--weights {net} --chip B --voltage 0.8 --offset 777 --read {read} --seed 5 --memory memory.toml"
            );
            let inject = bench.json(&format!("inject {common}"));
            // Where the time went stands on standard error.
            let eval = bench.run(&format!("eval {common} --maps 1 --images 50 --format json")).done();
            let eval: serde_json::Value = serde_json::from_str(&eval).unwrap();
            let map = &eval["points"][0]["maps"][0];
            assert_eq!(map["bit_errors"], inject["damage"]["bit_errors"], "{memory}{read}");
            for key in [
                "raw_bit_errors",
                "words",
                "lines",
                "flagged_bits",
                "reread_words",
                "expected_ber",
                "mean_squared_change",
                "energy_relative_to_vmin",
            ] {
                assert_eq!(map[key], inject[key], "{memory}{read}: {key}");
            }
            assert_eq!(eval["memory"], inject["memory"]);
            assert_eq!(eval["points"][0]["area"], inject["area"]);
            assert!(map["raw_bit_errors"].as_u64().unwrap() > 100, "{memory}{read}");
        }
    }
}

/// A training under the faults of a chip in a memory says of its weights what `inject` and `eval` say, goes on from its checkpoint,
/// and refuses that of another memory.
#[cfg(feature = "torch")]
#[test]
fn trainings_have_memories() {
    let bench = Bench::new();
    for (number, memory) in MEMORIES.iter().enumerate() {
        bench.write("memory.toml", format!("format = 1\n{memory}"));
        let train = format!(
            "train --model lenet5 --data digits:0 --images 256 --method pattbet --chip B --voltage 0.8 --read persistent \
             --start once --start-loss 100 --epochs 1 --memory memory.toml --out runs/{number}"
        );
        let said = bench.run(&train);
        assert_eq!(said.code, Some(0), "{memory}{}", said.err);
        assert!(said.out.contains("perturbed") && said.out.contains("raw errors"), "{}", said.out);
        let log = String::from_utf8(bench.read(&format!("runs/{number}/log.jsonl"))).unwrap();
        let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        let trained = format!("--weights runs/{number}/weights.safetensors --memory memory.toml");
        let read = bench.json(&format!("inject {trained} --chip B --voltage 0.8 --read persistent"));
        for key in [
            "raw_bit_errors",
            "words",
            "bit_errors",
            "mean_squared_change",
            "energy_relative_to_vmin",
            "lines",
        ] {
            assert_eq!(last["reads"][0][key], read[key], "{memory}: {key}");
        }
        let eval = bench.run(&format!("eval {trained} --format json")).done();
        let eval: serde_json::Value = serde_json::from_str(&eval).unwrap();
        assert_eq!(last["err"], eval["err"], "{memory}");
    }
    let other = bench.run(
        "train --model lenet5 --data digits:0 --images 256 --method pattbet --chip B --voltage 0.8 --read persistent --start once \
         --start-loss 100 --epochs 1 --ecc secded:64 --out runs/0 --resume",
    );
    assert!(other.err.contains("memory: "), "{}", other.err);
}

/// A memory that says what all its cells do needs no chip, in `eval` and `generalize`, too; and networks that were trained with bits by
/// layer are tested so.
#[cfg(feature = "torch")]
#[test]
fn memories_and_networks_say_what_they_know() {
    let bench = Bench::new();
    let net = crate::sample();
    bench.write("own.toml", "format = 1\n[[region]]\nrate = 0.01\n");
    let json = |command: &str| -> serde_json::Value {
        serde_json::from_str(&bench.run(&format!("{command} --format json")).done()).unwrap()
    };
    let inject = json(&format!("inject --weights {net} --memory own.toml --seed 3"));
    let eval = json(&format!("eval --weights {net} --memory own.toml --images 50 --maps 2 --seed 3"));
    let maps = eval["points"][0]["maps"].as_array().unwrap();
    assert_eq!((maps.len(), &maps[0]["bit_errors"]), (2, &inject["damage"]["bit_errors"]));
    let table =
        bench.run(&format!("generalize --weights {net} --memory own.toml --images 50 --maps 1")).done();
    assert!(table.contains("as the memory says"), "{table}");
    let nothing = bench.run(&format!("generalize --weights {net} --images 50"));
    assert!(nothing.code == Some(2) && nothing.err.contains("--chip"), "{}", nothing.err);

    bench.write("layers.csv", "conv*, 4\nfc1.weight, 3\n");
    let train = "train --model lenet5 --data digits:0 --images 256 --method rquant --epochs 1 --bits-by-layer layers.csv --out run";
    assert_eq!(bench.run(train).code, Some(0));
    let eval = "eval --weights run/weights.safetensors --images 50";
    let as_trained = bench.run(eval).done();
    assert!(as_trained.contains("3 to 8 bits, each tensor by its own scheme"), "{as_trained}");
    let listed = bench.run(&format!("{eval} --bits-by-layer layers.csv")).done();
    let err = |text: &str| text.lines().find(|line| line.starts_with("Err")).unwrap().to_owned();
    assert_eq!(err(&as_trained), err(&listed));
    let other = bench.run(&format!("{eval} --bits 8")).done();
    assert!(other.contains("stored as   8 bits, range per tensor"), "{other}");
}

/// What a report cannot know, or what it means by 0, it says.
#[test]
fn reports_say_what_their_numbers_leave_out() {
    let bench = Bench::new().with_sample_weights();
    let at = "--weights net.safetensors --chip B --voltage 0.8 --ecc secded:64";
    let nearest = "becomes the code nearest to it";
    for (scheme, says_it) in [("rquant", true), ("normal", false)] {
        for command in ["inject", "memory"] {
            let said = bench.ok(&format!("{command} {at} --on-detected zero-word --scheme {scheme}"));
            assert_eq!(said.contains(nearest), says_it, "{command} {scheme}\n{said}");
        }
    }
    assert!(!bench.ok(&format!("inject {at}")).contains(nearest), "nothing becomes 0");
    let rereads = "without words that are read again";
    assert!(bench.ok(&format!("memory {at} --on-detected reread")).contains(rereads));
    assert!(!bench.ok(&format!("memory {at}")).contains(rereads));
}

#[test]
fn a_list_of_equal_bits_is_the_uniform_memory() {
    let bench = Bench::new().with_sample_weights();
    bench.write("equal.csv", "*, 4\n");
    bench.write("mixed.csv", "name, bits\nconv*, 8\nfc*.weight, 3, rquant, 0.2\n");
    let inject = |flags: &str, out: &str| {
        bench.json(&format!(
            "inject --weights net.safetensors --chip A --voltage 0.85 {flags} --codes {out} --clean-codes clean-{out}"
        ))
    };
    let uniform = inject("--bits 4", "a");
    let listed = inject("--bits-by-layer equal.csv", "b");
    assert_eq!(uniform["damage"], listed["damage"]);
    let mixed = inject("--bits-by-layer mixed.csv", "c");
    let tensors = mixed["damage"]["tensors"].as_array().unwrap();
    let bits = |name: &str| {
        tensors.iter().find(|tensor| tensor["name"] == name).unwrap()["bits_per_weight"].as_u64().unwrap()
    };
    assert_eq!([bits("conv1.weight"), bits("fc1.weight"), bits("fc1.bias")], [8, 3, 8]);
    let size: u64 = tensors
        .iter()
        .map(|tensor| tensor["weights"].as_u64().unwrap() * tensor["bits_per_weight"].as_u64().unwrap())
        .sum();
    assert_eq!(mixed["damage"]["image_bits"].as_u64(), Some(size), "no bit between weights");
    let none = bench.fails("inject --weights net.safetensors --rate 0.1% --bits-by-layer missing.csv");
    assert!(none.contains("missing.csv"), "{none}");
    bench.write("typo.csv", "convolution*, 4\n");
    let typo = bench.fails("inject --weights net.safetensors --rate 0.1% --bits-by-layer typo.csv");
    assert!(typo.contains("line 1: `convolution*` names no stored tensor"), "{typo}");
}

#[test]
fn what_is_no_memory_is_refused_with_line_and_key() {
    let bench = Bench::new().with_sample_weights();
    for (text, message) in [
        ("format = 1\n[[region]]\nlayot = \"linear\"\n", "line 3"),
        ("format = 1\n[[region]]\nlayout = \"spiral\"\n", "`spiral` is no layout"),
        ("format = 1\n[[region]]\n\ncode = \"secded\"\n", "line 4, the memory: `code`"),
        ("format = 2\n[[region]]\n", "`format`: found 2, expected 1"),
        ("format = 1\n[[region]]\nname = \"x\"\nrate = 7\n", "line 4, region 0 (x)"),
        ("format = 1\n[[region]]\ntensors = [\"conv*\"]\n", "lie in no region"),
        ("format = 1\n[[region]]\nchip = \"Z\"\nvoltage = 0.8\n", "unknown chip `Z`"),
        (
            "format = 1\n[[region]]\nchip = \"Z\"\nvoltage = 0.8\n",
            "memory.toml, line 3, the memory: unknown chip",
        ),
        (
            "format = 1\n[[region]]\ncode = \"missing.json\"\n",
            "memory.toml, line 3, the memory: missing.json, the matrix of a code",
        ),
        (
            "format = 1\n[[region]]\nsafe = true\nplanes = \"msb:1\"\n[[region]]\nplanes = \"rest\"\nvoltage = 0.1\n",
            "memory.toml, line 7, region 1",
        ),
        ("format = 1\n[[region]]\nbanks = [30, 40]\n", "memory.toml: line 3, the memory: `banks`"),
    ] {
        bench.write("memory.toml", text);
        let said = bench.run("inject --weights net.safetensors --chip B --voltage 0.8 --memory memory.toml");
        assert!(said.code != Some(0) && said.err.contains(message), "{text}\n{}", said.err);
    }
    for (text, source, message) in [
        ("spare_rows = 3", "--rate 1%", "random bit errors have no chip"),
        ("invert_words = true", "--rate 1%", "random bit errors have no chip"),
        (
            "spare_columns = 65",
            "--chip B --voltage 0.8",
            "expected at most the 64 that a bank of the chip has",
        ),
        (
            "code = \"parity-zero\"\non_detected = \"reread\"",
            "--rate 1%",
            "which code parity-zero does not do",
        ),
        ("disable_line = 2", "--chip B --voltage 0.8", "line 3, the memory: `disable_line`"),
        ("chip = \"B\"\nboost = 0.05", "--chip A --voltage 0.75", "so that A would not be read"),
        // One chip by two names.
        (
            "tensors = [\"conv*\"]\nchip = \"B\"\noffset = 0\n[[region]]\ntensors = [\"fc*\"]\nchip = \"stored:B\"\noffset = 10",
            "--chip B --voltage 0.8",
            "lie in the same cells of the chip",
        ),
        ("access_energy = 1e7", "--chip B --voltage 0.8", "at most a million"),
        (
            "robust = \"msb:1\"\nrobust_cell_area = 0",
            "--chip B --voltage 0.8",
            "line 4, the memory: `robust_cell_area`",
        ),
        ("layout = \"padded:4294967295\"", "--rate 1%", "`padded:4294967295` is no layout"),
        ("bits = 4", "--rate 1% --bits-by-layer all.csv", "give one of both"),
        (
            "tensors = [\"conv*\"]\noffset = 0\n[[region]]\ntensors = [\"fc*\"]\noffset = 10",
            "--chip B --voltage 0.8",
            "lie in the same cells of the chip",
        ),
        (
            "tensors = [\"conv*\"]\nchip = \"B\"\n[[region]]\ntensors = [\"fc*\"]",
            "--chip B --voltage 0.8",
            "a region names this chip, too",
        ),
    ] {
        bench.write("all.csv", "*, 4\n");
        bench.write("memory.toml", format!("format = 1\n[[region]]\n{text}\n"));
        // `memory`, which files are checked with, refuses what reads refuse; it has no --rate.
        for command in ["inject", "memory"].into_iter().take(if source.contains("--rate") { 1 } else { 2 }) {
            let said =
                bench.run(&format!("{command} --weights net.safetensors {source} --memory memory.toml"));
            assert!(said.code != Some(0) && said.err.contains(message), "{command} {text}\n{}", said.err);
        }
    }
    bench.write("own.toml", "format = 1\n[[region]]\nrate = 0.01\n");
    let own = bench.json("inject --weights net.safetensors --memory own.toml");
    assert!(own["damage"]["bit_errors"].as_u64().unwrap() > 1000);
    let both = bench.misused("inject --weights net.safetensors --memory own.toml --chip B --voltage 0.8");
    assert!(both.contains("neither would be used"), "{both}");
    let nothing = bench.misused("inject --weights net.safetensors --ecc secded:64");
    assert!(nothing.contains("give --chip and --voltage, or --rate"), "{nothing}");
    let two = bench.misused("inject --weights net.safetensors --memory own.toml --ecc secded:64");
    assert!(two.contains("--ecc"), "{two}");
}
