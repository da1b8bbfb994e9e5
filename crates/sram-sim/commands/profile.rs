//! `sram-sim profile`.

mod print;

use std::io::Write;

use anyhow::{Result, ensure};
use cli_io::{Files, Output, Talk};
use serde::Serialize;
use sram_model::interchange::export_map_csv;
use sram_model::{ContentKind, FaultMap, LineCount, Profile, Summary, Voltage, relative_energy, summarise};

use crate::arguments::{Format, ProfileArguments};
use crate::output::{MADE_BY, MadeBy, write_json};
use crate::{UsageError, chip, picture};

/// A chip and its answers.
#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    chip: Chip,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Chip {
    name: String,
    banks: u32,
    rows: u32,
    columns: u32,
    cells: u64,
    unit: String,
    vmin: Option<f64>,
    lowest_voltage: f64,
    highest_voltage: f64,
    content: ContentKind,
    provenance: sram_model::Provenance,
}

/// What a chip answers at one voltage. Rates, shares and energies are fractions.
#[derive(Serialize)]
struct Answer {
    voltage: f64,
    /// The voltage whose map answers.
    map_voltage: f64,
    /// Whether a model's law answers, beyond the voltages that it was made from.
    extrapolated: bool,
    fault_rate: f64,
    fault_rate_0to1: f64,
    fault_rate_1to0: f64,
    fault_rate_persistent: f64,
    faulty_cells: u64,
    persistent_cells: u64,
    expected_ber_balanced_data: f64,
    expected_bit_errors_per_mb: f64,
    energy_relative_to_vmin: Option<f64>,
    energy_saving: Option<f64>,
    dispersion_by_bank: Option<f64>,
    dispersion_by_column: Option<f64>,
    dispersion_by_row: Option<f64>,
    faulty_cells_by_bank: Vec<u64>,
    worst_columns: Vec<Line>,
    worst_rows: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    bank: u32,
    index: u32,
    faulty_cells: u64,
}

pub(crate) fn run(arguments: &ProfileArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let map_file = arguments.map.as_ref().map(|path| files.output(path)).transpose()?;
    let profile = chip::open(&arguments.chip, files)?;
    let voltages = arguments.voltage.of(&profile)?;
    if arguments.map.is_some() && voltages.len() != 1 {
        return Err(UsageError(format!("--map takes one voltage, found {}", voltages.len())).into());
    }
    chip::warn_if_extrapolated(&profile, &voltages);
    let vmin = vmin(&profile, arguments)?;
    let mut answers = Vec::with_capacity(voltages.len());
    let mut sweep = profile.sweep();
    for &voltage in &voltages {
        let map = sweep.at(voltage, arguments.between.into())?;
        let extrapolated = profile.info().extrapolates(voltage);
        answers.push(Answer { extrapolated, ..Answer::new(voltage, vmin, &map) });
        if let Some(output) = &map_file {
            write_map(&profile, &map, output)?;
        }
    }
    let report = Report { made_by: MADE_BY, chip: Chip::new(&profile, vmin), answers };
    match (arguments.format, &report.answers[..]) {
        (Format::Json, _) => write_json(out, &report),
        (Format::Csv, _) => print::write_csv(&report, &mut out.data()),
        (Format::Text, [answer]) => print::write_one(&report.chip, answer, out),
        (Format::Text, _) => print::write_many(&report, out),
    }?;
    if let (Some(output), Format::Text) = (&map_file, arguments.format) {
        let legend = if is_picture(output) { picture::LEGEND } else { "" };
        writeln!(out, "\nwrote {output}{legend}")?;
    }
    Ok(())
}

/// Vmin as the profile knows it, or as it was given for one that does not.
fn vmin(profile: &Profile, arguments: &ProfileArguments) -> Result<Option<Voltage>> {
    let (known, unit) = (profile.info().vmin, profile.info().unit);
    let Some(given) = arguments.vmin else { return Ok(known) };
    if let Some(known) = known {
        ensure!(given == known, "--vmin {given}: the profile knows that Vmin is {known} {unit}");
    }
    let (_, highest) = profile.range();
    let faults = profile.at(highest, sram_model::Between::NextLower)?.faults().len();
    ensure!(
        faults == 0 || given > highest,
        "--vmin {given}: expected more than {highest} {unit}, where cells fail"
    );
    Ok(Some(given))
}

impl Chip {
    fn new(profile: &Profile, vmin: Option<Voltage>) -> Self {
        let info = profile.info();
        let (lowest, highest) = profile.range();
        Self {
            name: info.name.clone(),
            banks: info.geometry.banks(),
            rows: info.geometry.rows(),
            columns: info.geometry.columns(),
            cells: info.geometry.cells(),
            unit: info.unit.to_string(),
            vmin: vmin.map(Voltage::get),
            lowest_voltage: lowest.get(),
            highest_voltage: highest.get(),
            content: info.content,
            provenance: info.provenance.clone(),
        }
    }
}

impl Answer {
    fn new(voltage: Voltage, vmin: Option<Voltage>, map: &FaultMap) -> Self {
        let summary: Summary = summarise(map);
        let energy = vmin.map(|vmin| relative_energy(voltage, vmin));
        let lines = |lines: &[LineCount]| {
            let line = |l: &LineCount| Line { bank: l.bank, index: l.index, faulty_cells: l.faulty_cells };
            lines.iter().map(line).collect()
        };
        Self {
            voltage: voltage.get(),
            map_voltage: map.voltage().get(),
            extrapolated: false,
            fault_rate: summary.rates.p(),
            fault_rate_0to1: summary.rates.p01,
            fault_rate_1to0: summary.rates.p10,
            fault_rate_persistent: summary.rates.persistent,
            faulty_cells: summary.faulty_cells,
            persistent_cells: summary.persistent_cells,
            expected_ber_balanced_data: summary.rates.expected_ber(),
            expected_bit_errors_per_mb: summary.expected_bit_errors_per_mb(),
            energy_relative_to_vmin: energy,
            energy_saving: energy.map(|energy| 1.0 - energy),
            dispersion_by_bank: summary.bank_dispersion,
            dispersion_by_column: summary.column_dispersion,
            dispersion_by_row: summary.row_dispersion,
            worst_columns: lines(&summary.worst_columns),
            worst_rows: lines(&summary.worst_rows),
            faulty_cells_by_bank: summary.by_bank,
        }
    }

    fn persistent_share(&self) -> f64 {
        if self.faulty_cells == 0 { 0.0 } else { self.persistent_cells as f64 / self.faulty_cells as f64 }
    }
}

fn write_map(profile: &Profile, map: &FaultMap, output: &Output) -> Result<()> {
    Ok(if is_picture(output) {
        output.write(|out| picture::write_png(profile, map, out))
    } else {
        output.write(|mut out| export_map_csv(profile, map, &mut out))
    }?)
}

fn is_picture(output: &Output) -> bool {
    output.has_extension("png")
}
