//! Prints the report of `sram-sim inject`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, shown};
use nn_bridge::Damage;
use nn_bridge::memory::Memory;

use super::report::{Head, Report};
use crate::memory::{PointFaults, write_sources};
use crate::output::{grouped, percent, significant, write_csv_row, write_table};
use crate::selection;

pub(super) fn write_text(
    report: &Report,
    memory: &Memory,
    faults: &PointFaults,
    out: &mut impl Write,
) -> Result<()> {
    let damage = &report.damage;
    let stored = format!("{} bits", grouped(damage.image_bits));
    write_head(&report.head, (damage.weights(), damage.tensors.len(), &stored), (memory, faults), out)?;
    write_faults(&report.head, damage.bit_errors, out)?;
    write_damage(report, out)?;
    writeln!(out)?;
    let header = ["tensor", "weights", "bit errors", "weights hit", "L-inf", "L2"];
    Ok(write_table(out, &header, &tensor_rows(&report.damage, |x| significant(x, 4)))?)
}

/// What lies in memory, and where its faults come from. `stored` is how many weights lie there, in how many tensors, and bits.
pub(super) fn write_head(
    head: &Head,
    (weights, tensors, bits): (u64, usize, &str),
    (memory, faults): (&Memory, &PointFaults),
    out: &mut impl Write,
) -> Result<()> {
    writeln!(
        out,
        "weights        {}: {} in {tensors} tensor{}, by {}",
        shown(&head.weights),
        grouped(weights),
        if tensors == 1 { "" } else { "s" },
        head.order
    )?;
    selection::write_text(&head.kept_apart_words, out)?;
    write_pairs(
        "passed over",
        head.passed_over.iter().cloned(),
        "not of the network, as the file has it",
        out,
    )?;
    let tied = head.tied.iter().map(|(other, name)| format!("{other} is {name}"));
    write_pairs("tied", tied, "stored once", out)?;
    let equal = head.equal_copies.iter().map(|[name, other]| format!("{other} holds the same as {name}"));
    write_pairs("equal", equal, "stored each for itself", out)?;
    writeln!(out, "stored as      {}; {bits}", head.scheme)?;
    head.memory.write_text("memory         ", out)?;
    write_source(head, out)?;
    write_sources(memory, faults, &head.faults, out)?;
    Ok(writeln!(out)?)
}

/// Tensors, or pairs of them, that a line names; of more it says how many.
const NAMED: usize = 3;

/// A line about some tensors, if there are any.
fn write_pairs(
    what: &str,
    pairs: impl ExactSizeIterator<Item = String>,
    how: &str,
    out: &mut impl Write,
) -> Result<()> {
    let (count, mut words) = (pairs.len(), pairs.take(NAMED).collect::<Vec<_>>().join(", "));
    if count == 0 {
        return Ok(());
    }
    if count > NAMED {
        words = format!("{words} and {} more", count - NAMED);
    }
    Ok(writeln!(out, "{what:<14} {}: {how}", shown(&words))?)
}

/// Where its faults come from.
fn write_source(report: &Head, out: &mut impl Write) -> Result<()> {
    let source = &report.faults;
    match (&source.chip, source.voltage, source.unit, source.rate) {
        (Some(name), Some(voltage), Some(unit), _) => {
            let used = match source.map_voltage {
                Some(map) if map != voltage => format!(" (map of {map} {unit})"),
                _ => String::from(if source.extrapolated { ", extrapolated" } else { "" }),
            };
            let begin = match (report.memory.regions.len(), report.offset) {
                (1, offset) => format!(", from cell {offset} on"),
                (_, 0) => String::new(),
                (_, offset) => format!(", regions {offset} cells later than they say"),
            };
            writeln!(
                out,
                "on             chip {} at {voltage} {unit}{used}{begin}, {} copies of it",
                shown(name),
                significant(report.copies.unwrap_or_default(), 3)
            )?;
            if let Some(rate) = source.fault_rate {
                let rate = percent(rate);
                writeln!(out, "fault rate p   {rate} %  mean over cells of both flip probabilities added")?;
            }
            writeln!(out, "read           {}, seed {}", report.read, report.seed)?;
        }
        (_, _, _, Some(rate)) => {
            writeln!(
                out,
                "on             a virtual chip with random bit errors at rate {} %",
                percent(rate)
            )?;
            writeln!(out, "seed           {}, stream version {}", report.seed, report.stream_versions[0])?;
        }
        _ if source.list.is_some() => {
            let list = source.list.as_deref().unwrap_or_default();
            writeln!(out, "bit errors of  {}, each of which found what stood there before", shown(list))?;
        }
        _ => writeln!(
            out,
            "on             cells as the memory says; read {}, seed {}",
            report.read, report.seed
        )?,
    }
    Ok(())
}

