//! `sram-sim profile`.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use sram_model::interchange::export_map_csv;
use sram_model::{
    ContentKind, FaultMap, LineCount, Profile, Summary, Voltage, relative_energy, summarise, write_atomically,
};

use crate::arguments::{Format, ProfileArguments};
use crate::files::check_distinct;
use crate::output::{
    MADE_BY, MadeBy, grouped, or_dash, percent, significant, write_csv_row, write_json, write_table,
};
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

pub(crate) fn run(arguments: &ProfileArguments, out: &mut impl Write) -> Result<()> {
    let profile = chip::open(&arguments.chip)?;
    let voltages = arguments.voltage.of(&profile)?;
    if arguments.map.is_some() && voltages.len() != 1 {
        return Err(UsageError(format!("--map takes one voltage, found {}", voltages.len())).into());
    }
    let inputs = Some(Path::new(&arguments.chip)).filter(|path| path.is_file());
    check_distinct(inputs, arguments.map.as_deref())?;
    let vmin = vmin(&profile, arguments)?;
    let mut answers = Vec::with_capacity(voltages.len());
    let mut sweep = profile.sweep();
    for &voltage in &voltages {
        let map = sweep.at(voltage, arguments.between.into())?;
        answers.push(Answer::new(voltage, vmin, &map));
        if let Some(path) = &arguments.map {
            write_map(&profile, &map, path)?;
        }
    }
    let report = Report { made_by: MADE_BY, chip: Chip::new(&profile, vmin), answers };
    match (arguments.format, &report.answers[..]) {
        (Format::Json, _) => write_json(out, &report),
        (Format::Csv, _) => write_csv(&report, out),
        (Format::Text, [answer]) => write_one(&report.chip, answer, out),
        (Format::Text, _) => write_many(&report, out),
    }?;
    if let (Some(path), Format::Text) = (&arguments.map, arguments.format) {
        let legend = if is_picture(path) { picture::LEGEND } else { "" };
        writeln!(out, "\nwrote {}{legend}", path.display())?;
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

fn write_one(chip: &Chip, answer: &Answer, out: &mut impl Write) -> Result<()> {
    let unit = &chip.unit;
    writeln!(out, "chip {} at {} {unit}", chip.name, answer.voltage)?;
    let mut line = |label: &str, value: String, meaning: &str| {
        writeln!(out, "{}", format!("  {label:<22}{value:<15} {meaning}").trim_end())
    };
    let size =
        format!("{} {} of {} rows x {} columns, ", chip.banks, arrays(chip.banks), chip.rows, chip.columns);
    line("geometry", size + &grouped(chip.cells) + " cells", "")?;
    line("profiled", profiled(chip), "")?;
    if answer.map_voltage != answer.voltage {
        line("map used", format!("{} {unit}", answer.map_voltage), "a profiled voltage; see --between")?;
    }
    line("source", chip.provenance.source.clone(), "")?;
    line("", String::new(), "")?;
    let rate = |p: f64| percent(p) + " %";
    line("fault rate p", rate(answer.fault_rate), "mean over cells of both flip probabilities added")?;
    line("  0 to 1", rate(answer.fault_rate_0to1), "stored 0 reads as 1")?;
    line("  1 to 0", rate(answer.fault_rate_1to0), "stored 1 reads as 0")?;
    line(
        "  persistent",
        rate(answer.fault_rate_persistent),
        "part of p from flip probabilities of 0.9 or more",
    )?;
    let share = answer.faulty_cells as f64 / chip.cells as f64;
    line(
        "faulty cells",
        grouped(answer.faulty_cells),
        &format!("{} % of all cells ever flip", percent(share)),
    )?;
    let persistent = format!("{} % of the faulty cells", percent(answer.persistent_share()));
    line("  persistent", grouped(answer.persistent_cells), &persistent)?;
    line(
        "expected BER",
        rate(answer.expected_ber_balanced_data),
        "p/2: bit errors per bit, half of the bits ones",
    )?;
    let per_mb = significant(answer.expected_bit_errors_per_mb, 4);
    line("errors per MB", per_mb, "bit errors to expect in 10^6 bytes of weights")?;
    match (answer.energy_relative_to_vmin, answer.energy_saving) {
        (Some(energy), Some(saving)) => {
            let meaning = format!("of that at Vmin, (V/Vmin)^2; saves {} %", percent(saving));
            line("energy per access", significant(energy, 4), &meaning)?;
        }
        _ => line("energy per access", "unknown".to_owned(), "the profile does not know Vmin; give --vmin")?,
    }
    writeln!(out)?;
    write_places(chip, answer, out)
}

fn arrays(count: u32) -> &'static str {
    if count == 1 { "array" } else { "arrays" }
}

fn write_places(chip: &Chip, answer: &Answer, out: &mut impl Write) -> Result<()> {
    let [bank, column, row] =
        [answer.dispersion_by_bank, answer.dispersion_by_column, answer.dispersion_by_row]
            .map(|dispersion| or_dash(dispersion, 3));
    writeln!(out, "  dispersion            arrays {bank}, columns {column}, rows {row}")?;
    writeln!(out, "                        variance/mean of their faulty cells; 1 for independent cells")?;
    let mut sorted = answer.faulty_cells_by_bank.clone();
    sorted.sort_unstable();
    let (least, median, most) = (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    let clean = sorted.partition_point(|&count| count == 0);
    if chip.banks > 1 {
        writeln!(
            out,
            "  faulty cells of an array: least {least}, median {median}, most {most}; {clean} without"
        )?;
    }
    if (2..=64).contains(&chip.banks) {
        for (chunk, first) in answer.faulty_cells_by_bank.chunks(8).zip((0..).step_by(8)) {
            let counts: String = chunk.iter().map(|count| format!("{count:>9}")).collect();
            writeln!(out, "    arrays {first:>2} to {:>2} {counts}", first + chunk.len() - 1)?;
        }
    }
    write_lines("columns", "column", &answer.worst_columns, chip.rows, out)?;
    write_lines("rows", "row", &answer.worst_rows, chip.columns, out)
}

fn write_lines(title: &str, name: &str, lines: &[Line], cells: u32, out: &mut impl Write) -> Result<()> {
    writeln!(out, "  worst {title} (faulty cells of {cells})")?;
    if lines.is_empty() {
        writeln!(out, "    none")?;
    }
    for chunk in lines.chunks(5) {
        let text: Vec<String> = chunk
            .iter()
            .map(|l| format!("array {} {name} {}: {}", l.bank, l.index, l.faulty_cells))
            .collect();
        writeln!(out, "    {}", text.join("; "))?;
    }
    Ok(())
}

fn profiled(chip: &Chip) -> String {
    let (lowest, highest) = (chip.lowest_voltage, chip.highest_voltage);
    let range = if lowest == highest { lowest.to_string() } else { format!("{lowest} to {highest}") }
        + " "
        + &chip.unit;
    match chip.content {
        ContentKind::Measured => format!("{range}, measured maps"),
        ContentKind::Critical { read_noise, .. } => {
            format!("{range}, critical voltages with read noise {read_noise} {}", chip.unit)
        }
    }
}

/// The numbers of an answer as table cells, with the name of each column in text and in CSV.
fn columns(
    answer: &Answer,
    percent_of: fn(f64) -> String,
    digits: usize,
) -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("V", "voltage", answer.voltage.to_string()),
        ("map V", "map_voltage", answer.map_voltage.to_string()),
        ("p %", "fault_rate", percent_of(answer.fault_rate)),
        ("0to1 %", "fault_rate_0to1", percent_of(answer.fault_rate_0to1)),
        ("1to0 %", "fault_rate_1to0", percent_of(answer.fault_rate_1to0)),
        ("pers. %", "fault_rate_persistent", percent_of(answer.fault_rate_persistent)),
        ("faulty cells", "faulty_cells", answer.faulty_cells.to_string()),
        ("persistent", "persistent_cells", answer.persistent_cells.to_string()),
        ("BER %", "expected_ber_balanced_data", percent_of(answer.expected_ber_balanced_data)),
        ("errors/MB", "expected_bit_errors_per_mb", significant(answer.expected_bit_errors_per_mb, digits)),
        ("energy", "energy_relative_to_vmin", or_dash(answer.energy_relative_to_vmin, digits)),
        ("saving %", "energy_saving", answer.energy_saving.map_or_else(|| "-".to_owned(), percent_of)),
        ("d array", "dispersion_by_bank", or_dash(answer.dispersion_by_bank, digits)),
        ("d column", "dispersion_by_column", or_dash(answer.dispersion_by_column, digits)),
        ("d row", "dispersion_by_row", or_dash(answer.dispersion_by_row, digits)),
    ]
}

