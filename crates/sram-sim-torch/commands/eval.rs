//! `sram-sim eval`.

mod plot;

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use cli_io::{Data, Files, Talk};
use serde::Serialize;
use sram_model::{Voltage, VoltageUnit};
use sram_sim_cli::arguments::{EvalArguments, Format};
use sram_sim_cli::memory::{MemoryPlan, MemoryReport};
use sram_sim_cli::output::{
    MADE_BY, MadeBy, or_dash, percent, significant, write_csv_row, write_json, write_table,
};
use sram_sim_cli::{UsageError, chart, progress};

use crate::campaign::{self, About, Journal, Measured, Plan, Point, map_columns};
use crate::loading;
use crate::networks::{self, Ask};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    #[serde(flatten)]
    about: About,
    points: Vec<Measured>,
}

pub(crate) fn run(arguments: &EvalArguments, files: &Files, out: &mut Talk) -> Result<()> {
    // What was typed wrong is told before any network runs.
    let asked = &arguments.campaign;
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let journal = asked.reads.journal.as_ref().map(|path| files.kept(path)).transpose()?;
    arguments.weights.iter().try_for_each(|path| files.check_input(path))?;
    loading::announce(arguments.network.images.data.as_ref(), files)?;
    let plan = Plan::of(asked)?;
    let memory = Rc::new(MemoryPlan::of(&arguments.memory, files)?);
    let points = campaign::points(asked, &memory, files)?;
    if arguments.plot.is_some() {
        check_one_unit(&points)?;
    }
    let mut journal = journal.map(|file| Journal::open(file.path())).transpose()?;
    let ask = Ask::of_campaign(
        &arguments.network,
        &arguments.scheme,
        (&arguments.selection, &memory),
        asked,
        arguments.weights.as_ref(),
        true,
    );
    let mut subject = networks::open(&ask, files)?;
    let bar = progress::bar(points.len() as u64 * u64::from(plan.maps), "fault maps");
    let mut measured = Vec::new();
    for point in &points {
        measured.push(campaign::measure(&mut subject, point, &plan, &mut journal, &bar)?);
    }
    bar.finish_and_clear();
    let (about, evaluation) = About::new(subject, arguments.weights.as_ref(), &arguments.selection, &plan);
    campaign::say_times(&evaluation, Duration::ZERO);
    let report = Report { made_by: MADE_BY, about, points: measured };
    if let Some(output) = &plot {
        chart::write(&plot::Errors(&report), output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            report.about.warn_kept_apart();
            write_csv(&report, &mut out.data())
        }
        Format::Text => {
            write_text(&report, out)?;
            Ok(plot.iter().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}

/// Voltages of different units have no axis in common.
fn check_one_unit(points: &[Point]) -> Result<()> {
    let units: Vec<VoltageUnit> = points.iter().filter_map(Point::unit).collect();
    if let Some(other) = units.iter().find(|unit| **unit != units[0]) {
        let text = format!(
            "--plot: some chips have voltages in {}, others in {other}, which are no one axis: plot them apart",
            units[0]
        );
        return Err(UsageError(text).into());
    }
    Ok(())
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    write_csv_row(out, &map_columns())?;
    let of = report.about.of_rows();
    if report.points.is_empty() {
        write_csv_row(out, &of.clean_row())?;
    }
    let mut rows = report.points.iter().flat_map(|point| point.map_rows(of));
    Ok(rows.try_for_each(|row| write_csv_row(out, &row))?)
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    let on_chips = report.points.iter().any(|point| point.source.chip.is_some());
    report.about.write_text(on_chips, out)?;
    if report.points.is_empty() {
        return Ok(());
    }
    report.about.write_maps("line", out)?;
    writeln!(out)?;
    write_points(report, out)?;
    write_notes(report, out)
}

fn write_notes(report: &Report, out: &mut impl Write) -> Result<()> {
    let points = &report.points;
    let any = |of: fn(&Measured) -> bool| points.iter().any(of);
    if any(|point| point.source.chip.is_some()) {
        writeln!(
            out,
            "p: mean over cells of both flip probabilities added; energy: {}",
            report.about.memory.energy_of()
        )?;
    } else if any(|point| point.source.energy_relative_to_vmin.is_some()) {
        writeln!(out, "energy: {}", report.about.memory.energy_of())?;
    }
    if any(|point| point.source.map_voltage != point.source.voltage) {
        writeln!(out, "of map: the profiled voltage whose map answered")?;
    }
    if any(|point| point.source.extrapolated) {
        writeln!(out, "*: extrapolated beyond what the chip's model knows")?;
    }
    if !report.about.memory.is_plain {
        writeln!(
            out,
            "area: of all cells, spare ones and what the chip leaves empty among them, of that of the weights' bits;\n\
             dw²: mean over all weights of the squared change, as decoded"
        )?;
    }
    if report.about.memory.has_codes() {
        writeln!(
            out,
            "raw BER: cells that read wrong by bits of weights, before anything is corrected; words with a wrong bit, mean over maps: \
             corr. corrected,\ndet. detected, silent: wrong without anybody knowing"
        )?;
    }
    writeln!(
        out,
        "exp. BER: bit errors per bit to expect (of random errors the rate, of a chip by the stored bits); BER: those of the maps;\n\
         rerr: test error under bit errors, rerr_paper: wrong clean or under them; mean over maps, standard deviation over maps (std),\n\
         worst map; SE: standard error of the mean over {}; - where there is one; all in %",
        over(points)
    )?;
    Ok(())
}

/// What standard errors are over.
fn over(points: &[Measured]) -> String {
    let mut all: Vec<&str> = points.iter().map(|point| point.standard_error_over).collect();
    all.dedup();
    all.join(" or ")
}

/// A table for each unit: voltages of two have no column in common.
fn write_points(report: &Report, out: &mut impl Write) -> Result<()> {
    let points = &report.points;
    let mut units: Vec<Option<VoltageUnit>> = Vec::new();
    for point in points {
        if !units.contains(&point.source.unit) {
            units.push(point.source.unit);
        }
    }
    for (number, unit) in units.into_iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let of_unit: Vec<&Measured> = points.iter().filter(|point| point.source.unit == unit).collect();
        write_points_of(&of_unit, &report.about.memory, out)?;
    }
    Ok(())
}

fn write_points_of(points: &[&Measured], memory: &MemoryReport, out: &mut impl Write) -> Result<()> {
    let on_chips = points.iter().any(|point| point.source.chip.is_some());
    let other_maps = points.iter().any(|point| point.source.map_voltage != point.source.voltage);
    let unit =
        points.iter().find_map(|point| point.source.unit).map_or_else(String::new, |unit| unit.to_string());
    let mut header = Vec::new();
    if on_chips {
        header.extend(["chip", unit.as_str()]);
        header.extend(other_maps.then_some("of map"));
    }
    // A memory may say itself what its cells do.
    let has_energy = on_chips || points.iter().any(|point| point.source.energy_relative_to_vmin.is_some());
    header.extend(has_energy.then_some("energy"));
    header.extend(on_chips.then_some("p %"));
    let has_area = !memory.is_plain;
    if has_area {
        header.extend(["area", "dw²"]);
    }
    let coded = memory.has_codes();
    if coded {
        header.extend(["raw BER %", "corr.", "det.", "silent"]);
    }
    header.extend(["exp. BER %", "BER %", "rerr", "SE", "std", "worst", "rerr_paper", "SE", "std", "worst"]);
    let rows = points.iter().map(|point| {
        let source = &point.source;
        let mut row = Vec::new();
        if on_chips {
            let mark = if source.extrapolated { "*" } else { "" };
            let text = |voltage: Option<Voltage>| voltage.map_or_else(|| "-".to_owned(), |v| v.to_string());
            row.push(source.chip.clone().unwrap_or_else(|| "-".to_owned()));
            row.push(text(source.voltage) + mark);
            row.extend(other_maps.then(|| text(source.map_voltage)));
        }
        row.extend(has_energy.then(|| or_dash(source.energy_relative_to_vmin, 4)));
        row.extend(on_chips.then(|| source.fault_rate.map_or_else(|| "-".to_owned(), percent)));
        if has_area {
            row.extend([significant(point.area, 4), significant(point.mean_squared_change.mean, 3)]);
        }
        if coded {
            let maps = point.maps.len().max(1) as f64;
            let raw: u64 = point.maps.iter().map(|map| map.read.counts.raw_bit_errors).sum();
            let words = [point.words.corrected, point.words.detected, point.words.silent()];
            row.push(percent(raw as f64 / maps / memory.bits.max(1) as f64));
            row.extend(words.map(|count| significant(count as f64 / maps, 4)));
        }
        row.extend([percent(point.expected_ber.mean), percent(point.realised_ber.mean)]);
        for spread in [point.rerr, point.rerr_paper] {
            let of = [Some(spread.mean), spread.standard_error, spread.std, Some(spread.worst)];
            row.extend(of.map(|value| value.map_or_else(|| "-".to_owned(), hundredths)));
        }
        row
    });
    Ok(write_table(out, &header, &rows.collect::<Vec<_>>())?)
}

/// A fraction as a percentage to two decimals.
fn hundredths(fraction: f64) -> String {
    format!("{:.2}", 100.0 * fraction)
}
