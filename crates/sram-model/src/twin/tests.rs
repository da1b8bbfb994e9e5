use super::*;
use crate::geometry::Geometry;
use crate::model::{Rates, Shared};

fn model() -> Model {
    let mut model = Model::parse(include_str!("../../../../profiles/B.toml")).unwrap();
    model.rates = Rates::Population;
    model.curve.truncate(5);
    model.shared = Shared { bank: 0.1, column: 0.5, half_column: 0.0, row: 0.0, column_mux: 1 };
    model
}

fn drawn(model: &Model, seed: u64) -> Profile {
    let geometry = Geometry::new(32, 128, 64).unwrap();
    let chip = Synthesiser::new(model).chip(geometry, seed, None).unwrap();
    Profile::from_bytes(chip.into_draft("").encode().unwrap(), "drawn").unwrap()
}

#[test]
fn a_chip_of_the_model_passes_as_often_as_it_should() {
    // Each statistic lies outside in 5 % of all cases, and as the quantiles are those of 60 twins only, in 8 %.
    let model = model();
    let mut outside = 0;
    let mut compared = 0;
    for seed in 0..24 {
        let test = twin_test(&drawn(&model, 1000 + seed), &model, 60, seed * 100_000, &|| {}).unwrap();
        outside += test.outside;
        compared += test.statistics.len();
    }
    let share = outside as f64 / compared as f64;
    assert!((0.03..0.13).contains(&share), "{outside} of {compared}");
}

#[test]
fn independent_cells_are_told_from_weak_columns() {
    let model = model();
    let test = twin_test(&drawn(&model, 5), &model.independent(), 60, 1, &|| {}).unwrap();
    for name in
        ["columns: variance/mean of faults", "P(fault | cell above faulty)", "banks: variance/mean of faults"]
    {
        let statistic = test.statistics.iter().find(|statistic| statistic.name == name).unwrap();
        assert!(!statistic.passes, "{statistic:?}");
    }
    assert!(test.twins_as_far == 0.0);
}

#[test]
fn quantiles_are_linear_between_values() {
    assert_eq!([0.0, 0.25, 0.5, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0], share)), [1.0, 1.5, 2.0, 4.0]);
    assert!(quantile(&[], 0.5).is_nan());
}

#[test]
fn a_model_in_another_unit_is_refused() {
    let (mut model, chip) = (model(), drawn(&model(), 5));
    model.unit = crate::voltage::VoltageUnit::Volt;
    let error = twin_test(&chip, &model, 60, 1, &|| {}).unwrap_err();
    assert!(matches!(error, TwinError::Units { .. }), "{error}");
    assert!(error.to_string().starts_with("the model's voltages are in V, those of "), "{error}");
}
