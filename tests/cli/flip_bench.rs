//! The program `flip-bench`. No figure is judged here, only that there are figures.

use crate::{Bench, Said};

fn run(bench: &Bench, arguments: &str) -> Said {
    let small = format!("--size 64KiB --repeats 1 {arguments}");
    Said::from(bench.program(env!("CARGO_BIN_EXE_flip-bench"), &small).output().unwrap())
}

#[test]
fn every_kernel_of_the_cpu_gives_figures() {
    let bench = Bench::new();
    for kernel in flip_core::Kernel::available() {
        let said = run(&bench, &format!("--rates 0.1%,10% --format json --kernel {kernel}"));
        assert_eq!(said.code, Some(0), "{}", said.err);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(report["kernel"], kernel.name());
        let rows = report["rows"].as_array().unwrap();
        // A pass; transient and persistent errors at both rates, a sparse map at one; dense planes.
        assert_eq!(rows.len(), 1 + 3 + 2 + 1);
        assert!(rows.iter().all(|row| row["ns_per_weight"].as_f64().unwrap() > 0.0));
        assert!(rows[1..].iter().all(|row| row["flips_per_s"].as_f64().unwrap() > 0.0));
    }
}

#[test]
fn narrower_weights_are_more_weights() {
    let bench = Bench::new();
    let text = run(&bench, "--bits 4 --rates 1% --format text").out;
    assert!(text.contains("4-bit weights") && text.contains("passes"), "{text}");
    let threads = std::thread::available_parallelism().map_or(1, |most| most.get().min(2));
    let csv = run(&bench, &format!("--bits 3 --rates 1% --format csv --threads {threads}")).out;
    assert_eq!(csv.lines().count(), 1 + 5, "{csv}");
}

#[test]
fn charts_and_records_are_written() {
    let bench = Bench::new();
    let said = run(&bench, "--rates 0.1%,1% --plot chart.svg --record");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(String::from_utf8(bench.read("chart.svg")).unwrap().contains("persistent errors"));
    let record = std::fs::read_dir(bench.path("benches/record")).unwrap().next().unwrap().unwrap();
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record.path()).unwrap()).unwrap();
    assert!(record["cpu"].is_string() && record["made_by"].as_str().unwrap().starts_with("flip-bench"));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let bench = Bench::new();
    for arguments in
        ["--bits 9", "--threads 0", "--threads 65535", "--kernel sse9", "--rates 2", "--check --record"]
    {
        assert_eq!(run(&bench, arguments).code, Some(2), "{arguments}");
    }
}
