//! The CSV interchange: what is exported comes back, and what others write is understood or refused.

use std::path::Path;

use flip_core::FaultKind;
use proptest::prelude::*;
use sram_model::import::{ImportError, TableDoubts};
use sram_model::interchange::{CsvOptions, export_csv, export_map_csv, import_csv};
use sram_model::{
    Between, CellFault, Content, CriticalCell, CriticalContent, FlipProbability, Floorplan, Geometry,
    InputFile, Profile, ProfileDraft, Provenance, STORED, Voltage, VoltageUnit,
};

fn through_csv(bytes: Vec<u8>) -> Vec<u8> {
    let mut csv = Vec::new();
    export_csv(&Profile::from_bytes(bytes, "test").unwrap(), &mut csv).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    std::fs::write(&path, csv).unwrap();
    import_csv(&path, &CsvOptions::default()).unwrap().0.encode().unwrap()
}

#[test]
fn stored_chips_come_back_bit_for_bit() {
    for stored in STORED {
        assert!(through_csv(stored.bytes.to_vec()) == stored.bytes, "{}", stored.name);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[#:;,\\t\\r\\n\"\\\\ ]{0,9}", "\\PC{0,12}"]
}

fn any_provenance() -> impl Strategy<Value = Provenance> {
    let input = (any_text(), any_text()).prop_map(|(name, sha256)| InputFile { name, sha256 });
    let lists = (prop::collection::vec(input, 0..3), prop::collection::vec(any_text(), 0..3));
    (any_text(), any_text(), any_text(), lists).prop_map(|(source, licence, made_by, (inputs, notes))| {
        Provenance { source, licence, made_by, inputs, notes }
    })
}

fn any_voltage() -> impl Strategy<Value = Voltage> {
    (1..=Voltage::MAX.micro()).prop_map(|micro| Voltage::from_micro(micro).unwrap())
}

/// A measured profile or one of critical voltages, with anything that a profile can have.
fn any_content() -> impl Strategy<Value = Content> {
    let faults = prop::collection::btree_map(0u64..64, (0f32..=1.0, 0f32..=1.0), 0..9);
    let measured = prop::collection::btree_map(any_voltage(), faults, 1..5).prop_map(|levels| {
        let fault = |(cell, (p01, p10))| CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() };
        Content::Measured(
            levels.into_iter().rev().map(|(v, f)| (v, f.into_iter().map(fault).collect())).collect(),
        )
    });
    let voltages = prop::collection::btree_set(any_voltage(), 1..5);
    let cells = prop::collection::btree_map(0u64..64, (any_voltage(), 0usize..3), 0..20);
    let critical =
        (voltages, 0f64..0.1, 0f64..=0.5, cells).prop_map(|(voltages, read_noise, flip_floor, cells)| {
            let cell = |(cell, (critical, kind)): (u64, (Voltage, usize))| CriticalCell {
                cell,
                critical,
                kind: FaultKind::ALL[kind],
            };
            let voltages = voltages.into_iter().rev().collect();
            Content::Critical(CriticalContent {
                voltages,
                read_noise,
                flip_floor,
                cells: cells.into_iter().map(cell).collect(),
            })
        });
    prop_oneof![measured, critical]
}

fn any_profile() -> impl Strategy<Value = ProfileDraft> {
    let unit = prop_oneof![Just(VoltageUnit::Volt), Just(VoltageUnit::RelativeToVmin)];
    let measured = prop::option::of((any_voltage(), any_voltage()).prop_map(|(a, b)| (a.min(b), a.max(b))));
    let floorplan = prop::option::of(Just(Floorplan::new(vec![(3, 7), (0, u32::MAX)]).unwrap()));
    let known = (any::<bool>(), measured, floorplan);
    (any_text(), unit, known, any_content(), any_provenance()).prop_map(
        |(name, unit, (with_vmin, measured, floorplan), content, provenance)| ProfileDraft {
            name,
            unit,
            geometry: Geometry::new(2, 8, 4).unwrap(),
            floorplan,
            // Above any fault, if there is such a voltage.
            vmin: (with_vmin && unit == VoltageUnit::Volt).then_some(Voltage::MAX),
            measured,
            content,
            provenance,
        },
    )
}

proptest! {
    #[test]
    fn any_profile_comes_back_bit_for_bit(draft in any_profile()) {
        // A cell may fail at the highest voltage there is, which then cannot be Vmin.
        let bytes = match draft.clone().encode() {
            Ok(bytes) => bytes,
            Err(_) => ProfileDraft { vmin: None, ..draft }.encode().unwrap(),
        };
        prop_assert_eq!(through_csv(bytes.clone()), bytes);
    }
}

#[test]
fn a_map_is_not_exported_as_one_of_a_profile_in_another_unit() {
    let relative = STORED[0].open().unwrap().at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
    let text = "# geometry: 1x1x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.6,0,0,0,1,0\n";
    let volts = import(text).unwrap();
    let error = export_map_csv(&volts, &relative, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "found 0.8 V/Vmin, expected a voltage in V");
}

fn import(text: &str) -> Result<Profile, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    std::fs::write(&path, text).unwrap();
    import_csv(&path, &CsvOptions::default())
        .map(|(draft, _)| Profile::from_bytes(draft.encode().unwrap(), "chip.csv").unwrap())
}

