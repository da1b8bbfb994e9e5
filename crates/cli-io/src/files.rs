//! The files of one run: which are read and which are written, and that none is both.

mod folder;
#[cfg(test)]
mod tests;

pub use folder::OutputFolder;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sram_model::Target;

use crate::error::FileError;
use crate::output::{KeptFile, Output};
use crate::paths::{InputPath, OutputPath, has_extension};
use crate::system::{FileId, file_id, is_device, is_pipe, stdout_metadata};
use crate::talk::Talk;

/// The files of one run. There is one value, made by `main` and lent to the command.
///
/// What is announced later is checked against what was announced before, inputs against outputs and the other way round, so the
/// order of announcements does not matter as long as all come before the first write. Files are equal if their paths
/// lead to the same place, or if they are one file of several names (links of both kinds).
#[derive(Debug)]
pub struct Files {
    known: RefCell<Known>,
    /// Set when an output takes standard output.
    stdout_taken: Rc<Cell<bool>>,
}

/// Each file twice: by where its path leads, also if nothing is there yet, and by what lies there.
#[derive(Debug, Default)]
struct Known {
    by_path: HashMap<PathBuf, Entry>,
    by_file: HashMap<FileId, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    typed: PathBuf,
    usage: Usage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    /// To be read.
    Named,
    /// Read, or about to be.
    Read,
    Written,
}

impl Usage {
    fn is_input(self) -> bool {
        self != Self::Written
    }
}

impl Files {
    /// None yet but the file that standard output goes to, if it goes to one.
    #[expect(clippy::new_without_default, reason = "it looks at the process, so it is no mere value")]
    pub fn new() -> Self {
        let mut known = Known::default();
        if let Some(id) = stdout_metadata().filter(Metadata::is_file).as_ref().and_then(file_id) {
            let entry = Entry { typed: "standard output".into(), usage: Usage::Written };
            known.by_file.insert(id, entry);
        }
        Self { known: RefCell::new(known), stdout_taken: Rc::default() }
    }

    /// What the program says on standard output; on standard error as soon as an output has taken that.
    pub fn talk(&self) -> Talk {
        Talk::new(Rc::clone(&self.stdout_taken))
    }

