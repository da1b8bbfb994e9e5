//! `sram-sim import log`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath, Talk, shown};
use sram_model::Voltage;
use sram_model::import::log::{self, LogLevelReport, LogOptions, LogReport, import_log};

use super::{RECOVERED, known, say_doubts, write_profile};
use crate::arguments::{AddressUnit, LogArguments};
use crate::output::{grouped, write_table};

pub(super) fn run(arguments: &LogArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = files.output(&arguments.out)?;
    let options = LogOptions {
        name: arguments.name.clone(),
        geometry: arguments.geometry,
        unit: arguments.unit,
        vmin: arguments.vmin,
        columns: arguments.columns.clone(),
        ignore: arguments.ignore.clone(),
        radix: arguments.radix,
        address_radix: arguments.address_radix,
        word_bits: arguments.word_bits,
        interleave: arguments.interleave,
        scramble: arguments.scramble.clone().unwrap_or_default(),
        address_unit: match arguments.address_unit {
            AddressUnit::Words => log::AddressUnit::Words,
            AddressUnit::Bytes => log::AddressUnit::Bytes,
        },
        reads: arguments.reads,
        anyway: arguments.anyway,
    };
    let path = |(voltage, file): &(Option<Voltage>, InputPath)| Ok((files.input(file)?.to_owned(), *voltage));
    let logs: Vec<(PathBuf, Option<Voltage>)> = arguments.logs.iter().map(path).collect::<Result<_>>()?;
    let (draft, report) = import_log(&logs, &options)?;
    say_doubts(&report.doubts());
    print(&report, &draft.unit.to_string(), out)?;
    if let Some(reads) = arguments.reads {
        writeln!(out, "{}", known(reads.into()))?;
    }
    let (_, first) = arguments.logs.first().context("no log")?;
    write_profile(draft, first, &output, out)
}

fn print(report: &LogReport, unit: &str, out: &mut impl Write) -> Result<()> {
    let voltage = format!("voltage {unit}");
    let header = [&voltage, "faulty cells", "0 to 1", "1 to 0", "recovered"];
    let row = |level: &LogLevelReport| {
        let [zero_to_one, one_to_zero] = level.directions;
        let counts = [level.faulty_cells, zero_to_one, one_to_zero, level.recovered_cells].map(grouped);
        [vec![level.voltage.to_string()], counts.to_vec()].concat()
    };
    write_table(out, &header, &report.levels.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out, "{RECOVERED}")?;
    for log in &report.files {
        writeln!(out, "{}: {}", shown(&log.file), log.summary())?;
        if !log.ignored.is_empty() {
            writeln!(out, "{}: not read: {}", shown(&log.file), shown(&log.ignored.join(", ")))?;
        }
    }
    report.assumed.iter().try_for_each(|note| Ok(writeln!(out, "{}", shown(note))?))
}
