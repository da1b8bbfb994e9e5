//! `sram-sim diff`, and lists that go back into weights.

use crate::Bench;

/// The bits of an element that a row names, after which nothing else of it is needed.
fn rows(csv: &str) -> Vec<String> {
    csv.lines().skip(1).map(|line| line.rsplitn(3, ',').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn what_was_injected_is_what_differs_and_its_list_makes_the_same_file_again() {
    let bench = Bench::new().with_sample_weights();
    for (file, out) in [
        ("net.safetensors", "out.safetensors"),
        ("tests/cases/gguf/blocks.gguf", "out.gguf"),
        ("tests/cases/packed-integers/gptq.safetensors", "out.safetensors"),
    ] {
        let path = if file == "net.safetensors" { bench.path(file) } else { crate::root().join(file) };
        let weights = path.display();
        let inject = format!("inject --weights {weights} --as-stored");
        let made = bench.json(&format!("{inject} --rate 1% --out {out} --faultlist list.csv"));
        let found = bench.json(&format!("diff {weights} {out}"));
        let damage = &made["damage"];
        assert_eq!(found["bits"], damage["bit_errors"], "{file}");
        assert!(found["bits"].as_u64().unwrap() > 0);
        assert_eq!(found["differing_elements"], made["changed_elements"], "{file}");
        for of in damage["tensors"].as_array().unwrap() {
            let all = found["tensors"].as_array().unwrap();
            let same = all.iter().find(|tensor| tensor["name"] == of["name"]).unwrap();
            for (one, other) in [
                ("bits", "bit_errors"),
                ("elements", "elements"),
                ("differing_elements", "changed_elements"),
                ("not_finite", "not_finite"),
                ("l_inf", "l_inf"),
                ("l2", "l2"),
            ] {
                assert_eq!(same[one], of[other], "{file}: {one} of {}", of["name"]);
            }
        }
        // The same bits as the list of the injection, in the order of the file.
        let csv = bench.ok(&format!("diff {weights} {out} --format csv"));
        let list = String::from_utf8(bench.read("list.csv")).unwrap();
        let mut injected: Vec<String> =
            list.lines().skip(2).map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect();
        let mut differing = rows(&csv);
        injected.sort();
        differing.sort();
        assert_eq!(injected, differing, "{file}");
        bench.write("diff.csv", &csv);
        bench.ok(&format!("{inject} --replay diff.csv --out again-{out}"));
        assert!(bench.read(out) == bench.read(&format!("again-{out}")), "{file}");
        let none = bench.ok(&format!("diff {weights} {weights}"));
        assert!(none.contains("differ   0 bits (0 %) in 0 elements (0 %), in 0 of"), "{none}");
    }
}

#[test]
fn codes_are_compared_as_codes_and_their_values_as_weights() {
    let bench = Bench::new().with_sample_weights();
    for bits in [3, 8, 16] {
        let made = bench.json(&format!(
            "inject --weights net.safetensors --bits {bits} --chip B --voltage 0.8 --clean-codes clean --codes faulty"
        ));
        let found = bench.json("diff clean faulty");
        assert_eq!(found["bits"], made["damage"]["bit_errors"], "{bits}");
        assert_eq!(found["differing_elements"], made["changed_weights"], "{bits}");
        for of in made["damage"]["tensors"].as_array().unwrap() {
            let all = found["tensors"].as_array().unwrap();
            let same = all.iter().find(|tensor| tensor["name"] == of["name"]).unwrap();
            let near = |key: &str| {
                let (a, b) = (same[key].as_f64().unwrap(), of[key].as_f64().unwrap());
                assert!((a - b).abs() <= 1e-9 * b.abs(), "{key}: {a} and {b}");
            };
            near("l_inf");
            near("l2");
            assert_eq!(same["bits_per_element"], bits);
        }
        bench.write("list.csv", bench.ok("diff clean faulty --format csv"));
        bench.ok("inject --weights clean --replay list.csv --codes again");
        let said = bench.ok("diff again faulty");
        assert!(said.contains("differ   0 bits"), "{said}");
    }
}

#[test]
fn what_cannot_be_compared_is_named_in_every_format() {
    let bench = Bench::new().with_sample_weights();
    bench.ok("inject --weights net.safetensors --rate 0 --only conv* --clean-codes codes");
    bench.ok("inject --weights net.safetensors --rate 0 --bits 4 --clean-codes narrow");
    let text = bench.ok("diff codes narrow");
    assert!(text.contains("cannot be compared: codes") && text.contains("only in the second file"), "{text}");
    let said = bench.run("diff codes narrow --format csv");
    assert_eq!((said.code, &*said.out), (Some(0), "tensor,element,bit,before,after\n"));
    assert!(said.err.contains("note: tensor conv1.weight cannot be compared"), "{}", said.err);
    let json = bench.json("diff codes narrow");
    assert_eq!((json["tensors"].as_array().unwrap().len(), json["bits"].as_u64()), (0, Some(0)));
    let said = bench.fails("diff codes none");
    assert!(said.contains("none"), "{said}");
}
