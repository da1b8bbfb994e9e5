//! `sram-sim memory`.

mod explain;

use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Talk, shown};
use nn_bridge::StoredImage;
use nn_bridge::memory::{Clamped, Description, Memory, Region};
use serde::Serialize;
use sram_model::Between;

use self::explain::{CellAnswer, Place, Stored};
use crate::arguments::{Format, MemoryCommandArguments};
use crate::memory::{Asked, MemoryPlan, MemoryReport, PointFaults, RegionChip, energy_in_words};
use crate::network::Network;
use crate::output::{MADE_BY, MadeBy, grouped, significant, write_csv_row, write_json, write_table};
use crate::{UsageError, chip, voltages, weights};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    weights: String,
    #[serde(flatten)]
    memory: MemoryReport,
    /// The chip of each region, by name; none of regions that are on no chip, and of a bare size.
    chips: Vec<Option<String>>,
    /// How many copies of a chip the memory takes; none without one.
    copies: Option<f64>,
    /// Whether words may be read again, which costs energy that is not in here: only a read says how many.
    rereads: bool,
    /// Area of all cells, spare ones and what the chip leaves empty among them; none without chip and voltage.
    area: Option<f64>,
    /// Energy of an access to all cells, relative to that of the weights' bits at Vmin.
    energy_relative_to_vmin: Option<f64>,
    /// Of each region: of an access to one of its plain cells.
    energy_of_regions: Vec<Option<f64>>,
    explained: Option<Place>,
    cell: Option<CellAnswer>,
}

pub(crate) fn run(arguments: &MemoryCommandArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let Some(typed) = &arguments.weights else {
        return Ok(out.write_all(Description::EXAMPLE.as_bytes())?);
    };
    let plan = MemoryPlan::of(&arguments.memory, files)?;
    let Laid { memory, clamped, names, fields } = Laid::of(arguments, typed, &plan, files)?;
    let (chips, faults) = cells(arguments, &plan, files)?;
    for (region, chip) in memory.regions().iter().zip(&chips) {
        plan.named(chip.iter().try_for_each(|chip| region.check(chip.geometry)))?;
    }
    plan.named(faults.iter().try_for_each(|faults| faults.check(&memory, arguments.offset)))?;
    let stored = Stored {
        names: &names.iter().map(String::as_str).collect::<Vec<_>>(),
        unit: if arguments.as_stored { "element" } else { "weight" },
        fields: &fields,
        memory: &memory,
        faults: faults.as_ref(),
        chips: &chips,
        offset: arguments.offset,
    };
    let copies = memory.copies(|region| stored.chip(region))?;
    let explained = arguments.explain.as_deref().map(|asked| stored.place(asked)).transpose()?;
    let cell = arguments.cell.as_deref().map(|at| stored.cell(at)).transpose()?;
    let report = Report {
        made_by: MADE_BY,
        weights: typed.lossy(),
        memory: MemoryReport::new(&plan, &memory, clamped),
        chips: chips.iter().map(|chip| chip.as_ref().and_then(|chip| chip.name.clone())).collect(),
        copies,
        rereads: memory.regions().iter().any(Region::reads_again),
        area: faults.as_ref().map(|faults| faults.area(&memory)).transpose()?,
        energy_relative_to_vmin: faults.as_ref().and_then(|faults| faults.energy(&memory, 0)),
        energy_of_regions: faults.map_or_else(Vec::new, |faults| faults.energies().collect()),
        explained,
        cell,
    };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => write_csv(&report, out),
        Format::Text => write_text(&report, &memory, &chips, out),
    }
}

/// A memory, and what lies in it.
struct Laid {
    memory: Memory,
    clamped: Clamped,
    /// The names of the tensors.
    names: Vec<String>,
    /// Fields of memory that an element of each takes; none where weights are quantised.
    fields: Vec<usize>,
}

impl Laid {
    fn of(
        arguments: &MemoryCommandArguments,
        typed: &InputPath,
        plan: &MemoryPlan,
        files: &Files,
    ) -> Result<Self> {
        let mut rules = arguments.selection.rules();
        rules.as_stored = arguments.as_stored;
        let order = arguments.selection.order();
        if arguments.as_stored {
            let file = weights::map(typed, files)?;
            let selection = rules.select(file.tensors(), order).with_context(|| typed.to_string())?;
            let image = StoredImage::of(&selection);
            let names = image.tensors().iter().map(|stored| stored.tensor.name.clone()).collect();
            let fields = image.tensors().iter().map(|stored| stored.element.fields()).collect();
            return Ok(Self { memory: plan.of_stored(&image)?, clamped: Clamped::default(), names, fields });
        }
        let network = Network::open(typed, None, &arguments.scheme, files)?;
        let selection = rules.select(network.file.tensors(), order).with_context(|| typed.to_string())?;
        let (memory, _, clamped) = network.store(&selection, plan)?;
        let names = selection.stored().iter().map(|tensor| tensor.name.clone()).collect();
        Ok(Self { memory, clamped, names, fields: Vec::new() })
    }
}

