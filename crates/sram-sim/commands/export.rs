//! `sram-sim export`.

use std::io::Write;

use anyhow::{Context, Result};
use sram_model::interchange::{ExportError, export_csv};
use sram_model::write_atomically;

use crate::arguments::ExportArguments;
use crate::chip;

pub(crate) fn run(arguments: &ExportArguments, out: &mut impl Write) -> Result<()> {
    let profile = chip::open(&arguments.chip)?;
    match &arguments.out {
        Some(path) => {
            write_atomically::<ExportError>(path, |mut file| export_csv(&profile, &mut file))
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(writeln!(out, "wrote {}", path.display())?)
        }
        None => Ok(export_csv(&profile, out)?),
    }
}
