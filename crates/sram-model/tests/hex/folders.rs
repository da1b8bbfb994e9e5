//! The dumps of a folder: their voltages, several reads of one, and what does not belong to them.

use std::path::Path;

use sram_model::import::hex::{HexOptions, import_hex};
use sram_model::{Between, Profile};

use crate::{import_files, lines, options, words};

#[test]
fn reads_of_one_voltage_give_flip_probabilities() {
    let dump = |words: &[u128]| lines(words, 4, 1, |_| String::new()).into_bytes();
    let read = |bits: &[u128]| {
        let mut words = words();
        bits.iter().for_each(|bit| words[0] &= !(1 << bit));
        dump(&words)
    };
    let reads = [read(&[0, 1]), read(&[0]), read(&[0, 2]), read(&[])];
    let mut files: Vec<(String, &[u8])> =
        (1..).zip(&reads).map(|(run, bytes)| (format!("chip_run{run}_0.60V.txt"), &bytes[..])).collect();
    let clean = dump(&[0xffff; 16]);
    files.push(("chip_0.65V.txt".to_owned(), &clean));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let (draft, report) = import_files(&files, &options(16)).unwrap();
    assert_eq!(
        report.series.iter().map(|series| format!("{} {}", series.voltage, series.reads)).collect::<Vec<_>>(),
        ["0.6 4"]
    );
    assert!(
        draft.provenance.notes.iter().any(|note| note.contains("0.6 V was read 4 times")),
        "{:?}",
        draft.provenance.notes
    );
    assert_eq!(draft.vmin.map(|vmin| vmin.to_string()).as_deref(), Some("0.65"));
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    let map = profile.at("0.6 V".parse().unwrap(), Between::NextLower).unwrap();
    let flips: Vec<(u64, f32)> = map.faults().iter().map(|fault| (fault.cell, fault.flip.p10())).collect();
    assert_eq!(flips, [(0, 0.75), (1, 0.25), (2, 0.25), (87, 1.0), (88, 1.0)]);
}

#[test]
fn files_that_cannot_belong_together_are_refused() {
    let clean = lines(&[0xffff; 8], 4, 1, |_| String::new());
    let moved = lines(&[0xffff; 8], 4, 1, |at| format!("{:x}: ", 0x10 + at));
    let at_zero = lines(&[0xffff; 8], 4, 1, |at| format!("{at:x}: "));
    for (files, parts) in [
        (
            [("board1_0.6V.txt", &clean), ("board2_0.6V.txt", &clean)],
            ["the voltage 0.6 V of board1_0.6V.txt again", "run1"],
        ),
        ([("x_0.6V_25C.txt", &clean), ("x_0.5V_85C.txt", &clean)], ["25 °C and others", "one temperature"]),
        (
            [("x_0.6V.txt", &clean), ("vdd0.5V_io1.8V.txt", &clean)],
            ["0.5 V and 1.8 V in the name", "--voltage FILE"],
        ),
        ([("x_0.6V.txt", &clean), ("x_0.5V.log", &clean)], ["x_0.5V.log", "the extension .bin"]),
        ([("x_0.6V.txt", &clean), ("x_500.txt", &clean)], ["no voltage in the name `x_500`", "530mV"]),
        (
            [("x_0.6V.txt", &at_zero), ("x_0.5V.txt", &moved)],
            ["addresses from 0x10 on", "from 0x0 on as in x_0.6V.txt"],
        ),
    ] {
        let files = files.map(|(name, text)| (name, text.as_bytes()));
        let said = import_files(&files, &options(16)).unwrap_err().to_string();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn a_voltage_that_is_told_goes_before_the_name() {
    let clean = lines(&[0xffff; 8], 4, 1, |_| String::new());
    let files =
        [("x_500.txt", clean.as_bytes()), ("y_0.7V.log", clean.as_bytes()), ("notes.md", b"".as_slice())];
    let told = |name: &str, voltage: &str| (name.to_owned(), voltage.parse().unwrap());
    let voltages = vec![told("x_500.txt", "0.5"), told("y_0.7V.log", "0.6")];
    let (_, report) = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap();
    let found: Vec<String> =
        report.dumps.iter().map(|dump| format!("{} {}", dump.file, dump.voltage)).collect();
    assert_eq!(found, ["y_0.7V.log 0.6", "x_500.txt 0.5"]);
    assert_eq!(report.ignored.iter().map(|ignored| ignored.file.as_str()).collect::<Vec<_>>(), ["notes.md"]);
    let voltages = vec![told("z.txt", "0.5")];
    let said = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap_err().to_string();
    assert!(
        said.contains("`z.txt`, which is not there") || said.contains("no voltage in the name"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_among_dumps_are_refused_and_others_are_named() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("x_0.6V.txt"), lines(&[0xffff; 8], 4, 1, |_| String::new())).unwrap();
    std::fs::create_dir(at("old")).unwrap();
    symlink("nowhere", at("README")).unwrap();
    let ignored = |options: &HexOptions| -> Result<Vec<String>, String> {
        let (_, report) = import_hex(folder.path(), options).map_err(|error| error.to_string())?;
        Ok(report
            .ignored
            .into_iter()
            .map(|ignored| format!("{}: {}", ignored.file, ignored.reason))
            .collect())
    };
    assert_eq!(ignored(&options(16)).unwrap(), ["README: a link that leads nowhere", "old: a folder"]);
    symlink(Path::new("nowhere"), at("x_0.5V.txt")).unwrap();
    assert!(ignored(&options(16)).unwrap_err().contains("x_0.5V.txt: found a link that leads nowhere"));
    std::fs::remove_file(at("x_0.5V.txt")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("x_0.5V.txt")).status().unwrap().success());
    assert!(ignored(&options(16)).unwrap_err().contains("x_0.5V.txt: found a pipe or a device"));
}
