//! What reports say of a memory and of reads of it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use nn_bridge::memory::{Clamped, Memory, Region};
use serde::Serialize;

use super::{MemoryPlan, PointFaults, Source};
use cli_io::shown;

use crate::output::{grouped, percent, significant, write_table};

/// A memory, in a report.
#[derive(Debug, Serialize)]
pub struct MemoryReport {
    /// The file's name or the flags.
    pub label: String,
    /// How tensors are quantised, in words.
    pub stored_as: String,
    /// Bits of weights.
    pub bits: u64,
    /// Check bits that take cells of their own.
    pub check_bits: u64,
    /// Cells, those of check bits and of what fills words up among them.
    pub cells: u64,
    /// Area of all these cells relative to as many plain cells as there are bits of weights. What a chip leaves empty, and spare
    /// lines, come to it where there is a chip: see `area` of a point.
    pub cell_area: f64,
    pub regions: Vec<RegionReport>,
    /// Weights that were clamped to make room for check bits in place; none without such a code.
    pub clamped: Option<Clamped>,
    /// Whether the code nearest to 0 stands for the 0 that weights become, since their codes have no sign bit.
    pub nearest_zeros: bool,
    /// Whether it is one region with everything, without protection, as it is without flags.
    #[serde(skip)]
    pub is_plain: bool,
}

/// Bits per weight: those of all, or their mean.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum BitsPerWeight {
    All(u32),
    Mean(f64),
}

impl BitsPerWeight {
    pub fn of(memory: &Memory) -> Self {
        let (mut bits, mut weights, mut widths) = (0, 0, BTreeSet::new());
        for (width, count) in memory.elements() {
            widths.insert(width);
            weights += count;
            bits += u64::from(width) * count;
        }
        match widths.first() {
            Some(&width) if widths.len() == 1 => Self::All(width),
            _ => Self::Mean(bits as f64 / weights.max(1) as f64),
        }
    }
}

impl fmt::Display for BitsPerWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(bits) => write!(f, "{bits}"),
            Self::Mean(mean) => write!(f, "{}", significant(*mean, 3)),
        }
    }
}

/// A region, in a report.
#[derive(Debug, Serialize)]
pub struct RegionReport {
    pub name: String,
    pub bits: u64,
    pub check_bits: u64,
    pub cells: u64,
    /// Area of all its cells relative to as many plain cells as it has bits of weights.
    pub cell_area: f64,
    pub layout: String,
    pub code: String,
    pub on_detected: String,
}

impl MemoryReport {
    pub fn new(plan: &MemoryPlan, memory: &Memory, clamped: Clamped) -> Self {
        let sum = |of: fn(&Region) -> u64| memory.regions().iter().map(of).sum::<u64>();
        let bits = memory.layout().len_bits();
        Self {
            label: plan.label(),
            stored_as: memory.stored_as(),
            bits,
            check_bits: sum(Region::check_bits),
            cells: sum(Region::cells),
            cell_area: memory.cell_area(),
            regions: memory.regions().iter().map(RegionReport::of).collect(),
            clamped: memory.has_check_bits_in_place().then_some(clamped),
            nearest_zeros: memory.has_nearest_zeros(),
            is_plain: plan.is_plain(),
        }
    }

    /// Whether a region has a code.
    pub fn has_codes(&self) -> bool {
        self.regions.iter().any(|region| region.code != "none")
    }

    /// What energies are of.
    pub fn energy_of(&self) -> &'static str {
        if self.is_plain {
            "per access, of that at Vmin"
        } else {
            "of all cells of the memory, of that of the weights' bits at Vmin"
        }
    }

    /// Nothing of a plain memory; else a line for the whole and a row for each region.
    pub fn write_text(&self, head: &str, out: &mut impl Write) -> io::Result<()> {
        if self.is_plain {
            return Ok(());
        }
        writeln!(
            out,
            "{head}{}: {} bits of weights and {} check bits in {} cells of area {}",
            shown(&self.label),
            grouped(self.bits),
            grouped(self.check_bits),
            grouped(self.cells),
            significant(self.cell_area, 4)
        )?;
        if let Some(clamped) = &self.clamped {
            writeln!(
                out,
                "{head}{} of {} weights clamped to make room for check bits, squared change {}",
                grouped(clamped.weights),
                grouped(clamped.candidates),
                significant(clamped.squared_change, 4)
            )?;
        }
        if self.nearest_zeros {
            writeln!(
                out,
                "{head}codes without a sign bit: a weight that becomes 0 becomes the code nearest to it"
            )?;
        }
        if self.regions.len() > 1 {
            let header = ["region", "bits", "check bits", "cells", "layout", "code", "if detected"];
            let row = |region: &RegionReport| {
                let numbers = [region.bits, region.check_bits, region.cells].map(grouped);
                let words = [region.layout.clone(), region.code.clone(), region.on_detected.clone()];
                [vec![region.name.clone()], numbers.to_vec(), words.to_vec()].concat()
            };
            write_table(out, &header, &self.regions.iter().map(row).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl RegionReport {
    fn of(region: &Region) -> Self {
        let description = region.description();
        Self {
            name: region.name().to_owned(),
            bits: region.weight_bits(),
            check_bits: region.check_bits(),
            cells: region.cells(),
            cell_area: region.cell_area() / region.weight_bits().max(1) as f64,
            layout: description.layout.to_string(),
            code: match (&description.code, description.killi) {
                (Some(code), _) => code.clone(),
                (None, Some(_)) => "killi".to_owned(),
                (None, None) => "none".to_owned(),
            },
            on_detected: description.on_detected.name().to_owned(),
        }
    }
}

/// The energy of a point, in words.
pub fn energy_in_words(energy: Option<f64>) -> String {
    energy.map_or_else(
        || "unknown: a region has no chip, or its chip no Vmin".to_owned(),
        |energy| {
            let saved = percent(1.0 - energy);
            format!(
                "{}  of that of the weights' bits at Vmin, all cells counted; saves {saved} %",
                significant(energy, 4)
            )
        },
    )
}

/// What the sources of regions are, if there are several, or the only one is not as asked: `of` is what was said of all.
pub fn write_sources(
    memory: &Memory,
    faults: &PointFaults,
    of: &Source,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut sources = faults.sources();
    if let (Some(only), None) = (sources.next(), sources.next())
        && only.label() == of.label()
    {
        return Ok(());
    }
    for (region, source) in memory.regions().iter().zip(faults.sources()) {
        let label =
            if region.description().safe { "cells that never fail".to_owned() } else { source.label() };
        writeln!(out, "  {}: {label}", shown(region.name()))?;
    }
    Ok(())
}
