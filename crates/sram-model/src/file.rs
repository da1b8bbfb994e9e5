//! Writing files whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes a file by filling a temporary sibling and renaming it, so that a reader sees the old file or the whole new one,
/// and a kill leaves no part of it under its name.
///
/// # Errors
/// Whatever `fill` or the file system says; the file is then as it was.
pub fn write_atomically<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    let mut temporary = builder.prefix(".sram-sim-").suffix(".partial");
    #[cfg(unix)]
    {
        // As a plain new file would have them; the crate's own default is for the owner alone.
        use std::os::unix::fs::PermissionsExt;
        temporary = temporary.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = temporary.tempfile_in(folder)?;
    let mut buffered = BufWriter::new(file);
    fill(&mut buffered)?;
    let file = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        write_atomically::<io::Error>(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }
}
