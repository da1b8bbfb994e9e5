//! Names of partial files: they say which run of the machine and which process made them.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

const PREFIX: &str = ".sram-sim-";
const SUFFIX: &str = ".partial";

/// A new file in a folder, named so.
pub(super) fn named(folder: &Path) -> io::Result<NamedTempFile> {
    let prefix = format!("{PREFIX}{}-{}-", boot(), std::process::id());
    let mut builder = tempfile::Builder::new();
    let mut temporary = builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    {
        // As a plain new file would have them; the crate's own default is for the owner alone.
        use std::os::unix::fs::PermissionsExt;
        temporary = temporary.permissions(fs::Permissions::from_mode(0o666));
    }
    // The error's own text names the temporary file, which nobody asked for.
    temporary.tempfile_in(folder).map_err(|error| match fs::metadata(folder) {
        Err(error) => error,
        Ok(_) => io::Error::from(error.kind()),
    })
}

/// Names of this machine's current run: those of another run are none.
pub(super) fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    if digits.len() == 8 { digits } else { "0".to_owned() }
}

/// The run that a partial file is of, empty for those without; `None` for other files.
pub(super) fn origin(name: &str) -> Option<&str> {
    let inner = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let parts: Vec<&str> = inner.split('-').collect();
    match parts[..] {
        [boot, pid, random] if pid.parse::<u32>().is_ok() && !random.is_empty() => Some(boot),
        [random] if random.len() == 6 => Some(""),
        _ => None,
    }
}
