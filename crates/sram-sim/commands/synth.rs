//! `sram-sim synth`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sram_model::{ProfileDraft, Voltage, write_atomically};

use crate::arguments::SynthArguments;
use crate::chip::ModelFile;
use crate::files::check_distinct;
use crate::output::grouped;
use crate::progress;

pub(crate) fn run(arguments: &SynthArguments, out: &mut impl Write) -> Result<()> {
    let mut file = ModelFile::open(&arguments.model)?;
    if let Some(lowest) = arguments.down_to {
        extend(&mut file, lowest)?;
    }
    let geometry = match arguments.geometry {
        Some(geometry) => geometry,
        None => file.model.geometry()?,
    };
    let first = arguments.seed.unwrap_or(file.model.seed);
    let paths: Vec<PathBuf> = match arguments.count {
        None => vec![arguments.out.clone()],
        Some(count) => {
            (0..u64::from(count)).map(|k| numbered(&arguments.out, first.wrapping_add(k))).collect()
        }
    };
    check_distinct(Some(arguments.model.as_path()), paths.iter().map(PathBuf::as_path))?;
    let bar = progress::bar(paths.len() as u64, "drawing chips");
    for (seed, path) in (0..).map(|k: u64| first.wrapping_add(k)).zip(&paths) {
        let draft = file.draw(geometry, seed, arguments.temperature)?;
        let cells = cells(&draft);
        let bytes = draft.encode()?;
        write_atomically::<io::Error>(path, |file| file.write_all(&bytes))
            .with_context(|| format!("cannot write {}", path.display()))?;
        bar.inc(1);
        writeln!(
            out,
            "wrote {}: seed {seed}, {geometry}, {} cells, {} of which fail in its range",
            path.display(),
            grouped(geometry.cells()),
            grouped(cells)
        )?;
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

/// `chip.sfp` of seed 7 is `chip-7.sfp`.
fn numbered(path: &Path, seed: u64) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}-{seed}{extension}"))
}
