//! Codes that `inject` wrote, as weights.

use crate::Bench;
use crate::inject::tensors;

/// Codes are weights again, which lie in memory as they are: nothing says how, not even which network they are of.
#[test]
fn codes_that_were_written_are_read_as_they_are() {
    let bench = Bench::new().with_sample_weights();
    bench.write("layers.csv", "pattern,bits\n*bias,16\n");
    for how in [
        "--bits 8",
        "--scheme normal --bits 4",
        "--scheme global --range 0.7 --bits 5",
        "--scheme normal --clip 0.05 --bits 3",
        "--bits-by-layer layers.csv",
        "--order file",
    ] {
        let from =
            |weights: &str, arguments: &str| bench.ok(&format!("inject --weights {weights} {arguments}"));
        let same = |one: &str, other: &str| {
            assert_eq!(
                tensors(&bench.path(one)).0,
                tensors(&bench.path(other)).0,
                "{how}: {one} and {other}"
            );
        };
        from(
            "net.safetensors",
            &format!("{how} --rate 1% --clean-codes clean --codes faulty --out f.safetensors"),
        );
        // As they are: clean, and with the same bit errors once more.
        let order = if how.starts_with("--order") { how } else { "" };
        from(
            "clean",
            &format!("{order} --rate 1% --clean-codes clean2 --codes faulty2 --out f2.safetensors"),
        );
        same("clean", "clean2");
        same("faulty", "faulty2");
        same("f.safetensors", "f2.safetensors");
        // Faulty ones are said to be, and the same bit errors restore what was clean.
        let faulty = |arguments: &str| {
            let said = bench.run(&format!("inject --weights faulty {order} {arguments}"));
            assert!(said.err.contains("note: faulty: codes that were read with bit errors"), "{}", said.err);
            assert_eq!(said.code, Some(0), "{}", said.err);
        };
        faulty("--rate 1% --clean-codes faulty3 --codes clean3");
        same("faulty", "faulty3");
        same("clean", "clean3");
        faulty("--rate 0 --out f4.safetensors");
        same("f.safetensors", "f4.safetensors");
    }
    let report = |arguments: &str| bench.json(&format!("inject --rate 0 --weights clean {arguments}"));
    let bits = |arguments: &str| report(arguments)["memory"]["bits"].as_u64().unwrap();
    // A sum over nothing is 0, not -0.
    assert_eq!(report("")["mean_squared_change"].to_string(), "0.0");
    assert_eq!(bits(""), 2 * bits("--bits 4"), "what is asked for is quantised anew");
}

/// Of networks with `GroupNorm` memory holds scales less 1: codes say so themselves, without a card and whatever they become.
#[test]
fn codes_say_what_the_network_adds_to_them() {
    let bench = Bench::new();
    let net = crate::root().join("data/simplenet-mnist-clipping-005-8.safetensors");
    let from = |weights: &str, arguments: &str| {
        bench.ok(&format!("inject --weights {weights} --rate 0 {arguments}"))
    };
    let net = net.display().to_string();
    let same = |one: &str, other: &str| {
        assert!(tensors(&bench.path(one)).0 == tensors(&bench.path(other)).0, "{one} and {other}");
    };
    bench.write("memory.toml", bench.ok("memory --init"));
    for how in ["--bits 4", "--memory memory.toml", "--scheme normal"] {
        from(&net, &format!("{how} --clean-codes codes --out weights.safetensors"));
        from("codes", "--clean-codes again --out weights2.safetensors");
        same("codes", "again");
        same("weights.safetensors", "weights2.safetensors");
        // A scale lies around 1 in the file, and around 0 in memory.
        let (clean, _) = tensors(&bench.path("weights2.safetensors"));
        let scale = f32::from_le_bytes(*clean["norm1.weight"].first_chunk().unwrap());
        assert!((0.2..5.0).contains(&scale), "{scale}");
    }
    from(&net, "--memory memory.toml --clean-codes codes");
    for how in ["--clip 0.5 --bits 4", "--bits 6"] {
        from(&net, &format!("{how} --out one.safetensors --clean-codes one"));
        from("codes", &format!("{how} --out two.safetensors --clean-codes two"));
        same("one.safetensors", "two.safetensors");
        same("one", "two");
    }
    let clamped = |command: &str| {
        let report = bench.json(&format!("{command} --weights {net} --scheme normal --ecc in-place"));
        report["clamped"]["weights"].as_u64().or(report["memory"]["clamped"]["weights"].as_u64()).unwrap()
    };
    assert_eq!(clamped("memory"), clamped("inject --rate 0"), "both look at what lies in memory");
}

