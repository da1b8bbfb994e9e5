//! `sram-sim generalize`.

mod heat;

use std::ffi::OsStr;
use std::io::Write;

use anyhow::Result;
use clap_lex::OsStrExt as _;
use cli_io::{Data, Files, InputPath, Talk, shown};
use nn_bridge::{ModelCard, Spread};
use serde::Serialize;
use sram_sim_cli::arguments::networks::Metric;
use sram_sim_cli::arguments::{Format, GeneralizeArguments};
use sram_sim_cli::output::{MADE_BY, MadeBy, percent, significant, write_csv_row, write_json, write_table};
use sram_sim_cli::{chart, progress};

use self::heat::HeatMap;
use crate::campaign::{self, Journal, MAP_COLUMNS, Measured, Plan};
use crate::networks::{self, Ask, Normalised};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    maps: u32,
    seed: u64,
    stream_version: u32,
    metric: String,
    networks: Vec<Row>,
}

/// A network and what it tolerates.
#[derive(Serialize)]
struct Row {
    label: String,
    weights: String,
    card: Option<ModelCard>,
    scheme: String,
    normalised: Normalised,
    /// Tensors free of bit errors, in words: a line for each reason.
    kept_apart: Vec<String>,
    images: usize,
    /// Clean test error, a fraction.
    err: f64,
    points: Vec<Measured>,
}

pub(crate) fn run(arguments: &GeneralizeArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let journal = arguments.campaign.reads.journal.as_ref().map(|path| files.kept(path)).transpose()?;
    let weights: Vec<(Option<String>, InputPath)> =
        arguments.weights.iter().map(|text| split(text)).collect();
    // Each is read when it is its turn; then a journal is open, and may be written.
    weights.iter().try_for_each(|(_, path)| files.check_input(path))?;
    let plan = Plan::of(&arguments.campaign)?;
    let points = campaign::points(&arguments.campaign, files)?;
    let mut journal = journal.map(|file| Journal::open(file.path())).transpose()?;
    let bar = progress::bar((weights.len() * points.len()) as u64 * u64::from(plan.maps), "fault maps");
    let mut rows = Vec::new();
    for (label, path) in &weights {
        let ask = Ask::of_campaign(
            &arguments.network,
            &arguments.scheme,
            &arguments.selection,
            &arguments.campaign,
            Some(path),
            false,
        );
        let mut subject = networks::open(&ask, files)?;
        plan.check(subject.scheme)?;
        let measure = |point| campaign::measure(&mut subject, point, &plan, &mut journal, &bar);
        let measured = points.iter().map(measure).collect::<Result<_>>()?;
        rows.push(Row {
            label: label.clone().unwrap_or_else(|| describe(subject.card.as_ref(), path)),
            weights: path.lossy(),
            scheme: subject.scheme.to_string(),
            normalised: subject.normalised,
            kept_apart: subject.kept_apart,
            images: subject.images,
            err: subject.evaluation.clean().error(),
            card: subject.card,
            points: measured,
        });
    }
    bar.finish_and_clear();
    let report = Report {
        made_by: MADE_BY,
        maps: plan.maps,
        seed: plan.seed,
        stream_version: flip_core::STREAM_VERSION,
        metric: name(arguments.metric).to_owned(),
        networks: rows,
    };
    if let Some(output) = &plot {
        chart::write(&HeatMap { rows: &report.networks, metric: arguments.metric }, output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report)?,
        Format::Csv => write_csv(&report, &mut out.data())?,
        Format::Text => {
            write_text(&report, arguments.metric, out)?;
            if let Some(output) = &plot {
                writeln!(out, "wrote {output}")?;
            }
        }
    }
    Ok(())
}

/// Label and path of `LABEL=FILE`, unless there is a file of the whole name.
fn split(text: &OsStr) -> (Option<String>, InputPath) {
    let whole = InputPath::from(text.to_owned());
    match text.split_once("=") {
        Some((label, path)) if !whole.exists() => {
            (Some(label.to_string_lossy().into_owned()), path.to_owned().into())
        }
        _ => (None, whole),
    }
}

/// How a network was trained, in few words.
fn describe(card: Option<&ModelCard>, path: &InputPath) -> String {
    let Some(card) = card else { return path.lossy() };
    let clip = card.clip.map_or_else(String::new, |limit| format!(" {limit}"));
    let under = match card.trained_under.as_str() {
        "" => String::new(),
        // As cards of version 0.1.0 had it, of random errors alone.
        words => format!(", {}", words.replace("p = ", "BER ")),
    };
    format!("{}{clip}, {} bit{under}", card.method, card.bits)
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Rerr => "rerr",
        Metric::RerrPaper => "rerr_paper",
    }
}

