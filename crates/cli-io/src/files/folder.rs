//! Folders for outputs, made when they are needed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sram_model::Target;

use super::Files;
use crate::error::FileError;
use crate::lock::FolderLock;
use crate::output::Output;
use crate::shown::shown_os;

/// A folder for outputs, made when the first is written, so that a refused command leaves none.
#[derive(Debug)]
pub struct OutputFolder<'f> {
    files: &'f Files,
    path: PathBuf,
    /// Whether it is there already.
    exists: bool,
    /// Where it leads.
    resolved: PathBuf,
}

impl<'f> OutputFolder<'f> {
    pub(super) fn new(files: &'f Files, path: &Path) -> Result<Self, FileError> {
        let failed = |source: io::Error| FileError::Write { path: path.to_owned(), source: source.into() };
        let exists = path.is_dir();
        let (base, rest) = existing_ancestor(path).map_err(failed)?;
        let base = base.canonicalize().map_err(failed)?;
        // A file in the lowest folder that is there shows whether one may write in it.
        Target::find(&base.join(".sram-sim")).and_then(|probe| probe.check()).map_err(failed)?;
        Ok(Self { files, path: path.to_owned(), exists, resolved: base.join(rest) })
    }

    /// Takes it for this process alone; it is made if it is not there.
    ///
    /// # Errors
    /// [`FileError::InUse`] if another process has taken it.
    pub fn lock(&self) -> Result<FolderLock, FileError> {
        FolderLock::take(&self.path)
    }

    /// A file in it.
    ///
    /// # Errors
    /// As [`Files::output`].
    pub fn output(&self, name: &str) -> Result<Output, FileError> {
        let path = self.path.join(name);
        if self.exists {
            return self.files.output_at(&path);
        }
        self.files.announce_output(&path, &self.resolved.join(name))?;
        Ok(Output::in_new_folder(path, &self.path))
    }
}

/// The lowest folder of a path that is there, and the rest.
fn existing_ancestor(path: &Path) -> io::Result<(&Path, &Path)> {
    for base in path.ancestors() {
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        let rest = path.strip_prefix(base).unwrap_or(path);
        match fs::metadata(base) {
            Ok(found) if found.is_dir() => return Ok((base, rest)),
            Ok(_) => {
                let text = format!("{} is no folder", shown_os(base.as_os_str()));
                return Err(io::Error::new(io::ErrorKind::NotADirectory, text));
            }
            Err(error) if is_not_there(&error) && !base.is_symlink() => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn is_not_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
