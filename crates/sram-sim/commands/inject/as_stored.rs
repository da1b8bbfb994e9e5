//! `sram-sim inject --as-stored`: tensors in memory as their file has them.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Data, Files, Talk, warn};
use flip_core::SparseMask;
use nn_bridge::memory::{Clamped, Memory};
use nn_bridge::{
    ImageLayout, LayerDamage, QuantisedLayer, RoleSummary, StoredDamage, StoredImage, StoredTensorDamage,
    WeightFile, by_role, layer_damage, quantised_layers,
};
use serde::Serialize;
use sram_model::Between;

use super::error_log::{ErrorLog, Hit};
use super::in_place::InPlace;
use super::report::{Head, Injected};
use super::{first_cell, layer_config, layers, print, replayed};
use crate::arguments::{Format, InjectArguments};
use crate::memory::{Asked, MemoryPlan, MemoryReport, PointFaults, ReadReport, Source};
use crate::output::{grouped, percent, significant, write_csv_row, write_json, write_table};
use crate::weights;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    changed_elements: u64,
    /// Numbers that were finite and are infinite or NaN now.
    not_finite: u64,
    /// What bit errors in each kind of number that quantised layers are stored as did to weights.
    roles: Vec<RoleSummary>,
    /// What became of the weights of each quantised layer.
    layers: Vec<LayerDamage>,
    damage: StoredDamage,
}

pub(super) fn run(
    arguments: &InjectArguments,
    plan: &MemoryPlan,
    asked: &Asked,
    files: &Files,
    out: &mut Talk,
) -> Result<()> {
    let path = weights::input(&arguments.weights, files)?;
    let file = weights::map(&arguments.weights, files)?;
    let outputs = InPlace::of(arguments.out.as_ref(), &file, files)?;
    let log = ErrorLog::of(arguments.error_log.as_ref(), files)?;
    let config = layer_config::beside(path, &file, files)?;
    let mut rules = arguments.selection.rules();
    rules.as_stored = true;
    let selection = rules
        .select(file.tensors(), arguments.selection.order())
        .with_context(|| arguments.weights.to_string())?;
    let image = StoredImage::of(&selection);
    let memory = plan.of_stored(&image)?;

    let faults = plan.faults(asked, Between::from(arguments.between))?;
    let cells = faults.cells(&memory, arguments.seed, |_| arguments.offset);
    let model = arguments.read.model(arguments.seed);
    let mut read = plan.named(memory.read_stored(image.stored(&memory), &cells, model, 0))?;
    if let Some(list) = &arguments.replay {
        replayed::of_stored(list, &image, memory.layout(), &mut read, files)?;
    }
    let mut quantised = quantised_layers(file.tensors(), file.metadata(), &config);
    let stored: HashSet<&str> = image.tensors().iter().map(|stored| &*stored.tensor.name).collect();
    quantised.retain(|layer| layer.parts().any(|(_, part)| stored.contains(&*part.name)));
    let (layout, errors) = (memory.layout(), &read.errors);
    // What is written and what is counted both pass through the file, and need nothing of each other.
    let (written, (damage, layers)) = rayon::join(
        || outputs.write(&file, &image, layout, errors),
        || (StoredDamage::of(&image, layout, errors), layer_damage(&quantised, &image, layout, errors)),
    );
    written?;
    // Codes and scales have no mean in common: it is null in JSON.
    let of_read = ReadReport::of(&memory, &faults, &read, f64::NAN);
    let logged = log.as_ref().map(|log| (log, read.errors.clone()));

    let injected = Injected {
        source: Source { energy_relative_to_vmin: of_read.energy_relative_to_vmin, ..faults.source(asked) },
        offset: first_cell(&memory, &faults, arguments.offset)?,
        copies: faults.copies(&memory)?,
        area: faults.area(&memory)?,
        stored: MemoryReport::new(plan, &memory, Clamped::default()),
        memory: &memory,
        read,
        of_read,
    };
    let head = Head::new(arguments, &file, &selection, injected);
    if let Some((log, errors)) = &logged {
        let at = (&memory, &faults, arguments.offset);
        let subject = Logged { file: &file, image: &image, layers: &quantised, layout: memory.layout() };
        log.write(&head, damage.bit_errors, at, |each| subject.each(errors, each))?;
    }
    let (changed_elements, not_finite) = (damage.changed_elements(), damage.not_finite());
    let report = Report { head, changed_elements, not_finite, roles: by_role(&layers), layers, damage };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            report.head.kept_apart_words.iter().for_each(|words| warn(&format!("note: kept apart: {words}")));
            write_csv(&report, &mut out.data())
        }
        Format::Text => {
            write_text(&report, (&memory, &faults), out)?;
            let log = log.as_ref().map(ErrorLog::output);
            let mut written = outputs.outputs().iter().chain(log);
            Ok(written.try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}

/// What a log is of.
struct Logged<'a> {
    file: &'a WeightFile,
    image: &'a StoredImage<'a>,
    layers: &'a [QuantisedLayer<'a>],
    layout: &'a ImageLayout,
}

