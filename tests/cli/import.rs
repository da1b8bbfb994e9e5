//! `import`.

use crate::Bench;

/// Two banks of 4 words of 16 bits, with failures in both bytes of the given words.
fn dump(words: &[(usize, u8)]) -> String {
    let mut content = [0xffffu16; 8];
    for &(word, bits) in words {
        content[word] &= !(u16::from(bits) << 8 | u16::from(bits));
    }
    content.map(|word| format!("{word:04X}")).concat()
}

fn with_dumps() -> Bench {
    let bench = Bench::new();
    bench.write("chip/chip-0.60.hex", dump(&[(0, 1), (3, 2)]));
    // Word 3 recovers at 0.59 V.
    let low = [(0, 1), (1, 4), (2, 1), (4, 128), (5, 3), (6, 16), (7, 32)];
    bench.write("chip/chip-0.59.hex", dump(&low));
    bench.write("chip/notes.md", "not a dump");
    bench
}

#[test]
fn doubled_bytes_are_found_reported_and_counted_once() {
    let bench = with_dumps();
    let said = bench.ok("import hex chip --rows 4 --out chip.sfp");
    assert!(said.contains("each cell is dumped 2 times: in all 8 faulty words"), "{said}");
    assert!(said.contains("counted once"), "{said}");
    let report = bench.json("profile --chip chip.sfp --voltage all");
    let faults: Vec<_> =
        report["answers"].as_array().unwrap().iter().map(|a| a["faulty_cells"].as_u64()).collect();
    assert_eq!(faults, [Some(2), Some(8)]);
    assert_eq!((report["chip"]["banks"].as_u64(), report["chip"]["columns"].as_u64()), (Some(2), Some(8)));

    bench.ok("import hex chip --rows 4 --count as-published --out published.sfp");
    let report = bench.json("profile --chip published.sfp --voltage 0.59");
    assert_eq!(report["answers"][0]["faulty_cells"].as_u64(), Some(16));
}

#[test]
fn cells_that_recover_at_lower_voltage_are_reported_and_kept_as_measured() {
    let bench = with_dumps();
    let said = bench.ok("import hex chip --rows 4 --out chip.sfp");
    let row = said.lines().find(|line| line.starts_with("chip-0.59.hex")).unwrap();
    assert!(row.ends_with('1'), "one cell recovered: {row}");
    let csv = bench.ok("export --chip chip.sfp");
    assert!(csv.contains("0.6,0,3,1,0,1") && !csv.contains("0.59,0,3,1,0,1"), "{csv}");
    let report = bench.json("profile --chip chip.sfp --voltage 0.59");
    let provenance = report["chip"]["provenance"].to_string();
    assert!(
        provenance.contains("1 cells that fail at the next higher voltage do not fail at 0.59 V"),
        "{provenance}"
    );
    assert!(provenance.contains("sha256"), "{provenance}");
}

#[test]
fn a_dump_without_faults_shows_vmin() {
    let bench = with_dumps();
    bench.write("chip/chip-0.61.hex", dump(&[]));
    bench.ok("import hex chip --rows 4 --out chip.sfp");
    let report = bench.json("profile --chip chip.sfp --voltage 0.59");
    assert_eq!(report["chip"]["vmin"].as_f64(), Some(0.61));
    assert!(
        (report["answers"][0]["energy_relative_to_vmin"].as_f64().unwrap() - (0.59f64 / 0.61).powi(2)).abs()
            < 1e-12
    );
}

#[test]
fn zeros_written_show_the_other_direction() {
    let bench = Bench::new();
    bench.write("chip/c-0.6.txt", "0001\n0000\n0000\n8000\n");
    bench.ok("import hex chip --rows 4 --written zeros --out chip.sfp");
    let report = bench.json("profile --chip chip.sfp --voltage 0.6");
    assert_eq!(report["answers"][0]["fault_rate_0to1"].as_f64(), Some(2.0 / 64.0));
    assert_eq!(report["answers"][0]["fault_rate_1to0"].as_f64(), Some(0.0));
}

