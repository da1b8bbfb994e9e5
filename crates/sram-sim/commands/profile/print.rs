//! Prints the answers of `sram-sim profile`.

use std::io::{self, Write};

use anyhow::Result;
use cli_io::{Data, shown};
use sram_model::ContentKind;

use super::answer::{Answer, Banks, Chip, Line};
use crate::output::{grouped, or_dash, percent, significant, write_csv_row, write_table};

pub(super) fn write_one(chip: &Chip, answer: &Answer, out: &mut impl Write) -> Result<()> {
    let unit = &chip.unit;
    writeln!(out, "chip {} at {} {unit}", shown(&chip.name), answer.voltage)?;
    let mut line = |label: &str, value: String, meaning: &str| write_line(out, label, &value, meaning);
    let size =
        format!("{} {} of {} rows x {} columns, ", chip.banks, banks(chip.banks), chip.rows, chip.columns);
    line("geometry", size + &grouped(chip.cells) + " cells", "")?;
    line("profiled", profiled(chip), "")?;
    if answer.map_voltage != answer.voltage {
        line(
            "map used",
            format!("{} {unit}", answer.map_voltage),
            "that of a profiled voltage; see --between",
        )?;
    }
    if answer.extrapolated {
        line("extrapolated", "yes".to_owned(), "beyond the voltages that the model was made from")?;
    }
    line("source", shown(&chip.provenance.source), "")?;
    writeln!(out)?;
    write_rates(chip, answer, out)?;
    write_energy(answer, out)?;
    writeln!(out)?;
    write_places(chip, answer, out)
}

fn write_line(out: &mut impl Write, label: &str, value: &str, meaning: &str) -> io::Result<()> {
    writeln!(out, "{}", format!("  {label:<22}{value:<15} {meaning}").trim_end())
}

/// How many cells fail, and how often.
fn write_rates(chip: &Chip, answer: &Answer, out: &mut impl Write) -> Result<()> {
    let mut line = |label: &str, value: String, meaning: &str| write_line(out, label, &value, meaning);
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
    Ok(line("errors per MB", per_mb, "bit errors to expect in 10^6 bytes of weights")?)
}

fn write_energy(answer: &Answer, out: &mut impl Write) -> Result<()> {
    let label = "energy per access";
    match (answer.energy_relative_to_vmin, answer.energy_saving) {
        (Some(energy), Some(saving)) => {
            let meaning = format!("of that at Vmin, (V/Vmin)^2; saves {} %", percent(saving));
            write_line(out, label, &significant(energy, 4), &meaning)?;
        }
        _ => write_line(out, label, "unknown", "the profile does not know Vmin; give --vmin")?,
    }
    Ok(())
}

fn banks(count: u32) -> &'static str {
    if count == 1 { "bank" } else { "banks" }
}

fn write_places(chip: &Chip, answer: &Answer, out: &mut impl Write) -> Result<()> {
    let [bank, column, row] =
        [answer.dispersion_by_bank, answer.dispersion_by_column, answer.dispersion_by_row]
            .map(|dispersion| or_dash(dispersion, 3));
    writeln!(out, "  dispersion            banks {bank}, columns {column}, rows {row}")?;
    writeln!(out, "                        variance/mean of their faulty cells; 1 for independent cells")?;
    write_banks(chip, &answer.banks, out)?;
    write_lines("columns", "column", &answer.worst_columns, chip.rows, out)?;
    write_lines("rows", "row", &answer.worst_rows, chip.columns, out)
}

fn write_banks(chip: &Chip, banks: &Banks, out: &mut impl Write) -> Result<()> {
    let counts = banks.counts();
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    // Banks that are not listed have no faulty cell.
    let unlisted = chip.banks as usize - sorted.len();
    let of = |rank: usize| rank.checked_sub(unlisted).map_or(0, |rank| sorted[rank]);
    let (least, median, most) = (of(0), of(chip.banks as usize / 2), of(chip.banks as usize - 1));
    let clean = unlisted + sorted.partition_point(|&count| count == 0);
    if chip.banks > 1 {
        writeln!(
            out,
            "  faulty cells of a bank: least {least}, median {median}, most {most}; {clean} without"
        )?;
    }
    if (2..=64).contains(&chip.banks) {
        for (chunk, first) in counts.chunks(8).zip((0..).step_by(8)) {
            let counts: String = chunk.iter().map(|count| format!("{count:>9}")).collect();
            writeln!(out, "    banks {first:>2} to {:>2} {counts}", first + chunk.len() - 1)?;
        }
    }
    Ok(())
}

fn write_lines(title: &str, name: &str, lines: &[Line], cells: u32, out: &mut impl Write) -> Result<()> {
    writeln!(out, "  worst {title} (faulty cells of {cells})")?;
    if lines.is_empty() {
        writeln!(out, "    none")?;
    }
    for chunk in lines.chunks(5) {
        let text: Vec<String> =
            chunk.iter().map(|l| format!("bank {} {name} {}: {}", l.bank, l.index, l.faulty_cells)).collect();
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
        ContentKind::Critical(kind) => {
            let noise = significant(kind.read_noise, 4);
            format!("{range}, critical voltages with read noise {noise} {}", chip.unit)
        }
    }
}

