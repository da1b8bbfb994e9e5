//! `sram-sim import`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sram_model::import::flips::{self, FlipOptions, FlipReport, import_flips};
use sram_model::import::hex::{self, HexOptions, HexReport, import_hex};
use sram_model::interchange::import_csv;
use sram_model::{Profile, ProfileDraft, write_atomically};

use crate::arguments::{
    Count, CsvArguments, FlipsArguments, HexArguments, ImportArguments, ImportSource, UnknownDirection,
    Written,
};
use crate::files::check_distinct;
use crate::output::{grouped, write_table};

const RECOVERED: &str = "recovered: cells that fail at the next higher voltage but not at this one";

pub(crate) fn run(arguments: &ImportArguments, out: &mut impl Write) -> Result<()> {
    match &arguments.source {
        ImportSource::Hex(arguments) => run_hex(arguments, out),
        ImportSource::Flips(arguments) => run_flips(arguments, out),
        ImportSource::Csv(CsvArguments { file, out: path }) => {
            check_distinct(Some(file.as_path()), Some(path.as_path()))?;
            write_profile(import_csv(file)?, file, path, out)
        }
    }
}

fn run_hex(arguments: &HexArguments, out: &mut impl Write) -> Result<()> {
    let options = HexOptions {
        name: arguments.name.clone(),
        rows: arguments.rows,
        word_bits: arguments.word_bits,
        written: arguments.written == Written::Ones,
        count: match arguments.count {
            Count::Once => hex::CountCells::Once,
            Count::AsPublished => hex::CountCells::AsPublished,
        },
        floorplan: arguments.floorplan.clone(),
        vmin: arguments.vmin,
    };
    let dumps: Vec<PathBuf> = std::fs::read_dir(&arguments.folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    check_distinct(dumps.iter().map(PathBuf::as_path), Some(arguments.out.as_path()))?;
    let (draft, report) = import_hex(&arguments.folder, &options)?;
    print_hex(&report, out)?;
    write_profile(draft, &arguments.folder, &arguments.out, out)
}

fn print_hex(report: &HexReport, out: &mut impl Write) -> Result<()> {
    let header = ["file", "voltage V", "faulty bits", "faulty cells", "recovered"];
    let row = |dump: &hex::DumpReport| {
        let counts = [dump.faulty_bits, dump.faulty_cells, dump.recovered_cells].map(grouped);
        [vec![dump.file.clone(), dump.voltage.to_string()], counts.to_vec()].concat()
    };
    write_table(out, &header, &report.dumps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    match report.duplication {
        Some(found) if report.counted_once => {
            writeln!(out, "{found}; cells are counted once (--count as-published keeps the copies)")?;
        }
        Some(found) => writeln!(out, "{found}; copies are kept as cells of their own")?,
        None => writeln!(out, "no sign that cells are dumped more than once")?,
    }
    Ok(())
}

fn run_flips(arguments: &FlipsArguments, out: &mut impl Write) -> Result<()> {
    let options = FlipOptions {
        name: arguments.name.clone(),
        geometry: arguments.geometry,
        unit: arguments.unit,
        vmin: arguments.vmin,
        unknown: match arguments.direction {
            UnknownDirection::Drawn => flips::UnknownDirection::Drawn { seed: arguments.seed },
            UnknownDirection::ReadsOne => flips::UnknownDirection::ReadsOne,
            UnknownDirection::ReadsZero => flips::UnknownDirection::ReadsZero,
            UnknownDirection::Inverts => flips::UnknownDirection::Inverts,
        },
    };
    let files: Vec<_> = arguments.maps.iter().map(|(voltage, file)| (file.clone(), *voltage)).collect();
    check_distinct(files.iter().map(|(file, _)| file.as_path()), Some(arguments.out.as_path()))?;
    let (draft, report) = import_flips(&files, &options)?;
    print_flips(&report, arguments, out)?;
    write_profile(draft, &files[0].0, &arguments.out, out)
}

fn print_flips(report: &FlipReport, arguments: &FlipsArguments, out: &mut impl Write) -> Result<()> {
    let voltage = format!("voltage {}", arguments.unit);
    let header =
        ["file", &voltage, "faulty cells", "recovered", "direction from other map", "direction unknown"];
    let row = |map: &flips::FlipMapReport| {
        let counts =
            [map.faulty_cells, map.recovered_cells, map.directions_from_other_maps, map.directions_unknown]
                .map(grouped);
        [vec![map.file.clone(), map.voltage.to_string()], counts.to_vec()].concat()
    };
    write_table(out, &header, &report.maps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    if report.maps.iter().any(|map| map.directions_unknown > 0) {
        match arguments.direction {
            UnknownDirection::Drawn => {
                let seed = arguments.seed;
                writeln!(
                    out,
                    "unknown directions are drawn, half of them each way, by seed {seed} (see --direction)"
                )?;
            }
            chosen => writeln!(out, "unknown directions: {chosen:?}, as asked")?,
        }
    }
    Ok(())
}

fn write_profile(draft: ProfileDraft, source: &Path, path: &Path, out: &mut impl Write) -> Result<()> {
    let bytes = draft.encode().with_context(|| format!("{} makes no profile", source.display()))?;
    write_atomically::<io::Error>(path, |file| file.write_all(&bytes))
        .with_context(|| format!("cannot write {}", path.display()))?;
    let profile = Profile::open(path)?;
    let info = profile.info();
    let (lowest, highest) = profile.range();
    let count = info.voltages.len();
    let range = if count == 1 {
        format!("{lowest} {}", info.unit)
    } else {
        format!("{lowest} to {highest} {}", info.unit)
    };
    let plural = if count == 1 { "voltage" } else { "voltages" };
    writeln!(
        out,
        "wrote {}: {}, {} cells, {count} {plural}: {range}",
        path.display(),
        info.geometry,
        grouped(info.geometry.cells())
    )?;
    Ok(())
}
