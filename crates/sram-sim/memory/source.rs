//! What the faults of a point come from: a chip at a voltage, or a rate.

use std::rc::Rc;

use anyhow::Result;
use flip_core::Rate;
use serde::Serialize;
use sram_model::{FaultMap, Profile, QuantifiedVoltage, Voltage, VoltageUnit, relative_energy};

use crate::answered::Answered;
use crate::output::percent;

/// What is asked for, of regions that do not say it themselves.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Nothing: the memory says all.
    Nothing,
    /// Bit errors that a list names, whatever cells do: its name.
    List(String),
    /// Random bit errors.
    Rate(Rate),
    /// A chip at a voltage.
    Chip {
        /// What it is called.
        name: String,
        profile: Rc<Profile>,
        voltage: QuantifiedVoltage,
        /// To compute energies with.
        vmin: Option<QuantifiedVoltage>,
    },
}

/// What the faults of a point come from.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// The chip's name; none for random errors.
    pub chip: Option<String>,
    /// As asked for, in the chip's unit.
    pub voltage: Option<Voltage>,
    pub unit: Option<VoltageUnit>,
    /// Voltage of the map that answered.
    pub map_voltage: Option<Voltage>,
    /// Whether that lies beyond what the chip's model knows.
    pub extrapolated: bool,
    /// The fault rate p of a chip: mean over cells of the flip probabilities of both directions added. Random errors have none.
    pub fault_rate: Option<f64>,
    /// Random bit errors: their rate.
    pub rate: Option<f64>,
    /// The list that names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Bit errors per bit to expect where half of the stored bits are ones: p/2 of a chip, the rate of random errors; none where
    /// the memory itself says what its cells do.
    pub expected_ber_balanced_data: Option<f64>,
    /// Energy of all accesses to all cells of the memory, check bits among them, relative to that of the weights' bits at Vmin.
    pub energy_relative_to_vmin: Option<f64>,
}

impl Source {
    /// Of random bit errors.
    pub fn random(rate: Rate) -> Self {
        let rate = rate.get();
        Self { rate: Some(rate), expected_ber_balanced_data: Some(rate), ..Self::own() }
    }

    /// Of a list.
    pub fn list(name: &str) -> Self {
        Self { list: Some(name.to_owned()), ..Self::own() }
    }

    /// Of what the memory itself says.
    pub fn own() -> Self {
        Self {
            chip: None,
            voltage: None,
            unit: None,
            map_voltage: None,
            extrapolated: false,
            fault_rate: None,
            rate: None,
            list: None,
            expected_ber_balanced_data: None,
            energy_relative_to_vmin: None,
        }
    }

    /// Of a chip at a voltage.
    pub fn on(
        name: &str,
        profile: &Profile,
        map: &FaultMap,
        voltage: QuantifiedVoltage,
        vmin: Option<QuantifiedVoltage>,
    ) -> Result<Self> {
        let info = profile.info();
        let rates = map.rates();
        let energy = vmin.map(|vmin| relative_energy(voltage, vmin)).transpose()?;
        Ok(Self {
            chip: Some(name.to_owned()),
            voltage: Some(voltage.voltage),
            unit: Some(voltage.unit),
            map_voltage: Some(map.voltage().voltage),
            extrapolated: info.extrapolates(voltage),
            fault_rate: Some(rates.p()),
            rate: None,
            list: None,
            expected_ber_balanced_data: Some(rates.expected_ber()),
            energy_relative_to_vmin: energy,
        })
    }

    /// The voltage that was asked for and what answered, of a chip.
    pub fn answered(&self) -> Option<Answered> {
        let (voltage, map_voltage) = self.voltage.zip(self.map_voltage)?;
        Some(Answered { voltage, map_voltage, extrapolated: self.extrapolated })
    }

    /// The chip, or the rate of random errors.
    pub fn of(&self) -> String {
        match (&self.chip, self.rate) {
            (Some(chip), _) => chip.clone(),
            (None, Some(rate)) => format!("rate {} %", percent(rate)),
            (None, None) => "as the memory says".to_owned(),
        }
    }

    /// In few words: the chip, the voltage, and the voltage whose map answered if that is another; or the rate.
    pub fn label(&self) -> String {
        match (self.answered(), self.unit) {
            (Some(answered), Some(unit)) => format!("{} at {} {unit}", self.of(), answered.label()),
            _ => self.of(),
        }
    }
}
