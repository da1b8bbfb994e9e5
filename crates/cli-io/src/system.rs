//! What the system knows of a file.

use std::fs::Metadata;

/// Device and number of a file on it.
pub(crate) type FileId = (u64, u64);

pub(crate) use self::of_system::{file_id, is_device, is_pipe, stdout_metadata};

#[cfg(unix)]
mod of_system {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    use super::{FileId, Metadata};

    /// What standard output is.
    pub(crate) fn stdout_metadata() -> Option<Metadata> {
        let copy = std::io::stdout().as_fd().try_clone_to_owned().ok()?;
        File::from(copy).metadata().ok()
    }

    #[expect(clippy::unnecessary_wraps, reason = "other systems do not number files")]
    pub(crate) fn file_id(found: &Metadata) -> Option<FileId> {
        Some((found.dev(), found.ino()))
    }

    pub(crate) fn is_device(found: &Metadata) -> bool {
        found.file_type().is_char_device()
    }

    pub(crate) fn is_pipe(found: &Metadata) -> bool {
        found.file_type().is_fifo()
    }
}

#[cfg(not(unix))]
mod of_system {
    use super::{FileId, Metadata};

    pub(crate) fn stdout_metadata() -> Option<Metadata> {
        None
    }

    /// Here a file is known by its path alone.
    pub(crate) fn file_id(_: &Metadata) -> Option<FileId> {
        None
    }

    pub(crate) fn is_device(found: &Metadata) -> bool {
        !found.is_file() && !found.is_dir()
    }

    pub(crate) fn is_pipe(_: &Metadata) -> bool {
        false
    }
}