/// The error that the table shows.
fn error(point: &Measured, metric: Metric) -> Spread {
    match metric {
        Metric::Rerr => point.rerr,
        Metric::RerrPaper => point.rerr_paper,
    }
}

fn write_text(report: &Report, metric: Metric, out: &mut impl Write) -> Result<()> {
    let Some(first) = report.networks.first() else { return Ok(()) };
    let labels: Vec<String> = first.points.iter().map(|point| point.source.label()).collect();
    let mut header = vec!["trained", "Err"];
    header.extend(labels.iter().map(String::as_str));
    let mut rows = Vec::new();
    let of_points = |title: &str, value: &dyn Fn(&Measured) -> String| {
        let cells = first.points.iter().map(value);
        [title.to_owned(), String::new()].into_iter().chain(cells).collect::<Vec<_>>()
    };
    rows.push(of_points("  expected BER, %", &|point| percent(point.source.expected_ber_balanced_data)));
    if first.points.iter().any(|point| point.source.chip.is_some()) {
        rows.push(of_points("  fault rate p, %", &|point| {
            point.source.fault_rate.map_or_else(|| "-".to_owned(), percent)
        }));
        rows.push(of_points("  energy, of that at Vmin", &|point| {
            point.source.energy_relative_to_vmin.map_or_else(String::new, |energy| significant(energy, 4))
        }));
    }
    for row in &report.networks {
        let two = |fraction: f64| format!("{:.2}", 100.0 * fraction);
        let cell = |point: &Measured| {
            let spread = error(point, metric);
            match spread.standard_error {
                Some(error) => format!("{} ±{}", two(spread.mean), two(error)),
                None => two(spread.mean),
            }
        };
        rows.push([row.label.clone(), two(row.err)].into_iter().chain(row.points.iter().map(cell)).collect());
    }
    write_table(out, &header, &rows)?;
    let counted = match metric {
        Metric::Rerr => "images wrong under bit errors",
        Metric::RerrPaper => "images wrong clean or under bit errors",
    };
    let last = report.seed.saturating_add(u64::from(report.maps) - 1);
    let maps = match report.maps {
        1 => format!("under one map (seed {last})"),
        maps => format!("mean over {maps} maps (seeds {} to {last})", report.seed),
    };
    let with_error: Vec<&Measured> =
        first.points.iter().filter(|point| error(point, metric).standard_error.is_some()).collect();
    let maps = match with_error.first() {
        Some(point) => format!("{maps} ± its standard error over {}", point.standard_error_over),
        None if report.maps == 1 => maps,
        None => format!("{maps}, of one place: no standard error over places"),
    };
    writeln!(out, "{} in %: {maps}; {counted}", name(metric))?;
    let on_chips = first.points.iter().any(|point| point.source.chip.is_some());
    if on_chips {
        writeln!(
            out,
            "expected BER: bit errors per bit, where half of the stored bits are ones (p/2 of a chip, the rate of random errors);\n\
             p: mean over cells of both flip probabilities added; energy: per access"
        )?;
    } else {
        writeln!(out, "expected BER: bit errors per bit, the rate of random errors")?;
    }
    if first.points.iter().any(|point| point.source.extrapolated) {
        writeln!(out, "*: extrapolated beyond what the chip's model knows")?;
    }
    for row in &report.networks {
        let label = shown(&row.label);
        writeln!(out, "{label}: images normalised by {}", row.normalised)?;
        row.kept_apart.iter().try_for_each(|words| writeln!(out, "{label}: kept apart {}", shown(words)))?;
    }
    let images: Vec<String> = report.networks.iter().map(|row| row.images.to_string()).collect();
    if images.windows(2).all(|pair| pair[0] == pair[1]) {
        writeln!(out, "Err: clean test error, of {} images", images[0])?;
    }
    Ok(())
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header: Vec<String> =
        ["trained", "weights"].into_iter().chain(MAP_COLUMNS).map(str::to_owned).collect();
    write_csv_row(out, &header)?;
    for row in &report.networks {
        for cells in row.points.iter().flat_map(|point| point.map_rows(row.err)) {
            let network = [row.label.clone(), row.weights.clone()];
            write_csv_row(out, &[&network[..], &cells].concat())?;
        }
    }
    Ok(())
}
