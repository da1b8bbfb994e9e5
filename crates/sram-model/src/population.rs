//! Populations of virtual chips: how low a voltage they tolerate.

use rayon::prelude::*;
use serde::Serialize;

use crate::geometry::Geometry;
use crate::model::{Model, ModelError};
use crate::spares::Spares;
use crate::synth::{Synthesiser, VirtualChip, seeds};
use crate::voltage::{QuantifiedVoltage, Voltage};

/// What to ask of a population of chips.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationOptions {
    /// How many chips.
    pub chips: u32,
    /// Seed of the first; the others follow.
    pub seed: u64,
    /// Their size.
    pub geometry: Geometry,
    /// The highest expected bit error rate that is tolerated: p/2, of data with as many ones as zeros.
    pub max_ber: f64,
    /// Voltages to look at, highest first.
    pub voltages: Vec<QuantifiedVoltage>,
    /// Temperature in °C, if it is not the model's.
    pub celsius: Option<f64>,
    /// Spare lines of each bank.
    pub spares: Spares,
}

/// A chip of a population. Serialised with the unit of its voltages, the model's, beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PopulationChip {
    /// Its seed.
    pub seed: u64,
    /// Its expected bit error rate p/2 for balanced data at each voltage, after repair.
    pub expected_ber_balanced_data: Vec<f64>,
    /// The lowest voltage, in the model's unit, at which, and at all higher ones, the bit error rate is tolerated; none if it
    /// never is.
    pub lowest_tolerated: Option<Voltage>,
    /// The same for each of its banks alone.
    pub lowest_tolerated_of_banks: Vec<Option<Voltage>>,
}

/// The most numbers that a population is kept in: those of each chip's voltages and banks. They take 2 GB.
const MOST_NUMBERS: u64 = 1 << 28;

/// Generates the chips of a population and finds how low a voltage each tolerates. `done` is called after each.
///
/// # Errors
/// [`ModelError`] if the model's chips cannot be generated at this size and these voltages, or in this number from this seed on, or
/// voltages have another unit than the model's.
pub fn population(
    model: &Model,
    options: &PopulationOptions,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<PopulationChip>, ModelError> {
    let seeds = seeds(options.seed, options.chips)?;
    let mut model = model.clone();
    // Chips answer at the voltages that are asked for, whatever the model's range is.
    model.set_voltages(options.voltages.iter().copied())?;
    let of_chip = options.voltages.len() as u64 + u64::from(options.geometry.banks());
    if u64::from(options.chips).saturating_mul(of_chip) > MOST_NUMBERS {
        return Err(ModelError::Field {
            field: "chips",
            found: format!("{} of {of_chip} voltages and banks", options.chips),
            expected: "at most 2^28 voltages and banks of all chips together: fewer chips, banks or voltages",
        });
    }
    let synthesiser = Synthesiser::new(&model);
    let chip = |seed: u64| -> Result<PopulationChip, ModelError> {
        let chip = synthesiser.chip(options.geometry, seed, options.celsius)?;
        let found = lowest_tolerated(&chip, &model.voltages, options);
        done();
        Ok(PopulationChip { seed, ..found })
    };
    seeds.into_par_iter().map(chip).collect()
}

/// How low a voltage a chip tolerates, and each of its banks.
fn lowest_tolerated(chip: &VirtualChip, voltages: &[Voltage], options: &PopulationOptions) -> PopulationChip {
    let (cells, of_bank) = (options.geometry.cells() as f64, options.geometry.cells_per_bank() as f64);
    let mut lowest = vec![None; options.geometry.banks() as usize];
    let mut tolerates = vec![true; lowest.len()];
    let mut found = PopulationChip {
        seed: 0,
        expected_ber_balanced_data: Vec::with_capacity(voltages.len()),
        lowest_tolerated: None,
        lowest_tolerated_of_banks: Vec::new(),
    };
    let mut chip_tolerates = true;
    for &voltage in voltages {
        let map = chip.own_at(voltage);
        let sums =
            map.map_or_else(|| vec![f64::INFINITY; lowest.len()], |map| options.spares.left_of_banks(&map));
        let ber = sums.iter().sum::<f64>() / cells / 2.0;
        found.expected_ber_balanced_data.push(ber);
        chip_tolerates &= ber <= options.max_ber;
        if chip_tolerates {
            found.lowest_tolerated = Some(voltage);
        }
        for ((lowest, tolerates), sum) in lowest.iter_mut().zip(&mut tolerates).zip(sums) {
            *tolerates &= sum / of_bank / 2.0 <= options.max_ber;
            if *tolerates {
                *lowest = Some(voltage);
            }
        }
    }
    found.lowest_tolerated_of_banks = lowest;
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Rates;
    use crate::voltage::VoltageUnit;

    fn relative(voltage: Voltage) -> QuantifiedVoltage {
        VoltageUnit::RelativeToVmin.of(voltage)
    }

    fn options(chips: u32, spares: Spares) -> PopulationOptions {
        PopulationOptions {
            chips,
            seed: 1,
            geometry: Geometry::new(8, 128, 64).unwrap(),
            max_ber: 1e-3,
            voltages: (0..40).map(|k| relative(Voltage::from_micro(950_000 - k * 5_000).unwrap())).collect(),
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
    fn a_chip_tolerates_the_lowest_voltage_whose_errors_it_tolerates() {
        let options = options(6, Spares::default());
        for chip in population(&model(), &options, &|| {}).unwrap() {
            let k = options
                .voltages
                .iter()
                .position(|&v| Some(v) == chip.lowest_tolerated.map(relative))
                .unwrap();
            let ber = &chip.expected_ber_balanced_data;
            assert!(ber[..=k].iter().all(|&ber| ber <= 1e-3) && ber[k + 1] > 1e-3);
            // A chip's rate is the mean of its banks', so it tolerates what all of them do.
            assert!(chip.lowest_tolerated <= chip.lowest_tolerated_of_banks.iter().copied().max().unwrap());
            let model = model();
            let same = Synthesiser::new(&model).chip(options.geometry, chip.seed, None).unwrap();
            assert!(
                (same.at(options.voltages[k]).unwrap().unwrap().rates().expected_ber() - ber[k]).abs() < 1e-9
            );
        }
    }

    #[test]
    fn populations_that_no_memory_holds_are_refused() {
        let geometry = Geometry::new(1 << 20, 16, 16).unwrap();
        let options = PopulationOptions { geometry, ..options(1_000, Spares::default()) };
        let error = population(&model(), &options, &|| {}).unwrap_err().to_string();
        assert!(error.contains("1000 of 1048616 voltages and banks"), "{error}");
    }

    #[test]
    fn spare_columns_lower_the_voltage_of_chips_with_weak_columns() {
        let lowest = |columns| -> u64 {
            let chips = population(&model(), &options(8, Spares { rows: 0, columns }), &|| {}).unwrap();
            chips.iter().map(|chip| u64::from(chip.lowest_tolerated.unwrap().micro())).sum()
        };
        assert!(lowest(2) < lowest(0));
    }
}
