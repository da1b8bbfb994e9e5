//! What `sram-sim profile` answers.

use anyhow::Result;
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use sram_model::{
    ContentKind, FaultMap, LineCount, Profile, QuantifiedVoltage, Summary, Sweep, relative_energy, summarise,
};

use crate::arguments::Between;
use crate::output::{MadeBy, chain};

/// A chip and its answers.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub(super) made_by: MadeBy,
    pub(super) chip: Chip,
    pub(super) answers: Question<'a>,
}

/// What a chip is asked. As JSON: the answers.
pub(super) struct Question<'a> {
    pub(super) profile: &'a Profile,
    pub(super) voltages: &'a [QuantifiedVoltage],
    pub(super) between: Between,
    pub(super) vmin: Option<QuantifiedVoltage>,
}

#[derive(Serialize)]
pub(super) struct Chip {
    pub(super) name: String,
    pub(super) banks: u32,
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) cells: u64,
    pub(super) unit: String,
    pub(super) vmin: Option<f64>,
    pub(super) lowest_voltage: f64,
    pub(super) highest_voltage: f64,
    pub(super) content: ContentKind,
    pub(super) provenance: sram_model::Provenance,
}

/// What a chip answers at one voltage. Rates, shares and energies are fractions.
#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) voltage: f64,
    /// The voltage whose map answers.
    pub(super) map_voltage: f64,
    /// Whether a model's law answers, beyond the voltages that it was made from.
    pub(super) extrapolated: bool,
    pub(super) fault_rate: f64,
    pub(super) fault_rate_0to1: f64,
    pub(super) fault_rate_1to0: f64,
    pub(super) fault_rate_persistent: f64,
    pub(super) faulty_cells: u64,
    pub(super) persistent_cells: u64,
    pub(super) expected_ber_balanced_data: f64,
    pub(super) expected_bit_errors_per_mb: f64,
    pub(super) energy_relative_to_vmin: Option<f64>,
    pub(super) energy_saving: Option<f64>,
    pub(super) dispersion_by_bank: Option<f64>,
    pub(super) dispersion_by_column: Option<f64>,
    pub(super) dispersion_by_row: Option<f64>,
    #[serde(flatten)]
    pub(super) banks: Banks,
    pub(super) worst_columns: Vec<Line>,
    pub(super) worst_rows: Vec<Line>,
}

/// The faulty cells of a row or column.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) bank: u32,
    pub(super) index: u32,
    pub(super) faulty_cells: u64,
}

/// The faulty cells of the banks.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Banks {
    /// Of each.
    All { faulty_cells_by_bank: Vec<u64> },
    /// Of many banks, only of those that have any.
    Faulty { faulty_banks: Vec<Bank> },
}

#[derive(Serialize)]
pub(super) struct Bank {
    pub(super) bank: u32,
    pub(super) faulty_cells: u64,
}

/// Of more banks than these, those without a faulty cell are not listed.
const MANY_BANKS: u32 = 4096;

impl Chip {
    pub(super) fn new(profile: &Profile, vmin: Option<QuantifiedVoltage>) -> Self {
        let info = profile.info();
        let (lowest, highest) = profile.range();
        Self {
            name: info.name.clone(),
            banks: info.geometry.banks(),
            rows: info.geometry.rows(),
            columns: info.geometry.columns(),
            cells: info.geometry.cells(),
            unit: info.unit.to_string(),
            vmin: vmin.map(|vmin| vmin.voltage.get()),
            lowest_voltage: lowest.voltage.get(),
            highest_voltage: highest.voltage.get(),
            content: info.content,
            provenance: info.provenance.clone(),
        }
    }
}

