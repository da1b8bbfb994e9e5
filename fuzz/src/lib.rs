//! What the targets share.

use std::path::Path;

/// Gives a function the path of a file with these bytes, which is gone afterwards.
///
/// # Panics
/// If the file cannot be written.
pub fn file<T>(name: &str, bytes: &[u8], use_it: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("the file is written");
    use_it(&path)
}
