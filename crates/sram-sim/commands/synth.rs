//! `sram-sim synth`.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Files, Output, Talk};
use sram_model::{Geometry, QuantifiedVoltage, Synthesiser};

use crate::UsageError;
use crate::arguments::SynthArguments;
use crate::chip::{self, ModelFile};
use crate::output::grouped;
use crate::{progress, voltages};

/// Outputs that are checked beforehand; there may be billions.
const CHECKED: usize = 10_000;

pub(crate) fn run(arguments: &SynthArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let mut file = ModelFile::open(&arguments.model, files)?;
    if let Some(lowest) = arguments.down_to {
        let lowest = voltages::for_model(&file.model, lowest);
        extend(&mut file, lowest)?;
    }
    let geometry = match arguments.geometry {
        Some(geometry) => geometry,
        None => file.model.geometry()?,
    };
    let first = arguments.seed.unwrap_or(file.model.seed);
    let count = arguments.count.unwrap_or(1);
    let seeds = chip::seeds(first, count)?;
    // What cannot be written is told before the first is made.
    let output = |seed| output(arguments, seed, files);
    let busy = progress::busy("looking where to write");
    let checked = seeds.clone().take(CHECKED).map(output).collect::<Result<Vec<_>>>()?;
    busy.finish_and_clear();
    let outputs = checked.into_iter().map(Ok).chain(seeds.clone().skip(CHECKED).map(output));
    let synthesiser = Synthesiser::new(&file.model);
    let bar = progress::bar(count.into(), "generating chips");
    for (seed, output) in seeds.zip(outputs) {
        let output = output?;
        let draft = file.chip(&synthesiser, geometry, seed, arguments.temperature)?;
        let cells = draft.content.faulty_cells();
        output.write_bytes(&draft.encode()?)?;
        bar.inc(1);
        say(&output, seed, geometry, cells, out)?;
    }
    bar.finish_and_clear();
    for voltage in file.model.voltages() {
        if file.model.predict(voltage, arguments.temperature)?.extrapolated {
            let known = file.known(arguments.temperature);
            writeln!(out, "note: {voltage} is extrapolated; {known}")?;
            break;
        }
    }
    Ok(())
}

/// Lets chips answer down to `lowest`, by extrapolation if the curve ends above.
fn extend(file: &mut ModelFile, lowest: QuantifiedVoltage) -> Result<()> {
    let mut voltages = file.model.voltages();
    match voltages.last() {
        Some(&last) if lowest >= last => {
            bail!("--down-to {}: chips of this model answer down to {last} as it is", lowest.voltage)
        }
        _ => voltages.push(lowest),
    }
    Ok(file.model.set_voltages(voltages)?)
}

/// The file of a chip. Names of many are made one by one, since there may be billions: `chip.sfp` of seed 7 is `chip-7.sfp`.
fn output(arguments: &SynthArguments, seed: u64, files: &Files) -> Result<Output> {
    if arguments.count.is_none() {
        return Ok(files.output(&arguments.out)?);
    }
    if files.is_stream(&arguments.out) {
        let text = format!("--count: {} is no file, so there is no name to put numbers to", arguments.out);
        return Err(UsageError(text).into());
    }
    Ok(files.output(&arguments.out.numbered(seed))?)
}

fn say(output: &Output, seed: u64, geometry: Geometry, cells: u64, out: &mut Talk) -> Result<()> {
    Ok(writeln!(
        out,
        "wrote {output}: seed {seed}, {geometry}, {} cells, {} of which fail in its range",
        grouped(geometry.cells()),
        grouped(cells)
    )?)
}
