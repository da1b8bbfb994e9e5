//! `import log`.

use crate::{Bench, root};

fn with_cases() -> Bench {
    let bench = Bench::new();
    for name in ["fails.csv", "stuck.csv", "counts.csv", "two_lines_a_cell.csv"] {
        bench.write(name, std::fs::read(root().join("tests/cases/tester-logs").join(name)).unwrap());
    }
    bench
}

/// The faults of a profile as `export` writes them.
fn rows(bench: &Bench, chip: &str) -> Vec<String> {
    let csv = bench.ok(&format!("export --chip {chip}"));
    csv.lines().skip_while(|line| !line.starts_with("voltage,")).skip(1).map(str::to_owned).collect()
}

#[test]
fn import_csv_shows_the_command_which_reads_the_log() {
    let bench = with_cases();
    for (name, faults) in [
        ("fails.csv", &["0.6,0,420,2,0,1", "0.6,0,563,15,1,0", "0.55,0,420,0,1,0", "0.55,0,420,2,0,1"][..]),
        ("stuck.csv", &["0.6,0,420,2,0,1", "0.6,0,563,15,1,0"]),
        ("counts.csv", &["0.6,0,420,2,0,0.7"]),
        ("two_lines_a_cell.csv", &["0.6,0,420,2,1,1"]),
    ] {
        let said = bench.fails(&format!("import csv {name} --out x.sfp"));
        let command = said.split("sram-sim ").nth(1).unwrap().trim();
        assert_eq!(command, format!("import log {name} --out chip.sfp"));
        bench.ok(command);
        assert_eq!(rows(&bench, "chip.sfp"), faults);
    }
}

#[test]
fn the_table_says_what_was_read_and_the_profile_keeps_it() {
    let bench = with_cases();
    let said = bench.ok("import log fails.csv --out chip.sfp");
    for part in [
        "faulty cells  0 to 1  1 to 0  recovered",
        "0.55             2       1       1          1",
        "fails.csv: 4 rows of words of 16 bits in hex, written and read, addresses in hex; none passed",
        "cells that no row lists are taken as good",
        "wrote chip.sfp: 1x1024x16, 16,384 cells, 2 voltages: 0.55 to 0.6 V",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let provenance = bench.json("profile --chip chip.sfp --voltage 0.6")["chip"]["provenance"].to_string();
    for part in ["fail log of a memory tester", "fails.csv", "sha256", "taken as good"] {
        assert!(provenance.contains(part), "{part}: {provenance}");
    }
}

#[test]
fn files_of_voltages_without_a_header_and_with_scrambled_interleaved_words() {
    let bench = Bench::new();
    bench.write("high.csv", "17,1,FF,FF,ok\n17,2,FF,FD,bad\n");
    bench.write("low=1.csv", "18,2,FF,FD,bad\n18,3,00,80,bad\n");
    let options = "--columns -,address,expected,actual,result --geometry 1x4x16 --word-bits 8 --interleave --scramble \
                   bits:1,0,2+xor:0x4";
    let said = bench.ok(&format!("import log 0.6=high.csv 0.55=low=1.csv {options} --out chip.sfp"));
    assert!(said.contains("a row holds 2 words of 8 bits, interleaved"), "{said}");
    assert!(said.contains("descrambled by bits:1,0,2+xor:0x4") && said.contains("1 passed"), "{said}");
    // Address 2 is word 1 with bits exchanged, word 5 with the mask: row 2, second word; bit 1 is in column 3.
    assert_eq!(rows(&bench, "chip.sfp"), ["0.6,0,2,3,0,1", "0.55,0,2,3,0,1", "0.55,0,3,15,1,0"]);
}

#[test]
fn repeated_reads_need_their_number() {
    let bench = Bench::new();
    let runs = "vdd_mV;run;bank;row;column;polarity\n580;1;0;3;4;SA0\n580;2;0;3;4;SA0\n580;2;0;3;5;SA1\n";
    bench.write("chip_8x8.csv", runs);
    let said = bench.fails("import log chip_8x8.csv --out chip.sfp");
    assert!(said.contains("`run`: 1, 2") && said.contains("--reads N"), "{said}");
    let said = bench.ok("import log chip_8x8.csv --reads 4 --out chip.sfp");
    assert!(said.contains("shares of 4 reads") && said.contains("1 of 4 means"), "{said}");
    assert_eq!(rows(&bench, "chip.sfp"), ["0.58,0,3,4,0,0.5", "0.58,0,3,5,0.25,0"]);
    assert!(
        bench
            .fails("import log chip_8x8.csv --reads 4 --ignore site --out x.sfp")
            .contains("no column `site`")
    );
    for wrong in ["--reads 0", "--radix 8", "--scramble bits:0,0", "--word-bits 129", "--address-unit bits"] {
        bench.misused(&format!("import log chip_8x8.csv --out x.sfp {wrong}"));
    }
}
