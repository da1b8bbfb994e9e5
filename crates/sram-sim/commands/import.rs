//! `sram-sim import`.

mod flips;
mod hex;
mod log;
mod powerup;

use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Output, Talk, shown, warn};
use sram_model::interchange::{CsvOptions, import_csv};
use sram_model::{Profile, ProfileDraft, Proportion};

use crate::arguments::{CsvArguments, ImportArguments, ImportSource};
use crate::output::{grouped, percent};

const RECOVERED: &str = "recovered: cells that fail at the next higher voltage but not at this one";

pub(crate) fn run(arguments: &ImportArguments, files: &Files, out: &mut Talk) -> Result<()> {
    match &arguments.source {
        ImportSource::Hex(arguments) => hex::run(arguments, files, out),
        ImportSource::Powerup(arguments) => powerup::run(arguments, files, out),
        ImportSource::Flips(arguments) => flips::run(arguments, files, out),
        ImportSource::Log(arguments) => log::run(arguments, files, out),
        ImportSource::Csv(CsvArguments { file, out: path, reads, anyway }) => {
            let output = files.output(path)?;
            let options = CsvOptions { reads: *reads, anyway: *anyway };
            let (draft, doubts) = import_csv(files.input(file)?, &options)?;
            say_doubts(&doubts.notes(&file.to_string()));
            write_profile(draft, file, &output, out)?;
            say_reads(*reads, out)
        }
    }
}

/// What may be a mistake in a table.
fn say_doubts(notes: &[String]) {
    notes.iter().for_each(|note| warn(&format!("note: {}", shown(note))));
}

fn say_reads(reads: Option<u32>, out: &mut impl Write) -> Result<()> {
    if let Some(reads) = reads {
        writeln!(out, "flip probabilities are counts of {reads} reads; {}", known(reads.into()))?;
    }
    Ok(())
}

/// How well a number of reads tells a flip probability.
fn known(reads: u64) -> String {
    let interval = |count| {
        let (low, high) = Proportion { count, trials: reads }.interval(0.95);
        format!("{count} of {reads} means {} to {} %", percent(low), percent(high))
    };
    format!("{}, {} (95 % intervals)", interval(1), interval(reads))
}

fn write_profile(draft: ProfileDraft, source: &InputPath, output: &Output, out: &mut Talk) -> Result<()> {
    let bytes = draft.encode().with_context(|| format!("{source} makes no profile"))?;
    output.write_bytes(&bytes)?;
    // Not from the file, which may be a pipe.
    let profile = Profile::from_bytes(bytes, &output.to_string())?;
    let info = profile.info();
    let (lowest, highest) = profile.range();
    let count = info.voltages().len();
    let range = if count == 1 { lowest.to_string() } else { format!("{} to {highest}", lowest.voltage) };
    let plural = if count == 1 { "voltage" } else { "voltages" };
    writeln!(
        out,
        "wrote {output}: {}, {} cells, {count} {plural}: {range}",
        info.geometry,
        grouped(info.geometry.cells())
    )?;
    Ok(())
}
