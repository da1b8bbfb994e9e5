//! Names: of files, exactly as asked; of chips and tensors, whatever is in them; those that could mean two things.

use std::process::Output;

use crate::Bench;
use crate::files::{CSV, SMALL};

/// A name that clears a screen, breaks a line and turns text round.
const HOSTILE: &str = "a\x1b[2J\nerror: b\tc\u{202e}d\r\u{9b}31m";
const PLAIN: &str = "a plain name";

fn toml(name: &str) -> String {
    let text = name.chars().map(|letter| format!("\\U{:08x}", u32::from(letter))).collect::<String>();
    SMALL.replace("\"small\"", &format!("\"{text}\"")).replace("\"a test\"", &format!("\"{text}\""))
}

/// A safetensors file of a tensor of this name.
fn weights(name: &str) -> Vec<u8> {
    let header =
        serde_json::json!({name: {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).to_string();
    let data = [1f32, -1.0, 0.5, 0.25].map(f32::to_le_bytes).concat();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn steers(text: &str) -> bool {
    text.chars().any(|letter| (letter.is_control() && letter != '\n') || letter == '\u{202e}')
}

/// Runs the same with both names and says what was printed.
fn of_both(arguments: &str) -> [String; 2] {
    [PLAIN, HOSTILE].map(|name| {
        let bench = Bench::new();
        bench.write("m.toml", toml(name));
        bench.write("w", weights(name));
        bench.ok("synth --model m.toml --out c.sfp");
        text(&bench.command(arguments).output().unwrap())
    })
}

#[test]
fn no_name_in_a_file_steers_the_terminal_or_adds_a_line() {
    for arguments in [
        "profile --chip c.sfp --voltage 0.6",
        "profile --chip c.sfp --voltage all",
        "profile --chip c.sfp --voltage 0.3",
        "profile --chip m.toml --voltage 0.55 --map map.png",
        "stats --chip c.sfp",
        "stats --chip c.sfp --voltage 0.55 --plots charts",
        "stats --chip c.sfp --against m.toml#3",
        "stats --chip c.sfp --against A",
        "fit --profile c.sfp --out out.toml",
        "synth --model m.toml --down-to 0.9 --out x.sfp",
        "predict --model m.toml --voltage 0.5",
        "mbist --chip c.sfp --out log.csv",
        "yield --model m.toml --chips 3 --max-ber 10% --plot shmoo.svg",
        "validate --profile c.sfp --model m.toml --chips 20",
        "validate --profile c.sfp --model A",
        "inject --weights w --rate 50%",
        "inject --weights w --chip c.sfp --voltage 0.55",
    ] {
        let [plain, hostile] = of_both(arguments);
        assert!(!steers(&hostile), "{arguments}\n{hostile:?}");
        assert_eq!(plain.lines().count(), hostile.lines().count(), "{arguments}\n{plain}\n{hostile}");
        assert!(!hostile.lines().any(|line| line.starts_with("error: b")), "{arguments}\n{hostile}");
        if plain.contains(PLAIN) {
            assert!(
                hostile.contains(r"a\u{1b}[2J\nerror: b\tc\u{202e}d\r\u{9b}31m"),
                "{arguments}\n{hostile}"
            );
        }
    }
}

#[test]
fn data_has_names_as_they_are() {
    let bench = Bench::new();
    bench.write("m.toml", toml(HOSTILE));
    bench.write("w", weights(HOSTILE));
    let report = bench.json("inject --weights w --rate 50%");
    assert_eq!(report["damage"]["tensors"][0]["name"], HOSTILE);
    assert!(bench.ok("inject --weights w --rate 50% --format csv").contains(&format!("\"{HOSTILE}\",4,")));
    let csv = bench.run("stats --chip m.toml --voltage 0.55 --format csv").out;
    assert!(csv.contains(&format!("\"{HOSTILE}#0\",")), "{csv}");
    // A chart with such a name is XML.
    bench.run("stats --chip m.toml --plots charts");
    for name in ["ber", "map", "columns"] {
        let svg = String::from_utf8(bench.read(&format!("charts/{name}.svg"))).unwrap();
        assert!(!steers(&svg), "{name}");
    }
}

#[test]
fn arguments_that_are_refused_do_not_steer_the_terminal() {
    let bench = Bench::new();
    for arguments in [
        ["profile", "--chip", HOSTILE, "--voltage", "0.8"],
        ["profile", "--chip", "A", "--voltage", HOSTILE],
        ["profile", "--chip", "A", HOSTILE, "--voltage"],
        ["export", "--chip", "A", "--out", &format!("none/{HOSTILE}")],
        ["import", "csv", HOSTILE, "--out", "x"],
        ["import", "hex", HOSTILE, "--out", "x"],
        ["predict", "--model", HOSTILE, "--voltage", "0.8"],
        ["inject", "--weights", HOSTILE, "--rate", "1%"],
        ["inject", "--weights", "x", "--rate", HOSTILE],
    ] {
        let said = text(&bench.command("").args(arguments).output().unwrap());
        assert!(said.starts_with("error: ") && !steers(&said), "{arguments:?}\n{said:?}");
        assert!(said.contains(r"\u{1b}[2J"), "{arguments:?}\n{said}");
    }
}

#[cfg(unix)]
#[test]
fn files_with_hostile_names_are_written_as_asked_and_said_harmlessly() {
    let bench = Bench::new();
    bench.write("chip.csv", CSV);
    let said = bench.command("import csv chip.csv --out").arg(HOSTILE).output().unwrap();
    assert!(said.status.success() && !steers(&text(&said)));
    assert!(text(&said).starts_with(r"wrote a\u{1b}[2J\nerror: b"), "{}", text(&said));
    let said = bench.command("profile --voltage 0.6 --chip").arg(HOSTILE).output().unwrap();
    assert!(said.status.success() && !steers(&text(&said)));
}

#[test]
fn a_name_of_any_length_fits_into_a_table() {
    let bench = Bench::new();
    let long = format!("layer.{}.weight", "x".repeat(70_000));
    bench.write("w", weights(&long));
    let text = bench.ok("inject --weights w --rate 50% --out out");
    assert!(text.contains("layer.xxx") && text.contains("…") && text.contains("xxx.weight "), "{text}");
    assert!(text.lines().all(|line| line.len() < 400));
    assert!(bench.ok("inject --weights w --rate 50% --format csv").contains(&long));
    bench.write("m.toml", toml(&long));
    for arguments in ["profile --chip m.toml --voltage 0.6", "stats --chip m.toml --against m.toml#1"] {
        let said = bench.run(arguments);
        assert!(said.code == Some(0) && !said.err.contains("panicked"), "{}", said.err);
    }
}

/// Not all systems have such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_written_byte_by_byte() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    bench.write("m.toml", SMALL);
    let name = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    let ok = |arguments: &str, last: &[u8]| {
        let said = bench.command(arguments).arg(name(last)).output().unwrap();
        assert!(said.status.success(), "{arguments}: {}", text(&said));
    };
    ok("synth --model m.toml --seed 3 --count 2 --out", b"c\xff.s\xfe");
    let mut files: Vec<_> =
        std::fs::read_dir(bench.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, [name(b"c\xff-3.s\xfe"), name(b"c\xff-4.s\xfe"), name(b"m.toml")]);
    std::fs::rename(bench.path("m.toml"), bench.folder.path().join(name(b"m\xff.toml"))).unwrap();
    ok("profile --voltage 0.6 --chip", b"c\xff-3.s\xfe");
    ok("profile --voltage 0.6 --chip", b"m\xff.toml#3");
    ok("predict --voltage 0.6 --model", b"m\xff.toml");
    ok("profile --chip A --voltage 0.8 --map", b"map\xff.png");
    assert!(bench.folder.path().join(name(b"map\xff.png")).exists());
}

#[test]
fn a_name_that_means_two_things_is_refused_with_both() {
    let bench = Bench::new();
    bench.write("m.toml", SMALL);
    bench.ok("synth --model m.toml --seed 7 --out chip.sfp");
    let chip = bench.read("chip.sfp");
    for name in ["b", "C"] {
        bench.write(name, &chip);
    }
    bench.write("A#7", &chip);
    bench.write("m.toml#7", &chip);
    for (arguments, one, other) in [
        ("profile --chip b --voltage 0.6", "./b", "stored:B"),
        ("export --chip C", "./C", "stored:C"),
        ("predict --model b --voltage 0.6", "./b", "stored:B"),
        ("export --chip A#7", "file:A#7", "model:A#7"),
        ("export --chip m.toml#7", "file:m.toml#7", "model:m.toml#7"),
    ] {
        let said = bench.fails(arguments);
        assert!(said.contains("is a file here") && said.contains(one) && said.contains(other), "{said}");
    }
    let export = |chip: &str| bench.ok(&format!("export --chip {chip}"));
    let (of_file, of_b) = (export("chip.sfp"), export("B"));
    for (chip, expected) in [
        ("./b", &of_file),
        ("file:b", &of_file),
        ("stored:b", &of_b),
        ("file:m.toml#7", &of_file),
        ("./m.toml", &export("m.toml#0")),
        ("model:m.toml#7", &of_file),
        ("stored:A#3", &export("A#3")),
    ] {
        assert!(export(chip) == *expected, "{chip}");
    }
    // A folder is no chip, and a mark is no name.
    std::fs::create_dir(bench.path("a")).unwrap();
    assert!(export("a") == export("A"));
    bench.write("file:b", &chip);
    let said = bench.fails("export --chip file:b");
    assert!(said.contains("./file:b"), "{said}");
    assert!(export("./file:b") == of_file);
    for (chip, part) in
        [("stored:D", "no stored chip"), ("model:m.toml", "MODEL.toml#SEED"), ("file:none", "none")]
    {
        assert!(bench.fails(&format!("export --chip {chip}")).contains(part), "{chip}");
    }
}

#[test]
fn numbers_that_are_rarely_meant_are_named() {
    let bench = Bench::new().with_sample_weights();
    let said = bench.run("inject --weights net.safetensors --rate 1");
    assert_eq!((said.code, said.err.as_str()), (Some(0), "note: --rate 1 means 100 %; 1 % is 0.01 or 1%\n"));
    assert_eq!(bench.run("inject --weights net.safetensors --rate 100%").err, "");
    let said = bench.run("yield --model A --chips 1 --geometry 1x8x8 --max-ber 1.0");
    assert!(said.err.starts_with("note: --max-ber 1.0 means 100 %"), "{}", said.err);
    for (typed, part) in
        [("800", "if millivolts are meant, 0.8"), ("0.8V", "without the unit, 0.8"), ("0,8", "0.8)")]
    {
        let said = bench.run(&format!("profile --chip A --voltage {typed}"));
        assert!(said.code == Some(2) && said.err.contains(part), "{typed}: {}", said.err);
    }
    let said = bench.run("eval --weights x --threads 65535");
    assert!(said.code == Some(2) && said.err.contains("the threads that this machine has"), "{}", said.err);
}
