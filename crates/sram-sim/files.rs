//! Which files a command reads and writes.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::UsageError;

/// Refuses outputs that would overwrite each other or an input.
pub(crate) fn check_distinct<'a>(
    inputs: impl IntoIterator<Item = &'a Path>,
    outputs: impl IntoIterator<Item = &'a Path>,
) -> Result<()> {
    let mut taken: Vec<(PathBuf, &str)> = inputs.into_iter().map(|path| (resolve(path), "read")).collect();
    for output in outputs {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            bail!("cannot write {}: there is no folder {}", output.display(), folder.display());
        }
        // Many outputs may well go to one device.
        if output.exists() && !output.is_file() {
            continue;
        }
        let resolved = resolve(output);
        if let Some((_, what)) = taken.iter().find(|(path, _)| *path == resolved) {
            let text =
                format!("{} would be overwritten: it is also {what} by this command", output.display());
            return Err(UsageError(text).into());
        }
        taken.push((resolved, "written"));
    }
    Ok(())
}

/// The file that a path means, even if it is not there yet.
fn resolve(path: &Path) -> PathBuf {
    let of_new = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(of_new).unwrap_or_else(|| path.to_owned())
}
