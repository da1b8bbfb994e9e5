//! `sram-sim import flips`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, InputPath, Talk, shown};
use sram_model::Voltage;
use sram_model::import::flips::{self, FlipOptions, FlipReport, import_flips};

use super::{RECOVERED, say_doubts, say_reads, write_profile};
use crate::arguments::{FlipsArguments, UnknownDirection};
use crate::output::{grouped, write_table};

pub(super) fn run(arguments: &FlipsArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = files.output(&arguments.out)?;
    let options = FlipOptions {
        name: arguments.name.clone(),
        geometry: arguments.geometry,
        unit: arguments.unit,
        vmin: arguments.vmin,
        unknown: match arguments.direction {
            UnknownDirection::Random => flips::UnknownDirection::Drawn { seed: arguments.seed },
            UnknownDirection::ReadsOne => flips::UnknownDirection::ReadsOne,
            UnknownDirection::ReadsZero => flips::UnknownDirection::ReadsZero,
            UnknownDirection::Inverts => flips::UnknownDirection::Inverts,
        },
        reads: arguments.reads,
        axes: arguments.axes.clone(),
        array: arguments.array.clone(),
        anyway: arguments.anyway,
    };
    let map = |(voltage, file): &(Voltage, InputPath)| Ok((files.input(file)?.to_owned(), *voltage));
    let maps: Vec<_> = arguments.maps.iter().map(map).collect::<Result<_>>()?;
    let (draft, report) = import_flips(&maps, &options)?;
    say_doubts(&report.doubts());
    print(&report, arguments, out)?;
    write_profile(draft, &arguments.maps[0].1, &output, out)?;
    report.reads().into_iter().try_for_each(|reads| say_reads(Some(reads), out))
}

fn print(report: &FlipReport, arguments: &FlipsArguments, out: &mut impl Write) -> Result<()> {
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
    for map in &report.maps {
        writeln!(out, "{}: read as {}", shown(&map.file), shown(&map.form))?;
    }
    if report.maps.iter().any(|map| map.directions_unknown > 0) {
        match arguments.direction {
            UnknownDirection::Random => {
                let seed = arguments.seed;
                writeln!(
                    out,
                    "unknown directions are random, half of them each way, by seed {seed} (see --direction)"
                )?;
            }
            chosen => writeln!(out, "unknown directions: {chosen:?}, as asked")?,
        }
    }
    Ok(())
}
