//! `sram-sim inject`.

mod as_stored;
mod error_log;
mod files;
mod in_place;
mod layer_config;
mod layers;
mod print;
mod provenance;
mod replayed;
mod report;

use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, Talk, warn};
use flip_core::SparseMask;
use nn_bridge::memory::Memory;
use nn_bridge::{Damage, HitElement, WeightImage, hit_elements};
use sram_model::Between;

use self::error_log::Hit;
use self::report::{Head, Injected, Report};
use crate::arguments::{Format, InjectArguments};
use crate::memory::{Asked, MemoryPlan, MemoryReport, PointFaults, ReadReport, Source};
use crate::network::Network;
use crate::output::write_json;
use crate::{UsageError, chip, voltages};

pub(crate) fn run(arguments: &InjectArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let plan = MemoryPlan::of(&arguments.memory, files)?;
    arguments.scheme.bits.map_or(Ok(()), |bits| plan.check_bits(bits))?;
    let asked = asked(arguments, &plan, files)?;
    if arguments.as_stored {
        return as_stored::run(arguments, &plan, &asked, files, out);
    }
    let outputs = files::Outputs::of(arguments, files)?;
    let model = arguments.model.as_deref();
    let network = Network::open(&arguments.weights, model, &arguments.scheme, files)?;
    let selection =
        arguments.selection.select(network.file.tensors()).with_context(|| arguments.weights.to_string())?;
    let (memory, clean, clamped) = network.store(&selection, &plan)?;

    let between = Between::from(arguments.between);
    let faults = plan.faults(&asked, between)?;
    let cells = faults.cells(&memory, arguments.seed, |_| arguments.offset);
    let mut read = plan.named(memory.read(&clean, &cells, arguments.read.model(arguments.seed), 0))?;
    if let Some(list) = &arguments.replay {
        replayed::of_image(list, &clean, &mut read, files)?;
    }
    let damage = Damage::of(&clean, &read.errors);
    let of_read = ReadReport::of(&memory, &faults, &read, damage.squared_change);
    let mut faulty = clean.clone();
    read.errors.apply(&mut faulty.bits_mut())?;
    let logged = outputs.errors.as_ref().map(|log| (log, read.errors.clone()));

    let injected = Injected {
        source: Source { energy_relative_to_vmin: of_read.energy_relative_to_vmin, ..faults.source(&asked) },
        offset: first_cell(&memory, &faults, arguments.offset)?,
        copies: faults.copies(&memory)?,
        area: faults.area(&memory)?,
        stored: MemoryReport::new(&plan, &memory, clamped),
        memory: &memory,
        read,
        of_read,
    };
    let head = Head::new(arguments, &network.file, &selection, injected);
    let as_trained = network.is_as_trained(model, &plan);
    outputs.write(&network, &clean, &faulty, (&head, damage.bit_errors), as_trained)?;
    if let Some((log, errors)) = &logged {
        let at = (&memory, &faults, arguments.offset);
        log.write(&head, damage.bit_errors, at, |each| log_quantised(&clean, errors, each))?;
    }
    let report = Report::new(head, damage);
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            // Rows are of tensors in memory.
            report.head.kept_apart_words.iter().for_each(|words| warn(&format!("note: kept apart: {words}")));
            print::write_csv(&report, &mut out.data())
        }
        Format::Text => {
            print::write_text(&report, &memory, &faults, out)?;
            Ok(outputs.all().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}

/// Hands on the weights that bit errors hit.
fn log_quantised(
    clean: &WeightImage,
    errors: &SparseMask,
    each: &mut dyn FnMut(&Hit<'_>) -> Result<()>,
) -> Result<()> {
    let layout = clean.layout();
    let bits = errors.iter().map(|(bit, _)| bit);
    hit_elements(layout, |tensor| layout.width(tensor).bits(), bits).try_for_each(|of| {
        let HitElement { tensor, element, .. } = of;
        let (name, before) = (&*clean.tensors()[tensor].name, u64::from(clean.code(tensor, element)));
        each(&Hit { tensor: name, of, before, place: None, role: None, begin: layout.bits(tensor).start })
    })
}

/// The cell of the chip in which the first bit of the only region lies; of several, by how many cells each begins later than it says.
fn first_cell(memory: &Memory, faults: &PointFaults, offset: u64) -> Result<u64> {
    if let [region] = memory.regions() {
        let on = faults.on_chip(0, offset);
        return Ok(on.map(|on| region.cell(on, 0, 0)).transpose()?.map_or(0, |at| at.cell));
    }
    Ok(faults.chip_cells(memory).map_or(0, |cells| offset % cells))
}

/// The chip and voltage, or rate, that were typed.
fn asked(arguments: &InjectArguments, plan: &MemoryPlan, files: &Files) -> Result<Asked> {
    if let Some(list) = &arguments.replay {
        return Ok(Asked::List(list.lossy()));
    }
    if arguments.rate.is_some() || arguments.chip.is_some() {
        plan.check_asks()?;
    } else if plan.asks_for_cells() {
        return Err(UsageError("give --chip and --voltage, or --rate, or --replay".to_owned()).into());
    }
    Ok(match (arguments.rate, &arguments.chip, arguments.voltage) {
        (Some(rate), ..) => Asked::Rate(rate),
        (None, Some(name), Some(voltage)) => {
            let profile = chip::open(name, files)?;
            let voltage = voltages::for_chip(&profile, voltage);
            chip::warn_if_extrapolated(&profile, &[voltage]);
            let vmin = chip::vmin(&profile, None)?;
            plan.check_chip(&profile.info().name)?;
            Asked::Chip { name: profile.info().name.clone(), profile: profile.into(), voltage, vmin }
        }
        _ => Asked::Nothing,
    })
}
