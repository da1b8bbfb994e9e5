//! `sram-sim import hex`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cli_io::{Files, InputPath, Talk, shown};
use sram_model::import::hex::{self, HexOptions, HexReport, Pattern, SeriesReport, import_hex};

use super::{RECOVERED, known, write_profile};
use crate::arguments::{ByteOrder, Count, DumpArguments, FirstColumn, HexArguments, Radix, Written};
use crate::output::{grouped, write_table};

pub(super) fn run(arguments: &HexArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let HexArguments { dumps, written: patterns, missing_as_written, count, vmin } = arguments;
    let output = files.output(&dumps.out)?;
    let folder = files.input_folder(&dumps.folder)?;
    let options = HexOptions {
        written: written(patterns, files)?,
        missing_as_written: *missing_as_written,
        count: count.map(|count| match count {
            Count::Once => hex::CountCells::Once,
            Count::AsPublished => hex::CountCells::AsPublished,
        }),
        vmin: *vmin,
        ..options(dumps, files)?
    };
    let (draft, report) = import_hex(folder, &options)?;
    print(&report, out)?;
    write_profile(draft, &dumps.folder, &output, out)
}

/// How the dumps of a folder are read, whatever was written.
pub(super) fn options(arguments: &DumpArguments, files: &Files) -> Result<HexOptions> {
    let input = |path: &Option<InputPath>| -> Result<Option<PathBuf>> {
        Ok(path.as_ref().map(|path| files.input(path)).transpose()?.map(Path::to_owned))
    };
    Ok(HexOptions {
        name: arguments.name.clone(),
        rows: arguments.rows,
        word_bits: arguments.word_bits,
        radix: match arguments.radix {
            Radix::Hex => hex::Radix::Hex,
            Radix::Binary => hex::Radix::Binary,
        },
        raw: arguments.raw,
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
        manifest: input(&arguments.manifest)?,
        drop_first: arguments.drop_first,
        floorplan: input(&arguments.floorplan)?,
        anyway: arguments.anyway,
        ..HexOptions::default()
    })
}

/// The patterns of all files, and of some.
fn written(typed: &[(Option<String>, Written)], files: &Files) -> Result<hex::Written> {
    let mut found = hex::Written::default();
    for (name, written) in typed {
        let pattern = match written {
            Written::Pattern(pattern) => pattern.clone(),
            Written::File(file) => Pattern::Dump(files.input(file)?.to_owned()),
        };
        match name {
            Some(name) => found.of.push((name.clone(), pattern)),
            None if found.rest.is_some() => {
                bail!(
                    "found --written twice for all files, expected it once, or with names: --written NAME=PATTERN"
                )
            }
            None => found.rest = Some(pattern),
        }
    }
    Ok(found)
}

fn print(report: &HexReport, out: &mut impl Write) -> Result<()> {
    let several = !report.is_of_one_pattern();
    let written: &[&str] = if several { &["written"] } else { &[] };
    let header = [&["file", "voltage V"], written, &["faulty bits", "faulty cells", "recovered"]].concat();
    let row = |dump: &hex::DumpReport| {
        let counts = [dump.faulty_bits, dump.faulty_cells, dump.recovered_cells].map(grouped);
        let written = several.then(|| dump.written.to_string());
        let name = [dump.file.clone(), dump.voltage.to_string()];
        name.into_iter().chain(written).chain(counts).collect::<Vec<_>>()
    };
    write_table(out, &header, &report.dumps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    let readings = report.readings();
    for (reading, file) in &readings {
        let which = if readings.len() > 1 { format!("{} and alike ", shown(file)) } else { String::new() };
        writeln!(out, "{which}read as {reading}")?;
    }
    if report.dumps.iter().any(|dump| dump.written != Pattern::Ones) {
        report.tested.iter().try_for_each(|tested| writeln!(out, "{}", shown(tested)))?;
    }
    report.missing().iter().try_for_each(|missing| writeln!(out, "{}", shown(missing)))?;
    report.same_files.iter().try_for_each(|same| writeln!(out, "{}", shown(same)))?;
    for series in &report.series {
        print_series(series, several, out)?;
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

fn print_series(series: &SeriesReport, several: bool, out: &mut impl Write) -> Result<()> {
    let SeriesReport { voltage, written, reads, alike } = series;
    let of = if several { format!(" after {written}") } else { String::new() };
    writeln!(
        out,
        "{reads} reads at {voltage} V{}: flip probabilities are shares of them; {}",
        shown(&of),
        known(*reads)
    )?;
    let first = if alike.first_differs() { "; --drop-first leaves the first read out" } else { "" };
    writeln!(out, "  {}{first}", shown(&alike.to_string()))?;
    Ok(())
}
