//! Points of a campaign: a rate, or a chip at a voltage.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use anyhow::Result;
use cli_io::Files;
use flip_core::Rate;
use sram_model::{Profile, QuantifiedVoltage, Voltage, VoltageUnit};
use sram_sim_cli::arguments::Between;
use sram_sim_cli::arguments::networks::CampaignArguments;
use sram_sim_cli::chip::{self, Chip, ChipIdentity, ChipNames, Outline};
use sram_sim_cli::memory::{Asked, MemoryPlan};

use super::plan::Plan;

/// One rate, or one chip at one voltage, or neither, where the memory says what all its cells do.
pub(crate) enum Point {
    Own,
    Random(Rate),
    Chip { on: Rc<OnChip>, voltage: QuantifiedVoltage },
}

/// A chip of a campaign, made when it is its turn.
pub(crate) struct OnChip {
    name: String,
    chip: Held,
    /// To compute energies with.
    vmin: OnceCell<Option<QuantifiedVoltage>>,
}

enum Held {
    Open(Rc<Profile>),
    Closed(Chip),
}

/// The rates, or chips and voltages, of a campaign in the order typed, voltages from high to low. No chip of a model is made.
pub(crate) fn points(
    arguments: &CampaignArguments,
    memory: &MemoryPlan,
    files: &Files,
) -> Result<Vec<Point>> {
    let mut points: Vec<Point> = arguments.rate.iter().map(|&rate| Point::Random(rate)).collect();
    if !memory.asks_for_cells() {
        if !points.is_empty() || arguments.voltage.is_some() {
            memory.check_asks()?;
        }
        return Ok(vec![Point::Own]);
    }
    let Some(list) = &arguments.voltage else { return Ok(points) };
    let chips = chip::several(ChipNames::split(&arguments.chip)?, files)?;
    check_vmin(&chips, arguments.reads.vmin)?;
    let mut asked = Vec::new();
    // Chips of one model answer at the same voltages.
    let mut last: Option<(Rc<Profile>, Rc<[QuantifiedVoltage]>)> = None;
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
        memory.check_chip(&name)?;
        last = Some((profile, Rc::clone(&voltages)));
        asked.push((OnChip { name, chip: Held::Closed(chip), vmin: OnceCell::new() }, voltages));
    }
    tell_apart(&mut asked);
    for (on, voltages) in asked {
        let on = Rc::new(on);
        points.extend(voltages.iter().map(|&voltage| Point::Chip { on: Rc::clone(&on), voltage }));
    }
    Ok(points)
}

/// Different chips of one name are told apart by what was typed.
fn tell_apart(asked: &mut [(OnChip, Rc<[QuantifiedVoltage]>)]) {
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
        let known = outline.info().vmin().is_some();
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
pub(crate) fn check_answers(
    profile: &Profile,
    voltages: &[QuantifiedVoltage],
    between: Between,
) -> Result<()> {
    let (low, high) = profile.range();
    if let Some(&outside) = voltages.iter().find(|voltage| !(low..=high).contains(*voltage)) {
        profile.at(outside, between.into())?;
    }
    Ok(())
}

impl Point {
    /// What is asked for at the point. A chip is opened now, not before: a campaign may have thousands of points.
    pub(super) fn asked(&self, plan: &Plan) -> Result<Asked> {
        match self {
            Self::Own => Ok(Asked::Nothing),
            Self::Random(rate) => Ok(Asked::Rate(*rate)),
            Self::Chip { on, voltage } => {
                let profile = on.profile()?;
                let vmin = on.vmin(&profile, plan.vmin)?;
                Ok(Asked::Chip { name: on.name.clone(), profile, voltage: *voltage, vmin })
            }
        }
    }

    /// The unit of its voltage.
    pub(crate) fn unit(&self) -> Option<VoltageUnit> {
        match self {
            Self::Own | Self::Random(_) => None,
            Self::Chip { voltage, .. } => Some(voltage.unit),
        }
    }
}

impl OnChip {
    /// One that is open.
    pub(crate) fn opened(name: String, profile: Rc<Profile>) -> Self {
        Self { name, chip: Held::Open(profile), vmin: OnceCell::new() }
    }

    fn profile(&self) -> Result<Rc<Profile>> {
        match &self.chip {
            Held::Open(profile) => Ok(Rc::clone(profile)),
            Held::Closed(chip) => chip.profile(),
        }
    }

    /// Its own Vmin, or else the one that was typed, at which none of its cells may fail.
    fn vmin(&self, profile: &Profile, typed: Option<Voltage>) -> Result<Option<QuantifiedVoltage>> {
        if let Some(vmin) = self.vmin.get() {
            return Ok(*vmin);
        }
        let typed = typed.filter(|_| profile.info().vmin().is_none());
        let vmin = chip::vmin(profile, typed)?;
        Ok(*self.vmin.get_or_init(|| vmin))
    }
}
