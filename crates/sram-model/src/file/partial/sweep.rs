//! What dead processes left in a folder, and how it is told from what others are writing.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::is_at;
use super::name::origin;

/// After this time without a write, nobody writes a file any more.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what dead processes left in a folder. What cannot be read or removed stays.
pub(super) fn sweep(folder: &Path, boot: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(of) = name.to_str().and_then(origin) else { continue };
        // Where a run has no name, all are as of other machines.
        let of_this_run = of == boot && boot != "0";
        if let Some(left) = left_after(&entry.path(), of_this_run) {
            let _ = fs::remove_file(entry.path());
            // Not before: until now nobody could take it for one of its own.
            drop(left);
        }
    }
}

/// The file, locked, if its process is dead.
fn left_after(path: &Path, of_this_run: bool) -> Option<File> {
    let found = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let is_old = found.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|age| age >= OLD);
    if !of_this_run && !is_old {
        return None;
    }
    // Some network file systems give the lock to those only who may write.
    let file = File::options().read(true).write(true).open(path).ok()?;
    let is_left = match file.try_lock() {
        // Another may have removed it meanwhile, and a third made one of the same name.
        Ok(()) => is_at(&file, path),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => is_old,
    };
    is_left.then_some(file)
}

#[cfg(test)]
mod tests;
