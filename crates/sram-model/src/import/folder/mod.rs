//! The dumps in a folder: which files they are, at which voltage each was read, and which other files lie there.

mod is;
mod manifest;
mod thing;

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use self::is::{Is, check_missed, stem};
pub(super) use self::manifest::listed;
pub(super) use self::thing::of_two_things;
use super::voltage_name::Named;
use super::written::{Pattern, Patterns, Written};
use super::{ImportError, ImportErrorKind, Place, file_name};
use crate::profile::InputFile;
use crate::voltage::Voltage;

/// A file that is a dump.
#[derive(Clone, Debug)]
pub(super) struct DumpFile {
    pub(super) path: PathBuf,
    pub(super) voltage: Voltage,
    /// Number of the pattern that was written before.
    pub(super) pattern: usize,
    /// Whether the voltage was told, and not found in the name.
    told: bool,
    named: Named,
    /// Which of the words that call the chip tell the pattern.
    of_pattern: Vec<bool>,
}

/// What lies in a folder.
#[derive(Debug)]
pub(super) struct Found {
    /// The dumps, at least one: highest voltage first, those of one voltage by their pattern, and reads of one pattern by their
    /// number.
    pub(super) files: Vec<DumpFile>,
    /// The patterns that were written.
    pub(super) patterns: Vec<Pattern>,
    pub(super) ignored: Vec<Ignored>,
    /// What should be said of it.
    pub(super) notes: Vec<String>,
    /// The file that lists the dumps, if there is one.
    pub(super) manifest: Option<InputFile>,
}

/// A file that was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name.
    pub file: String,
    /// Why.
    pub reason: &'static str,
}

/// The file that is taken for the floorplan, if no other is given.
pub(super) const FLOORPLAN: &str = "floorplan.csv";

/// The dumps of a folder. `told` are voltages by file name.
pub(super) fn find(
    folder: &Path,
    told: &[(String, Voltage)],
    written: &Written,
) -> Result<Found, ImportError> {
    check_told(folder, told)?;
    let mut written = Patterns::new(folder, written)?;
    let (mut files, mut ignored, mut named): (Vec<DumpFile>, _, _) = (Vec::new(), Vec::new(), Vec::new());
    let mut patterns: Vec<Pattern> = Vec::new();
    let paths = paths_in(folder)?;
    written.check_match(&paths)?;
    for path in paths {
        let name = file_name(&path);
        if name == FLOORPLAN {
            continue;
        }
        let voltage = told.iter().find(|(file, _)| *file == name).map(|(_, voltage)| *voltage);
        let reason = match Is::of(&path, voltage.is_some())? {
            _ if written.is_reference(&path) => WRITTEN,
            Is::Dump => {
                let pattern = number_of(written.of(&path)?, &mut patterns);
                let parts = written.parts_of_rule(&path);
                files.push(DumpFile { pattern, ..dump_file(path, voltage)? }.with_pattern_in(&parts));
                continue;
            }
            Is::Other(reason) => reason,
            Is::Named(reason) => {
                named.push((path, reason));
                reason
            }
        };
        ignored.push(Ignored { file: name, reason });
    }
    if let Some((file, _)) = told.iter().find(|(file, _)| files.iter().all(|f| file_name(&f.path) != *file)) {
        let found = format!("a voltage for `{file}`, which is not there");
        return Err(ImportError::content(
            ImportErrorKind::Options,
            folder,
            Place::File,
            found,
            "the name of a file in the folder",
        ));
    }
    sort(&mut files);
    check_dumps(folder, &files, &ignored)?;
    check(&files)?;
    written.check_used()?;
    named.iter().try_for_each(|(path, reason)| check_missed(path, reason, &files))?;
    let notes = without_temperature(&files);
    Ok(Found { files, patterns, ignored, notes, manifest: None })
}

