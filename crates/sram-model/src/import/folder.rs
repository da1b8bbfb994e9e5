//! The dumps in a folder: which files they are, at which voltage each was read, and which other files lie there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::voltage_name::Named;
use super::{ImportError, ImportErrorKind, Place, file_name};
use crate::voltage::Voltage;

/// A file that is a dump.
#[derive(Clone, Debug)]
pub(super) struct DumpFile {
    pub(super) path: PathBuf,
    pub(super) voltage: Voltage,
    /// Whether the voltage was told, and not found in the name.
    told: bool,
    named: Named,
}

/// What lies in a folder.
#[derive(Debug)]
pub(super) struct Found {
    /// The dumps, at least one: highest voltage first, reads of one voltage by their number.
    pub(super) files: Vec<DumpFile>,
    pub(super) ignored: Vec<Ignored>,
    /// What should be said of it.
    pub(super) notes: Vec<String>,
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
/// What holds no dump, whatever its name.
const OTHERS: [&str; 33] = [
    "md", "rst", "toml", "ini", "cfg", "html", "pdf", "png", "jpg", "jpeg", "svg", "gif", "tif", "tex",
    "doc", "docx", "ppt", "pptx", "py", "m", "sh", "bat", "ps1", "tcl", "xdc", "v", "sv", "vhd", "vhdl",
    "cpp", "rs", "ipynb", "sfp",
];
/// What may hold a dump, though not as it is read here.
const TABLES: [&str; 8] = ["csv", "tsv", "json", "yaml", "yml", "xml", "xlsx", "xls"];
/// Texts about a folder.
const ABOUT: [&str; 7] = ["readme", "license", "licence", "copying", "notes", "changelog", "citation"];

/// The dumps of a folder. `told` are voltages by file name.
pub(super) fn find(folder: &Path, told: &[(String, Voltage)]) -> Result<Found, ImportError> {
    check_told(folder, told)?;
    let failed = |source| ImportError::Read { path: folder.to_owned(), source };
    if folder.is_file() {
        let expected = "a folder, with a dump for each voltage";
        return Err(ImportError::content(ImportErrorKind::Files, folder, Place::File, "a file", expected));
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    paths.sort();
    let (mut files, mut ignored, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        let name = file_name(&path);
        if name == FLOORPLAN {
            continue;
        }
        let voltage = told.iter().find(|(file, _)| *file == name).map(|(_, voltage)| *voltage);
        let reason = match Is::of(&path, voltage.is_some())? {
            Is::Dump => {
                files.push(dump_file(path, voltage)?);
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
    files.sort_by(|a, b| (b.voltage, a.named.run, &a.path).cmp(&(a.voltage, b.named.run, &b.path)));
    check(folder, &files)?;
    named.iter().try_for_each(|(path, reason)| check_missed(path, reason, &files))?;
    let notes = without_temperature(&files);
    Ok(Found { files, ignored, notes })
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

/// Two dumps whose names call the chip differently, though their voltages are no reason to: the first, and the first that
/// differs.
pub(super) fn of_two_things(files: &[DumpFile]) -> Option<[usize; 2]> {
    let named: Vec<usize> = (0..files.len()).filter(|&index| !files[index].told).collect();
    let things = |index: usize| &files[index].named.things;
    let &first = named.first()?;
    named.into_iter().find(|&other| things(other) != things(first)).map(|other| [first, other])
}

/// What a file of a folder is.
enum Is {
    Dump,
    /// No dump, and why.
    Other(&'static str),
    /// What is named as a dump is, and is of a kind that is not read.
    Named(&'static str),
}

impl Is {
    /// What looks like a dump but cannot be read is refused.
    fn of(path: &Path, told: bool) -> Result<Self, ImportError> {
        let name = file_name(path);
        let stem = stem(path).to_lowercase();
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_dump = told || DUMPS.contains(&extension.as_str()) && !ABOUT.contains(&stem.as_str());
        let wrong = |found: &str, expected: &str| {
            Err(ImportError::content(ImportErrorKind::Files, path, Place::File, found, expected))
        };
        let of_name =
            |reason| if voltages(path).is_empty() { Self::Other(reason) } else { Self::Named(reason) };
        if name.starts_with('.') && !told {
            return Ok(Self::Other("hidden"));
        }
        match std::fs::metadata(path) {
            Err(_) if path.is_symlink() && is_dump => {
                wrong("a link that leads nowhere", "a dump, or no such link")
            }
            Err(_) if path.is_symlink() => Ok(of_name("a link that leads nowhere")),
            Err(source) => Err(ImportError::Read { path: path.to_owned(), source }),
            Ok(found) if found.is_dir() => Ok(of_name("a folder")),
            Ok(found) if !found.is_file() && is_dump => {
                wrong("a pipe or a device", "a file, if it is a dump")
            }
            Ok(found) if !found.is_file() => Ok(of_name("a pipe or a device")),
            Ok(_) if is_dump => Ok(Self::Dump),
            Ok(_) if OTHERS.contains(&extension.as_str()) => Ok(Self::Other("no dump, by its extension")),
            Ok(_) if !voltages(path).is_empty() => Ok(Self::Named("another kind of file")),
            Ok(_) if TABLES.contains(&extension.as_str()) => Ok(Self::Other("no dump, by its extension")),
            Ok(_) => Ok(Self::Other("no dump, by its name")),
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The voltages in a file's name; `chip_0.50V` has no extension.
fn voltages(path: &Path) -> BTreeSet<Voltage> {
    [stem(path), file_name(path)].iter().flat_map(|name| Named::of(name).voltages).collect()
}

/// Refuses a file that is named as a dump and is not read, if no dump of its voltage, and of its number of a read, is there: it
/// would be missed.
fn check_missed(path: &Path, reason: &str, files: &[DumpFile]) -> Result<(), ImportError> {
    let (named, run) = (voltages(path), Named::of(&stem(path)).run);
    let mut of_voltage = files.iter().filter(|file| named.contains(&file.voltage)).peekable();
    let of = if of_voltage.peek().is_some() { "read" } else { "voltage" };
    if of_voltage.any(|file| run.is_none() || file.named.run == run) {
        return Ok(());
    }
    let found = format!("a name with a voltage, as a dump has, of {reason}, and no dump of this {of}");
    let expected = "a file with the extension .bin, .hex, .txt, .dump, .mem or .dat, if it is a dump; another file is read if \
                    --voltage FILE=V says its voltage; what is none should lie elsewhere";
    Err(ImportError::content(ImportErrorKind::Name, path, Place::File, found, expected))
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
    Ok(DumpFile { path, voltage, told: told.is_some(), named })
}

/// Files of one voltage must be reads of one condition, and all files of one temperature.
fn check(folder: &Path, files: &[DumpFile]) -> Result<(), ImportError> {
    if files.is_empty() {
        let expected = "one dump a voltage, named like chip-0.53.bin (or .hex, .txt, .dump, .mem, .dat)";
        return Err(ImportError::content(ImportErrorKind::Files, folder, Place::File, "no dump", expected));
    }
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
    for pair in files.windows(2).filter(|pair| pair[0].voltage == pair[1].voltage) {
        let (a, b) = (&pair[0].named, &pair[1].named);
        if a.rest != b.rest || a.run.is_none() || a.run == b.run {
            let found = format!("the voltage {} V of {} again", pair[1].voltage, file_name(&pair[0].path));
            let expected = "one dump a voltage; or several reads of it, whose names differ in their number only, after a \
                            word such as run or read, as chip_run1_0.60V.hex and chip_run2_0.60V.hex do";
            return wrong(&pair[1], found, expected);
        }
    }
    Ok(())
}
