//! What a profile answers at a voltage.

use flip_core::FaultKind;
use sram_model::{Between, Content, CriticalCell, CriticalContent, Profile, ProfileError, Voltage};

use crate::made::{critical, draft, fault, faults, levels, measured, volts};

#[test]
fn every_measured_map_comes_back_even_if_they_do_not_nest() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    // A sweep gives the same, down, up and twice.
    let mut sweep = profile.sweep();
    for level in [0, 1, 2, 2, 0, 1] {
        let voltage = levels()[level].0;
        let map = sweep.at(voltage, Between::NextLower).unwrap();
        assert_eq!(map, profile.at(voltage, Between::NextLower).unwrap());
    }
    for (voltage, mut expected) in levels() {
        expected.sort_by_key(|fault| fault.cell);
        assert_eq!(faults(&profile, voltage.get()), expected);
    }
    assert_eq!(profile.floorplan().unwrap().sites(), [(0, 0), (1, 0)]);
    assert_eq!(profile.info().vmin, Some(volts(0.62)));
}

#[test]
fn between_profiled_voltages_the_next_lower_map_answers_unless_the_nearest_is_asked_for() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    let answer = |voltage, between| profile.at(volts(voltage), between).unwrap().voltage().get();
    assert_eq!(answer(0.599, Between::NextLower), 0.58);
    assert_eq!(answer(0.599, Between::Nearest), 0.6);
    assert_eq!(answer(0.59, Between::Nearest), 0.58);
    assert_eq!(answer(0.551, Between::Nearest), 0.55);
    assert_eq!(answer(0.58, Between::Nearest), 0.58);
}

#[test]
fn outside_its_range_a_profile_refuses_and_says_the_range() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    for voltage in [0.549, 0.601] {
        let error = profile.at(volts(voltage), Between::NextLower).unwrap_err();
        assert!(matches!(error, ProfileError::OutOfRange { .. }));
        assert!(error.to_string().contains("0.55 to 0.6 V"), "{error}");
    }
}

#[test]
fn critical_voltages_flip_by_their_margin_over_the_read_noise() {
    let profile = Profile::from_bytes(critical(), "test").unwrap();
    // Margins in units of read noise at 0.57 V: cell 5 +10, cell 40 0, cell 41 −10.5.
    assert_eq!(faults(&profile, 0.57), [fault(5, 0.0, 1.0), fault(40, 0.5, 0.0)]);
    let low = faults(&profile, 0.55);
    assert_eq!(low.iter().map(|fault| fault.cell).collect::<Vec<_>>(), [5, 40, 41]);
    // Φ(−0.5) in both directions.
    assert!((low[2].flip.p01() - 0.308_54).abs() < 1e-4 && low[2].flip.p01() == low[2].flip.p10());
    assert!(faults(&profile, 0.6).is_empty());
}

/// The blocks of a file follow the voltages that it was made for, and say nothing about the chip.
#[test]
fn the_same_cells_in_other_blocks_give_the_same_map() {
    let cells: Vec<CriticalCell> = (0..64)
        .map(|cell| CriticalCell {
            cell,
            critical: volts(0.5 + 0.001 * cell as f64),
            kind: FaultKind::ReadsOne,
        })
        .collect();
    for (read_noise, flip_floor) in [(0.004, 0.0), (0.004, 1e-20), (0.004, 1e-9), (0.001, 0.001), (0.0, 0.0)]
    {
        let with_blocks_of = |voltages: &[f64]| {
            let voltages = voltages.iter().map(|&voltage| volts(voltage)).collect();
            let content = CriticalContent { voltages, read_noise, flip_floor, cells: cells.clone() };
            Profile::from_bytes(draft(Content::Critical(content)).encode().unwrap(), "test").unwrap()
        };
        let coarse = with_blocks_of(&[0.61, 0.5]);
        let fine = with_blocks_of(&[0.61, 0.6, 0.58, 0.57, 0.565, 0.56, 0.55, 0.54, 0.53, 0.52, 0.51, 0.5]);
        let one = with_blocks_of(&[4.0, 0.5]);
        for micro in (500_000..610_000).step_by(500) {
            let at = |profile: &Profile| {
                profile.at(Voltage::from_micro(micro).unwrap(), Between::NextLower).unwrap()
            };
            assert_eq!(at(&coarse), at(&fine), "floor {flip_floor}, noise {read_noise} at {micro}");
            assert_eq!(at(&coarse), at(&one), "floor {flip_floor}, noise {read_noise} at {micro}");
        }
    }
}