/// All that lies in a folder, by name.
fn paths_in(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    if folder.is_file() {
        let expected = "a folder, with a dump for each voltage";
        return Err(ImportError::content(ImportErrorKind::Files, folder, Place::File, "a file", expected));
    }
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| ImportError::Read { path: folder.to_owned(), source })?;
    let mut paths: Vec<PathBuf> = entries.iter().map(DirEntry::path).collect();
    paths.sort();
    Ok(paths)
}

/// The number of a pattern, which is added if it is new.
fn number_of(pattern: &Pattern, patterns: &mut Vec<Pattern>) -> usize {
    patterns.iter().position(|known| known == pattern).unwrap_or_else(|| {
        patterns.push(pattern.clone());
        patterns.len() - 1
    })
}

/// Highest voltage first, one pattern after the other, reads by their number.
fn sort(files: &mut [DumpFile]) {
    files.sort_by(|a, b| {
        (b.voltage, a.pattern, a.named.run, &a.path).cmp(&(a.voltage, b.pattern, b.named.run, &b.path))
    });
}

impl Found {
    /// Leaves the first read of each voltage and pattern out.
    pub(super) fn drop_first(&mut self) -> Result<(), ImportError> {
        let first =
            |index: usize, files: &[DumpFile]| index == 0 || !files[index].is_read_as(&files[index - 1]);
        let dropped: Vec<bool> = (0..self.files.len()).map(|index| first(index, &self.files)).collect();
        let alone = (0..dropped.len())
            .find(|&index| dropped[index] && dropped.get(index + 1).is_none_or(|&next| next));
        if let Some(file) = alone.map(|index| &self.files[index]) {
            let found = format!("one read at {} V", file.voltage);
            let expected = "several reads of each voltage (and of each pattern, where one was written), of which to leave the first out \
                            (--drop-first)";
            return Err(ImportError::content(
                ImportErrorKind::Options,
                &file.path,
                Place::File,
                found,
                expected,
            ));
        }
        let mut dropped = dropped.into_iter();
        let mut names: Vec<String> = Vec::new();
        self.files.retain(|file| {
            let keep = !dropped.next().unwrap_or(false);
            names.extend((!keep).then(|| file_name(&file.path)));
            keep
        });
        self.notes
            .push(format!("the first read of each voltage and pattern is left out: {}", names.join(", ")));
        self.ignored.extend(names.into_iter().map(|file| Ignored { file, reason: "the first read" }));
        Ok(())
    }
}

impl DumpFile {
    /// Whether it is a read of the same voltage after the same pattern.
    fn is_read_as(&self, other: &Self) -> bool {
        self.voltage == other.voltage && self.pattern == other.pattern
    }
}

/// A file has one voltage.
fn check_told(folder: &Path, told: &[(String, Voltage)]) -> Result<(), ImportError> {
    let other = |(file, voltage): &(String, Voltage)| {
        let other = told.iter().find(|(name, other)| name == file && other != voltage)?;
        Some(format!("--voltage {file}={voltage} and --voltage {file}={}", other.1))
    };
    match told.iter().find_map(other) {
        Some(found) => Err(ImportError::content(
            ImportErrorKind::Options,
            folder,
            Place::File,
            found,
            "one voltage for a file",
        )),
        None => Ok(()),
    }
}

/// Names that say a temperature among others that do not.
fn without_temperature(files: &[DumpFile]) -> Vec<String> {
    let known = files.iter().find_map(|file| file.named.temperature.as_ref());
    let unknown = files.iter().find(|file| file.named.temperature.is_none());
    let note = known.zip(unknown).map(|(known, unknown)| {
        let file = file_name(&unknown.path);
        format!("the name `{file}` says no temperature, others say {}; it is taken for the same", known.shown)
    });
    note.into_iter().collect()
}

