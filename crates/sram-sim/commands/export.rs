//! `sram-sim export`.

use std::io::Write;

use anyhow::Result;
use sram_model::interchange::{ExportError, export_csv};
use sram_model::write_atomically;

use crate::arguments::ExportArguments;
use crate::chip;
use crate::files::check_distinct;

pub(crate) fn run(arguments: &ExportArguments, out: &mut impl Write) -> Result<()> {
    let profile = chip::open(&arguments.chip)?;
    match &arguments.out {
        Some(path) => {
            check_distinct(chip::file(&arguments.chip).as_deref(), Some(path.as_path()))?;
            let written = write_atomically::<ExportError>(path, |mut file| export_csv(&profile, &mut file));
            written.map_err(|error| match error {
                ExportError::Write(error) => {
                    anyhow::Error::from(error).context(format!("cannot write {}", path.display()))
                }
                damaged => damaged.into(),
            })?;
            Ok(writeln!(out, "wrote {}", path.display())?)
        }
        None => Ok(export_csv(&profile, out)?),
    }
}
