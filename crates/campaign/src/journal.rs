//! Journals: results by identity in a file, so that a measurement that was interrupted goes on.
//!
//! A journal is a text file of lines of JSON. The first says what the file is; each other one is a result:
//!
//! ```text
//! {"sram_sim_journal":2}
//! {"of":"<SHA-256 of all that the result depends on>","what":"A at 0.8 V/Vmin, seed 3","result":{…},"sum":"<16 digits>"}
//! ```
//!
//! Several processes may use one journal at a time: a line is appended whole while the file is locked, and each process reads
//! what the others have added. A process that is killed while it writes leaves a torn last line; the next one to open the
//! journal or to write to it takes that away. Anything else that is no line of a journal is refused, and left as it is. `sum`
//! begins the SHA-256 of the result and its identity, so that a damaged line is found.

mod error;
mod line;

pub use error::JournalError;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::identity::Digest;

/// The first line, without its end. The number is the format's version: 1 had identities that left out what results depend on.
const HEAD: &str = r#"{"sram_sim_journal":2}"#;

/// How lines of version 1 began.
const HEAD_OF_1: &str = r#"{"of":"#;

/// A journal of results of one type.
#[derive(Debug)]
pub struct Journal<R> {
    known: HashMap<Digest, R>,
    path: PathBuf,
    file: File,
    /// Bytes read so far: whole lines only.
    read: u64,
    /// Lines in them.
    lines: u64,
}

/// Who else may use the file meanwhile.
#[derive(Clone, Copy)]
enum Lock {
    /// Nobody.
    Alone,
    /// Those who read.
    Shared,
}

impl<R: Serialize + DeserializeOwned + Clone> Journal<R> {
    /// Opens a journal, which is made if it is not there.
    ///
    /// # Errors
    /// [`JournalError`] if the file cannot be opened or locked, is no journal, or has a line that is none of a journal; it is
    /// then left as it was.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File { path: path.to_owned(), what: "open", source };
        // Opening a pipe would wait for its writer.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(JournalError::NoFile { path: path.to_owned() });
        }
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed)?;
        let mut journal = Self { known: HashMap::new(), path: path.to_owned(), file, read: 0, lines: 0 };
        journal.locked(Lock::Alone, Self::begin)?;
        if is_new {
            sync_folder(path).map_err(|source| journal.failed("write to", source))?;
        }
        Ok(journal)
    }

    /// The result with this identity, if any process has added it so far.
    ///
    /// # Errors
    /// [`JournalError`] if what others added cannot be read.
    pub fn find(&mut self, of: &Digest) -> Result<Option<R>, JournalError> {
        if !self.known.contains_key(of) {
            // With others who read, but with nobody who takes a torn line away and writes another.
            self.locked(Lock::Shared, Self::catch_up)?;
        }
        Ok(self.known.get(of).cloned())
    }

    /// Adds a result, unless another process has added one of this identity meanwhile; `what` says of what, for people. It is on
    /// the disk when this returns.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be written.
    pub fn add(&mut self, of: &Digest, what: &str, result: &R) -> Result<(), JournalError> {
        let line = line::written(of, what, result)?;
        self.locked(Lock::Alone, |journal| {
            journal.catch_up()?;
            journal.take_torn_line_away()?;
            if journal.known.contains_key(of) {
                return Ok(());
            }
            journal.append(&line)?;
            (journal.read, journal.lines) = (journal.read + line.len() as u64, journal.lines + 1);
            journal.known.insert(*of, result.clone());
            Ok(())
        })
    }

    /// Does something while no other process writes.
    fn locked(
        &mut self,
        how: Lock,
        work: impl FnOnce(&mut Self) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let locked = match how {
            Lock::Alone => self.file.lock(),
            Lock::Shared => self.file.lock_shared(),
        };
        locked.map_err(|source| self.failed("lock", source))?;
        let done = work(self);
        self.file.unlock().map_err(|source| self.failed("unlock", source))?;
        done
    }

    /// Reads a journal from its first line on, or writes that.
    fn begin(&mut self) -> Result<(), JournalError> {
        let head = format!("{HEAD}\n");
        let mut found = Vec::new();
        let start = (&self.file).take(head.len() as u64).read_to_end(&mut found);
        start.map_err(|source| self.failed("read", source))?;
        if found == head.as_bytes() {
            (self.read, self.lines) = (head.len() as u64, 1);
            self.catch_up()?;
            return self.take_torn_line_away();
        }
        if head.as_bytes().starts_with(&found) {
            // New, or killed while its first line was written.
            self.take_torn_line_away()?;
            self.append(&head)?;
            (self.read, self.lines) = (head.len() as u64, 1);
            return Ok(());
        }
        let path = self.path.clone();
        let is_old = found.starts_with(HEAD_OF_1.as_bytes());
        Err(if is_old { JournalError::Old { path } } else { JournalError::NoJournal { path } })
    }

    /// Reads the whole lines that were added since.
    fn catch_up(&mut self) -> Result<(), JournalError> {
        let length = self.file.metadata().map_err(|source| self.failed("read", source))?.len();
        if length < self.read {
            return Err(JournalError::Shrunk { path: self.path.clone(), from: self.read, to: length });
        }
        if length == self.read {
            return Ok(());
        }
        let mut added = Vec::new();
        let read = (&self.file).seek(SeekFrom::Start(self.read));
        read.and_then(|_| (&self.file).read_to_end(&mut added))
            .map_err(|source| self.failed("read", source))?;
        let whole = added.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for line in added[..whole].split_inclusive(|&byte| byte == b'\n') {
            self.lines += 1;
            let (of, result) = line::parse(&line[..line.len() - 1]).map_err(|what| JournalError::Line {
                path: self.path.clone(),
                line: self.lines,
                what,
            })?;
            self.known.insert(of, result);
            self.read += line.len() as u64;
        }
        Ok(())
    }

    /// Cuts off a last line that has no end: whoever wrote it is dead, since the file is locked.
    fn take_torn_line_away(&self) -> Result<(), JournalError> {
        self.file.set_len(self.read).map_err(|source| self.failed("write to", source))
    }

    fn append(&self, line: &str) -> Result<(), JournalError> {
        let written = (&self.file).write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| self.failed("write to", source))
    }

    fn failed(&self, what: &'static str, source: io::Error) -> JournalError {
        JournalError::File { path: self.path.clone(), what, source }
    }
}

/// Makes the name of a new file survive a loss of power, where the system has such a thing.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // A folder may be written but not read, and some file systems cannot do it: then the file is there all the same.
    match File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull || error.raw_os_error() == Some(5) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
