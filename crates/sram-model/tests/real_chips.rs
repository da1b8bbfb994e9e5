//! Imports of real chips, where the shared data is at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use sram_model::import::flips::{FlipOptions, UnknownDirection, import_flips};
use sram_model::import::hex::{CountCells, HexOptions, import_hex};
use sram_model::{Between, Profile, ProfileDraft, Voltage, VoltageUnit, summarise};

/// A folder of the shared data, or `None` with the reason printed.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder);
    if !path.is_dir() {
        // Past the test runner, which keeps what tests print to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", path.display());
    }
    path.is_dir().then_some(path)
}

fn open(draft: ProfileDraft) -> Profile {
    Profile::from_bytes(draft.encode().unwrap(), "test").unwrap()
}

fn faulty_cells(profile: &Profile) -> Vec<usize> {
    let at = |&voltage: &Voltage| profile.at(voltage, Between::NextLower).unwrap().faults().len();
    profile.info().voltages.iter().map(at).collect()
}

#[test]
fn kc705b_has_the_published_counts_and_1137_distinct_cells() {
    let Some(folder) = shared("bram_undervolting/kc705b") else { return };
    let published = std::fs::read_to_string(folder.join("published_fault_counts.csv")).unwrap();
    let published: Vec<(Voltage, usize)> = published
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(voltage, faults)| (voltage.parse().unwrap(), faults.parse().unwrap()))
        .collect();

    let as_published = HexOptions { count: CountCells::AsPublished, ..HexOptions::default() };
    let (draft, report) = import_hex(&folder, &as_published).unwrap();
    let chip = open(draft);
    assert_eq!(chip.info().geometry.to_string(), "890x1024x16");
    assert_eq!(chip.info().voltages.iter().copied().zip(faulty_cells(&chip)).collect::<Vec<_>>(), published);
    assert!(!report.counted_once);

    let (draft, report) = import_hex(&folder, &HexOptions::default()).unwrap();
    let chip = open(draft);
    assert_eq!(chip.info().geometry.to_string(), "890x1024x8");
    assert_eq!(faulty_cells(&chip), [1, 4, 13, 31, 126, 345, 1137]);
    let duplication = report.duplication.unwrap();
    assert_eq!((duplication.word_bits, duplication.period_bits), (16, 8));
    // 248 of 252 and 682 of 690 faults persist in two steps, as published; half as many cells.
    let recovered: Vec<u64> = report.dumps.iter().map(|dump| dump.recovered_cells).collect();
    assert_eq!(recovered, [0, 0, 0, 0, 0, 2, 4]);
    assert_eq!(chip.floorplan().unwrap().sites().len(), 890);

    let lowest = summarise(&chip.at("0.53".parse().unwrap(), Between::NextLower).unwrap());
    assert_eq!(lowest.by_bank.iter().filter(|&&count| count == 0).count(), 640, "clean banks");
    assert_eq!(lowest.by_bank.iter().max(), Some(&61), "the worst bank");
    assert!((lowest.bank_dispersion.unwrap() - 17.0).abs() < 0.5, "{:?}", lowest.bank_dispersion);
    assert_eq!(lowest.rates.p01, 0.0, "only 1→0 failures can be seen");
}

fn section(files: &[(&str, f64)]) -> Option<(Profile, u64, u64)> {
    let folder = shared("stutz2021_chips")?;
    let files: Vec<(PathBuf, Voltage)> =
        files.iter().map(|(name, voltage)| (folder.join(name), Voltage::new(*voltage).unwrap())).collect();
    let options = FlipOptions {
        name: None,
        geometry: None,
        unit: VoltageUnit::RelativeToVmin,
        vmin: None,
        unknown: UnknownDirection::Drawn { seed: 1 },
    };
    let (draft, report) = import_flips(&files, &options).unwrap();
    let from_others = report.maps.iter().map(|map| map.directions_from_other_maps).sum();
    let unknown = report.maps.iter().map(|map| map.directions_unknown).sum();
    Some((open(draft), from_others, unknown))
}

#[test]
fn the_papers_sections_have_the_published_rates() {
    // Mean p in % as published; digitised cells are good to 0.4 %, and one of chip 1 is off by more.
    for (file, cells, p) in [
        ("chip1_64x128_lowV.csv", 593, 4.93),
        ("chip1_64x128_highV.csv", 185, 1.39),
        ("chip1_256x128.csv", 1134, 2.33),
        ("chip2_64x128_lowV.csv", 456, 2.85),
        ("chip2_64x128_highV.csv", 75, 0.38),
        ("chip2_256x128.csv", 1711, 2.71),
    ] {
        let Some((chip, ..)) = section(&[(file, 0.8)]) else { return };
        let map = chip.at("0.8".parse().unwrap(), Between::NextLower).unwrap();
        assert_eq!(map.faults().len(), cells, "{file}");
        assert!((map.rates().p() * 100.0 - p).abs() < 0.011, "{file}: {}", map.rates().p());
    }
}

#[test]
fn directions_known_at_one_voltage_serve_the_other() {
    let files = [("chip2_64x128_lowV_by_direction.csv", 0.8), ("chip2_64x128_highV.csv", 0.85)];
    let Some((chip, from_others, unknown)) = section(&files) else { return };
    assert_eq!((from_others, unknown), (75, 0));
    let high = chip.at("0.85".parse().unwrap(), Between::NextLower).unwrap();
    let low = chip.at("0.8".parse().unwrap(), Between::NextLower).unwrap();
    for fault in high.faults() {
        let lower = low.faults().iter().find(|lower| lower.cell == fault.cell).unwrap();
        assert_eq!(lower.flip.kind(), fault.flip.kind());
    }
    let summary = summarise(&low);
    assert!(summary.column_dispersion.unwrap() > 10.0, "chip 2 has weak columns");
    assert!(summary.rates.p01 > 5.0 * summary.rates.p10, "chip 2 fails from 0 to 1");
}
