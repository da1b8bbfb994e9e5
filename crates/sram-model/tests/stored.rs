//! The stored chips: made by their recipes, and as the paper's chips are.

use sram_model::{
    Between, CellFault, FaultMap, Profile, STORED, StoredProfile, Voltage, VoltageUnit, synthesise,
};

fn chip(name: &str) -> Profile {
    StoredProfile::find(name).unwrap().open().unwrap()
}

fn at(chip: &Profile, voltage: f64) -> FaultMap {
    let voltage = VoltageUnit::RelativeToVmin.of(Voltage::new(voltage).unwrap());
    chip.at(voltage, Between::NextLower).unwrap()
}

fn flip(fault: &CellFault) -> f64 {
    f64::from(fault.flip.p01() + fault.flip.p10())
}

/// The same cells, stored for two voltages or for many, lie in other blocks, of which those that cannot fail are not read.
#[test]
fn a_map_does_not_depend_on_the_blocks_that_its_cells_lie_in() {
    use sram_model::{Content, CriticalCell, CriticalContent, Floorplan, Geometry, ProfileDraft, Provenance};
    let geometry = Geometry::new(1, 64, 64).unwrap();
    let cells: Vec<CriticalCell> = (0..4096)
        .map(|cell| CriticalCell {
            cell,
            critical: Voltage::from_micro(400_000 + 100 * cell as u32).unwrap(),
            kind: flip_core::FaultKind::ReadsOne,
        })
        .collect();
    let stored = |steps: u32, flip_floor: f64| {
        let voltages = (0..=steps).map(|k| Voltage::from_micro(900_000 - k * (600_000 / steps)).unwrap());
        let draft = ProfileDraft {
            name: "x".into(),
            unit: VoltageUnit::Volt,
            geometry,
            floorplan: None::<Floorplan>,
            vmin: None,
            measured: None,
            content: Content::Critical(CriticalContent {
                voltages: voltages.collect(),
                read_noise: 0.01,
                flip_floor,
                cells: cells.clone(),
            }),
            provenance: Provenance::new("a test"),
        };
        Profile::from_bytes(draft.encode().unwrap(), "x").unwrap()
    };
    for floor in [0.0, 1e-12, 1e-6, 0.001] {
        let (few, many) = (stored(1, floor), stored(60, floor));
        for micro in [300_000, 555_555, 700_000, 800_001, 900_000] {
            let voltage = VoltageUnit::Volt.of(Voltage::from_micro(micro).unwrap());
            let at = |chip: &Profile| chip.at(voltage, Between::NextLower).unwrap();
            assert_eq!(at(&few), at(&many), "{micro} from {floor}");
        }
    }
}

#[test]
fn recipes_give_the_stored_bytes() {
    for stored in STORED {
        let bytes = synthesise(stored.recipe).unwrap().encode().unwrap();
        assert!(bytes == stored.bytes, "{}: run `cargo xtask profiles` and commit the result", stored.name);
    }
}

/// The published fault rates in %, at k/24 of Vmin: p, and the shares of 0→1 and 1→0 (Stutz et al., MLSys 2021, figure 1 and the appendix).
const PUBLISHED: [(&str, u32, f64, f64, f64); 11] = [
    ("A", 22, 0.006_866, 1.0, 1.0),
    ("A", 21, 0.129, 1.0, 1.0),
    ("A", 20, 1.115, 1.0, 1.0),
    ("A", 19, 5.573, 1.0, 1.0),
    ("A", 18, 20.56, 1.0, 1.0),
    ("B", 21, 0.136, 0.115, 0.021),
    ("B", 20, 1.01, 0.82, 0.19),
    ("B", 19, 4.707, 3.443, 1.091),
    ("C", 20, 0.597, 0.496, 0.0995),
    ("C", 19, 2.297, 1.81, 0.48),
    ("A", 23, 0.000_191, 1.0, 1.0),
];

#[test]
fn fault_rates_are_the_published_ones() {
    for (name, k, p, p01, p10) in PUBLISHED {
        let rates = at(&chip(name), f64::from(k) / 24.0).rates();
        for (direction, found, share) in [
            ("both", rates.p(), 1.0),
            ("0→1", rates.p01, p01 / (p01 + p10)),
            ("1→0", rates.p10, p10 / (p01 + p10)),
        ] {
            let expected = p / 100.0 * share;
            // 2 %, and three standard deviations of a binomial count of the chip's 2^20 cells.
            let tolerance = 0.02 * expected + 3.0 * (expected / f64::from(1 << 20)).sqrt();
            assert!(
                (found - expected).abs() < tolerance,
                "{name} at {k}/24, {direction}: {found} for {expected}"
            );
        }
    }
}

#[test]
fn chip_a_is_log_linear_between_the_published_points() {
    let a = chip("A");
    for (k, low, high) in [(21, 0.129_f64, 1.115_f64), (20, 1.115, 5.573), (19, 5.573, 20.56)] {
        let rate = at(&a, (f64::from(k) - 0.5) / 24.0).rates().p() * 100.0;
        let expected = (low * high).sqrt();
        assert!(
            (rate / expected - 1.0).abs() < 0.02 + 3.0 / (expected / 100.0 * f64::from(1 << 20)).sqrt(),
            "{rate}"
        );
    }
}

