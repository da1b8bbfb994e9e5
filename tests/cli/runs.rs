//! Long runs of networks: signals, readers that leave, files that are taken.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Bench, root, sample};

const TRAIN: &str = "train --model lenet5 --data digits --images 256 --method rquant --threads 1";

#[test]
fn a_training_goes_on_when_nobody_reads_and_on_a_signal_leaves_its_checkpoint() {
    let bench = Bench::new();
    let mut child =
        bench.command(&format!("{TRAIN} --epochs 2 --out unread")).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(bench.path("unread/weights.safetensors").is_file());

    if !crate::signals::signals_arrive() {
        return;
    }
    let long = format!("{TRAIN} --epochs 100000 --out run");
    let mut command = bench.command(&long);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !bench.path("run/checkpoint.safetensors").exists() && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let signal = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(signal.unwrap().success());
    let said = child.wait_with_output().unwrap();
    let text = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(143), "{text}");
    assert!(text.starts_with("error: ended by SIGTERM") && text.lines().count() == 1, "{text}");
    let mut left: Vec<_> =
        std::fs::read_dir(bench.path("run")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["checkpoint.safetensors", "log.jsonl"]);

    // It goes on from there.
    let epochs = || String::from_utf8(bench.read("run/log.jsonl")).unwrap().lines().count();
    let before = epochs();
    let mut child = bench.command(&format!("{long} --resume")).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while epochs() <= before + 1 && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.try_wait().unwrap().is_none() && epochs() > before + 1);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_refused_training_leaves_no_folder() {
    let bench = Bench::new();
    for rest in ["--data cifar10:none", "--data digits --chip none --voltage 0.8 --method pattbet"] {
        let method = if rest.contains("pattbet") { "" } else { "--method rquant" };
        let said = bench.run(&format!("train --model lenet5 {method} {rest} --out new/run"));
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(!bench.path("new").exists());
    }
    bench.write("file", "");
    let said = bench.run(&format!("{TRAIN} --out file"));
    assert!(
        said.code == Some(1) && said.err.contains("cannot write file: file is no folder"),
        "{}",
        said.err
    );
}

#[test]
fn runs_of_networks_do_not_overwrite_what_they_read() {
    let bench = Bench::new();
    let weights = std::fs::read(root().join("data/lenet5-digits.safetensors")).unwrap();
    let chip = std::fs::read(root().join("profiles/A.sfp")).unwrap();
    for name in ["w", "w.svg"] {
        bench.write(name, &weights);
    }
    for name in ["chip", "chip.svg", "run/weights.safetensors"] {
        bench.write(name, &chip);
    }
    for arguments in [
        "eval --weights w.svg --rate 1% --plot w.svg",
        "eval --weights w --rate 1% --journal w",
        "eval --weights w --rate 1% --plot p.svg --journal ./p.svg",
        "eval --weights w --chip A,chip.svg --voltage 0.8 --plot chip.svg",
        "eval --weights w --chip A --chip chip --voltage 0.8 --journal chip",
        "generalize --weights A=w w.svg --rate 1% --plot w.svg",
        "generalize --weights w --rate 1% --journal w",
        "train --model lenet5 --data digits --method pattbet --chip run/weights.safetensors --voltage 0.8 --out run",
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, Some(2), "{arguments}\n{}", said.err);
        assert!(said.err.contains("would be overwritten"), "{arguments}\n{}", said.err);
        assert!(bench.read("w") == weights && bench.read("w.svg") == weights, "{arguments}");
        assert!(bench.read("chip") == chip && bench.read("run/weights.safetensors") == chip, "{arguments}");
        assert!(!bench.path("p.svg").exists());
    }
}

#[test]
fn a_rate_of_one_is_named_once() {
    let bench = Bench::new();
    let said = bench.run(&format!("eval --weights {} --images 5 --maps 1 --rate 1", sample()));
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.err.matches("means 100 %").count(), 1, "{}", said.err);
}

#[test]
fn chips_are_listed_with_commas_or_one_by_one() {
    let bench = Bench::new();
    bench.write("my,chip.sfp", std::fs::read(root().join("profiles/A.sfp")).unwrap());
    let eval = |chips: &str| {
        let said = bench.run(&format!(
            "eval --weights {} --images 20 --maps 1 --voltage 0.8 --format csv {chips}",
            sample()
        ));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    let listed = eval("--chip A,B,my,chip.sfp");
    assert_eq!(listed.lines().count(), 4);
    assert_eq!(eval("--chip A --chip B --chip my,chip.sfp"), listed);
    assert_eq!(eval("--chip A,B --chip file:my,chip.sfp"), listed);
}
