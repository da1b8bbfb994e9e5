//! What the program refuses, and how it says so.

use crate::{Bench, Said};

#[test]
fn wrong_usage_is_exit_code_2() {
    let bench = Bench::new();
    for arguments in [
        "",
        "profil",
        "profile",
        "profile --chip A",
        "profile --chip A --voltage high",
        "profile --chip A --voltage 0.8 --format xml",
        "inject --weights x",
        "inject --weights x --chip A",
        "inject --weights x --rate 2",
        "inject --weights x --rate -1",
        "inject --weights x --rate 1% --chip A --voltage 0.8",
        "inject --weights x --rate 1% --scheme best",
        "import flips map.csv --out x",
        "import hex",
        "import hex d --out x --rows 0",
        "import hex d --out x --word-bits 129",
        "import hex d --out x --word-bits 0",
        "import hex d --out x --packed --byte-order big",
        "import hex d --out x --voltage a.hex",
        "import csv d --out x --reads 0",
        "profile --chip A --voltage -0.8",
        "profile --chip A --voltage 0.8,0.9 --map m.png",
        "profile --chip A --voltage 0.8 --map m.gif",
        "inject --weights x --rate 1% --bits 9",
        "inject --weights x --rate 1% --bits 1",
        "inject --weights x --rate 1% --clip 0",
        "inject --weights x --rate 1% --range inf",
        "inject --weights x --rate 1% --bits 8 --protect-msb 9",
        "inject --weights x --rate 1% --between nearest",
        "inject --weights x --rate 1% --out o --codes ./o",
        "inject --weights x --rate 1% --out x",
    ] {
        let said = bench.run(arguments);
        assert_eq!(said.code, Some(2), "sram-sim {arguments}\n{}", said.err);
        assert!(said.out.is_empty() && !said.err.contains("panicked"), "{}", said.err);
    }
    // A value below 0 is a value.
    let said = bench.run("profile --chip A --voltage -0.8").err;
    assert!(said.contains("--voltage") && said.contains("a number above 0"), "{said}");
}

