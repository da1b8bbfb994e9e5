use super::*;
use crate::geometry::Geometry;
use crate::synth::Synthesiser;

const B: &str = include_str!("../../../../profiles/B.toml");

/// A profile of a chip drawn from a model.
fn drawn(model: &Model, geometry: &str, seed: u64) -> Profile {
    let geometry: Geometry = geometry.parse().unwrap();
    let chip = Synthesiser::new(model).chip(geometry, seed, None);
    Profile::from_bytes(chip.into_draft("").encode().unwrap(), "drawn").unwrap()
}

fn model(bank: f64, column: f64, row: f64) -> Model {
    let mut model = Model::parse(B).unwrap();
    (model.rates, model.read_noise) = (Rates::Population, 0.006);
    model.shared = Shared { bank, column, row, column_mux: 1 };
    model
}

#[test]
fn a_fit_finds_the_model_that_a_chip_was_drawn_from() {
    for (seed, (bank, column, row)) in
        [(0.1, 0.4, 0.0), (0.0, 0.7, 0.0), (0.05, 0.2, 0.15)].into_iter().enumerate()
    {
        let truth = model(bank, column, row);
        let found = fit(&drawn(&truth, "128x128x64", seed as u64)).unwrap();
        let close = |found: f64, truth: f64, within: f64| {
            assert!((found - truth).abs() < within, "{found} for {truth}");
        };
        close(found.shared.bank, bank, 0.04);
        close(found.shared.column, column, 0.05);
        close(found.shared.row, row, 0.05);
        close(found.read_noise, 0.006, 0.0006);
        close(found.directions.share_0to1, 0.75, 0.03);
        assert_eq!(found.directions.unit, truth.directions.unit);
        assert_eq!((found.reads, found.flicker), (None, 0.0));
        assert_eq!(Model::parse(&found.to_toml()).unwrap(), found);
    }
}

#[test]
fn a_chip_of_independent_cells_is_found_to_be_one() {
    let found = fit(&crate::profile::STORED[0].open().unwrap()).unwrap();
    assert!(
        found.shared.bank < 0.002 && found.shared.column < 0.002 && found.shared.row < 0.002,
        "{found:?}"
    );
    assert_eq!(found.directions.unit, crate::model::Direction::Cell);
    assert!((found.directions.share_0to1 - 0.5).abs() < 0.01 && (found.read_noise - 0.0039).abs() < 0.0003);
    let notes = found.fit.unwrap();
    assert!(notes.not_identified.iter().any(|note| note.starts_with("temperature")));
}

#[test]
fn a_chip_without_faults_has_no_model() {
    let mut clean = model(0.0, 0.0, 0.0);
    clean.curve.truncate(3);
    let profile = drawn(&clean, "1x1x1", 0);
    assert!(matches!(fit(&profile), Err(FitError::NoFaults { .. })));
}
