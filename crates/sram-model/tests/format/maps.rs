//! What a profile answers at a voltage.

use flip_core::FaultKind;
use sram_model::{
    Between, Content, CriticalCell, CriticalContent, Profile, ProfileError, STORED, VoltageUnit,
};

use crate::made::{at, critical, draft, fault, faults, levels, measured, volts};

#[test]
fn every_measured_map_comes_back_even_if_they_do_not_nest() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    // A sweep gives the same, down, up and twice.
    let mut sweep = profile.sweep();
    for level in [0, 1, 2, 2, 0, 1] {
        let voltage = VoltageUnit::Volt.of(levels()[level].0);
        let map = sweep.at(voltage, Between::NextLower).unwrap();
        assert_eq!(map, profile.at(voltage, Between::NextLower).unwrap());
    }
    for (voltage, mut expected) in levels() {
        expected.sort_by_key(|fault| fault.cell);
        assert_eq!(faults(&profile, voltage.get()), expected);
    }
    assert_eq!(profile.floorplan().unwrap().sites(), [(0, 0), (1, 0)]);
    assert_eq!(profile.info().vmin(), Some(at(0.62)));
}

#[test]
fn between_profiled_voltages_the_next_lower_map_answers_unless_the_nearest_is_asked_for() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    let answer = |voltage, between| profile.at(at(voltage), between).unwrap().voltage().voltage.get();
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
        let error = profile.at(at(voltage), Between::NextLower).unwrap_err();
        assert!(matches!(error, ProfileError::OutOfRange { .. }));
        assert!(error.to_string().contains("0.55 to 0.6 V"), "{error}");
    }
}

#[test]
fn a_voltage_of_another_unit_is_refused_by_chip_and_unit() {
    let profile = Profile::from_bytes(measured(), "test").unwrap();
    // A number that the chip answers for, of the wrong thing.
    let relative = VoltageUnit::RelativeToVmin.of(volts(0.58));
    for error in
        [profile.at(relative, Between::NextLower).unwrap_err(), profile.vmin_or(Some(relative)).unwrap_err()]
    {
        assert!(
            matches!(error, ProfileError::OtherUnit { found, expected: VoltageUnit::Volt, .. } if found == relative),
            "{error}"
        );
        assert_eq!(
            error.to_string(),
            "found 0.58 V/Vmin for test, expected a voltage in V, the unit of its profile: multiply by Vmin in V"
        );
    }
    let chip = STORED[0].open().unwrap();
    let error = chip.at(at(0.8), Between::NextLower).unwrap_err().to_string();
    assert!(error.starts_with("found 0.8 V for stored chip A, expected a voltage in V/Vmin"), "{error}");
    assert!(error.ends_with("divide by Vmin in V"), "{error}");
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
        // From high to low as sweeps mostly go, and once back.
        let mut sweep = fine.sweep();
        for micro in (500_000..610_000).step_by(500).rev().chain([600_000, 505_000]) {
            let voltage = at(f64::from(micro) / 1e6);
            let map = |profile: &Profile| profile.at(voltage, Between::NextLower).unwrap();
            assert_eq!(sweep.at(voltage, Between::NextLower).unwrap(), map(&fine), "a sweep at {micro}");
            assert_eq!(map(&coarse), map(&fine), "floor {flip_floor}, noise {read_noise} at {micro}");
            assert_eq!(map(&coarse), map(&one), "floor {flip_floor}, noise {read_noise} at {micro}");
        }
    }
}