fn write_many(report: &Report, out: &mut impl Write) -> Result<()> {
    let chip = &report.chip;
    writeln!(out, "chip {}: {} cells; profiled {}", chip.name, grouped(chip.cells), profiled(chip))?;
    let rows: Vec<_> = report.answers.iter().map(|answer| columns(answer, percent, 4)).collect();
    // The map's voltage only says something where it differs from the voltage asked for.
    let same = report.answers.iter().all(|answer| answer.map_voltage == answer.voltage);
    let shown = |name: &str| name != "persistent_cells" && !(same && name == "map_voltage");
    let pick = |row: &[(&'static str, &'static str, String)],
                text: fn(&(&'static str, &'static str, String)) -> String|
     -> Vec<String> { row.iter().filter(|cell| shown(cell.1)).map(text).collect() };
    let header = pick(&rows[0], |cell| cell.0.to_owned());
    let table: Vec<_> = rows.iter().map(|row| pick(row, |cell| cell.2.clone())).collect();
    write_table(out, &header.iter().map(String::as_str).collect::<Vec<_>>(), &table)?;
    writeln!(
        out,
        "V in {}; p: mean over cells of both flip probabilities added; pers.: its part from",
        chip.unit
    )?;
    writeln!(
        out,
        "probabilities of 0.9 or more; BER = p/2, for balanced data; errors/MB in 10^6 bytes of weights;"
    )?;
    writeln!(out, "energy per access relative to Vmin; d: dispersion, variance/mean of faulty cells")?;
    Ok(())
}

fn write_csv(report: &Report, out: &mut impl Write) -> Result<()> {
    let exact = |p: f64| p.to_string();
    let rows: Vec<_> = report.answers.iter().map(|answer| columns(answer, exact, 17)).collect();
    let names = rows[0].iter().map(|(_, name, _)| (*name).to_owned());
    write_csv_row(out, &["chip".to_owned(), "unit".to_owned()].into_iter().chain(names).collect::<Vec<_>>())?;
    for row in rows {
        let values = row.into_iter().map(|(_, _, value)| if value == "-" { String::new() } else { value });
        let chip = [report.chip.name.clone(), report.chip.unit.clone()];
        write_csv_row(out, &chip.into_iter().chain(values).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn write_map(profile: &Profile, map: &FaultMap, path: &Path) -> Result<()> {
    let written = if is_picture(path) {
        write_atomically::<anyhow::Error>(path, |file| picture::write_png(profile, map, file))
    } else {
        write_atomically::<io::Error>(path, |mut file| export_map_csv(profile, map, &mut file))
            .map_err(Into::into)
    };
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}