#[test]
fn faults_are_nested_and_vmin_is_clean() {
    for stored in STORED {
        let chip = stored.open().unwrap();
        let mut above: Option<FaultMap> = None;
        for micro in (750_000..=1_000_000).rev().step_by(6_250) {
            let map = at(&chip, f64::from(micro) / 1e6);
            if let Some(above) = above {
                let mut below = map.faults().iter().peekable();
                for fault in above.faults() {
                    while below.next_if(|lower| lower.cell < fault.cell).is_some() {}
                    let lower = below.next_if(|lower| lower.cell == fault.cell);
                    let lower =
                        lower.unwrap_or_else(|| panic!("{} at {micro}: cell {}", stored.name, fault.cell));
                    assert!(lower.flip.p01() >= fault.flip.p01() && lower.flip.p10() >= fault.flip.p10());
                }
            } else {
                assert!(map.faults().is_empty(), "{} has faults at Vmin", stored.name);
            }
            above = Some(map);
        }
    }
}

/// Statistics of the sections of 256 × 128 cells of a map: mean share of the 10 worst columns in the flip probability,
/// P(fault | cell above faulty) for faults of at least ½.
fn sections(map: &FaultMap, rows: u32, top: usize) -> (f64, f64) {
    let per_bank = 512 / rows;
    let mut columns = vec![[0.0; 128]; (16 * per_bank) as usize];
    let mut likely = std::collections::HashSet::new();
    for fault in map.faults() {
        let cell = map.geometry().address(fault.cell);
        let section = (cell.bank / 2) * per_bank + cell.row / rows;
        let column = cell.bank % 2 * 64 + cell.column;
        columns[section as usize][column as usize] += flip(fault);
        if flip(fault) >= 0.5 {
            likely.insert((section, cell.row % rows, column));
        }
    }
    let mut share = 0.0;
    for section in &mut columns {
        section.sort_by(|a, b| b.total_cmp(a));
        share += section[..top].iter().sum::<f64>() / section.iter().sum::<f64>() / f64::from(16 * per_bank);
    }
    let with_next = likely.iter().filter(|(_, row, _)| row + 1 < rows);
    let (pairs, all) = with_next.fold((0, 0), |(pairs, all), &(section, row, column)| {
        (pairs + u32::from(likely.contains(&(section, row + 1, column))), all + 1)
    });
    (share, f64::from(pairs) / f64::from(all))
}

#[test]
fn chip_b_has_the_weak_columns_of_the_papers_chip_2() {
    // The published section: p = 2.71 %, 10 worst columns 80 %, P(fault | above faulty) 37 %.
    let map = at(&chip("B"), 0.8065);
    assert!((map.rates().p() - 0.0271).abs() < 0.001, "p {}", map.rates().p());
    let (share, above) = sections(&map, 256, 10);
    assert!((share - 0.80).abs() < 0.05 && (above - 0.37).abs() < 0.04, "share {share}, above {above}");
}

#[test]
fn chip_c_has_the_weak_columns_of_the_third_section() {
    // The published section of 64 × 128 cells: p = 3.54 %, 5 worst columns 42 %.
    let map = at(&chip("C"), 0.7755);
    assert!((map.rates().p() - 0.0354).abs() < 0.001, "p {}", map.rates().p());
    let (share, _) = sections(&map, 64, 5);
    assert!((share - 0.42).abs() < 0.04, "share {share}");
}

#[test]
fn chip_a_has_no_weak_columns() {
    let map = at(&chip("A"), 0.82);
    let (_, above) = sections(&map, 256, 10);
    let likely = map.faults().iter().filter(|fault| flip(fault) >= 0.5).count() as f64 / f64::from(1 << 20);
    assert!((above / likely - 1.0).abs() < 0.15, "{above} against {likely}");
}

#[test]
fn flip_probabilities_are_bimodal_as_published() {
    // Share of faulty cells with flip probability ≥ 0.9 and < 0.1, of those that a map good to 0.004 shows.
    for (name, voltage, p, persistent, rare) in
        [("A", 0.7947, 0.0493, 0.55, 0.17), ("B", 0.8055, 0.0285, 0.30, 0.27)]
    {
        let map = at(&chip(name), voltage);
        assert!((map.rates().p() / p - 1.0).abs() < 0.04, "{name}: p {}", map.rates().p());
        let shown: Vec<f64> = map.faults().iter().map(flip).filter(|&p| p >= 0.004).collect();
        let share =
            |test: fn(&f64) -> bool| shown.iter().filter(|p| test(p)).count() as f64 / shown.len() as f64;
        let (found_persistent, found_rare) = (share(|&p| p >= 0.9), share(|&p| p < 0.1));
        assert!((found_persistent - persistent).abs() < 0.05, "{name}: {found_persistent} persistent");
        assert!((found_rare - rare).abs() < 0.07, "{name}: {found_rare} rare");
    }
}
