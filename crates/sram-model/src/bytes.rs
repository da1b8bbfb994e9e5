//! The bytes of a profile, read by position: in memory, or in a file of which only what is asked for is read.
//!
//! Files are read, not mapped: a mapped file that another program cuts short ends the process without a word (SIGBUS),
//! while a read says that bytes are missing.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Bytes that are read by position.
#[derive(Debug)]
pub(crate) enum Bytes {
    Memory(Cow<'static, [u8]>),
    File {
        file: Mutex<File>,
        /// Its length when it was opened.
        len: u64,
    },
}

/// The most that is read of what has no length, such as a pipe.
const MAX_PIPE_BYTES: u64 = 4 << 30;

impl Bytes {
    /// Opens a file, or reads a pipe as far as its first `head` bytes say that it goes, and one byte more to see that it ends
    /// there. `told` is how many bytes they say; an endless pipe whose head says nothing is given up at once.
    pub(crate) fn open(path: &Path, head: u64, told: fn(&[u8]) -> Option<u64>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let kind = file.metadata()?;
        if kind.is_file() {
            return Ok(Self::File { file: Mutex::new(file), len: kind.len() });
        }
        if kind.is_dir() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut bytes = Vec::new();
        file.by_ref().take(head).read_to_end(&mut bytes)?;
        if let Some(len) = told(&bytes) {
            let rest = len.min(MAX_PIPE_BYTES).saturating_sub(bytes.len() as u64);
            file.take(rest + 1).read_to_end(&mut bytes)?;
        }
        Ok(Self::Memory(Cow::Owned(bytes)))
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if there are fewer, as in a file that was cut short.
    pub(crate) fn read_into(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => {
                let from = usize::try_from(offset).ok();
                let found = from.and_then(|from| bytes.get(from..from.checked_add(buffer.len())?));
                buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Self::File { file, .. } => {
                // A position is set anew before each read, so a panic elsewhere leaves nothing half done.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(buffer)
            }
        }
    }

    /// The `len` bytes from `offset` on, which the caller knows to be few.
    ///
    /// # Errors
    /// As [`read_into`](Self::read_into).
    pub(crate) fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.read_into(offset, &mut bytes)?;
        Ok(bytes)
    }
}
