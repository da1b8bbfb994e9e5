//! `sram-sim eval`.

mod plot;

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, Files, InputPath, Talk, shown};
use serde::Serialize;

use crate::arguments::{EvalArguments, Format};
use crate::campaign::{self, MAP_COLUMNS, Measured};
use crate::journal::Journal;
use crate::networks::{self, Subject};
use crate::output::{MADE_BY, MadeBy, grouped, or_dash, percent, write_csv_row, write_json, write_table};
use crate::{chart, progress};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    network: String,
    weights: Option<String>,
    parameters: usize,
    tensors: usize,
    data: String,
    images: usize,
    scheme: String,
    bits_per_weight: u32,
    maps: u32,
    seed: u64,
    stream_version: u32,
    read: String,
    /// Clean test error before quantisation, a fraction.
    err_float: f64,
    /// Clean test error with quantised weights.
    err: f64,
    points: Vec<Measured>,
}

pub(crate) fn run(arguments: &EvalArguments, files: &Files, out: &mut Talk) -> Result<()> {
    // What was typed wrong is told before any network runs.
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let journal = arguments.campaign.journal.as_ref().map(|path| files.kept(path)).transpose()?;
    let points = campaign::points(&arguments.campaign, files)?;
    let asked = &arguments.campaign;
    let mut subject = networks::open(
        &arguments.network,
        &arguments.scheme,
        arguments.weights.as_ref(),
        asked.protocol,
        true,
        files,
    )?;
    let maps = campaign::maps(asked);
    let mut journal = Journal::open(journal.as_ref())?;
    let bar = progress::bar(points.len() as u64 * u64::from(maps), "fault maps");
    let mut measured = Vec::new();
    for point in &points {
        measured.push(campaign::measure(&mut subject, point, asked, &mut journal, &bar)?);
    }
    bar.finish_and_clear();
    let Subject { evaluation, float, network, data, images, scheme, .. } = subject;
    campaign::say_times(&evaluation);
    let image = evaluation.image();
    let report = Report {
        made_by: MADE_BY,
        network,
        weights: arguments.weights.as_ref().map(InputPath::lossy),
        parameters: image.codes().len(),
        tensors: image.tensors().len(),
        data: data.to_string(),
        images,
        scheme: scheme.to_string(),
        bits_per_weight: scheme.bits().bits(),
        maps,
        seed: asked.seed,
        stream_version: flip_core::STREAM_VERSION,
        read: format!("{:?}", asked.read).to_lowercase(),
        err_float: float.unwrap_or_default(),
        err: evaluation.clean().error(),
        points: measured,
    };
    if let Some(output) = &plot {
        chart::write(&plot::Errors(&report), output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => write_csv(&report, &mut out.data()),
        Format::Text => {
            write_text(&report, out)?;
            Ok(plot.iter().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    write_csv_row(out, &MAP_COLUMNS.map(str::to_owned))?;
    let mut rows = report.points.iter().flat_map(|point| point.map_rows(report.err));
    Ok(rows.try_for_each(|row| write_csv_row(out, &row))?)
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(
        out,
        "network     {}, {} weights in {} tensors",
        shown(&report.network),
        grouped(report.parameters as u64),
        report.tensors
    )?;
    writeln!(out, "images      {} of {}, test", grouped(report.images as u64), shown(&report.data))?;
    writeln!(out, "stored as   {}", report.scheme)?;
    let before = percent(report.err_float);
    writeln!(
        out,
        "Err         {} %  clean test error ({before} % before quantisation)",
        percent(report.err)
    )?;
    if report.points.is_empty() {
        return Ok(());
    }
    let last = report.seed.wrapping_add(u64::from(report.maps) - 1);
    match report.maps {
        1 => writeln!(out, "maps        one for each line, seed {last}")?,
        maps => writeln!(out, "maps        {maps} for each line, seeds {} to {last}", report.seed)?,
    }
    writeln!(out)?;
    write_points(&report.points, out)?;
    writeln!(
        out,
        "p: fault rate; BER: realised, bit errors per bit stored, mean; rerr: test error under bit errors, rerr_paper: wrong\n\
         clean or under them; mean over maps, its standard error (SE), standard deviation over maps (std), worst map; in %"
    )?;
    Ok(())
}

fn write_points(points: &[Measured], out: &mut impl Write) -> Result<()> {
    let on_chips = points.iter().any(|point| point.source.chip.is_some());
    let mut header = vec!["p %", "BER %", "rerr", "SE", "std", "worst", "rerr_paper", "SE", "std", "worst"];
    if on_chips {
        header.splice(0..0, ["chip", "V", "energy"]);
    }
    let two = |fraction: f64| format!("{:.2}", 100.0 * fraction);
    let rows = points.iter().map(|point| {
        let source = &point.source;
        let mut row = vec![percent(source.fault_rate), percent(point.realised_ber.mean)];
        for spread in [point.rerr, point.rerr_paper] {
            row.extend([spread.mean, spread.standard_error, spread.std, spread.worst].map(two));
        }
        if on_chips {
            let voltage = source.voltage.map_or_else(String::new, |voltage| voltage.to_string());
            let energy = or_dash(source.energy_relative_to_vmin, 4);
            row.splice(0..0, [source.chip.clone().unwrap_or_default(), voltage, energy]);
        }
        row
    });
    Ok(write_table(out, &header, &rows.collect::<Vec<_>>())?)
}