/// The chip of each region, and what cells do if there is a voltage.
fn cells(
    arguments: &MemoryCommandArguments,
    plan: &MemoryPlan,
    files: &Files,
) -> Result<(Vec<Option<RegionChip>>, Option<PointFaults>)> {
    let between = Between::from(arguments.between);
    let Some(name) = &arguments.chip else {
        let faults = if plan.asks_for_cells() { None } else { Some(plan.faults(&Asked::Nothing, between)?) };
        let bare = arguments.geometry.map(|geometry| RegionChip { name: None, geometry });
        return Ok((plan.region_chips(bare.as_ref()), faults));
    };
    plan.check_asks()?;
    let profile = chip::open(name, files)?;
    plan.check_chip(&profile.info().name)?;
    let chips = plan.region_chips(Some(&RegionChip::of(&profile)));
    let Some(voltage) = arguments.voltage else { return Ok((chips, None)) };
    let (voltage, vmin) = (voltages::for_chip(&profile, voltage), chip::vmin(&profile, None)?);
    let name = profile.info().name.clone();
    let faults = plan.faults(&Asked::Chip { name, profile: profile.into(), voltage, vmin }, between)?;
    Ok((chips, Some(faults)))
}

/// Overhead: cells beyond those for the bits. Area: of all cells, of plain ones for the bits. Energy: of an access to a plain cell.
const HEADER: [&str; 10] = [
    "region",
    "bits",
    "check bits",
    "cells",
    "overhead %",
    "area",
    "layout",
    "code",
    "if detected",
    "energy",
];

fn rows(report: &Report, number: fn(u64) -> String) -> Vec<Vec<String>> {
    let row = |(place, region): (usize, &crate::memory::RegionReport)| {
        let overhead = 100.0 * (region.cells as f64 / region.bits.max(1) as f64 - 1.0);
        let energy = report.energy_of_regions.get(place).copied().flatten();
        vec![
            region.name.clone(),
            number(region.bits),
            number(region.check_bits),
            number(region.cells),
            significant(overhead, 4),
            significant(region.cell_area, 4),
            region.layout.clone(),
            region.code.clone(),
            region.on_detected.clone(),
            energy.map_or_else(|| "-".to_owned(), |energy| significant(energy, 4)),
        ]
    };
    report.memory.regions.iter().enumerate().map(row).collect()
}

fn write_csv(report: &Report, out: &mut Talk) -> Result<()> {
    if report.explained.is_some() || report.cell.is_some() {
        let text = "--format csv is of regions: --explain and --cell go with text or json";
        return Err(UsageError(text.to_owned()).into());
    }
    let mut out = out.data();
    write_csv_row(&mut out, &HEADER.map(|name| name.replace(' ', "_").replace("_%", "_percent")))?;
    Ok(rows(report, |number| number.to_string()).iter().try_for_each(|row| write_csv_row(&mut out, row))?)
}

fn write_text(report: &Report, memory: &Memory, chips: &[Option<RegionChip>], out: &mut Talk) -> Result<()> {
    let stored = &report.memory;
    writeln!(
        out,
        "{}: {} bits of weights in {} tensors; {} cells of area {} of that of the weights' bits",
        stored.label,
        grouped(stored.bits),
        memory.layout().tensors(),
        grouped(stored.cells),
        significant(stored.cell_area, 4)
    )?;
    if let Some(clamped) = &stored.clamped {
        let (weights, candidates) = (grouped(clamped.weights), grouped(clamped.candidates));
        writeln!(out, "{weights} of {candidates} weights clamped to make room for check bits")?;
        for (tensor, count) in &clamped.tensors {
            writeln!(out, "  {}: {}", shown(tensor), grouped(*count))?;
        }
    }
    if stored.nearest_zeros {
        writeln!(out, "codes without a sign bit: a weight that becomes 0 becomes the code nearest to it")?;
    }
    if let Some(copies) = report.copies {
        let (chips, of) = on(chips);
        write!(out, "on {chips}: {} copies of {of}", significant(copies, 3))?;
        match report.area {
            Some(area) => {
                writeln!(out, "; area {} with all that it leaves empty or spares", significant(area, 4))?;
            }
            None => writeln!(out)?,
        }
    }
    if !report.energy_of_regions.is_empty() {
        let without = if report.rereads { ", without words that are read again" } else { "" };
        writeln!(out, "energy {}{without}", energy_in_words(report.energy_relative_to_vmin))?;
    }
    write_table(out, &HEADER, &rows(report, grouped))?;
    if let Some(place) = &report.explained {
        place.write_text(out)?;
    }
    if let Some(cell) = &report.cell {
        cell.write_text(out)?;
    }
    Ok(())
}

/// The chips of regions, each once, and what is said of the number of their copies.
fn on(chips: &[Option<RegionChip>]) -> (String, &'static str) {
    let mut names: Vec<String> = chips
        .iter()
        .flatten()
        .map(|RegionChip { name, geometry }| match name {
            Some(name) => format!("chip {} of {geometry}", shown(name)),
            None => format!("a chip of {geometry}"),
        })
        .collect();
    names.sort();
    names.dedup();
    (names.join(" and "), if names.len() == 1 { "it" } else { "the one that most is taken of" })
}
