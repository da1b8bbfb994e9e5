//! Networks: tested under bit errors, compared.

#[cfg(target_os = "linux")]
use std::path::PathBuf;
#[cfg(target_os = "linux")]
use std::process::{Child, Stdio};
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

use crate::{Bench, Said, root, sample, shared};

#[test]
fn eval_counts_the_same_in_every_format_and_with_any_number_of_threads() {
    let bench = Bench::new();
    let eval = |rest: &str| {
        bench.run(&format!(
            "eval --weights {} --images 500 --chip A,B --voltage 0.8,1 --maps 3 {rest}",
            sample()
        ))
    };
    let text = eval("").done();
    let csv = eval("--format csv --threads 1").done();
    let threads = std::thread::available_parallelism().map_or(1, |most| most.get().min(2));
    assert_eq!(csv, eval(&format!("--format csv --threads {threads} --batch 77")).done());
    let json: serde_json::Value = serde_json::from_str(&eval("--format json").done()).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let points = json["points"].as_array().unwrap();
    assert_eq!((rows.len(), points.len()), (12, 4));
    let err = json["err"].as_f64().unwrap();
    for (rows, point) in rows.chunks(3).zip(points) {
        let rerr: Vec<f64> = rows.iter().map(|row| row[14].parse().unwrap()).collect();
        let mean = rerr.iter().sum::<f64>() / 3.0;
        assert!((mean - point["rerr"]["mean"].as_f64().unwrap()).abs() < 1e-12);
        assert!(rows.iter().all(|row| row[13].parse() == Ok(err)));
        // Wrong either way is at least wrong one way.
        assert!(
            rows.iter()
                .all(|row| row[15].parse::<f64>().unwrap() >= row[14].parse::<f64>().unwrap().max(err))
        );
        let faultless = rows[0][1] == "1";
        assert!(rows.iter().all(|row| (row[8] == "0") == faultless));
        assert!(!faultless || rerr.iter().all(|&rerr| rerr == err));
    }
    // Places are spread evenly over the chip.
    assert_eq!([rows[0][12], rows[1][12], rows[2][12]], ["0", "349525", "699050"]);
    assert!(text.contains("500 of digits:0, test") && text.contains("weights clipped to ±0.1"), "{text}");
}

#[test]
fn inject_and_eval_make_the_same_bit_errors() {
    let bench = Bench::new();
    for faults in ["--rate 1% --seed 4", "--chip B --voltage 0.8 --seed 4"] {
        let inject = bench.run(&format!("inject --weights {} {faults} --format json", sample())).done();
        let inject: serde_json::Value = serde_json::from_str(&inject).unwrap();
        let eval = bench
            .run(&format!("eval --weights {} {faults} --maps 1 --images 10 --format json", sample()))
            .done();
        let eval: serde_json::Value = serde_json::from_str(&eval).unwrap();
        let errors = &eval["points"][0]["maps"][0]["bit_errors"];
        assert!(errors.as_u64().unwrap() > 100);
        assert_eq!(&inject["damage"]["bit_errors"], errors, "{faults}");
    }
}

/// Of a network with `GroupNorm`, memory holds scales less 1, whichever command stores it.
#[test]
fn a_clipped_group_norm_keeps_its_scale_through_inject() {
    use nn_bridge::{Architecture, WeightFile};
    let bench = Bench::new();
    let pixels = vec![100u8; 32 * 3072];
    let records = pixels.chunks(3072).zip(0..).flat_map(|(image, label)| [&[label % 10], image].concat());
    let records: Vec<u8> = records.collect();
    for name in ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
    {
        bench.write(&format!("cifar/{name}.bin"), &records);
    }
    bench
        .run("train --model resnet20-gn --data cifar10:cifar --method clipping --wmax 0.1 --epochs 1 --images 32 --out run")
        .done();
    bench.run("inject --weights run/weights.safetensors --rate 0 --out faulty.safetensors").done();
    let open = |name| WeightFile::open(&bench.path(name)).unwrap();
    let (clean, faulty) = (open("run/weights.safetensors"), open("faulty.safetensors"));
    // The file says what it was trained with, not where that lies.
    let card = nn_bridge::ModelCard::of(&clean).unwrap().unwrap();
    assert_eq!(card.data, "cifar10");
    let said = bench.run("eval --weights run/weights.safetensors");
    assert!(said.code == Some(2) && said.err.contains("--data cifar10:FOLDER"), "{}", said.err);
    let architecture = Architecture::of("resnet20-gn", 10).unwrap();
    for (clean, faulty) in clean.tensors().iter().zip(faulty.tensors()) {
        let offset = architecture.offset(&clean.name);
        for (clean, faulty) in clean.values().unwrap().into_iter().zip(faulty.values().unwrap()) {
            assert!(
                (clean - offset).abs() <= 0.1 + 1e-6 && (clean - faulty).abs() < 0.001,
                "{clean} {faulty}"
            );
        }
    }
}

