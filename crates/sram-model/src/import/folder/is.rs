//! Which files of a folder are dumps, by their names.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::voltage_name::Named;
use super::super::{ImportError, ImportErrorKind, Place, file_name};
use super::DumpFile;
use crate::voltage::Voltage;

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

/// What a file of a folder is.
pub(super) enum Is {
    Dump,
    /// No dump, and why.
    Other(&'static str),
    /// What is named as a dump is, and is of a kind that is not read.
    Named(&'static str),
}

impl Is {
    /// What looks like a dump but cannot be read is refused.
    pub(super) fn of(path: &Path, told: bool) -> Result<Self, ImportError> {
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

pub(super) fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The voltages in a file's name; `chip_0.50V` has no extension.
fn voltages(path: &Path) -> BTreeSet<Voltage> {
    [stem(path), file_name(path)].iter().flat_map(|name| Named::of(name).voltages).collect()
}

/// Refuses a file that is named as a dump and is not read, if no dump of its voltage, and of its number of a read, is there: it
/// would be missed.
pub(super) fn check_missed(path: &Path, reason: &str, files: &[DumpFile]) -> Result<(), ImportError> {
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
