//! What the cells of each region do at a point.

use anyhow::{Context, Result};
use flip_core::Rate;
use nn_bridge::memory::{Cells, Memory, MemoryError, OnChip, Region, RegionDescription};
use serde::Serialize;
use sram_model::{Between, FaultMap, Geometry, Profile, QuantifiedVoltage, Spares, Voltage};

use super::MemoryPlan;
use super::source::{Asked, Source};
use crate::{UsageError, chip};

/// What the cells of all regions do at a point.
#[derive(Debug)]
pub struct PointFaults {
    regions: Vec<RegionFaults>,
}

/// What the cells of a region do, and what they cost.
#[derive(Debug)]
pub(super) struct RegionFaults {
    cells: CellFaults,
    /// Energy of an access to a plain one of them, relative to Vmin; none if that is not known.
    energy: Option<f64>,
    /// What they come from.
    source: Source,
}

/// What the cells of a region do.
#[derive(Debug)]
pub enum CellFaults {
    /// They never fail.
    Safe,
    /// Random bit errors at this rate, of a simulated chip.
    Random(Rate),
    /// These, after repair.
    Chip {
        map: Box<FaultMap>,
        /// SHA-256 of the map.
        digest: [u8; 32],
    },
}

/// All that the faults of a point are, to be hashed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultsIdentity {
    Safe,
    Random { rate: f64 },
    Chip { digest: String },
}

impl MemoryPlan {
    /// What the cells of each region do, where `asked` is for regions that do not say it.
    pub fn faults(&self, asked: &Asked, between: Between) -> Result<PointFaults> {
        let of = |(number, region): (usize, &RegionDescription)| {
            self.region_faults(number, region, asked, between)
                .with_context(|| self.region_place(number, &["chip", "voltage", "boost", "rate"]))
        };
        Ok(PointFaults {
            regions: self.description.regions.iter().enumerate().map(of).collect::<Result<_>>()?,
        })
    }

    fn region_faults(
        &self,
        number: usize,
        region: &RegionDescription,
        asked: &Asked,
        between: Between,
    ) -> Result<RegionFaults> {
        if region.safe {
            // As if they were at Vmin.
            return Ok(RegionFaults { cells: CellFaults::Safe, energy: Some(1.0), source: Source::own() });
        }
        if let Some(rate) = region.rate {
            let rate = Rate::new(rate)?;
            return Ok(RegionFaults {
                cells: CellFaults::Random(rate),
                energy: None,
                source: Source::random(rate),
            });
        }
        let (name, profile, voltage, vmin) = match (&self.chips[number], asked) {
            (Some(own), _) => {
                let voltage = voltage_of(region, own, asked)?;
                (own.info().name.clone(), own, voltage, chip::vmin(own, None)?)
            }
            (None, Asked::Rate(rate)) if region.voltage.is_none() && region.boost.is_none() => {
                let (cells, source) = (CellFaults::Random(*rate), Source::random(*rate));
                return Ok(RegionFaults { cells, energy: None, source });
            }
            (None, Asked::Chip { name, profile, vmin, .. }) => {
                (name.clone(), profile, voltage_of(region, profile, asked)?, *vmin)
            }
            (None, Asked::List(name)) => {
                let (cells, source) = (CellFaults::Safe, Source::list(name));
                return Ok(RegionFaults { cells, energy: None, source });
            }
            (None, Asked::Rate(_)) => {
                let text =
                    "it has a voltage of its own, which --rate does not go with: give --chip and --voltage";
                return Err(UsageError(text.to_owned()).into());
            }
            (None, Asked::Nothing) => {
                let text = "it does not say what its cells do: give --chip and --voltage, or --rate";
                return Err(UsageError(text.to_owned()).into());
            }
        };
        let map = profile.at(voltage, between)?;
        check_spares(region, map.geometry())?;
        let source = Source::on(&name, profile, &map, voltage, vmin)?;
        let spares = region.spares();
        let repaired = if spares == Spares::default() { map } else { spares.repair(&map) };
        let energy = source.energy_relative_to_vmin;
        let cells = CellFaults::Chip { digest: repaired.digest(), map: Box::new(repaired) };
        Ok(RegionFaults { cells, energy, source })
    }
}

/// No more lines are spare than there are.
fn check_spares(region: &RegionDescription, geometry: Geometry) -> Result<(), UsageError> {
    let lines = [
        ("spare_rows", region.spare_rows, geometry.rows()),
        ("spare_columns", region.spare_columns, geometry.columns()),
    ];
    match lines.into_iter().find(|(_, spares, there)| spares > there) {
        Some((key, found, there)) => {
            let text =
                format!("`{key}`: found {found}, expected at most the {there} that a bank of the chip has");
            Err(UsageError(text))
        }
        None => Ok(()),
    }
}

