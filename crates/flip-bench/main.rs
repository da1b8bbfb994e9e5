//! The program `flip-bench`: what this machine does. It times the injection kernels against one pass over the same buffer,
//! in the same run, since times alone say little on a machine that is shared.
//!
//! Exit codes: 0 success, 1 failure or a missed `must` of `--check`, 2 wrong usage, 128 + the signal that ended it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod arguments;
mod check;
mod class;
mod machine;
mod measure;
mod memories;
mod memory;
mod plain;
mod plot;
mod promises;
mod report;
mod row;
mod work;

use std::process::ExitCode;

use anyhow::{Context, Result};
use cli_io::{Files, Talk, end_whole_on_signals, warn};

use crate::arguments::{Arguments, Format};
use crate::report::Report;
use crate::work::Bench;

fn main() -> ExitCode {
    let signals = end_whole_on_signals().context("cannot wait for signals");
    let (arguments, notes) = match cli_io::parse::<Arguments>() {
        Ok(typed) => typed,
        Err(code) => return code,
    };
    notes.iter().for_each(|note| warn(note));
    let files = Files::new();
    let mut out = files.talk();
    let result = signals.and_then(|()| run(&arguments, &files, &mut out));
    let said = out.finish().context("cannot write to standard output");
    match result.and_then(|holds| said.map(|()| holds)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            warn(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all that was checked holds.
fn run(arguments: &Arguments, files: &Files, out: &mut Talk) -> Result<bool> {
    if arguments.check {
        return check::run(arguments, out);
    }
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let record = arguments.record.then(|| files.output_folder(&report::folder())).transpose()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build();
    let measured = pool.context("cannot start threads")?.install(|| Bench::new(arguments)?.run())?;
    let report = Report::new(arguments, &measured);
    match arguments.format {
        Format::Text => report.write_text(out)?,
        Format::Json => report.write_json(&mut out.data())?,
        Format::Csv => report.write_csv(&mut out.data())?,
    }
    if let Some(output) = &plot {
        plot::write_svg(&report, output)?;
        warn(&format!("wrote {output}"));
    }
    if let Some(folder) = &record {
        let output = folder.output(&report.file_name())?;
        output.write(|mut file| report.write_json(&mut file))?;
        warn(&format!("wrote {output}"));
    }
    Ok(true)
}
