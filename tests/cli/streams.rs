//! Pipes and devices in place of files, and readers that leave.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Bench;
use crate::files::{CSV, SMALL};

fn pipe(bench: &Bench, name: &str) {
    assert!(Command::new("mkfifo").arg(bench.path(name)).status().unwrap().success());
}

/// Waits for a command, which must not hang.
fn ends(mut child: Child) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn spawn(bench: &Bench, arguments: &str) -> Child {
    bench.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs a command whose standard output nobody reads.
fn unread(bench: &Bench, arguments: &str) -> Output {
    let mut child = spawn(bench, arguments);
    drop(child.stdout.take());
    ends(child)
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_work_goes_on_when_nobody_reads_the_talk() {
    let bench = Bench::new().with_sample_weights();
    bench.write("m.toml", SMALL);
    bench.write("chip.csv", CSV);
    for (arguments, files) in [
        ("synth --model m.toml --seed 1 --count 40 --out c.sfp", vec!["c-1.sfp", "c-40.sfp"]),
        ("import csv chip.csv --out i.sfp", vec!["i.sfp"]),
        ("inject --weights net.safetensors --rate 1% --out w --codes c", vec!["w", "c"]),
        ("stats --chip i.sfp --plots charts", vec!["charts/map.png"]),
        ("mbist --chip A --voltage 0.8 --format csv --out log.sfp", vec!["log.sfp"]),
    ] {
        let said = unread(&bench, arguments);
        assert_eq!((said.status.code(), error(&said)), (Some(0), String::new()), "{arguments}");
        for file in files {
            assert!(bench.path(file).is_file(), "{arguments}: {file}");
        }
    }
    for format in ["text", "csv", "json"] {
        let said = unread(&bench, &format!("profile --chip A --voltage all --format {format}"));
        assert_eq!((said.status.code(), error(&said)), (Some(0), String::new()), "{format}");
    }
    assert_eq!(unread(&bench, "export --chip A").status.code(), Some(0));
}

#[test]
fn an_answer_in_the_exit_code_does_not_depend_on_readers() {
    let bench = Bench::new();
    bench.ok("synth --model B --geometry 4x512x64 --out b.sfp");
    bench.write(
        "other.toml",
        SMALL.replace("voltages = [0.6, 0.55]", "voltages = [1, 0.85]").replace("\"V\"", "\"V/Vmin\""),
    );
    let arguments = "validate --profile b.sfp --model other.toml --chips 20";
    assert_eq!(bench.run(arguments).code, Some(1));
    let said = unread(&bench, arguments);
    assert_eq!(said.status.code(), Some(1));
    assert!(error(&said).contains("is no chip of the model"));
}

#[test]
fn data_that_is_not_whole_is_a_failure() {
    let bench = Bench::new();
    pipe(&bench, "pipe");
    let child = spawn(&bench, "export --chip A --out pipe");
    let mut few = [0; 10];
    std::fs::File::open(bench.path("pipe")).unwrap().read_exact(&mut few).unwrap();
    let said = ends(child);
    assert_eq!(said.status.code(), Some(1));
    assert!(
        error(&said).contains("cannot write pipe: Broken pipe") && said.stdout.is_empty(),
        "{}",
        error(&said)
    );
    let said = unread(&bench, "export --chip A --out -");
    assert_eq!(said.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn talk_that_cannot_be_written_is_a_failure_after_the_work() {
    let bench = Bench::new();
    bench.write("chip.csv", CSV);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let said = bench.command("import csv chip.csv --out chip.sfp").stdout(full).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(error(&said).contains("cannot write to standard output: No space left"), "{}", error(&said));
    assert!(bench.path("chip.sfp").is_file());
}

#[test]
fn data_on_standard_output_is_nothing_but_data() {
    let bench = Bench::new();
    let data = bench.ok("export --chip A");
    for name in ["-", "/dev/stdout", "/dev/fd/1"] {
        if name != "-" && !Path::new(name).exists() {
            continue;
        }
        let said = bench.run(&format!("export --chip A --out {name}"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), "wrote standard output\n"), "{name}");
        assert!(said.out == data, "{name}");
        // Also into a file, which is then not exchanged under whoever has it open.
        let mut file = tempfile::tempfile().unwrap();
        let mut command = bench.command(&format!("export --chip A --out {name}"));
        let status = command.stdout(file.try_clone().unwrap()).stderr(Stdio::null()).status().unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut written = String::new();
        file.read_to_string(&mut written).unwrap();
        assert!(status.success() && written == data, "{name}");
    }
    assert!(!bench.path("-").exists());
    bench.write("chip.csv", CSV);
    let profile = bench.command("import csv chip.csv --out -").output().unwrap();
    bench.ok("import csv chip.csv --out chip.sfp");
    assert_eq!(profile.stdout, bench.read("chip.sfp"));
    assert!(error(&profile).contains("wrote standard output: 1x4x4"));
}

#[test]
fn an_output_may_be_a_pipe_or_nothing() {
    let bench = Bench::new();
    bench.write("chip.csv", CSV);
    bench.write("m.toml", SMALL);
    bench.ok("import csv chip.csv --out chip.sfp");
    pipe(&bench, "pipe");
    let child = spawn(&bench, "import csv chip.csv --out pipe");
    let read = std::fs::read(bench.path("pipe")).unwrap();
    assert_eq!((ends(child).status.code(), read), (Some(0), bench.read("chip.sfp")));
    for arguments in [
        "import csv chip.csv --out /dev/null",
        "export --chip A --out /dev/null",
        "fit --profile m.toml#1 --out /dev/null",
        "synth --model m.toml --out /dev/null",
    ] {
        bench.ok(arguments);
    }
    for name in ["/dev/null", "pipe", "-"] {
        let said = bench.run(&format!("synth --model m.toml --count 2 --out {name}"));
        assert_eq!(said.code, Some(2), "{name}: {}", said.err);
        assert!(said.err.contains("--count") && !Path::new("/dev/null-1").exists(), "{}", said.err);
    }
}

#[test]
fn an_input_may_be_a_pipe_that_is_read_once() {
    let bench = Bench::new().with_sample_weights();
    bench.write("m.toml", SMALL);
    bench.write("chip.csv", CSV);
    bench.ok("import csv chip.csv --out chip.sfp");
    for name in ["pipe", "pipe.toml", "pipe_4x4.csv"] {
        pipe(&bench, name);
    }
    bench.write("f_4x4.csv", "row,col,p_flip\n1,2,0.5\n");
    for (content, name, arguments) in [
        ("chip.sfp", "pipe", "profile --chip pipe --voltage 0.6"),
        ("chip.sfp", "pipe", "stats --chip pipe"),
        ("chip.sfp", "pipe", "mbist --chip pipe --out log.sfp"),
        ("m.toml", "pipe", "predict --model pipe --voltage 0.6"),
        ("m.toml", "pipe.toml", "profile --chip pipe.toml#7 --voltage 0.6"),
        ("m.toml", "pipe", "synth --model pipe --out new.sfp"),
        ("chip.csv", "pipe", "import csv pipe --out new.sfp"),
        ("f_4x4.csv", "pipe_4x4.csv", "import flips 0.8=pipe_4x4.csv --out new.sfp"),
        ("net.safetensors", "pipe", "inject --weights pipe --rate 1%"),
        ("chip.sfp", "pipe", "inject --weights net.safetensors --chip pipe --voltage 0.6"),
    ] {
        let bytes = bench.read(content);
        let path = bench.path(name);
        let writer = std::thread::spawn(move || std::fs::write(path, bytes));
        let said = ends(spawn(&bench, arguments));
        assert_eq!(said.status.code(), Some(0), "{arguments}: {}", error(&said));
        writer.join().unwrap().unwrap();
    }
    for arguments in [
        "stats --chip pipe --against pipe",
        "inject --weights pipe --chip pipe --voltage 0.6",
        "import flips 0.8=pipe 0.7=pipe --out new.sfp",
    ] {
        let bytes = bench.read("chip.sfp");
        let path = bench.path("pipe");
        let writer = std::thread::spawn(move || std::fs::write(path, bytes));
        let said = ends(spawn(&bench, arguments));
        // Lets the writer go if nothing was read.
        drop(std::fs::File::options().read(true).write(true).open(bench.path("pipe")));
        drop(writer.join());
        assert!(matches!(said.status.code(), Some(1 | 2)), "{arguments}: {}", error(&said));
    }
    let said = bench.fails("predict --model /dev/zero");
    assert!(said.contains("/dev/zero: it has more than"), "{said}");
}

#[test]
fn who_waits_for_a_reader_of_a_pipe_says_so() {
    use std::io::{BufRead, BufReader};
    let bench = Bench::new();
    pipe(&bench, "pipe");
    let mut child = spawn(&bench, "export --chip A --out pipe");
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    assert!(line.contains("waits until somebody reads the pipe pipe"), "{line}");
    let read = std::fs::read(bench.path("pipe")).unwrap();
    assert_eq!(ends(child).status.code(), Some(0));
    bench.ok("export --chip A --out file");
    assert!(read == bench.read("file"));
}
