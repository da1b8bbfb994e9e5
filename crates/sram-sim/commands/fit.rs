//! `sram-sim fit`.

use std::io::{self, Write};

use anyhow::{Context, Result};
use sram_model::{Model, fit, write_atomically};

use crate::arguments::FitArguments;
use crate::files::check_distinct;
use crate::{chip, progress};

pub(crate) fn run(arguments: &FitArguments, out: &mut impl Write) -> Result<()> {
    let profile = chip::open(&arguments.profile)?;
    check_distinct(chip::file(&arguments.profile).as_deref(), Some(arguments.out.as_path()))?;
    let bar = progress::bar(1, "fitting");
    let fitted = fit(&profile);
    bar.finish_and_clear();
    let mut model = fitted?;
    if arguments.independent {
        model = model.independent();
        if let Some(notes) = &mut model.fit {
            notes.found.push("shared and directions: set to independent cells (--independent)".into());
        }
    }
    let text = model.to_toml();
    write_atomically::<io::Error>(&arguments.out, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    print(&model, out)?;
    Ok(writeln!(out, "wrote {}", arguments.out.display())?)
}

fn print(model: &Model, out: &mut impl Write) -> Result<()> {
    let notes = model.fit.clone().unwrap_or_default();
    writeln!(out, "model of chip {}, voltages in {}", model.name, model.unit)?;
    notes.found.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    writeln!(out, "not identified by this profile:")?;
    notes.not_identified.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    Ok(())
}
