//! Where an output goes: found before the work, written after it.

use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::partial::Partial;

/// How many links are followed, one to the next, as on Linux.
const MAX_LINKS: u32 = 40;

/// A file to be written, links followed, or what is no file and takes bytes as they come (a pipe, a terminal, `/dev/null`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    path: PathBuf,
    is_stream: bool,
}

impl Target {
    /// What a path means as an output. Nothing is opened or changed.
    ///
    /// # Errors
    /// That its folder is not there, that it is a folder, a socket or a block device, or what the file system says.
    pub fn find(path: &Path) -> io::Result<Self> {
        if names_a_folder(path) {
            let text = if path.as_os_str().is_empty() { "the name is empty" } else { "it names a folder" };
            return Err(io::Error::new(ErrorKind::InvalidInput, text));
        }
        match fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Self { path: path.canonicalize()?, is_stream: false }),
            Ok(found) if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder")),
            Ok(found) => match refused(found.file_type()) {
                Some(what) => Err(io::Error::new(ErrorKind::InvalidInput, what)),
                None => Ok(Self { path: path.to_owned(), is_stream: true }),
            },
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(Self { path: new_file(path)?, is_stream: false })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it can be written, without writing it: a file is made beside it and removed, and one that is there is opened.
    ///
    /// # Errors
    /// What the file system says.
    pub fn check(&self) -> io::Result<()> {
        if self.is_stream {
            // Opening it may wait for a reader, and closing it again would end what that one reads.
            return if fs::metadata(&self.path)?.permissions().readonly() {
                Err(ErrorKind::PermissionDenied.into())
            } else {
                Ok(())
            };
        }
        match fs::File::options().write(true).open(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Partial::create(self.folder()).map(drop)
    }

    /// The path, absolute and without links if it is a file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it takes bytes as they come, so that they can be written but not exchanged.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// The folder in which it lies.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether a path has no name of a file at its end, by how it is typed.
fn names_a_folder(path: &Path) -> bool {
    let typed = path.as_os_str().as_encoded_bytes();
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    // `Path` passes over a separator and a dot at the end.
    let ends = typed.last().is_none_or(is_separator)
        || typed.strip_suffix(b".").is_some_and(|rest| rest.last().is_none_or(is_separator));
    ends || path.file_name().is_none()
}

/// The place of a file that is not there yet, at the end of all links.
fn new_file(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let folder = folder_of(&path);
        if !folder.is_dir() {
            let text = format!("there is no folder {}", folder.display());
            return Err(io::Error::new(ErrorKind::NotFound, text));
        }
        match fs::read_link(&path) {
            Ok(next) => path = folder.join(next),
            Err(_) => {
                let folder = folder.canonicalize()?;
                return Ok(path.file_name().map_or_else(|| folder.clone(), |name| folder.join(name)));
            }
        }
    }
    Err(io::Error::other("it is a link of too many links"))
}

/// Why what is no file cannot be written.
fn refused(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_socket() {
            return Some("it is a socket");
        }
        if kind.is_block_device() {
            return Some("it is a block device");
        }
    }
    let _ = kind;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_for_a_file_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        for (path, part) in [
            (PathBuf::new(), "empty"),
            (at(""), "folder"),
            (at("new/"), "folder"),
            (at("new/."), "folder"),
            (at(".."), "folder"),
            (at("none/new"), "there is no folder"),
            (at("file/new"), "there is no folder"),
            (at(&"n".repeat(300)), ""),
        ] {
            let error = Target::find(&path).and_then(|target| target.check()).unwrap_err();
            assert!(error.to_string().contains(part), "{}: {error}", path.display());
        }
        let new = Target::find(&at("new")).unwrap();
        new.check().unwrap();
        assert!(!new.is_stream() && new.path().is_absolute());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(Target::find(&at("./x/../new")).is_ok(), cfg!(windows));
    }

    #[cfg(unix)]
    #[test]
    fn files_of_which_writing_is_forbidden_are_not_exchanged() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        // Those who may write everything, may write this.
        if fs::File::options().write(true).open(&path).is_err() {
            let error = Target::find(&path).unwrap().check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        }
    }
}