#[test]
fn a_map_exported_by_itself_is_a_profile_of_its_voltage() {
    let chip = STORED[1].open().unwrap();
    let voltage = "0.85 V/Vmin".parse().unwrap();
    let map = chip.at(voltage, Between::NextLower).unwrap();
    let mut csv = Vec::new();
    export_map_csv(&chip, &map, &mut csv).unwrap();
    assert!(csv.starts_with(
        b"# what: one fault map, at 0.85 V/Vmin, of a chip that answers from 0.75 to 1 V/Vmin\n"
    ));
    let alone = import(&String::from_utf8(csv).unwrap()).unwrap();
    assert!(alone.info().voltages().eq([voltage]));
    assert_eq!(alone.at(voltage, Between::NextLower).unwrap(), map);
}

#[test]
fn a_file_written_by_hand_needs_geometry_and_unit_only() {
    let chip = import(
        "# geometry: 2x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.58, 1, 3, 7, 0, 1\n0.6,0,0,0,0.5,0\n",
    );
    let chip = chip.unwrap();
    assert!(chip.info().voltages().eq(["0.6 V", "0.58 V"].map(|text| text.parse().unwrap())));
    let faults = chip.at("0.58 V".parse().unwrap(), Between::NextLower).unwrap().faults().to_vec();
    assert_eq!(faults.iter().map(|fault| fault.cell).collect::<Vec<_>>(), [63]);
    assert_eq!(chip.info().provenance.inputs[0].name, "chip.csv");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "# geometry: 2x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    for (text, parts) in [
        (format!("{head}0.6,2,0,0,1,0\n"), ["line 4", "bank 2 row 0 column 0"]),
        (format!("{head}0.6,0,0,0,1.5,0\n"), ["line 4", "p_0to1 `1.5`"]),
        (format!("{head}0.6,0,0,0,7,0\n"), ["p_0to1 `7`", "divide counts by the number of reads"]),
        (format!("{head}580,0,0,0,1,0\n"), ["voltage `580`", "580 mV are 0.58"]),
        (format!("# unit: V\n{head}"), ["line 3: found unit again, after line 1", "each key once"]),
        (head.replace("row,", "row,row,"), ["line 3: found two columns", "one row"]),
        (format!("# measured: 0.6,0.5\n{head}0.6,0,0,0,1,0"), ["line 1", "measured `0.6,0.5`"]),
        (format!("{head}0.6,0,0,0,1,0\n0.6,0,0\n"), ["line 5", "found 3 fields"]),
        (format!("{head}high,0,0,0,1,0\n"), ["line 4", "`high`"]),
        (head.replace("unit: V", "unit: mV") + "0.6,0,0,0,1,0\n", ["line 2", "`mV`"]),
        (head.replace("# unit: V\n", "") + "0.6,0,0,0,1,0\n", ["no line `# unit: …`", "V/Vmin"]),
        (head.replace("# geometry: 2x4x8\n", ""), ["no line `# geometry: …`", "BANKS"]),
        (head.replace("p_0to1,", ""), ["the columns", "p_0to1"]),
        (
            format!("{head}# voltages: 0.6\n0.6,0,0,0,1,0\n"),
            ["line 4: found the key `voltages` after", "header in line 3"],
        ),
        (format!("{head}0.6,0,0,0,1,0\n# vmin: 0.7\n"), ["line 5: found the key `vmin` after", "line 3"]),
        (format!("# Vmin: 0.7\n{head}0.6,0,0,0,1,0\n"), ["line 1: found the key `Vmin`", "`vmin`"]),
        (format!("# voltage: 0.6\n{head}0.6,0,0,0,1,0\n"), ["line 1: found the key `voltage`", "`voltages`"]),
        (format!("# Read noise: 0.6\n{head}0.6,0,0,0,1,0\n"), ["`Read noise`", "`read_noise`"]),
        (format!("{head}0.6,0,0,0,0,0."), ["line 4", "p_1to0 `0.`"]),
        (
            format!("# provenance: {{\"source\":\"x\",\"made_by\":\"y\"}}\n{head}0.6,0,0,0,1,0"),
            ["line 5", "cut short"],
        ),
        ("voltage\n".to_owned(), ["geometry", "no line"]),
        (String::new(), ["geometry", "no line"]),
    ] {
        let error = import(&text).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    assert!(matches!(
        import_csv(Path::new("/no/such/file.csv"), &CsvOptions::default()),
        Err(ImportError::Read { .. })
    ));
}

/// A cell that fails at 0.58 V, and one that fails in half of all reads; and the same without the second.
const CELLS: &str = "0.58 1 [(275, 1.0), (291, 0.5)]";

fn cells(text: &str) -> String {
    let chip = import(text).unwrap();
    let map = chip.at("0.58 V".parse().unwrap(), Between::NextLower).unwrap();
    let faults: Vec<(u64, f32)> = map.faults().iter().map(|fault| (fault.cell, fault.flip.p10())).collect();
    format!("{} {} {faults:?}", map.voltage().voltage, chip.info().voltages().len())
}

