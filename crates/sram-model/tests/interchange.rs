//! The CSV interchange: what is exported comes back, and what others write is understood or refused.

use std::path::Path;

use flip_core::FaultKind;
use proptest::prelude::*;
use sram_model::import::ImportError;
use sram_model::interchange::{export_csv, export_map_csv, import_csv};
use sram_model::{
    Between, CellFault, Content, CriticalCell, FlipProbability, Floorplan, Geometry, Profile, ProfileDraft,
    Provenance, STORED, Voltage, VoltageUnit,
};

fn through_csv(bytes: Vec<u8>) -> Vec<u8> {
    let mut csv = Vec::new();
    export_csv(&Profile::from_bytes(bytes, "test").unwrap(), &mut csv).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    std::fs::write(&path, csv).unwrap();
    import_csv(&path).unwrap().encode().unwrap()
}

#[test]
fn stored_chips_come_back_bit_for_bit() {
    for stored in STORED {
        assert!(through_csv(stored.bytes.to_vec()) == stored.bytes, "{}", stored.name);
    }
}

proptest! {
    #[test]
    fn measured_profiles_come_back_bit_for_bit(
        name in "\\PC{0,12}",
        levels in prop::collection::btree_map(1u32..4_000_000, prop::collection::btree_map(0u64..64, (0f32..=1.0, 0f32..=1.0), 0..9), 1..5),
    ) {
        let flip = |(p01, p10)| FlipProbability::new(p01, p10).unwrap();
        let content = levels.into_iter().rev().map(|(micro, faults)| {
            let faults = faults.into_iter().map(|(cell, p)| CellFault { cell, flip: flip(p) }).collect();
            (Voltage::from_micro(micro).unwrap(), faults)
        });
        let bytes = ProfileDraft {
            measured: None,
            name,
            unit: VoltageUnit::Volt,
            geometry: Geometry::new(2, 8, 4).unwrap(),
            floorplan: Some(Floorplan::new(vec![(3, 7), (0, 0)]).unwrap()),
            vmin: None,
            content: Content::Measured(content.collect()),
            provenance: Provenance { notes: vec!["two\nlines, \"quoted\"".to_owned()], ..Provenance::new("a test") },
        }.encode().unwrap();
        prop_assert_eq!(through_csv(bytes.clone()), bytes);
    }
}

proptest! {
    #[test]
    fn critical_profiles_come_back_bit_for_bit(
        read_noise in 1e-6f64..0.1, flip_floor in 0f64..0.5,
        cells in prop::collection::btree_map(0u64..64, (1u32..4_000_000, 0usize..3), 0..20),
    ) {
        let cell = |(cell, (critical, kind)): (u64, (u32, usize))| CriticalCell {
            cell,
            critical: Voltage::from_micro(critical).unwrap(),
            kind: FaultKind::ALL[kind],
        };
        let voltages = [3.5, 1.25, 0.7].map(|v| Voltage::new(v).unwrap()).to_vec();
        let cells = cells.into_iter().map(cell).collect();
        let bytes = ProfileDraft {
            measured: None,
            name: "critical".to_owned(),
            unit: VoltageUnit::RelativeToVmin,
            geometry: Geometry::new(2, 8, 4).unwrap(),
            floorplan: None,
            vmin: None,
            content: Content::Critical { voltages, read_noise, flip_floor, cells },
            provenance: Provenance::new("a test"),
        }.encode().unwrap();
        prop_assert_eq!(through_csv(bytes.clone()), bytes);
    }
}

fn import(text: &str) -> Result<Profile, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    std::fs::write(&path, text).unwrap();
    import_csv(&path).map(|draft| Profile::from_bytes(draft.encode().unwrap(), "chip.csv").unwrap())
}

#[test]
fn a_map_exported_by_itself_is_a_profile_of_its_voltage() {
    let chip = STORED[1].open().unwrap();
    let voltage = Voltage::new(0.85).unwrap();
    let map = chip.at(voltage, Between::NextLower).unwrap();
    let mut csv = Vec::new();
    export_map_csv(&chip, &map, &mut csv).unwrap();
    let alone = import(&String::from_utf8(csv).unwrap()).unwrap();
    assert_eq!(alone.info().voltages, [voltage]);
    assert_eq!(alone.at(voltage, Between::NextLower).unwrap(), map);
}

#[test]
fn a_file_written_by_hand_needs_geometry_and_unit_only() {
    let chip = import(
        "# geometry: 2x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n0.58, 1, 3, 7, 0, 1\n0.6,0,0,0,0.5,0\n",
    );
    let chip = chip.unwrap();
    assert_eq!(chip.info().voltages.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.6", "0.58"]);
    let faults = chip.at(Voltage::new(0.58).unwrap(), Between::NextLower).unwrap().faults().to_vec();
    assert_eq!(faults.iter().map(|fault| fault.cell).collect::<Vec<_>>(), [63]);
    assert_eq!(chip.info().provenance.inputs[0].name, "chip.csv");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "# geometry: 2x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    for (text, parts) in [
        (format!("{head}0.6,2,0,0,1,0\n"), ["line 4", "bank 2 row 0 column 0"]),
        (format!("{head}0.6,0,0,0,1.5,0\n"), ["line 4", "probabilities 1.5"]),
        (format!("{head}0.6,0,0,0,1,0\n0.6,0,0\n"), ["line 5", "found 3 fields"]),
        (format!("{head}high,0,0,0,1,0\n"), ["line 4", "`high`"]),
        (head.replace("unit: V", "unit: mV") + "0.6,0,0,0,1,0\n", ["line 2", "`mV`"]),
        (head.replace("# unit: V\n", "") + "0.6,0,0,0,1,0\n", ["no line `# unit: …`", "V/Vmin"]),
        (head.replace("# geometry: 2x4x8\n", ""), ["no line `# geometry: …`", "BANKS"]),
        (head.replace("p_0to1,", ""), ["the columns", "p_0to1"]),
        ("voltage\n".to_owned(), ["geometry", "no line"]),
        (String::new(), ["geometry", "no line"]),
    ] {
        let error = import(&text).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    assert!(matches!(import_csv(Path::new("/no/such/file.csv")), Err(ImportError::Read { .. })));
}
