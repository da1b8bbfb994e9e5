use super::*;
use crate::fault::FaultMap;
use crate::stats::{MapStatistics, Unit};

const B: &str = include_str!("../../../../profiles/B.toml");

fn model(shared: [f64; 3], unit: DirectionUnit) -> Model {
    let mut model = Model::parse(B).unwrap();
    (model.rates, model.read_noise) = (Rates::Population, 0.0);
    (model.shared.bank, model.shared.column, model.shared.row) = (shared[0], shared[1], shared[2]);
    model.directions.unit = unit;
    model
}

fn at(chip: &VirtualChip, voltage: &str) -> Option<FaultMap> {
    chip.at(voltage.parse().unwrap()).unwrap()
}

/// Pairs of faults of the same unit, by what they would be among independent cells.
fn pairs(chip: &VirtualChip, unit: Unit, voltage: &str) -> f64 {
    let map = at(chip, voltage).unwrap();
    let counts =
        crate::counts::Counts::of(map.faults().iter().map(|fault| unit.of(chip.geometry, fault.cell)));
    let units = unit.count(chip.geometry) as f64;
    let mean = map.faults().len() as f64 / units;
    let variance = counts.dispersion(unit.count(chip.geometry)).unwrap() * mean;
    (variance + mean * mean - mean) / (mean * mean)
}

/// P(both of two cells with correlation ρ fail) by the square of the share of each.
fn expected_pairs(share: f64, correlation: f64) -> f64 {
    let t = -normal::quantile(share);
    let step = 0.001;
    let both: f64 = (-8000..=8000)
        .map(|i| {
            let u = f64::from(i) * step;
            let fails = normal::cdf((libm::sqrt(correlation) * u - t) / libm::sqrt(1.0 - correlation));
            normal::density(u) * fails * fails * step
        })
        .sum();
    both / (share * share)
}

#[test]
fn cells_of_a_unit_share_as_much_as_the_model_says() {
    let model = model([0.1, 0.3, 0.2], DirectionUnit::Cell);
    let geometry = Geometry::new(400, 128, 64).unwrap();
    let voltage = "0.791667 V/Vmin";
    let synthesiser = Synthesiser::new(&model);
    let mut sums = [0.0; 3];
    let chips = 4;
    for seed in 0..chips {
        let chip = synthesiser.chip(geometry, seed, None).unwrap();
        for (sum, unit) in sums.iter_mut().zip([Unit::Bank, Unit::Row, Unit::Column]) {
            *sum += pairs(&chip, unit, voltage) / chips as f64;
        }
    }
    // The curve's rates at this voltage are those of both directions; a pair is of one or of both.
    let share = model.predict(voltage.parse().unwrap(), None).unwrap().p();
    // A column's pairs share the bank, too; a bank's are of the same column, the same row, or of neither.
    let (bank, row, column) =
        (expected_pairs(share, 0.1), expected_pairs(share, 0.3), expected_pairs(share, 0.4));
    let of_bank = bank + (column - bank) / 64.0 + (row - bank) / 128.0;
    for (found, expected) in sums.into_iter().zip([of_bank, row, column]) {
        assert!((found / expected - 1.0).abs() < 0.06, "{found} for {expected}");
    }
}

#[test]
fn rates_are_those_of_the_curve_on_the_mean_over_chips() {
    let model = model([0.05, 0.4, 0.0], DirectionUnit::Column);
    let geometry = Geometry::new(64, 128, 64).unwrap();
    let synthesiser = Synthesiser::new(&model);
    let chips: Vec<VirtualChip> =
        (0..40).map(|seed| synthesiser.chip(geometry, seed, None).unwrap()).collect();
    for voltage in ["0.75 V/Vmin", "0.8 V/Vmin", "0.875 V/Vmin"] {
        let rates: Vec<f64> = chips.iter().map(|chip| at(chip, voltage).unwrap().rates().p01).collect();
        let mean = rates.iter().sum::<f64>() / 40.0;
        let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / 39.0;
        let expected = model.predict(voltage.parse().unwrap(), None).unwrap().p01;
        let z = (mean - expected) / (variance / 40.0).sqrt();
        assert!(z.abs() < 4.0, "{voltage}: {mean} for {expected}, z = {z}");
    }
}

#[test]
fn physical_columns_are_told_apart_by_the_row() {
    let mut model = model([0.0, 0.6, 0.0], DirectionUnit::Column);
    model.shared.column_mux = 2;
    let chip = Synthesiser::new(&model).chip(Geometry::new(64, 256, 64).unwrap(), 3, None).unwrap();
    let stats = MapStatistics::of(&at(&chip, "0.8 V/Vmin").unwrap());
    assert_eq!(stats.spreads[3].unit, Unit::PhysicalColumn { mux: 2 });
    assert!(stats.row_bits[0].selects(stats.row_bits.len()) && !stats.row_bits[1].selects(8));
}

#[test]
fn a_smaller_share_of_rows_than_cells_is_still_every_cell() {
    // One row, one column, one bank: the gaps meet every edge.
    let model = model([0.0, 0.0, 0.0], DirectionUnit::Cell);
    let synthesiser = Synthesiser::new(&model);
    for size in ["1x1x1", "1x1x100000", "1x100000x1", "100000x1x1"] {
        let geometry: Geometry = size.parse().unwrap();
        let chip = synthesiser.chip(geometry, 5, None).unwrap();
        let found = at(&chip, "0.75 V/Vmin").unwrap().faults().len() as f64;
        let expected = 0.162 * geometry.cells() as f64;
        assert!((found - expected).abs() <= 4.0 * expected.sqrt() + 1.0, "{size}: {found}");
    }
}

