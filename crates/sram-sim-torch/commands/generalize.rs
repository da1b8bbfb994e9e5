//! `sram-sim generalize`.

mod heat;

use std::ffi::OsStr;
use std::io::Write;
use std::rc::Rc;

use anyhow::Result;
use clap_lex::OsStrExt as _;
use cli_io::{Data, Files, InputPath, Talk, shown, warn};
use nn_bridge::{ModelCard, Spread};
use serde::Serialize;
use sram_sim_cli::arguments::networks::Metric;
use sram_sim_cli::arguments::{Format, GeneralizeArguments};
use sram_sim_cli::memory::{MemoryPlan, MemoryReport};
use sram_sim_cli::output::{MADE_BY, MadeBy, percent, significant, write_csv_row, write_json, write_table};
use sram_sim_cli::{UsageError, chart, progress};

use self::heat::HeatMap;
use crate::campaign::{self, How, Journal, Measured, OfNetwork, Plan, map_columns};
use crate::loading;
use crate::networks::{self, Ask, Normalised};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    maps: u32,
    seed: u64,
    stream_version: u32,
    metric: String,
    #[serde(flatten)]
    how: How,
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
    memory: MemoryReport,
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
    loading::announce(arguments.network.images.data.as_ref(), files)?;
    let plan = Plan::of(&arguments.campaign)?;
    let memory = Rc::new(MemoryPlan::of(&arguments.memory, files)?);
    let points = campaign::points(&arguments.campaign, &memory, files)?;
    if points.is_empty() {
        let text = "give --chip and --voltage, --rate, or a --memory that says what its cells do";
        return Err(UsageError(text.to_owned()).into());
    }
    let mut journal = journal.map(|file| Journal::open(file.path())).transpose()?;
    let bar = progress::bar((weights.len() * points.len()) as u64 * u64::from(plan.maps), "fault maps");
    let mut rows = Vec::new();
    for (label, path) in &weights {
        let ask = Ask::of_campaign(
            &arguments.network,
            &arguments.scheme,
            (&arguments.selection, &memory),
            &arguments.campaign,
            Some(path),
            false,
        );
        let mut subject = networks::open(&ask, files)?;
        let measure = |point| campaign::measure(&mut subject, point, &plan, &mut journal, &bar);
        let measured = points.iter().map(measure).collect::<Result<_>>()?;
        rows.push(Row {
            label: label.clone().unwrap_or_else(|| describe(subject.card.as_ref(), path)),
            weights: path.lossy(),
            scheme: subject.stored.stored_as.clone(),
            normalised: subject.normalised,
            kept_apart: subject.kept_apart,
            memory: subject.stored,
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
        how: How::of(&arguments.selection, &plan),
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

/// The bit errors per bit to expect at a point: mean over maps, by the stored bits of each network, as they are read.
fn expected_ber(networks: &[Row], point: usize) -> f64 {
    let of = networks.iter().map(|row| row.points[point].expected_ber.mean);
    of.sum::<f64>() / networks.len().max(1) as f64
}

fn write_text(report: &Report, metric: Metric, out: &mut impl Write) -> Result<()> {
    let Some(first) = report.networks.first() else { return Ok(()) };
    let on_chips = first.points.iter().any(|point| point.source.chip.is_some());
    let table = Table { report, first, metric, on_chips };
    table.write_errors(out)?;
    table.write_definitions(out)?;
    report.how.write_text(on_chips, out)?;
    for row in &report.networks {
        let label = shown(&row.label);
        writeln!(out, "{label}: stored as {}; images normalised by {}", row.scheme, row.normalised)?;
        row.memory.write_text(&format!("{label}: memory "), out)?;
        row.kept_apart.iter().try_for_each(|words| writeln!(out, "{label}: kept apart {}", shown(words)))?;
    }
    let images: Vec<String> = report.networks.iter().map(|row| row.images.to_string()).collect();
    if images.windows(2).all(|pair| pair[0] == pair[1]) {
        writeln!(out, "Err: clean test error, of {} images", images[0])?;
    }
    Ok(())
}

/// What is printed for people.
#[derive(Clone, Copy)]
struct Table<'a> {
    report: &'a Report,
    /// The first network: all have the same points.
    first: &'a Row,
    metric: Metric,
    on_chips: bool,
}

impl Table<'_> {
    /// The table: what was tested under, then a row for each network.
    fn write_errors(&self, out: &mut impl Write) -> Result<()> {
        let Self { report, first, metric, on_chips } = *self;
        let source = |point: usize| &first.points[point].source;
        let labels: Vec<String> = first.points.iter().map(|point| point.source.of()).collect();
        let mut header = vec!["trained", "Err"];
        header.extend(labels.iter().map(String::as_str));
        let mut rows = Vec::new();
        let of_points = |title: &str, value: &dyn Fn(usize) -> String| {
            let cells = (0..first.points.len()).map(value);
            [title.to_owned(), String::new()].into_iter().chain(cells).collect::<Vec<_>>()
        };
        if on_chips {
            let unit = first.points.iter().find_map(|point| point.source.unit);
            let is_one =
                first.points.iter().all(|point| point.source.unit.is_none_or(|own| Some(own) == unit));
            let title = unit.filter(|_| is_one).map_or_else(String::new, |unit| format!(", {unit}"));
            rows.push(of_points(&format!("  voltage{title}"), &|point| {
                let of_its_own = source(point).unit.filter(|_| !is_one);
                let unit = of_its_own.map_or_else(String::new, |unit| format!(" {unit}"));
                source(point).answered().map_or_else(|| "-".to_owned(), |answered| answered.label() + &unit)
            }));
        }
        rows.push(of_points("  expected BER, %", &|point| percent(expected_ber(&report.networks, point))));
        if on_chips {
            rows.push(of_points("  fault rate p, %", &|point| {
                source(point).fault_rate.map_or_else(|| "-".to_owned(), percent)
            }));
            rows.push(of_points("  energy, of that at Vmin", &|point| {
                source(point)
                    .energy_relative_to_vmin
                    .map_or_else(String::new, |energy| significant(energy, 4))
            }));
        }
        let two = |fraction: f64| format!("{:.2}", 100.0 * fraction);
        let cell = |point: &Measured| {
            let spread = error(point, metric);
            match spread.standard_error {
                Some(error) => format!("{} ±{}", two(spread.mean), two(error)),
                None => two(spread.mean),
            }
        };
        for row in &report.networks {
            rows.push(
                [row.label.clone(), two(row.err)].into_iter().chain(row.points.iter().map(cell)).collect(),
            );
        }
        Ok(write_table(out, &header, &rows)?)
    }

    /// What the table's numbers are.
    fn write_definitions(&self, out: &mut impl Write) -> Result<()> {
        let Self { report, first, metric, on_chips } = *self;
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
        let mean = if report.networks.len() > 1 { "maps and networks" } else { "maps" };
        if on_chips {
            writeln!(
                out,
                "expected BER: bit errors per bit to expect of these reads (of a chip by the stored bits, of random errors the rate), mean \
             over {mean};\n\
             p: mean over cells of both flip probabilities added; energy: {}",
                first.memory.energy_of()
            )?;
        } else {
            writeln!(out, "expected BER: bit errors per bit to expect, of all bits stored")?;
        }
        if first.points.iter().any(|point| point.source.extrapolated) {
            writeln!(out, "*: extrapolated beyond what the chip's model knows")?;
        }
        Ok(())
    }
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header: Vec<String> =
        ["trained", "weights"].map(str::to_owned).into_iter().chain(map_columns()).collect();
    write_csv_row(out, &header)?;
    for row in &report.networks {
        let label = &row.label;
        row.kept_apart.iter().for_each(|words| warn(&format!("note: {label}: kept apart: {words}")));
        let of = OfNetwork {
            err: row.err,
            scheme: &row.scheme,
            how: &report.how,
            memory: &row.memory,
            normalised: &row.normalised,
        };
        for cells in row.points.iter().flat_map(|point| point.map_rows(of)) {
            let network = [row.label.clone(), row.weights.clone()];
            write_csv_row(out, &[&network[..], &cells].concat())?;
        }
    }
    Ok(())
}
