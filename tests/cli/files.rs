//! What a command writes never takes the place of what it reads, or of another output, and a place that cannot be written is
//! told before the work.

use crate::Bench;

/// A model of small chips.
pub(crate) const SMALL: &str = r#"
format = 1
name = "small"
source = "a test"
unit = "V"
arrays = { banks = 2, rows = 64, columns = 16, banks_per_row = 2 }
read_noise = 0.002
flip_floor = 0.001
voltages = [0.6, 0.55]
[shared]
bank = 0.05
column = 0.3
[directions]
unit = "cell"
share_0to1 = 0.5
[law]
mean = 0.5
deviation = 0.05
"#;

pub(crate) const CSV: &str =
    "# geometry: 1x4x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.6,0,1,2,1,0\n";

/// Inputs of every kind.
fn bench() -> Bench {
    let bench = Bench::new().with_sample_weights();
    bench.write("chip.csv", CSV);
    bench.ok("import csv chip.csv --out chip.sfp");
    bench.write("m.toml", SMALL);
    bench.write("m.svg", SMALL);
    bench.write("f_4x4.csv", "row,col,p_flip\n1,2,0.5\n");
    bench.write("log_4x4.csv", "row,col,polarity\n1,2,SA0\n");
    bench.write("dumps/d-0.6.hex", "FFFE".repeat(4));
    bench.write("plan.csv", "bank,x,y\n0,0,0\n");
    let chip = bench.read("chip.sfp");
    for name in ["chip.png", "charts/map.svg"] {
        bench.write(name, &chip);
    }
    bench
}

/// A command that reads and writes the file IN, and the rest of its arguments.
const READS_AND_WRITES: [(&str, &str); 17] = [
    ("chip.csv", "import csv IN --out OUT"),
    ("plan.csv", "import hex dumps --rows 4 --floorplan IN --out OUT"),
    ("dumps/d-0.6.hex", "import hex dumps --rows 4 --out OUT"),
    ("f_4x4.csv", "import flips 0.8=IN --out OUT"),
    ("log_4x4.csv", "import log 0.8=IN --out OUT"),
    ("chip.sfp", "export --chip IN --out OUT"),
    ("chip.png", "profile --chip IN --voltage 0.6 --map OUT"),
    ("charts/map.svg", "stats --chip IN --plots charts"),
    ("chip.sfp", "fit --profile IN --out OUT"),
    ("m.toml", "synth --model IN --out OUT"),
    ("m.toml", "export --chip IN#7 --out OUT"),
    ("chip.sfp", "mbist --chip IN --out OUT"),
    ("m.svg", "yield --model IN --chips 2 --max-ber 1% --plot OUT"),
    ("net.safetensors", "inject --weights IN --rate 1% --out OUT"),
    ("net.safetensors", "inject --weights IN --rate 1% --codes new --clean-codes OUT"),
    ("chip.sfp", "inject --weights net.safetensors --chip IN --voltage 0.6 --codes OUT"),
    ("m.toml", "inject --weights net.safetensors --chip IN#7 --voltage 0.6 --out OUT"),
];

#[test]
fn no_command_overwrites_what_it_reads() {
    let bench = bench();
    for (file, arguments) in READS_AND_WRITES {
        let before = bench.read(file);
        let is_free = arguments.contains("OUT");
        let mut names = vec![file.to_owned(), format!("./{file}"), format!("dumps/../{file}")];
        #[cfg(unix)]
        if is_free {
            // Another name of the same file, and a link to it, with the ending that the command wants.
            let ending = file.rsplit('.').next().unwrap();
            let (hard, soft) = (format!("hard.{ending}"), format!("soft.{ending}"));
            for name in [&hard, &soft] {
                let _ = std::fs::remove_file(bench.path(name));
            }
            std::fs::hard_link(bench.path(file), bench.path(&hard)).unwrap();
            std::os::unix::fs::symlink(file, bench.path(&soft)).unwrap();
            names.extend([hard, soft]);
        }
        for name in &names {
            let ways =
                if is_free { vec![(file, name.as_str()), (name, file)] } else { vec![(name.as_str(), "")] };
            for (input, output) in ways {
                let arguments = arguments.replace("IN", input).replace("OUT", output);
                // The folder of dumps is read as it is.
                let said = bench.run(&arguments);
                assert_eq!(said.code, Some(2), "sram-sim {arguments}\n{}{}", said.out, said.err);
                assert!(said.err.contains("would be overwritten: it is also"), "{}", said.err);
                assert_eq!(bench.read(file), before, "sram-sim {arguments}");
                assert!(!bench.path("new").exists(), "sram-sim {arguments}");
            }
        }
    }
}