impl Question<'_> {
    /// Goes through all answers, to know that no record is damaged.
    pub(super) fn check(&self) -> Result<()> {
        let mut sweep = self.profile.sweep();
        Ok(self
            .voltages
            .iter()
            .try_for_each(|&voltage| sweep.at(voltage, self.between.into()).map(|_| ()))?)
    }

    /// All answers; of several, without their banks, which no table has.
    pub(super) fn answers(&self) -> Result<Vec<Answer>> {
        let mut sweep = self.profile.sweep();
        let mut answers = Vec::with_capacity(self.voltages.len());
        for &voltage in self.voltages {
            let mut answer = self.answer(&mut sweep, voltage)?;
            if self.voltages.len() > 1 {
                answer.banks = Banks::Faulty { faulty_banks: Vec::new() };
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    fn answer(&self, sweep: &mut Sweep<'_>, voltage: QuantifiedVoltage) -> Result<Answer> {
        let map = sweep.at(voltage, self.between.into())?;
        let extrapolated = self.profile.info().extrapolates(voltage);
        Ok(Answer { extrapolated, ..Answer::new(voltage, self.vmin, &map)? })
    }
}

impl Serialize for Question<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sweep = self.profile.sweep();
        let mut answers = serializer.serialize_seq(Some(self.voltages.len()))?;
        for &voltage in self.voltages {
            let answer = self.answer(&mut sweep, voltage).map_err(|error| S::Error::custom(chain(&error)))?;
            answers.serialize_element(&answer)?;
        }
        answers.end()
    }
}

impl Banks {
    fn new(banks: u32, counts: &[(u32, u64)]) -> Self {
        if banks > MANY_BANKS {
            let faulty = counts.iter().map(|&(bank, faulty_cells)| Bank { bank, faulty_cells });
            return Self::Faulty { faulty_banks: faulty.collect() };
        }
        let mut all = vec![0; banks as usize];
        counts.iter().for_each(|&(bank, count)| all[bank as usize] = count);
        Self::All { faulty_cells_by_bank: all }
    }

    /// The counts of those that are listed.
    pub(super) fn counts(&self) -> Vec<u64> {
        match self {
            Self::All { faulty_cells_by_bank } => faulty_cells_by_bank.clone(),
            Self::Faulty { faulty_banks } => faulty_banks.iter().map(|bank| bank.faulty_cells).collect(),
        }
    }
}

impl Answer {
    fn new(voltage: QuantifiedVoltage, vmin: Option<QuantifiedVoltage>, map: &FaultMap) -> Result<Self> {
        let summary: Summary = summarise(map);
        let energy = vmin.map(|vmin| relative_energy(voltage, vmin)).transpose()?;
        let lines = |lines: &[LineCount]| {
            let line = |l: &LineCount| Line { bank: l.bank, index: l.index, faulty_cells: l.faulty_cells };
            lines.iter().map(line).collect()
        };
        Ok(Self {
            voltage: voltage.voltage.get(),
            map_voltage: map.voltage().voltage.get(),
            extrapolated: false,
            fault_rate: summary.rates.p(),
            fault_rate_0to1: summary.rates.p01,
            fault_rate_1to0: summary.rates.p10,
            fault_rate_persistent: summary.rates.persistent,
            faulty_cells: summary.faulty_cells,
            persistent_cells: summary.persistent_cells,
            expected_ber_balanced_data: summary.rates.expected_ber(),
            expected_bit_errors_per_mb: summary.expected_bit_errors_per_mb(),
            energy_relative_to_vmin: energy,
            energy_saving: energy.map(|energy| 1.0 - energy),
            dispersion_by_bank: summary.bank_dispersion,
            dispersion_by_column: summary.column_dispersion,
            dispersion_by_row: summary.row_dispersion,
            worst_columns: lines(&summary.worst_columns),
            worst_rows: lines(&summary.worst_rows),
            banks: Banks::new(map.geometry().banks(), &summary.by_bank),
        })
    }

    pub(super) fn persistent_share(&self) -> f64 {
        if self.faulty_cells == 0 { 0.0 } else { self.persistent_cells as f64 / self.faulty_cells as f64 }
    }
}
