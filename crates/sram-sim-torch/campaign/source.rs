//! Points of a campaign: a rate, or a chip at a voltage.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use anyhow::Result;
use cli_io::Files;
use flip_core::Rate;
use serde::Serialize;
use sram_model::{FaultMap, Profile, Voltage, VoltageUnit, relative_energy};
use sram_sim_cli::answered::Answered;
use sram_sim_cli::arguments::Between;
use sram_sim_cli::arguments::networks::CampaignArguments;
use sram_sim_cli::chip::{self, Chip, ChipIdentity, ChipNames, Outline};
use sram_sim_cli::output::percent;

use super::plan::Plan;

/// One rate, or one chip at one voltage.
pub(crate) enum Point {
    Random(Rate),
    Chip { on: Rc<OnChip>, voltage: Voltage },
}

/// A chip of a campaign, made when it is its turn.
pub(crate) struct OnChip {
    name: String,
    unit: VoltageUnit,
    chip: Held,
    /// To compute energies with.
    vmin: OnceCell<Option<Voltage>>,
}

enum Held {
    Open(Rc<Profile>),
    Closed(Chip),
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

/// The rates, or chips and voltages, of a campaign in the order typed, voltages from high to low. No chip of a model is made.
pub(crate) fn points(arguments: &CampaignArguments, files: &Files) -> Result<Vec<Point>> {
    let mut points: Vec<Point> = arguments.rate.iter().map(|&rate| Point::Random(rate)).collect();
    let Some(list) = &arguments.voltage else { return Ok(points) };
    let chips = chip::several(ChipNames::split(&arguments.chip)?, files)?;
    check_vmin(&chips, arguments.reads.vmin)?;
    let mut asked = Vec::new();
    // Chips of one model answer at the same voltages.
    let mut last: Option<(Rc<Profile>, Rc<[Voltage]>)> = None;
    for chip in chips {
        let Outline { name, profile } = chip.outline()?;
        let voltages = match last.take().filter(|(other, _)| Rc::ptr_eq(other, &profile)) {
            Some((_, voltages)) => voltages,
            None => {
                let voltages = list.of(&profile)?;
                check_answers(&profile, &voltages, arguments.reads.between)?;
                chip::warn_if_extrapolated(&profile, &voltages);
                voltages.into()
            }
        };
        let unit = profile.info().unit;
        last = Some((profile, Rc::clone(&voltages)));
        asked.push((OnChip { name, unit, chip: Held::Closed(chip), vmin: OnceCell::new() }, voltages));
    }
    tell_apart(&mut asked);
    for (on, voltages) in asked {
        let on = Rc::new(on);
        points.extend(voltages.iter().map(|&voltage| Point::Chip { on: Rc::clone(&on), voltage }));
    }
    Ok(points)
}

/// Different chips of one name are told apart by what was typed.
fn tell_apart(asked: &mut [(OnChip, Rc<[Voltage]>)]) {
    let mut of: HashMap<String, HashSet<ChipIdentity>> = HashMap::new();
    let typed = |on: &OnChip| match &on.chip {
        Held::Closed(chip) => Some((chip.identity().clone(), chip.typed().unmarked())),
        Held::Open(_) => None,
    };
    for (on, _) in &*asked {
        of.entry(on.name.clone()).or_default().extend(typed(on).map(|(identity, _)| identity));
    }
    for (on, _) in asked {
        if let Some((_, typed)) = typed(on).filter(|_| of[&on.name].len() > 1) {
            on.name = typed;
        }
    }
}

/// Refuses a Vmin that no chip has or takes: each that knows another has that one. Of chips of a model the first is made for it;
/// the others are told when it is their turn.
pub(crate) fn check_vmin(chips: &[Chip], typed: Option<Voltage>) -> Result<()> {
    if typed.is_none() {
        return Ok(());
    }
    let (mut is_used, mut refused) = (false, None);
    let mut last: Option<Rc<Profile>> = None;
    for chip in chips {
        let outline = chip.outline()?.profile;
        let is_of_last = last.as_ref().is_some_and(|last| Rc::ptr_eq(last, &outline));
        let known = outline.info().vmin.is_some();
        let profile = if known || is_of_last { Rc::clone(&outline) } else { chip.profile()? };
        match chip::vmin(&profile, typed) {
            Ok(_) => is_used = true,
            Err(error) if known => refused = refused.or(Some(error)),
            Err(error) => return Err(error),
        }
        last = Some(outline);
    }
    if is_used { Ok(()) } else { refused.map_or(Ok(()), Err) }
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
            Self::Chip { on, voltage } => {
                let profile = on.profile()?;
                let map = profile.at(*voltage, plan.between.into())?;
                let source = Source::on(&on.name, &profile, &map, *voltage, on.vmin(&profile, plan.vmin)?)?;
                let digest = map.digest();
                Ok((source, Faults::Chip { map, digest }))
            }
        }
    }

    /// The unit of its voltage.
    pub(crate) fn unit(&self) -> Option<VoltageUnit> {
        match self {
            Self::Random(_) => None,
            Self::Chip { on, .. } => Some(on.unit),
        }
    }
}

impl OnChip {
    /// One that is open.
    pub(crate) fn opened(name: String, profile: Rc<Profile>) -> Self {
        let unit = profile.info().unit;
        Self { name, unit, chip: Held::Open(profile), vmin: OnceCell::new() }
    }

    fn profile(&self) -> Result<Rc<Profile>> {
        match &self.chip {
            Held::Open(profile) => Ok(Rc::clone(profile)),
            Held::Closed(chip) => chip.profile(),
        }
    }

    /// Its own Vmin, or else the one that was typed, at which none of its cells may fail.
    fn vmin(&self, profile: &Profile, typed: Option<Voltage>) -> Result<Option<Voltage>> {
        if let Some(vmin) = self.vmin.get() {
            return Ok(*vmin);
        }
        let typed = typed.filter(|_| profile.info().vmin.is_none());
        let vmin = chip::vmin(profile, typed)?;
        Ok(*self.vmin.get_or_init(|| vmin))
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

    fn on(
        name: &str,
        profile: &Profile,
        map: &FaultMap,
        voltage: Voltage,
        vmin: Option<Voltage>,
    ) -> Result<Self> {
        let info = profile.info();
        let (rates, unit) = (map.rates(), map.unit());
        Ok(Self {
            chip: Some(name.to_owned()),
            voltage: Some(voltage),
            unit: Some(unit),
            map_voltage: Some(map.voltage()),
            extrapolated: info.extrapolates(voltage),
            fault_rate: Some(rates.p()),
            expected_ber_balanced_data: rates.expected_ber(),
            energy_relative_to_vmin: vmin
                .map(|vmin| relative_energy(unit.of(voltage), unit.of(vmin)))
                .transpose()?,
        })
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
