//! Prints the yield by a network.

use std::io::{self, Write};

use anyhow::Result;
use cli_io::{Data, Output, shown};
use sram_model::Voltage;
use sram_sim_cli::commands::yield_::write_whether_they_differ;
use sram_sim_cli::output::{percent, write_csv_row, write_table};

use super::{AtVoltage, OfChip, Report};
use crate::campaign::{Measured, map_columns};

/// At most this many chips are shown one by one.
const SHOWN_CHIPS: usize = 40;

pub(super) fn write_text(report: &Report, plot: Option<&Output>, out: &mut impl Write) -> Result<()> {
    report.about.write_text(true, out)?;
    writeln!(out, "chips       {}", shown(&report.of))?;
    report.about.write_maps("chip and voltage", out)?;
    writeln!(
        out,
        "kept        an rerr of at most {} % ({}) under all maps of a chip, at this and all higher voltages",
        percent(report.max_rerr),
        report.max_error
    )?;
    writeln!(out)?;
    write_shares(report, out)?;
    if report.voltages.iter().any(|at| at.map_voltages.iter().any(|map| *map != at.voltage)) {
        writeln!(out, "map of: the measured map of another voltage answers, see --between")?;
    }
    if report.voltages.iter().any(|at| at.extrapolated) {
        writeln!(out, "*: extrapolated beyond what the chips' model knows")?;
    }
    writeln!(out)?;
    writeln!(out, "{}", lowest(report))?;
    write_whether_they_differ(report.chips_differ, report.rates, out)?;
    if report.chips.len() <= SHOWN_CHIPS {
        writeln!(out)?;
        write_chips(report, out)?;
    }
    if let Some(output) = plot {
        writeln!(
            out,
            "\nwrote {output}: chips by voltages, blue where the error is kept, orange where not, the darker the higher; white: \
             not asked, since it is not kept above; lines: what the model knows"
        )?;
    }
    Ok(())
}

fn write_shares(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = report
        .voltages
        .iter()
        .map(|at| {
            let (low, high) = at.keeping_chips_interval;
            vec![
                at.label(),
                at.keeping_chips.share().map_or_else(|| "-".to_owned(), percent),
                format!("{} to {}", percent(low), percent(high)),
            ]
        })
        .collect();
    write_table(out, &[&report.unit.to_string(), "chips that keep it %", "95 % interval"], &rows)
}

/// The lowest voltage at which the share of chips that is asked for keeps the error.
fn lowest(report: &Report) -> String {
    let (share, unit) = (percent(report.share), &report.unit);
    let last = report.voltages.last().map(|at| at.voltage);
    let text = |voltage: Voltage| {
        let at = report.voltages.iter().find(|at| at.voltage == voltage);
        let label = at.map_or_else(|| voltage.to_string(), AtVoltage::label);
        // Lower ones were not looked at.
        if Some(voltage) == last { format!("{label} {unit} or lower") } else { format!("{label} {unit}") }
    };
    let (from, to) = report.lowest_voltage_interval;
    let found = match report.lowest_voltage {
        Some(voltage) => format!("{share} % of the chips keep the error down to {}", text(voltage)),
        None => format!("at no voltage looked at do {share} % of the chips keep the error"),
    };
    let interval = match (from, to) {
        (Some(from), Some(to)) => format!("from {} to {to} {unit}", text(from)),
        (Some(from), None) => {
            format!("from {} on, without an upper end{}", text(from), too_few(report))
        }
        (None, _) => "above all voltages looked at".to_owned(),
    };
    format!("{found}\n95 % interval of that voltage: {interval}")
}

/// Whether there are so few chips that even if all keep the error, the share is not shown.
fn too_few(report: &Report) -> String {
    let needed = (0.025f64.ln() / report.share.ln()).ceil();
    if report.share < 1.0 && (report.chips.len() as f64) < needed {
        return format!(": to show it, {needed:.0} chips are needed, all of which keep the error");
    }
    String::new()
}

fn write_chips(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let cell = |point: Option<&Measured>| {
        let voltage = point.and_then(|point| point.source.voltage);
        let rerr = point.map(|point| percent(point.rerr.worst));
        [voltage.map(|voltage| voltage.to_string()), rerr].map(|text| text.unwrap_or_else(|| "-".to_owned()))
    };
    let row = |chip: &OfChip| {
        let kept = chip.points.iter().rfind(|point| chip.keeps(point));
        let failed = chip.points.iter().find(|point| !chip.keeps(point));
        [vec![chip.chip.clone()], cell(kept).into(), cell(failed).into()].concat()
    };
    let unit = report.unit;
    let (lowest, first) = (format!("lowest kept, {unit}"), format!("first not kept, {unit}"));
    let header = ["chip", &lowest, "rerr %", &first, "rerr %"];
    write_table(out, &header, &report.chips.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "rerr: of the worst map")
}

impl OfChip {
    fn keeps(&self, point: &Measured) -> bool {
        self.lowest_kept.is_some_and(|lowest| point.source.voltage >= Some(lowest))
    }
}

/// A line for each map.
pub(super) fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let of_chip = ["max_rerr", "kept", "chips_differ"].map(str::to_owned);
    write_csv_row(out, &map_columns().into_iter().chain(of_chip).collect::<Vec<_>>())?;
    for chip in &report.chips {
        for point in &chip.points {
            let kept = chip.keeps(point).to_string();
            let of_chip = [report.max_rerr.to_string(), kept, report.chips_differ.to_string()];
            for row in point.map_rows(report.about.of_rows()) {
                write_csv_row(out, &[&row[..], &of_chip].concat())?;
            }
        }
    }
    Ok(())
}
