//! Prints what networks tolerate.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, shown, warn};
use sram_sim_cli::arguments::networks::Metric;
use sram_sim_cli::output::{percent, significant, write_csv_row, write_table};

use super::{Report, Row, error, expected_ber, name};
use crate::campaign::{Measured, OfNetwork, map_columns};

pub(super) fn write_text(report: &Report, metric: Metric, out: &mut impl Write) -> Result<()> {
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
        }
        // A memory may say itself what its cells do.
        if on_chips || first.points.iter().any(|point| point.source.energy_relative_to_vmin.is_some()) {
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

pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
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
