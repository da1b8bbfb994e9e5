//! Writing files whole or not at all.
//!
//! [`write_atomically`] fills a temporary sibling ([`partial`]) and renames it. [`Target`] is where an output goes, found and
//! checked before the work whose result it will hold.

mod partial;
mod target;

use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use partial::{Abandoned, TemporaryFile, abandon_partial_files, is_at};
pub use target::Target;

use partial::Partial;

/// Writes a file by filling a temporary sibling and renaming it, so that a reader sees the old file or the whole new one,
/// and a kill leaves no part of it under its name (at most a hidden `.partial` file beside it, which the next write into
/// the folder removes). Links are followed, also one whose file is not there yet, and a file keeps its permissions. What is
/// no file, such as a pipe or a terminal, is written as it is.
///
/// # Errors
/// Whatever `fill` or the file system says; the file is then as it was.
pub fn write_atomically<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    Target::find(path)?.write(fill)
}

impl Target {
    /// Writes it, as [`write_atomically`] does.
    ///
    /// # Errors
    /// Whatever `fill` or the file system says; a file is then as it was.
    pub fn write<E: From<io::Error>>(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.is_stream() {
            let mut out = BufWriter::new(std::fs::File::options().write(true).open(self.path())?);
            fill(&mut out)?;
            return Ok(out.flush()?);
        }
        let mut partial = Partial::create(self.folder())?;
        let mut out = BufWriter::new(&mut partial);
        fill(&mut out)?;
        out.flush()?;
        drop(out);
        Ok(partial.persist(self.path())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile");
        std::fs::write(&path, "old").unwrap();
        let failed: io::Result<()> = write_atomically(&path, |out| {
            out.write_all(b"half of the new")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(count(folder.path()), 1);
        write_atomically::<io::Error>(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(count(folder.path()), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_permissions_kept_and_pipes_written() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        write_atomically::<io::Error>(&link, |out| out.write_all(b"new")).unwrap();
        assert!(link.is_symlink() && std::fs::read(&file).unwrap() == b"new");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        write_atomically::<io::Error>(&pipe, |out| out.write_all(b"through")).unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_stays_and_its_target_is_made() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("there")).unwrap();
        symlink("there/new", at("second")).unwrap();
        symlink("second", at("first")).unwrap();
        write_atomically::<io::Error>(&at("first"), |out| out.write_all(b"new")).unwrap();
        assert!(at("first").is_symlink() && at("second").is_symlink());
        assert_eq!(std::fs::read(at("there/new")).unwrap(), b"new");
        // A link that leads nowhere is no place to write.
        symlink("none/new", at("nowhere")).unwrap();
        symlink("round", at("round")).unwrap();
        for name in ["nowhere", "round"] {
            assert!(write_atomically::<io::Error>(&at(name), |out| out.write_all(b"new")).is_err(), "{name}");
            assert!(at(name).is_symlink());
        }
    }
}
