//! Populations of virtual chips: how low a voltage they bear.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::fault::FaultMap;
use crate::geometry::Geometry;
use crate::model::{Model, ModelError};
use crate::synth::Synthesiser;
use crate::voltage::Voltage;

/// What to ask of a population of chips.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationOptions {
    /// How many chips.
    pub chips: u32,
    /// Seed of the first; the others follow.
    pub seed: u64,
    /// Their size.
    pub geometry: Geometry,
    /// The highest bit error rate that is borne: p/2, of data with as many ones as zeros.
    pub max_ber: f64,
    /// Voltages to look at, highest first.
    pub voltages: Vec<Voltage>,
    /// Temperature in °C, if it is not the model's.
    pub celsius: Option<f64>,
    /// Spare lines of each bank.
    pub spares: Spares,
}

/// Spare lines of a bank, which take the place of those with the most flip probability. They are free of faults, and are
/// chosen anew at each voltage: the worst line that a spare is left for, again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spares {
    /// Spare rows.
    pub rows: u32,
    /// Spare columns.
    pub columns: u32,
}

/// A chip of a population.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PopulationChip {
    /// Its seed.
    pub seed: u64,
    /// Its bit error rate p/2 at each voltage, after repair.
    pub ber: Vec<f64>,
    /// The lowest voltage at which, and at all higher ones, the bit error rate is borne; none if it never is.
    pub lowest: Option<Voltage>,
    /// The same for each of its banks alone.
    pub lowest_of_banks: Vec<Option<Voltage>>,
}

