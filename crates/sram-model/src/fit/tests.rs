use super::*;
use crate::geometry::Geometry;
use crate::synth::Synthesiser;

const B: &str = include_str!("../../../../profiles/B.toml");

/// A profile of a chip drawn from a model.
fn drawn(model: &Model, geometry: &str, seed: u64) -> Profile {
    let geometry: Geometry = geometry.parse().unwrap();
    let chip = Synthesiser::new(model).chip(geometry, seed, None).unwrap();
    Profile::from_bytes(chip.into_draft("").encode().unwrap(), "drawn").unwrap()
}

fn model(bank: f64, column: f64, row: f64) -> Model {
    let mut model = Model::parse(B).unwrap();
    (model.rates, model.read_noise) = (Rates::Population, 0.006);
    model.shared = Shared { bank, column, half_column: 0.0, row, column_mux: 1 };
    model
}

#[test]
fn a_fit_finds_the_model_that_a_chip_was_drawn_from() {
    for (seed, (bank, column, row)) in
        [(0.1, 0.4, 0.0), (0.0, 0.7, 0.0), (0.05, 0.2, 0.15)].into_iter().enumerate()
    {
        let truth = Model { licence: "CC BY 4.0".to_owned(), ..model(bank, column, row) };
        let found = fit(&drawn(&truth, "128x128x64", seed as u64)).unwrap();
        let close = |found: f64, truth: f64, within: f64| {
            assert!((found - truth).abs() < within, "{found} for {truth}");
        };
        close(found.shared.bank, bank, 0.04);
        close(found.shared.column, column, 0.05);
        close(found.shared.row, row, 0.05);
        close(found.read_noise, 0.006, 0.0006);
        close(found.directions.share_0to1, 0.75, 0.03);
        assert_eq!((found.directions.unit, &found.licence), (truth.directions.unit, &truth.licence));
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
    assert_eq!(found.directions.unit, crate::model::DirectionUnit::Cell);
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

#[test]
fn banks_of_many_faults_are_found_for_what_they_are() {
    // With thousands of faults a bank says precisely what it has drawn: a coarse integral would miss it.
    for (seed, bank) in [(1, 0.1), (2, 0.3), (3, 0.5)] {
        let mut truth = model(bank, 0.0, 0.0);
        truth.directions.unit = crate::model::DirectionUnit::Cell;
        let found = fit(&drawn(&truth, "64x256x64", seed)).unwrap();
        // 64 banks: a relative error of √(2/64), and of what is drawn of the banks' mean.
        assert!(
            (found.shared.bank / bank - 1.0).abs() < 0.6 && found.shared.column < 0.005,
            "{bank}: {:?}",
            found.shared
        );
    }
}

#[test]
fn physical_columns_are_told_apart_in_a_fit() {
    for mux in [1, 2, 8] {
        let mut truth = model(0.0, 0.35, 0.0);
        truth.shared.column_mux = mux;
        truth.directions.unit = crate::model::DirectionUnit::Cell;
        let found = fit(&drawn(&truth, "32x256x64", u64::from(mux))).unwrap();
        assert_eq!(found.shared.column_mux, mux);
        assert!((found.shared.column - 0.35).abs() < 0.05, "{mux}: {:?}", found.shared);
    }
}

/// The profile that a march test of a chip gives.
fn tested(truth: &Model, reads: u32) -> Profile {
    let march: crate::march::March = "march-c-".parse().unwrap();
    let chip = Synthesiser::new(truth).chip("16x256x64".parse().unwrap(), 1, None).unwrap();
    let voltages = ["0.83", "0.825", "0.82", "0.815", "0.81"].map(|voltage| voltage.parse().unwrap());
    let tested = |voltage| march.run(&chip.own_at(voltage).unwrap(), reads, 5).found;
    let levels = voltages.map(|voltage| (voltage, tested(voltage)));
    let content = crate::profile::Content::Measured(levels.into());
    let draft = crate::profile::ProfileDraft { content, vmin: None, floorplan: None, ..chip.into_draft("") };
    Profile::from_bytes(draft.encode().unwrap(), "tested").unwrap()
}

#[test]
fn a_few_reads_of_a_march_test_are_read_noise_and_no_flicker() {
    let mut truth = model(0.0, 0.4, 0.0);
    truth.directions.unit = crate::model::DirectionUnit::Cell;
    for reads in [1, 3] {
        let found = fit(&tested(&truth, reads)).unwrap();
        // March C- reads a 0 three times and a 1 twice.
        assert_eq!(found.reads, Some([3 * reads, 2 * reads]));
        assert!((found.read_noise / 0.006 - 1.0).abs() < 0.1, "{reads}: {}", found.read_noise);
        assert!(found.flicker < 0.2 * 0.006, "{reads}: {}", found.flicker);
    }
}

#[test]
fn profiles_of_odd_faults_are_fitted_all_the_same() {
    use crate::fault::{CellFault, FlipProbability};
    let flips: [&[(f32, f32)]; 3] = [
        &[(1.0, 0.0), (1.0, 0.0), (0.0, 0.1)],
        &[(0.7, 0.7), (0.6, 0.6), (0.9, 0.9)],
        &[(0.0, 1.0), (0.0, 1.0), (1.0, 0.0)],
    ];
    for (faults, geometry) in flips.into_iter().zip(["1x8x8", "1x16x1", "4x1x8"]) {
        let fault = |(&(p01, p10), cell): (&(f32, f32), u64)| CellFault {
            cell: cell * 3,
            flip: FlipProbability::new(p01, p10).unwrap(),
        };
        let level = ("0.8".parse().unwrap(), faults.iter().zip(0..).map(fault).collect());
        let truth = model(0.0, 0.0, 0.0);
        let clean = Synthesiser::new(&truth).chip(geometry.parse().unwrap(), 1, None).unwrap();
        let draft = clean.into_draft("");
        let content = crate::profile::Content::Measured(vec![level]);
        let profile = crate::profile::ProfileDraft { content, floorplan: None, ..draft }.encode().unwrap();
        let found = fit(&Profile::from_bytes(profile, "odd").unwrap()).unwrap();
        assert_eq!(Model::parse(&found.to_toml()).unwrap(), found);
        let _ = Synthesiser::new(&found).chip("2x64x64".parse().unwrap(), 1, None).unwrap();
    }
}

#[test]
fn halves_of_columns_are_told_from_whole_ones() {
    for (column, half) in [(0.3, 0.2), (0.5, 0.0)] {
        let mut truth = model(0.0, column, 0.0);
        truth.shared.half_column = half;
        truth.directions.unit = crate::model::DirectionUnit::Cell;
        let found = fit(&drawn(&truth, "64x128x64", 9)).unwrap().shared;
        assert!((found.column - column).abs() < 0.04 && (found.half_column - half).abs() < 0.03, "{found:?}");
    }
}

#[test]
fn the_order_of_banks_says_nothing() {
    let model = model(0.1, 0.5, 0.0);
    let geometry: Geometry = "24x128x64".parse().unwrap();
    let of = |cell_of: &dyn Fn(u64) -> u64| {
        let mut draft = Synthesiser::new(&model).chip(geometry, 3, None).unwrap().into_draft("");
        if let crate::profile::Content::Critical(content) = &mut draft.content {
            content.cells.iter_mut().for_each(|cell| cell.cell = cell_of(cell.cell));
        }
        fit(&Profile::from_bytes(draft.encode().unwrap(), "ordered").unwrap()).unwrap()
    };
    let per_bank = geometry.cells_per_bank();
    let backwards = |cell: u64| (23 - cell / per_bank) * per_bank + cell % per_bank;
    assert_eq!(of(&|cell| cell), of(&backwards));
}

#[test]
fn progress_rises_to_the_end() {
    let shares = std::cell::RefCell::new(Vec::new());
    let stages = std::cell::RefCell::new(Vec::new());
    let model = model(0.1, 0.4, 0.0);
    let profile = drawn(&model, "8x64x32", 1);
    fit_watched(&profile, &|progress: FitProgress| {
        shares.borrow_mut().push(progress.share);
        stages.borrow_mut().push(progress.stage);
    })
    .unwrap();
    let shares = shares.into_inner();
    assert!(
        shares.len() > 50 && shares.is_sorted() && shares.iter().all(|share| (0.0..=1.0).contains(share))
    );
    let mut stages = stages.into_inner();
    stages.dedup();
    assert_eq!(stages, [FitStage::Maps, FitStage::Structure, FitStage::Noise]);
}
