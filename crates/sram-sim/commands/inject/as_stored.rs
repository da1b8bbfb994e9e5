//! `sram-sim inject --as-stored`: tensors in memory as their file has them.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Data, Files, Talk, warn};
use nn_bridge::memory::{Clamped, Memory, Planes, RegionDescription};
use nn_bridge::{
    Change, LayerDamage, StoredDamage, StoredImage, StoredTensorDamage, WeightFile, layer_damage,
    quantised_layers,
};
use serde::Serialize;
use sram_model::Between;

use super::files::Outputs;
use super::report::{Head, Injected};
use super::{first_cell, layer_config, print};
use crate::UsageError;
use crate::arguments::{Format, InjectArguments};
use crate::memory::{Asked, MemoryPlan, MemoryReport, PointFaults, ReadReport, Source};
use crate::output::{grouped, percent, significant, write_csv_row, write_json, write_table};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    head: Head,
    changed_elements: u64,
    /// Numbers that were finite and are infinite or NaN now.
    not_finite: u64,
    /// What became of the weights of layers that several tensors make.
    layers: Vec<LayerDamage>,
    damage: StoredDamage,
}

pub(super) fn run(
    arguments: &InjectArguments,
    plan: &MemoryPlan,
    asked: &Asked,
    outputs: &Outputs,
    files: &Files,
    out: &mut Talk,
) -> Result<()> {
    let path = files.input(&arguments.weights)?;
    let file = WeightFile::map(path)?;
    let config = layer_config::beside(path, &file, files)?;
    let mut rules = arguments.selection.rules();
    rules.as_stored = true;
    let selection = rules
        .select(file.tensors(), arguments.selection.order())
        .with_context(|| arguments.weights.to_string())?;
    let image = StoredImage::of(&selection);
    let names_planes =
        |region: &RegionDescription| region.planes != Planes::default() || region.robust.is_some();
    if let (Some(name), true) = (image.divided(), plan.description().regions.iter().any(names_planes)) {
        let text = format!(
            "tensor {name} has elements of 64 bits, which lie as two words of 32: `planes` and `robust` cannot say which bits are \
             meant; keep it apart (--exclude '{name}')"
        );
        return Err(UsageError(text).into());
    }
    let memory = plan.of_outlines(&image.outlines())?;

    let faults = plan.faults(asked, Between::from(arguments.between))?;
    let cells = faults.cells(&memory, arguments.seed, |_| arguments.offset);
    let model = arguments.read.model(arguments.seed);
    let read = plan.named(memory.read_stored(image.stored(&memory), &cells, model, 0))?;
    let damage = StoredDamage::of(&image, memory.layout(), &read.errors);
    let layers = quantised_layers(file.tensors(), file.metadata(), &config);
    let layers = layer_damage(&layers, &image, memory.layout(), &read.errors);
    // Codes and scales have no mean in common: it is null in JSON.
    let of_read = ReadReport::of(&memory, &faults, &read, f64::NAN);
    if let Some(output) = &outputs.weights {
        let layout = memory.layout();
        let of_tensor = |tensor: usize| {
            let range = layout.bits(tensor);
            let begin = range.start;
            read.errors.within(range).map(move |(bit, _)| bit - begin)
        };
        let names = image.tensors().iter().map(|stored| stored.tensor.name.as_str());
        let inverted: HashMap<&str, _> =
            names.enumerate().map(|(tensor, name)| (name, of_tensor(tensor))).collect();
        output.write(|out| file.write_inverted(out, inverted))?;
    }

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
    let (changed_elements, not_finite) = (damage.changed_elements(), damage.not_finite());
    let report = Report { head, changed_elements, not_finite, layers, damage };
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            report.head.kept_apart_words.iter().for_each(|words| warn(&format!("note: kept apart: {words}")));
            write_csv(&report, &mut out.data())
        }
        Format::Text => {
            write_text(&report, (&memory, &faults), out)?;
            Ok(outputs.all().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
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
    write_table(out, &header, &rows(damage, |x| significant(x, 4)))?;
    if report.layers.is_empty() { Ok(()) } else { write_layers(&report.layers, out) }
}

/// What bit errors did to the weights of quantised layers, by what the tensors are that they hit.
fn write_layers(layers: &[LayerDamage], out: &mut impl Write) -> Result<()> {
    let header = [
        "quantised layer",
        "format",
        "weights",
        "hit in",
        "bit errors",
        "weights changed",
        "not finite",
        "L-inf",
        "L2",
    ];
    let mut rows = Vec::new();
    for layer in layers {
        let of_layer = [layer.layer.clone(), layer.format.to_owned(), layer.weights.to_string()];
        let mut row = |hit: String, bit_errors: u64, change: &Change| {
            let Change { changed_weights, not_finite, l_inf, l2 } = *change;
            let counts = [bit_errors, changed_weights, not_finite].map(|count| count.to_string());
            let sizes = [l_inf, l2].map(|size| significant(size, 4));
            rows.push([&of_layer[..], &[hit], &counts, &sizes].concat());
        };
        for role in &layer.roles {
            row(role.role.to_string(), role.bit_errors, &role.change);
        }
        row("all".to_owned(), layer.roles.iter().map(|role| role.bit_errors).sum(), &layer.all);
    }
    writeln!(out)?;
    write_table(out, &header, &rows)?;
    let explained =
        "changes are of weights as the network sees them, each kind of tensor alone, then all together";
    writeln!(out, "{explained}")?;
    let assumed: BTreeSet<&str> = layers.iter().filter_map(|layer| layer.assumed).collect();
    Ok(assumed.iter().try_for_each(|assumed| writeln!(out, "{assumed}"))?)
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let of_read =
        ["fault_rate", "chip", "unit", "voltage", "map_voltage", "extrapolated", "offset", "read", "seed"];
    let columns =
        ["tensor", "dtype", "elements", "bit_errors", "changed_elements", "not_finite", "l_inf", "l2"];
    let columns = columns.into_iter().chain(of_read).chain(["scheme", "memory", "energy", "area"]);
    write_csv_row(out, &columns.map(str::to_owned).collect::<Vec<_>>())?;
    let source = print::source_cells(&report.head);
    let rows = rows(&report.damage, |x| x.to_string());
    Ok(rows.iter().try_for_each(|row| write_csv_row(out, &[&row[..], &source].concat()))?)
}

fn rows(damage: &StoredDamage, number: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |tensor: &StoredTensorDamage| {
        let StoredTensorDamage { elements, bit_errors, changed_elements, not_finite, l_inf, l2, .. } = tensor;
        let counts = [elements, bit_errors, changed_elements, not_finite].map(ToString::to_string);
        [vec![tensor.name.clone(), tensor.dtype.clone()], counts.to_vec(), vec![number(*l_inf), number(*l2)]]
            .concat()
    };
    damage.tensors.iter().map(row).collect()
}
