//! `sram-sim import`.

mod hex;
mod log;
mod powerup;

use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Output, Talk, shown, warn};
use sram_model::import::flips::{self, FlipOptions, FlipReport, import_flips};
use sram_model::interchange::{CsvOptions, import_csv};
use sram_model::{Profile, ProfileDraft, Proportion, Voltage};

use crate::arguments::{CsvArguments, FlipsArguments, ImportArguments, ImportSource, UnknownDirection};
use crate::output::{grouped, percent, write_table};

const RECOVERED: &str = "recovered: cells that fail at the next higher voltage but not at this one";

pub(crate) fn run(arguments: &ImportArguments, files: &Files, out: &mut Talk) -> Result<()> {
    match &arguments.source {
        ImportSource::Hex(arguments) => hex::run(arguments, files, out),
        ImportSource::Powerup(arguments) => powerup::run(arguments, files, out),
        ImportSource::Flips(arguments) => run_flips(arguments, files, out),
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

fn run_flips(arguments: &FlipsArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = files.output(&arguments.out)?;
    let options = FlipOptions {
        name: arguments.name.clone(),
        geometry: arguments.geometry,
        unit: arguments.unit,
        vmin: arguments.vmin,
        unknown: match arguments.direction {
            UnknownDirection::Random => flips::UnknownDirection::Drawn { seed: arguments.seed },
            UnknownDirection::ReadsOne => flips::UnknownDirection::ReadsOne,
            UnknownDirection::ReadsZero => flips::UnknownDirection::ReadsZero,
            UnknownDirection::Inverts => flips::UnknownDirection::Inverts,
        },
        reads: arguments.reads,
        anyway: arguments.anyway,
    };
    let map = |(voltage, file): &(Voltage, InputPath)| Ok((files.input(file)?.to_owned(), *voltage));
    let maps: Vec<_> = arguments.maps.iter().map(map).collect::<Result<_>>()?;
    let (draft, report) = import_flips(&maps, &options)?;
    say_doubts(&report.doubts());
    print_flips(&report, arguments, out)?;
    write_profile(draft, &arguments.maps[0].1, &output, out)?;
    say_reads(arguments.reads, out)
}

fn print_flips(report: &FlipReport, arguments: &FlipsArguments, out: &mut impl Write) -> Result<()> {
    let voltage = format!("voltage {}", arguments.unit);
    let header =
        ["file", &voltage, "faulty cells", "recovered", "direction from other map", "direction unknown"];
    let row = |map: &flips::FlipMapReport| {
        let counts =
            [map.faulty_cells, map.recovered_cells, map.directions_from_other_maps, map.directions_unknown]
                .map(grouped);
        [vec![map.file.clone(), map.voltage.to_string()], counts.to_vec()].concat()
    };
    write_table(out, &header, &report.maps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    if report.maps.iter().any(|map| map.directions_unknown > 0) {
        match arguments.direction {
            UnknownDirection::Random => {
                let seed = arguments.seed;
                writeln!(
                    out,
                    "unknown directions are random, half of them each way, by seed {seed} (see --direction)"
                )?;
            }
            chosen => writeln!(out, "unknown directions: {chosen:?}, as asked")?,
        }
    }
    Ok(())
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