/// How many faults there are, and how many bits read wrong, expected and found.
pub(super) fn write_faults(report: &Head, bit_errors: u64, out: &mut impl Write) -> Result<()> {
    if report.faults.list.is_none() {
        report.of_read.write_text(&report.memory, out)?;
    }
    if !report.memory.is_plain {
        writeln!(
            out,
            "area           {}  of that of the weights' bits, with all that the chip leaves empty or spares",
            significant(report.area, 4)
        )?;
    }
    writeln!(out, "bit errors     {}  bits that read differently from what was stored", grouped(bit_errors))?;
    let by = match (report.faults.rate, report.memory.is_plain) {
        _ if report.faults.list.is_some() => "the list",
        (None, _) => "the mean of the flip probabilities that apply to the bits stored",
        (Some(_), true) => "the rate",
        (Some(_), false) => "the rate, of bits that can fail, by all bits of weights",
    };
    let before = if report.memory.is_plain { "" } else { ", before anything is corrected" };
    writeln!(out, "expected BER   {} %  {by}{before}", percent(report.of_read.expected_ber))?;
    Ok(writeln!(out, "realised BER   {} %  bit errors per bit stored", percent(report.of_read.realised_ber))?)
}

/// What they do to the weights.
fn write_damage(report: &Report, out: &mut impl Write) -> Result<()> {
    let damage = &report.damage;
    let share = report.changed_weights as f64 / damage.weights().max(1) as f64;
    writeln!(out, "weights hit    {}  {} % of all", grouped(report.changed_weights), percent(share))?;
    let [l_inf, l2, mean] = [report.l_inf, report.l2, report.head.of_read.mean_squared_change]
        .map(|number| significant(number, 4));
    writeln!(out, "weight change  L-inf {l_inf}, L2 {l2}; mean square {mean}")?;
    let positions: Vec<String> = damage
        .bit_errors_by_position
        .iter()
        .enumerate()
        .map(|(bit, count)| format!("{bit}: {count}"))
        .collect();
    Ok(writeln!(out, "errors by bit  {}  (0 is the LSB)", positions.join(", "))?)
}

const COLUMNS: [&str; 22] = [
    "tensor",
    "weights",
    "bit_errors",
    "changed_weights",
    "l_inf",
    "l2",
    "bits_per_weight",
    "expected_ber",
    "realised_ber",
    "fault_rate",
    "chip",
    "unit",
    "voltage",
    "map_voltage",
    "extrapolated",
    "offset",
    "read",
    "seed",
    "scheme",
    "memory",
    "energy",
    "area",
];

/// A row a tensor, each with where its errors come from. Totals are in the other formats: in a table they would be counted twice.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    write_csv_row(out, &COLUMNS.map(str::to_owned))?;
    let source = source_cells(&report.head);
    let rows = tensor_rows(&report.damage, |x| x.to_string());
    let tensors = report.damage.tensors.iter().zip(&report.head.expected_errors);
    for (mut row, (tensor, expected)) in rows.into_iter().zip(tensors) {
        let bits = (tensor.weights * u64::from(tensor.bits_per_weight)).max(1) as f64;
        row.push(tensor.bits_per_weight.to_string());
        row.extend([expected / bits, tensor.bit_errors as f64 / bits].map(|ber| ber.to_string()));
        row.extend(source.iter().cloned());
        write_csv_row(out, &row)?;
    }
    Ok(())
}

/// The cells that say where the errors come from; of random ones those of a chip are empty.
pub(super) fn source_cells(report: &Head) -> Vec<String> {
    fn text(value: Option<impl ToString>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    let source = &report.faults;
    let of_chip = source.chip.is_some();
    vec![
        text(source.fault_rate),
        text(source.chip.as_ref()),
        text(source.unit),
        text(source.voltage),
        text(source.map_voltage),
        text(of_chip.then_some(source.extrapolated)),
        text(of_chip.then_some(report.offset)),
        text(of_chip.then_some(&report.read)),
        report.seed.to_string(),
        report.scheme.clone(),
        report.memory.label.clone(),
        text(report.of_read.energy_relative_to_vmin.map(|energy| significant(energy, 6))),
        significant(report.area, 6),
    ]
}

fn tensor_rows(damage: &Damage, number: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |tensor: &nn_bridge::TensorDamage| {
        let counts = [tensor.weights, tensor.bit_errors, tensor.changed_weights].map(|n| n.to_string());
        [vec![tensor.name.clone()], counts.to_vec(), vec![number(tensor.l_inf), number(tensor.l2)]].concat()
    };
    damage.tensors.iter().map(row).collect()
}
