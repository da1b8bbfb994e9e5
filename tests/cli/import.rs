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
fn directions_of_undirected_maps_are_drawn_by_the_seed_and_said() {
    let bench = Bench::new();
    let cells: String = (0..64).map(|i| format!("{},{},0.5\n", i / 8, i % 8)).collect();
    bench.write("c_8x8.csv", format!("row,col,p_flip\n{cells}"));
    let import = |arguments: &str| {
        let said = bench.ok(&format!("import flips 0.8=c_8x8.csv --out c.sfp {arguments}"));
        let report = bench.json("profile --chip c.sfp --voltage 0.8");
        let rate = |key: &str| report["answers"][0][key].as_f64().unwrap();
        (said, rate("fault_rate"), rate("fault_rate_0to1"))
    };
    let (said, p, p01) = import("");
    assert!(said.contains("unknown directions are drawn") && said.contains("seed 0"), "{said}");
    assert!(p == 0.5 && (0.1..0.4).contains(&p01), "{p} {p01}");
    assert_eq!(import("").2, p01);
    assert_ne!(import("--seed 1").2, p01);
    assert_eq!(import("--direction reads-one").2, 0.5);
    assert_eq!(import("--direction inverts").1, 1.0);
}
