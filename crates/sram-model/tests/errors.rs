//! The kinds of errors, for programs that tell them apart.

use std::fmt::Write;

use sram_model::import::hex::{HexOptions, import_hex};
use sram_model::import::{Doubt, DoubtKind, ImportError, ImportErrorKind};
use sram_model::interchange::{CsvOptions, import_csv};
use sram_model::{FormatErrorKind, Profile, ProfileError, STORED};

#[test]
fn an_import_error_has_a_kind() {
    use ImportErrorKind as Kind;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    let kind_of = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        import_csv(&path, &CsvOptions::default()).unwrap_err().kind()
    };
    let head = "# geometry: 1x4x8\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n";
    for (rows, kind) in [
        ("0.6,0,0,0,2,0\n", Kind::Value),
        ("0.6,0,9,0,1,0\n", Kind::OutsideChip),
        ("0.6,0,0,0,1,0\n0.6,0,0,0,1,0\n", Kind::Twice),
        ("0.6,0,0,0,1\n", Kind::Form),
        ("# vmin: 0.8\n", Kind::Key),
        ("0.6,0,0,0,1,0\0\n", Kind::Encoding),
        ("", Kind::Incomplete),
    ] {
        assert_eq!(kind_of(format!("{head}{rows}").as_bytes()), kind, "{rows}");
    }
    let without_unit = head.replace("# unit: V\n", "") + "0.6,0,0,0,1,0\n";
    assert_eq!(kind_of(without_unit.as_bytes()), Kind::Key);
    assert_eq!(kind_of(head.replace("p_0to1", "p").as_bytes()), Kind::Columns);
    assert_eq!(kind_of(b"\xff\xfev\0o\0"), Kind::Encoding);
    let every_cell: String = (0..32).map(|cell| format!("0.6,0,{},{},1,0\n", cell / 8, cell % 8)).collect();
    assert_eq!(kind_of(format!("{head}{every_cell}").as_bytes()), Kind::Implausible);
    let missing = import_csv(&folder.path().join("none"), &CsvOptions::default()).unwrap_err();
    assert_eq!(missing.kind(), Kind::Read);
}

/// The kinds of all doubts that an import was refused for, which it prints in this order.
fn doubts<T: std::fmt::Debug>(refused: Result<T, ImportError>) -> Vec<DoubtKind> {
    let error = refused.unwrap_err();
    let ImportError::Implausible { doubts, .. } = &error else { panic!("{error}") };
    let texts: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    assert!(error.to_string().contains(&format!(": {}; with --anyway", texts.join("; "))), "{error}");
    doubts.iter().map(Doubt::kind).collect()
}

#[test]
fn a_doubt_has_a_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.csv");
    let of_table = |cells: &dyn Fn(u32, u32) -> bool| {
        let mut text = "# geometry: 1x64x16\n# unit: V\nvoltage,bank,row,column,p_0to1,p_1to0\n".to_owned();
        for (row, column) in (0..64).flat_map(|row| (0..16).map(move |column| (row, column))) {
            if cells(row, column) {
                writeln!(text, "0.6,0,{row},{column},1,0").unwrap();
            }
        }
        std::fs::write(&path, text).unwrap();
        doubts(import_csv(&path, &CsvOptions::default()))
    };
    assert_eq!(of_table(&|_, _| true), [DoubtKind::Inverted]);
    assert_eq!(of_table(&|row, _| row % 2 == 1), [DoubtKind::Pattern]);

    // Of dumps whose lines are all like this.
    let of_dumps = |words: &str| {
        let folder = tempfile::tempdir().unwrap();
        for name in ["chip-0.60V.txt", "chip-0.55V.txt"] {
            std::fs::write(folder.path().join(name), format!("{words}\n").repeat(256)).unwrap();
        }
        doubts(import_hex(folder.path(), &HexOptions { rows: 64, ..HexOptions::default() }))
    };
    assert_eq!(of_dumps("7fff ffff 7fff ffff"), [DoubtKind::StrayWords, DoubtKind::CopiedFiles]);
    assert_eq!(of_dumps("7fff 7fff 7fff 7fff"), [DoubtKind::StrayBits, DoubtKind::CopiedFiles]);
}

#[test]
fn a_format_error_has_a_kind() {
    let kind_of = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = STORED[0].bytes.to_vec();
        change(&mut bytes);
        match Profile::from_bytes(bytes, "test") {
            Err(ProfileError::Format { source, .. }) => source.kind,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind_of(&|bytes| bytes[0] = b'P'), FormatErrorKind::Magic);
    assert_eq!(kind_of(&|bytes| bytes[8] = 2), FormatErrorKind::Version);
    assert_eq!(kind_of(&|bytes| bytes.truncate(1000)), FormatErrorKind::Length);
    assert_eq!(kind_of(&|bytes| bytes.truncate(20)), FormatErrorKind::End);
    let damaged = kind_of(&|bytes| bytes[12] ^= 1);
    assert!(damaged == FormatErrorKind::HeaderChecksum && damaged.is_damage());
    assert_eq!(damaged.to_string(), "checksum of the header");
    assert_eq!(kind_of(&|bytes| bytes[32] ^= 1), FormatErrorKind::TableChecksum);
}