/// One number of an answer.
struct Cell {
    /// Its column's name in text.
    title: String,
    /// That in CSV.
    name: &'static str,
    value: String,
}

/// The numbers of an answer, in text with few digits and as percentages.
fn cells(answer: &Answer, unit: &str, percent_of: fn(f64) -> String, digits: usize) -> Vec<Cell> {
    let [p, p01, p10] = [answer.fault_rate, answer.fault_rate_0to1, answer.fault_rate_1to0].map(percent_of);
    let d = [answer.dispersion_by_bank, answer.dispersion_by_column, answer.dispersion_by_row];
    let [d_bank, d_column, d_row] = d.map(|dispersion| or_dash(dispersion, digits));
    let saving = answer.energy_saving.map_or_else(|| "-".to_owned(), percent_of);
    [
        (unit, "voltage", answer.voltage.to_string()),
        (&format!("map {unit}"), "map_voltage", answer.map_voltage.to_string()),
        ("extrapolated", "extrapolated", answer.extrapolated.to_string()),
        ("p %", "fault_rate", p),
        ("0to1 %", "fault_rate_0to1", p01),
        ("1to0 %", "fault_rate_1to0", p10),
        ("pers. %", "fault_rate_persistent", percent_of(answer.fault_rate_persistent)),
        ("faulty cells", "faulty_cells", answer.faulty_cells.to_string()),
        ("persistent", "persistent_cells", answer.persistent_cells.to_string()),
        ("BER %", "expected_ber_balanced_data", percent_of(answer.expected_ber_balanced_data)),
        ("errors/MB", "expected_bit_errors_per_mb", significant(answer.expected_bit_errors_per_mb, digits)),
        ("energy", "energy_relative_to_vmin", or_dash(answer.energy_relative_to_vmin, digits)),
        ("saving %", "energy_saving", saving),
        ("d bank", "dispersion_by_bank", d_bank),
        ("d column", "dispersion_by_column", d_column),
        ("d row", "dispersion_by_row", d_row),
    ]
    .map(|(title, name, value)| Cell { title: title.to_owned(), name, value })
    .into()
}

pub(super) fn write_many(chip: &Chip, answers: &[Answer], out: &mut impl Write) -> Result<()> {
    writeln!(out, "chip {}: {} cells; profiled {}", shown(&chip.name), grouped(chip.cells), profiled(chip))?;
    let rows: Vec<_> = answers.iter().map(|answer| cells(answer, &chip.unit, percent, 4)).collect();
    // The map's voltage only says something where it differs from the voltage asked for, and likewise the rest.
    let same = answers.iter().all(|answer| answer.map_voltage == answer.voltage);
    let known = answers.iter().all(|answer| !answer.extrapolated);
    let hidden = |name: &str| match name {
        "persistent_cells" => true,
        "map_voltage" => same,
        "extrapolated" => known,
        _ => false,
    };
    let pick = |row: &[Cell], text: fn(&Cell) -> &str| -> Vec<String> {
        row.iter().filter(|cell| !hidden(cell.name)).map(|cell| text(cell).to_owned()).collect()
    };
    let header = pick(&rows[0], |cell| &cell.title);
    let table: Vec<_> = rows.iter().map(|row| pick(row, |cell| &cell.value)).collect();
    write_table(out, &header.iter().map(String::as_str).collect::<Vec<_>>(), &table)?;
    if !same {
        writeln!(out, "map {}: the profiled voltage whose map answers; see --between", chip.unit)?;
    }
    if !known {
        writeln!(out, "extrapolated: beyond the voltages that the model was made from")?;
    }
    writeln!(out, "p: mean over cells of both flip probabilities added; pers.: its part from")?;
    writeln!(
        out,
        "probabilities of 0.9 or more; BER = p/2, for balanced data; errors/MB in 10^6 bytes of weights;"
    )?;
    writeln!(out, "energy per access relative to Vmin; d: dispersion, variance/mean of faulty cells")?;
    Ok(())
}

pub(super) fn write_csv(chip: &Chip, answers: &[Answer], out: &mut Data<'_>) -> Result<()> {
    let exact = |p: f64| p.to_string();
    let rows: Vec<_> = answers.iter().map(|answer| cells(answer, &chip.unit, exact, 17)).collect();
    let names = rows[0].iter().map(|cell| cell.name.to_owned());
    write_csv_row(out, &["chip".to_owned(), "unit".to_owned()].into_iter().chain(names).collect::<Vec<_>>())?;
    for row in rows {
        let values = row.into_iter().map(|cell| if cell.value == "-" { String::new() } else { cell.value });
        let chip = [chip.name.clone(), chip.unit.clone()];
        write_csv_row(out, &chip.into_iter().chain(values).collect::<Vec<_>>())?;
    }
    Ok(())
}
