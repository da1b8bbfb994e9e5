//! `sram-sim diff`.

use std::convert::Infallible;
use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Talk, shown, warn};
use nn_bridge::{Difference, DifferingElement, TensorDifference, WeightFile, difference, weights_of};
use serde::Serialize;

use crate::arguments::{DiffArguments, Format};
use crate::output::{MADE_BY, MadeBy, csv_row, grouped, percent, significant, write_json, write_table};
use crate::weights;

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    first: String,
    second: String,
    /// Bits that differ, of all tensors that can be compared.
    bits: u64,
    /// Elements of which a bit differs.
    differing_elements: u64,
    #[serde(flatten)]
    difference: Difference,
}

const COLUMNS: &str = "tensor,element,bit,before,after";

pub(crate) fn run(arguments: &DiffArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let (first, second) = (open(&arguments.first, files)?, open(&arguments.second, files)?);
    match arguments.format {
        Format::Csv => write_rows(&first, &second, out),
        Format::Json => write_json(out, &Report::of(arguments, &first, &second)),
        Format::Text => write_text(&Report::of(arguments, &first, &second), out),
    }
}

impl Report {
    fn of(arguments: &DiffArguments, first: &WeightFile, second: &WeightFile) -> Self {
        let Ok(difference) = difference::<Infallible>(first, second, &mut |_| Ok(()));
        let sum = |of: fn(&TensorDifference) -> u64| difference.tensors.iter().map(of).sum();
        Self {
            made_by: MADE_BY,
            first: arguments.first.lossy(),
            second: arguments.second.lossy(),
            bits: sum(|tensor| tensor.bits),
            differing_elements: sum(|tensor| tensor.differing_elements),
            difference,
        }
    }
}

fn open(typed: &InputPath, files: &Files) -> Result<WeightFile> {
    weights_of(WeightFile::map(weights::input(typed, files)?)?).with_context(|| typed.to_string())
}

/// A row for each bit that differs; what cannot be compared is said beside.
fn write_rows(first: &WeightFile, second: &WeightFile, out: &mut Talk) -> Result<()> {
    out.stream(|out| -> Result<()> {
        writeln!(out, "{COLUMNS}")?;
        let difference = difference(first, second, &mut |at| write_bits(at, out))?;
        words(&difference).iter().for_each(|words| warn(&format!("note: {words}")));
        Ok(())
    })
}

fn write_bits(at: DifferingElement<'_>, out: &mut dyn Write) -> Result<()> {
    let DifferingElement { tensor, element, before, after } = at;
    let tensor = csv_row(&[tensor.to_owned()]);
    let mut bits = (0..u64::BITS).filter(|bit| (before ^ after) >> bit & 1 == 1);
    bits.try_for_each(|bit| Ok(writeln!(out, "{tensor},{element},{bit},{before:#x},{after:#x}")?))
}

/// What cannot be compared.
fn words(difference: &Difference) -> Vec<String> {
    let Difference { only_in_first, only_in_second, unlike, .. } = difference;
    let only = |names: &[String], file: &str| {
        names.iter().map(|name| format!("tensor {name} is only in the {file} file")).collect::<Vec<_>>()
    };
    let unlike = unlike.iter().map(|unlike| {
        format!("tensor {} cannot be compared: {}, and {}", unlike.tensor, unlike.first, unlike.second)
    });
    [only(only_in_first, "first"), only(only_in_second, "second"), unlike.collect()].concat()
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    let difference = &report.difference;
    writeln!(out, "first    {}", shown(&report.first))?;
    writeln!(out, "second   {}", shown(&report.second))?;
    words(difference).iter().try_for_each(|words| writeln!(out, "note     {}", shown(words)))?;
    let tensors = &difference.tensors;
    let elements: u64 = tensors.iter().map(|tensor| tensor.elements).sum();
    let bits: u64 = tensors.iter().map(|tensor| tensor.elements * u64::from(tensor.bits_per_element)).sum();
    let share = |part: u64, of: u64| percent(part as f64 / of.max(1) as f64);
    let differ: Vec<&TensorDifference> = tensors.iter().filter(|tensor| tensor.bits > 0).collect();
    writeln!(
        out,
        "differ   {} bits ({} %) in {} elements ({} %), in {} of {} tensors",
        grouped(report.bits),
        share(report.bits, bits),
        grouped(report.differing_elements),
        share(report.differing_elements, elements),
        differ.len(),
        tensors.len()
    )?;
    if differ.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let header = ["tensor", "type", "elements", "bits", "elements differ", "not finite", "L-inf", "L2"];
    let row = |tensor: &&TensorDifference| {
        let TensorDifference { name, dtype, elements, bits, differing_elements, change, .. } = tensor;
        let counts =
            [*elements, *bits, *differing_elements, change.not_finite].map(|count| count.to_string());
        let norm = |norm: f64| if norm.is_nan() { "-".to_owned() } else { significant(norm, 4) };
        [vec![name.clone(), dtype.clone()], counts.to_vec(), vec![norm(change.l_inf), norm(change.l2)]]
            .concat()
    };
    Ok(write_table(out, &header, &differ.iter().map(row).collect::<Vec<_>>())?)
}
