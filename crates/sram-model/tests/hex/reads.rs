//! Several reads of a voltage, and a manifest of them.

use sram_model::import::hex::{HexOptions, HexReport, Pattern, Written, import_hex};
use sram_model::{Between, FaultMap, Model, Profile, ProfileDraft, Synthesiser, VoltageUnit, fit};

use crate::{import_files, lines, options};

fn mixed(number: u64) -> u64 {
    let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33
}

/// One read of words of 64 bits that were written with ones or zeros.
fn read(map: &FaultMap, written: bool, seed: u64) -> String {
    let clean = if written { u64::MAX } else { 0 };
    let mut words = vec![u128::from(clean); (map.geometry().cells() / 64) as usize];
    for fault in map.faults() {
        let p = if written { fault.flip.p10() } else { fault.flip.p01() };
        let drawn = mixed(mixed(fault.cell) + seed) as f64 / f64::from(1u32 << 31);
        if drawn < f64::from(p) {
            words[(fault.cell / 64) as usize] ^= 1 << (fault.cell % 64);
        }
    }
    lines(&words, 16, 4, |_| String::new())
}

#[test]
fn a_fit_of_repeated_reads_finds_the_read_noise_that_they_were_drawn_with() {
    let mut truth = Model::parse(include_str!("../../../../profiles/B.toml")).unwrap();
    (truth.unit, truth.read_noise) = (VoltageUnit::Volt, 0.006);
    let chip = Synthesiser::new(&truth).chip("16x256x64".parse().unwrap(), 1, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (number, voltage) in ["0.83", "0.825", "0.82", "0.815", "0.81"].into_iter().enumerate() {
        let map = chip.at(format!("{voltage} V").parse().unwrap()).unwrap().unwrap();
        for (run, (name, written)) in
            (0..5u64).flat_map(|run| [("ones", true), ("zeros", false)].map(|of| (run, of)))
        {
            let text = read(&map, written, 1000 * number as u64 + 10 * run + u64::from(written));
            std::fs::write(folder.path().join(format!("{name}_run{run}_{voltage}V.txt")), text).unwrap();
        }
    }
    let of = vec![("ones*".to_owned(), Pattern::Ones), ("zeros*".to_owned(), Pattern::Zeros)];
    let told = HexOptions { rows: 256, written: Written { of, rest: None }, ..options(64) };
    let (draft, report) = import_hex(folder.path(), &HexOptions { anyway: false, ..told }).unwrap();
    assert!(report.series.len() == 10 && report.series.iter().all(|series| !series.alike.first_differs()));
    let found = fit(&Profile::from_bytes(draft.encode().unwrap(), "read").unwrap()).unwrap();
    assert_eq!(found.reads, Some([5, 5]));
    let notes = found.fit.unwrap().found;
    let note = notes.iter().find(|note| note.starts_with("read_noise")).unwrap();
    let error: f64 =
        note.split("standard error ").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(
        (found.read_noise - truth.read_noise).abs() < 3.0 * error && error < 0.0005,
        "{} in {note}",
        found.read_noise
    );
}

/// A dump of eight words of which the first is this.
fn dump(word: u128) -> String {
    lines(&[vec![word], vec![0xffff; 7]].concat(), 4, 1, |_| String::new())
}

fn flips(draft: &ProfileDraft, voltage: &str) -> Vec<(u64, f32)> {
    let profile = Profile::from_bytes(draft.clone().encode().unwrap(), "test").unwrap();
    let map = profile.at(format!("{voltage} V").parse().unwrap(), Between::NextLower).unwrap();
    map.faults().iter().map(|fault| (fault.cell, fault.flip.p10())).collect()
}

#[test]
fn the_first_read_of_each_voltage_is_left_out_if_it_is_asked_for() {
    let texts = [dump(0xfffe), dump(0xfffd), dump(0xffff), dump(0xfffc), dump(0xfff8)];
    let names =
        ["c_run10_0.6V.txt", "c_run9_0.6V.txt", "c_run11_0.6V.txt", "c_run1_0.5V.txt", "c_run2_0.5V.txt"];
    let files: Vec<(&str, &[u8])> = names.into_iter().zip(texts.iter().map(String::as_bytes)).collect();
    let drop = HexOptions { drop_first: true, ..options(16) };
    let (draft, report) = import_files(&files, &drop).unwrap();
    // Number 9 is the first.
    assert_eq!(flips(&draft, "0.6"), [(0, 0.5)]);
    assert_eq!(flips(&draft, "0.5"), [(0, 1.0), (1, 1.0), (2, 1.0)]);
    let ignored: Vec<&str> = report.ignored.iter().map(|ignored| ignored.file.as_str()).collect();
    assert_eq!(ignored, ["c_run9_0.6V.txt", "c_run1_0.5V.txt"]);
    let notes = draft.provenance.notes.join("\n");
    assert!(
        notes.contains(
            "the first read of each voltage and pattern is left out: c_run9_0.6V.txt, c_run1_0.5V.txt"
        ),
        "{notes}"
    );
    assert!(!draft.provenance.inputs.iter().any(|input| input.name == "c_run9_0.6V.txt"));
    let said = import_files(&files[..4], &drop).unwrap_err().to_string();
    assert!(said.contains("found one read at 0.5 V") && said.contains("--drop-first"), "{said}");
}

#[test]
fn a_first_read_that_fails_more_than_the_others_is_noted() {
    let map = |fails: u64| {
        let word = |word: u64| {
            (0..16).fold(0xffffu128, |all, bit| {
                if mixed(word * 16 + bit) % 100 < fails { all & !(1 << bit) } else { all }
            })
        };
        lines(&(0..256).map(word).collect::<Vec<_>>(), 4, 8, |_| String::new())
    };
    let texts = [map(9), map(5), map(5), map(5)];
    let names = [1, 2, 3, 4].map(|run| format!("c_run{run}_0.6V.txt"));
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let (draft, report) = import_files(&files, &options(16)).unwrap();
    assert!(report.series[0].alike.first_differs());
    let notes = draft.provenance.notes.join("\n");
    assert!(
        notes.contains("the reads are not alike") && notes.contains("fail in c_run1_0.6V.txt"),
        "{notes}"
    );
    let (_, report) = import_files(&files, &HexOptions { drop_first: true, ..options(16) }).unwrap();
    assert_eq!(report.series[0].alike.unsteady_cells, 0);
}

/// Imports dumps with a manifest beside them.
fn by_manifest(manifest: &str, files: &[(&str, u128)]) -> Result<(ProfileDraft, HexReport), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reads.csv");
    std::fs::write(&path, manifest).unwrap();
    for (name, word) in files {
        std::fs::write(folder.path().join(name), dump(*word)).unwrap();
    }
    let told = HexOptions { manifest: Some(path), ..options(16) };
    import_hex(folder.path(), &told).map_err(|error| error.to_string())
}

