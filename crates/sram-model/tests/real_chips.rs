//! Imports of real chips, where the shared data is at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use sram_model::import::flips::{FlipOptions, UnknownDirection, import_flips};
use sram_model::import::hex::{CountCells, Duplication, HexOptions, import_hex};
use sram_model::{
    Between, Inclusion, MapStatistics, Neighbour, Profile, ProfileDraft, Proportion, QuantifiedVoltage, Unit,
    Voltage, VoltageUnit, summarise,
};

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
    let at = |voltage| profile.at(voltage, Between::NextLower).unwrap().faults().len();
    profile.info().voltages().map(at).collect()
}

#[test]
fn kc705b_has_the_published_counts_and_1137_distinct_cells() {
    let Some(folder) = shared("bram_undervolting/kc705b") else { return };
    let published = std::fs::read_to_string(folder.join("published_fault_counts.csv")).unwrap();
    let published: Vec<(QuantifiedVoltage, usize)> = published
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(voltage, faults)| (VoltageUnit::Volt.of(voltage.parse().unwrap()), faults.parse().unwrap()))
        .collect();

    let as_published = HexOptions { count: Some(CountCells::AsPublished), ..HexOptions::default() };
    let (draft, report) = import_hex(&folder, &as_published).unwrap();
    let chip = open(draft);
    assert_eq!(chip.info().geometry.to_string(), "890x1024x16");
    assert_eq!(chip.info().voltages().zip(faulty_cells(&chip)).collect::<Vec<_>>(), published);
    assert!(!report.counted_once);

    let (draft, report) = import_hex(&folder, &HexOptions::default()).unwrap();
    let chip = open(draft);
    assert_eq!(chip.info().geometry.to_string(), "890x1024x8");
    assert_eq!(faulty_cells(&chip), [1, 4, 13, 31, 126, 345, 1137]);
    let Some(Duplication::Bits(repeats)) = report.duplication else { panic!("{:?}", report.duplication) };
    assert_eq!((repeats.word_bits, repeats.period_bits), (16, 8));
    // 248 of 252 and 682 of 690 faults persist in two steps, as published; half as many cells.
    let recovered: Vec<u64> = report.dumps.iter().map(|dump| dump.recovered_cells).collect();
    assert_eq!(recovered, [0, 0, 0, 0, 0, 2, 4]);
    assert_eq!(chip.floorplan().unwrap().sites().len(), 890);

    let lowest = summarise(&chip.at("0.53 V".parse().unwrap(), Between::NextLower).unwrap());
    assert_eq!(890 - lowest.by_bank.len(), 640, "clean banks");
    assert_eq!(lowest.by_bank.iter().map(|bank| bank.1).max(), Some(61), "the worst bank");
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
        reads: None,
        axes: None,
        array: None,
        anyway: false,
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
        let map = chip.at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
        assert_eq!(map.faults().len(), cells, "{file}");
        assert!((map.rates().p() * 100.0 - p).abs() < 0.011, "{file}: {}", map.rates().p());
    }
}

#[test]
fn directions_known_at_one_voltage_serve_the_other() {
    let files = [("chip2_64x128_lowV_by_direction.csv", 0.8), ("chip2_64x128_highV.csv", 0.85)];
    let Some((chip, from_others, unknown)) = section(&files) else { return };
    assert_eq!((from_others, unknown), (75, 0));
    let high = chip.at("0.85 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
    let low = chip.at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
    for fault in high.faults() {
        let lower = low.faults().iter().find(|lower| lower.cell == fault.cell).unwrap();
        assert_eq!(lower.flip.kind(), fault.flip.kind());
    }
    let summary = summarise(&low);
    assert!(summary.column_dispersion.unwrap() > 10.0, "chip 2 has weak columns");
    assert!(summary.rates.p01 > 5.0 * summary.rates.p10, "chip 2 fails from 0 to 1");
}

#[test]
fn kc705b_is_as_uneven_as_is_known_of_it() {
    let Some(folder) = shared("bram_undervolting/kc705b") else { return };
    let (draft, _) = import_hex(&folder, &HexOptions::default()).unwrap();
    let chip = open(draft);
    let at = |voltage: &str| chip.at(voltage.parse().unwrap(), Between::NextLower).unwrap();
    let stats = MapStatistics::of(&at("0.53 V"));
    let [banks, _, _, physical] = stats.spreads;
    assert!((16.5..17.5).contains(&banks.dispersion.unwrap()), "variance/mean 17: {banks:?}");
    assert_eq!(banks.units - banks.units_hit, 640);
    // Row bit 0 acts as a column select, and 1 % of the physical columns hold 85 % of the faults.
    assert_eq!(physical.unit, Unit::PhysicalColumn { mux: 2 });
    assert!((0.845..0.86).contains(&physical.top_1_percent.unwrap()), "{physical:?}");
    let selecting: Vec<u32> =
        stats.row_bits.iter().filter(|bit| bit.selects(stats.row_bits.len())).map(|bit| bit.bit).collect();
    // And faults of a column prefer a half of it, the upper or the lower, as row bit 9 tells.
    assert_eq!(selecting, [0, 9]);
    // 248 of 252 published faults persist, each cell counted twice.
    let inclusion = Inclusion::between(&at("0.55 V"), &at("0.54 V"));
    assert_eq!(inclusion.kept, Proportion { count: 124, trials: 126 });
}

#[test]
fn the_sections_of_the_paper_have_its_statistics() {
    // Cells that fail in most reads, in percent: P(fault | above faulty), left or right, all cells; words with two or more
    // faults of 8 and of 64 bits, found and of independent cells. As the paper's figures were read.
    let statistics = |chip: &str| {
        let (chip, _, _) = section(&[(chip, 0.8)])?;
        let map = chip.at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
        Some(MapStatistics::of(&map.flipping_from(0.5)))
    };
    let chips = (statistics("chip1_256x128.csv"), statistics("chip2_256x128.csv"));
    let (Some(one), Some(two)) = chips else { return };
    let near =
        |found: f64, expected: f64| assert!((found - expected).abs() < 0.051, "{found} for {expected}");
    let beside = |stats: &MapStatistics, place: Neighbour| {
        let found = stats.neighbours.iter().find(|found| found.neighbour == place).unwrap();
        found.faulty.share().unwrap() * 100.0
    };
    let several = |stats: &MapStatistics, width: usize| {
        let words = &stats.words[width];
        let all = words.found.iter().sum::<u64>() as f64;
        let found = (words.found[2] + words.found[3]) as f64 / all;
        [found * 100.0, (words.independent[2] + words.independent[3]) / all * 100.0]
    };
    near(one.faulty.share().unwrap() * 100.0, 2.30);
    near(beside(&one, Neighbour::Above), 2.5);
    for (found, expected) in several(&one, 0).into_iter().zip([1.56, 1.35]) {
        near(found, expected);
    }
    for (found, expected) in several(&one, 3).into_iter().zip([43.0, 43.5]) {
        near(found, expected);
    }
    assert!((36.5..37.5).contains(&beside(&two, Neighbour::Above)));
    near(beside(&two, Neighbour::Left), 3.9);
    near(beside(&two, Neighbour::Right), 3.9);
}