#[test]
fn every_command_has_help_with_an_example() {
    let bench = Bench::new();
    for command in
        ["chips", "profile", "import hex", "import flips", "import csv", "import log", "export", "inject"]
    {
        let help = bench.ok(&format!("{command} --help"));
        assert!(help.contains("Example") && help.contains(&format!("sram-sim {command}")), "{help}");
    }
    assert!(bench.ok("--version").contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn failures_name_what_was_found_and_what_was_expected() {
    let bench = Bench::new().with_sample_weights();
    bench.write("broken.sfp", [0u8; 200]);
    bench.write("nan.safetensors", nan_weights());
    let good = std::fs::read(crate::root().join("profiles/C.sfp")).unwrap();
    bench.write("cut.sfp", &good[..good.len() / 2]);
    bench.write("dumps/chip-0.6.hex", "FFFG");
    bench.write("table.sfp", "# geometry: 1x4x4\n");
    bench.write("packed.sfp", b"\x1f\x8b\x08\0");
    bench.write("empty/readme.md", "");
    bench.write("twice/a-0.60.hex", "FFFF");
    bench.write("twice/b-0.6.hex", "FFFF");
    bench.write("map.csv", "row,col,p_flip\n1,2,0.5\n1,2,0.5\n");
    let head = "# geometry: 1x4x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    bench.write("long.csv", format!("{head}0.6,0,0,0,0,0,9\n"));
    bench.write("twice.csv", format!("{head}0.6,0,0,0,0,1\n0.60,0,0,0,1,0\n"));
    bench.write("f_4x4.csv", "row,col,p_flip\n1,2,0.5\n");
    bench.write("g_4x4.csv", "row,col,p_flip\n");
    let weights = bench.read("net.safetensors");
    bench.write("short.safetensors", &weights[..100]);
    bench.write("cut.safetensors", &weights[..weights.len() - 4]);
    let integers = br#"{"n":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#;
    bench.write("whole.safetensors", [&(integers.len() as u64).to_le_bytes()[..], integers, b"\0"].concat());
    for (arguments, parts) in [
        ("profile --chip D --voltage 0.8", ["`D`", "A, B, C"]),
        ("profile --chip A --voltage 0.7", ["0.7 V/Vmin", "0.75 to 1 V/Vmin"]),
        ("profile --chip table.sfp --voltage 0.7", ["table.sfp is no profile, but text", "import csv"]),
        ("profile --chip packed.sfp --voltage 0.7", ["packed with gzip", "expected one"]),
        ("profile --chip A --voltage 0.1..0.2", ["not profiled from 0.1 to 0.2", "0.75 to 1"]),
        ("profile --chip broken.sfp --voltage 0.8", ["broken.sfp", "at byte 0: magic number: found 00"]),
        ("profile --chip cut.sfp --voltage 0.8", ["cut.sfp", "at byte 16: length of the file"]),
        ("profile --chip . --voltage 0.8", ["cannot read profile .", "not a file"]),
        ("profile --chip A --voltage 0.8 --map no/m.png", ["no/m.png", "there is no folder no"]),
        ("import hex dumps --out x.sfp", ["chip-0.6.hex, line 1, byte 3", "found `G`, expected a hex digit"]),
        ("import hex dumps/chip-0.6.hex --out x.sfp", ["chip-0.6.hex: found a file", "a folder"]),
        ("import hex empty --out x.sfp", ["found no dump", "chip-0.53.bin"]),
        ("import hex twice --rows 1 --out x.sfp", ["the voltage 0.6", "one dump a voltage"]),
        ("import hex none --out x.sfp", ["cannot read none", "No such file"]),
        ("import flips 0.8=map.csv --out x.sfp", ["map.csv", "no size in the name `map`"]),
        ("import flips 0.8=map.csv --geometry 1x2x4 --out x.sfp", ["map.csv, line 3", "again"]),
        ("import flips 0.8=map.csv --geometry 1x1x4 --out x.sfp", ["map.csv, line 2", "row 1 column 2"]),
        ("import csv map.csv --out x.sfp", ["map.csv", "no line `# geometry: …`"]),
        ("import csv long.csv --out x.sfp", ["long.csv, line 4: found 7 fields", "6 fields"]),
        ("import csv twice.csv --out x.sfp", ["twice.csv, line 5", "bank 0 row 0 column 0 at 0.6 again"]),
        ("import flips 0.8=none_4x4.csv --out x.sfp", ["cannot read none_4x4.csv", "No such file"]),
        ("import flips 0.8=f_4x4.csv 0.80=g_4x4.csv --out x.sfp", ["f_4x4.csv and g_4x4.csv", "0.8"]),
        ("import flips 0.8=f_4x4.csv --unit V --vmin 0.7 --out x.sfp", ["Vmin is 0.7", "cells fail at 0.8"]),
        ("import flips 0.8=f_4x4.csv --vmin 0.9 --out x.sfp", ["Vmin is 0.9", "make it 1"]),
        ("profile --chip A --voltage 0.8 --vmin 0.5", ["--vmin 0.5", "Vmin is 1"]),
        ("profile --chip A --voltage 0.60..0.61", ["not profiled from 0.6 to 0.61", "but from 0.75 to 1"]),
        (
            "inject --weights short.safetensors --rate 1%",
            ["at byte 0: found a header of", "expected at most"],
        ),
        (
            "inject --weights cut.safetensors --rate 1%",
            ["of data, expected 177704 as the header says", "at byte"],
        ),
        (
            "inject --weights whole.safetensors --rate 1%",
            ["whole.safetensors: 1 tensor cannot be stored", "n (I8, 100 %)"],
        ),
        ("export --chip A --out no/A.csv", ["cannot write no/A.csv", "there is no folder no"]),
        ("inject --weights none --rate 1%", ["cannot read weights none", "No such file"]),
        ("inject --weights map.csv --rate 1%", ["map.csv", "safetensors"]),
        ("inject --weights nan.safetensors --rate 1%", ["tensor w: element 1 is NaN", "--exclude 'w'"]),
        (
            "inject --weights net.safetensors --scheme global --range 0.01 --rate 1%",
            ["tensor conv1.bias", "cannot represent"],
        ),
    ] {
        let said = bench.fails(arguments);
        assert!(parts.iter().all(|part| said.contains(part)), "sram-sim {arguments}\n{said}");
        assert!(!bench.path("x.sfp").exists(), "sram-sim {arguments}");
    }
}

/// A safetensors file of one tensor `w` with the elements 1 and NaN.
fn nan_weights() -> Vec<u8> {
    let header = br#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  "#;
    let data = [1f32, f32::NAN].map(f32::to_le_bytes).concat();
    [&(header.len() as u64).to_le_bytes()[..], header, &data].concat()
}

/// Whatever stands in a file, the program ends with a message.
#[test]
fn no_input_makes_the_program_panic() {
    let bench = Bench::new().with_sample_weights();
    let weights = bench.read("net.safetensors");
    let profile = std::fs::read(crate::root().join("profiles/C.sfp")).unwrap();
    let noise: Vec<u8> = (0u32..5000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let csv = b"# geometry: 1x4x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n".to_vec();
    let contents: Vec<Vec<u8>> = vec![
        vec![],
        vec![0; 64],
        noise.clone(),
        b"{}".to_vec(),
        [&u64::MAX.to_le_bytes()[..], b"{}"].concat(),
        [&2u64.to_le_bytes()[..], b"{}"].concat(),
        [&weights[..1000], &noise[..]].concat(),
        [&profile[..1000], &noise[..]].concat(),
        weights[..weights.len() - 1].to_vec(),
        csv.clone(),
        [&csv[..], b"0.6,0,0,0,1,0\n0.6,0,0,0,1,0\n"].concat(),
        [&csv[..], b"0.6,0,0,0,1,0,\"unclosed\n"].concat(),
        [&csv[..], b"\xff\xfe,0,0,0,1,0\n"].concat(),
        b"# geometry: 99999999x99999999x99999999\n# unit: V\n\n".to_vec(),
        b"row,col,p_flip\n-1,99999999999999999999,nan\n".to_vec(),
        b"# geometry: 1x4x4\n# unit: V\n# read_noise: -1\n# flip_floor: 2\n# voltages: 1\nbank,row,column,critical_voltage,kind\n".to_vec(),
    ];
    for (number, content) in contents.iter().enumerate() {
        bench.write("file", content);
        bench.write("f_4x4.csv", content);
        bench.write("dump/d-0.6.hex", content);
        for arguments in [
            "profile --chip file --voltage 0.8 --format json",
            "export --chip file --out out",
            "inject --weights file --rate 1% --out out",
            "inject --weights net.safetensors --chip file --voltage 0.8 --out out",
            "import csv file --out out",
            "import flips 0.6=f_4x4.csv --out out",
            "import hex dump --rows 4 --out out",
        ] {
            let said = bench.run(arguments);
            assert!(
                matches!(said.code, Some(0 | 1)) && !said.err.contains("panicked"),
                "{number} {arguments}\n{}",
                said.err
            );
            let _ = std::fs::remove_file(bench.path("out"));
        }
    }
}

#[test]
fn commands_that_need_libtorch_say_how_to_get_it() {
    let bench = Bench::new();
    // Alone, as it is built without libtorch.
    let alone = bench.path("sram-sim");
    std::fs::copy(env!("CARGO_BIN_EXE_sram-sim"), &alone).unwrap();
    for command in [
        "eval --weights w.safetensors",
        "train --model lenet5 --data digits --method rquant --out run",
        "generalize --weights w.safetensors --rate 1%",
    ] {
        let output = loop {
            // A program that another test begins meanwhile has the copy open for writing until it has begun.
            match bench.program(alone.to_str().unwrap(), command).output() {
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                output => break output.unwrap(),
            }
        };
        let said = Said::from(output);
        assert_eq!(said.code, Some(1), "{command}: {}", said.err);
        assert!(said.err.contains("`cargo xtask install`"), "{command}: {}", said.err);
    }
}
