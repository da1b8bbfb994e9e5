//! `sram-sim mbist`: a march test, and the profile that it gives.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, Files, Output, Talk, shown};
use serde::Serialize;
use sram_model::interchange::export_csv;
use sram_model::{CellFault, Content, MarchCounts, Profile, ProfileDraft, Provenance, Voltage, VoltageUnit};

use crate::answered::{self, Answered};
use crate::arguments::{Format, MbistArguments};
use crate::output::{MADE_BY, MadeBy, significant, write_csv_row, write_json, write_table};
use crate::{chip, progress, voltages};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    chip: String,
    unit: String,
    algorithm: String,
    /// Operations on each cell, every read counted once.
    operations_per_cell: usize,
    /// Delays of the test, which change nothing.
    delays: usize,
    /// Reads of a stored 0 and of a stored 1, of each cell.
    reads: [u32; 2],
    repeats: u32,
    seed: u64,
    voltages: Vec<AtVoltage>,
    /// What the marks of the table mean.
    #[serde(skip)]
    legend: Vec<String>,
}

#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    map_voltage: Voltage,
    extrapolated: bool,
    #[serde(skip)]
    answered: Answered,
    #[serde(flatten)]
    counts: MarchCounts,
}

pub(crate) fn run(arguments: &MbistArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let log = arguments.out.as_ref().map(|path| files.output(path)).transpose()?;
    let profile = chip::open(&arguments.chip, files)?;
    let asked = arguments.voltage.of(&profile)?;
    chip::warn_if_extrapolated(&profile, &asked);
    let march = &arguments.algorithm;
    let mut sweep = profile.sweep();
    let (mut levels, mut rows): (Vec<Level>, Vec<AtVoltage>) = (Vec::new(), Vec::new());
    let bar = progress::bar(asked.len() as u64, "testing voltages");
    for voltage in asked {
        let map = sweep.at(voltage, arguments.between.into())?;
        let answered = Answered::new(&profile, voltage, map.voltage());
        let Answered { voltage, map_voltage, extrapolated } = answered;
        // Between profiled voltages a measured chip answers with one of its maps, which is tested once.
        let counts = match rows.last().filter(|row| row.map_voltage == map_voltage) {
            Some(same) => same.counts,
            None => {
                let result = march.run(&map, arguments.reads, arguments.seed);
                levels.push((map_voltage, result.found));
                result.counts
            }
        };
        rows.push(AtVoltage { voltage, map_voltage, extrapolated, answered, counts });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = Report {
        made_by: MADE_BY,
        chip: profile.info().name.clone(),
        unit: profile.info().unit.to_string(),
        algorithm: march.to_string(),
        operations_per_cell: march.operations(),
        delays: march.delays(),
        reads: march.reads(),
        repeats: arguments.reads,
        seed: arguments.seed,
        legend: answered::legend(&profile, rows.iter().map(|row| row.answered)),
        voltages: rows,
    };
    if let Some(output) = &log {
        write_log(&profile, &report, levels, output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => write_csv(&report, &mut out.data()),
        Format::Text => write_text(&report, log.as_ref(), out),
    }
}

/// A voltage and the cells that failed there.
type Level = (Voltage, Vec<CellFault>);

/// Writes the profile that the test logged.
fn write_log(profile: &Profile, report: &Report, levels: Vec<Level>, output: &Output) -> Result<()> {
    let info = profile.info();
    let mut provenance =
        Provenance::new(format!("march test of chip {}: {}", info.name, info.provenance.source));
    provenance.notes = vec![
        format!("{}, each read {} times, seed {}", report.algorithm, report.repeats, report.seed),
        "flip probabilities are shares of the reads that failed".to_owned(),
    ];
    let clean = levels.iter().take_while(|level| level.1.is_empty()).map(|level| level.0).last();
    let draft = ProfileDraft {
        name: format!("{} as tested", info.name),
        unit: info.unit,
        geometry: info.geometry,
        floorplan: profile.floorplan().cloned(),
        vmin: if info.unit == VoltageUnit::Volt { clean } else { None },
        measured: info.measured().map(voltages::numbers),
        content: Content::Measured(levels),
        provenance,
    };
    let bytes = draft.encode()?;
    if output.has_extension("csv") {
        let logged = Profile::from_bytes(bytes, "the test's log")?;
        return Ok(output.write(|mut out| export_csv(&logged, &mut out))?);
    }
    Ok(output.write_bytes(&bytes)?)
}

fn cells(row: &AtVoltage) -> [String; 5] {
    let counts = row.counts;
    [
        counts.faulty.to_string(),
        counts.found.to_string(),
        significant(counts.expected, 6),
        counts.missed_persistent.to_string(),
        counts.failed_reads.to_string(),
    ]
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header =
        ["faulty_cells", "found_cells", "expected_found_cells", "missed_persistent_cells", "failed_reads"];
    let header = ["chip"].into_iter().chain(Answered::COLUMNS).chain(header).map(str::to_owned);
    write_csv_row(out, &header.collect::<Vec<_>>())?;
    for row in &report.voltages {
        let chip = [report.chip.clone()].into_iter();
        let line: Vec<String> = chip.chain(row.answered.cells(&report.unit)).chain(cells(row)).collect();
        write_csv_row(out, &line)?;
    }
    Ok(())
}

fn write_text(report: &Report, log: Option<&Output>, out: &mut impl Write) -> Result<()> {
    let [zeros, ones] = report.reads.map(|reads| u64::from(reads) * u64::from(report.repeats));
    writeln!(out, "chip {}: {}, seed {}", shown(&report.chip), report.algorithm, report.seed)?;
    writeln!(out, "each cell is read {zeros} times as a 0 and {ones} times as a 1")?;
    if report.delays > 0 {
        writeln!(
            out,
            "Del: cells of this program hold what they hold while they wait, so delays change nothing"
        )?;
    }
    let row = |row: &AtVoltage| [row.answered.label()].into_iter().chain(cells(row)).collect();
    let rows: Vec<Vec<String>> = report.voltages.iter().map(row).collect();
    let unit = report.unit.as_str();
    write_table(out, &[unit, "faulty cells", "found", "expected", "missed pers.", "failed reads"], &rows)?;
    writeln!(
        out,
        "faulty: cells that ever flip; found: those that failed a read; expected: found on the mean, the sum of\n1 - (1 - q)^reads \
         over flip probabilities q; missed pers.: cells with q of 0.9 or more that were not found;\nfailed reads: of all cells"
    )?;
    report.legend.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    if let Some(output) = log {
        writeln!(out, "wrote {output}")?;
    }
    Ok(())
}