impl Logged<'_> {
    /// Hands on the elements that bit errors hit.
    fn each(&self, errors: &SparseMask, each: &mut dyn FnMut(&Hit<'_>) -> Result<()>) -> Result<()> {
        let names: Vec<&str> = self.file.files().collect();
        let parts =
            self.layers.iter().flat_map(|layer| layer.parts().map(move |(_, part)| (&*part.name, layer)));
        let layers: HashMap<&str, &QuantisedLayer<'_>> = parts.collect();
        let tensors = 0..self.image.tensors().len();
        tensors.flat_map(|tensor| self.image.hits(tensor, self.layout, errors)).try_for_each(|of| {
            let tensor = self.image.tensors()[of.tensor].tensor;
            let place = self.file.place(tensor).map(|(file, begin)| (names[file], begin));
            let role = layers.get(&*tensor.name).map(|layer| |bit| layer.role(&tensor.name, bit));
            let role = role.as_ref().map(|role| role as &dyn Fn(u64) -> _);
            let (before, begin) =
                (self.image.element(of.tensor, of.element), self.layout.bits(of.tensor).start);
            each(&Hit { tensor: &tensor.name, of, before, place, role, begin })
        })
    }
}

fn write_text(report: &Report, of: (&Memory, &PointFaults), out: &mut impl Write) -> Result<()> {
    let damage = &report.damage;
    let bits = format!("{} bits", grouped(damage.image_bits));
    print::write_head(&report.head, (damage.elements(), damage.tensors.len(), &bits), of, out)?;
    print::write_faults(&report.head, damage.bit_errors, out)?;
    let share = report.changed_elements as f64 / damage.elements().max(1) as f64;
    writeln!(out, "elements hit   {}  {} % of all", grouped(report.changed_elements), percent(share))?;
    writeln!(out, "not finite     {}  numbers that were finite before", grouped(report.not_finite))?;
    writeln!(out)?;
    let header = ["tensor", "type", "elements", "bit errors", "elements hit", "not finite", "L-inf", "L2"];
    write_table(
        out,
        &header,
        &rows(damage, |x| if x.is_nan() { "-".to_owned() } else { significant(x, 4) }),
    )?;
    if damage.tensors.iter().any(|tensor| tensor.change.l_inf.is_nan()) {
        writeln!(out, "elements of blocks are their bytes")?;
    }
    layers::write_text(&report.roles, &report.layers, out)?;
    let words = layers::not_decoded(&report.damage, &report.layers);
    Ok(words.iter().try_for_each(|words| writeln!(out, "{words}"))?)
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let of_read =
        ["fault_rate", "chip", "unit", "voltage", "map_voltage", "extrapolated", "offset", "read", "seed"];
    let columns =
        ["tensor", "dtype", "elements", "bit_errors", "changed_elements", "not_finite", "l_inf", "l2"];
    let columns = columns.into_iter().chain(of_read).chain(["scheme", "memory", "energy", "area"]);
    write_csv_row(out, &columns.map(str::to_owned).collect::<Vec<_>>())?;
    let source = print::source_cells(&report.head);
    let rows = rows(&report.damage, |x| if x.is_nan() { String::new() } else { x.to_string() });
    Ok(rows.iter().try_for_each(|row| write_csv_row(out, &[&row[..], &source].concat()))?)
}

fn rows(damage: &StoredDamage, number: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |tensor: &StoredTensorDamage| {
        let StoredTensorDamage { elements, bit_errors, changed_elements, change, .. } = tensor;
        let counts = [elements, bit_errors, changed_elements, &change.not_finite].map(ToString::to_string);
        [
            vec![tensor.name.clone(), tensor.dtype.clone()],
            counts.to_vec(),
            vec![number(change.l_inf), number(change.l2)],
        ]
        .concat()
    };
    damage.tensors.iter().map(row).collect()
}
