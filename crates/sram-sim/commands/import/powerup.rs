//! `sram-sim import powerup`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk, shown};
use sram_model::Proportion;
use sram_model::import::hex::{PowerupCondition, PowerupReport, import_powerup};

use super::{hex, write_profile};
use crate::arguments::PowerupArguments;
use crate::output::{grouped, percent, significant, write_table};

pub(super) fn run(arguments: &PowerupArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let dumps = &arguments.dumps;
    let output = files.output(&dumps.out)?;
    let folder = files.input_folder(&dumps.folder)?;
    let (draft, report) = import_powerup(folder, &hex::options(dumps, files)?)?;
    print(&report, out)?;
    write_profile(draft, &dumps.folder, &output, out)
}

fn print(report: &PowerupReport, out: &mut impl Write) -> Result<()> {
    let header = [
        "voltage V",
        "reads",
        "ones %",
        "stable cells",
        "stable %",
        "95 % interval",
        "distance %",
        "min-entropy",
        "other states %",
    ];
    write_table(out, &header, &report.conditions.iter().map(row).collect::<Vec<_>>())?;
    writeln!(
        out,
        "stable: the same in all reads; distance: cells in which two reads differ, mean over pairs; min-entropy of the\n\
         noise in bits a cell; other states: cells whose likely state is another than at the highest voltage"
    )?;
    for (reading, file) in &report.readings {
        let which = if report.readings.len() > 1 { format!("{file} and alike ") } else { String::new() };
        writeln!(out, "{}read as {reading}", shown(&which))?;
    }
    for ignored in &report.ignored {
        writeln!(out, "not read: {} ({})", shown(&ignored.file), ignored.reason)?;
    }
    Ok(())
}

fn row(condition: &PowerupCondition) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let stable = condition.stable;
    let interval = stable.map(|stable| stable.interval(0.95));
    vec![
        condition.voltage.to_string(),
        condition.reads.to_string(),
        percent(condition.ones),
        or_dash(stable.map(|stable| grouped(stable.count))),
        or_dash(stable.and_then(Proportion::share).map(percent)),
        or_dash(interval.map(|(low, high)| format!("{} to {}", percent(low), percent(high)))),
        or_dash(condition.distance.map(percent)),
        or_dash(condition.min_entropy.map(|entropy| significant(entropy, 4))),
        or_dash(condition.from_first.map(percent)),
    ]
}
