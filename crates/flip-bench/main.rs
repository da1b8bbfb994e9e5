//! The program `flip-bench`: what this machine does. It times the injection kernels against one pass over the same buffer,
//! in the same run, since times alone say little on a machine that is shared.
//!
//! Exit codes: 0 success, 1 failure or a missed `must` of `--check`, 2 wrong usage.

mod arguments;
mod check;
mod machine;
mod measure;
mod memory;
mod plain;
mod plot;
mod promises;
mod report;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::arguments::{Arguments, Format};
use crate::report::Report;
use crate::work::Bench;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do if this cannot be said either.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all that was checked holds.
fn run(arguments: &Arguments) -> Result<bool> {
    let mut out = io::stdout();
    if arguments.check {
        return check::run(arguments, &mut out);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build();
    let measured = pool.context("cannot start threads")?.install(|| Bench::new(arguments)?.run())?;
    let report = Report::new(arguments, &measured);
    match arguments.format {
        Format::Text => report.write_text(&mut out)?,
        Format::Json => report.write_json(&mut out)?,
        Format::Csv => report.write_csv(&mut out)?,
    }
    if let Some(path) = &arguments.plot {
        plot::write_svg(&report, path)?;
        writeln!(io::stderr(), "wrote {}", path.display())?;
    }
    if arguments.record {
        let path = report.record()?;
        writeln!(io::stderr(), "wrote {}", path.display())?;
    }
    Ok(true)
}
