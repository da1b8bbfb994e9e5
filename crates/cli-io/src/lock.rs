//! Folders that one process writes to at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use sram_model::{TemporaryFile, is_at};

use crate::error::FileError;

/// How often the file of a lock is taken away by the process that had it, before that is an error.
const TRIES: u32 = 100;

/// The file of a lock. It is empty, and removed afterwards; one of this name that holds anything is somebody else's and stays.
const NAME: &str = ".sram-sim.lock";

/// A folder that no other process takes until this is dropped, or the process ends, however it does.
#[derive(Debug)]
pub struct FolderLock {
    // In this order: the file goes while it is still locked.
    _shown: Option<TemporaryFile>,
    _file: File,
}

impl FolderLock {
    /// Takes the folder, which is made if it is not there.
    pub(crate) fn take(folder: &Path) -> Result<Self, FileError> {
        let failed = |source: io::Error| FileError::Write { path: folder.to_owned(), source: source.into() };
        fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(NAME);
        for _ in 0..TRIES {
            let file =
                File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => {
                    let is_ours = file.metadata().is_ok_and(|found| found.len() == 0);
                    return Ok(Self { _shown: is_ours.then(|| TemporaryFile::new(path)), _file: file });
                }
                // Whoever had it removed it after it was opened here: another may lock the next one.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(FileError::InUse { path: folder.to_owned() }),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(FileError::InUse { path: folder.to_owned() })
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

    #[test]
    fn a_file_of_the_user_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".lock", NAME] {
            fs::write(folder.path().join(name), "mine").unwrap();
        }
        let lock = FolderLock::take(folder.path()).unwrap();
        assert!(FolderLock::take(folder.path()).is_err());
        drop(lock);
        for name in [".lock", NAME] {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
        }
    }
}