#[test]
fn directions_of_undirected_maps_are_random_by_the_seed_and_said() {
    let bench = Bench::new();
    let cells: String = (0..64).map(|i| format!("{},{},0.5\n", i / 8, i % 8)).collect();
    bench.write("c_8x8.csv", format!("row,col,p_flip\n{cells}"));
    let import = |arguments: &str| {
        let said = bench.ok(&format!("import flips 0.8=c_8x8.csv --anyway --out c.sfp {arguments}"));
        let report = bench.json("profile --chip c.sfp --voltage 0.8");
        let rate = |key: &str| report["answers"][0][key].as_f64().unwrap();
        (said, rate("fault_rate"), rate("fault_rate_0to1"))
    };
    let (said, p, p01) = import("");
    assert!(said.contains("unknown directions are random") && said.contains("seed 0"), "{said}");
    assert!(p == 0.5 && (0.1..0.4).contains(&p01), "{p} {p01}");
    assert_eq!(import("").2, p01);
    assert_ne!(import("--seed 1").2, p01);
    assert_eq!(import("--direction reads-one").2, 0.5);
    assert_eq!(import("--direction inverts").1, 1.0);
}

/// A bank of 64 words of 16 bits that reads `clean`, but for `bad` words, which read `odd`.
fn bank(clean: &str, bad: usize, odd: &str) -> String {
    (0..64).map(|word| format!("{}\n", if word % 9 == 4 && word / 9 < bad { odd } else { clean })).collect()
}

