//! What a command writes.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use sram_model::Target;

use crate::error::FileError;
use crate::paths::has_extension;
use crate::shown::{shown_os, warn};
use crate::system::is_pipe;

/// What waits longer says so.
const SILENT: Duration = Duration::from_secs(1);

/// Something that a command may write: got from [`Files::output`](crate::Files::output), which has checked it.
#[derive(Debug)]
pub struct Output {
    typed: PathBuf,
    to: To,
}

#[derive(Debug)]
enum To {
    Stdout,
    Target(Target),
    /// In a folder that is made first.
    New {
        folder: PathBuf,
    },
}

impl Output {
    pub(crate) fn stdout() -> Self {
        Self { typed: "-".into(), to: To::Stdout }
    }

    pub(crate) fn file(typed: &Path, target: Target) -> Self {
        Self { typed: typed.to_owned(), to: To::Target(target) }
    }

    /// One in a folder that is made when it is written.
    pub(crate) fn in_new_folder(typed: PathBuf, folder: &Path) -> Self {
        Self { typed, to: To::New { folder: folder.to_owned() } }
    }

    /// Writes it: a file whole or not at all, in place of the one that was there; a pipe, a device or standard output as it
    /// comes. It may be written again, as a checkpoint is.
    ///
    /// # Errors
    /// [`FileError::Write`] with what `fill` or the file system says, also if nobody reads the pipe any more: then what there
    /// is of it is not whole.
    pub fn write<E>(&self, fill: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> Result<(), FileError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut waiting = self.waiting();
        let fill = |out: &mut dyn Write| {
            drop(waiting.take());
            fill(out).map_err(|error| Failed(error.into()))
        };
        let written = match &self.to {
            To::Stdout => {
                let mut out = BufWriter::new(io::stdout().lock());
                fill(&mut out).and_then(|()| Ok(out.flush()?))
            }
            To::Target(target) => target.write(fill),
            To::New { folder } => fs::create_dir_all(folder)
                .and_then(|()| Target::find(&self.typed))
                .map_err(Failed::from)
                .and_then(|target| target.write(fill)),
        };
        written.map_err(|Failed(source)| FileError::Write { path: self.typed.clone(), source })
    }

    /// Opening a pipe waits until somebody reads it. If that is long, it is said, unless what this returns is dropped.
    fn waiting(&self) -> Option<Sender<()>> {
        if !fs::metadata(&self.typed).is_ok_and(|found| is_pipe(&found)) {
            return None;
        }
        let (opened, waits) = channel();
        let line = format!("waits until somebody reads the pipe {self}");
        let tell = move || {
            if waits.recv_timeout(SILENT) == Err(RecvTimeoutError::Timeout) {
                warn(&line);
            }
        };
        // Without a thread it waits in silence.
        thread::Builder::new().spawn(tell).ok().map(|_| opened)
    }

    /// Writes these bytes, as [`write`](Self::write) does.
    ///
    /// # Errors
    /// [`FileError::Write`] if that fails.
    pub fn write_bytes(&self, bytes: &[u8]) -> Result<(), FileError> {
        self.write::<io::Error>(|out| out.write_all(bytes))
    }

    /// Whether the name ends so, in upper or lower case; `wanted` has no dot.
    pub fn has_extension(&self, wanted: &str) -> bool {
        has_extension(&self.typed, wanted)
    }

    /// What was there before this run, to go on from (a checkpoint, a log); `None` if it is no file.
    pub fn before(&self) -> Option<&Path> {
        Some(&*self.typed).filter(|path| path.is_file())
    }

    /// The text that was there before this run; `None` if there is none.
    pub fn read_before(&self) -> Option<String> {
        fs::read_to_string(self.before()?).ok()
    }
}

/// Its name on one line, for people.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            To::Stdout => f.pad("standard output"),
            _ => f.pad(&shown_os(self.typed.as_os_str())),
        }
    }
}

/// A file that a command keeps by itself: see [`Files::kept`](crate::Files::kept).
#[derive(Debug)]
pub struct KeptFile(PathBuf);

impl KeptFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// What went wrong while writing, whoever says it.
struct Failed(Box<dyn Error + Send + Sync>);

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self(error.into())
    }
}