#[test]
fn generalize_makes_a_table_and_a_picture_of_it() {
    let bench = Bench::new();
    let weights = sample();
    let said = bench.run(&format!(
        "generalize --weights mine={weights} {weights} --chip A --voltage 0.8,0.9 --maps 2 --images 200 --plot heat.svg"
    ));
    let out = said.done();
    let line = |name: &str| out.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    let cells = |name: &str| line(name).split_whitespace().filter_map(|cell| cell.parse().ok()).collect();
    let (voltages, energies): (Vec<f64>, Vec<f64>) = (cells("voltage, V/Vmin"), cells("energy"));
    assert_eq!((voltages, energies), (vec![0.9, 0.8], vec![0.81, 0.64]), "{out}");
    assert!(out.lines().any(|line| line.starts_with("mine ")), "{out}");
    assert!(out.contains("randbet 0.1, 8 bit, BER 1 %"), "{out}");
    let picture = String::from_utf8(bench.read("heat.svg")).unwrap();
    assert!(picture.contains("mine") && picture.contains("BER 2 %") && picture.contains("0.8 V/Vmin"));
}

#[test]
fn what_cannot_be_is_said_in_one_line() {
    let bench = Bench::new();
    let weights = sample();
    let untrained = root().join("data/lenet5-untrained.safetensors").display().to_string();
    for name in ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
        bench.write(&format!("labels/{name}"), [0u8; 9]);
    }
    let cases = [
        (format!("eval --weights {untrained}"), 2, "--model is missing"),
        (format!("eval --weights {untrained} --model lenet5"), 2, "--data is missing"),
        (format!("eval --weights {weights} --model resnet20"), 1, "resnet20 is for images of 3x32x32"),
        (format!("eval --weights {weights} --model vgg"), 1, "unknown network `vgg`"),
        (format!("eval --weights {weights} --data mnist:nowhere"), 1, "nowhere is not there"),
        (format!("eval --weights {weights} --data mnist:labels"), 1, "-ubyte: at byte 0"),
        (format!("eval --weights {weights} --data cifar"), 2, "expected cifar10:PATH"),
        (format!("eval --weights {weights} --rate 1% --chip A --voltage 0.8"), 2, "cannot be used with"),
        (format!("eval --weights {weights} --device cuda:7"), 1, "cuda:7 is not there"),
        (format!("eval --weights {weights} --images 5000"), 1, "has 2000 images"),
        ("eval --model missing.pt --data digits".to_owned(), 1, "missing.pt"),
        (format!("eval --weights {weights} --model missing.pt"), 2, "has its own weights"),
        ("train --model lenet5 --data digits --method randbet --out x".to_owned(), 2, "needs one --rate"),
        ("train --model lenet5 --data digits --method clipping --out x".to_owned(), 2, "needs --wmax"),
        (
            "train --model lenet5 --data digits --method rquant --wmax 1 --out x".to_owned(),
            2,
            "--wmax goes with",
        ),
        ("train --model lenet5 --data digits --method mbet --rate 1% --out x".to_owned(), 2, "several rates"),
        (
            "train --model lenet5 --data digits --method rquant --bits 32 --out x".to_owned(),
            1,
            "at most 16 bits",
        ),
    ];
    for (arguments, code, expected) in cases {
        let said = bench.run(&arguments);
        assert_eq!(said.code, Some(code), "{arguments}\n{}", said.err);
        assert!(said.err.contains(expected), "{arguments}\n{}", said.err);
        assert!(code == 2 || said.err.trim_end().lines().count() == 1, "{arguments}\n{}", said.err);
    }
    // What is refused leaves nothing.
    assert!(!bench.path("x").exists());
}

