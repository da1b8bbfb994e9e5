//! Which chips the regions of a memory are on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::memory::{Description, RegionDescription};
use sram_model::{Geometry, Profile};

use super::{MemoryPlan, beside, place};
use crate::UsageError;
use crate::chip::{self, ChipIdentity, ChipName};

/// The chip that a region is on.
#[derive(Clone, Debug)]
pub struct RegionChip {
    /// What it is called; none of a bare size.
    pub name: Option<String>,
    pub geometry: Geometry,
}

impl RegionChip {
    /// A profile's.
    pub fn of(profile: &Profile) -> Self {
        Self { name: Some(profile.info().name.clone()), geometry: profile.info().geometry }
    }
}

impl MemoryPlan {
    /// The chip that each region is on, where `asked` is that of regions that name none; none of regions whose cells are safe or have
    /// a rate.
    pub fn region_chips(&self, asked: Option<&RegionChip>) -> Vec<Option<RegionChip>> {
        let regions = self.description.regions.iter().zip(&self.chips);
        let of = |(region, own): (&RegionDescription, &Option<Rc<Profile>>)| {
            if region.safe || region.rate.is_some() {
                return None;
            }
            match own {
                Some(own) => Some(RegionChip::of(own)),
                None => asked.cloned(),
            }
        };
        regions.map(of).collect()
    }

    /// Refuses a chip or rate that no region would be read from.
    pub fn check_asks(&self) -> Result<(), UsageError> {
        if self.asks_for_cells() {
            return Ok(());
        }
        Err(UsageError(format!(
            "--chip or --rate: {} says for all of its regions what their cells do, so neither would be used",
            self.label()
        )))
    }

    /// Whether any of its regions takes its cells from the chip and voltage, or rate, that is asked for.
    pub fn asks_for_cells(&self) -> bool {
        self.description.regions.iter().any(|region| {
            !region.safe && region.rate.is_none() && !(region.chip.is_some() && region.voltage.is_some())
        })
    }

    /// Refuses a chip that no region would be read from, and one that regions name again.
    pub fn check_chip(&self, name: &str) -> Result<(), UsageError> {
        let regions = self.description.regions.iter().zip(&self.chips);
        let mut named = regions
            .clone()
            .filter_map(|(region, chip)| Some((chip.as_ref()?.info().name.clone(), region.chip.as_ref()?)));
        let takes_it =
            regions.clone().any(|(region, chip)| chip.is_none() && !region.safe && region.rate.is_none());
        let again = named.clone().any(|(own, _)| own == name);
        match (takes_it, again, named.next()) {
            (true, true, _) => Err(UsageError(format!(
                "--chip {name}: a region names this chip, too, and others do not: leave it out there, so that regions of one chip \
                 follow each other"
            ))),
            (false, false, Some((_, typed))) => Err(UsageError(format!(
                "--chip {name}: all regions of {} name a chip of their own, so that {name} would not be read: --chip with the chip \
                 of a region ({typed}) gives those without a voltage one",
                self.label()
            ))),
            _ => Ok(()),
        }
    }
}

/// The chips that regions name. Names of one chip, such as `A` and `stored:A`, become one name, so that regions in its cells know
/// of each other.
pub(super) fn open(
    description: &mut Description,
    file: Option<&InputPath>,
    folder: &Path,
    files: &Files,
) -> Result<Vec<Option<Rc<Profile>>>> {
    let mut known: HashMap<ChipIdentity, (String, Rc<Profile>)> = HashMap::new();
    let mut chips = Vec::with_capacity(description.regions.len());
    for number in 0..description.regions.len() {
        let Some(name) = description.regions[number].chip.clone() else {
            chips.push(None);
            continue;
        };
        let mut open = || {
            let chip = chip::several(vec![ChipName::from(beside(&name, folder))], files)?;
            let chip = chip.first().context("no chip")?;
            let (name, profile) = match known.entry(chip.identity().clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert((name.clone(), chip.profile()?)),
            };
            Ok::<_, anyhow::Error>((name.clone(), Rc::clone(profile)))
        };
        let (name, profile) = open().with_context(|| place(description, file, number, &["chip"]))?;
        description.regions[number].chip = Some(name);
        chips.push(Some(profile));
    }
    Ok(chips)
}