#[test]
fn a_warm_chip_is_the_cold_one_moved() {
    let mut model = model([0.0, 0.5, 0.0], DirectionUnit::Cell);
    model.temperature.per_kelvin = 0.5;
    let synthesiser = Synthesiser::new(&model);
    let geometry = Geometry::new(2, 256, 64).unwrap();
    let (cold, warm) =
        (synthesiser.chip(geometry, 1, None).unwrap(), synthesiser.chip(geometry, 1, Some(65.0)).unwrap());
    let moved = at(&cold, "0.8 V/Vmin").unwrap();
    let map = at(&warm, "0.82 V/Vmin").unwrap();
    assert!(moved.faults() == map.faults() && !map.faults().is_empty());
}

#[test]
fn huge_chips_cost_their_faults() {
    let model = model([0.0, 0.0, 0.0], DirectionUnit::Column);
    let mut rare = model.clone();
    rare.curve.truncate(3);
    for point in &mut rare.curve {
        (point.p_0to1, point.p_1to0) = (point.p_0to1 * 1e-5, point.p_1to0 * 1e-5);
    }
    // 2^40 cells would take hours cell by cell.
    let geometry = Geometry::new(1 << 10, 1 << 20, 1 << 10).unwrap();
    let chip = Synthesiser::new(&rare).chip(geometry, 9, None).unwrap();
    let expected =
        rare.predict("0.916667 V/Vmin".parse().unwrap(), None).unwrap().p() * geometry.cells() as f64;
    let found = at(&chip, "0.916667 V/Vmin").unwrap().faults().len() as f64;
    assert!((found / expected - 1.0).abs() < 0.15, "{found} for {expected}");
}

#[test]
fn a_chip_that_answers_for_lower_voltages_is_the_same_above() {
    for rates in [Rates::Population, Rates::Chip] {
        let mut model = model([0.1, 0.4, 0.1], DirectionUnit::Cell);
        (model.rates, model.read_noise) = (rates, 0.008);
        let mut short = model.clone();
        short.voltages = ["1", "0.9", "0.85"].map(|voltage| voltage.parse().unwrap()).into();
        let geometry = Geometry::new(8, 256, 64).unwrap();
        let [long, short] =
            [&model, &short].map(|model| Synthesiser::new(model).chip(geometry, 4, None).unwrap());
        let voltage = "0.85 V/Vmin";
        assert!(
            !at(&short, voltage).unwrap().faults().is_empty()
                && at(&short, voltage).unwrap() == at(&long, voltage).unwrap()
        );
        assert!(long.cells().len() > 2 * short.cells().len());
    }
}

#[test]
fn cells_are_pinned() {
    // So that no change of the synthesis goes unseen: then SYNTHESIS_VERSION rises, too.
    let mut model = model([0.1, 0.4, 0.1], DirectionUnit::Column);
    (model.shared.column_mux, model.read_noise, model.temperature.per_kelvin) = (2, 0.004, 0.1);
    let chip = Synthesiser::new(&model).chip(Geometry::new(4, 64, 32).unwrap(), 11, Some(45.0)).unwrap();
    let sum = |f: fn(&CriticalCell) -> u64| chip.cells().iter().map(f).fold(0u64, u64::wrapping_add);
    let found =
        [chip.cells().len() as u64, sum(|cell| cell.cell), sum(|cell| u64::from(cell.critical.micro()))];
    assert_eq!((SYNTHESIS_VERSION, found), (2, [1826, 7_540_133, 1_408_127_632]));
}

#[test]
fn a_cell_that_always_fails_is_not_lost() {
    let mut model = model([0.0; 3], DirectionUnit::Cell);
    model.law = Some(crate::model::Law { mean: 4.0, deviation: 0.05 });
    (model.curve, model.voltages) = (Vec::new(), vec!["0.5".parse().unwrap()]);
    let chip = Synthesiser::new(&model).chip(Geometry::new(1, 64, 64).unwrap(), 1, None).unwrap();
    assert_eq!(at(&chip, "0.5 V/Vmin").unwrap().faults().len(), 64 * 64);
    assert_eq!(at(&chip, "0.4 V/Vmin"), None);
}

#[test]
fn sizes_that_no_memory_holds_are_refused() {
    let model = model([0.0, 0.3, 0.1], DirectionUnit::Cell);
    let synthesiser = Synthesiser::new(&model);
    for size in ["1x1x4294967295", "1x4294967295x1"] {
        assert!(synthesiser.chip(size.parse().unwrap(), 1, None).is_err(), "{size}");
    }
}

#[test]
fn a_chip_has_the_licence_of_its_model_and_no_other() {
    let licence = |file: &str| synthesise(file).unwrap().provenance.licence;
    assert_eq!(licence(B), "MIT OR Apache-2.0", "a recipe of the program");
    let edited = B.replace("name = \"B\"", "name = \"mine\"");
    assert_eq!(licence(&edited), "", "unknown");
    assert_eq!(licence(&edited.replace("seed =", "licence = \"CC BY 4.0\"\nseed =")), "CC BY 4.0");
}
