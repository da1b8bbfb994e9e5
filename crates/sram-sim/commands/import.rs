//! `sram-sim import`.

mod flips;
mod log;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Output, Talk, shown, warn};
use sram_model::import::hex::{self, HexOptions, HexReport, import_hex};
use sram_model::interchange::{CsvOptions, import_csv};
use sram_model::{Profile, ProfileDraft, Proportion};

use crate::arguments::{
    ByteOrder, Count, CsvArguments, FirstColumn, HexArguments, ImportArguments, ImportSource, Written,
};
use crate::output::{grouped, percent, write_table};

const RECOVERED: &str = "recovered: cells that fail at the next higher voltage but not at this one";

pub(crate) fn run(arguments: &ImportArguments, files: &Files, out: &mut Talk) -> Result<()> {
    match &arguments.source {
        ImportSource::Hex(arguments) => run_hex(arguments, files, out),
        ImportSource::Flips(arguments) => flips::run(arguments, files, out),
        ImportSource::Log(arguments) => log::run(arguments, files, out),
        ImportSource::Csv(CsvArguments { file, out: path, reads, anyway }) => {
            let output = files.output(path)?;
            let options = CsvOptions { reads: *reads, anyway: *anyway };
            let (draft, doubts) = import_csv(files.input(file)?, &options)?;
            say_doubts(&doubts.notes(&file.to_string()));
            write_profile(draft, file, &output, out)?;
            say_reads(*reads, out)
        }
    }
}

fn run_hex(arguments: &HexArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = files.output(&arguments.out)?;
    let folder = files.input_folder(&arguments.folder)?;
    let floorplan = arguments.floorplan.as_ref().map(|path| files.input(path)).transpose()?;
    let options = HexOptions {
        name: arguments.name.clone(),
        rows: arguments.rows,
        word_bits: arguments.word_bits,
        byte_order: arguments.byte_order.map(|order| match order {
            ByteOrder::Big => hex::ByteOrder::Big,
            ByteOrder::Little => hex::ByteOrder::Little,
        }),
        digits: arguments.digits,
        packed: arguments.packed,
        first_column: arguments.first_column.map(|column| match column {
            FirstColumn::Address => hex::FirstColumn::Address,
            FirstColumn::Word => hex::FirstColumn::Word,
        }),
        voltages: arguments.voltage.clone(),
        written: arguments.written == Written::Ones,
        count: arguments.count.map(|count| match count {
            Count::Once => hex::CountCells::Once,
            Count::AsPublished => hex::CountCells::AsPublished,
        }),
        floorplan: floorplan.map(Path::to_owned),
        vmin: arguments.vmin,
        anyway: arguments.anyway,
    };
    let (draft, report) = import_hex(folder, &options)?;
    print_hex(&report, out)?;
    write_profile(draft, &arguments.folder, &output, out)
}

/// What may be a mistake in a table.
fn say_doubts(notes: &[String]) {
    notes.iter().for_each(|note| warn(&format!("note: {}", shown(note))));
}

fn say_reads(reads: Option<u32>, out: &mut impl Write) -> Result<()> {
    if let Some(reads) = reads {
        writeln!(out, "flip probabilities are counts of {reads} reads; {}", known(reads.into()))?;
    }
    Ok(())
}

/// How well a number of reads tells a flip probability.
fn known(reads: u64) -> String {
    let interval = |count| {
        let (low, high) = Proportion { count, trials: reads }.interval(0.95);
        format!("{count} of {reads} means {} to {} %", percent(low), percent(high))
    };
    format!("{}, {} (95 % intervals)", interval(1), interval(reads))
}

fn print_hex(report: &HexReport, out: &mut impl Write) -> Result<()> {
    let header = ["file", "voltage V", "faulty bits", "faulty cells", "recovered"];
    let row = |dump: &hex::DumpReport| {
        let counts = [dump.faulty_bits, dump.faulty_cells, dump.recovered_cells].map(grouped);
        [vec![dump.file.clone(), dump.voltage.to_string()], counts.to_vec()].concat()
    };
    write_table(out, &header, &report.dumps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    let readings = report.readings();
    for (reading, file) in &readings {
        let which = if readings.len() > 1 { format!("{file} and alike ") } else { String::new() };
        writeln!(out, "{which}read as {reading}")?;
    }
    for (voltage, reads) in report.repeated() {
        writeln!(
            out,
            "{reads} reads at {voltage} V: flip probabilities are shares of them; {}",
            known(reads)
        )?;
    }
    for ignored in &report.ignored {
        writeln!(out, "not read: {} ({})", ignored.file, ignored.reason)?;
    }
    match report.duplication {
        Some(found) if report.counted_once => {
            writeln!(out, "{found}; cells are counted once (--count as-published keeps the copies)")?;
        }
        Some(found) => writeln!(out, "{found}; copies are kept as cells of their own")?,
        None if report.can_tell_copies() => writeln!(out, "no sign that cells are dumped more than once")?,
        None => writeln!(out, "too few words fail to tell whether cells are dumped more than once")?,
    }
    Ok(())
}

fn write_profile(draft: ProfileDraft, source: &InputPath, output: &Output, out: &mut Talk) -> Result<()> {
    let bytes = draft.encode().with_context(|| format!("{source} makes no profile"))?;
    output.write_bytes(&bytes)?;
    // Not from the file, which may be a pipe.
    let profile = Profile::from_bytes(bytes, &output.to_string())?;
    let info = profile.info();
    let (lowest, highest) = profile.range();
    let count = info.voltages().len();
    let range = if count == 1 { lowest.to_string() } else { format!("{} to {highest}", lowest.voltage) };
    let plural = if count == 1 { "voltage" } else { "voltages" };
    writeln!(
        out,
        "wrote {output}: {}, {} cells, {count} {plural}: {range}",
        info.geometry,
        grouped(info.geometry.cells())
    )?;
    Ok(())
}