/// Draws the chips of a population and finds how low a voltage each bears. `done` is called after each.
///
/// # Errors
/// [`ModelError`] if the model cannot be drawn at this size and these voltages.
pub fn population(
    model: &Model,
    options: &PopulationOptions,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<PopulationChip>, ModelError> {
    let mut model = model.clone();
    // Chips answer at the voltages that are asked for, whatever the model's range is.
    model.voltages.clone_from(&options.voltages);
    model.check()?;
    let synthesiser = Synthesiser::new(&model);
    let chip = |index: u64| -> Result<PopulationChip, ModelError> {
        let seed = options.seed.wrapping_add(index);
        let chip = synthesiser.chip(options.geometry, seed, options.celsius)?;
        // The flip probabilities of each bank, summed, at each voltage.
        let banks: Vec<Vec<f64>> = options
            .voltages
            .iter()
            .map(|&voltage| chip.at(voltage).map_or_else(Vec::new, |map| by_bank(&map, options.spares)))
            .collect();
        let (cells, of_bank) = (options.geometry.cells() as f64, options.geometry.cells_per_bank() as f64);
        let ber: Vec<f64> = banks.iter().map(|sums| sums.iter().sum::<f64>() / cells / 2.0).collect();
        let lowest = |ber: &dyn Fn(usize) -> f64| {
            let borne = (0..options.voltages.len()).take_while(|&k| ber(k) <= options.max_ber).last();
            borne.map(|k| options.voltages[k])
        };
        let lowest_of_banks = (0..options.geometry.banks() as usize)
            .map(|bank| lowest(&|k| banks[k][bank] / of_bank / 2.0))
            .collect();
        done();
        Ok(PopulationChip { seed, lowest: lowest(&|k| ber[k]), ber, lowest_of_banks })
    };
    (0..u64::from(options.chips)).into_par_iter().map(chip).collect()
}

/// The flip probabilities of both directions of each bank's cells, summed, without the lines that spares replace.
fn by_bank(map: &FaultMap, spares: Spares) -> Vec<f64> {
    let geometry = map.geometry();
    let mut sums = vec![0.0; geometry.banks() as usize];
    for bank in map.faults().chunk_by(|a, b| geometry.address(a.cell).bank == geometry.address(b.cell).bank) {
        let mut cells: Vec<(u32, u32, f64)> = bank
            .iter()
            .map(|fault| {
                let at = geometry.address(fault.cell);
                (at.row, at.column, f64::from(fault.flip.p01()) + f64::from(fault.flip.p10()))
            })
            .collect();
        repair(&mut cells, spares);
        sums[geometry.address(bank[0].cell).bank as usize] = cells.iter().map(|cell| cell.2).sum();
    }
    sums
}

/// Removes the cells (row, column, flip probability) of the lines that spares replace.
fn repair(cells: &mut Vec<(u32, u32, f64)>, spares: Spares) {
    let (mut rows, mut columns) = (spares.rows, spares.columns);
    if rows == 0 && columns == 0 {
        return;
    }
    let (mut by_row, mut by_column) = (HashMap::new(), HashMap::new());
    for &(row, column, p) in &*cells {
        *by_row.entry(row).or_insert(0.0) += p;
        *by_column.entry(column).or_insert(0.0) += p;
    }
    while (rows > 0 || columns > 0) && !cells.is_empty() {
        let row = (rows > 0).then(|| worst(&by_row)).flatten();
        let column = (columns > 0).then(|| worst(&by_column)).flatten();
        match (row, column) {
            (Some((row, weight)), other) if other.is_none_or(|other| weight > other.1) => {
                rows -= 1;
                cells.retain(|cell| cell.0 != row || take(&mut by_column, cell.1, cell.2));
                by_row.remove(&row);
            }
            (_, Some((column, _))) => {
                columns -= 1;
                cells.retain(|cell| cell.1 != column || take(&mut by_row, cell.0, cell.2));
                by_column.remove(&column);
            }
            _ => break,
        }
    }
}

/// Takes a removed cell from the sum of its other line.
fn take(sums: &mut HashMap<u32, f64>, line: u32, p: f64) -> bool {
    sums.entry(line).and_modify(|sum| *sum -= p);
    false
}

/// The line with the most flip probability, the first of equals.
fn worst(sums: &HashMap<u32, f64>) -> Option<(u32, f64)> {
    let lines = sums.iter().map(|(&line, &sum)| (line, sum));
    lines.reduce(
        |best, next| if next.1 > best.1 || (next.1 == best.1 && next.0 < best.0) { next } else { best },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rates;

    fn options(chips: u32, spares: Spares) -> PopulationOptions {
        PopulationOptions {
            chips,
            seed: 1,
            geometry: Geometry::new(8, 128, 64).unwrap(),
            max_ber: 1e-3,
            voltages: (0..40).map(|k| Voltage::from_micro(950_000 - k * 5_000).unwrap()).collect(),
            celsius: None,
            spares,
        }
    }

    fn model() -> Model {
        let mut model = Model::parse(include_str!("../../../profiles/B.toml")).unwrap();
        model.rates = Rates::Population;
        model
    }

    #[test]
    fn a_chip_bears_the_lowest_voltage_whose_errors_it_bears() {
        let options = options(6, Spares::default());
        for chip in population(&model(), &options, &|| {}).unwrap() {
            let k = options.voltages.iter().position(|&v| Some(v) == chip.lowest).unwrap();
            assert!(chip.ber[..=k].iter().all(|&ber| ber <= 1e-3) && chip.ber[k + 1] > 1e-3);
            // A chip's rate is the mean of its banks', so it bears what all of them bear.
            assert!(chip.lowest <= chip.lowest_of_banks.iter().copied().max().unwrap());
            let model = model();
            let same = Synthesiser::new(&model).chip(options.geometry, chip.seed, None).unwrap();
            assert!(
                (same.at(options.voltages[k]).unwrap().rates().expected_ber() - chip.ber[k]).abs() < 1e-9
            );
        }
    }

    #[test]
    fn spares_take_the_worst_lines() {
        let mut cells = vec![(0, 5, 1.0), (1, 5, 1.0), (2, 5, 1.0), (7, 0, 0.6), (7, 1, 0.6), (9, 9, 0.1)];
        let mut one = cells.clone();
        repair(&mut one, Spares { rows: 0, columns: 1 });
        assert_eq!(one, [(7, 0, 0.6), (7, 1, 0.6), (9, 9, 0.1)]);
        repair(&mut cells, Spares { rows: 1, columns: 1 });
        assert_eq!(cells, [(9, 9, 0.1)]);
        repair(&mut cells, Spares { rows: 5, columns: 5 });
        assert!(cells.is_empty());
    }

    #[test]
    fn spare_columns_lower_the_voltage_of_chips_with_weak_columns() {
        let lowest = |columns| -> u64 {
            let chips = population(&model(), &options(8, Spares { rows: 0, columns }), &|| {}).unwrap();
            chips.iter().map(|chip| u64::from(chip.lowest.unwrap().micro())).sum()
        };
        assert!(lowest(2) < lowest(0));
    }
}
