//! `sram-sim mbist`: a march test, and the profile that it gives.

use std::io::Write;

use anyhow::Result;
use cli_io::{Data, Files, Output, Talk, shown};
use serde::Serialize;
use sram_model::interchange::export_csv;
use sram_model::{Content, MarchCounts, Profile, ProfileDraft, Provenance, Voltage, VoltageUnit};

use crate::arguments::{Format, MbistArguments};
use crate::chip;
use crate::output::{MADE_BY, MadeBy, significant, write_csv_row, write_json, write_table};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    chip: String,
    unit: String,
    algorithm: String,
    /// Operations on each cell, every read counted once.
    operations_per_cell: usize,
    /// Reads of a stored 0 and of a stored 1, of each cell.
    reads: [u32; 2],
    repeats: u32,
    seed: u64,
    voltages: Vec<AtVoltage>,
}

#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    #[serde(flatten)]
    counts: MarchCounts,
}

pub(crate) fn run(arguments: &MbistArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let log = arguments.out.as_ref().map(|path| files.output(path)).transpose()?;
    let profile = chip::open(&arguments.chip, files)?;
    let voltages = arguments.voltage.of(&profile)?;
    chip::warn_if_extrapolated(&profile, &voltages);
    let march = &arguments.algorithm;
    let mut sweep = profile.sweep();
    let (mut levels, mut rows) = (Vec::new(), Vec::new());
    for voltage in voltages {
        let map = sweep.at(voltage, arguments.between.into())?;
        let result = march.run(&map, arguments.reads, arguments.seed);
        let voltage = map.voltage();
        // Between profiled voltages a measured chip answers with one of its maps, which is tested once.
        if rows.iter().all(|row: &AtVoltage| row.voltage != voltage) {
            levels.push((voltage, result.found));
            rows.push(AtVoltage { voltage, counts: result.counts });
        }
    }
    let report = Report {
        made_by: MADE_BY,
        chip: profile.info().name.clone(),
        unit: profile.info().unit.to_string(),
        algorithm: march.to_string(),
        operations_per_cell: march.operations(),
        reads: march.reads(),
        repeats: arguments.reads,
        seed: arguments.seed,
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

/// Writes the profile that the test logged.
fn write_log(
    profile: &Profile,
    report: &Report,
    levels: Vec<(Voltage, Vec<sram_model::CellFault>)>,
    output: &Output,
) -> Result<()> {
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
        measured: info.measured,
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

fn cells(row: &AtVoltage) -> Vec<String> {
    let counts = row.counts;
    [
        row.voltage.to_string(),
        counts.faulty.to_string(),
        counts.found.to_string(),
        significant(counts.expected, 6),
        counts.missed_persistent.to_string(),
        counts.failed_reads.to_string(),
    ]
    .into()
}

fn write_csv(report: &Report, out: &mut Data<'_>) -> Result<()> {
    let header = ["voltage", "faulty_cells", "found", "expected", "missed_persistent", "failed_reads"];
    write_csv_row(out, &header.map(str::to_owned))?;
    Ok(report.voltages.iter().try_for_each(|row| write_csv_row(out, &cells(row)))?)
}

fn write_text(report: &Report, log: Option<&Output>, out: &mut impl Write) -> Result<()> {
    let [zeros, ones] = report.reads.map(|reads| u64::from(reads) * u64::from(report.repeats));
    writeln!(out, "chip {}: {}, seed {}", shown(&report.chip), report.algorithm, report.seed)?;
    writeln!(out, "each cell is read {zeros} times as a 0 and {ones} times as a 1")?;
    let rows: Vec<Vec<String>> = report.voltages.iter().map(cells).collect();
    write_table(out, &["V", "faulty cells", "found", "expected", "missed pers.", "failed reads"], &rows)?;
    writeln!(
        out,
        "V in {}; faulty: with any flip probability q; expected: sum of 1 - (1 - q)^reads; missed pers.: cells with\nq of 0.9 or \
         more that were not found",
        report.unit
    )?;
    if let Some(output) = log {
        writeln!(out, "wrote {output}")?;
    }
    Ok(())
}
