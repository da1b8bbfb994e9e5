//! Prints the report of `sram-sim inject`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, shown};
use nn_bridge::Damage;

use super::{Faults, Report};
use crate::output::{grouped, percent, significant, write_csv_row, write_table};
use crate::selection;

pub(super) fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    write_stored(report, out)?;
    write_source(report, out)?;
    writeln!(out)?;
    write_faults(report, out)?;
    write_damage(report, out)?;
    writeln!(out)?;
    let header = ["tensor", "weights", "bit errors", "weights hit", "L-inf", "L2"];
    Ok(write_table(out, &header, &tensor_rows(&report.damage, |x| significant(x, 4)))?)
}

/// What lies in memory.
fn write_stored(report: &Report, out: &mut impl Write) -> Result<()> {
    let damage = &report.damage;
    let tensors = damage.tensors.len();
    writeln!(
        out,
        "weights        {}: {} in {tensors} tensor{}, by {}",
        shown(&report.weights),
        grouped(damage.weights()),
        if tensors == 1 { "" } else { "s" },
        report.order
    )?;
    selection::write_text(&report.kept_apart_words, out)?;
    Ok(writeln!(out, "stored as      {}; {} bits", report.scheme, grouped(damage.image_bits))?)
}

/// Where its faults come from.
fn write_source(report: &Report, out: &mut impl Write) -> Result<()> {
    match &report.faults {
        Faults::Chip { name, voltage, map_voltage, extrapolated, unit, offset, copies, read, fault_rate } => {
            let used = if map_voltage == voltage {
                String::from(if *extrapolated { ", extrapolated" } else { "" })
            } else {
                format!(" (map of {map_voltage} {unit})")
            };
            writeln!(
                out,
                "on             chip {} at {voltage} {unit}{used}, from cell {offset} on, {} copies of it",
                shown(name),
                significant(*copies, 3)
            )?;
            writeln!(
                out,
                "fault rate p   {} %  mean over cells of both flip probabilities added",
                percent(*fault_rate)
            )?;
            writeln!(out, "read           {read}, seed {}", report.seed)?;
        }
        Faults::Random { rate, stream_version } => {
            writeln!(
                out,
                "on             a virtual chip with random bit errors at rate {} %",
                percent(*rate)
            )?;
            writeln!(out, "seed           {}, stream version {stream_version}", report.seed)?;
        }
    }
    if report.protected_msb > 0 {
        writeln!(out, "protected      the {} most significant bits of each weight", report.protected_msb)?;
    }
    Ok(())
}

/// How many faults there are, and how many bits read wrong, expected and found.
fn write_faults(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "faults hit     {}  bits that lie in faulty cells", grouped(report.faults_hit))?;
    writeln!(out, "faults shown   {}  of them fail in this read", grouped(report.faults_shown))?;
    writeln!(
        out,
        "bit errors     {}  bits that read differently from what was stored",
        grouped(report.damage.bit_errors)
    )?;
    let by = match report.faults {
        Faults::Chip { .. } => "the mean of the flip probabilities that apply to the bits stored",
        Faults::Random { .. } if report.protected_msb > 0 => {
            "the rate, of bits that are not protected, by all bits"
        }
        Faults::Random { .. } => "the rate",
    };
    writeln!(out, "expected BER   {} %  {by}", percent(report.expected_ber))?;
    Ok(writeln!(out, "realised BER   {} %  bit errors per bit stored", percent(report.realised_ber))?)
}

/// What they do to the weights.
fn write_damage(report: &Report, out: &mut impl Write) -> Result<()> {
    let damage = &report.damage;
    let share = report.changed_weights as f64 / damage.weights().max(1) as f64;
    writeln!(out, "weights hit    {}  {} % of all", grouped(report.changed_weights), percent(share))?;
    writeln!(out, "weight change  L-inf {}, L2 {}", significant(report.l_inf, 4), significant(report.l2, 4))?;
    let positions: Vec<String> = damage
        .bit_errors_by_position
        .iter()
        .enumerate()
        .map(|(bit, count)| format!("{bit}: {count}"))
        .collect();
    Ok(writeln!(out, "errors by bit  {}  (0 is the LSB)", positions.join(", "))?)
}

const COLUMNS: [&str; 19] = [
    "tensor",
    "weights",
    "bit_errors",
    "changed_weights",
    "l_inf",
    "l2",
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
    "protected_msb",
];

/// A row a tensor, each with where its errors come from. Totals are in the other formats: in a table they would be counted twice.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    write_csv_row(out, &COLUMNS.map(str::to_owned))?;
    let source = source_cells(report);
    let rows = tensor_rows(&report.damage, |x| x.to_string());
    let tensors = report.damage.tensors.iter().zip(&report.expected_errors);
    for (mut row, (tensor, expected)) in rows.into_iter().zip(tensors) {
        let bits = (tensor.weights * u64::from(report.bits_per_weight)).max(1) as f64;
        row.extend([expected / bits, tensor.bit_errors as f64 / bits].map(|ber| ber.to_string()));
        row.extend(source.iter().cloned());
        write_csv_row(out, &row)?;
    }
    Ok(())
}

/// The cells that say where the errors come from; of random ones those of a chip are empty.
fn source_cells(report: &Report) -> Vec<String> {
    let mut cells = match &report.faults {
        Faults::Chip { name, voltage, map_voltage, extrapolated, unit, offset, read, fault_rate, .. } => {
            vec![
                fault_rate.to_string(),
                name.clone(),
                unit.clone(),
                voltage.to_string(),
                map_voltage.to_string(),
                extrapolated.to_string(),
                offset.to_string(),
                read.clone(),
            ]
        }
        Faults::Random { .. } => vec![String::new(); 8],
    };
    cells.extend([report.seed.to_string(), report.scheme.clone(), report.protected_msb.to_string()]);
    cells
}

fn tensor_rows(damage: &Damage, number: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |tensor: &nn_bridge::TensorDamage| {
        let counts = [tensor.weights, tensor.bit_errors, tensor.changed_weights].map(|n| n.to_string());
        [vec![tensor.name.clone()], counts.to_vec(), vec![number(tensor.l_inf), number(tensor.l2)]].concat()
    };
    damage.tensors.iter().map(row).collect()
}
