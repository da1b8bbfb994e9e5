//! What reports say of a memory and of reads of it.

use std::fmt;
use std::io::{self, Write};

use nn_bridge::memory::{Clamped, LinesRead, Memory, Outcomes, Read, Region, RegionRead};
use serde::{Deserialize, Serialize};

use super::{MemoryPlan, PointFaults, text_of};
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
    /// Area of all cells relative to as many plain cells as there are bits of weights.
    pub area: f64,
    pub regions: Vec<RegionReport>,
    /// Weights that were clamped to make room for check bits in place; none without such a code.
    pub clamped: Option<Clamped>,
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
        let layout = memory.layout();
        let mean = || layout.len_bits() as f64 / layout.all_weights().max(1) as f64;
        layout.uniform_width().map_or_else(|| Self::Mean(mean()), |width| Self::All(width.bits()))
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
    pub layout: String,
    pub code: String,
    pub on_detected: String,
}

impl MemoryReport {
    pub fn new(plan: &MemoryPlan, memory: &Memory, clamped: Clamped) -> Self {
        let sum = |of: fn(&Region) -> u64| memory.regions().iter().map(of).sum::<u64>();
        let bits = memory.layout().len_bits();
        let area = |region: &Region| region.cells() as f64 * region.description().cell_area.unwrap_or(1.0);
        Self {
            label: plan.label(),
            stored_as: memory.stored_as(),
            bits,
            check_bits: sum(Region::check_bits),
            cells: sum(Region::cells),
            area: memory.regions().iter().map(area).sum::<f64>() / bits.max(1) as f64,
            regions: memory.regions().iter().map(RegionReport::of).collect(),
            clamped: memory.has_check_bits_in_place().then_some(clamped),
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
            "{head}{}: {} bits of weights and {} check bits in {} cells; area {}",
            shown(&self.label),
            grouped(self.bits),
            grouped(self.check_bits),
            grouped(self.cells),
            significant(self.area, 4)
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
            layout: description.layout.to_string(),
            code: match (&description.code, description.killi) {
                (Some(code), _) => code.clone(),
                (None, Some(_)) => "killi".to_owned(),
                (None, None) => "none".to_owned(),
            },
            on_detected: text_of(description.on_detected),
        }
    }
}

/// What happened in a read, all regions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// Cells of the memory that are faulty, check bits among them.
    pub faults_hit: u64,
    /// Cells that read wrong, check bits among them, before anything is corrected.
    pub raw_bit_errors: u64,
    /// Words of codes with a wrong bit, by what became of them.
    pub words: Outcomes,
    /// Bits that a detector flagged.
    pub flagged_bits: u64,
    /// Words that were read again.
    pub reread_words: u64,
    /// Words of cells that are not used, in one copy of each region.
    pub disabled_words: u64,
    /// Words that are stored inverted.
    pub inverted_words: u64,
    /// Words that come from a small memory that does not fail.
    pub patched_words: u64,
    /// Lines of 64 bytes whose faults are found by reads (Killi); none without such regions.
    pub lines: Option<LinesRead>,
}

impl ReadReport {
    pub fn of(read: &Read) -> Self {
        let sum = |of: fn(&RegionRead) -> u64| read.regions.iter().map(of).sum();
        Self {
            faults_hit: read.faults(),
            raw_bit_errors: read.raw_bit_errors(),
            words: read.words(),
            flagged_bits: sum(|region| region.flagged_bits),
            reread_words: sum(|region| region.reread_words),
            disabled_words: sum(|region| region.disabled_words),
            inverted_words: sum(|region| region.inverted_words),
            patched_words: sum(|region| region.patched_words),
            lines: lines(read),
        }
    }

    /// A line about codes if there are some.
    pub fn write_text(&self, head: &str, memory: &MemoryReport, out: &mut impl Write) -> io::Result<()> {
        let Self { words, .. } = self;
        if memory.has_codes() {
            writeln!(
                out,
                "{head}{} with a wrong bit: {} corrected, {} detected, {} miscorrected, {} undetected",
                grouped(words.all()),
                grouped(words.corrected),
                grouped(words.detected),
                grouped(words.miscorrected),
                grouped(words.undetected)
            )?;
        }
        if self.flagged_bits > 0 {
            writeln!(out, "{head}{} bits flagged by a detector", grouped(self.flagged_bits))?;
        }
        if let Some(LinesRead { states, misses, silent }) = self.lines {
            writeln!(
                out,
                "{head}lines of 64 bytes: {} clean, {} with one fault, {} not used, {} unknown; capacity {} %; {} misses \
                 ({} not used, {} found, {} detected, {} evicted), {} silent",
                grouped(states.clean),
                grouped(states.one_fault),
                grouped(states.disabled),
                grouped(states.unknown),
                percent(states.capacity()),
                grouped(misses.all()),
                grouped(misses.disabled),
                grouped(misses.found),
                grouped(misses.detected),
                grouped(misses.evicted),
                grouped(silent)
            )?;
        }
        for (words, what) in [
            (self.disabled_words, "words of cells not used, for their faulty cells"),
            (self.inverted_words, "words stored inverted"),
            (self.patched_words, "words from a small memory that does not fail"),
        ] {
            if words > 0 {
                writeln!(out, "{head}{} {what}", grouped(words))?;
            }
        }
        if self.reread_words > 0 {
            writeln!(
                out,
                "{head}{} words read again, from memory that does not fail",
                grouped(self.reread_words)
            )?;
        }
        Ok(())
    }
}

/// The lines of all regions that have some.
fn lines(read: &Read) -> Option<LinesRead> {
    let add = |mut all: LinesRead, one: LinesRead| {
        all.states += one.states;
        all.misses += one.misses;
        all.silent += one.silent;
        all
    };
    read.regions.iter().filter_map(|region| region.lines).reduce(add)
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

/// Cells of the words that were read again.
pub fn reread_cells(memory: &Memory, read: &Read) -> u64 {
    let regions = memory.regions().iter().zip(&read.regions);
    regions.map(|(region, read)| region.word_cells() * read.reread_words).sum()
}

/// What the sources of regions are, if there are several.
pub fn write_sources(memory: &Memory, faults: &PointFaults, out: &mut impl Write) -> io::Result<()> {
    if memory.regions().len() < 2 {
        return Ok(());
    }
    for (region, source) in memory.regions().iter().zip(faults.sources()) {
        let label =
            if region.description().safe { "cells that never fail".to_owned() } else { source.label() };
        writeln!(out, "  {}: {label}", region.name())?;
    }
    Ok(())
}
