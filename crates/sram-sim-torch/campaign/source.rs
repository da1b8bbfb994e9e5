//! Points of a campaign: a rate, or a chip at a voltage.

use std::rc::Rc;

use anyhow::Result;
use cli_io::Files;
use flip_core::Rate;
use serde::Serialize;
use sram_model::{FaultMap, Profile, Voltage, VoltageUnit, relative_energy};
use sram_sim_cli::answered::Answered;
use sram_sim_cli::arguments::Between;
use sram_sim_cli::arguments::networks::CampaignArguments;
use sram_sim_cli::chip::{self, ChipName, ChipNames};
use sram_sim_cli::output::percent;

use super::plan::Plan;

/// One rate, or one chip at one voltage.
pub(crate) enum Point {
    Random(Rate),
    Chip { name: Rc<str>, profile: Rc<Profile>, voltage: Voltage },
}

/// Where faults come from at a point.
pub(super) enum Faults {
    Random(Rate),
    Chip {
        map: FaultMap,
        /// SHA-256 of the map.
        digest: [u8; 32],
    },
}

/// What the faults of a point come from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Source {
    /// The chip's name; none for random errors.
    pub(crate) chip: Option<String>,
    /// As asked for, in the chip's unit.
    pub(crate) voltage: Option<Voltage>,
    pub(crate) unit: Option<VoltageUnit>,
    /// Voltage of the map that answered.
    pub(crate) map_voltage: Option<Voltage>,
    /// Whether that lies beyond what the chip's model knows.
    pub(crate) extrapolated: bool,
    /// The fault rate p of a chip: mean over cells of the flip probabilities of both directions added. Random errors have none.
    pub(crate) fault_rate: Option<f64>,
    /// Bit errors per bit to expect where half of the stored bits are ones: p/2 of a chip, the rate of random errors.
    pub(crate) expected_ber_balanced_data: f64,
    pub(crate) energy_relative_to_vmin: Option<f64>,
}

/// The rates, or chips and voltages, of a campaign in the order typed, voltages from high to low.
pub(crate) fn points(arguments: &CampaignArguments, files: &Files) -> Result<Vec<Point>> {
    let mut points: Vec<Point> = arguments.rate.iter().map(|&rate| Point::Random(rate)).collect();
    let chips: Vec<(ChipName, Rc<Profile>)> = ChipNames::split(&arguments.chip)?
        .into_iter()
        .map(|name| chip::open(&name, files).map(|profile| (name, Rc::new(profile))))
        .collect::<Result<_>>()?;
    for (typed, profile) in &chips {
        let Some(list) = &arguments.voltage else { continue };
        let own = &profile.info().name;
        // Chips of one name are told apart by what was typed.
        let is_same = |(other, chip): &(ChipName, Rc<Profile>)| other != typed && chip.info().name == *own;
        let name: Rc<str> =
            if chips.iter().any(is_same) { typed.unmarked().into() } else { own.as_str().into() };
        let voltages = list.of(profile)?;
        check_answers(profile, &voltages, arguments.reads.between)?;
        chip::warn_if_extrapolated(profile, &voltages);
        let at = |voltage| Point::Chip { name: Rc::clone(&name), profile: Rc::clone(profile), voltage };
        points.extend(voltages.into_iter().map(at));
    }
    Ok(points)
}

/// What cannot be answered is told before the first network runs.
pub(crate) fn check_answers(profile: &Profile, voltages: &[Voltage], between: Between) -> Result<()> {
    let (low, high) = profile.range();
    if let Some(&outside) = voltages.iter().find(|voltage| !(low..=high).contains(*voltage)) {
        profile.at(outside, between.into())?;
    }
    Ok(())
}

impl Point {
    /// Reads the faults of the point. Not before they are asked for: a campaign may have thousands of points.
    pub(super) fn read(&self, plan: &Plan) -> Result<(Source, Faults)> {
        match self {
            Self::Random(rate) => Ok((Source::random(*rate), Faults::Random(*rate))),
            Self::Chip { name, profile, voltage } => {
                let map = profile.at(*voltage, plan.between.into())?;
                let source = Source::on(name, profile, &map, *voltage, plan.vmin);
                let digest = map.digest();
                Ok((source, Faults::Chip { map, digest }))
            }
        }
    }

    /// The unit of its voltage.
    pub(crate) fn unit(&self) -> Option<VoltageUnit> {
        match self {
            Self::Random(_) => None,
            Self::Chip { profile, .. } => Some(profile.info().unit),
        }
    }
}

impl Faults {
    /// Cells of the chip, if there is one.
    pub(super) fn cells(&self) -> Option<u64> {
        match self {
            Self::Random(_) => None,
            Self::Chip { map, .. } => Some(map.geometry().cells()),
        }
    }
}

impl Source {
    fn random(rate: Rate) -> Self {
        Self {
            chip: None,
            voltage: None,
            unit: None,
            map_voltage: None,
            extrapolated: false,
            fault_rate: None,
            expected_ber_balanced_data: rate.get(),
            energy_relative_to_vmin: None,
        }
    }

    fn on(name: &str, profile: &Profile, map: &FaultMap, voltage: Voltage, vmin: Option<Voltage>) -> Self {
        let info = profile.info();
        let rates = map.rates();
        Self {
            chip: Some(name.to_owned()),
            voltage: Some(voltage),
            unit: Some(info.unit),
            map_voltage: Some(map.voltage()),
            extrapolated: info.extrapolates(voltage),
            fault_rate: Some(rates.p()),
            expected_ber_balanced_data: rates.expected_ber(),
            energy_relative_to_vmin: info.vmin.or(vmin).map(|vmin| relative_energy(voltage, vmin)),
        }
    }

    /// The voltage that was asked for and what answered, of a chip.
    pub(crate) fn answered(&self) -> Option<Answered> {
        let (voltage, map_voltage) = self.voltage.zip(self.map_voltage)?;
        Some(Answered { voltage, map_voltage, extrapolated: self.extrapolated })
    }

    /// The chip, or the rate of random errors.
    pub(crate) fn of(&self) -> String {
        match &self.chip {
            Some(chip) => chip.clone(),
            None => format!("rate {} %", percent(self.expected_ber_balanced_data)),
        }
    }

    /// In few words: the chip, the voltage, and the voltage whose map answered if that is another; or the rate.
    pub(crate) fn label(&self) -> String {
        match (self.answered(), self.unit) {
            (Some(answered), Some(unit)) => format!("{} at {} {unit}", self.of(), answered.label()),
            _ => self.of(),
        }
    }
}
