//! The statistics of the twin test.

use crate::fault::{FaultMap, flip_bin, recovered};
use crate::fit::MOSTLY;
use crate::stats::{Dispersion, Neighbour, NeighbourFaults, Unit, WordFaults};
use crate::voltage::Voltage;

/// A statistic of a chip; without a value where it has none, such as a share of no faults.
pub(super) struct Statistic {
    pub(super) name: &'static str,
    /// What its value is in.
    pub(super) value_unit: &'static str,
    /// The voltage that it is of; none if it is of all of them.
    pub(super) voltage: Option<Voltage>,
    pub(super) value: Option<f64>,
}

/// Fewer units make no hundredth, or no tenth.
const LEAST_UNITS: u64 = 100;

/// What is kept of a chip's maps, which come one after the other, highest voltage first.
pub(super) struct Measured {
    found: Vec<Statistic>,
    /// Faults of all voltages but the lowest, and how many of them recover at the next one.
    faults: u64,
    recovered: u64,
    /// The cells that fail in most reads in the last map.
    above: Option<FaultMap>,
    densest: Option<FaultMap>,
}

impl Measured {
    pub(super) fn new() -> Self {
        Self { found: Vec::new(), faults: 0, recovered: 0, above: None, densest: None }
    }

    /// Adds the map of the next lower voltage; all statistics but BER and inclusion are those of the one that is densest.
    pub(super) fn add(&mut self, map: FaultMap, is_densest: bool) {
        let ber = map.rates().expected_ber();
        self.found.push(Statistic {
            name: "expected BER",
            value_unit: "%",
            voltage: Some(map.voltage().voltage),
            value: Some(ber * 100.0),
        });
        let mostly = map.flipping_from(MOSTLY);
        if let Some(above) = &self.above {
            self.faults += above.faults().len() as u64;
            self.recovered += recovered(above.faults(), mostly.faults());
        }
        self.above = Some(mostly);
        if is_densest {
            self.densest = Some(map);
        }
    }

    /// Every statistic, in the same order for all chips that were measured at the same voltages.
    pub(super) fn statistics(self, mux: u32) -> Vec<Statistic> {
        let Self { mut found, faults, recovered, densest, .. } = self;
        if found.len() > 1 {
            let kept = (faults > 0).then(|| (faults - recovered) as f64 / faults as f64 * 100.0);
            let name = "faults kept at the next lower voltage";
            found.push(Statistic { name, value_unit: "%", voltage: None, value: kept });
        }
        if let Some(map) = densest {
            found.extend(places(&map.flipping_from(MOSTLY), mux));
            found.extend(flips(&map));
        }
        found
    }
}

const RATIO: &str = "ratio";

/// How the faults of a map lie together.
fn places(map: &FaultMap, mux: u32) -> Vec<Statistic> {
    let (geometry, faults) = (map.geometry(), map.faults());
    let mut found = Vec::new();
    let mut add = |name, value_unit, value: Option<f64>| {
        let value = value.map(|value| if value_unit == "%" { value * 100.0 } else { value });
        found.push(Statistic { name, value_unit, voltage: Some(map.voltage().voltage), value });
    };
    let spread = |unit: Unit| Dispersion::of(unit, geometry, faults);
    if geometry.banks() > 1 {
        let banks = spread(Unit::Bank);
        add("banks: variance/mean of faults", RATIO, banks.dispersion);
        add("banks without a fault", "%", Some(1.0 - banks.units_hit as f64 / banks.units as f64));
    }
    add("rows: variance/mean of faults", RATIO, spread(Unit::Row).dispersion);
    let columns = spread(Unit::Column);
    add("columns: variance/mean of faults", RATIO, columns.dispersion);
    if columns.units >= LEAST_UNITS {
        add("share of faults in the worst 10 % of columns", "%", columns.top_10_percent);
    }
    let physical = spread(Unit::PhysicalColumn { mux });
    if physical.units >= LEAST_UNITS {
        add("share of faults in the worst 1 % of physical columns", "%", physical.top_1_percent);
    }
    // Below and right have the same pairs as above and left.
    for (place, name) in [
        (Neighbour::Above, "P(fault | cell above faulty)"),
        (Neighbour::TwoAbove, "P(fault | cell two above faulty)"),
        (Neighbour::Left, "P(fault | cell left faulty)"),
    ] {
        add(name, "%", NeighbourFaults::of(place, geometry, faults).faulty.share());
    }
    for (bits, name) in
        [(8, "words of 8 bits with 2 or more faults"), (64, "words of 64 bits with 2 or more faults")]
    {
        let words = WordFaults::of(bits, geometry, faults);
        let several = (words.found[2] + words.found[3]) as f64;
        let all: u64 = words.found.iter().sum();
        add(name, "%", (all > 0).then(|| several / all as f64));
    }
    found
}

/// How the faulty cells of a map flip.
fn flips(map: &FaultMap) -> [Statistic; 3] {
    let all = map.faults();
    let share = |name, test: &dyn Fn(f32, f32) -> bool| {
        let count = all.iter().filter(|fault| test(fault.flip.p01(), fault.flip.p10())).count();
        let value = (!all.is_empty()).then(|| count as f64 / all.len() as f64 * 100.0);
        Statistic { name, value_unit: "%", voltage: Some(map.voltage().voltage), value }
    };
    [
        share("faults from 0 to 1", &|p01, p10| p01 >= p10),
        share("faults with flip probability of 0.9 or more", &|p01, p10| flip_bin(p01.max(p10), 10) == 9),
        share("faults with flip probability below 0.1", &|p01, p10| flip_bin(p01.max(p10), 10) == 0),
    ]
}
