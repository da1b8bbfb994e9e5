//! How much of a part of the data is read, and who is told how far it is.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// What to read of a part of the data.
#[derive(Clone, Copy, Default)]
pub struct Load<'a> {
    /// The number of first images to read; all if none.
    pub images: Option<usize>,
    /// Is told how far it is, from any thread.
    pub progress: Option<&'a (dyn Fn(LoadProgress) + Sync)>,
}

/// How far the reading of data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadProgress {
    /// Bytes of files that were read, packed as they are.
    pub bytes: u64,
    /// All bytes of the files.
    pub total: u64,
}

impl fmt::Debug for Load<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("images", &self.images).finish_non_exhaustive()
    }
}

/// A reading in progress.
pub(super) struct Reading<'a> {
    load: Load<'a>,
    bytes: AtomicU64,
    total: AtomicU64,
}

/// Progress is told after this many bytes.
const TOLD_BYTES: u64 = 1 << 20;

impl<'a> Reading<'a> {
    pub(super) fn new(load: Load<'a>) -> Self {
        Self { load, bytes: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    /// How many images to read at most.
    pub(super) fn images(&self) -> usize {
        self.load.images.unwrap_or(usize::MAX)
    }

    /// Says which files are going to be read.
    pub(super) fn will_read<'b>(&self, files: impl IntoIterator<Item = &'b Path>) {
        let bytes =
            files.into_iter().filter_map(|file| std::fs::metadata(file).ok()).map(|about| about.len());
        self.total.fetch_add(bytes.sum(), Ordering::Relaxed);
    }

    /// Opens a file whose reading is told.
    pub(super) fn open(&self, path: &Path) -> io::Result<Told<'_>> {
        Ok(Told { file: File::open(path)?, reading: self, untold: 0 })
    }

    fn tell(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(progress) = self.load.progress {
            let total = self.total.load(Ordering::Relaxed).max(bytes);
            progress(LoadProgress { bytes, total });
        }
    }
}

/// A file whose reading is told.
pub(super) struct Told<'a> {
    file: File,
    reading: &'a Reading<'a>,
    untold: u64,
}

impl Told<'_> {
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.untold += read as u64;
        if self.untold >= TOLD_BYTES || (read == 0 && self.untold > 0) {
            self.reading.tell(std::mem::take(&mut self.untold));
        }
        Ok(read)
    }
}

impl Seek for Told<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // What was looked at is read again.
        self.untold = 0;
        self.file.seek(to)
    }
}
