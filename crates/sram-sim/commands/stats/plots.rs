//! Charts of a chip's statistics.

mod bars;
mod columns;
mod rates;

use anyhow::Result;
use cli_io::{Output, OutputFolder};
use sram_model::{FaultMap, Profile};

use self::bars::Bars;
use self::columns::Columns;
use self::rates::Rates;
use super::{AtVoltage, Report};
use crate::chart::{self, label};
use crate::{picture, progress};

const TEXT: (&str, i32) = ("sans-serif", 14);
const TITLE: (&str, i32) = ("sans-serif", 18);

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plot {
    Rates,
    Flips,
    Critical,
    Columns,
    Map,
}

/// The files of every chart, as SVG and PNG, in a folder.
pub(super) fn outputs(folder: &OutputFolder<'_>) -> Result<Vec<(Plot, Output)>> {
    let plots = [
        (Plot::Rates, "ber"),
        (Plot::Flips, "flip-probabilities"),
        (Plot::Critical, "critical-voltages"),
        (Plot::Columns, "columns"),
        (Plot::Map, "map"),
    ];
    let mut outputs = Vec::new();
    for extension in ["svg", "png"] {
        for (plot, name) in plots {
            outputs.push((plot, folder.output(&format!("{name}.{extension}"))?));
        }
    }
    Ok(outputs)
}

/// Writes the charts, and says which there are.
pub(super) fn write<'o>(
    profile: &Profile,
    report: &Report,
    map: &FaultMap,
    outputs: &'o [(Plot, Output)],
) -> Result<Vec<&'o Output>> {
    // A chip without a model has charts, too, without the model's lines.
    let model = progress::fit(profile).ok();
    let bar = progress::bar(outputs.len() as u64, "charts");
    let title = |what: &str| {
        let (chip, voltage) = (label(&report.chip), map.voltage());
        format!("{what} of chip {chip} at {voltage}{}", counted(report))
    };
    let rates = Rates { report, model: model.as_ref() };
    let flips = Bars::flips(map, title("Flip probabilities of faulty cells"));
    let critical = Bars::critical(report);
    let columns = Columns::of(map, report, title("Faulty cells by column"));
    let mut written = Vec::new();
    for (plot, output) in outputs {
        bar.inc(1);
        match (plot, &critical) {
            (Plot::Rates, _) => chart::write(&rates, output)?,
            (Plot::Flips, _) => chart::write(&flips, output)?,
            (Plot::Critical, Some(critical)) => chart::write(critical, output)?,
            (Plot::Critical, None) => continue,
            (Plot::Columns, _) => chart::write(&columns, output)?,
            (Plot::Map, _) if output.has_extension("svg") => {
                output.write(|out| picture::write_svg(profile, map, out))?;
            }
            (Plot::Map, _) => output.write(|out| picture::write_png(profile, map, out))?,
        }
        written.push(output);
    }
    bar.finish_and_clear();
    Ok(written)
}

/// What counts as faulty, where that is not every cell that ever flips.
fn counted(report: &Report) -> String {
    match report.flip_from {
        0.0 => String::new(),
        from => format!(", cells that flip at {from} or more"),
    }
}

/// The maps that answered, each once: a measured map may answer at several voltages.
fn maps(report: &Report) -> Vec<&AtVoltage> {
    let mut maps: Vec<&AtVoltage> = report.voltages.iter().collect();
    maps.dedup_by_key(|at| at.map_voltage);
    maps
}
