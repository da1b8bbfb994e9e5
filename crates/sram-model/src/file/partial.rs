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

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::NamedTempFile;

const PREFIX: &str = ".sram-sim-";
const SUFFIX: &str = ".partial";

/// After this time without a write, nobody writes a file any more.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

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

fn named(folder: &Path) -> io::Result<NamedTempFile> {
    let prefix = format!("{PREFIX}{}-{}-", boot(), std::process::id());
    let mut builder = tempfile::Builder::new();
    let mut temporary = builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    {
        // As a plain new file would have them; the crate's own default is for the owner alone.
        use std::os::unix::fs::PermissionsExt;
        temporary = temporary.permissions(fs::Permissions::from_mode(0o666));
    }
    // The error's own text names the temporary file, which nobody asked for.
    temporary.tempfile_in(folder).map_err(|error| match fs::metadata(folder) {
        Err(error) => error,
        Ok(_) => io::Error::from(error.kind()),
    })
}

/// Names of this machine's current run: those of another run are none.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    if digits.len() == 8 { digits } else { "0".to_owned() }
}

/// Removes what dead processes left in a folder. What cannot be read or removed stays.
fn sweep(folder: &Path, boot: &str) {
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

/// The run that a partial file is of, empty for those without; `None` for other files.
fn origin(name: &str) -> Option<&str> {
    let inner = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let parts: Vec<&str> = inner.split('-').collect();
    match parts[..] {
        [boot, pid, random] if pid.parse::<u32>().is_ok() && !random.is_empty() => Some(boot),
        [random] if random.len() == 6 => Some(""),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn age(path: &Path, time: Duration) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - time).unwrap();
    }

    #[test]
    fn only_files_that_nobody_writes_any_more_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let old = ".sram-sim-aBc123.partial";
        let elsewhere = ".sram-sim-ffffffff-1-aBc123.partial";
        for name in [
            ".sram-sim-00c0ffee-1-aBc123.partial",
            ".sram-sim-00c0ffee-4294967295-aBc123.partial",
            ".sram-sim-00c0ffee-2-locked.partial",
            ".sram-sim-recent.partial",
            ".sram-sim-ffffffff-1-recent.partial",
            ".sram-sim-mine.partial.txt",
            ".sram-sim-a-b-c-d.partial",
            "chip.partial",
            old,
            elsewhere,
        ] {
            fs::write(at(name), "half").unwrap();
        }
        let alive = File::options().write(true).open(at(".sram-sim-00c0ffee-2-locked.partial")).unwrap();
        alive.lock().unwrap();
        age(&at(".sram-sim-00c0ffee-2-locked.partial"), 2 * OLD);
        age(&at(old), 2 * OLD);
        age(&at(elsewhere), 2 * OLD);
        age(&at("chip.partial"), 2 * OLD);
        fs::create_dir(at(".sram-sim-00c0ffee-3-folder.partial")).unwrap();
        sweep(folder.path(), "00c0ffee");
        assert_eq!(
            names(folder.path()),
            [
                ".sram-sim-00c0ffee-2-locked.partial",
                ".sram-sim-00c0ffee-3-folder.partial",
                ".sram-sim-a-b-c-d.partial",
                ".sram-sim-ffffffff-1-recent.partial",
                ".sram-sim-mine.partial.txt",
                ".sram-sim-recent.partial",
                "chip.partial",
            ]
        );
    }

    #[test]
    fn a_file_that_is_to_be_removed_is_nobodys_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".sram-sim-00c0ffee-1-aBc123.partial");
        fs::write(&path, "half").unwrap();
        let writer = File::options().write(true).open(&path).unwrap();
        let left = left_after(&path, true).unwrap();
        assert!(matches!(writer.try_lock(), Err(TryLockError::WouldBlock)));
        fs::remove_file(&path).unwrap();
        drop(left);
        // Whoever gets the lock now sees that it is of no use, also where there is another file of the name.
        writer.try_lock().unwrap();
        assert!(!is_at(&writer, &path));
        #[cfg(unix)]
        {
            fs::write(&path, "another").unwrap();
            assert!(!is_at(&writer, &path));
        }
    }

    #[test]
    fn a_file_that_is_being_written_is_not_swept_and_one_of_a_dead_process_is() {
        let folder = tempfile::tempdir().unwrap();
        let partial = Partial::create(folder.path()).unwrap();
        let [name] = &names(folder.path())[..] else { panic!("one file") };
        sweep(folder.path(), &boot());
        assert!(folder.path().join(name).exists());
        drop(partial);
        assert!(names(folder.path()).is_empty());
        // The same name without a lock is of a process that has ended.
        fs::write(folder.path().join(name), "half").unwrap();
        sweep(folder.path(), &boot());
        assert_eq!(names(folder.path()).is_empty(), boot() != "0");
    }
}