#[test]
fn without_the_executable_beside_it_a_network_is_refused_with_what_to_do() {
    let bench = Bench::new();
    let alone = bench.path("sram-sim");
    std::fs::copy(env!("CARGO_BIN_EXE_sram-sim"), &alone).unwrap();
    let said = Said::from(bench.program(alone.to_str().unwrap(), "eval --weights x").output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(
        said.err.contains("sram-sim-torch is not there") && said.err.contains("cargo xtask install"),
        "{}",
        said.err
    );
    assert!(bench.run("--version").code == Some(0));
}

/// Codes are a quarter of the weights' bytes, and all that the measurements depend on.
#[test]
fn codes_of_trained_weights_stand_for_them() {
    let bench = Bench::new();
    bench.ok(&format!(
        "inject --weights {} --rate 1% --clean-codes codes.safetensors --codes faulty.safetensors",
        sample()
    ));
    let eval = |weights: &str| {
        bench.run(&format!("eval --weights {weights} --images 300 --rate 1%,5% --maps 3 --format csv"))
    };
    assert_eq!(eval("codes.safetensors").done(), eval(&sample()).done());
    // They lie by name, but in memory as the weights do.
    let by_file = |weights: &str| eval(&format!("{weights} --order file")).done();
    assert_eq!(by_file("codes.safetensors"), by_file(&sample()));
    assert_ne!(by_file(&sample()), eval(&sample()).done());
    // Faulty ones are what they were read as: the first map of the seed.
    let of_map = |weights: &str, rate: &str| {
        let report =
            bench.run(&format!("eval --weights {weights} --images 300 {rate} --maps 1 --format json"));
        assert_eq!(report.err.contains("read with bit errors"), weights.contains("faulty"), "{}", report.err);
        serde_json::from_str::<serde_json::Value>(&report.done()).unwrap()
    };
    let read = of_map("faulty.safetensors", "--rate 0");
    let map = of_map("codes.safetensors", "--rate 1%");
    assert_eq!(read["err"], map["points"][0]["rerr"]["mean"]);
    assert_ne!(read["err"], map["err"]);
    // And once more.
    bench.ok("inject --weights codes.safetensors --rate 0 --clean-codes again.safetensors");
    let again =
        |name: &str| bench.run(&format!("eval --weights {name} --images 100 --rate 1% --format json")).done();
    assert_eq!(again("again.safetensors").replace("again", "codes"), again("codes.safetensors"));
}

/// The networks of docs/reproducing.md; 9.9, 10.5 and 17.2 % of 9,000 images, so 10, 10 and 17 +- 4 of 100.
#[test]
fn the_networks_of_the_papers_kind_are_what_they_are_said_to_be() {
    let Some(data) = shared("cifar10") else { return };
    let bench = Bench::new();
    let networks =
        [("clipping", 0.22, 0.02..0.26), ("randbet", 0.22, 0.02..0.26), ("rquant", 0.31, 0.12..0.42)];
    for (name, most, of_rerr) in networks {
        let weights = root().join(format!("data/simplenet-{name}-8.safetensors"));
        let said = bench.run(&format!(
            "eval --weights {} --data cifar10:{} --images 100 --rate 1% --maps 1 --format json",
            weights.display(),
            data.display()
        ));
        let said: serde_json::Value = serde_json::from_str(&said.done()).unwrap();
        let (err, rerr) =
            (said["err"].as_f64().unwrap(), said["points"][0]["rerr"]["mean"].as_f64().unwrap());
        assert!((0.02..most).contains(&err) && of_rerr.contains(&rerr), "{name}: {err} {rerr}");
    }
}

/// Own images are read more than once.
/// What is linked with libtorch loads it when it starts: half a second and 100 MB.
#[cfg(target_os = "linux")]
/// A process that ends with its test.
#[cfg(target_os = "linux")]
struct Ended(Child);

#[cfg(target_os = "linux")]
impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Threads of libtorch that wait read when the program starts whether they are to spin, and the C library whether memory goes back
/// to the system.
#[cfg(target_os = "linux")]
#[test]
fn threads_spin_briefly_and_memory_is_kept_whichever_executable_is_started() {
    let bench = Bench::new();
    let main = PathBuf::from(env!("CARGO_BIN_EXE_sram-sim"));
    let torch = main.with_file_name("sram-sim-torch");
    for (program, told, expected) in [
        (&main, None, "GOMP_SPINCOUNT=5000"),
        (&torch, None, "GOMP_SPINCOUNT=5000"),
        (&torch, Some(("GOMP_SPINCOUNT", "7")), "GOMP_SPINCOUNT=7"),
        (&torch, Some(("OMP_WAIT_POLICY", "active")), "OMP_WAIT_POLICY=active"),
    ] {
        let fifo = bench.path("pipe");
        let _ = std::fs::remove_file(&fifo);
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        // It waits for what nobody writes.
        let mut command = bench.program(program.to_str().unwrap(), "eval --weights pipe");
        command.env_remove("OMP_WAIT_POLICY").env_remove("GOMP_SPINCOUNT").envs(told);
        command.env("GLIBC_TUNABLES", "glibc.pthread.rseq=1");
        let child = Ended(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let start = Instant::now();
        let waiting = loop {
            let environment = std::fs::read(format!("/proc/{}/environ", child.0.id())).unwrap_or_default();
            let name = std::fs::read_link(format!("/proc/{}/exe", child.0.id())).unwrap_or_default();
            // glibc ends each setting of its list by a zero, in place.
            let environment = String::from_utf8_lossy(&environment).replace('\0', ":");
            let waiting: Vec<String> = environment
                .split(':')
                .filter(|entry| entry.starts_with("OMP_WAIT_POLICY=") || entry.starts_with("GOMP_SPINCOUNT="))
                .map(str::to_owned)
                .collect();
            if name.ends_with("sram-sim-torch")
                && !waiting.is_empty()
                && environment.contains("GLIBC_TUNABLES=glibc.pthread.rseq=1:glibc.malloc.trim_threshold=")
            {
                break waiting;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{}", program.display());
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(waiting, [expected], "{}", program.display());
    }
}

#[test]
fn only_the_executable_that_runs_networks_is_linked_with_libtorch() {
    let names_it = |program: &str| {
        let bytes = std::fs::read(program).unwrap();
        bytes.windows(16).any(|window| window == b"libtorch_cpu.so\0")
    };
    assert!(names_it(env!("CARGO_BIN_EXE_sram-sim-torch")));
    assert!(!names_it(env!("CARGO_BIN_EXE_sram-sim")));
    assert!(!names_it(env!("CARGO_BIN_EXE_flip-bench")));
}
