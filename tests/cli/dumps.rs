//! `import hex`: patterns that were written, kinds of dumps, and repeated reads.

use crate::Bench;

/// Eight words of 16 bits of which the one of this number is another.
fn dump(clean: impl Fn(usize) -> u16, at: usize, word: u16) -> String {
    (0..8).map(|number| format!("{:04x}\n", if number == at { word } else { clean(number) })).collect()
}

/// The faults of a profile as `export` writes them.
fn rows(bench: &Bench, chip: &str) -> Vec<String> {
    let csv = bench.ok(&format!("export --chip {chip}"));
    csv.lines().skip_while(|line| !line.starts_with("voltage,")).skip(1).map(str::to_owned).collect()
}

#[test]
fn patterns_are_told_for_all_files_or_by_their_names() {
    let bench = Bench::new();
    let checker = |word: usize| if word.is_multiple_of(2) { 0x5555 } else { 0xaaaa };
    bench.write("one/c-0.60V.txt", dump(checker, 3, 0xaaa8));
    let said = bench.ok("import hex one --rows 8 --written checker --out chip.sfp");
    assert!(
        said.contains("written with checker, so of 128 cells 64 could not be seen to fail from 1 to 0"),
        "{said}"
    );
    assert_eq!(rows(&bench, "chip.sfp"), ["0.6,0,3,1,0,1"]);

    bench.write("two/ones_0.60V.txt", dump(|_| 0xffff, 3, 0xfffd));
    bench.write("two/zeros_0.60V.txt", dump(|_| 0, 3, 0x0102));
    let said = bench.ok("import hex two --rows 8 --written ones_*=ones --written zeros --out chip.sfp");
    for part in [
        "written  faulty bits",
        "ones_0.60V.txt",
        "written with ones and zeros, so both directions of all cells",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(rows(&bench, "chip.sfp"), ["0.6,0,3,1,1,1", "0.6,0,3,8,1,0"]);
    assert!(
        bench
            .fails("import hex two --rows 8 --written ones --written zeros --out x.sfp")
            .contains("--written twice")
    );
    assert!(bench.misused("import hex two --written =ones --out x.sfp").contains("NAME=PATTERN"));

    // What was written is a dump, which may lie beside the others.
    bench.write("any/written.txt", dump(|word| 0x1234 << (word % 4), 9, 0));
    bench.write("any/c-0.60V.txt", dump(|word| 0x1234 << (word % 4), 5, 0x2468 ^ 0x8008));
    let said = bench.ok("import hex any --rows 8 --written any/written.txt --out chip.sfp");
    assert!(said.contains("not read: written.txt (what was written)"), "{said}");
    assert_eq!(rows(&bench, "chip.sfp"), ["0.6,0,5,3,0,1", "0.6,0,5,15,1,0"]);
    let said = bench.fails("import hex any --rows 8 --written oens --out x.sfp");
    assert!(said.contains("oens: found no file") && said.contains("ones, zeros, checker"), "{said}");
}

#[test]
fn records_raw_bytes_and_binary_digits_are_imported_and_named() {
    let bench = Bench::new();
    let words = [0xffffu16, 0xffff, 0xfffe, 0xffff, 0xffff, 0xffff, 0x7fff, 0xffff];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let sum = bytes.iter().fold(16u8, |sum, byte| sum.wrapping_add(*byte));
    bench.write("intel/c-0.60V.hex", format!(":10000000{digits}{:02X}\n:00000001FF\n", sum.wrapping_neg()));
    let sum = bytes.iter().fold(19u8, |sum, byte| sum.wrapping_add(*byte));
    bench.write("motorola/c-0.60V.dat", format!("S1130000{digits}{:02X}\nS9030000FC\n", !sum));
    bench.write("raw/c-0.60V.bin", &bytes);
    bench.write("binary/c-0.60V.mem", words.map(|word| format!("{word:016b}\n")).concat());
    for (folder, options, reading) in [
        (
            "intel",
            "--byte-order little",
            "read as Intel HEX, words of 2 bytes, least significant first, from 0x0 on",
        ),
        (
            "motorola",
            "--byte-order little",
            "read as S-records, words of 2 bytes, least significant first, from 0x0 on",
        ),
        ("raw", "--raw --byte-order little", "read as raw bytes, words of 2 bytes, least significant first"),
        ("binary", "--radix 2", "read as one word of 16 binary digits a token"),
    ] {
        let said = bench.ok(&format!("import hex {folder} --rows 8 {options} --out chip.sfp"));
        assert!(said.contains(reading), "{said}");
        assert_eq!(rows(&bench, "chip.sfp"), ["0.6,0,2,0,0,1", "0.6,0,6,15,0,1"], "{folder}");
    }
    assert!(bench.fails("import hex raw --rows 8 --out x.sfp").contains("--raw"));
    assert!(bench.fails("import hex intel --rows 8 --out x.sfp").contains("--byte-order big"));
    assert!(bench.fails("import hex binary --rows 8 --out x.sfp").contains("--radix 2"));
}

#[test]
fn reads_are_compared_the_first_is_dropped_and_a_manifest_names_them() {
    let bench = Bench::new();
    // Of 256 words each has a cell that always fails in the first read, and in half of the others.
    let dump = |run: usize| -> String {
        let fails = |word: usize| run == 1 || word >> run & 1 == 0;
        (0..256)
            .map(|word| format!("{:04x}\n", if fails(word) { 0xffff ^ 1 << (word * 7 % 16) } else { 0xffff }))
            .collect()
    };
    for run in 1..=4 {
        bench.write(&format!("reads/{run}.txt"), dump(run));
    }
    let rows: String = (1..=4).map(|run| format!("{run}.txt,0.6,25,{run}\n")).collect();
    bench.write("reads.csv", format!("file,voltage,temperature,run\n{rows}"));
    let import = |options: &str| {
        bench.ok(&format!("import hex reads --rows 256 --manifest reads.csv {options} --out chip.sfp"))
    };
    let said = import("");
    for part in [
        "4 reads at 0.6 V: flip probabilities are shares of them",
        "the reads are not alike: of 224 cells that fail in some of them 224 fail in 1.txt, 128 would",
        "; --drop-first leaves the first read out",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = import("--drop-first");
    assert!(said.contains("not read: 1.txt (the first read)") && said.contains("3 reads at 0.6 V"), "{said}");
    let provenance = bench.json("profile --chip chip.sfp --voltage 0.6")["chip"]["provenance"].to_string();
    for part in [
        "the first read of each voltage and pattern is left out: 1.txt",
        "all dumps are of 25 °C",
        "reads.csv",
    ] {
        assert!(provenance.contains(part), "{part}: {provenance}");
    }
    assert!(
        bench
            .misused("import hex reads --manifest reads.csv --voltage 1.txt=0.6 --out x.sfp")
            .contains("cannot be used with")
    );
}

/// A power-up of one of two memories, of which every eighth cell is noisy.
fn state(chip: u64, run: u64) -> Vec<u8> {
    let mixed = |number: u64| {
        let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33
    };
    let one = |cell: u64| {
        let noise = if cell.is_multiple_of(8) { run } else { 0 };
        mixed(cell + 100_000 * chip + 1_000_000 * noise) % 2 == 1
    };
    let byte = |byte: u64| (0..8).filter(|bit| one(byte * 8 + bit)).fold(0u8, |all, bit| all | 1 << bit);
    (0..512).map(byte).collect()
}

#[test]
fn power_up_states_are_imported_and_compared_with_those_of_another_chip() {
    let bench = Bench::new();
    for (name, chip) in [("one", 1), ("other", 2)] {
        for run in 1..=6 {
            bench.write(&format!("{name}/puf_run{run}_1.2V_25C.bin"), state(chip, run));
        }
        let options = "--raw --word-bits 8 --rows 512";
        let said = bench.ok(&format!("import powerup {name} {options} --out {name}.sfp"));
        for part in [
            "stable %",
            "distance %",
            "min-entropy",
            "read as raw bytes, words of one byte",
            "1x512x8, 4,096 cells",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let report = bench.json("stats --chip one.sfp --voltage 1.2");
    let at = &report["voltages"][0];
    assert_eq!(report["power_up"].as_bool(), Some(true));
    assert!((at["fault_rate"].as_f64().unwrap() - 1.0).abs() < 1e-6, "every cell is a fault: {at}");
    assert!((at["faulty_share"].as_f64().unwrap() - 0.5).abs() < 0.1, "ones: {}", at["faulty_share"]);
    for arguments in ["--voltage 1.2", ""] {
        let said = bench.ok(&format!("stats --chip one.sfp {arguments}"));
        assert!(said.contains("faulty cells are here those that come up as 1 in most reads"), "{said}");
        assert!(!said.contains("cells that ever flip"), "{said}");
    }
    let said = bench.ok("stats --chip one.sfp --against other.sfp");
    assert!(
        said.contains("of 4,096 cells have another likely state, a fractional Hamming distance of"),
        "{said}"
    );
    let distance = |other: &str| {
        let report = bench.json(&format!("stats --chip one.sfp --against {other}"));
        report["voltages"][0]["distance"]["count"].as_u64().unwrap()
    };
    assert_eq!(distance("one.sfp"), 0);
    assert!((1700..2400).contains(&distance("other.sfp")), "{}", distance("other.sfp"));
    bench.write("faults/c-1.2V.bin", [0xff; 512]);
    bench.ok("import hex faults --raw --word-bits 8 --rows 512 --out faults.sfp");
    let said = bench.fails("stats --chip one.sfp --against faults.sfp");
    assert!(said.contains("one of the chips is of power-up states"), "{said}");
    bench.ok("profile --chip one.sfp --voltage 1.2");
    let said = bench.fails("fit --profile one.sfp --out model.toml");
    assert!(said.contains("holds power-up states, which are no faults"), "{said}");
    let said = bench.fails("import powerup faults --raw --word-bits 8 --rows 512 --drop-first --out x.sfp");
    assert!(said.contains("found one read at 1.2 V, expected several reads"), "{said}");
    bench.misused("import powerup one --written ones --out x.sfp");
}
