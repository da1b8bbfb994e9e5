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
        for (tensor, element, bit) in [("fc1.weight", 30719, 7), ("conv1.bias", 0, 0), ("fc3.weight", 17, 5)]
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
                one["copy"] == cell["copy"]
                    && one["what"] == format!("bit {bit} of weight {element} of {tensor}")
            };
            let is_check = flags.contains("in-place");
            let found = held["cell"]["holds"].as_array().unwrap().iter().any(is_it);
            assert_eq!([&held["cell"]["is_disabled"], &held["cell"]["may_move"]], [false, false]);
            assert!(found || is_check, "{flags}: {tensor} {element} {bit}: {held}");
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
    assert!(held.contains("is one of words that are not used"), "{at}: {held}");
}