    /// The path of something to read, to be opened at once and once.
    ///
    /// # Errors
    /// [`FileError`] if this run writes it, or if it is a pipe that this run has read.
    pub fn input<'p>(&self, path: &'p InputPath) -> Result<&'p Path, FileError> {
        self.announce_input(path.path(), Usage::Read)?;
        Ok(path.path())
    }

    /// Something that will be read only when other things are written: checked now, and again by [`input`](Self::input).
    ///
    /// # Errors
    /// [`FileError`] if this run writes it.
    pub fn check_input(&self, path: &InputPath) -> Result<(), FileError> {
        self.announce_input(path.path(), Usage::Named)
    }

    /// The path of a folder to read, with each file in it.
    ///
    /// # Errors
    /// [`FileError`] if this run writes one of them.
    pub fn input_folder<'p>(&self, folder: &'p InputPath) -> Result<&'p Path, FileError> {
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            self.announce_input(&entry.path(), Usage::Named)?;
        }
        self.input(folder)
    }

    /// The path of a file that names others beside it, with this extension, each of which is read, too.
    ///
    /// # Errors
    /// [`FileError`] if this run writes one of them.
    pub fn input_with_others<'p>(&self, path: &'p InputPath, extension: &str) -> Result<&'p Path, FileError> {
        let folder = path.path().parent().filter(|folder| !folder.as_os_str().is_empty());
        for entry in fs::read_dir(folder.unwrap_or(Path::new("."))).into_iter().flatten().flatten() {
            if has_extension(&entry.path(), extension) {
                self.announce_input(&entry.path(), Usage::Named)?;
            }
        }
        self.input(path)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be read or has more than `most` bytes, or as [`input`](Self::input).
    pub fn read(&self, path: &InputPath, most: u64) -> Result<Vec<u8>, FileError> {
        let failed = |source| FileError::Read { path: path.path().to_owned(), source };
        let file = fs::File::open(self.input(path)?).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > most {
            return Err(failed(io::Error::other(format!("it has more than {most} bytes"))));
        }
        Ok(bytes)
    }

    /// Something to write. All that can be known before the work is checked: its folder, that it may be written.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be written, or if this run reads or writes it elsewhere.
    pub fn output(&self, path: &OutputPath) -> Result<Output, FileError> {
        if is_stdout(path.path()) {
            if self.stdout_taken.replace(true) {
                return Err(overwritten(path.path(), Path::new("-"), Usage::Written));
            }
            return Ok(Output::stdout());
        }
        self.output_at(path.path())
    }

    /// Whether an output would be no file, but a pipe, a device or standard output.
    pub fn is_stream(&self, path: &OutputPath) -> bool {
        let path = path.path();
        is_stdout(path) || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
    }

    /// A folder for outputs, which is made when the first is written.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be made or written to.
    pub fn output_folder(&self, path: &OutputPath) -> Result<OutputFolder<'_>, FileError> {
        OutputFolder::new(self, path.path())
    }

    /// A file that a command goes on with, and looks after itself: a journal, to be read and added to. No other input or
    /// output may be the same.
    ///
    /// # Errors
    /// As [`output`](Self::output), and if it is a pipe or a device.
    pub fn kept(&self, path: &OutputPath) -> Result<KeptFile, FileError> {
        let failed =
            |source: io::Error| FileError::Write { path: path.path().to_owned(), source: source.into() };
        let target = Target::find(path.path()).map_err(failed)?;
        self.announce(path.path(), target.path(), Usage::Written)?;
        if target.is_stream() {
            // Opening a pipe would wait for its reader.
            return Err(failed(io::Error::other("it is no file: expected a file, or a name that is free")));
        }
        if target.path().exists() {
            // It is added to, so its folder need not be written.
            fs::File::options().append(true).open(target.path()).map_err(failed)?;
        } else {
            target.check().map_err(failed)?;
        }
        Ok(KeptFile::new(path.path()))
    }

    fn output_at(&self, path: &Path) -> Result<Output, FileError> {
        let failed = |source: io::Error| FileError::Write { path: path.to_owned(), source: source.into() };
        let target = Target::find(path).map_err(failed)?;
        self.announce(path, target.path(), Usage::Written)?;
        target.check().map_err(failed)?;
        Ok(Output::file(path, target))
    }

    fn announce_input(&self, path: &Path, usage: Usage) -> Result<(), FileError> {
        // What is not there is said by whoever opens it.
        let of_new = |_| Target::find(path).map(|target| target.path().to_owned());
        let resolved = path.canonicalize().or_else(of_new).unwrap_or_else(|_| path.to_owned());
        self.announce(path, &resolved, usage)
    }

    fn announce_output(&self, path: &Path, resolved: &Path) -> Result<(), FileError> {
        self.announce(path, resolved, Usage::Written)
    }

    /// Checks a file against those known, and remembers it.
    fn announce(&self, path: &Path, resolved: &Path, usage: Usage) -> Result<(), FileError> {
        let found = fs::metadata(path).ok();
        // Any number of commands may read and write one device, such as /dev/null.
        if found.as_ref().is_some_and(is_device) {
            return Ok(());
        }
        let mut known = self.known.borrow_mut();
        let id = found.as_ref().and_then(file_id);
        let known_as = known.by_path.get(resolved).or_else(|| known.by_file.get(id.as_ref()?));
        match known_as {
            Some(Entry { usage: Usage::Read, .. })
                if usage == Usage::Read && found.as_ref().is_some_and(is_pipe) =>
            {
                return Err(FileError::ReadTwice { path: path.to_owned() });
            }
            Some(Entry { usage: Usage::Read, .. }) if usage == Usage::Named => return Ok(()),
            Some(entry) if usage.is_input() && entry.usage.is_input() => {}
            // The one that is read would be overwritten by the other, whichever came first.
            Some(entry) if usage.is_input() => return Err(overwritten(&entry.typed, path, usage)),
            Some(entry) => return Err(overwritten(path, &entry.typed, entry.usage)),
            None => {}
        }
        let entry = Entry { typed: path.to_owned(), usage };
        if let Some(id) = id {
            known.by_file.insert(id, entry.clone());
        }
        known.by_path.insert(resolved.to_owned(), entry);
        Ok(())
    }
}

fn overwritten(path: &Path, typed: &Path, other: Usage) -> FileError {
    let other = if other.is_input() { "read" } else { "written" };
    FileError::Overwritten { path: path.to_owned(), typed: typed.to_owned(), other }
}

/// Whether an output is meant for standard output: `-`, its usual names, or the pipe or terminal that it is.
fn is_stdout(path: &Path) -> bool {
    const NAMES: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    if NAMES.iter().any(|name| path.as_os_str() == *name) {
        return true;
    }
    let same = || {
        let (stdout, other) = (stdout_metadata()?, fs::metadata(path).ok()?);
        let shared = is_pipe(&other) || (is_device(&other) && io::IsTerminal::is_terminal(&io::stdout()));
        Some(shared && file_id(&stdout)? == file_id(&other)?)
    };
    same().unwrap_or(false)
}