#[test]
fn dialects_of_spreadsheets_are_understood() {
    let head = "# geometry: 1x64x16\n# unit: V\n";
    let columns = "voltage,bank,row,column,p_0to1,p_1to0";
    let plain = format!("{head}{columns}\n0.58,0,17,3,0,1\n0.58,0,18,3,0,0.5\n");
    let german = format!("{head}{}\n", columns.replace(',', ";")) + "0,58;0;17;3;0;1\n0,58;0;18;3;0;0,5\n";
    let quoted = format!("{head}{columns}\n\"0,58\",0,17,3,0,1\n\"0,58\",0,18,3,0,\"0,5\"\n");
    let saved_by_a_spreadsheet =
        german.replace("64x16\n", "64x16;;;;;\n").replace("unit: V\n", "unit: V;;;;;\n");
    for text in [
        plain.clone(),
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{}", plain.replace('\n', "\r\n")),
        plain.replace(',', "\t"),
        plain.replace(',', "|"),
        german.clone(),
        format!("sep=;\n{german}"),
        quoted,
        saved_by_a_spreadsheet,
    ] {
        assert_eq!(cells(&text), CELLS, "{text}");
    }
}

#[test]
fn the_checksum_of_an_input_is_that_of_the_file_as_it_is() {
    let text =
        "\u{feff}# geometry: 1x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.6,0,0,0,0.5,0\n";
    let chip = import(text).unwrap();
    assert_eq!(chip.info().provenance.inputs[0], InputFile::new("chip.csv", text.as_bytes()));
}

#[test]
fn counts_become_probabilities_by_the_number_of_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    let head = "# geometry: 1x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    let import = |rows: &str| {
        std::fs::write(&path, format!("{head}{rows}")).unwrap();
        import_csv(&path, &CsvOptions { reads: Some(20), anyway: false })
    };
    let Content::Measured(levels) = import("0.6,0,0,0,7,0\n0.6,0,0,1,0,20\n").unwrap().0.content else {
        panic!()
    };
    let flips: Vec<(f32, f32)> =
        levels[0].1.iter().map(|fault| (fault.flip.p01(), fault.flip.p10())).collect();
    assert_eq!(flips, [(0.35, 0.0), (0.0, 1.0)]);
    for rows in ["0.6,0,0,0,21,0\n", "0.6,0,0,0,0.5,0\n"] {
        assert!(import(rows).unwrap_err().to_string().contains("a whole number of the 20 reads"));
    }
}

#[test]
fn rows_of_cells_that_never_fail_and_a_last_line_without_an_end_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    let head = "# geometry: 1x4x8\n# unit: V\n# a note: nothing\nvoltage,bank,row,column,p_0to1,p_1to0\n# another: 1\n";
    let import = |rows: &str| {
        std::fs::write(&path, format!("{head}{rows}")).unwrap();
        import_csv(&path, &CsvOptions::default()).unwrap()
    };
    let (draft, doubts) = import("0.6,0,0,0,1,0\n");
    assert!(doubts == TableDoubts::default() && draft.provenance.notes.is_empty());
    let (draft, doubts) = import("0.6,0,0,0,1,0\n0.6,0,0,1,0,0\n0.6,0,0,2,0.0,0");
    assert_eq!(doubts, TableDoubts { never_failing: 2, open_line: Some(8) });
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("chip.csv: 2 rows are of cells that never fail"), "{notes}");
    assert!(notes.contains("chip.csv: line 8, the last, has no line end"), "{notes}");
}

#[test]
fn critical_voltages_are_no_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    let text = "# geometry: 1x4x8\n# unit: V\n# voltages: 0.6,0.5\n# read_noise: 0.01\n# flip_floor: 0.01\n\
                bank,row,column,critical_voltage,kind\n0,0,0,0.55,reads_one\n";
    std::fs::write(&path, text).unwrap();
    assert!(import_csv(&path, &CsvOptions::default()).is_ok());
    let refused = import_csv(&path, &CsvOptions { reads: Some(10), anyway: false }).unwrap_err().to_string();
    assert!(refused.contains("critical voltages") && refused.contains("--reads"), "{refused}");
}

proptest! {
    #[test]
    fn any_table_is_a_profile_or_an_error(
        text in "(# (geometry|unit|name|vmin|measured|voltages|floorplan|provenance|read_noise|flip_floor): ?|1x4x8|V/Vmin|V|[0-9.,;\\t|\"#-]|\\n|voltage,bank,row,column,p_0to1,p_1to0\\n|bank;row;column;critical_voltage;kind\\n|0\\.6,0,1,2,0,1\\n|\\PC){0,40}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chip.csv");
        std::fs::write(&path, text).unwrap();
        let draft = import_csv(&path, &CsvOptions::default());
        if let Some(bytes) = draft.ok().and_then(|(draft, _)| draft.encode().ok()) {
            // What a writer lets pass, the reader does.
            prop_assert!(Profile::from_bytes(bytes, "chip").is_ok());
        }
    }
}