#[test]
fn two_outputs_are_two_files() {
    let bench = bench();
    bench.write("old", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("old", bench.path("link")).unwrap();
    for outputs in [
        "--out o --codes o",
        "--out o --clean-codes ./o",
        "--codes old --clean-codes link",
        "--out - --codes -",
    ] {
        let said = bench.run(&format!("inject --weights net.safetensors --rate 1% {outputs}"));
        assert_eq!(said.code, Some(2), "{outputs}: {}", said.err);
        assert!(said.err.contains("also written by this command"), "{outputs}: {}", said.err);
        assert!(!bench.path("o").exists() && bench.read("old").is_empty() && said.out.is_empty());
    }
}

#[test]
fn standard_output_in_a_file_is_an_output_too() {
    let bench = bench();
    let file = std::fs::File::options().append(true).open(bench.path("chip.csv")).unwrap();
    let said = bench.command("import csv chip.csv --out new.sfp").stdout(file).output().unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert_eq!(bench.read("chip.csv"), CSV.as_bytes());
    assert!(!bench.path("new.sfp").exists());
}

/// Each output of each command; what it reads is not there, so that an error about the output comes before the work.
const WRITES: [&str; 12] = [
    "import csv none --out OUT",
    "import hex none --out OUT",
    "import flips 0.8=none --out OUT",
    "import log 0.8=none --out OUT",
    "export --chip none --out OUT",
    "profile --chip none --voltage 0.6 --map OUT.png",
    "stats --chip none --plots OUT",
    "fit --profile none --out OUT",
    "mbist --chip none --out OUT",
    "yield --model none --chips 2 --max-ber 1% --plot OUT.svg",
    "inject --weights none --rate 1% --out OUT",
    "inject --weights none --rate 1% --clean-codes OUT",
];

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_work() {
    let bench = bench();
    bench.write("file", "");
    std::fs::create_dir(bench.path("folder")).unwrap();
    for name in ["folder.png", "folder.svg"] {
        std::fs::create_dir(bench.path(name)).unwrap();
    }
    for arguments in WRITES {
        for (place, part) in
            [("gone/x", "there is no folder gone"), ("file/x", "folder"), ("folder", "folder")]
        {
            let makes_folders = arguments.contains("--plots");
            if makes_folders && place != "file/x" {
                continue;
            }
            let said = bench.fails(&arguments.replace("OUT", place));
            assert!(
                said.contains(&format!("cannot write {place}")) && said.contains(part),
                "{arguments}: {said}"
            );
        }
    }
    for place in ["folder/", "new/", "new/.", "."] {
        let said = bench.fails(&format!("export --chip A --out {place}"));
        assert!(said.contains("folder"), "{place}: {said}");
    }
    let empty = bench.command("export --chip A --out").arg("").output().unwrap();
    assert!(String::from_utf8(empty.stderr).unwrap().contains("the name is empty"));
}

#[cfg(unix)]
#[test]
fn what_may_not_be_written_is_told_before_the_work() {
    use std::os::unix::fs::PermissionsExt;
    let bench = bench();
    bench.write("locked/old", "old");
    bench.write("old", "old");
    let set = |name: &str, mode| {
        std::fs::set_permissions(bench.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set("locked", 0o555);
    set("old", 0o444);
    // Those who may do everything may do this.
    if std::fs::write(bench.path("locked/probe"), "").is_err() {
        for place in ["locked/new", "locked/old", "old", "locked/new/x"] {
            let command =
                if place.ends_with("/x") { "stats --chip none --plots" } else { "export --chip none --out" };
            let said = bench.fails(&format!("{command} {place}"));
            assert!(said.contains("cannot write") && said.contains("ermission denied"), "{place}: {said}");
        }
        assert_eq!(bench.read("old"), b"old");
    }
    set("locked", 0o755);
}

#[test]
fn a_refused_command_leaves_no_folder() {
    let bench = bench();
    bench.fails("stats --chip none --plots new/charts");
    assert!(!bench.path("new").exists());
    bench.ok("stats --chip chip.sfp --plots new/charts");
    assert!(bench.path("new/charts/ber.svg").is_file());
}

#[cfg(unix)]
#[test]
fn a_dangling_link_leads_to_the_new_file() {
    let bench = bench();
    std::os::unix::fs::symlink("there.sfp", bench.path("link.sfp")).unwrap();
    bench.ok("import csv chip.csv --out link.sfp");
    assert!(bench.path("link.sfp").is_symlink());
    assert_eq!(bench.read("there.sfp"), bench.read("chip.sfp"));
}

#[test]
fn names_of_many_chips_are_checked_one_by_one() {
    let bench = bench();
    bench.write("m-2.toml", SMALL);
    let said = bench.run("synth --model m-2.toml --seed 1 --count 3 --out m.toml");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert_eq!(bench.read("m-2.toml"), SMALL.as_bytes());
    bench.ok("synth --model m.toml --seed 18446744073709551614 --count 2 --out s.sfp");
    let last = ["s-18446744073709551614.sfp", "s-18446744073709551615.sfp"];
    assert!(last.iter().all(|name| bench.path(name).exists()));
}
