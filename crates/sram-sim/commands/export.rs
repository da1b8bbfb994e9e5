//! `sram-sim export`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk};
use sram_model::interchange::export_csv;

use crate::arguments::ExportArguments;
use crate::{chip, progress};

pub(crate) fn run(arguments: &ExportArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = arguments.out.as_ref().map(|path| files.output(path)).transpose()?;
    let profile = chip::open(&arguments.chip, files)?;
    match output {
        Some(output) => {
            let busy = progress::busy("writing CSV");
            output.write(|mut out| export_csv(&profile, &mut out))?;
            busy.finish_and_clear();
            Ok(writeln!(out, "wrote {output}")?)
        }
        None => Ok(out.stream(|mut out| export_csv(&profile, &mut out))?),
    }
}