#[test]
fn what_no_memory_does_is_refused_with_its_cause_and_imported_only_anyway() {
    let bench = Bench::new();
    bench.write("low/chip-0.60.hex", bank("0000", 1, "0001"));
    bench.write("low/chip-0.55.hex", bank("0000", 5, "0001"));
    let said = bench.fails("import hex low --rows 64 --out low.sfp");
    for part in
        ["at 0.6 V, the highest voltage", "all zeros fit better", "active-low", "--written zeros", "--anyway"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!bench.path("low.sfp").exists());
    let counts = |chip: &str| {
        let report = bench.json(&format!("profile --chip {chip} --voltage all"));
        report["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["faulty_cells"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    bench.ok("import hex low --rows 64 --written zeros --out zeros.sfp");
    assert_eq!(counts("zeros.sfp"), [1, 5]);
    bench.ok("import hex low --rows 64 --anyway --out anyway.sfp");
    assert_eq!(counts("anyway.sfp"), [1023, 1019]);
    let provenance = bench.json("profile --chip anyway.sfp --voltage 0.6")["chip"]["provenance"].to_string();
    assert!(provenance.contains("imported in spite of a doubt: at 0.6 V"), "{provenance}");

    // Voltages that were exchanged; and probabilities of right reads.
    bench.write("turned/chip-0.55.hex", bank("ffff", 0, ""));
    bench.write("turned/chip-0.60.hex", bank("ffff", 7, "ff0f"));
    let said = bench.fails("import hex turned --rows 64 --out x.sfp");
    assert!(said.contains("more cells fail at 0.6 V than at 0.55 V"), "{said}");
    let right: String = (0..256).map(|i| format!("{},{},0.99\n", i / 16, i % 16)).collect();
    bench.write("right_16x16.csv", format!("row,col,p_flip\n{right}"));
    let said = bench.fails("import flips 0.8=right_16x16.csv --out x.sfp");
    assert!(said.contains("probabilities of a right read"), "{said}");
}

#[test]
fn a_true_map_of_a_sixth_of_the_cells_passes_quietly() {
    let bench = Bench::new();
    bench.ok("profile --chip B --voltage 0.75 --map b.csv");
    let text = String::from_utf8(bench.read("b.csv")).unwrap();
    // As somebody else's: without the provenance that an export has.
    let foreign: Vec<&str> = text.lines().filter(|line| !line.starts_with("# provenance")).collect();
    bench.write("b.csv", foreign.join("\n") + "\n");
    bench.ok("import csv b.csv --out b.sfp");
    let rate = |chip: &str| {
        bench.json(&format!("profile --chip {chip} --voltage 0.75"))["answers"][0]["fault_rate"].clone()
    };
    assert_eq!(rate("b.sfp"), rate("B"));
}

#[test]
fn the_reading_of_a_dump_is_said_and_the_files_that_are_not_read() {
    let bench = Bench::new();
    let dump: String = (0..8)
        .map(|at| format!("{:08x}: ff{}\n", 0x2000 + at * 2, if at == 3 { "7f" } else { "ff" }))
        .collect();
    bench.write("chip/board_0.60V_25C.txt", dump);
    bench.write("chip/readme.md", "");
    let said = bench.ok("import hex chip --rows 8 --out chip.sfp");
    for part in [
        "read as one word of 4 hex digits a token",
        "from 0x2000 on, by 2 a word",
        "not read: readme.md (no dump",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(bench.ok("export --chip chip.sfp").contains("0.6,0,3,7,0,1"));
    bench.ok("import hex chip --rows 8 --voltage board_0.60V_25C.txt=0.57 --out chip.sfp");
    assert!(bench.ok("export --chip chip.sfp").contains("0.57,0,3,7,0,1"));
}

#[test]
fn columns_that_are_no_words_and_cells_that_stand_twice_are_refused_with_the_option() {
    let bench = Bench::new();
    let words = |bad: usize, word: usize| {
        if word % 97 < bad && word % 5 == 1 { 0xffff ^ 1 << (word % 16) } else { 0xffff }
    };
    let line = |bad: usize, tag: &str, line: usize| {
        let words: Vec<String> = (0..8).map(|word| format!("{:04x}", words(bad, line * 8 + word))).collect();
        format!("{tag}{}\n", words.join(" "))
    };
    let dump = |bad: usize, tag: &str| (0..128).map(|number| line(bad, tag, number)).collect::<String>();
    for (voltage, bad) in [("0.60", 1), ("0.55", 9)] {
        bench.write(&format!("tagged/c_{voltage}V.txt"), dump(bad, "1234 "));
        bench.write(&format!("twice/c_{voltage}V.txt"), dump(bad, "").repeat(2));
    }
    let said = bench.fails("import hex tagged --rows 128 --out x.sfp");
    for part in
        ["the first column of its lines is hardly ever as it was written", "--first-column word", "--anyway"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = bench.fails("import hex twice --out x.sfp");
    assert!(
        said.contains("each 1024 words seem to stand 2 times") && said.contains("--count as-published"),
        "{said}"
    );
    assert!(!bench.path("x.sfp").exists());
    for option in ["--count as-published", "--anyway"] {
        let said = bench.ok(&format!("import hex twice {option} --out x.sfp"));
        assert!(
            !said.contains("no sign that") && said.contains("copies are kept as cells of their own"),
            "{said}"
        );
    }
}

#[test]
fn words_with_zeros_above_are_read_with_their_digits() {
    let bench = Bench::new();
    bench.write("chip/chip-0.60.hex", "0000ffff\n".repeat(7) + "00007ffe\n");
    let said = bench.fails("import hex chip --rows 8 --out x.sfp");
    assert!(said.contains("--digits 8 if each is a word of 16 bits with zeros above"), "{said}");
    let said = bench.ok("import hex chip --rows 8 --digits 8 --out x.sfp");
    assert!(said.contains("read as one word of 8 hex digits a token") && said.contains("1x8x16"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("chip-0.60.hex") && line.contains(" 2 ")), "{said}");
    // So many digits are as many bytes, of which the first is the highest.
    let said = bench.ok("import hex chip --rows 8 --digits 8 --byte-order big --out x.sfp");
    assert!(said.lines().any(|line| line.starts_with("chip-0.60.hex") && line.contains(" 2 ")), "{said}");
    assert!(
        bench
            .fails("import hex chip --rows 8 --digits 5 --byte-order big --out x.sfp")
            .contains("two digits for each byte")
    );
}

#[test]
fn counts_are_divided_by_the_number_of_reads() {
    let bench = Bench::new();
    bench.write("c_8x8.csv", "row;col;p_flip\n1;2;7\n3;4;20\n");
    let said = bench.fails("import flips 0.8=c_8x8.csv --out c.sfp");
    assert!(said.contains("line 2: found p_flip `7`") && said.contains("--reads"), "{said}");
    bench.ok("import flips 0.8=c_8x8.csv --reads 20 --direction reads-one --out c.sfp");
    let csv = bench.ok("export --chip c.sfp");
    assert!(csv.contains("0.8,0,1,2,0.35,0\n0.8,0,3,4,1,0\n") && csv.contains("counts of 20 reads"), "{csv}");
}

#[test]
fn inputs_may_be_pipes() {
    let bench = Bench::new();
    bench.write(
        "c.csv",
        "# geometry: 1x4x4\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.6,0,0,0,0.5,0\n",
    );
    bench.write("m_8x8.csv", "row,col,p_flip\n1,2,0.5\n");
    for (content, command) in [
        ("c.csv", "import csv pipe --out c.sfp"),
        ("m_8x8.csv", "import flips 0.8=pipe --geometry 1x8x8 --out m.sfp"),
        ("c.sfp", "profile --chip pipe --voltage 0.6"),
    ] {
        let pipe = bench.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let content = bench.read(content);
        let writer = std::thread::spawn(move || std::fs::write(pipe, content));
        bench.ok(command);
        writer.join().unwrap().unwrap();
        std::fs::remove_file(bench.path("pipe")).unwrap();
    }
}

#[test]
fn texts_that_would_be_read_in_part_are_refused() {
    let bench = Bench::new();
    let csv = "# unit: V\n# geometry: 1x64x64\nvoltage,bank,row,column,p_0to1,p_1to0\n0.8,0,0,1,1,0\n";
    bench.write("good.csv", csv);
    bench.ok("import csv good.csv --out good.sfp");
    // What a column says that has no place would be lost.
    bench.write("more.csv", csv.replace("p_1to0", "p_1to0,note").replace("1,1,0\n", "1,1,0,hot\n"));
    let said = bench.fails("import csv more.csv --out more.sfp");
    assert!(said.contains("`note`") && said.contains("more.csv, line 3"), "{said}");
    // Columns without a name say nothing: what a spreadsheet leaves, the index of a data frame.
    bench.write("empty.csv", csv.replace("p_1to0", "p_1to0,,").replace("1,1,0\n", "1,1,0,,\n"));
    bench.ok("import csv empty.csv --out empty.sfp");
    bench.write("index.csv", csv.replace("voltage,", ",voltage,").replace("0.8,", "0,0.8,"));
    bench.ok("import csv index.csv --out index.sfp");
    bench.write("map.csv", "row,col,p_flip,seen\n1,2,0.5,3\n");
    let said = bench.fails("import flips --geometry 1x64x64 0.8=map.csv --out map.sfp");
    assert!(said.contains("`seen`"), "{said}");
    bench.write("mac.csv", csv.replace('\n', "\r"));
    let said = bench.fails("import csv mac.csv --out mac.sfp");
    assert!(said.contains("old Macs"), "{said}");
    // It has no end.
    #[cfg(unix)]
    {
        let said = bench.fails("import csv /dev/zero --out zero.sfp");
        assert!(said.contains("found a byte of 0, expected text"), "{said}");
    }
}

/// An array file of bytes.
fn npy(shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}

#[test]
fn arrays_matrices_and_lists_are_maps_of_cells() {
    let bench = Bench::new();
    let faults = |chip: &str| {
        let csv = bench.ok(&format!("export --chip {chip}"));
        csv.lines()
            .skip_while(|line| !line.starts_with("voltage,"))
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut reads = vec![0; 4 * 64];
    [9, 64 + 9, 3 * 64 + 40].into_iter().for_each(|at: usize| reads[at] = 1);
    bench.write("reads.npy", npy(&[4, 8, 8], &reads));
    bench.write("cells.txt", "0x9\n40\n41\n");
    let said = bench.fails("import flips 0.6=reads.npy --out x.sfp");
    assert!(
        said.contains("4 banks or 4 reads of 8 x 8 cells") && said.contains("--axes reads,rows,columns"),
        "{said}"
    );
    let options = "--axes reads,rows,columns --unit V --direction reads-zero --out chip.sfp";
    let said = bench.ok(&format!("import flips 0.6=reads.npy 0.55=cells.txt {options}"));
    for part in [
        "reads.npy: read as an array (npy) of u1 by reads,rows,columns: which cells fail in each read",
        "cells.txt: read as a list of cell numbers, from 0 by bank, row and column, the column fastest",
        "flip probabilities are counts of 4 reads; 1 of 4 means",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(
        faults("chip.sfp"),
        ["0.6,0,1,1,0,0.5", "0.6,0,5,0,0,0.25", "0.55,0,1,1,0,1", "0.55,0,5,0,0,1", "0.55,0,5,1,0,1"]
    );
    let provenance = bench.json("profile --chip chip.sfp --voltage 0.6")["chip"]["provenance"].to_string();
    assert!(
        provenance.contains("by reads,rows,columns") && provenance.contains("counts of 4 reads"),
        "{provenance}"
    );
}

#[test]
fn the_command_that_is_shown_for_a_matrix_reads_it() {
    let bench = Bench::new();
    let matrix =
        std::fs::read_to_string(crate::root().join("tests/cases/tester-logs/matrix_64x128.csv")).unwrap();
    bench.write("matrix_64x128.csv", &matrix);
    for command in ["import csv matrix_64x128.csv --out x.sfp", "import log matrix_64x128.csv --out x.sfp"] {
        let said = bench.fails(command);
        let shown = said.split("sram-sim ").nth(1).unwrap().trim();
        assert_eq!(shown, "import flips VOLTAGE=matrix_64x128.csv --out chip.sfp");
        bench.ok(&shown.replace("VOLTAGE", "0.8"));
        let ones = matrix.matches('1').count();
        let report = bench.json("profile --chip chip.sfp --voltage 0.8");
        assert_eq!(report["answers"][0]["faulty_cells"].as_u64(), Some(ones as u64), "{report}");
    }
}
