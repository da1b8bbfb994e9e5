//! What networks compute in.

use crate::Bench;

/// The report says how many images another precision gives another class; a module says itself what it computes in.
#[test]
fn networks_compute_in_bfloat16_if_told_to() {
    let bench = Bench::new();
    let ask = |weights: &str, precision: &str| {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        let options = "--data digits --images 300 --rate 1% --maps 1 --format json";
        format!("eval --weights {data}/{weights} {options} --precision {precision}")
    };
    let computed_on = |precision: &str| {
        let said = bench.run(&ask("lenet5-digits.safetensors", precision));
        let report: serde_json::Value = serde_json::from_str(&said.out).expect(&said.err);
        report["computed_on"].as_str().unwrap().to_owned()
    };
    assert_eq!(computed_on("float32"), "cpu in float32");
    let less = computed_on("bfloat16");
    let (before, after) = ("cpu in bfloat16, which gives ", " of 300 another class than float32 does");
    let count = less.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect(&less);
    let count: u32 = count.split_once(" image").unwrap().0.parse().unwrap();
    assert!(count < 30, "{less}");
    let refused = bench.fails(&ask("lenet5-digits.pt", "bfloat16"));
    assert!(refused.contains("which says itself what it computes in"), "{refused}");
}
