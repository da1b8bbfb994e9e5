//! Temporary siblings of files that are being written, and what becomes of those of a program that was killed.
//!
//! A partial file is called `.sram-sim-BOOT-PID-RANDOM.partial`: by the machine's current run (on Linux, 8 digits of its boot
//! id; elsewhere 0) and the process. As long as its process lives, it holds an exclusive lock on the file; the system lets go
//! of the lock when the process ends, however it ends. So neither a process id that was given anew, nor another container
//! or another machine with the same folder can be mistaken for the end of a writer.
//!
//! The rule of removal: when a process makes its first partial file in a folder, it removes from there
//! * those of the same run of this machine whose lock it can take;
//! * those of other machines or runs, and those that version 0.1.0 made without a lock (`.sram-sim-RANDOM.partial`), if
//!   nothing was written to them for a day and nobody holds their lock.
//!
//! The lock is held until the file is gone. A writer that has just made one and not locked it yet then finds it locked, or
//! gone when it has the lock, and makes another.

mod name;
mod sweep;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use self::name::{boot, named};
use self::sweep::sweep;

/// How often a name is taken away by another process that sweeps, before that is an error.
const TRIES: u32 = 100;

/// What this process has made and done so far.
static STATE: Mutex<State> = Mutex::new(State { alive: BTreeSet::new(), swept: BTreeSet::new() });

struct State {
    /// Partial files that are being filled.
    alive: BTreeSet<PathBuf>,
    /// Folders from which those of dead processes were removed.
    swept: BTreeSet<PathBuf>,
}

fn state() -> MutexGuard<'static, State> {
    // Sets of paths are sound whatever happened meanwhile.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While this is there, no partial file can be made or renamed in this process: see [`abandon_partial_files`].
#[must_use = "files can be written again when this is dropped"]
pub struct Abandoned(MutexGuard<'static, State>);

impl std::fmt::Debug for Abandoned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Abandoned").field(&self.0.alive).finish()
    }
}

/// Removes all files that this process has not finished writing, and lets it begin and finish none as long as the returned
/// value lives: for a program that is about to end, on a signal. A file that is being renamed is finished before.
pub fn abandon_partial_files() -> Abandoned {
    let state = state();
    for path in &state.alive {
        // One that cannot be removed stays until the next write into its folder.
        let _ = fs::remove_file(path);
    }
    Abandoned(state)
}

/// A file that is there only as long as this value, or until [`abandon_partial_files`]: a lock, for instance.
#[derive(Debug)]
pub struct TemporaryFile(PathBuf);

impl TemporaryFile {
    /// Takes over a file that is there.
    pub fn new(path: PathBuf) -> Self {
        state().alive.insert(path.clone());
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let mut state = state();
        state.alive.remove(&self.0);
        // One that stays is in nobody's way.
        let _ = fs::remove_file(&self.0);
    }
}

/// A file that is being filled. Dropped, it is removed.
pub(super) struct Partial {
    /// Taken when it is done.
    file: Option<NamedTempFile>,
}

impl Partial {
    /// A new one in a folder, from which those of dead processes are removed.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let mut state = state();
        if state.swept.insert(folder.to_owned()) {
            sweep(folder, &boot());
        }
        let file = locked(folder)?;
        state.alive.insert(file.path().to_owned());
        Ok(Self { file: Some(file) })
    }

    /// Makes it the file of this path, with the permissions of that one if it is there.
    pub(super) fn persist(mut self, target: &Path) -> io::Result<()> {
        let Some(file) = self.file.as_mut() else { return Ok(()) };
        if let Ok(existing) = fs::metadata(target) {
            file.as_file().set_permissions(existing.permissions())?;
        }
        file.as_file().sync_all()?;
        {
            let mut state = state();
            if let Some(file) = self.file.take() {
                state.alive.remove(file.path());
                file.persist(target).map_err(|error| error.error)?;
            }
        }
        target.parent().map_or(Ok(()), sync_folder)
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            let mut state = state();
            state.alive.remove(file.path());
            // Removed with the lock held, so that a signal finds it in the set or not on the disk.
            drop(file);
        }
    }
}

/// A new file whose lock this process holds.
fn locked(folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..TRIES {
        let file = named(folder)?;
        match file.as_file().try_lock() {
            // Between its making and its lock, another process may have taken it for one of a dead process.
            Ok(()) if is_at(file.as_file(), file.path()) => return Ok(file),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            // A file system without locks: others see when it was last written.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(io::Error::other("new files are removed by another process"))
}

/// Whether an open file is still the one of this path. Where files have no numbers, whether there is one.
pub fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(mine), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (mine.dev(), mine.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        mine.is_file() && there.is_file()
    }
}

/// Makes a rename in a folder survive a loss of power.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    // A folder may be written but not read, and some file systems cannot do it: then the file is there all the same.
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(error),
        Err(error) if error.raw_os_error() == Some(5) => Err(error),
        _ => Ok(()),
    }
}
