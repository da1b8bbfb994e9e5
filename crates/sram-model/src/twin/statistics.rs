//! The statistics of the twin test.

use crate::fault::{FaultMap, recovered};
use crate::fit::MOSTLY;
use crate::stats::{Neighbour, NeighbourFaults, Spread, Unit, WordFaults};

/// A statistic of a chip; without a value where it has none, such as a share of no faults.
pub(super) struct Statistic {
    pub(super) name: String,
    pub(super) value: Option<f64>,
}

/// Fewer units make no hundredth, or no tenth.
const LEAST_UNITS: u64 = 100;

/// The statistics of measured maps, highest voltage first. All but BER and inclusion are those of map `densest`; spatial ones
/// count the cells that fail in most reads.
pub(super) fn statistics(maps: &[FaultMap], densest: usize, mux: u32) -> Vec<Statistic> {
    let mut found = Vec::new();
    let mut add = |name: String, value: Option<f64>| found.push(Statistic { name, value });
    for map in maps {
        // p/2: bit errors per bit, half of the bits ones.
        add(format!("BER at {}, %", map.voltage()), Some(map.rates().expected_ber() * 100.0));
    }
    let mostly: Vec<FaultMap> = maps.iter().map(|map| map.flipping_from(MOSTLY)).collect();
    if maps.len() > 1 {
        let all: u64 = mostly[..maps.len() - 1].iter().map(|map| map.faults().len() as u64).sum();
        let lost: u64 = mostly.windows(2).map(|pair| recovered(pair[0].faults(), pair[1].faults())).sum();
        let kept = (all > 0).then(|| (all - lost) as f64 / all as f64);
        add("faults kept at the next lower V, %".into(), kept.map(|kept| kept * 100.0));
    }

    let map = &mostly[densest];
    let (geometry, faults) = (map.geometry(), map.faults());
    let spread = |unit: Unit| Spread::of(unit, geometry, faults);
    if geometry.banks() > 1 {
        let banks = spread(Unit::Bank);
        add("arrays: var/mean of faults".into(), banks.dispersion);
        add(
            "arrays without a fault, %".into(),
            Some((1.0 - banks.units_hit as f64 / banks.units as f64) * 100.0),
        );
    }
    add("rows: var/mean of faults".into(), spread(Unit::Row).dispersion);
    let columns = spread(Unit::Column);
    add("columns: var/mean of faults".into(), columns.dispersion);
    if columns.units >= LEAST_UNITS {
        add(
            "worst 10 % of columns have, % of faults".into(),
            columns.top_10_percent.map(|share| share * 100.0),
        );
    }
    let physical = spread(Unit::PhysicalColumn { mux });
    if physical.units >= LEAST_UNITS {
        add(
            "worst 1 % of physical columns have, %".into(),
            physical.top_1_percent.map(|share| share * 100.0),
        );
    }
    // Below and right have the same pairs as above and left.
    for (place, name) in
        [(Neighbour::Above, "above"), (Neighbour::TwoAbove, "two above"), (Neighbour::Left, "left")]
    {
        let share = NeighbourFaults::of(place, geometry, faults).faulty.share();
        add(format!("P(fault | cell {name} faulty), %"), share.map(|share| share * 100.0));
    }
    for bits in [8, 64] {
        let words = WordFaults::of(bits, geometry, faults);
        let several = (words.found[2] + words.found[3]) as f64;
        let all: u64 = words.found.iter().sum();
        add(
            format!("words of {bits} bits with 2 or more faults, %"),
            (all > 0).then(|| several / all as f64 * 100.0),
        );
    }

    let all = maps[densest].faults();
    let share = |test: &dyn Fn(f32, f32) -> bool| {
        let count = all.iter().filter(|fault| test(fault.flip.p01(), fault.flip.p10())).count();
        (!all.is_empty()).then(|| count as f64 / all.len() as f64 * 100.0)
    };
    add("faults from 0 to 1, %".into(), share(&|p01, p10| p01 >= p10));
    add("faults with flip probability >= 0.9, %".into(), share(&|p01, p10| p01.max(p10) >= 0.9));
    add("faults with flip probability < 0.1, %".into(), share(&|p01, p10| p01.max(p10) < 0.1));
    found
}