#[test]
fn what_is_not_asked_for_stays_as_it_is_in_each_tensor() {
    let bench = Bench::new().with_sample_weights();
    bench.write("layers.csv", "pattern,bits\nconv*,4\nfc1*,16\n");
    bench.ok("inject --weights net.safetensors --bits-by-layer layers.csv --rate 0 --clean-codes codes");
    let bits = |arguments: &str| {
        bench.json(&format!("inject --weights codes --rate 0 {arguments}"))["memory"]["bits"]
            .as_u64()
            .unwrap()
    };
    let all = bits("");
    for arguments in
        ["--bits-by-layer layers.csv", "--clip 0.5", "--scheme normal", "--range 5", "--protect-msb 6"]
    {
        assert_eq!(bits(arguments), all, "{arguments}");
    }
    bench.ok("inject --weights codes --bits-by-layer layers.csv --rate 0 --clean-codes again");
    assert!(tensors(&bench.path("codes")).0 == tensors(&bench.path("again")).0);
}

#[test]
fn codes_of_any_range_ties_and_statistics_come_back() {
    let bench = Bench::new();
    let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let write = |name: &str, metadata: &str, tensors: &[(&str, &[f32])]| {
        let (mut header, mut data) = (vec![metadata.to_owned()], Vec::new());
        for (tensor, values) in tensors {
            let begin = data.len();
            data.extend(floats(values));
            let (len, end) = (values.len(), data.len());
            header.push(format!(
                "\"{tensor}\":{{\"dtype\":\"F32\",\"shape\":[{len}],\"data_offsets\":[{begin},{end}]}}"
            ));
        }
        let header = format!("{{{}}}", header.join(","));
        bench.write(name, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat());
    };
    let again = |weights: &str, how: &str| {
        bench.ok(&format!(
            "inject --weights {weights} {how} --rate 10% --clean-codes one --out one.safetensors"
        ));
        bench.ok("inject --weights one --rate 10% --clean-codes two --out two.safetensors");
        assert!(tensors(&bench.path("one")).0 == tensors(&bench.path("two")).0, "{weights} {how}");
        let (one, two) = (tensors(&bench.path("one.safetensors")), tensors(&bench.path("two.safetensors")));
        assert!(one.0 == two.0, "{weights} {how}");
        (one, two)
    };
    write("wide", "\"__metadata__\":{}", &[("w", &[2e38, -1e38, 1e37])]);
    again("wide", "--scheme normal");
    write("great", "\"__metadata__\":{}", &[("w", &[3e38])]);
    for how in ["--scheme stored+unsigned", "--scheme stored", "--scheme stored --bits 16"] {
        let ((faulty, _), _) = again("great", how);
        let value = f32::from_le_bytes(*faulty["w"].first_chunk().unwrap());
        assert!(value.is_finite(), "{how}: {value}");
    }
    write("tied", "\"__metadata__\":{\"head.weight\":\"embed.weight\"}", &[("embed.weight", &[0.5, -1.0])]);
    let (one, two) = again("tied", "");
    assert_eq!((&*one.1["head.weight"], &*two.1["head.weight"]), ("embed.weight", "embed.weight"));
    write("norm", "\"__metadata__\":{}", &[("n.weight", &[1.0, 2.0]), ("n.running_mean", &[0.5, 0.1])]);
    let (one, _) = again("norm", "--with-statistics");
    assert_eq!(one.0.len(), 2);
    let said = bench.misused("inject --weights one --as-stored --rate 1%");
    assert!(said.contains("one: --as-stored is for what a program stores, and these are codes"), "{said}");
}
