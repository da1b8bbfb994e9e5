//! Folders that one process writes to at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::FileError;

/// A folder that no other process takes until this is dropped, or the process ends, however it does.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    _file: File,
}

impl FolderLock {
    /// Takes the folder, which is made if it is not there.
    pub(crate) fn take(folder: &Path) -> Result<Self, FileError> {
        let failed =
            |source: std::io::Error| FileError::Write { path: folder.to_owned(), source: source.into() };
        fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(TryLockError::WouldBlock) => Err(FileError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A file that stays does no harm: only a lock on it counts.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_by_one_at_a_time() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        let first = FolderLock::take(&folder).unwrap();
        let refused = FolderLock::take(&folder).unwrap_err().to_string();
        assert!(refused.contains("another process"), "{refused}");
        drop(first);
        FolderLock::take(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
