//! `sram-sim profile`.

mod answer;
mod print;

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Output, Talk};
use sram_model::interchange::export_map_csv;
use sram_model::{FaultMap, Profile};

use self::answer::{Chip, Question, Report};
use crate::arguments::{Format, ProfileArguments};
use crate::output::{MADE_BY, write_json};
use crate::{UsageError, chip, picture};

pub(crate) fn run(arguments: &ProfileArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let map_file = arguments.map.as_ref().map(|path| files.output(path)).transpose()?;
    let profile = chip::open(&arguments.chip, files)?;
    let voltages = arguments.voltage.of(&profile)?;
    if arguments.map.is_some() && voltages.len() != 1 {
        return Err(UsageError(format!("--map takes one voltage, found {}", voltages.len())).into());
    }
    chip::warn_if_extrapolated(&profile, &voltages);
    let vmin = chip::vmin(&profile, arguments.vmin)?;
    let question = Question { profile: &profile, voltages: &voltages, between: arguments.between, vmin };
    if let (Some(output), [voltage]) = (&map_file, &voltages[..]) {
        write_map(&profile, &profile.at(*voltage, arguments.between.into())?, output)?;
    }
    let chip = Chip::new(&profile, vmin);
    match arguments.format {
        Format::Json => {
            // The answers of many banks are many numbers: they are made as they are written, after it is known that
            // they can be.
            question.check()?;
            write_json(out, &Report { made_by: MADE_BY, chip, answers: question })
        }
        Format::Csv => print::write_csv(&chip, &question.answers()?, &mut out.data()),
        Format::Text => match &question.answers()?[..] {
            [answer] => print::write_one(&chip, answer, out),
            answers => print::write_many(&chip, answers, out),
        },
    }?;
    if let (Some(output), Format::Text) = (&map_file, arguments.format) {
        let legend = if is_picture(output) { picture::LEGEND } else { "" };
        writeln!(out, "\nwrote {output}{legend}")?;
    }
    Ok(())
}

fn write_map(profile: &Profile, map: &FaultMap, output: &Output) -> Result<()> {
    Ok(if is_picture(output) {
        output.write(|out| picture::write_png(profile, map, out))
    } else {
        output.write(|mut out| export_map_csv(profile, map, &mut out))
    }?)
}

fn is_picture(output: &Output) -> bool {
    output.has_extension("png")
}