fn dump_file(path: PathBuf, told: Option<Voltage>) -> Result<DumpFile, ImportError> {
    let stem = stem(&path);
    let named = Named::of(&stem);
    if let (None, Some(number)) = (told, &named.no_voltage) {
        let found = format!("`{number}` in the name `{stem}`, which is no voltage in V");
        let expected = "a voltage with its unit, as in 650mV or 0.65V, or --voltage FILE=0.65";
        return Err(ImportError::content(ImportErrorKind::Name, &path, Place::File, found, expected));
    }
    let found: Vec<Voltage> = named.voltages.iter().copied().collect();
    let voltage = match (told, &found[..]) {
        (Some(voltage), _) | (None, &[voltage]) => voltage,
        (None, []) => {
            if let Some(number) = &named.too_high {
                let found = format!("`{number}` in the name `{stem}`");
                let expected = format!("a voltage of at most {} V, or --voltage FILE=0.53", Voltage::MAX);
                return Err(ImportError::content(ImportErrorKind::Name, &path, Place::File, found, expected));
            }
            let found = format!("no voltage in the name `{stem}`");
            let expected = "a name like chip-0.53.bin or chip_530mV.hex (a whole number needs its unit), or --voltage \
                            FILE=0.53";
            return Err(ImportError::content(ImportErrorKind::Name, &path, Place::File, found, expected));
        }
        (None, several) => {
            let several: Vec<String> = several.iter().map(|voltage| format!("{voltage} V")).collect();
            let found = format!("{} in the name `{stem}`", several.join(" and "));
            let expected = "one voltage, with its unit as in 0.53V or 530mV, or --voltage FILE=0.53";
            return Err(ImportError::content(ImportErrorKind::Name, &path, Place::File, found, expected));
        }
    };
    let of_pattern = vec![false; named.things.len()];
    Ok(DumpFile { path, voltage, pattern: 0, told: told.is_some(), named, of_pattern })
}

/// There must be a dump that was read back.
fn check_dumps(folder: &Path, files: &[DumpFile], ignored: &[Ignored]) -> Result<(), ImportError> {
    if !files.is_empty() {
        return Ok(());
    }
    let written = ignored.iter().find(|other| other.reason == WRITTEN);
    let found = match written {
        Some(Ignored { file, .. }) => format!("no dump but {file}, which --written says was written"),
        None => "no dump".to_owned(),
    };
    let expected = "one dump a voltage, named like chip-0.53.bin (or .hex, .txt, .dump, .mem, .dat)";
    Err(ImportError::content(ImportErrorKind::Files, folder, Place::File, found, expected))
}

/// Why a file is not read that holds what was written.
const WRITTEN: &str = "what was written";

/// Files of one voltage and pattern must be reads of one condition, and all files of one temperature.
fn check(files: &[DumpFile]) -> Result<(), ImportError> {
    let wrong = |file: &DumpFile, found, expected| {
        Err(ImportError::content(ImportErrorKind::Files, &file.path, Place::File, found, expected))
    };
    let mut temperatures = files
        .iter()
        .filter_map(|file| file.named.temperature.as_ref().map(|temperature| (file, temperature)));
    if let Some((file, first)) = temperatures.next()
        && temperatures.any(|(_, other)| !other.is_as(first))
    {
        return wrong(file, format!("{} and others", first.shown), "dumps of one temperature in a folder");
    }
    let of_one =
        |pair: &&[DumpFile]| pair[0].voltage == pair[1].voltage && pair[0].pattern == pair[1].pattern;
    for pair in files.windows(2).filter(of_one) {
        let (a, b) = (&pair[0].named, &pair[1].named);
        if a.rest != b.rest || a.run.is_none() || a.run == b.run {
            let found = format!("the voltage {} V of {} again", pair[1].voltage, file_name(&pair[0].path));
            let expected = "one dump a voltage; or several reads of it, whose names differ in their number only, after a \
                            word such as run or read, as chip_run1_0.60V.hex and chip_run2_0.60V.hex do; or dumps of several patterns \
                            (--written NAME=PATTERN)";
            return wrong(&pair[1], found, expected);
        }
    }
    Ok(())
}
