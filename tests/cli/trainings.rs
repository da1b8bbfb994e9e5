//! Trainings: killed and resumed, side by side, by every method.

use std::time::{Duration, Instant};

use crate::Bench;

const SHORT: &str =
    "train --model lenet5 --data digits --images 2560 --epochs 3 --method randbet --wmax 0.1 --rate 1%";

#[test]
fn a_killed_training_resumes_to_the_identical_run() {
    let bench = Bench::new();
    bench.run(&format!("{SHORT} --out whole")).done();
    let mut child = bench.command(&format!("{SHORT} --out killed")).spawn().unwrap();
    let checkpoint = bench.path("killed/checkpoint.safetensors");
    let start = Instant::now();
    while !checkpoint.exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!bench.path("killed/weights.safetensors").exists(), "it was killed too late for this test");

    let again = bench.run(&format!("{SHORT} --out killed"));
    assert!(again.code == Some(1) && again.err.contains("add --resume"), "{}", again.err);
    let other = bench.run(&format!("{SHORT} --out killed --resume --seed 1"));
    assert!(other.code == Some(1) && other.err.contains("checkpoint of another training"), "{}", other.err);
    let resumed = bench.run(&format!("{SHORT} --out killed --resume")).done();
    assert!(resumed.contains("goes on after epoch"), "{resumed}");
    let said = bench.fails("inject --weights killed/checkpoint.safetensors --rate 1%");
    assert!(said.contains("checkpoint of a training") && said.contains("weights.safetensors"), "{said}");
    for file in ["weights.safetensors", "checkpoint.safetensors"] {
        assert!(bench.read(&format!("whole/{file}")) == bench.read(&format!("killed/{file}")), "{file}");
    }
    let log = String::from_utf8(bench.read("killed/log.jsonl")).unwrap();
    let epochs: Vec<u64> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["epoch"].as_u64())
        .collect();
    assert_eq!(epochs, [1, 2, 3]);
}

#[test]
fn two_trainings_into_one_folder_do_not_both_succeed() {
    let bench = Bench::new();
    let train = format!("{SHORT} --out run");
    let mut first = bench.command(&train).spawn().unwrap();
    let start = Instant::now();
    while !bench.path("run/.sram-sim.lock").exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = bench.run(&train);
    assert_eq!(second.code, Some(1), "{}{}", second.out, second.err);
    assert!(
        second.err.contains("another process is writing to the folder run")
            || second.err.contains("is there"),
        "{}",
        second.err
    );
    assert!(first.wait().unwrap().success());
    assert!(!bench.path("run/.sram-sim.lock").exists());
    bench.run("eval --weights run/weights.safetensors --images 10").done();
}

#[test]
fn methods_that_train_under_bit_errors_all_run() {
    let bench = Bench::new();
    let methods = [
        ("mbet", "--rate 0.5%,1% --wmax 0.1"),
        ("pattbet", "--rate 1%"),
        ("pattbet", "--chip A --voltage 0.8 --read persistent --bits 4"),
        ("normal", "--bits 4 --gradient sum --start once"),
    ];
    for (number, (method, rest)) in methods.into_iter().enumerate() {
        let out = bench
            .run(&format!("train --model lenet5 --data digits --images 640 --epochs 1 --method {method} {rest} --out run{number}"))
            .done();
        assert!(out.contains("epoch   1/1"), "{out}");
        let eval = bench.run(&format!("eval --weights run{number}/weights.safetensors --images 100")).done();
        let bits = if rest.contains("--bits 4") { "4 bits" } else { "8 bits" };
        assert!(eval.contains(bits), "{eval}");
    }
}

#[test]
fn trainings_are_tested_as_often_as_is_asked_and_computed_as_is_asked() {
    let bench = Bench::new();
    let train = |rest: &str| {
        bench.run(&format!("train --model lenet5 --data digits --images 640 --method rquant {rest}"))
    };
    train("--epochs 3 --test-every 2 --out float").done();
    train("--epochs 1 --precision bfloat16 --out half").done();
    let lines = |name: &str| -> Vec<serde_json::Value> {
        let log = String::from_utf8(bench.read(&format!("{name}/log.jsonl"))).unwrap();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let log = lines("float");
    let tested: Vec<bool> = log[1..].iter().map(|line| line["err"].is_number()).collect();
    assert_eq!(tested, [false, true, true]);
    assert!(log[1]["images_per_second"].as_f64().unwrap() > 0.0 && log[1]["injection_share"] == 0.0);
    // Other numbers, of the same training.
    let loss = |line: &serde_json::Value| line["loss"].as_f64().unwrap();
    let (float, half) = (loss(&log[1]), loss(&lines("half")[1]));
    assert!(float != half && (float - half).abs() < 0.05, "{float} {half}");
    let refused = train("--precision tf32 --out other");
    assert!(refused.code == Some(1) && refused.err.contains("TF32 is of GPUs"), "{}", refused.err);
    assert!(!bench.path("other").exists());
}
