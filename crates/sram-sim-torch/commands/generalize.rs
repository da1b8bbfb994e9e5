//! `sram-sim generalize`.

mod heat;
mod print;

use std::ffi::OsStr;
use std::io::Write;
use std::rc::Rc;

use anyhow::Result;
use clap_lex::OsStrExt as _;
use cli_io::{Files, InputPath, Talk};
use nn_bridge::{ModelCard, Spread};
use serde::Serialize;
use sram_sim_cli::arguments::networks::Metric;
use sram_sim_cli::arguments::{Format, GeneralizeArguments};
use sram_sim_cli::memory::{MemoryPlan, MemoryReport};
use sram_sim_cli::output::{MADE_BY, MadeBy, write_json};
use sram_sim_cli::{UsageError, chart, progress};

use self::heat::HeatMap;
use crate::campaign::{self, How, Journal, Measured, Plan};
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
        Format::Csv => print::write_csv(&report, &mut out.data())?,
        Format::Text => {
            print::write_text(&report, arguments.metric, out)?;
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
