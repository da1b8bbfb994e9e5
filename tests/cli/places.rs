//! Where bits lie in a memory, and what its cells hold.

use crate::Bench;

#[test]
fn where_a_bit_lies_and_what_its_cell_holds_agree() {
    let bench = Bench::new().with_sample_weights();
    bench.write(
        "disabled.toml",
        "format = 1\n[[region]]\nword = 16\ndisable_from = 1\nlayout = \"column-mux:2\"\n",
    );
    for flags in [
        "",
        "--memory disabled.toml --voltage 0.825",
        "--ecc secded:32 --layout column-mux:1",
        "--layout permute:9+bit-plane",
        "--ecc hamming:16 --layout tile:4x4+interleave:2",
        "--ecc in-place",
    ] {
        for (tensor, element, bit) in
            [("fc1.weight", 30719, 7), ("conv1.bias", 0, 0), ("fc3.weight", 17, 5), ("conv1.bias", 5, 6)]
        {
            let memory = format!(
                "memory --weights net.safetensors --bits 8 --chip B --offset 999 {flags} --format json"
            );
            let place = bench.run(&format!("{memory} --explain {tensor} {element} {bit}"));
            let place: serde_json::Value = serde_json::from_str(&place.out).unwrap();
            let cell = &place["explained"]["cell"];
            let number = |key: &str| cell[key].as_u64().unwrap();
            let (bank, row, column) = (number("bank"), number("row"), number("column"));
            let held = bench.run(&format!("{memory} --cell {bank} {row} {column}"));
            let held: serde_json::Value = serde_json::from_str(&held.out).unwrap();
            let is_it = |one: &serde_json::Value| {
                // In place of a weight's bit a check bit may lie.
                let what = match place["explained"]["check_bit"].as_u64() {
                    Some(check) => format!("check bit {check}"),
                    None => format!("bit {bit} of weight {element} of {tensor}"),
                };
                one["copy"] == cell["copy"] && one["what"] == what
            };
            let found = held["cell"]["holds"].as_array().unwrap().iter().any(is_it);
            assert_eq!(held["cell"]["disabled"].as_array().map(Vec::len), Some(0));
            assert_eq!(held["cell"]["may_move"], false);
            assert!(found, "{flags}: {tensor} {element} {bit}: {held}");
        }
    }
}

/// Words of cells that are not used move what comes after them, by what is known of the chip at a voltage.
#[test]
fn places_know_of_words_that_are_not_used() {
    let bench = Bench::new().with_sample_weights();
    bench.write("disabled.toml", "format = 1\n[[region]]\nword = 16\ndisable_from = 1\n");
    let memory = "memory --weights net.safetensors --bits 8 --chip B --memory disabled.toml";
    let plain = bench.run(&format!("{memory} --explain fc3.weight 17 5")).out;
    assert!(plain.contains("as if all words were used"), "{plain}");
    let moved = bench.run(&format!("{memory} --voltage 0.825 --explain fc3.weight 17 5")).out;
    let cell = |text: &str| text.lines().find(|line| line.contains("(cell ")).unwrap().to_owned();
    assert_ne!(cell(&plain), cell(&moved));
    assert!(!moved.contains("as if"), "{moved}");
    // A cell with a fault is in such a word.
    assert_eq!(bench.run("profile --chip B --voltage 0.825 --map faults.csv").code, Some(0));
    let map = std::fs::read_to_string(bench.path("faults.csv")).unwrap();
    let mut rows =
        map.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let fault = rows.next().unwrap();
    let at = ["bank", "row", "column"]
        .map(|name| fault[head.iter().position(|found| *found == name).unwrap()])
        .join(" ");
    let held = bench.run(&format!("{memory} --voltage 0.825 --cell {at}")).out;
    assert!(held.contains("is in words that are not used"), "{at}: {held}");
}

#[test]
fn places_say_that_spare_lines_may_stand_in() {
    let bench = Bench::new().with_sample_weights();
    bench.write("spares.toml", "format = 1\n[[region]]\nspare_rows = 3\n");
    let memory = "memory --weights net.safetensors --bits 8 --chip B --memory spares.toml";
    for asked in ["--explain fc1.weight 0 0", "--cell 0 0 0"] {
        assert!(bench.ok(&format!("{memory} {asked}")).contains("as if no spare row"), "{asked}");
    }
}

/// Regions on other chips, and on none.
#[test]
fn places_say_whose_cells_they_are() {
    let bench = Bench::new().with_sample_weights();
    let regions = [
        "tensors = [\"conv*\"]\nchip = \"C\"\nvoltage = 0.8",
        "tensors = [\"fc1*\"]",
        "tensors = [\"fc2*\"]\nsafe = true",
        "tensors = [\"fc3*\"]\nrate = 0.01",
    ];
    bench.write("mixed.toml", format!("format = 1\n[[region]]\n{}\n", regions.join("\n[[region]]\n")));
    let memory = "memory --weights net.safetensors --bits 8 --chip B --voltage 0.8 --memory mixed.toml";
    let held = bench.json(&format!("{memory} --cell 0 0 0"));
    let chips: Vec<&str> =
        held["cell"]["holds"].as_array().unwrap().iter().map(|held| held["chip"].as_str().unwrap()).collect();
    assert_eq!(chips, ["C", "B"], "neither safe cells nor those with a rate are on a chip");
    for (weight, place) in [
        ("conv1.weight 0 0", "of copy 0 of chip C"),
        ("fc1.weight 0 0", "of copy 0 of chip B"),
        ("fc2.weight 0 0", "on no chip"),
        ("fc3.weight 0 0", "on no chip"),
    ] {
        let said = bench.ok(&format!("{memory} --explain {weight}"));
        assert!(said.contains(place), "{weight}: {said}");
    }
}

/// The voltage and the first cell of the only region are its own.
#[test]
fn what_a_region_says_itself_is_reported() {
    let bench = Bench::new().with_sample_weights();
    bench.write("own.toml", "format = 1\n[[region]]\nboost = -0.02\noffset = 1000\nbanks = [2, 32]\n");
    let said = bench.ok("inject --weights net.safetensors --chip B --voltage 0.8 --memory own.toml");
    assert!(said.contains("B at 0.78 V/Vmin"), "{said}");
    // A bank has 32,768 cells.
    assert!(said.contains(&format!("from cell {} on", 2 * 32_768 + 1000)), "{said}");
}

#[cfg(feature = "torch")]
#[test]
fn the_energy_of_a_region_that_says_all_itself_is_shown() {
    let bench = Bench::new();
    bench.write("all.toml", "format = 1\n[[region]]\nchip = \"A\"\nvoltage = 0.85\n");
    let net = crate::sample();
    let eval = bench.run(&format!("eval --weights {net} --images 20 --maps 1 --memory all.toml")).done();
    assert!(eval.contains("0.7225"), "the energy of chip A at 0.85 V/Vmin\n{eval}");
}
