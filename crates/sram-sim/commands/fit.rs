//! `sram-sim fit`.

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk, shown};
use sram_model::Model;

use crate::arguments::FitArguments;
use crate::{chip, progress};

pub(crate) fn run(arguments: &FitArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let output = files.output(&arguments.out)?;
    let profile = chip::open(&arguments.profile, files)?;
    let mut model = progress::fit(&profile)?;
    if arguments.independent {
        model = model.independent();
        if let Some(notes) = &mut model.fit {
            notes.found.push("shared and directions: set to independent cells (--independent)".into());
        }
    }
    output.write_bytes(model.to_toml().as_bytes())?;
    print(&model, out)?;
    Ok(writeln!(out, "wrote {output}")?)
}

fn print(model: &Model, out: &mut impl Write) -> Result<()> {
    let notes = model.fit.clone().unwrap_or_default();
    writeln!(out, "model of chip {}, voltages in {}", shown(&model.name), model.unit)?;
    notes.found.iter().try_for_each(|line| writeln!(out, "  {}", shown(line)))?;
    writeln!(out, "not identified by this profile:")?;
    notes.not_identified.iter().try_for_each(|line| writeln!(out, "  {}", shown(line)))?;
    Ok(())
}
