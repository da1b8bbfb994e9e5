//! `sram-sim import hex`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use cli_io::{Files, Talk};
use sram_model::import::hex::{self, HexOptions, HexReport, import_hex};

use super::{RECOVERED, known, write_profile};
use crate::arguments::{ByteOrder, Count, FirstColumn, HexArguments, Written};
use crate::output::{grouped, write_table};

pub(super) fn run(arguments: &HexArguments, files: &Files, out: &mut Talk) -> Result<()> {
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
    print(&report, out)?;
    write_profile(draft, &arguments.folder, &output, out)
}

fn print(report: &HexReport, out: &mut impl Write) -> Result<()> {
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