/// The voltage of a region on a chip: a number that the description says is in the chip's unit.
fn voltage_of(region: &RegionDescription, profile: &Profile, asked: &Asked) -> Result<QuantifiedVoltage> {
    let unit = profile.info().unit;
    if let Some(voltage) = region.voltage {
        return Ok(unit.of(voltage));
    }
    let Asked::Chip { voltage: asked, .. } = asked else {
        let text = "it has a chip, but no voltage: give it one, or --chip and --voltage";
        return Err(UsageError(text.to_owned()).into());
    };
    let Ok(voltage) = asked.in_unit(unit) else {
        let text = format!(
            "its chip has voltages in {unit}, and {} is in {}: give it a voltage of its own",
            asked.voltage, asked.unit
        );
        return Err(UsageError(text).into());
    };
    let Some(boost) = region.boost else { return Ok(*asked) };
    let boosted = Voltage::new(voltage.get() + boost);
    Ok(unit.of(boosted.with_context(|| format!("{voltage} with boost {boost}"))?))
}

impl PointFaults {
    /// For [`Memory::read`]: random errors have this seed, and on chips a region begins as many cells later than it says as `place`
    /// gives for the number of cells of its banks.
    pub fn cells(&self, memory: &Memory, seed: u64, place: impl Fn(u64) -> u64) -> Vec<Cells<'_>> {
        let regions = self.regions.iter().zip(memory.regions()).map(|(faults, region)| match &faults.cells {
            CellFaults::Safe => Cells::Safe,
            CellFaults::Random(rate) => Cells::Random { rate: *rate, seed, fresh: false },
            CellFaults::Chip { map, .. } => {
                Cells::Chip { map, offset: place(region.cells_of_banks(map.geometry())) }
            }
        });
        regions.collect()
    }

    /// What each region's cells do.
    pub fn regions(&self) -> impl Iterator<Item = &CellFaults> {
        self.regions.iter().map(|region| &region.cells)
    }

    /// What they come from.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.regions.iter().map(|region| &region.source)
    }

    /// What the faults of the point come from, where this was asked for.
    pub fn source(&self, asked: &Asked) -> Source {
        match asked {
            Asked::Nothing => Source::own(),
            Asked::List(name) => Source::list(name),
            Asked::Rate(rate) => Source::random(*rate),
            Asked::Chip { name, voltage: QuantifiedVoltage { voltage, unit }, .. } => {
                let is_it =
                    |source: &&Source| source.chip.as_ref() == Some(name) && source.voltage == Some(*voltage);
                // Regions may all have other voltages, by their boosts.
                self.sources().find(is_it).cloned().unwrap_or_else(|| Source {
                    chip: Some(name.clone()),
                    voltage: Some(*voltage),
                    unit: Some(*unit),
                    ..Source::own()
                })
            }
        }
    }

    /// The most cells that the banks of a region on a chip have; none if there is no chip.
    pub fn chip_cells(&self, memory: &Memory) -> Option<u64> {
        let of = |(faults, region): (&RegionFaults, &Region)| match &faults.cells {
            CellFaults::Chip { map, .. } => Some(region.cells_of_banks(map.geometry())),
            _ => None,
        };
        self.regions.iter().zip(memory.regions()).filter_map(of).max()
    }

    /// The chip of a region, if it is on one; `offset` as in [`cells`](Self::cells).
    pub fn on_chip(&self, region: usize, offset: u64) -> Option<OnChip<'_>> {
        self.map(region).map(|map| OnChip { geometry: map.geometry(), map: Some(map), offset })
    }

    /// How many copies of its chip the memory takes, see [`Memory::copies`]; none if there is no chip.
    pub fn copies(&self, memory: &Memory) -> Result<Option<f64>> {
        Ok(memory.copies(|region| self.on_chip(region, 0))?)
    }

    /// Checks that all regions can lie in their cells, begun `offset` cells later than they say.
    pub fn check(&self, memory: &Memory, offset: u64) -> Result<(), MemoryError> {
        memory.check_cells(&self.cells(memory, 0, |_| offset))
    }

    /// Area of all cells, see [`Memory::area`].
    pub fn area(&self, memory: &Memory) -> Result<f64> {
        // It does not depend on where a memory begins.
        Ok(memory.area(&self.cells(memory, 0, |_| 0))?)
    }

    /// Energy of an access to a plain cell of each region, relative to one at Vmin.
    pub fn energies(&self) -> impl Iterator<Item = Option<f64>> {
        self.regions.iter().map(|region| region.energy)
    }

    /// Energy of an access to all cells of the memory, see [`Memory::energy`].
    pub fn energy(&self, memory: &Memory, reread_cells: u64) -> Option<f64> {
        memory.energy(&self.energies().collect::<Vec<_>>(), reread_cells)
    }

    /// The map of the chip that a region is on.
    pub fn map(&self, region: usize) -> Option<&FaultMap> {
        match &self.regions.get(region)?.cells {
            CellFaults::Chip { map, .. } => Some(map),
            CellFaults::Safe | CellFaults::Random(_) => None,
        }
    }

    /// All that they are, to be hashed.
    pub fn identity(&self) -> Vec<FaultsIdentity> {
        let of = |region: &RegionFaults| match &region.cells {
            CellFaults::Safe => FaultsIdentity::Safe,
            CellFaults::Random(rate) => FaultsIdentity::Random { rate: rate.get() },
            CellFaults::Chip { digest, .. } => {
                let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                FaultsIdentity::Chip { digest }
            }
        };
        self.regions.iter().map(of).collect()
    }
}
