//! `sram-sim synth`.

use std::cell::RefCell;
use std::io::Write;

use anyhow::{Result, bail};
use cli_io::{Files, Output, Talk};
use sram_model::{Geometry, ProfileDraft, Voltage};

use crate::UsageError;
use crate::arguments::SynthArguments;
use crate::chip::ModelFile;
use crate::output::grouped;
use crate::progress;

pub(crate) fn run(arguments: &SynthArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let mut file = ModelFile::open(&arguments.model, files)?;
    if let Some(lowest) = arguments.down_to {
        extend(&mut file, lowest)?;
    }
    let geometry = match arguments.geometry {
        Some(geometry) => geometry,
        None => file.model.geometry()?,
    };
    let first = arguments.seed.unwrap_or(file.model.seed);
    let outputs = Outputs::check(arguments, first, files)?;
    let bar = progress::bar(outputs.count, "drawing chips");
    for number in 0..outputs.count {
        let (seed, output) = outputs.get(number)?;
        let draft = file.draw(geometry, seed, arguments.temperature)?;
        let cells = cells(&draft);
        output.write_bytes(&draft.encode()?)?;
        bar.inc(1);
        say(&output, seed, geometry, cells, out)?;
    }
    bar.finish_and_clear();
    let voltages = file.model.voltages();
    let extrapolates = |voltage: &&Voltage| file.model.predict(**voltage, arguments.temperature).extrapolated;
    if let Some(voltage) = voltages.iter().find(extrapolates) {
        let known = file.known(arguments.temperature);
        writeln!(out, "note: {voltage} {} is extrapolated; {known}", file.model.unit)?;
    }
    Ok(())
}

/// Lets chips answer down to `lowest`, by extrapolation if the curve ends above.
fn extend(file: &mut ModelFile, lowest: Voltage) -> Result<()> {
    let mut voltages = file.model.voltages();
    match voltages.last() {
        Some(&last) if lowest >= last => {
            bail!(
                "--down-to {lowest}: chips of this model answer down to {last} {} as it is",
                file.model.unit
            )
        }
        _ => voltages.push(lowest),
    }
    file.model.voltages = voltages;
    Ok(file.model.check()?)
}

fn cells(draft: &ProfileDraft) -> u64 {
    match &draft.content {
        sram_model::Content::Critical { cells, .. } => cells.len() as u64,
        sram_model::Content::Measured(levels) => levels.last().map_or(0, |level| level.1.len() as u64),
    }
}

/// The files of all chips. Their names are made one by one, since there may be billions.
struct Outputs<'a> {
    arguments: &'a SynthArguments,
    files: &'a Files,
    first: u64,
    count: u64,
    /// The first, whose check is that of their folder.
    head: RefCell<Option<Output>>,
}

impl<'a> Outputs<'a> {
    fn check(arguments: &'a SynthArguments, first: u64, files: &'a Files) -> Result<Self> {
        let count = arguments.count.map_or(1, u64::from);
        let outputs = Self { arguments, files, first, count, head: RefCell::default() };
        if arguments.count.is_some() && files.is_stream(&arguments.out) {
            let text =
                format!("--count: {} is no file, so there is no name to put numbers to", arguments.out);
            return Err(UsageError(text).into());
        }
        *outputs.head.borrow_mut() = Some(outputs.make(0)?);
        Ok(outputs)
    }

    /// Seed and file of a chip.
    fn get(&self, number: u64) -> Result<(u64, Output)> {
        let output = match self.head.take() {
            Some(head) if number == 0 => head,
            _ => self.make(number)?,
        };
        Ok((self.first.wrapping_add(number), output))
    }

    /// `chip.sfp` of seed 7 is `chip-7.sfp`.
    fn make(&self, number: u64) -> Result<Output> {
        let out = &self.arguments.out;
        Ok(match self.arguments.count {
            None => self.files.output(out)?,
            Some(_) => self.files.output(&out.numbered(self.first.wrapping_add(number)))?,
        })
    }
}

fn say(output: &Output, seed: u64, geometry: Geometry, cells: u64, out: &mut Talk) -> Result<()> {
    Ok(writeln!(
        out,
        "wrote {output}: seed {seed}, {geometry}, {} cells, {} of which fail in its range",
        grouped(geometry.cells()),
        grouped(cells)
    )?)
}
