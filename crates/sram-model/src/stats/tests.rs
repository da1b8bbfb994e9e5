use flip_core::{PersistentErrors, Rate, SparseMask};

use super::*;
use crate::fault::{CellFault, FlipProbability};
use crate::geometry::{CellAddress, Geometry};
use crate::voltage::Voltage;

fn map(geometry: Geometry, cells: impl IntoIterator<Item = u64>) -> FaultMap {
    let mut cells: Vec<u64> = cells.into_iter().collect();
    cells.sort_unstable();
    cells.dedup();
    let fault = |cell| CellFault { cell, flip: FlipProbability::ALWAYS_1TO0 };
    FaultMap::from_sorted(geometry, Voltage::new(0.8).unwrap(), cells.into_iter().map(fault).collect())
}

/// Independent faulty cells.
fn independent(geometry: Geometry, p: f64, seed: u64) -> FaultMap {
    let zeros = vec![0u8; geometry.cells() as usize / 8];
    let mask = PersistentErrors::new(seed).mask(Rate::new(p).unwrap(), 0, geometry.cells());
    let errors: SparseMask = mask.bit_errors(flip_core::Bits::new(&zeros)).unwrap();
    map(geometry, errors.iter().map(|(cell, _)| cell))
}

#[test]
fn independent_cells_have_the_statistics_of_independent_cells() {
    let geometry = Geometry::new(64, 256, 128).unwrap();
    let p = 0.02;
    let stats = MapStatistics::of(&independent(geometry, p, 5));
    for spread in stats.spreads {
        let dispersion = spread.dispersion.unwrap();
        // The variance of independent cells is 1 − p of their mean; the spread of the estimate is √(2/units).
        let tolerance = 5.0 * (2.0 / spread.units as f64).sqrt();
        assert!((dispersion - (1.0 - p)).abs() < tolerance, "{spread:?}");
    }
    for neighbour in stats.neighbours {
        let (low, high) = neighbour.faulty.interval(0.9999);
        assert!(low < p && p < high, "{neighbour:?}");
    }
    for words in stats.words {
        for (found, expected) in words.found.into_iter().zip(words.independent) {
            assert!((found as f64 - expected).abs() < 5.0 * expected.sqrt().max(1.0), "{words:?}");
        }
        assert_eq!(words.found.iter().sum::<u64>(), geometry.cells() / u64::from(words.bits));
        let total: f64 = words.independent.iter().sum();
        assert!((total / (geometry.cells() as f64 / f64::from(words.bits)) - 1.0).abs() < 1e-9);
    }
    assert!(stats.row_bits.iter().all(|bit| !bit.selects(stats.row_bits.len())), "{:?}", stats.row_bits);
    assert_eq!(stats.spreads[3].unit, Unit::PhysicalColumn { mux: 1 });
}

#[test]
fn a_column_select_is_found_and_makes_physical_columns() {
    let geometry = Geometry::new(8, 64, 16).unwrap();
    // In each array three physical columns fail at every second row, at even or odd ones.
    let cells = (0..8u32).flat_map(|bank| {
        (0..3u32).flat_map(move |k| {
            (0..32).map(move |i| CellAddress { bank, row: 2 * i + (bank + k) % 2, column: 5 * k + bank % 3 })
        })
    });
    let stats = MapStatistics::of(&map(geometry, cells.map(|at| geometry.cell(at).unwrap())));
    assert!(stats.row_bits[0].selects(6) && stats.row_bits[0].agreeing == 24, "{:?}", stats.row_bits);
    assert!(stats.row_bits[1..].iter().all(|bit| !bit.selects(6)), "{:?}", stats.row_bits);
    let physical = stats.spreads[3];
    assert_eq!((physical.unit, physical.units), (Unit::PhysicalColumn { mux: 2 }, 256));
    assert_eq!(physical.units_hit, 24);
    // The worst 3 of 256 physical columns have 32 of 768 faults each.
    assert_eq!(physical.top_1_percent, Some(3.0 / 24.0));
    let share = |place| {
        let found = stats.neighbours.iter().find(|neighbour| neighbour.neighbour == place);
        found.unwrap().faulty.share().unwrap()
    };
    assert_eq!((share(Neighbour::Above), share(Neighbour::TwoAbove)), (0.0, 1.0));
}

#[test]
fn neighbours_are_counted_within_their_array_only() {
    // Two arrays of 2 × 3: the last cell of the first and the first of the second are no neighbours.
    let geometry = Geometry::new(2, 2, 3).unwrap();
    let stats = MapStatistics::of(&map(geometry, [1, 2, 5, 6]));
    let count = |place| {
        let found = stats.neighbours.iter().find(|neighbour| neighbour.neighbour == place).unwrap();
        (found.faulty.count, found.faulty.trials)
    };
    // Below faulty cells 1, 2 and 6 lie 4, 5 and 9, of which 5 is faulty; below 5 lies nothing.
    assert_eq!(count(Neighbour::Above), (1, 3));
    assert_eq!(count(Neighbour::Below), (1, 1));
    assert_eq!(count(Neighbour::Left), (1, 2));
    assert_eq!(count(Neighbour::Right), (1, 3));
    assert_eq!(count(Neighbour::TwoAbove), (0, 0));
}

#[test]
fn inclusion_counts_the_cells_that_recover() {
    let geometry = Geometry::new(1, 4, 4).unwrap();
    let inclusion = Inclusion::between(&map(geometry, [1, 2, 9]), &map(geometry, [2, 3, 9, 11]));
    assert_eq!(inclusion, Inclusion { kept: Proportion { count: 2, trials: 3 }, new: 2 });
}

#[test]
fn a_normal_law_is_found_again() {
    let law = ProbitFit { mean: 0.48, deviation: 0.025, worst_residual: 0.0 };
    let trials = 1u64 << 24;
    let point = |k: i32| {
        let voltage = 0.6 - 0.01 * f64::from(k);
        let count = (law.share(voltage) * trials as f64).round() as u64;
        (voltage, Proportion { count, trials })
    };
    let points: Vec<_> = (0..9).map(point).collect();
    let fit = fit_probit(&points).unwrap();
    assert!((fit.mean - law.mean).abs() < 1e-4 && (fit.deviation - law.deviation).abs() < 1e-4, "{fit:?}");
    assert!(fit.worst_residual < 1.0, "{fit:?}");
    assert_eq!(fit_probit(&points[..1]), None);
    let constant = [(0.5, points[8].1), (0.6, points[8].1)];
    assert_eq!(fit_probit(&constant), None);
}

#[test]
fn a_clean_chip_has_statistics_too() {
    let stats = MapStatistics::of(&map(Geometry::new(3, 5, 7).unwrap(), []));
    assert_eq!(stats.faulty.share(), Some(0.0));
    assert_eq!(stats.persistent.share(), None);
    assert!(stats.spreads.iter().all(|spread| spread.dispersion.is_none() && spread.top_1_percent.is_none()));
    assert_eq!(stats.words[3].found, [1, 0, 0, 0]);
}
