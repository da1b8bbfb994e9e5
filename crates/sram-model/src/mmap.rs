//! The bytes of a profile: in memory, or mapped from a file. The one place that maps files.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// Bytes that stay where they are.
#[derive(Debug)]
pub(crate) enum Bytes {
    Static(&'static [u8]),
    Owned(Vec<u8>),
    Mapped(Mmap),
}

impl Bytes {
    /// Maps a file. The program writes profiles to a temporary file and renames it, so it never changes a mapped one;
    /// if another program cuts the file short meanwhile, the system ends this one (SIGBUS).
    pub(crate) fn map(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        #[expect(
            unsafe_code,
            reason = "mapping a file is unsafe, and profiles are too large to be read whole"
        )]
        // SAFETY: the map is read-only and only handed out as `&[u8]`. That its bytes do not change is a demand on
        // whoever owns the file: it is documented on `Profile::open`, and this program keeps it (see above). Every
        // number read from the bytes is checked when it is used, and no type with invalid bit patterns is made of
        // them, so bytes that change all the same give an error or a wrong fault.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self::Mapped(map))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Owned(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