#[test]
fn a_manifest_takes_the_place_of_names() {
    let files = [("a.txt", 0xfffe), ("0.9V.log", 0xfffd), ("c.hex", 0x0003)];
    let manifest = "file;voltage;temperature;run;written\na.txt;0,6;25;2;ones\n0.9V.log;0,6;25;1;ones\nc.hex;0,6;25;1;x.txt\n";
    let (draft, report) = by_manifest(manifest, &[&files[..], &[("x.txt", 0x0001)]].concat()).unwrap();
    let dumps: Vec<&str> = report.dumps.iter().map(|dump| dump.file.as_str()).collect();
    assert_eq!(dumps, ["0.9V.log", "a.txt", "c.hex"], "by pattern and run");
    assert_eq!(flips(&draft, "0.6"), [(0, 1.0 / 3.0), (1, 0.5)]);
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("all dumps are of 25 °C (reads.csv)"), "{notes}");
    let inputs: Vec<&str> = draft.provenance.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(inputs, ["0.9V.log", "a.txt", "c.hex", "x.txt", "reads.csv"]);
}

#[test]
fn a_manifest_that_does_not_fit_the_folder_is_refused() {
    let two = [("a.txt", 0xffff), ("b.txt", 0xfffe)];
    for (manifest, parts) in [
        ("file,voltage\na.txt,0.6\n", ["found no line for b.txt", "all dumps of the folder"]),
        (
            "file,voltage\na.txt,0.6\nb.txt,0.5\nc.txt,0.4\n",
            ["line 4: found file `c.txt`", "the name of a file in"],
        ),
        (
            "file,voltage\na.txt,0.6\n../b.txt,0.5\n",
            ["line 3: found file `../b.txt`", "the name of a file in"],
        ),
        (
            "file,voltage\na.txt,0.6\na.txt,0.5\n",
            ["line 3: found a.txt again, as in line 2", "each file once"],
        ),
        (
            "file,voltage\na.txt,0.6\nb.txt,0.6\n",
            ["line 3: found a dump of 0.6 V after the same pattern, as in line 2", "column run"],
        ),
        ("file,voltage,run\na.txt,0.6,1\nb.txt,0.6,1\n", ["line 3: found a dump of 0.6 V", "column run"]),
        (
            "file,voltage,temperature\na.txt,0.6,25\nb.txt,0.5,85\n",
            ["line 3: found 85 °C, and 25 °C in line 2", "one temperature"],
        ),
        ("file,voltage,temperature\na.txt,0.6,25\nb.txt,0.5,\n", ["line 3: found temperature ``", "°C"]),
        ("file,voltage\na.txt,600\nb.txt,0.5\n", ["line 2: found voltage `600`", "in V: 600 mV are 0.6"]),
        (
            "file,voltage,written\na.txt,0.6,ones\nb.txt,0.5,oness\n",
            ["line 3: found written `oness`", "ones, zeros, checker"],
        ),
        (
            "file,voltage,speed\na.txt,0.6,1\nb.txt,0.5,1\n",
            ["line 1: found the columns file,voltage,speed", "no others"],
        ),
        ("file\na.txt\n", ["line 1: found the columns file", "file,voltage"]),
        ("file,voltage\n", ["found no dump", "a line for each dump"]),
    ] {
        let said = by_manifest(manifest, &two).map(|_| ()).unwrap_err();
        assert!(parts.iter().all(|part| said.contains(part)), "{manifest}{said}");
    }
}
