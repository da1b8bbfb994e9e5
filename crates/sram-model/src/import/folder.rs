//! The dumps in a folder: which files they are, at which voltage each was read, and which other files lie there.

use std::path::{Path, PathBuf};

use super::voltage_name::Named;
use super::{ImportError, Place, file_name};
use crate::voltage::Voltage;

/// A file that is a dump.
#[derive(Clone, Debug)]
pub(super) struct DumpFile {
    pub(super) path: PathBuf,
    pub(super) voltage: Voltage,
    named: Named,
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

const DUMPS: [&str; 6] = ["bin", "hex", "txt", "dump", "mem", "dat"];
const OTHERS: [&str; 25] = [
    "md", "csv", "tsv", "json", "toml", "yaml", "yml", "xml", "html", "pdf", "png", "jpg", "jpeg", "svg",
    "py", "m", "sh", "ipynb", "tex", "xlsx", "xls", "doc", "docx", "sfp", "cfg",
];
/// Texts about a folder.
const ABOUT: [&str; 7] = ["readme", "license", "licence", "copying", "notes", "changelog", "citation"];

/// The dumps of a folder, at least one: highest voltage first, reads of one voltage by their number. `told` are voltages
/// by file name.
pub(super) fn find(
    folder: &Path,
    told: &[(String, Voltage)],
) -> Result<(Vec<DumpFile>, Vec<Ignored>), ImportError> {
    let failed = |source| ImportError::Read { path: folder.to_owned(), source };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    paths.sort();
    let (mut files, mut ignored) = (Vec::new(), Vec::new());
    for path in paths {
        let name = file_name(&path);
        if name == FLOORPLAN {
            continue;
        }
        let voltage = told.iter().find(|(file, _)| *file == name).map(|(_, voltage)| *voltage);
        match why_ignored(&path, voltage.is_some())? {
            Some(reason) => ignored.push(Ignored { file: name, reason }),
            None => files.push(dump_file(path, voltage)?),
        }
    }
    if let Some((file, _)) = told.iter().find(|(file, _)| files.iter().all(|f| file_name(&f.path) != *file)) {
        let found = format!("a voltage for `{file}`, which is not there");
        return Err(ImportError::content(folder, Place::File, found, "the name of a file in the folder"));
    }
    files.sort_by(|a, b| (b.voltage, a.named.run, &a.path).cmp(&(a.voltage, b.named.run, &b.path)));
    check(folder, &files)?;
    Ok((files, ignored))
}

/// Why a file is no dump; what looks like one but cannot be read is refused.
fn why_ignored(path: &Path, told: bool) -> Result<Option<&'static str>, ImportError> {
    let name = file_name(path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_dump = told || DUMPS.contains(&extension.as_str()) && !ABOUT.contains(&stem.as_str());
    let wrong = |found: &str, expected: &str| Err(ImportError::content(path, Place::File, found, expected));
    let ignored = |reason: &'static str| Ok(Some(reason));
    if name.starts_with('.') && !told {
        return ignored("hidden");
    }
    match std::fs::metadata(path) {
        Err(_) if path.is_symlink() && is_dump => {
            wrong("a link that leads nowhere", "a dump, or no such link")
        }
        Err(_) if path.is_symlink() => ignored("a link that leads nowhere"),
        Err(source) => Err(ImportError::Read { path: path.to_owned(), source }),
        Ok(found) if found.is_dir() => ignored("a folder"),
        Ok(found) if !found.is_file() && is_dump => wrong("a pipe or a device", "a file, if it is a dump"),
        Ok(found) if !found.is_file() => ignored("a pipe or a device"),
        Ok(_) if is_dump => Ok(None),
        Ok(_) if OTHERS.contains(&extension.as_str()) => ignored("no dump, by its extension"),
        Ok(_) if Named::of(&stem).voltages.is_empty() => ignored("no dump, by its name"),
        Ok(_) => wrong(
            "a name with a voltage, as a dump has",
            "the extension .bin, .hex, .txt, .dump, .mem or .dat, if it is one; else it should lie elsewhere",
        ),
    }
}

fn dump_file(path: PathBuf, told: Option<Voltage>) -> Result<DumpFile, ImportError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let named = Named::of(&stem);
    let found: Vec<Voltage> = named.voltages.iter().copied().collect();
    let voltage = match (told, &found[..]) {
        (Some(voltage), _) | (None, &[voltage]) => voltage,
        (None, []) => {
            let found = format!("no voltage in the name `{stem}`");
            let expected = "a name like chip-0.53.bin or chip_530mV.hex, or --voltage FILE=0.53";
            return Err(ImportError::content(&path, Place::File, found, expected));
        }
        (None, several) => {
            let several: Vec<String> = several.iter().map(|voltage| format!("{voltage} V")).collect();
            let found = format!("{} in the name `{stem}`", several.join(" and "));
            let expected = "one voltage, with its unit as in 0.53V or 530mV, or --voltage FILE=0.53";
            return Err(ImportError::content(&path, Place::File, found, expected));
        }
    };
    Ok(DumpFile { path, voltage, named })
}

/// Files of one voltage must be reads of one condition, and all files of one temperature.
fn check(folder: &Path, files: &[DumpFile]) -> Result<(), ImportError> {
    if files.is_empty() {
        let expected = "one dump a voltage, named like chip-0.53.bin (or .hex, .txt, .dump, .mem, .dat)";
        return Err(ImportError::content(folder, Place::File, "no dump", expected));
    }
    let wrong = |file: &DumpFile, found, expected| {
        Err(ImportError::content(&file.path, Place::File, found, expected))
    };
    let temperatures = files.iter().filter(|file| file.named.celsius.is_some());
    if let Some(other) = temperatures
        .clone()
        .find(|file| temperatures.clone().any(|first| first.named.celsius != file.named.celsius))
    {
        let found = format!("{} °C and others", other.named.celsius.as_deref().unwrap_or_default());
        return wrong(other, found, "dumps of one temperature in a folder");
    }
    for pair in files.windows(2).filter(|pair| pair[0].voltage == pair[1].voltage) {
        let (a, b) = (&pair[0].named, &pair[1].named);
        if a.rest != b.rest || a.run.is_none() || a.run == b.run {
            let found = format!("the voltage {} V of {} again", pair[1].voltage, file_name(&pair[0].path));
            let expected = "one dump a voltage; or several reads of it, whose names differ in their number only, as \
                            chip_run1_0.60V.hex and chip_run2_0.60V.hex do";
            return wrong(&pair[1], found, expected);
        }
    }
    Ok(())
}
